//! Collections as rows.

use super::sql::{Sql, column};
use super::{Store, Tx, refused};
use crate::error::Result;
use crate::news::topic::Collection;
use crate::news::{ArticleId, CollectionId};
use entity::collection_item;
use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryResult};

impl Store {
    pub async fn find_collection(&self, slug: &str) -> Result<Option<Collection>> {
        find(self.read(), slug).await
    }

    pub async fn find_collection_by_id(&self, id: CollectionId) -> Result<Option<Collection>> {
        let mut sql = Sql::new("SELECT id, slug, name, version FROM collection WHERE id = ");
        sql.bind(id.0)
            .one(self.read())
            .await?
            .as_ref()
            .map(collection)
            .transpose()
    }

    pub async fn list_collections(&self) -> Result<Vec<Collection>> {
        let rows = Sql::new("SELECT id, slug, name, version FROM collection ORDER BY slug")
            .all(self.read())
            .await?;
        rows.iter().map(collection).collect()
    }

    /// The stories of a collection, in the editor's order.
    pub async fn collection_items(&self, id: CollectionId) -> Result<Vec<ArticleId>> {
        items(self.read(), id).await
    }
}

impl Tx {
    /// The collection, locked until the transaction ends.
    pub async fn lock_collection(&self, slug: &str) -> Result<Option<Collection>> {
        let mut sql = Sql::new("SELECT id, slug, name, version FROM collection WHERE slug = ");
        sql.bind(slug);
        if self.inner.get_database_backend() == DbBackend::Postgres {
            sql.push(" FOR UPDATE");
        }
        sql.one(&self.inner).await?.as_ref().map(collection).transpose()
    }

    pub async fn collection_items(&self, id: CollectionId) -> Result<Vec<ArticleId>> {
        items(&self.inner, id).await
    }

    /// Files a collection, new or changed, with its items.
    pub async fn file_collection(&self, collection: &Collection, items: &[ArticleId]) -> Result<()> {
        let mut sql = Sql::new("INSERT INTO collection (id, slug, name, version) VALUES (");
        sql.bind(collection.id.0)
            .push(", ")
            .bind(collection.slug.as_str())
            .push(", ");
        sql.bind(collection.name.as_str()).push(", ").bind(collection.version);
        sql.push(") ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version");
        sql.run(&self.inner).await?;
        let mut sql = Sql::new("DELETE FROM collection_item WHERE collection_id = ");
        sql.bind(collection.id.0).run(&self.inner).await?;
        if items.is_empty() {
            return Ok(());
        }
        let rows = items
            .iter()
            .zip(0i16..)
            .map(|(article, position)| collection_item::ActiveModel {
                collection_id: Set(collection.id.0),
                position: Set(position),
                article_id: Set(article.0),
            });
        collection_item::Entity::insert_many(rows)
            .exec_without_returning(&self.inner)
            .await
            .map_err(refused)?;
        Ok(())
    }
}

async fn find(connection: &impl ConnectionTrait, slug: &str) -> Result<Option<Collection>> {
    let mut sql = Sql::new("SELECT id, slug, name, version FROM collection WHERE slug = ");
    sql.bind(slug);
    sql.one(connection).await?.as_ref().map(collection).transpose()
}

async fn items(connection: &impl ConnectionTrait, id: CollectionId) -> Result<Vec<ArticleId>> {
    let mut sql = Sql::new("SELECT article_id FROM collection_item WHERE collection_id = ");
    sql.bind(id.0).push(" ORDER BY position");
    let rows = sql.all(connection).await?;
    rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
}

fn collection(row: &QueryResult) -> Result<Collection> {
    Ok(Collection {
        id: CollectionId(column(row, 0)?),
        slug: column(row, 1)?,
        name: column(row, 2)?,
        version: column(row, 3)?,
    })
}
