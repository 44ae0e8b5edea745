//! Reading one page of a list by either door, and checking what every page must keep to.

use serde_json::{Value, json};

use crate::press::{Answer, Press, segment};

/// The story whose editions are a list.
pub const EDITED: &str = "urn:page:edited";

/// The lists there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum List {
    Latest,
    /// Of a topic with one below it.
    Feed,
    /// In one topic or the other; some stories are in both.
    Union,
    Language,
    /// In one topic or the other, and in a language: no index has it.
    Combined,
    Topics,
    Versions,
}

impl List {
    pub const ALL: [List; 7] = [
        List::Latest,
        List::Feed,
        List::Union,
        List::Language,
        List::Combined,
        List::Topics,
        List::Versions,
    ];

    pub fn path(self) -> String {
        match self {
            List::Latest => "/v1/latest".to_owned(),
            List::Feed => "/v1/topics/parent/articles".to_owned(),
            List::Union => "/v1/articles?topic=child%7Cother".to_owned(),
            List::Language => "/v1/articles?language=uk".to_owned(),
            List::Combined => "/v1/articles?language=uk&topic=child%7Cother".to_owned(),
            List::Topics => "/v1/topics".to_owned(),
            List::Versions => format!("/v1/articles/{}/versions", segment(EDITED)),
        }
    }

    /// The member by which an item is told from others, in REST and in GraphQL alike.
    fn key(self) -> &'static str {
        match self {
            List::Latest | List::Feed | List::Union | List::Language | List::Combined => "id",
            List::Topics => "slug",
            List::Versions => "version",
        }
    }

    /// The GraphQL field, and where it is in the answer.
    fn field(self) -> (String, &'static str) {
        let key = self.key();
        let arguments = "first: $first, after: $after, last: $last, before: $before";
        let connection = |field: &str| {
            format!(
                "list: {field} {{
                    edges {{ cursor node {{ {key} }} }} nodes {{ {key} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                }}"
            )
        };
        match self {
            List::Latest => (connection(&format!("latest({arguments})")), "/list"),
            List::Union => {
                let filter = r#"filter: { topics: { any: ["child", "other"] } }"#;
                (connection(&format!("latest({arguments}, {filter})")), "/list")
            }
            List::Language => {
                let filter = r#"filter: { languages: ["uk"] }"#;
                (connection(&format!("latest({arguments}, {filter})")), "/list")
            }
            List::Combined => {
                let filter = r#"filter: { languages: ["uk"], topics: { any: ["child", "other"] } }"#;
                (connection(&format!("latest({arguments}, {filter})")), "/list")
            }
            List::Topics => (connection(&format!("topics({arguments})")), "/list"),
            List::Feed => {
                let articles = connection(&format!("articles({arguments})"));
                (
                    format!(r#"topic(by: {{ slug: "parent" }}) {{ {articles} }}"#),
                    "/topic/list",
                )
            }
            List::Versions => {
                let versions = connection(&format!("versions({arguments})"));
                (
                    format!(r#"article(by: {{ uri: "{EDITED}" }}) {{ {versions} }}"#),
                    "/article/list",
                )
            }
        }
    }
}

/// From which end a page is taken, and between which cursors.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub backward: bool,
    pub size: usize,
    pub after: Option<String>,
    pub before: Option<String>,
}

/// What came back. A cursor is there exactly when there is something to go on to.
#[derive(Debug)]
pub struct Read {
    pub keys: Vec<String>,
    pub next: Option<String>,
    pub previous: Option<String>,
    /// GraphQL says both also of an empty page.
    pub has_next: Option<bool>,
    pub has_previous: Option<bool>,
}

pub async fn by_rest(press: &Press, list: List, wanted: &Wanted) -> Read {
    let Wanted {
        backward,
        size,
        after,
        before,
    } = wanted;
    // Without `before` REST goes forward, and with `after` as well.
    assert_eq!(*backward, before.is_some() && after.is_none(), "REST cannot say this");
    let mut path = list.path();
    for (name, value) in [("after", after), ("before", before), ("limit", &Some(size.to_string()))] {
        if let Some(value) = value {
            let sign = if path.contains('?') { '&' } else { '?' };
            path.push_str(&format!("{sign}{name}={value}"));
        }
    }
    let answer = press.get(&path).await.expect(200);
    let page = answer.json();
    let cursor = |name: &str| page[name].as_str().map(str::to_owned);
    let read = Read {
        keys: keys(&page["items"], list),
        next: cursor("next"),
        previous: cursor("previous"),
        has_next: None,
        has_previous: None,
    };
    let links = [("next", "after", &read.next), ("prev", "before", &read.previous)];
    let expected: Vec<String> = links
        .into_iter()
        .filter_map(|(relation, name, cursor)| {
            let (path, query) = list
                .path()
                .split_once('?')
                .map_or((list.path(), String::new()), |(path, query)| {
                    (path.to_owned(), format!("{query}&"))
                });
            let cursor = cursor.as_deref()?;
            Some(format!(
                "<{path}?{query}limit={size}&{name}={cursor}>; rel=\"{relation}\""
            ))
        })
        .collect();
    assert_eq!(answer.header("link"), expected.join(", "), "{answer}");
    read
}

/// Asks GraphQL for a list with these of `first`, `after`, `last` and `before`, whatever they are.
pub async fn ask(press: &Press, list: List, variables: Value) -> Answer {
    let (field, _) = list.field();
    let query = format!("query($first: Int, $after: String, $last: Int, $before: String) {{ {field} }}");
    press.graphql(&query, variables).await
}

pub async fn by_graphql(press: &Press, list: List, wanted: &Wanted) -> Read {
    let Wanted {
        backward,
        size,
        after,
        before,
    } = wanted;
    let variables = json!({
        "first": (!backward).then_some(size),
        "last": backward.then_some(size),
        "after": after,
        "before": before,
    });
    let answer = ask(press, list, variables).await;
    let data = answer.data();
    let page = data
        .pointer(list.field().1)
        .unwrap_or_else(|| panic!("no list: {answer}"));
    let info = &page["pageInfo"];
    let edges = page["edges"].as_array().expect("edges");
    let nodes: Value = edges.iter().map(|edge| edge["node"].clone()).collect();
    assert_eq!(nodes, page["nodes"], "{answer}");
    let cursor_of = |edge: Option<&Value>| edge.map_or(Value::Null, |edge| edge["cursor"].clone());
    assert_eq!(info["startCursor"], cursor_of(edges.first()), "{answer}");
    assert_eq!(info["endCursor"], cursor_of(edges.last()), "{answer}");
    let said = |name: &str| info[name].as_bool().expect("true or false");
    let (has_next, has_previous) = (said("hasNextPage"), said("hasPreviousPage"));
    let cursor = |there: bool, name: &str| info[name].as_str().filter(|_| there).map(str::to_owned);
    Read {
        keys: keys(&nodes, list),
        next: cursor(has_next, "endCursor"),
        previous: cursor(has_previous, "startCursor"),
        has_next: Some(has_next),
        has_previous: Some(has_previous),
    }
}

fn keys(items: &Value, list: List) -> Vec<String> {
    let items = items.as_array().unwrap_or_else(|| panic!("{items} is no list"));
    let keys = items.iter().map(|item| match &item[list.key()] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    keys.collect()
}

/// What a refusal says of the parameters: field, code and message of each fault.
pub fn faults(answer: &Answer) -> Value {
    let json = answer.json();
    if json["errors"][0]["extensions"].is_object() {
        assert_eq!(json["errors"][0]["extensions"]["code"], "INVALID_PARAMETER", "{answer}");
        return json["errors"][0]["extensions"]["errors"].clone();
    }
    assert_eq!(
        (answer.status, &json["code"]),
        (400, &json!("invalid_parameter")),
        "{answer}"
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    json["errors"].clone()
}
