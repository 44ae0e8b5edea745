//! Which stories say that they take another's place, or that they are translations of it.

use super::sql::{Sql, column, time};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::story::Listed;
use crate::news::{ArticleId, Version};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use std::collections::HashMap;
use uuid::Uuid;

/// A former uri counts as long as it is nobody's today.
const FREE: &str = "n.kind = 'uri' AND NOT EXISTS (SELECT 1 FROM article c WHERE c.uri = n.name)";

impl Store {
    /// The stories that say they replace these, by any uri of theirs, each with the one that it replaces.
    pub async fn replacing(&self, ids: &[ArticleId]) -> Result<Vec<(ArticleId, Listed)>> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut sql = Sql::new(
            "SELECT o.id, a.id, a.version, a.first_published FROM article o JOIN article a ON a.replaces = o.uri \
             WHERE o.id IN ",
        );
        sql.bind_list(&ids).push(&format!(
            " UNION ALL SELECT n.article_id, a.id, a.version, a.first_published FROM article_alias n \
             JOIN article a ON a.replaces = n.name WHERE {FREE} AND n.article_id IN "
        ));
        let rows = sql.bind_list(&ids).all(self.read()).await?;
        rows.iter().map(pair).collect()
    }

    /// The stories that say they are translations of these, each with the one that it translates.
    pub async fn translating(&self, ids: &[ArticleId]) -> Result<Vec<(ArticleId, Listed)>> {
        const LINKED: &str = "AND r.kind = 'translation_of' JOIN article a ON a.id = r.article_id WHERE";
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let mut sql = Sql::new(format!(
            "SELECT o.id, a.id, a.version, a.first_published FROM article o \
             JOIN related_link r ON r.target_uri = o.uri {LINKED} o.id IN "
        ));
        sql.bind_list(&ids).push(&format!(
            " UNION ALL SELECT n.article_id, a.id, a.version, a.first_published FROM article_alias n \
             JOIN related_link r ON r.target_uri = n.name {LINKED} {FREE} AND n.article_id IN "
        ));
        let rows = sql.bind_list(&ids).all(self.read()).await?;
        rows.iter().map(pair).collect()
    }
}

fn pair(row: &QueryResult) -> Result<(ArticleId, Listed)> {
    let listed = Listed {
        id: ArticleId(column(row, 1)?),
        version: Version(column(row, 2)?),
        first_published: time(column(row, 3)?)?,
    };
    Ok((ArticleId(column(row, 0)?), listed))
}

/// The lock that chains are made longer under; any number will do that nobody else uses.
const CHAINS: i64 = 0x0064_6174_6c69_6e66;

/// Longer chains than this are not followed.
const LONGEST: usize = 1_000;

impl Tx {
    /// What the stories with these uris replace, and what those replace, and so on: for each uri, former ones too, the
    /// story that it names and the uri that this one replaces. Nobody else makes a chain longer until the transaction
    /// ends.
    pub async fn chains(&self, uris: &[String]) -> Result<HashMap<String, (ArticleId, Option<String>)>> {
        if uris.is_empty() {
            return Ok(HashMap::new());
        }
        if self.inner.get_database_backend() == DbBackend::Postgres {
            let mut sql = Sql::new("SELECT pg_advisory_xact_lock(");
            sql.bind(CHAINS).push(")").run(&self.inner).await?;
        }
        let mut chains = HashMap::new();
        let mut names = uris.to_vec();
        for _ in 0..LONGEST {
            if names.is_empty() {
                break;
            }
            let mut sql = Sql::new("SELECT uri, id, replaces FROM article WHERE uri IN ");
            sql.bind_list(&names).push(&format!(
                " UNION ALL SELECT n.name, a.id, a.replaces FROM article_alias n JOIN article a ON a.id = n.article_id \
                 WHERE {FREE} AND n.name IN "
            ));
            let rows = sql.bind_list(&names).all(&self.inner).await?;
            names.clear();
            for row in rows {
                let (uri, id, next): (String, Uuid, Option<String>) =
                    (column(&row, 0)?, column(&row, 1)?, column(&row, 2)?);
                names.extend(next.clone());
                chains.insert(uri, (ArticleId(id), next));
            }
            names.retain(|name| !chains.contains_key(name));
        }
        Ok(chains)
    }
}
