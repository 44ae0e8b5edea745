//! Partners as rows.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::PartnerId;
use crate::news::partner::Partner;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use uuid::Uuid;

const COLUMNS: &str = "SELECT id, slug, name, advance, disabled, version, created FROM partner";

impl Store {
    /// By slug. Always from the primary, as all that decides about rights.
    pub async fn find_partner(&self, slug: &str) -> Result<Option<Partner>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE slug = "));
        found(sql.bind(slug).one(&self.rooms.read).await?)
    }

    /// All of them, by slug.
    pub async fn list_partners(&self) -> Result<Vec<Partner>> {
        let rows = Sql::new(format!("{COLUMNS} ORDER BY slug"))
            .all(&self.rooms.read)
            .await?;
        let partners = rows.iter().map(|row| beside(row, 0).map(|p| p.into_iter()));
        Ok(partners.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

impl Tx {
    /// The partner, locked until the transaction ends: what is decided about his keys holds.
    pub async fn lock_partner(&self, slug: &str) -> Result<Option<Partner>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE slug = "));
        sql.bind(slug);
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE");
        }
        found(sql.one(&self.inner).await?)
    }

    /// Files a partner, new or changed.
    pub async fn file_partner(&self, partner: &Partner) -> Result<()> {
        let Partner {
            id,
            slug,
            name,
            advance,
            disabled,
            version,
            created,
        } = partner;
        let mut sql = Sql::new("INSERT INTO partner (id, slug, name, advance, disabled, version, created) VALUES (");
        sql.bind(id.0)
            .push(", ")
            .bind(slug.as_str())
            .push(", ")
            .bind(name.as_str())
            .push(", ");
        sql.bind(*advance)
            .push(", ")
            .bind(*disabled)
            .push(", ")
            .bind(*version)
            .push(", ");
        sql.bind(created.as_microsecond());
        sql.push(
            ") ON CONFLICT (id) DO UPDATE SET name = excluded.name, advance = excluded.advance, \
             disabled = excluded.disabled, version = excluded.version",
        );
        sql.run(&self.inner).await?;
        Ok(())
    }

    /// Deletes a partner with his keys and what they have confirmed, and his webhooks. Returns how many keys he had.
    pub async fn delete_partner(&self, id: PartnerId) -> Result<u64> {
        let mut sql = Sql::new("DELETE FROM receipt WHERE key_id IN (SELECT id FROM api_key WHERE partner_id = ");
        sql.bind(id.0).push(")").run(&self.inner).await?;
        let mut sql = Sql::new("DELETE FROM api_key WHERE partner_id = ");
        let keys = sql.bind(id.0).run(&self.inner).await?;
        let mut sql = Sql::new("DELETE FROM partner_channel WHERE partner_id = ");
        sql.bind(id.0).run(&self.inner).await?;
        self.delete_endpoints_of(id).await?;
        let mut sql = Sql::new("DELETE FROM partner WHERE id = ");
        sql.bind(id.0).run(&self.inner).await?;
        Ok(keys)
    }
}

fn found(row: Option<QueryResult>) -> Result<Option<Partner>> {
    row.map_or(Ok(None), |row| beside(&row, 0))
}

/// The partner whose columns begin there; none where they are empty.
pub(super) fn beside(row: &QueryResult, first: usize) -> Result<Option<Partner>> {
    let Some(id) = column::<Option<Uuid>>(row, first)? else {
        return Ok(None);
    };
    Ok(Some(Partner {
        id: PartnerId(id),
        slug: column(row, first + 1)?,
        name: column(row, first + 2)?,
        advance: column(row, first + 3)?,
        disabled: column(row, first + 4)?,
        version: column(row, first + 5)?,
        created: time(column(row, first + 6)?)?,
    }))
}
