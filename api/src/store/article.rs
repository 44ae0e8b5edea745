//! Stories as rows: found by any of their names, loaded whole in batches, written in batches.

use super::sql::{Sql, column, time};
use super::{Store, Tx, refused};
use crate::error::{Error, Result};
use crate::news::story::{ArticleKey, FocalPoint, LinkKind, Listed, PubStatus, RelatedLink, Rendition, Story};
use crate::news::submission::Alias;
use crate::news::{ArticleId, ChannelId, SourceId, TopicId, Version};
use entity::{article, article_alias, article_topic, article_version, related_link, rendition};
use jiff::Timestamp;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// A story as it is filed: with what readers do not see.
#[derive(Clone, Debug)]
pub struct Filed {
    pub story: Story,
    /// SHA-256 over what a publisher can say of it.
    pub digest: Vec<u8>,
    /// Ancestors of its topics that are not among them.
    pub implied: Vec<TopicId>,
    /// The channels that it is in.
    pub channels: Vec<ChannelId>,
    /// The wire has nothing more to tell of its end.
    pub expiry_told: bool,
}

/// What the desk must know of a story before it writes.
#[derive(Clone, Debug)]
pub struct Current {
    pub uri: String,
    pub id: ArticleId,
    pub slug: String,
    pub version: Version,
    pub digest: Vec<u8>,
    pub first_published: Timestamp,
    pub published: Timestamp,
    pub pub_status: PubStatus,
    pub expires: Option<Timestamp>,
    /// The wire has told that its time is over.
    pub expiry_told: bool,
}

const CURRENT: &str = "SELECT uri, id, version, digest, slug, first_published, published, pub_status, expires, \
                       expiry_told FROM article";

/// Rows that one INSERT may carry: the widest table has 28 columns and SQLite takes 32,766 values.
const ROWS: usize = 500;

impl Store {
    /// Where the stories with these names stand, under slugs and uris of former times too. One statement.
    pub async fn find_articles(&self, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Listed>> {
        find(self.read(), keys).await
    }

    /// Stories whole, as they stand now, all of the same moment.
    pub async fn load_stories(&self, ids: &[ArticleId]) -> Result<Vec<Story>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let moment = self.moment().await?;
        let stories = load(&moment, ids).await?;
        moment.commit().await.map_err(refused)?;
        Ok(stories)
    }

    /// Earlier editions of a story, newest first, from below `before` and above `after`; the current one is not here.
    pub async fn load_editions(
        &self,
        id: ArticleId,
        between: (i32, i32),
        newest_first: bool,
        limit: u64,
    ) -> Result<Vec<Story>> {
        let (above, below) = between;
        let mut sql = Sql::new("SELECT content FROM article_version WHERE article_id = ");
        sql.bind(id.0)
            .push(" AND version > ")
            .bind(above)
            .push(" AND version < ")
            .bind(below);
        sql.push(if newest_first {
            " ORDER BY version DESC LIMIT "
        } else {
            " ORDER BY version ASC LIMIT "
        });
        sql.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| edition(&column::<String>(row, 0)?)).collect()
    }

    pub async fn load_aliases(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Vec<Alias>>> {
        let rows = article_alias::Entity::find()
            .filter(article_alias::Column::ArticleId.is_in(filled(ids)))
            .order_by_asc(article_alias::Column::Kind)
            .order_by_asc(article_alias::Column::Name)
            .all(self.read())
            .await
            .map_err(refused)?;
        let mut aliases: HashMap<ArticleId, Vec<Alias>> = HashMap::new();
        for row in rows {
            aliases.entry(ArticleId(row.article_id)).or_default().push(Alias {
                kind: row.kind,
                name: row.name,
            });
        }
        Ok(aliases)
    }

    /// Which of these stories stand in any of these feeds.
    pub async fn articles_in_feeds(&self, ids: &[ArticleId], topics: &[TopicId]) -> Result<HashSet<ArticleId>> {
        if ids.is_empty() || topics.is_empty() {
            return Ok(HashSet::new());
        }
        let mut sql = Sql::new("SELECT DISTINCT article_id FROM article_topic WHERE article_id IN ");
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        sql.push(" AND topic_id IN ")
            .bind_list(&topics.iter().map(|id| id.0).collect::<Vec<_>>());
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }

    /// Ids above this one, in id order: how an export walks the whole house in short reads.
    pub async fn article_ids_after(&self, after: Uuid, limit: u32) -> Result<Vec<ArticleId>> {
        let mut sql = Sql::new("SELECT id FROM article WHERE id > ");
        sql.bind(after).push(" ORDER BY id LIMIT ").bind(i64::from(limit));
        let rows = sql.all(self.read()).await?;
        rows.iter().map(|row| Ok(ArticleId(column(row, 0)?))).collect()
    }
}

impl Tx {
    pub async fn find_articles(&self, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Listed>> {
        find(&self.inner, keys).await
    }

    /// Stories whole, as this transaction sees them.
    pub async fn load_stories(&self, ids: &[ArticleId]) -> Result<Vec<Story>> {
        load(&self.inner, ids).await
    }

    /// The stories under these uris, locked until the transaction ends.
    pub async fn lock_articles(&self, uris: &[String]) -> Result<HashMap<String, Current>> {
        if uris.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new(format!("{CURRENT} WHERE uri IN "));
        sql.bind_list(uris);
        let found = self.lock(sql).await?;
        Ok(found.into_iter().map(|c| (c.uri.clone(), c)).collect())
    }

    /// These stories, locked until the transaction ends.
    pub async fn lock_stories(&self, ids: &[ArticleId]) -> Result<HashMap<ArticleId, Current>> {
        let mut sql = Sql::new(format!("{CURRENT} WHERE id IN "));
        sql.bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        let found = self.lock(sql).await?;
        Ok(found.into_iter().map(|c| (c.id, c)).collect())
    }

    async fn lock(&self, mut sql: Sql) -> Result<Vec<Current>> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            // In one order, so that two imports never wait for each other in a ring.
            sql.push(" ORDER BY id FOR UPDATE");
        }
        let mut found = Vec::new();
        for row in sql.all(&self.inner).await? {
            found.push(Current {
                uri: column(&row, 0)?,
                id: ArticleId(column(&row, 1)?),
                version: Version(column(&row, 2)?),
                digest: column(&row, 3)?,
                slug: column(&row, 4)?,
                first_published: time(column(&row, 5)?)?,
                published: time(column(&row, 6)?)?,
                pub_status: pub_status(&column::<String>(&row, 7)?)?,
                expires: column::<Option<i64>>(&row, 8)?.map(time).transpose()?,
                expiry_told: column(&row, 9)?,
            });
        }
        Ok(found)
    }

    /// What a story is called.
    pub async fn uri_of(&self, id: ArticleId) -> Result<Option<String>> {
        let mut sql = Sql::new("SELECT uri FROM article WHERE id = ");
        let row = sql.bind(id.0).one(&self.inner).await?;
        row.map(|row| column(&row, 0)).transpose()
    }

    /// Which of these uris were a story's once.
    pub async fn former_uris(&self, uris: &[String]) -> Result<HashMap<String, ArticleId>> {
        if uris.is_empty() {
            return Ok(HashMap::new());
        }
        let mut sql = Sql::new("SELECT name, article_id FROM article_alias WHERE kind = 'uri' AND name IN ");
        let rows = sql.bind_list(uris).all(&self.inner).await?;
        rows.iter()
            .map(|row| Ok((column(row, 0)?, ArticleId(column(row, 1)?))))
            .collect()
    }

    /// Which of these slugs belong to a story, now or formerly.
    pub async fn slugs_taken(&self, slugs: &[String]) -> Result<HashMap<String, ArticleId>> {
        let keys: Vec<_> = slugs.iter().cloned().map(ArticleKey::Slug).collect();
        let found = find(&self.inner, &keys).await?;
        Ok(found
            .into_iter()
            .filter_map(|(key, listed)| match key {
                ArticleKey::Slug(slug) => Some((slug, listed.id)),
                ArticleKey::Id(_) | ArticleKey::Uri(_) => None,
            })
            .collect())
    }

    /// Files new stories.
    pub async fn insert_stories(&self, filed: &[Filed]) -> Result<()> {
        for chunk in filed.chunks(ROWS) {
            article::Entity::insert_many(chunk.iter().map(article_row))
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        self.insert_memberships(&memberships(filed)).await?;
        self.insert_parts(filed).await
    }

    /// Files new editions in the place of the current ones.
    pub async fn replace_stories(&self, filed: &[Filed]) -> Result<()> {
        if filed.is_empty() {
            return Ok(());
        }
        for f in filed {
            article::Entity::update(article_row(f))
                .validate()
                .map_err(refused)?
                .exec(&self.inner)
                .await
                .map_err(refused)?;
        }
        let ids: Vec<_> = filed.iter().map(|f| f.story.id).collect();
        for chunk in ids.chunks(ROWS) {
            for table in ["article_topic", "related_link", "rendition"] {
                let mut sql = Sql::new(format!("DELETE FROM {table} WHERE article_id IN "));
                sql.bind_list(&chunk.iter().map(|id| id.0).collect::<Vec<_>>());
                sql.run(&self.inner).await?;
            }
        }
        self.replace_memberships(&memberships(filed)).await?;
        self.insert_parts(filed).await
    }

    async fn insert_parts(&self, filed: &[Filed]) -> Result<()> {
        let topics: Vec<_> = filed.iter().flat_map(topic_rows).collect();
        for chunk in topics.chunks(ROWS) {
            let rows = chunk.iter().cloned();
            article_topic::Entity::insert_many(rows)
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        let links: Vec<_> = filed.iter().flat_map(|f| link_rows(&f.story)).collect();
        for chunk in links.chunks(ROWS) {
            let rows = chunk.iter().cloned();
            related_link::Entity::insert_many(rows)
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        let renditions: Vec<_> = filed.iter().flat_map(|f| rendition_rows(&f.story)).collect();
        for chunk in renditions.chunks(ROWS) {
            let rows = chunk.iter().cloned();
            rendition::Entity::insert_many(rows)
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        Ok(())
    }

    /// Keeps editions that are no longer current.
    pub async fn insert_editions(&self, editions: &[Story]) -> Result<()> {
        let rows = editions.iter().map(|story| {
            Ok(article_version::ActiveModel {
                article_id: Set(story.id.0),
                version: Set(story.version.0),
                version_created: Set(story.version_created.as_microsecond()),
                content: Set(serde_json::to_string(story).map_err(Error::internal)?),
            })
        });
        let rows: Vec<_> = rows.collect::<Result<_>>()?;
        for chunk in rows.chunks(ROWS) {
            let rows = chunk.iter().cloned();
            article_version::Entity::insert_many(rows)
                .exec_without_returning(&self.inner)
                .await
                .map_err(refused)?;
        }
        Ok(())
    }

    pub async fn insert_aliases(&self, aliases: &[(ArticleId, Alias)]) -> Result<()> {
        for (id, alias) in aliases {
            let mut sql = Sql::new("INSERT INTO article_alias (kind, name, article_id) VALUES (");
            sql.bind(alias.kind.as_str())
                .push(", ")
                .bind(alias.name.as_str())
                .push(", ")
                .bind(id.0);
            sql.push(") ON CONFLICT (kind, name) DO NOTHING")
                .run(&self.inner)
                .await?;
        }
        Ok(())
    }

    /// A name that is current again is no alias any more.
    pub async fn delete_alias(&self, kind: &str, name: &str) -> Result<()> {
        let mut sql = Sql::new("DELETE FROM article_alias WHERE kind = ");
        sql.bind(kind).push(" AND name = ").bind(name).run(&self.inner).await?;
        Ok(())
    }
}

pub(super) fn find_sql(keys: &[ArticleKey]) -> Sql {
    let (mut ids, mut uris, mut slugs) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match key {
            ArticleKey::Id(id) => ids.push(id.0),
            ArticleKey::Uri(uri) => uris.push(uri.as_str()),
            ArticleKey::Slug(slug) => slugs.push(slug.as_str()),
        }
    }
    let mut sql = Sql::default();
    if !ids.is_empty() {
        sql.push("SELECT 'id', '', id, version, first_published FROM article WHERE id IN ")
            .bind_list(&ids);
    }
    for (kind, names) in [("uri", uris), ("slug", slugs)] {
        if names.is_empty() {
            continue;
        }
        if !sql.text.is_empty() {
            sql.push(" UNION ALL ");
        }
        sql.push(&format!(
            "SELECT '{kind}', {kind}, id, version, first_published FROM article WHERE {kind} IN "
        ));
        sql.bind_list(&names);
        sql.push(&format!(
            " UNION ALL SELECT 'former {kind}', n.name, a.id, a.version, a.first_published FROM article_alias n \
             JOIN article a ON a.id = n.article_id WHERE n.kind = '{kind}' AND n.name IN "
        ));
        sql.bind_list(&names);
    }
    sql
}

async fn find(connection: &impl ConnectionTrait, keys: &[ArticleKey]) -> Result<HashMap<ArticleKey, Listed>> {
    let mut found = HashMap::new();
    for keys in keys.chunks(ROWS) {
        for row in find_sql(keys).all(connection).await? {
            let (kind, name): (String, String) = (column(&row, 0)?, column(&row, 1)?);
            let id = ArticleId(column(&row, 2)?);
            let listed = Listed {
                id,
                version: Version(column(&row, 3)?),
                first_published: time(column(&row, 4)?)?,
            };
            let (key, former) = match kind.as_str() {
                "id" => (ArticleKey::Id(id), false),
                "uri" => (ArticleKey::Uri(name), false),
                "slug" => (ArticleKey::Slug(name), false),
                "former uri" => (ArticleKey::Uri(name), true),
                _ => (ArticleKey::Slug(name), true),
            };
            // A name that is somebody's today is not what it was somebody's once.
            if !former || !found.contains_key(&key) {
                found.insert(key, listed);
            }
        }
    }
    Ok(found)
}

pub(super) async fn load(connection: &impl ConnectionTrait, ids: &[ArticleId]) -> Result<Vec<Story>> {
    let mut stories = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(ROWS) {
        stories.extend(load_chunk(connection, chunk).await?);
    }
    Ok(stories)
}

async fn load_chunk(connection: &impl ConnectionTrait, ids: &[ArticleId]) -> Result<Vec<Story>> {
    let ids = filled(ids);
    let articles = article::Entity::find()
        .filter(article::Column::Id.is_in(ids.clone()))
        .all(connection)
        .await
        .map_err(refused)?;
    let topics = article_topic::Entity::find()
        .filter(article_topic::Column::ArticleId.is_in(ids.clone()))
        .filter(article_topic::Column::Implied.eq(false))
        .order_by_asc(article_topic::Column::Rank)
        .all(connection)
        .await
        .map_err(refused)?;
    let links = related_link::Entity::find()
        .filter(related_link::Column::ArticleId.is_in(ids.clone()))
        .order_by_asc(related_link::Column::Position)
        .all(connection)
        .await
        .map_err(refused)?;
    let renditions = rendition::Entity::find()
        .filter(rendition::Column::ArticleId.is_in(ids))
        .order_by_asc(rendition::Column::Position)
        .all(connection)
        .await
        .map_err(refused)?;
    let mut stories: Vec<Story> = articles.into_iter().map(story).collect::<Result<_>>()?;
    let places: HashMap<Uuid, usize> = stories.iter().enumerate().map(|(i, s)| (s.id.0, i)).collect();
    let mut of = |id: &Uuid, part: Part| {
        if let Some(story) = places.get(id).and_then(|i| stories.get_mut(*i)) {
            match part {
                Part::Topic(topic) => story.topics.push(topic),
                Part::Link(link) => story.related_links.push(link),
                Part::Rendition(rendition) => story.renditions.push(rendition),
            }
        }
    };
    for row in topics {
        of(&row.article_id, Part::Topic(TopicId(row.topic_id)));
    }
    for row in links {
        let kind = LinkKind::parse(&row.kind).ok_or_else(|| unreadable("related_link.kind", &row.kind))?;
        let link = RelatedLink {
            kind,
            uri: row.target_uri,
            url: row.url,
            title: row.title,
        };
        of(&row.article_id, Part::Link(link));
    }
    for row in renditions {
        of(&row.article_id.clone(), Part::Rendition(picture(row)));
    }
    Ok(stories)
}

enum Part {
    Topic(TopicId),
    Link(RelatedLink),
    Rendition(Rendition),
}

/// Filled up to a power of two, as `Sql::bind_list` does.
fn filled(ids: &[ArticleId]) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    ids
}

fn unreadable(place: &str, value: &str) -> Error {
    Error::internal(format!("the database holds `{value}` in {place}"))
}

fn edition(content: &str) -> Result<Story> {
    serde_json::from_str(content).map_err(Error::internal)
}

pub(super) fn pub_status(text: &str) -> Result<PubStatus> {
    PubStatus::parse(text).ok_or_else(|| unreadable("article.pub_status", text))
}

fn noted<T: serde::de::DeserializeOwned>(json: Option<&str>) -> Result<Option<T>> {
    json.map(|json| serde_json::from_str(json).map_err(Error::internal))
        .transpose()
}

fn story(row: article::Model) -> Result<Story> {
    let pub_status = pub_status(&row.pub_status)?;
    Ok(Story {
        id: ArticleId(row.id),
        uri: row.uri,
        slug: row.slug,
        version: Version(row.version),
        pub_status,
        language: row.language,
        headline: row.headline,
        summary: row.summary,
        body_html: row.body_html,
        body_text: row.body_text,
        word_count: u32::try_from(row.word_count).unwrap_or(0),
        byline: row.byline,
        dateline: row.dateline,
        slugline: row.slugline,
        urgency: row.urgency.and_then(|u| u8::try_from(u).ok()),
        genre: row.genre,
        ed_note: row.ed_note,
        first_published: time(row.first_published)?,
        published: time(row.published)?,
        version_created: time(row.version_created)?,
        expires: row.expires.map(time).transpose()?,
        source: row.source_id.map(SourceId),
        topics: Vec::new(),
        related_links: Vec::new(),
        renditions: Vec::new(),
        replaces: row.replaces,
        extra: noted(row.extra.as_deref())?.unwrap_or_default(),
        corrections: noted(row.corrections.as_deref())?.unwrap_or_default(),
        withdrawal: noted(row.withdrawal.as_deref())?,
    })
}

fn picture(row: rendition::Model) -> Rendition {
    Rendition {
        name: row.name,
        href: row.href,
        media_type: row.media_type,
        width: row.width,
        height: row.height,
        size: row.size,
        digest: row.digest,
        focal_point: row.focal_x.zip(row.focal_y).map(|(x, y)| FocalPoint { x, y }),
        credit: row.credit,
        alt: row.alt,
        caption: row.caption,
    }
}

fn memberships(filed: &[Filed]) -> Vec<(&Story, &[ChannelId])> {
    filed.iter().map(|f| (&f.story, f.channels.as_slice())).collect()
}

fn article_row(filed: &Filed) -> article::ActiveModel {
    let s = &filed.story;
    article::ActiveModel {
        id: Set(s.id.0),
        uri: Set(s.uri.clone()),
        slug: Set(s.slug.clone()),
        version: Set(s.version.0),
        pub_status: Set(s.pub_status.as_str().to_owned()),
        language: Set(s.language.clone()),
        headline: Set(s.headline.clone()),
        summary: Set(s.summary.clone()),
        body_html: Set(s.body_html.clone()),
        body_text: Set(s.body_text.clone()),
        word_count: Set(i32::try_from(s.word_count).unwrap_or(i32::MAX)),
        byline: Set(s.byline.clone()),
        dateline: Set(s.dateline.clone()),
        slugline: Set(s.slugline.clone()),
        urgency: Set(s.urgency.map(i16::from)),
        genre: Set(s.genre.clone()),
        ed_note: Set(s.ed_note.clone()),
        first_published: Set(s.first_published.as_microsecond()),
        published: Set(s.published.as_microsecond()),
        version_created: Set(s.version_created.as_microsecond()),
        expires: Set(s.expires.map(|t| t.as_microsecond())),
        source_id: Set(s.source.map(|id| id.0)),
        digest: Set(filed.digest.clone()),
        replaces: Set(s.replaces.clone()),
        extra: Set((!s.extra.is_empty()).then(|| serde_json::json!(s.extra).to_string())),
        corrections: Set((!s.corrections.is_empty()).then(|| serde_json::json!(s.corrections).to_string())),
        withdrawal: Set(s.withdrawal.as_ref().map(|w| serde_json::json!(w).to_string())),
        expiry_told: Set(filed.expiry_told),
    }
}

fn topic_rows(filed: &Filed) -> Vec<article_topic::ActiveModel> {
    let s = &filed.story;
    let explicit = s.topics.iter().map(|t| (t, false));
    let implied = filed.implied.iter().map(|t| (t, true));
    let rows = explicit
        .chain(implied)
        .zip(0i16..)
        .map(|((topic, implied), rank)| article_topic::ActiveModel {
            article_id: Set(s.id.0),
            topic_id: Set(topic.0),
            rank: Set(rank),
            implied: Set(implied),
            first_published: Set(s.first_published.as_microsecond()),
            version: Set(s.version.0),
            expires: Set(s.expires.map(|t| t.as_microsecond())),
            listed: Set(s.pub_status == PubStatus::Usable),
        });
    rows.collect()
}

fn link_rows(s: &Story) -> Vec<related_link::ActiveModel> {
    let rows = s
        .related_links
        .iter()
        .zip(0i16..)
        .map(|(link, position)| related_link::ActiveModel {
            article_id: Set(s.id.0),
            position: Set(position),
            kind: Set(link.kind.as_str().to_owned()),
            target_uri: Set(link.uri.clone()),
            url: Set(link.url.clone()),
            title: Set(link.title.clone()),
        });
    rows.collect()
}

fn rendition_rows(s: &Story) -> Vec<rendition::ActiveModel> {
    let rows = s
        .renditions
        .iter()
        .zip(0i16..)
        .map(|(r, position)| rendition::ActiveModel {
            article_id: Set(s.id.0),
            position: Set(position),
            name: Set(r.name.clone()),
            href: Set(r.href.clone()),
            media_type: Set(r.media_type.clone()),
            width: Set(r.width),
            height: Set(r.height),
            size: Set(r.size),
            digest: Set(r.digest.clone()),
            focal_x: Set(r.focal_point.map(|p| p.x)),
            focal_y: Set(r.focal_point.map(|p| p.y)),
            credit: Set(r.credit.clone()),
            alt: Set(r.alt.clone()),
            caption: Set(r.caption.clone()),
        });
    rows.collect()
}
