//! What readers ask of a house, as a table of questions. Which stories they ask for is chosen by a walk that jumps
//! through the whole house and meets no story twice, so that no row is hotter than another unless a question says so.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::Outcome;
use crate::client::Connection;
use crate::story;

/// How deep "deep" is, in stories.
const DEPTH: usize = 5_000;
/// No question needs more different stories than it can ask for in a few seconds.
const ONCE: u64 = 200_000;
/// A prime, so that the walk only closes after the last story.
const STRIDE: u64 = 7_368_787;

const PAGE: &str = r#"query Page($by: ArticleBy!) {
  article(by: $by) {
    headline firstPublished(timeZone: "Europe/Kyiv") paragraphs
    topics { slug name }
    relatedLinks { kind title url article { headline } }
    moreAbout(first: 5) { topic { name } articles { headline firstPublished(timeZone: "Europe/Kyiv") } }
  }
  latest(first: 5) { nodes { headline firstPublished(timeZone: "Europe/Kyiv") } }
}"#;
const LATEST: &str = "{ latest(first: 20) { nodes { slug headline summary firstPublished topics { slug name } } \
    pageInfo { hasNextPage endCursor } } }";
const FEED: &str = "query Feed($slug: String!, $first: Int!, $after: String) { topic(by: {slug: $slug}) { name \
    articles(first: $first, after: $after) { nodes { slug headline firstPublished } \
    pageInfo { hasNextPage endCursor } } } }";
const FEED_NODES: &str = "/data/topic/articles/nodes";

pub struct Request {
    target: String,
    headers: String,
    body: Option<String>,
}

pub enum Turn {
    /// In a seeded order, each as often as it comes.
    Seeded,
    /// One after the other, never twice.
    Once,
}

/// What must be in an answer, so that no error page is ever measured.
#[derive(Clone, Copy)]
pub enum Proof {
    Unchanged,
    There(&'static str),
    Items(&'static str, usize),
    /// XML, with so many of these elements.
    Elements(&'static str, usize),
}

pub struct Question {
    /// Stable, for those who compare runs.
    pub key: &'static str,
    pub name: String,
    pub requests: Vec<Request>,
    pub turn: Turn,
    pub proof: Proof,
    /// The question whose answers the yardstick gives; its own but for those asked only once.
    pub like: &'static str,
}

impl Request {
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            headers: "accept: application/json\r\n".into(),
            body: None,
        }
    }

    fn graphql(query: &str, variables: &Value) -> Self {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let headers = format!(
            "accept: application/graphql-response+json\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        );
        Self {
            target: "/graphql".into(),
            headers,
            body: Some(body),
        }
    }

    pub fn target(&self) -> &str {
        &self.target
    }

    /// The bytes that go over the connection; the yardstick gets the same at another target.
    pub fn bytes(&self, target: &str) -> Vec<u8> {
        let (method, body) = self.body.as_ref().map_or(("GET", ""), |body| ("POST", body.as_str()));
        format!(
            "{method} {target} HTTP/1.1\r\nhost: house.example\r\n{}\r\n{body}",
            self.headers
        )
        .into_bytes()
    }
}

impl Question {
    fn new(key: &'static str, name: &str, requests: Vec<Request>, proof: Proof) -> Self {
        Self {
            key,
            name: name.into(),
            requests,
            turn: Turn::Seeded,
            proof,
            like: key,
        }
    }

    fn once(key: &'static str, name: &str, requests: Vec<Request>, proof: Proof, like: &'static str) -> Self {
        Self {
            key,
            name: name.into(),
            requests,
            turn: Turn::Once,
            proof,
            like,
        }
    }
}

impl Proof {
    pub fn holds(self, status: u16, body: &[u8]) -> Outcome<()> {
        if let Self::Unchanged = self {
            return if status == 304 && body.is_empty() {
                Ok(())
            } else {
                Err("not a bare 304".into())
            };
        }
        if status != 200 {
            return Err("not 200".into());
        }
        if let Self::Elements(name, many) = self {
            let found = std::str::from_utf8(body)?.matches(name).count();
            return match found == many {
                true => Ok(()),
                false => Err(format!("{found} of {name} where {many} were expected").into()),
            };
        }
        let body: Value = serde_json::from_slice(body)?;
        if body.get("errors").is_some() {
            return Err("it has errors".into());
        }
        match self {
            Self::Unchanged | Self::Elements(..) => Ok(()),
            Self::There(pointer) => match body.pointer(pointer) {
                None | Some(Value::Null) => Err(format!("nothing at {pointer}").into()),
                Some(_) => Ok(()),
            },
            Self::Items(pointer, many) => match body.pointer(pointer).and_then(Value::as_array).map(Vec::len) {
                Some(found) if found == many => Ok(()),
                found => Err(format!("{found:?} items at {pointer} where {many} were expected").into()),
            },
        }
    }
}

/// All questions to a house of this size, after a look around in it for slugs, cursors and an ETag.
pub fn questions(address: SocketAddr, stories: u64, variety: u64) -> Outcome<Vec<Question>> {
    let mut look = Look {
        connection: Connection::open(address)?,
    };
    let walk = |step: u64| step.wrapping_mul(STRIDE) % stories;
    // The known ones, and two halves of the rest for the questions that ask each story once.
    let known = variety.min(stories / 3);
    let half = ((stories - known) / 2).min(ONCE);
    let slugs = (0..known)
        .map(|step| look.slug(&story::uri(walk(step))))
        .collect::<Outcome<Vec<_>>>()?;
    let unseen_pages = (known..known + half).map(|step| page(&json!({"uri": story::uri(walk(step))})));
    let unseen = (known + half..known + 2 * half).map(|step| Request::get(by_uri(&story::uri(walk(step)))));
    let pages = || slugs.iter().map(|slug| page(&json!({"slug": slug})));
    let (depth, first, deep) = look.feeds()?;
    let (rest_depth, rest_first, rest_deep) = look.rest_feeds()?;
    let article = PAGE_PROOF;
    let (nodes, items) = (Proof::Items(FEED_NODES, 20), Proof::Items("/items", 20));
    let latest = Request::get("/v1/latest?limit=50");
    let etag = look.etag(&latest)?;
    let not_modified = Request {
        headers: format!("{}if-none-match: {etag}\r\n", latest.headers),
        ..latest
    };
    let latest = vec![Request::get("/v1/latest?limit=50")];
    let stories = slugs
        .iter()
        .map(|slug| Request::get(format!("/v1/articles/{slug}")))
        .collect();
    let latest_20 = vec![Request::graphql(LATEST, &json!({}))];
    Ok(vec![
        Question::new("page", "news page, GraphQL", pages().collect(), article),
        Question::new(
            "page-hot",
            "news page, GraphQL, one hot story",
            pages().take(1).collect(),
            article,
        ),
        Question::once(
            "page-once",
            "news page, GraphQL, each story once",
            unseen_pages.collect(),
            article,
            "page",
        ),
        Question::new(
            "latest-20",
            "latest 20 with topics, GraphQL",
            latest_20,
            Proof::Items("/data/latest/nodes", 20),
        ),
        Question::new("feed", "topic feed, first 20, GraphQL", first, nodes),
        Question::new(
            "feed-deep",
            &format!("topic feed, 20 at depth {depth}, GraphQL"),
            deep,
            nodes,
        ),
        Question::new("rest-feed", "topic feed, first 20, REST", rest_first, items),
        Question::new(
            "rest-feed-deep",
            &format!("topic feed, 20 at depth {rest_depth}, REST"),
            rest_deep,
            items,
        ),
        Question::new("story", "one story, REST", stories, Proof::There("/headline")),
        Question::once(
            "story-once",
            "one story, REST, each once",
            unseen.collect(),
            Proof::There("/headline"),
            "story",
        ),
        Question::new("latest-50", "latest 50, REST", latest, Proof::Items("/items", 50)),
        Question::new(
            "feed-atom",
            "latest 50, Atom",
            vec![Request::get("/feeds/latest.atom")],
            Proof::Elements("<entry ", 50),
        ),
        Question::new(
            "feed-json",
            "latest 50, JSON Feed",
            vec![Request::get("/feeds/latest.json")],
            Proof::Items("/items", 50),
        ),
        Question::new(
            "latest-50-ninjs",
            "latest 50, ninjs",
            vec![Request::get("/v1/latest?limit=50&format=ninjs")],
            Proof::Items("/items", 50),
        ),
        Question::new(
            "latest-50-newsml",
            "latest 50, NewsML-G2",
            vec![Request::get("/v1/latest?limit=50&format=newsml-g2")],
            Proof::Elements("<newsItem ", 50),
        ),
        Question::new(
            "not-modified",
            "latest 50, not modified (304)",
            vec![not_modified],
            Proof::Unchanged,
        ),
    ])
}

/// How many stories the house says it has.
pub fn total(address: SocketAddr) -> Outcome<u64> {
    let mut look = Look {
        connection: Connection::open(address)?,
    };
    let list = look.json(&Request::get("/v1/articles?limit=1&total=true"), Proof::There("/total"))?;
    Ok(list
        .get("total")
        .and_then(Value::as_u64)
        .ok_or("total is not a number")?)
}

/// The page of a story by its id.
pub fn page_of(id: &str) -> Request {
    page(&json!({ "id": id }))
}

/// What must be in it.
pub const PAGE_PROOF: Proof = Proof::There("/data/article/paragraphs/0");

fn page(by: &Value) -> Request {
    Request::graphql(PAGE, &json!({ "by": by }))
}

fn by_uri(uri: &str) -> String {
    format!("/v1/articles/{}", uri.replace(':', "%3A"))
}

/// One of the feeds' first page, and the page at the depth that all of them reach.
type Feeds = (usize, Vec<Request>, Vec<Request>);

/// The reader who goes ahead and finds out what to ask for; nothing here is measured.
struct Look {
    connection: Connection,
}

impl Look {
    fn json(&mut self, request: &Request, proof: Proof) -> Outcome<Value> {
        let answer = self.connection.ask(&request.bytes(request.target()))?;
        proof
            .holds(answer.status, &answer.body)
            .map_err(|error| format!("{}: {} {error}: {}", request.target(), answer.status, answer.excerpt()))?;
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn slug(&mut self, uri: &str) -> Outcome<String> {
        let story = self.json(&Request::get(by_uri(uri)), Proof::There("/slug"))?;
        Ok(story
            .get("slug")
            .and_then(Value::as_str)
            .ok_or("the slug is not text")?
            .into())
    }

    fn etag(&mut self, request: &Request) -> Outcome<String> {
        let answer = self.connection.ask(&request.bytes(request.target()))?;
        Ok(answer
            .header("etag")
            .ok_or_else(|| format!("{} has no ETag", request.target()))?
            .into())
    }

    fn feeds(&mut self) -> Outcome<Feeds> {
        let ask = |slug: &str, first: u64, after: Option<&str>| {
            Request::graphql(FEED, &json!({ "slug": slug, "first": first, "after": after }))
        };
        let info = "/data/topic/articles/pageInfo";
        self.walk(ask, FEED_NODES, |answer| {
            let info = answer.pointer(info)?;
            info.get("hasNextPage")?
                .as_bool()?
                .then(|| info.get("endCursor")?.as_str().map(String::from))?
        })
    }

    fn rest_feeds(&mut self) -> Outcome<Feeds> {
        let ask = |slug: &str, limit: u64, after: Option<&str>| {
            let after = after.map(|cursor| format!("&after={cursor}")).unwrap_or_default();
            Request::get(format!("/v1/topics/{slug}/articles?limit={limit}{after}"))
        };
        self.walk(ask, "/items", |answer| Some(answer.get("next")?.as_str()?.to_owned()))
    }

    /// Walks each feed down in pages of 100 as far as all of them go, but no deeper than `DEPTH`.
    fn walk(
        &mut self,
        ask: impl Fn(&str, u64, Option<&str>) -> Request,
        items: &'static str,
        next: impl Fn(&Value) -> Option<String>,
    ) -> Outcome<Feeds> {
        let mut walks = Vec::new();
        let mut steps = DEPTH / 100;
        for slug in story::subjects() {
            let mut cursors: Vec<String> = Vec::new();
            while cursors.len() <= steps {
                let request = ask(slug, 100, cursors.last().map(String::as_str));
                let page = self.json(&request, Proof::There(items))?;
                let Some(cursor) = next(&page) else { break };
                cursors.push(cursor);
            }
            // One cursor more than needed, because the last of a short feed may have less than a page behind it.
            steps = steps.min(cursors.len().saturating_sub(1));
            walks.push((slug, cursors));
        }
        let place = steps
            .checked_sub(1)
            .ok_or("the feeds are too short to page through: more STORIES")?;
        let first = walks.iter().map(|(slug, _)| ask(slug, 20, None)).collect();
        let deep = walks
            .iter()
            .map(|(slug, cursors)| ask(slug, 20, cursors.get(place).map(String::as_str)))
            .collect();
        Ok((steps * 100, first, deep))
    }
}
