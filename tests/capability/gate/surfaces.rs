//! Every place where a story can be seen, in one list. What the contracts name and this list does not know fails the
//! test below: a new surface joins here, or says why no story can be seen there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::pushed::Posted;
use crate::press::{Ask, Doors, Press, segment};

/// The story that must not be seen, by all its names.
#[derive(Clone)]
pub struct Secret {
    pub id: String,
    pub uri: &'static str,
    pub slug: &'static str,
    pub former_slug: &'static str,
}

/// How a surface is asked.
#[derive(Clone)]
pub enum Way {
    Get(String),
    Graphql(&'static str, Value),
    /// It is not asked: it is posted.
    Posted(Posted),
}

#[derive(Clone)]
pub struct Surface {
    pub name: String,
    pub way: Way,
    /// It names the story: what answers there is for that name.
    pub by_name: bool,
    /// It tells those who had a canceled story to take it down.
    pub tells_kills: bool,
    /// It is a place in the wire or speaks of one: its cursors move with everything that happens.
    pub on_the_wire: bool,
}

impl Surface {
    /// None where nobody asks.
    pub fn ask(&self, press: &Doors, key: Option<&str>) -> Option<Ask> {
        let ask = match &self.way {
            Way::Get(path) => press.get(path),
            Way::Graphql(query, variables) => press.graphql(query, variables.clone()),
            Way::Posted(_) => return None,
        };
        Some(match key {
            Some(key) => ask.key(key),
            None => ask,
        })
    }
}

/// Operations of the OpenAPI document that show stories, each with the addresses it is asked at.
fn rest(secret: &Secret) -> Vec<(&'static str, Vec<String>)> {
    let names = [
        secret.id.clone(),
        segment(secret.uri),
        secret.slug.to_owned(),
        secret.former_slug.to_owned(),
    ];
    let named = |rest: &str| {
        names
            .iter()
            .map(|n| format!("/v1/articles/{n}{rest}"))
            .collect::<Vec<_>>()
    };
    let paths = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let all = [
        named(""),
        named("?version=1"),
        named("?include=relatedLinks,moreAbout,latest,replacedBy,translations,storyline"),
        named("?asOf=2030-01-01T00:00:00Z"),
        named("?format=ninjs"),
        named("?format=newsml-g2"),
        named("?version=1&format=json-ld"),
    ];
    let lasting = paths(&[
        "/v1/articles/lasting",
        "/v1/articles/lasting?include=relatedLinks,moreAbout,latest,replacedBy,translations",
        "/v1/articles/newer",
        "/v1/articles/newer?include=replacedBy,translations,storyline",
        "/v1/articles/lasting?format=ninjs",
        "/v1/articles/lasting?format=newsml-g2",
        "/v1/articles/lasting?format=json-ld",
    ]);
    vec![
        (
            "listArticles",
            paths(&[
                "/v1/articles",
                "/v1/articles?include=body&limit=1",
                "/v1/articles?topic=grain&total=true",
                "/v1/articles?topic=-war&language=en",
                "/v1/articles?topic=grain|war&urgency=1",
                "/v1/articles?source=wire-agency&total=true",
                "/v1/articles?genre=Feature",
                "/v1/articles?channel=all&total=true",
                "/v1/articles?channel=all&topic=grain&language=en",
                "/v1/articles?topic=grain&format=ninjs",
                "/v1/articles?dateField=versionCreated&from=2026-01-01T00:00:00Z",
            ]),
        ),
        ("article", [all.concat(), lasting].concat()),
        (
            "relatedArticles",
            [named("/related"), paths(&["/v1/articles/lasting/related"])].concat(),
        ),
        (
            "similarArticles",
            [named("/similar"), paths(&["/v1/articles/newer/similar?limit=20"])].concat(),
        ),
        ("articleVersions", named("/versions")),
        ("articleDifference", named("/difference?from=1&to=1")),
        (
            "latest",
            paths(&[
                "/v1/latest?total=true",
                "/v1/latest?include=body",
                "/v1/latest?format=newsml-g2",
                "/v1/latest?format=json-ld",
            ]),
        ),
        (
            "search",
            paths(&[
                "/v1/search?q=purloin*&total=true&facets=topic,language,source,day",
                "/v1/search?order=newest&total=true&facets=topic,source",
                "/v1/search?q=lasting%20OR%20newer&limit=1",
                "/v1/search?q=purloned",
                "/v1/search?q=genre:Feature&order=oldest",
                "/v1/search?topic=grain&total=true",
            ]),
        ),
        (
            "suggest",
            paths(&["/v1/suggest?q=purl", "/v1/suggest?q=l", "/v1/suggest?q=wo"]),
        ),
        ("listTopics", paths(&["/v1/topics?total=true"])),
        ("topic", paths(&["/v1/topics/grain"])),
        (
            "topicArticles",
            paths(&[
                "/v1/topics/grain/articles?total=true",
                "/v1/topics/world/articles?include=body",
            ]),
        ),
        (
            "collection",
            paths(&["/v1/collections/front", "/v1/collections/front?format=ninjs-2.1"]),
        ),
        (
            "channelArticles",
            paths(&[
                "/v1/channels/all/articles?total=true",
                "/v1/channels/all/articles?limit=1",
            ]),
        ),
        (
            "latestFeed",
            paths(&["/feeds/latest.atom", "/feeds/latest.rss", "/feeds/latest.json?limit=2"]),
        ),
        (
            "topicFeed",
            paths(&[
                "/feeds/topics/grain.atom",
                "/feeds/topics/world.rss",
                "/feeds/topics/world.json",
            ]),
        ),
        (
            "channelFeed",
            paths(&["/feeds/channels/all.atom", "/feeds/channels/all.json"]),
        ),
        (
            "collectionFeed",
            paths(&["/feeds/collections/front.atom", "/feeds/collections/front.rss"]),
        ),
        ("newsSitemap", paths(&["/sitemap-news.xml"])),
        ("sitemaps", paths(&["/sitemap.xml"])),
        (
            "pollWire",
            paths(&[
                "/v1/wire",
                "/v1/wire?payload=full&limit=500",
                "/v1/wire?topic=grain",
                "/v1/wire?payload=ninjs",
                "/v1/wire?channel=all",
            ]),
        ),
        (
            "snapshot",
            paths(&["/v1/snapshot", "/v1/snapshot?topic=grain", "/v1/snapshot?channel=all"]),
        ),
    ]
}

/// Operations at which no story can be seen, and why.
const NO_STORY_THERE: &[(&str, &str)] = &[
    ("streamWire", "an endless answer: listened to by tests of its own below"),
    ("me", "about the asker"),
    ("searchStatus", "how the index is, for administrators"),
    ("listReceipts", "keys and how far they are"),
    ("listPartners", "partners, for administrators"),
    ("partner", "a partner, for administrators"),
    ("partnerKeys", "keys, for administrators"),
    ("listKeys", "keys, for administrators"),
    ("key", "a key, for administrators"),
    ("killReceipts", "for the publisher, of a canceled story"),
    (
        "partnerUsage",
        "for administrators: which stories were read, by their names",
    ),
    ("keyUsage", "the same of one key"),
    (
        "listPending",
        "what waits, for who publishes: tests of its own in embargo/",
    ),
    ("pending", "the same"),
    ("advance", "what waits, by right: tests of its own in embargo/"),
    ("feeds", "the feeds, none of their stories"),
    ("explain", "for the publisher, who sees all"),
    ("listSources", "where stories come from, for administrators"),
    ("source", "the same"),
    (
        "listWebhooks",
        "where changes are posted, and not what is: that is in the list below",
    ),
    ("webhook", "the same"),
    (
        "webhookAttempts",
        "what was posted, by ids of stories that its asker was told of",
    ),
    ("listChannels", "selections, none of their stories"),
    ("channel", "a selection, none of its stories"),
    ("partnerChannels", "what a partner may read, for administrators"),
];

/// The reader's pages.
fn site(secret: &Secret) -> Vec<String> {
    let mut pages: Vec<String> = ["/", "/topics", "/topics/grain", "/topics/world", "/articles/lasting"]
        .map(str::to_owned)
        .to_vec();
    pages.extend([secret.slug, secret.former_slug].map(|slug| format!("/articles/{slug}")));
    pages
}

const NODES: &str = "query($id: ID!) { node(id: $id) { id ... on Article { headline } } nodes(ids: [$id]) { id } }";
const BY_NAMES: &str = "query($id: ID!, $uri: String!, $slug: String!, $former: String!) {
    id: article(by: { id: $id }) { ...all } uri: article(by: { uri: $uri }) { ...all }
    slug: article(by: { slug: $slug }) { headline } former: article(by: { slug: $former }) { headline } }
    fragment all on Article { headline body versions { nodes { headline } } relatedLinks { title } moreAbout { articles { id } }
        similar { article { id } } storyline { id articles { id } }
        difference(from: 1, to: 1) { text { text } } }";
const LISTS: &str = "{ latest(first: 50) { totalCount nodes { uri headline } edges { cursor } pageInfo { endCursor } }
    filtered: latest(filter: { topics: { any: [\"grain\"] } }) { totalCount nodes { uri } }
    topic(by: { slug: \"world\" }) { articles { totalCount nodes { uri } } children { articles { nodes { uri headline } } } }
    topics { nodes { slug articles(first: 3) { nodes { uri } } } }
    collection(slug: \"front\") { articles { uri headline } }
    channel(slug: \"all\") { articles(last: 5) { totalCount nodes { uri headline } } } }";
const AROUND: &str = "{ article(by: { slug: \"lasting\" }) { relatedLinks { title url article { uri headline } }
    moreAbout(first: 10) { topic { slug } articles { uri headline } edges { source score node { uri } } }
    similar(first: 10) { score article { uri headline } } versions { nodes { uri } }
    translations { uri headline }
    topics { parent { articles { nodes { uri } } } ancestors { slug } } }
    newer: article(by: { slug: \"newer\" }) { similar { article { uri } } storyline { id articles { uri } } replaces { uri headline } replacedBy { uri } } }";
const SEARCH: &str = "{ search(query: \"purloined\") { totalCount didYouMean pageInfo { endCursor } nodes { uri } edges { cursor score
        node { headline } fragments { html } } facets { topics { topic { slug } count } languages { count } sources { count }
        days { day count } } }
    all: search(query: \"\", orderBy: NEWEST, first: 50) { totalCount nodes { uri } }
    suggest(query: \"pur\") { articles { headline } topics { slug } } }";
const WIRE: &str = "{ wire(first: 100) { nodes { kind action uri article { headline } } } site { name } }";

/// Fields of the schema that lead to stories, as `Type.field`; each must stand in one of the documents above.
const LEADS_TO_STORIES: &[&str] = &[
    "ArticleConnection.edges",
    "ArticleConnection.nodes",
    "ArticleEdge.node",
    "Article.moreAbout",
    "Article.relatedLinks",
    "Article.replacedBy",
    "Article.replaces",
    "Article.similar",
    "Article.storyline",
    "Article.translations",
    "Article.versions",
    "Channel.articles",
    "Collection.articles",
    "MoreAbout.articles",
    "MoreAbout.edges",
    "MoreAboutEdge.node",
    "Query.article",
    "Query.channel",
    "Query.collection",
    "Query.latest",
    "Query.node",
    "Query.nodes",
    "Query.search",
    "Query.suggest",
    "Query.topic",
    "Query.topics",
    "Query.wire",
    "RelatedLink.article",
    "SearchConnection.edges",
    "SearchConnection.facets",
    "SearchConnection.nodes",
    "SearchEdge.node",
    "SearchFacets.topics",
    "SimilarArticle.article",
    "Storyline.articles",
    "Suggestions.articles",
    "Suggestions.topics",
    "Topic.articles",
    "Topic.children",
    "TopicConnection.nodes",
    "VersionConnection.nodes",
    "WireConnection.nodes",
    "WireEntry.article",
];

/// Fields that lead to stories by way of one that is asked, and add no way of their own.
const BY_THE_SAME_WAY: &[&str] = &[
    "Article.topics",
    "CollectionEdge.node",
    "Topic.ancestors",
    "Topic.parent",
    "TopicConnection.edges",
    "TopicEdge.node",
    "VersionConnection.edges",
    "VersionEdge.node",
    "MoreAbout.topic",
    "Query.channels",
    "TopicCount.topic",
    "WireConnection.edges",
    "WireEdge.node",
    "WireEntry.channel",
    "WireEntry.collection",
    "WireEntry.topic",
    "WireEntry.topicsGained",
    "WireEntry.topicsLost",
];

/// All surfaces for this story.
pub fn all(secret: &Secret) -> Vec<Surface> {
    let mut surfaces = Vec::new();
    for (operation, paths) in rest(secret) {
        for path in paths {
            let by_name = path.contains(&secret.id)
                || path.contains(&segment(secret.uri))
                || path.contains(secret.slug)
                || path.contains(secret.former_slug);
            surfaces.push(Surface {
                name: format!("{operation} {path}").replace(&secret.id, "<id>"),
                by_name,
                tells_kills: matches!(operation, "latestFeed" | "topicFeed" | "channelFeed"),
                on_the_wire: matches!(operation, "pollWire" | "snapshot"),
                way: Way::Get(path),
            });
        }
    }
    for path in site(secret) {
        surfaces.push(Surface {
            name: format!("site {path}"),
            by_name: path.contains(secret.slug) || path.contains(secret.former_slug),
            tells_kills: false,
            on_the_wire: false,
            way: Way::Get(path),
        });
    }
    let variables = json!({ "id": secret.id, "uri": secret.uri, "slug": secret.slug, "former": secret.former_slug });
    for (name, query, by_name) in [
        ("nodes", NODES, true),
        ("names", BY_NAMES, true),
        ("lists", LISTS, false),
        ("around", AROUND, false),
        ("search", SEARCH, false),
        ("wire", WIRE, false),
    ] {
        let variables = match name {
            "nodes" => json!({ "id": secret.id }),
            "names" => variables.clone(),
            _ => json!({}),
        };
        surfaces.push(Surface {
            name: format!("GraphQL {name}"),
            way: Way::Graphql(query, variables),
            by_name,
            tells_kills: false,
            on_the_wire: name == "wire",
        });
    }
    surfaces.extend(posted());
    surfaces
}

/// What is posted to whoever wants that.
fn posted() -> impl Iterator<Item = Surface> {
    let ways = [
        ("webhook on the wire", Posted::Live),
        ("webhook on the wire from its beginning", Posted::Anew),
        ("WebSub of the latest", Posted::Feed),
    ];
    ways.into_iter().map(|(name, way)| Surface {
        name: name.to_owned(),
        way: Way::Posted(way),
        by_name: false,
        tells_kills: way == Posted::Feed,
        on_the_wire: way != Posted::Feed,
    })
}

/// What the contracts name that the list does not.
pub async fn missing(press: &Press) -> Vec<String> {
    let secret = Secret {
        id: "id".to_owned(),
        uri: "urn:x:secret",
        slug: "secret",
        former_slug: "former",
    };
    let mut missing = Vec::new();
    let document = press.get("/openapi.json").await.expect(200).json();
    let known: BTreeSet<&str> = rest(&secret).iter().map(|(name, _)| *name).collect();
    let excused: BTreeSet<&str> = NO_STORY_THERE.iter().map(|(name, _)| *name).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item["get"]["operationId"].as_str() else {
            continue;
        };
        if !known.contains(operation) && !excused.contains(operation) {
            missing.push(format!("GET {path} ({operation})"));
        }
    }
    missing.extend(missing_fields(press).await);
    missing
}

/// Fields that lead to stories, by the schema, and that no list knows.
async fn missing_fields(press: &Press) -> Vec<String> {
    let asked = "{ __schema { types { kind name fields { name type { ...t } } possibleTypes { name } } } }
        fragment t on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { name } } } } }";
    let data = press.graphql(asked, json!({})).await.data();
    let named = |mut of: &Value| {
        while of["ofType"].is_object() {
            of = &of["ofType"];
        }
        of["name"].as_str().unwrap_or_default().to_owned()
    };
    let mut fields: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for kind in data["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap().to_owned();
        let own = kind["fields"].as_array().into_iter().flatten();
        let own = own.map(|f| (f["name"].as_str().unwrap().to_owned(), named(&f["type"])));
        let mut own: Vec<_> = own.collect();
        let possible = kind["possibleTypes"].as_array().into_iter().flatten();
        own.extend(possible.map(|p| (String::new(), p["name"].as_str().unwrap().to_owned())));
        fields.insert(name, own);
    }
    // Every type from which a story can be reached.
    let mut bearing = BTreeSet::from(["Article".to_owned()]);
    loop {
        let more: Vec<String> = fields
            .iter()
            .filter(|(name, own)| !bearing.contains(*name) && own.iter().any(|(_, to)| bearing.contains(to)))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        bearing.extend(more);
    }
    let documents = [NODES, BY_NAMES, LISTS, AROUND, SEARCH, WIRE].concat();
    let mut missing = Vec::new();
    for (name, own) in &fields {
        // What a mutation answers is the writer's own; a subscription is listened to below.
        if name == "Mutation" || name == "Subscription" || name.ends_with("Payload") {
            continue;
        }
        for (field, to) in own
            .iter()
            .filter(|(field, to)| !field.is_empty() && bearing.contains(to))
        {
            let path = format!("{name}.{field}");
            let asked = LEADS_TO_STORIES.contains(&path.as_str()) && documents.contains(field.as_str());
            if !asked && !BY_THE_SAME_WAY.contains(&path.as_str()) {
                missing.push(format!("{path}: {to}"));
            }
        }
    }
    missing
}
