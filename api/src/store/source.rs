//! Sources as rows.

use super::sql::{Sql, column};
use super::{Store, Tx};
use crate::error::Result;
use crate::news::SourceId;
use crate::news::topic::Source;
use sea_orm::{ConnectionTrait, QueryResult};
use std::collections::HashMap;

impl Store {
    pub async fn load_sources(&self, ids: &[SourceId]) -> Result<HashMap<SourceId, Source>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT id, slug, name, url FROM source WHERE id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| source(row).map(|s| (s.id, s))).collect()
    }

    pub async fn find_sources(&self, slugs: &[String]) -> Result<HashMap<String, Source>> {
        find(self.read(), slugs).await
    }

    pub async fn list_sources(&self) -> Result<Vec<Source>> {
        let rows = Sql::new("SELECT id, slug, name, url FROM source ORDER BY slug")
            .all(self.read())
            .await?;
        rows.iter().map(source).collect()
    }
}

impl Tx {
    pub async fn find_sources(&self, slugs: &[String]) -> Result<HashMap<String, Source>> {
        find(&self.inner, slugs).await
    }

    /// Files a source. Two desks may file the same one at once: the first stays, and both must read it again.
    pub async fn insert_source(&self, source: &Source) -> Result<()> {
        let mut sql = Sql::new("INSERT INTO source (id, slug, name, url) VALUES (");
        sql.bind(source.id.0)
            .push(", ")
            .bind(source.slug.as_str())
            .push(", ")
            .bind(source.name.as_str());
        sql.push(", ")
            .bind(source.url.as_deref())
            .push(") ON CONFLICT (slug) DO NOTHING")
            .run(&self.inner)
            .await?;
        Ok(())
    }

    pub async fn replace_source(&self, source: &Source) -> Result<()> {
        let mut sql = Sql::new("UPDATE source SET name = ");
        sql.bind(source.name.as_str())
            .push(", url = ")
            .bind(source.url.as_deref());
        sql.push(" WHERE id = ").bind(source.id.0).run(&self.inner).await?;
        Ok(())
    }
}

async fn find(connection: &impl ConnectionTrait, slugs: &[String]) -> Result<HashMap<String, Source>> {
    if slugs.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new("SELECT id, slug, name, url FROM source WHERE slug IN ");
    sql.bind_list(slugs);
    let rows = sql.all(connection).await?;
    rows.iter()
        .map(|row| source(row).map(|s| (s.slug.clone(), s)))
        .collect()
}

fn source(row: &QueryResult) -> Result<Source> {
    Ok(Source {
        id: SourceId(column(row, 0)?),
        slug: column(row, 1)?,
        name: column(row, 2)?,
        url: column(row, 3)?,
    })
}
