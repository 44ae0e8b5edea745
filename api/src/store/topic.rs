//! Topics as rows.

use super::sql::{Sql, column};
use super::{Store, Tx, refused};
use crate::error::{Error, Result};
use crate::news::TopicId;
use crate::news::filter::TopicFilter;
use crate::news::topic::{Topic, TopicKey, TopicKind};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use entity::topic_name;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryResult};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

const COLUMNS: &str = "SELECT id, slug, kind, parent_id, code, version FROM topic";

/// Topics by what they are called: `named` bears the name, `t` is the topic that is meant by it.
const MEANT: &str = "FROM topic named JOIN topic t ON t.id = COALESCE(named.merged_into, named.id)";

const ROWS: usize = 500;

impl Store {
    pub async fn find_topics(&self, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Topic>> {
        find(self.read(), keys).await
    }

    /// Which topic these ids mean today, and which edition of it is current: one that was merged means its target.
    pub async fn topic_versions(&self, ids: &[TopicId]) -> Result<Vec<(TopicId, TopicId, i32)>> {
        let mut versions = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS) {
            let mut sql = Sql::new(format!("SELECT named.id, t.id, t.version {MEANT} WHERE named.id IN "));
            sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
            for row in sql.all(self.read()).await? {
                let (named, meant) = (TopicId(column(&row, 0)?), TopicId(column(&row, 1)?));
                versions.push((named, meant, column(&row, 2)?));
            }
        }
        Ok(versions)
    }

    /// All topics that were merged, each with its target.
    pub async fn merged_topics(&self) -> Result<Vec<(Topic, TopicId)>> {
        let mut sql = Sql::new("SELECT id, merged_into FROM topic WHERE merged_into IS NOT NULL");
        let mut targets: HashMap<TopicId, TopicId> = HashMap::new();
        for row in sql.all(self.read()).await? {
            targets.insert(TopicId(column(&row, 0)?), TopicId(column(&row, 1)?));
        }
        let sql = Sql::new(format!("{COLUMNS} WHERE merged_into IS NOT NULL ORDER BY slug"));
        let topics = read(self.read(), sql).await?;
        Ok(topics
            .into_iter()
            .filter_map(|topic| targets.get(&topic.id).map(|into| (topic, *into)))
            .collect())
    }

    /// The ancestors of each, nearest first.
    pub async fn topic_ancestors(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<TopicId>>> {
        ancestors(self.read(), ids).await
    }

    /// The children of each, by slug.
    pub async fn topic_children(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<Topic>>> {
        let mut sql = Sql::new(format!("{COLUMNS} WHERE parent_id IN "));
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>())
            .push(" ORDER BY slug");
        let mut children: HashMap<TopicId, Vec<Topic>> = HashMap::new();
        for topic in read(self.read(), sql).await? {
            if let Some(parent) = topic.parent {
                children.entry(parent).or_default().push(topic);
            }
        }
        Ok(children)
    }

    /// Topics by slug.
    pub async fn list_topics(&self, filter: &TopicFilter, page: &Page) -> Result<Slice<Topic>> {
        let first = matches!(page.take, Take::First(_));
        let mut sql = Sql::new(format!("{COLUMNS} WHERE 1 = 1"));
        narrow(&mut sql, filter);
        if let Some(Cursor::Slug(after)) = &page.after {
            sql.push(" AND slug > ").bind(after.as_str());
        }
        if let Some(Cursor::Slug(before)) = &page.before {
            sql.push(" AND slug < ").bind(before.as_str());
        }
        sql.push(if first {
            " ORDER BY slug ASC LIMIT "
        } else {
            " ORDER BY slug DESC LIMIT "
        });
        sql.bind(i64::from(page.size()) + 1);
        let topics = read(self.read(), sql).await?;
        let beyond = Beyond {
            before: self.any_topic(filter, "<=", &page.after).await?,
            after: self.any_topic(filter, ">=", &page.before).await?,
        };
        let edges = topics
            .into_iter()
            .map(|node| Edge {
                cursor: Cursor::Slug(node.slug.clone()),
                node,
            })
            .collect();
        Ok(Slice::cut(page, edges, beyond))
    }

    pub async fn count_topics(&self, filter: &TopicFilter) -> Result<i64> {
        let mut sql = Sql::new("SELECT count(*) FROM topic WHERE 1 = 1");
        narrow(&mut sql, filter);
        match sql.one(self.read()).await? {
            Some(row) => column(&row, 0),
            None => Ok(0),
        }
    }

    async fn any_topic(&self, filter: &TopicFilter, sign: &str, cursor: &Option<Cursor>) -> Result<bool> {
        let Some(Cursor::Slug(slug)) = cursor else {
            return Ok(false);
        };
        let mut sql = Sql::new(format!("SELECT slug FROM topic WHERE slug {sign} "));
        sql.bind(slug.as_str());
        narrow(&mut sql, filter);
        sql.push(" LIMIT 1");
        Ok(sql.one(self.read()).await?.is_some())
    }
}

/// The lock that the shape of the topic tree is changed under; any number will do that nobody else uses.
const TREE: i64 = 0x0064_6174_6c69_6e65;

impl Tx {
    /// Holds the topic tree still until the transaction ends. SQLite has one writer and needs no lock.
    pub async fn lock_topics(&self) -> Result<()> {
        self.lock_tree("SELECT pg_advisory_xact_lock(").await
    }

    /// The same for those who only read the tree in order to file by it: they do not wait for each other.
    pub async fn share_topics(&self) -> Result<()> {
        self.lock_tree("SELECT pg_advisory_xact_lock_shared(").await
    }

    async fn lock_tree(&self, call: &str) -> Result<()> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            Sql::new(call).bind(TREE).push(")").run(&self.inner).await?;
        }
        Ok(())
    }

    /// How many levels stand below a topic.
    pub async fn topic_height(&self, id: TopicId) -> Result<usize> {
        let mut sql = Sql::new("WITH RECURSIVE down (id, depth) AS (SELECT id, 0 FROM topic WHERE id = ");
        sql.bind(id.0);
        sql.push(" UNION ALL SELECT t.id, down.depth + 1 FROM down JOIN topic t ON t.parent_id = down.id WHERE down.depth < ");
        sql.bind(DEEPEST).push(") SELECT max(depth) FROM down");
        let height = match sql.one(&self.inner).await? {
            Some(row) => column::<Option<i32>>(&row, 0)?.unwrap_or(0),
            None => 0,
        };
        Ok(usize::try_from(height).unwrap_or(0))
    }

    pub async fn find_topics(&self, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Topic>> {
        find(&self.inner, keys).await
    }

    pub async fn topic_ancestors(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<TopicId>>> {
        ancestors(&self.inner, ids).await
    }

    pub async fn insert_topic(&self, topic: &Topic) -> Result<()> {
        let mut sql = Sql::new("INSERT INTO topic (id, slug, kind, parent_id, code, version) VALUES (");
        sql.bind(topic.id.0)
            .push(", ")
            .bind(topic.slug.as_str())
            .push(", ")
            .bind(topic.kind.as_str())
            .push(", ");
        sql.bind(topic.parent.map(|p| p.0))
            .push(", ")
            .bind(topic.code.as_deref())
            .push(", ")
            .bind(topic.version);
        sql.push(")").run(&self.inner).await?;
        self.insert_names(topic).await
    }

    pub async fn replace_topic(&self, topic: &Topic) -> Result<()> {
        let mut sql = Sql::new("UPDATE topic SET kind = ");
        sql.bind(topic.kind.as_str())
            .push(", parent_id = ")
            .bind(topic.parent.map(|p| p.0));
        sql.push(", code = ")
            .bind(topic.code.as_deref())
            .push(", version = ")
            .bind(topic.version);
        sql.push(" WHERE id = ").bind(topic.id.0).run(&self.inner).await?;
        let mut sql = Sql::new("DELETE FROM topic_name WHERE topic_id = ");
        sql.bind(topic.id.0).run(&self.inner).await?;
        self.insert_names(topic).await
    }

    /// The slugs and codes of one topic become another's, and so do its children. Returns these.
    pub async fn merge_topic(&self, from: TopicId, into: TopicId) -> Result<Vec<TopicId>> {
        let mut sql = Sql::new("SELECT id FROM topic WHERE parent_id = ");
        let rows = sql.bind(from.0).push(" ORDER BY slug").all(&self.inner).await?;
        let children = rows.iter().map(|row| Ok(TopicId(column(row, 0)?)));
        let children: Vec<TopicId> = children.collect::<Result<_>>()?;
        let mut sql = Sql::new("UPDATE topic SET version = version + 1, parent_id = ");
        sql.bind(into.0).push(" WHERE parent_id = ").bind(from.0);
        sql.run(&self.inner).await?;
        // Those that it took in itself go along, so that nobody ever looks further than once.
        let mut sql = Sql::new("UPDATE topic SET version = version + 1, parent_id = NULL, merged_into = ");
        sql.bind(into.0).push(" WHERE id = ").bind(from.0);
        sql.push(" OR merged_into = ").bind(from.0).run(&self.inner).await?;
        Ok(children)
    }

    /// Which of these topics were merged, and into which.
    pub async fn mergers(&self, ids: &[TopicId]) -> Result<HashMap<TopicId, TopicId>> {
        let mut sql = Sql::new("SELECT id, merged_into FROM topic WHERE merged_into IS NOT NULL AND id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(&self.inner).await?;
        rows.iter()
            .map(|row| Ok((TopicId(column(row, 0)?), TopicId(column(row, 1)?))))
            .collect()
    }

    /// A code that a merged topic left behind is taken up by somebody: it is not that one's any more.
    pub async fn free_code(&self, code: &str) -> Result<()> {
        let mut sql = Sql::new("UPDATE topic SET code = NULL WHERE merged_into IS NOT NULL AND code = ");
        sql.bind(code).run(&self.inner).await?;
        Ok(())
    }

    async fn insert_names(&self, topic: &Topic) -> Result<()> {
        if topic.names.is_empty() {
            return Ok(());
        }
        let rows = topic.names.iter().map(|(language, name)| topic_name::ActiveModel {
            topic_id: Set(topic.id.0),
            language: Set(language.clone()),
            name: Set(name.clone()),
        });
        topic_name::Entity::insert_many(rows)
            .exec_without_returning(&self.inner)
            .await
            .map_err(refused)?;
        Ok(())
    }
}

fn narrow(sql: &mut Sql, filter: &TopicFilter) {
    let TopicFilter { kind, parent, roots } = filter;
    sql.push(" AND merged_into IS NULL");
    if let Some(kind) = kind {
        sql.push(" AND kind = ").bind(kind.as_str());
    }
    if let Some(parent) = parent {
        sql.push(" AND parent_id = ").bind(parent.0);
    }
    if *roots {
        sql.push(" AND parent_id IS NULL");
    }
}

async fn find(connection: &impl ConnectionTrait, keys: &[TopicKey]) -> Result<HashMap<TopicKey, Topic>> {
    let mut found = HashMap::new();
    for keys in keys.chunks(ROWS) {
        let (mut ids, mut slugs, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        for key in keys {
            match key {
                TopicKey::Id(id) => ids.push(id.0),
                TopicKey::Slug(slug) => slugs.push(slug.as_str()),
                TopicKey::Code(code) => codes.push(code.as_str()),
            }
        }
        let mut sql = Sql::default();
        let add = |sql: &mut Sql, column: &str| {
            let join = if sql.text.is_empty() { "" } else { " UNION ALL " };
            sql.push(&format!(
                "{join}SELECT t.id, t.slug, t.kind, t.parent_id, t.code, t.version, named.id, named.slug, named.code \
                 {MEANT} WHERE named.{column} IN "
            ));
        };
        if !ids.is_empty() {
            add(&mut sql, "id");
            sql.bind_list(&ids);
        }
        if !slugs.is_empty() {
            add(&mut sql, "slug");
            sql.bind_list(&slugs);
        }
        if !codes.is_empty() {
            add(&mut sql, "code");
            sql.bind_list(&codes);
        }
        if sql.text.is_empty() {
            continue;
        }
        let rows = sql.all(connection).await?;
        let topics: Vec<Topic> = rows.iter().map(topic).collect::<Result<_>>()?;
        for (row, topic) in rows.iter().zip(named(connection, topics).await?) {
            found.insert(TopicKey::Id(TopicId(column(row, 6)?)), topic.clone());
            if let Some(code) = column(row, 8)? {
                found.insert(TopicKey::Code(code), topic.clone());
            }
            found.insert(TopicKey::Slug(column(row, 7)?), topic);
        }
    }
    Ok(found)
}

async fn read(connection: &impl ConnectionTrait, mut sql: Sql) -> Result<Vec<Topic>> {
    let rows = sql.all(connection).await?;
    named(connection, rows.iter().map(topic).collect::<Result<_>>()?).await
}

/// Topics with their names.
async fn named(connection: &impl ConnectionTrait, mut topics: Vec<Topic>) -> Result<Vec<Topic>> {
    if topics.is_empty() {
        return Ok(topics);
    }
    let mut ids: Vec<Uuid> = topics.iter().map(|t| t.id.0).collect();
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    let named = topic_name::Entity::find().filter(topic_name::Column::TopicId.is_in(ids));
    let mut names: HashMap<Uuid, BTreeMap<String, String>> = HashMap::new();
    for row in named.all(connection).await.map_err(refused)? {
        names.entry(row.topic_id).or_default().insert(row.language, row.name);
    }
    for topic in &mut topics {
        topic.names = names.get(&topic.id.0).cloned().unwrap_or_default();
    }
    Ok(topics)
}

fn topic(row: &QueryResult) -> Result<Topic> {
    let kind: String = column(row, 2)?;
    Ok(Topic {
        id: TopicId(column(row, 0)?),
        slug: column(row, 1)?,
        kind: TopicKind::parse(&kind).ok_or_else(|| Error::internal(format!("a topic of kind `{kind}`")))?,
        parent: column::<Option<Uuid>>(row, 3)?.map(TopicId),
        code: column(row, 4)?,
        version: column(row, 5)?,
        names: BTreeMap::new(),
    })
}

/// The desk makes no deeper tree, and a ring, which it refuses to make, would end here too.
pub const DEEPEST: i32 = 32;

async fn ancestors(connection: &impl ConnectionTrait, ids: &[TopicId]) -> Result<HashMap<TopicId, Vec<TopicId>>> {
    let mut found: HashMap<TopicId, Vec<TopicId>> = HashMap::new();
    for ids in ids.chunks(ROWS) {
        let mut sql = Sql::new(
            "WITH RECURSIVE up (origin, id, depth) AS (SELECT id, parent_id, 1 FROM topic WHERE parent_id IS NOT NULL AND id IN ",
        );
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" UNION ALL SELECT up.origin, t.parent_id, up.depth + 1 FROM up JOIN topic t ON t.id = up.id ");
        sql.push("WHERE t.parent_id IS NOT NULL AND up.depth < ").bind(DEEPEST);
        sql.push(") SELECT origin, id FROM up ORDER BY origin, depth");
        for row in sql.all(connection).await? {
            found
                .entry(TopicId(column(&row, 0)?))
                .or_default()
                .push(TopicId(column(&row, 1)?));
        }
    }
    Ok(found)
}
