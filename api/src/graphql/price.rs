//! What an operation costs before it is run, for the limits: one unit, and one more for each hundred of the cost that
//! `graphql.max_cost` bounds.
//!
//! Only the library's validation reckons that cost, and tells it to extensions alone; but with an extension in it the
//! schema answers at half its speed. So there is a second one, that does nothing else and runs nothing, and what it finds
//! is kept.

use super::http::Prepared;
use super::{House, roots};
use crate::news::limits::Cost;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::{Request, ServerError, ValidationMode, ValidationResult, async_trait};
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Costs that are kept.
const KEPT: usize = 10_000;

/// The cost that one more unit is charged for.
const UNIT: usize = 100;

/// What operations cost.
pub struct Prices {
    schema: House,
    known: Cache<[u8; 32], usize>,
    /// What costs more is refused, and not charged for.
    most: usize,
}

impl Prices {
    /// `most` and `levels` are the limits that the house's schema has.
    pub fn new(most: usize, levels: usize) -> Prices {
        let schema = roots()
            .validation_mode(ValidationMode::Fast)
            .limit_recursive_depth(levels)
            .extension(Measuring)
            .finish();
        Prices {
            schema,
            known: Cache::new(KEPT),
            most,
        }
    }

    /// What this operation costs besides the one unit of every request.
    pub async fn besides(&self, prepared: &Prepared<'_, House>) -> Cost {
        let key: [u8; 32] = Sha256::digest(prepared.key()).into();
        let cost = match self.known.get(&key) {
            Some(cost) => cost,
            None => {
                let cost = self.measure(prepared.to_measure()).await;
                self.known.insert(key, cost);
                cost
            }
        };
        let charged = if cost > self.most { 0 } else { cost / UNIT };
        Cost::units(i64::try_from(charged).unwrap_or(0))
    }

    async fn measure(&self, request: Request) -> usize {
        let found = Arc::new(AtomicUsize::new(0));
        self.schema.execute(request.data(Arc::clone(&found))).await;
        found.load(Ordering::Relaxed)
    }
}

/// Notes the cost, and lets nothing be executed.
struct Measuring;

impl ExtensionFactory for Measuring {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Measuring)
    }
}

#[async_trait::async_trait]
impl Extension for Measuring {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await?;
        if let Ok(found) = ctx.data::<Arc<AtomicUsize>>() {
            found.store(validated.complexity, Ordering::Relaxed);
        }
        Err(vec![ServerError::new("measured", None)])
    }
}
