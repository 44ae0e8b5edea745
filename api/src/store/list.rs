//! Lists: walks over narrow indexes that yield ids, never whole rows, and never OFFSET.
//!
//! A walk is driven by the most selective index there is for the selection (a topic's feed, a language, a source, or
//! all stories by time) and checks the other conditions on the way. Alternatives (`a|b`) are one walk each, merged:
//! each is short, while one walk over everything might search long for a rare topic. Several lists go to the database
//! as one statement, each row saying which list it belongs to.

#[cfg(test)]
mod tests;

use super::Store;
use super::sql::{Sql, column, time};
use crate::error::Result;
use crate::news::filter::{DateField, Selection};
use crate::news::story::Listed;
use crate::news::visibility::Terms;
use crate::news::{ArticleId, Version};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use jiff::Timestamp;
use sea_orm::QueryResult;
use uuid::Uuid;

/// Lists that go to the database as one statement.
const TOGETHER: usize = 50;

impl Store {
    /// One slice for each list asked for, in that order; and when the walked rows expire, those beside the page too.
    pub async fn walk(
        &self,
        asked: &[(Selection, Page)],
        terms: &Terms,
    ) -> Result<(Vec<Slice<Listed>>, Option<Timestamp>)> {
        let mut slices = Vec::with_capacity(asked.len());
        let mut first_expiry = None;
        for together in asked.chunks(TOGETHER) {
            let rows = walks(together, terms).all(self.read()).await?;
            for row in &rows {
                let expiry = column::<Option<i64>>(row, 4)?.map(time).transpose()?;
                first_expiry = first_expiry.into_iter().chain(expiry).min();
            }
            slices.extend(sort_out(together, &rows)?);
        }
        Ok((slices, first_expiry))
    }

    /// When the next story that stands in lists expires.
    pub async fn next_expiry(&self, after: Timestamp) -> Result<Option<Timestamp>> {
        let mut sql = Sql::new("SELECT min(expires) FROM article WHERE pub_status = 'usable' AND expires IS NOT NULL");
        sql.push(" AND expires > ").bind(after.as_microsecond());
        let row = sql.one(self.read()).await?;
        let expires: Option<i64> = row.map(|row| column(&row, 0)).transpose()?.flatten();
        expires.map(time).transpose()
    }

    pub async fn count(&self, selection: &Selection, terms: &Terms) -> Result<i64> {
        let mut sql = Sql::new("SELECT count(*) FROM (");
        if is_empty(selection, terms) {
            return Ok(0);
        }
        members(&mut sql, selection, terms, &Bounds::default(), None);
        sql.push(") AS n");
        match sql.one(self.read()).await? {
            Some(row) => column(&row, 0),
            None => Ok(0),
        }
    }
}

/// Lists of which stories are held against their conditions in one statement: each names its stories.
const HELD_TOGETHER: usize = 10;

impl Store {
    /// For each list those of its stories that stand in it now, in no order, and when they expire.
    pub async fn standing_in(
        &self,
        asked: &[(&Selection, Vec<ArticleId>)],
        terms: &Terms,
    ) -> Result<Vec<Vec<(Listed, Option<Timestamp>)>>> {
        let mut standing: Vec<Vec<_>> = asked.iter().map(|_| Vec::new()).collect();
        for (asked, standing) in asked.chunks(HELD_TOGETHER).zip(standing.chunks_mut(HELD_TOGETHER)) {
            let Some(mut sql) = held(asked, terms) else { continue };
            for row in sql.all(self.read()).await? {
                let list = usize::try_from(column::<i32>(&row, 0)?).unwrap_or(usize::MAX);
                let expiry = column::<Option<i64>>(&row, 4)?.map(time).transpose()?;
                let listed = Listed {
                    id: ArticleId(column(&row, 1)?),
                    version: Version(column(&row, 2)?),
                    first_published: time(column(&row, 3)?)?,
                };
                if let Some(standing) = standing.get_mut(list) {
                    standing.push((listed, expiry));
                }
            }
        }
        Ok(standing)
    }
}

/// Whether an index has the order of this list: then a walk reads what it shows and nothing else.
pub fn has_index(selection: &Selection, terms: &Terms) -> bool {
    let (_, rest) = drive(selection, terms);
    let checked = needs_story(&rest) || !rest.topics.is_empty() || !rest.without_topics.is_empty();
    !checked && rest.channels.is_none()
}

/// None where no story is named.
fn held(asked: &[(&Selection, Vec<ArticleId>)], terms: &Terms) -> Option<Sql> {
    let mut sql = Sql::default();
    for (n, (selection, ids)) in asked.iter().enumerate() {
        if ids.is_empty() || is_empty(selection, terms) {
            continue;
        }
        if !sql.text.is_empty() {
            sql.push(" UNION ALL ");
        }
        sql.push(&format!(
            "SELECT {n} AS part, a.id, a.version, a.first_published, a.expires FROM ("
        ));
        sql.push("SELECT id, version, first_published, expires, language, source_id, genre, urgency, published, ");
        sql.push("version_created FROM article WHERE pub_status = '")
            .push(terms.status.as_str());
        sql.push("' AND (expires IS NULL OR expires > ")
            .bind(terms.expires_after.as_microsecond());
        sql.push(") AND id IN ")
            .bind_list(&ids.iter().map(|id| id.0).collect::<Vec<_>>());
        // With a limit the stories are found first: a planner might rather walk a whole language to find them in it.
        sql.push(&format!(" LIMIT {}) AS a WHERE 1 = 1", ids.len()));
        let mut all = (*selection).clone();
        all.channels = all.channels.or_else(|| terms.channels.clone());
        conditions(&mut sql, &all, "a", "id");
    }
    (!sql.text.is_empty()).then_some(sql)
}

/// What a row of the statement belongs to: list `n / 3`, as content or as a sign that there is more on a side.
const CONTENT: usize = 0;
const BEFORE: usize = 1;
const AFTER: usize = 2;

pub(super) fn walks(asked: &[(Selection, Page)], terms: &Terms) -> Sql {
    let mut sql = Sql::default();
    let mut members_so_far = 0;
    for (n, (selection, page)) in asked.iter().enumerate() {
        if is_empty(selection, terms) {
            continue;
        }
        let bounds = Bounds {
            after: place(&page.after),
            before: place(&page.before),
            ..Bounds::default()
        };
        let newest_first = matches!(page.take, Take::First(_));
        let mut parts = vec![(CONTENT, bounds, Some((newest_first, i64::from(page.size()) + 1)))];
        if let Some(after) = bounds.after {
            parts.push((
                BEFORE,
                Bounds {
                    from: Some(after),
                    ..Bounds::default()
                },
                Some((false, 1)),
            ));
        }
        if let Some(before) = bounds.before {
            parts.push((
                AFTER,
                Bounds {
                    to: Some(before),
                    ..Bounds::default()
                },
                Some((true, 1)),
            ));
        }
        for (part, bounds, cut) in parts {
            if members_so_far > 0 {
                sql.push(" UNION ALL ");
            }
            members_so_far += 1;
            sql.push(&format!(
                "SELECT {} AS part, id, version, first_published, expires FROM (",
                n * 3 + part
            ));
            members(&mut sql, selection, terms, &bounds, cut);
            sql.push(&format!(") AS m{members_so_far}"));
        }
    }
    if members_so_far == 0 {
        sql.push("SELECT 0 AS part, id, version, first_published, expires FROM article WHERE 1 = 0");
    }
    sql
}

/// Whether no story can be meant.
fn is_empty(selection: &Selection, terms: &Terms) -> bool {
    let channels = selection.channels.as_ref().or(terms.channels.as_ref());
    selection.topics.iter().any(Vec::is_empty) || channels.is_some_and(Vec::is_empty)
}

fn sort_out(asked: &[(Selection, Page)], rows: &[QueryResult]) -> Result<Vec<Slice<Listed>>> {
    let mut lists: Vec<(Vec<Edge<Listed>>, Beyond)> = asked.iter().map(|_| Default::default()).collect();
    for row in rows {
        let part = usize::try_from(column::<i32>(row, 0)?).unwrap_or(usize::MAX);
        let Some((edges, beyond)) = lists.get_mut(part / 3) else {
            continue;
        };
        match part % 3 {
            BEFORE => beyond.before = true,
            AFTER => beyond.after = true,
            _ => {
                let (id, version, micros): (Uuid, i32, i64) = (column(row, 1)?, column(row, 2)?, column(row, 3)?);
                let node = Listed {
                    id: ArticleId(id),
                    version: Version(version),
                    first_published: time(micros)?,
                };
                edges.push(Edge {
                    cursor: Cursor::Story {
                        first_published: micros,
                        id,
                    },
                    node,
                });
            }
        }
    }
    let slices = asked.iter().zip(lists).map(|((_, page), (mut edges, beyond))| {
        // UNION ALL promises no order.
        edges.sort_by_key(|e| (e.node.first_published, e.node.id));
        if matches!(page.take, Take::First(_)) {
            edges.reverse();
        }
        Slice::cut(page, edges, beyond)
    });
    Ok(slices.collect())
}

type Place = (i64, Uuid);

fn place(cursor: &Option<Cursor>) -> Option<Place> {
    match cursor {
        Some(Cursor::Story { first_published, id }) => Some((*first_published, *id)),
        Some(Cursor::Slug(_) | Cursor::Number(_) | Cursor::Hit { .. }) | None => None,
    }
}

/// In list order (newest first): strictly after and before, or from and to with the place itself.
#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    after: Option<Place>,
    before: Option<Place>,
    from: Option<Place>,
    to: Option<Place>,
}

#[derive(Clone, Debug)]
enum Walk {
    All,
    Topic(Uuid),
    Language(String),
    Source(Uuid),
    Genre(String),
    Urgency(i16),
    Channel(Uuid),
}

/// The walks of one selection, merged, in order and cut when that is asked for.
fn members(sql: &mut Sql, selection: &Selection, terms: &Terms, bounds: &Bounds, cut: Option<(bool, i64)>) {
    let (walks, rest) = drive(selection, terms);
    if let [walk] = walks.as_slice() {
        return member(sql, walk, &rest, terms, bounds, cut);
    }
    sql.push("SELECT id, version, first_published, expires FROM (");
    for (i, walk) in walks.iter().enumerate() {
        sql.push(if i == 0 {
            "SELECT * FROM ("
        } else {
            " UNION SELECT * FROM ("
        });
        member(sql, walk, &rest, terms, bounds, cut);
        sql.push(&format!(") AS w{i}"));
    }
    sql.push(") AS w");
    if let Some((newest_first, limit)) = cut {
        order(sql, "first_published", "id", newest_first, limit);
    }
}

/// Chooses the walks, and returns the conditions that are left to check on them.
fn drive(selection: &Selection, terms: &Terms) -> (Vec<Walk>, Selection) {
    let mut rest = selection.clone();
    // Channels that are asked for were allowed before: they say all that his sight would.
    rest.channels = rest.channels.or_else(|| terms.channels.clone());
    if !rest.topics.is_empty() {
        let shortest = (0..rest.topics.len())
            .min_by_key(|i| rest.topics.get(*i).map_or(0, Vec::len))
            .unwrap_or(0);
        let clause = rest.topics.remove(shortest);
        return (clause.into_iter().map(|t| Walk::Topic(t.0)).collect(), rest);
    }
    if let Some(sources) = rest.sources.take_if(|s| !s.is_empty()) {
        return (sources.into_iter().map(|s| Walk::Source(s.0)).collect(), rest);
    }
    // Most stories of a house may share a genre or a language, but what is rare must not be searched for long.
    if !rest.genres.is_empty() {
        let genres = std::mem::take(&mut rest.genres);
        return (genres.into_iter().map(Walk::Genre).collect(), rest);
    }
    if !rest.languages.is_empty() {
        let languages = std::mem::take(&mut rest.languages);
        return (languages.into_iter().map(Walk::Language).collect(), rest);
    }
    if !rest.urgencies.is_empty() {
        let urgencies = std::mem::take(&mut rest.urgencies);
        return (urgencies.into_iter().map(|u| Walk::Urgency(u.into())).collect(), rest);
    }
    // Alone, the channels' own indexes: what he may not see is not even passed over.
    if let Some(channels) = rest.channels.take() {
        return (channels.into_iter().map(|c| Walk::Channel(c.0)).collect(), rest);
    }
    (vec![Walk::All], rest)
}

fn member(sql: &mut Sql, walk: &Walk, rest: &Selection, terms: &Terms, bounds: &Bounds, cut: Option<(bool, i64)>) {
    // `row` is the index that is walked; `a` is the story, joined only when a condition needs it.
    let (row, id) = match walk {
        Walk::Topic(topic) => {
            sql.push("SELECT t.article_id AS id, t.version, t.first_published, t.expires FROM article_topic t");
            if needs_story(rest) {
                sql.push(" JOIN article a ON a.id = t.article_id");
            }
            sql.push(" WHERE t.listed = true AND t.topic_id = ").bind(*topic);
            ("t", "article_id")
        }
        Walk::Channel(channel) => {
            sql.push("SELECT t.article_id AS id, t.version, t.first_published, t.expires FROM article_channel t");
            if needs_story(rest) {
                sql.push(" JOIN article a ON a.id = t.article_id");
            }
            sql.push(" WHERE t.listed = true AND t.channel_id = ").bind(*channel);
            ("t", "article_id")
        }
        Walk::All | Walk::Language(_) | Walk::Source(_) | Walk::Genre(_) | Walk::Urgency(_) => {
            sql.push("SELECT a.id, a.version, a.first_published, a.expires FROM article a WHERE a.pub_status = '");
            sql.push(terms.status.as_str()).push("'");
            match walk {
                Walk::Language(tag) => sql.push(" AND a.language = ").bind(tag.as_str()),
                Walk::Source(id) => sql.push(" AND a.source_id = ").bind(*id),
                Walk::Genre(genre) => sql.push(" AND a.genre = ").bind(genre.as_str()),
                Walk::Urgency(urgency) => sql.push(" AND a.urgency = ").bind(*urgency),
                Walk::All | Walk::Topic(_) | Walk::Channel(_) => sql,
            };
            ("a", "id")
        }
    };
    let expires_after = terms.expires_after.as_microsecond();
    sql.push(&format!(" AND ({row}.expires IS NULL OR {row}.expires > "))
        .bind(expires_after)
        .push(")");
    let sides = [
        (bounds.after, "<"),
        (bounds.before, ">"),
        (bounds.from, ">="),
        (bounds.to, "<="),
    ];
    for (place, sign) in sides {
        let Some((first_published, place_id)) = place else {
            continue;
        };
        sql.push(&format!(" AND ({row}.first_published, {row}.{id}) {sign} ("));
        sql.bind(first_published).push(", ").bind(place_id).push(")");
    }
    conditions(sql, rest, row, id);
    if let Some((newest_first, limit)) = cut {
        order(
            sql,
            &format!("{row}.first_published"),
            &format!("{row}.{id}"),
            newest_first,
            limit,
        );
    }
}

fn needs_story(rest: &Selection) -> bool {
    let Selection {
        topics: _,
        without_topics: _,
        languages,
        sources,
        genres,
        urgencies,
        dates,
        channels: _,
    } = rest;
    let other_dates = dates.field != DateField::FirstPublished && (dates.from.is_some() || dates.to.is_some());
    !languages.is_empty() || sources.is_some() || !genres.is_empty() || !urgencies.is_empty() || other_dates
}

fn conditions(sql: &mut Sql, rest: &Selection, row: &str, id: &str) {
    let Selection {
        topics,
        without_topics,
        languages,
        sources,
        genres,
        urgencies,
        dates,
        channels,
    } = rest;
    let column = match dates.field {
        DateField::FirstPublished => format!("{row}.first_published"),
        DateField::Published => "a.published".to_owned(),
        DateField::VersionCreated => "a.version_created".to_owned(),
    };
    if let Some(from) = dates.from {
        sql.push(&format!(" AND {column} >= ")).bind(from.as_microsecond());
    }
    if let Some(to) = dates.to {
        sql.push(&format!(" AND {column} < ")).bind(to.as_microsecond());
    }
    if !languages.is_empty() {
        sql.push(" AND a.language IN ").bind_list(languages);
    }
    if let Some(sources) = sources {
        sql.push(" AND a.source_id IN ")
            .bind_list(&sources.iter().map(|s| s.0).collect::<Vec<_>>());
    }
    if !genres.is_empty() {
        sql.push(" AND a.genre IN ").bind_list(genres);
    }
    if !urgencies.is_empty() {
        sql.push(" AND a.urgency IN ")
            .bind_list(&urgencies.iter().map(|u| i16::from(*u)).collect::<Vec<_>>());
    }
    if let Some(channels) = channels {
        sql.push(&format!(
            " AND EXISTS (SELECT 1 FROM article_channel y WHERE y.article_id = {row}.{id} AND y.channel_id IN "
        ));
        let channels: Vec<Uuid> = channels.iter().map(|c| c.0).collect();
        sql.bind_list(&channels).push(")");
    }
    let mut exists = |sign: &str, topics: Vec<Uuid>| {
        sql.push(&format!(
            " AND {sign} (SELECT 1 FROM article_topic x WHERE x.article_id = {row}.{id} AND x.topic_id IN "
        ));
        sql.bind_list(&topics).push(")");
    };
    for clause in topics {
        exists("EXISTS", clause.iter().map(|t| t.0).collect());
    }
    if !without_topics.is_empty() {
        exists("NOT EXISTS", without_topics.iter().map(|t| t.0).collect());
    }
}

fn order(sql: &mut Sql, first_published: &str, id: &str, newest_first: bool, limit: i64) {
    let way = if newest_first { "DESC" } else { "ASC" };
    sql.push(&format!(" ORDER BY {first_published} {way}, {id} {way} LIMIT "))
        .bind(limit);
}
