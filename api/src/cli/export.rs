//! `export`: the whole house as NDJSON, in the form that `import` reads: topics (parents first), sources, stories with
//! ids, aliases and earlier versions, collections, what waits under embargo. Importing it elsewhere gives the same house.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::archive::Archive;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::news::filter::TopicFilter;
use crate::news::pending::Content;
use crate::news::story::{RelatedLink, Story};
use crate::news::submission::{Alias, LinkSubmission, Submission};
use crate::news::topic::{Source, Topic};
use crate::news::viewer::Scope;
use crate::news::{ArticleId, SourceId, TopicId, Version};
use crate::page::{MOST, Page};
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use uuid::Uuid;

#[derive(Args)]
pub struct Export {
    /// Write here instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Stories read at once.
const TOGETHER: u32 = 200;

impl Export {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        let to: Box<dyn Write> = match &self.output {
            None => Box::new(std::io::stdout().lock()),
            Some(path) => Box::new(
                std::fs::File::create(path)
                    .map_err(|e| Error::request("unwritable_file", format!("cannot write {}: {e}", path.display())))?,
            ),
        };
        block_on(async {
            let clock = Clock::system();
            let archive = rooms(&config, &clock).await?.archive;
            let scope = Scope::operator(clock.now());
            let mut out = Lines {
                to: BufWriter::new(to),
                lines: 0,
            };
            let names = names(&archive, &scope, &mut out).await?;
            stories(&archive, &names, &mut out).await?;
            collections(&archive, &scope, &mut out).await?;
            pending(&archive, &scope, &mut out).await?;
            out.to.flush().map_err(|e| unwritable(&e))?;
            eprintln!("{} lines", out.lines);
            Ok(End::Done)
        })
    }
}

struct Lines {
    to: BufWriter<Box<dyn Write>>,
    lines: u64,
}

impl Lines {
    fn write(&mut self, line: &Value) -> Result<()> {
        self.lines += 1;
        writeln!(self.to, "{line}").map_err(|e| unwritable(&e))
    }
}

fn unwritable(error: &std::io::Error) -> Error {
    Error::request("unwritable_file", format!("cannot write: {error}"))
}

/// What stories call topics and sources by.
struct Names {
    topics: HashMap<TopicId, String>,
    sources: HashMap<SourceId, String>,
}

async fn names(archive: &Archive, scope: &Scope, out: &mut Lines) -> Result<Names> {
    let topics = all_topics(archive, scope).await?;
    let mut slugs: HashMap<TopicId, String> = topics.iter().map(|t| (t.id, t.slug.clone())).collect();
    let mut written = HashSet::new();
    let mut waiting = topics;
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut later = Vec::new();
        for topic in waiting {
            match topic.parent {
                Some(parent) if !written.contains(&parent) => later.push(topic),
                _ => {
                    let Topic {
                        id,
                        slug,
                        kind,
                        parent,
                        code,
                        version,
                        names,
                    } = &topic;
                    let parent = parent.as_ref().and_then(|p| slugs.get(p));
                    out.write(&without_nulls(json!({
                        "type": "topic", "id": id, "slug": slug, "kind": kind, "code": code, "parent": parent,
                        "names": names, "version": version,
                    })))?;
                    written.insert(topic.id);
                }
            }
        }
        waiting = later;
        if waiting.len() == before {
            return Err(Error::internal("the topics stand in a ring"));
        }
    }
    for (topic, into) in archive.merged_topics().await? {
        let into = known(slugs.get(&into))?;
        out.write(&without_nulls(json!({
            "type": "merger", "id": topic.id, "slug": topic.slug, "kind": topic.kind, "code": topic.code,
            "names": topic.names, "version": topic.version, "into": into,
        })))?;
        // Earlier versions of stories name it still, and mean the other one.
        slugs.insert(topic.id, into);
    }
    let sources = archive.all_sources().await?;
    for Source { id, slug, name, url } in &sources {
        out.write(&without_nulls(
            json!({ "type": "source", "id": id, "slug": slug, "name": name, "url": url }),
        ))?;
    }
    Ok(Names {
        topics: slugs,
        sources: sources.into_iter().map(|s| (s.id, s.slug)).collect(),
    })
}

async fn all_topics(archive: &Archive, scope: &Scope) -> Result<Vec<Topic>> {
    let mut topics = Vec::new();
    let mut page = Page::first(MOST);
    loop {
        let slice = archive.list_topics(scope, &TopicFilter::default(), &page).await?;
        page.after = slice.edges.last().map(|e| e.cursor.clone());
        let more = slice.has_next;
        topics.extend(slice.edges.into_iter().map(|e| e.node));
        if !more {
            return Ok(topics);
        }
    }
}

async fn stories(archive: &Archive, names: &Names, out: &mut Lines) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let ids = archive.ids_after(after, TOGETHER).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = last.0;
        let mut stories: Vec<Story> = archive.load_for_export(&ids).await?;
        stories.sort_by_key(|s| s.id);
        let mut aliases = archive.aliases(&ids).await?;
        for story in stories {
            let past = if story.version > Version::FIRST {
                archive.past(story.id, story.version).await?
            } else {
                Vec::new()
            };
            let aliases: Vec<Alias> = aliases.remove(&story.id).unwrap_or_default();
            let mut line = said(&story, names)?;
            line.insert("type".to_owned(), json!("article"));
            line.insert("id".to_owned(), json!(story.id));
            if !aliases.is_empty() {
                line.insert("aliases".to_owned(), json!(aliases));
            }
            if !past.is_empty() {
                let past: Vec<Map<String, Value>> = past.iter().map(|s| said(s, names)).collect::<Result<_>>()?;
                line.insert("versions".to_owned(), json!(past));
            }
            out.write(&Value::Object(line))?;
        }
    }
}

async fn collections(archive: &Archive, scope: &Scope, out: &mut Lines) -> Result<()> {
    for collection in archive.list_collections(scope).await? {
        let items: Vec<ArticleId> = archive.collection_items(collection.id).await?;
        out.write(&json!({
            "type": "collection", "id": collection.id, "slug": collection.slug, "name": collection.name, "items": items,
            "version": collection.version,
        }))?;
    }
    Ok(())
}

/// What waits: it goes along, and waits there. Topics that are to be taken up with it are called by their names, of which
/// the other house makes the same slugs.
async fn pending(archive: &Archive, scope: &Scope, out: &mut Lines) -> Result<()> {
    let mut page = Page::first(MOST);
    loop {
        let slice = archive.list_pending(scope, &page).await?;
        page.after = slice.edges.last().map(|e| e.cursor.clone());
        let more = slice.has_next;
        for edge in slice.edges {
            let (pending, _) = edge.node;
            let Content {
                mut article,
                new_topics,
                unreadable,
            } = pending.content;
            if let Some(why) = unreadable {
                let text = format!("what waits as {} cannot be read: {why}", pending.uri);
                return Err(Error::request("unreadable", text));
            }
            for topic in article.topics.iter_mut().flatten() {
                if let Some(new) = new_topics.iter().find(|new| new.slug == *topic) {
                    topic.clone_from(&new.name);
                }
            }
            article.embargoed_until = Some(pending.embargoed_until.to_string());
            let mut line = without_nulls(serde_json::to_value(article).map_err(Error::internal)?);
            if let Some(fields) = line.as_object_mut() {
                fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
                fields.insert("type".to_owned(), json!("pending"));
            }
            out.write(&line)?;
        }
        if !more {
            return Ok(());
        }
    }
}

/// An edition as a publisher would say it, and the marks that the house gave it.
fn said(story: &Story, names: &Names) -> Result<Map<String, Value>> {
    // Taken apart by name, so that a new field asks to be exported.
    let Story {
        id: _,
        uri,
        slug,
        version,
        pub_status,
        language,
        headline,
        summary,
        body_html,
        body_text: _,
        word_count: _,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        first_published,
        published,
        version_created,
        expires,
        source,
        topics,
        related_links,
        renditions,
        replaces,
        extra,
        corrections,
        withdrawal,
    } = story.clone();
    let link = |l: RelatedLink| LinkSubmission {
        kind: l.kind.as_str().to_owned(),
        uri: l.uri,
        url: l.url,
        title: l.title,
    };
    let mut named: Vec<String> = Vec::with_capacity(topics.len());
    for id in topics {
        let slug = known(names.topics.get(&id))?;
        if !named.contains(&slug) {
            named.push(slug);
        }
    }
    let submission = Submission {
        uri: Some(uri),
        slug: Some(slug),
        language: Some(language),
        headline: Some(headline),
        summary,
        body: Some(body_html).filter(|b| !b.is_empty()),
        body_text: None,
        byline,
        dateline,
        slugline,
        urgency: urgency.map(i64::from),
        genre,
        ed_note,
        first_published: Some(first_published.to_string()),
        published: Some(published.to_string()),
        embargoed_until: None,
        expires: expires.map(|t| t.to_string()),
        source: source.map(|id| known(names.sources.get(&id))).transpose()?,
        topics: Some(named),
        related_links: Some(related_links.into_iter().map(link).collect()),
        renditions: Some(renditions),
        replaces,
        extra: Some(extra).filter(|e| !e.is_empty()),
    };
    let mut line = without_nulls(serde_json::to_value(submission).map_err(Error::internal)?);
    let Some(fields) = line.as_object_mut() else {
        return Ok(Map::new());
    };
    fields.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    fields.insert("version".to_owned(), json!(version));
    fields.insert("versionCreated".to_owned(), json!(version_created));
    fields.insert("pubStatus".to_owned(), json!(pub_status));
    if !corrections.is_empty() {
        fields.insert("corrections".to_owned(), json!(corrections));
    }
    if let Some(withdrawal) = withdrawal {
        fields.insert("withdrawal".to_owned(), without_nulls(json!(withdrawal)));
    }
    Ok(std::mem::take(fields))
}

/// Never leaves a topic out silently because it came in while the export ran.
fn known(name: Option<&String>) -> Result<String> {
    name.cloned().ok_or_else(|| {
        Error::request(
            "changed_meanwhile",
            "topics or sources were added meanwhile; export again",
        )
    })
}

/// Also inside: a link without a title has none.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(_, v)| !v.is_null())
                .map(|(name, v)| (name, without_nulls(v)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}
