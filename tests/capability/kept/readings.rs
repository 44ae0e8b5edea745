//! Readings thrown by dice: every list, every story, every page, and GraphQL documents with lists in lists.

use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::world::{CODES, COLLECTIONS, GENRES, LANGUAGES, SOURCES, STORIES, TOPICS, World, uri};
use crate::lists::dice::Dice;
use crate::press::{Ask, Doors, segment};

/// One question, to be asked of any server.
#[derive(Clone, Debug)]
pub enum Reading {
    Get(String),
    Graphql { query: String, variables: Value },
}

impl Reading {
    /// Whether what is like a story may stand in the answer.
    pub fn asks_the_index(&self) -> bool {
        let text = match self {
            Reading::Get(path) => path,
            Reading::Graphql { query, .. } => query,
        };
        ["moreAbout", "/related", "/similar", "storyline"]
            .iter()
            .any(|part| text.contains(part))
    }

    pub fn thrown(world: &World, dice: &mut Dice) -> Reading {
        match dice.roll(11) {
            10 => Reading::Get(wire(world, dice)),
            0..=3 => Reading::Get(rest(world, dice)),
            4..=5 => Reading::Get(page(world, dice)),
            6 => {
                let (query, variables) = graphql(world, dice);
                let mut address = Serializer::new("/graphql?".to_owned());
                address.append_pair("query", &query);
                if variables != json!({}) {
                    address.append_pair("variables", &variables.to_string());
                }
                Reading::Get(address.finish())
            }
            _ => {
                let (query, variables) = graphql(world, dice);
                Reading::Graphql { query, variables }
            }
        }
    }

    pub fn ask(&self, doors: &Doors) -> Ask {
        match self {
            Reading::Get(path) if path.starts_with("/graphql") => {
                doors.get(path).header(ACCEPT, "application/graphql-response+json")
            }
            Reading::Get(path) => doors.ask(Method::GET, path),
            Reading::Graphql { query, variables } => doors.graphql(query, variables.clone()),
        }
    }
}

/// A story by any of its names, some of them nobody's or not yet anybody's.
fn story(world: &World, dice: &mut Dice) -> String {
    let known = (!world.stories.is_empty()).then(|| dice.roll(world.stories.len()));
    match (known, dice.roll(7)) {
        (_, 0) => format!("slug-{}", dice.roll(30)),
        (_, 1) => uri(dice.roll(STORIES)),
        (Some(n), 2) => world.stories[n].id.clone(),
        (Some(n), 3..=4) => world.stories[n].slug.clone(),
        _ if !world.slugs.is_empty() => dice.one(&world.slugs).clone(),
        _ => "nobody".to_owned(),
    }
}

fn topic(dice: &mut Dice) -> String {
    (*if dice.once_in(4) {
        dice.one(&CODES)
    } else {
        dice.one(&TOPICS)
    })
    .to_owned()
}

fn zone(query: &mut Vec<String>, dice: &mut Dice) {
    if dice.once_in(4) {
        query.push(format!("timeZone={}", dice.one(&["Europe/Kyiv", "Asia/Tokyo"])));
    }
}

fn paging(query: &mut Vec<String>, dice: &mut Dice) {
    if dice.once_in(2) {
        query.push(format!("limit={}", dice.one(&[1, 2, 3, 5, 100])));
    }
    if dice.once_in(3) {
        query.push("total=true".to_owned());
    }
}

fn with(path: &str, query: &[String]) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

fn rest(world: &World, dice: &mut Dice) -> String {
    let mut query = Vec::new();
    match dice.roll(12) {
        0..=2 => {
            filters(&mut query, dice);
            paging(&mut query, dice);
            zone(&mut query, dice);
            with("/v1/articles", &query)
        }
        3 => {
            paging(&mut query, dice);
            if dice.once_in(3) {
                query.push("include=body".to_owned());
            }
            with("/v1/latest", &query)
        }
        4..=6 => {
            if dice.once_in(2) {
                let parts = dice.some(&["relatedLinks", "moreAbout", "latest", "storyline"], 3);
                query.push(format!("include={}", parts.join(",")));
            }
            if dice.once_in(4) {
                query.push(format!("version={}", dice.roll(4) + 1));
            }
            zone(&mut query, dice);
            with(&format!("/v1/articles/{}", segment(&story(world, dice))), &query)
        }
        7 => {
            let list = dice.one(&["related", "related", "similar"]);
            format!("/v1/articles/{}/{list}", segment(&story(world, dice)))
        }
        8 => {
            if dice.once_in(2) {
                query.push(format!("limit={}", dice.roll(3) + 1));
            }
            with(
                &format!("/v1/articles/{}/versions", segment(&story(world, dice))),
                &query,
            )
        }
        9 => {
            paging(&mut query, dice);
            match dice.roll(4) {
                0 => query.push("kind=place".to_owned()),
                1 => query.push("parent=none".to_owned()),
                2 => query.push(format!("parent={}", dice.one(&TOPICS))),
                _ => {}
            }
            with("/v1/topics", &query)
        }
        10 if dice.once_in(2) => format!("/v1/topics/{}", segment(&topic(dice))),
        10 => {
            paging(&mut query, dice);
            with(&format!("/v1/topics/{}/articles", segment(&topic(dice))), &query)
        }
        _ => format!("/v1/collections/{}", dice.one(&COLLECTIONS)),
    }
}

fn filters(query: &mut Vec<String>, dice: &mut Dice) {
    if dice.once_in(2) {
        let topics = &TOPICS[..4];
        let (a, b) = (dice.one(topics), dice.one(topics));
        let expression = match dice.roll(5) {
            0 => format!("{a}%7C{b}"),
            1 => format!("{a},{b}"),
            2 => format!("{a},-{b}"),
            3 => format!("-{a}"),
            _ => (*a).to_owned(),
        };
        query.push(format!("topic={expression}"));
    }
    for (name, values) in [("language", &LANGUAGES[..]), ("genre", &GENRES[..])] {
        if dice.once_in(5) {
            query.push(format!("{name}={}", dice.some(values, 2).join(",")));
        }
    }
    if dice.once_in(6) {
        query.push(format!("source={}", dice.one(&["reuters", "local-desk", "bureau"])));
    }
    if dice.once_in(6) {
        query.push(format!("urgency={}", dice.roll(9) + 1));
    }
    if dice.once_in(4) {
        query.push(format!("from=2026-01-{:02}T20:00:00Z", dice.roll(10) + 3));
        query.push(format!(
            "dateField={}",
            dice.one(&["firstPublished", "published", "versionCreated"])
        ));
    }
}

/// The wire from some place on.
fn wire(world: &World, dice: &mut Dice) -> String {
    let mut query = vec![format!("limit={}", dice.one(&[1, 3, 100]))];
    if !world.cursors.is_empty() {
        query.push(format!("after={}", dice.one(&world.cursors)));
    }
    query.push(format!("payload={}", dice.one(&["full", "full", "meta", "id"])));
    if dice.once_in(3) {
        query.push(format!("topic={}", dice.some(&TOPICS[..4], 2).join(",")));
    }
    with("/v1/wire", &query)
}

/// The reader's pages.
fn page(world: &World, dice: &mut Dice) -> String {
    match dice.roll(7) {
        0..=1 => "/".to_owned(),
        2 => "/topics".to_owned(),
        3 => format!("/topics/{}", segment(&topic(dice))),
        _ => format!("/articles/{}", segment(&story(world, dice))),
    }
}

/// A document of a few roots, each with what hangs on it, and its variables.
fn graphql(world: &World, dice: &mut Dice) -> (String, Value) {
    let roots: Vec<String> = (0..=dice.roll(3))
        .map(|n| format!("r{n}: {}", root(world, dice)))
        .collect();
    if dice.once_in(4) {
        let query = format!(
            "query ($key: String!, $n: Int) {{ v: article(by: {{slug: $key}}) {{ {} moreAbout(first: $n) {{ articles {{ version }} }} }} {} }}",
            fields(dice),
            roots.join(" ")
        );
        return (query, json!({ "key": story(world, dice), "n": dice.roll(4) + 1 }));
    }
    (format!("{{ {} }}", roots.join(" ")), json!({}))
}

fn root(world: &World, dice: &mut Dice) -> String {
    match dice.roll(12) {
        0..=3 => {
            let name = story(world, dice);
            let by = match name.as_str() {
                uri if uri.contains(':') => format!("uri: {uri:?}"),
                id if id.len() == 36 => format!("id: {id:?}"),
                slug => format!("slug: {slug:?}"),
            };
            format!("article(by: {{{by}}}) {{ {} {} }}", fields(dice), nested(dice, 2))
        }
        4..=5 => format!("latest({}) {}", arguments(dice), connection(dice)),
        6..=7 => {
            let by = if dice.once_in(4) {
                format!("code: \"{}\"", dice.one(&CODES))
            } else {
                format!("slug: \"{}\"", dice.one(&TOPICS))
            };
            let below = match dice.roll(3) {
                0 => "ancestors { slug name children { slug } } parent { name parent { slug } }".to_owned(),
                1 => "children { slug name(language: \"uk\") ancestors { slug } articles(first: 2) { nodes { version } } }"
                    .to_owned(),
                _ => format!("articles({}) {}", arguments(dice), connection(dice)),
            };
            format!("topic(by: {{{by}}}) {{ id slug code kind name {below} }}")
        }
        8 => {
            let filter = *dice.one(&[
                "",
                ", filter: {roots: true}",
                ", filter: {kind: PLACE}",
                ", filter: {parent: \"war\"}",
            ]);
            let first = dice.roll(5) + 1;
            format!(
                "topics(first: {first}{filter}) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ slug name children {{ slug }} }} }}"
            )
        }
        9 => {
            let slug = dice.one(&COLLECTIONS);
            format!(
                "collection(slug: \"{slug}\") {{ id name version articles(first: {}) {{ {} }} }}",
                dice.roll(4) + 1,
                fields(dice)
            )
        }
        10 => {
            let mut ids = dice.some(&world.ids, 4);
            ids.push("0198c0de-0000-7000-8000-000000000000".to_owned());
            format!(
                "nodes(ids: {ids:?}) {{ __typename id ... on Article {{ {} }} ... on Topic {{ name children {{ slug }} }} ... on Collection {{ name articles {{ version }} }} }}",
                fields(dice)
            )
        }
        _ => "site { name languages }".to_owned(),
    }
}

fn arguments(dice: &mut Dice) -> String {
    let mut filter = Vec::new();
    if dice.once_in(3) {
        let how = *dice.one(&["any", "all", "none"]);
        filter.push(format!("topics: {{{how}: {:?}}}", dice.some(&TOPICS[..4], 2)));
    }
    if dice.once_in(5) {
        filter.push(format!("languages: [\"{}\"]", dice.one(&LANGUAGES)));
    }
    if dice.once_in(6) {
        filter.push(format!(
            "sources: [\"{}\"]",
            dice.one(&SOURCES).to_lowercase().replace(' ', "-")
        ));
    }
    if dice.once_in(6) {
        filter.push("from: \"2026-01-10T00:00:00Z\", dateField: PUBLISHED".to_owned());
    }
    let ends = *dice.one(&["first: 1", "first: 3", "first: 8", "last: 2"]);
    if filter.is_empty() {
        ends.to_owned()
    } else {
        format!("{ends}, filter: {{{}}}", filter.join(", "))
    }
}

fn connection(dice: &mut Dice) -> String {
    let total = if dice.once_in(3) { "totalCount" } else { "" };
    let node = format!(
        "{} {}",
        fields(dice),
        if dice.once_in(2) {
            nested(dice, 1)
        } else {
            String::new()
        }
    );
    format!("{{ {total} pageInfo {{ hasNextPage hasPreviousPage endCursor }} edges {{ cursor node {{ {node} }} }} }}")
}

/// A story's own fields.
fn fields(dice: &mut Dice) -> String {
    let all = [
        "id",
        "uri",
        "slug",
        "url",
        "version",
        "headline",
        "summary",
        "language",
        "urgency",
        "genre",
        "edNote",
        "byline",
        "dateline",
        "slugline",
        "expires",
        "wordCount",
        "paragraphs",
        "body(format: MARKDOWN)",
        "firstPublished(timeZone: \"Asia/Tokyo\")",
        "published",
        "versionCreated",
        "source { slug name url }",
        "renditions { name href }",
        "topics { slug name }",
    ];
    dice.some(&all, 8).join(" ")
}

/// What hangs on a story, so many levels deep.
fn nested(dice: &mut Dice, levels: usize) -> String {
    let below = |dice: &mut Dice| {
        let more = if levels > 0 {
            nested(dice, levels - 1)
        } else {
            String::new()
        };
        format!("{} {more}", fields(dice))
    };
    match dice.roll(6) {
        0 => format!("moreAbout(first: {}) {{ topic {{ name }} articles {{ {} }} }}", dice.roll(4) + 1, below(dice)),
        1 => format!("moreAbout(first: 2, topic: \"{}\") {{ topic {{ slug }} articles {{ slug }} }}", dice.one(&TOPICS[..4])),
        2 => format!("relatedLinks {{ kind title url article {{ {} }} }}", below(dice)),
        3 => "topics(kind: SUBJECT) { slug name ancestors { slug name } children { slug } articles(first: 2) { totalCount nodes { slug version } } }".to_owned(),
        4 => "versions(first: 3) { pageInfo { hasNextPage } nodes { version headline relatedLinks { title article { slug } } topics { name } source { name } } }".to_owned(),
        _ => fields(dice),
    }
}
