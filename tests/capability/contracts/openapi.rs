//! The OpenAPI document is well-formed, and true: every operation is there, takes its parameters and answers as it says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use super::shape::Shapes;
use crate::graphql_types::furnish;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("the OpenAPI document is well-formed", well_formed).only(dateline_tests::Backend::Sqlite),
        test("every documented reading answers what its schema says", readings),
        test("every documented parameter is taken", parameters).only(dateline_tests::Backend::Sqlite),
        test("every documented writing is there and needs a key", writings).only(dateline_tests::Backend::Sqlite),
        test("every address of the reference answers", addresses).only(dateline_tests::Backend::Sqlite),
    ]
}

async fn document(press: &Press) -> Value {
    press.get("/openapi.json").await.expect(200).json()
}

/// Of each press, by its address: the ids of webhooks are given by the house.
static WEBHOOKS: Mutex<BTreeMap<SocketAddr, String>> = Mutex::new(BTreeMap::new());

/// Something at every address.
async fn furnish_all(press: &Press) {
    furnish(press).await;
    press.story("urn:x:killed").slug("killed").await;
    let reason = json!({ "reason": "It is wrong." });
    press.post("/v1/articles/killed/cancel", &reason).await.expect(200);
    let channel = json!({ "name": "Calm", "public": true, "selection": { "topics": ["peace"] } });
    press.put("/v1/channels/calm", &channel).await.expect(201);
    let partner = json!({ "name": "Example" });
    press.put("/v1/partners/example", &partner).await.expect(201);
    let key = json!({
        "name": "site", "expires": "2027-01-01T00:00:00Z", "networks": ["192.0.2.0/24"],
        "origins": ["https://www.example.com"],
    });
    press.post("/v1/partners/example/keys", &key).await.expect(201);
    let source = json!({ "url": "https://news.example/feed", "paused": true });
    press.put("/v1/sources/agency", &source).await.expect(201);
    let webhook = press
        .post("/v1/webhooks", &json!({ "url": "https://news.example/hook" }))
        .await;
    let webhook = webhook.expect(201).json()["id"].as_str().unwrap().to_owned();
    press
        .post(&format!("/v1/webhooks/{webhook}/pause"), &json!({}))
        .await
        .expect(200);
    WEBHOOKS.lock().unwrap().insert(press.address(), webhook);
    let waits = json!({
        "headline": "Waits", "embargoedUntil": "2099-01-01T00:00:00Z", "topics": ["peace"],
        "relatedLinks": [{ "kind": "background", "uri": "urn:news:talks" }],
        "renditions": [{ "name": "main", "href": "https://x.example/a.jpg" }],
    });
    press.put("/v1/articles/urn%3Ax%3Awaits", &waits).await.expect(202);
}

/// Path, method and operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    operations.collect()
}

/// A path with something of the house in place of its variable.
fn furnished(press: &Press, path: &str) -> String {
    let path = path
        .replace("/articles/{key}/receipts", "/articles/killed/receipts")
        .replace("/articles/{key}", "/articles/talks-resume")
        .replace("/topics/{key}", "/topics/peace");
    let path = path
        .replace("/collections/{slug}", "/collections/front")
        .replace("/channels/{slug}", "/channels/calm")
        .replace("/channels/{channel}", "/channels/calm");
    let path = path
        .replace("/feeds/{feed}", "/feeds/latest.json")
        .replace("/feeds/topics/{feed}", "/feeds/topics/peace.atom")
        .replace("/feeds/channels/{feed}", "/feeds/channels/calm.rss")
        .replace("/feeds/collections/{feed}", "/feeds/collections/front.atom");
    let path = path.replace("/pending/{uri}", "/pending/urn%3Ax%3Awaits");
    let path = path.replace("/partners/{slug}", "/partners/example");
    let path = path.replace("/sources/{slug}", "/sources/agency");
    let webhook = WEBHOOKS
        .lock()
        .unwrap()
        .get(&press.address())
        .cloned()
        .unwrap_or_default();
    let path = path.replace("/webhooks/{id}", &format!("/webhooks/{webhook}"));
    let key = press.admin_key().split('_').nth(1).unwrap();
    let path = path.replace("/keys/{id}", &format!("/keys/{key}"));
    assert!(!path.contains('{'), "nothing to put into {path}");
    path
}

/// What a reading cannot do without.
fn needed(path: &str) -> &'static str {
    match path {
        "/v1/explain" => "?article=talks-resume",
        "/v1/search" | "/v1/suggest" => "?q=talks",
        _ => "",
    }
}

/// The same with one more parameter.
fn with(path: &str, name: &str, value: &str) -> String {
    match needed(path) {
        needed if needed.is_empty() || needed.starts_with(&format!("?{name}=")) => format!("?{name}={value}"),
        needed => format!("{needed}&{name}={value}"),
    }
}

async fn well_formed(press: Press) {
    let document = document(&press).await;
    assert_eq!(document["openapi"], "3.1.0");
    for field in ["title", "version"] {
        assert!(document["info"][field].is_string(), "info.{field}");
    }
    let shapes = Shapes::of(&document);
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let about = format!("{method} {path}");
        assert!(["get", "put", "post", "patch", "delete"].contains(&method), "{about}");
        assert!(
            operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
            "{about}"
        );
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{about}: its id is taken"
        );
        let mut named = BTreeSet::new();
        for parameter in operation["parameters"].as_array().unwrap() {
            let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            assert!(named.insert((place, name)), "{about}: {name} twice");
            assert!(["path", "query", "header"].contains(&place), "{about}: {name}");
            assert!(parameter["schema"]["type"].is_string(), "{about}: {name}");
            assert!(parameter["description"].is_string(), "{about}: {name}");
            assert_eq!(
                parameter["required"].as_bool().unwrap_or(false),
                place == "path",
                "{about}: {name}"
            );
        }
        let variables: BTreeSet<_> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let documented: BTreeSet<_> = named
            .iter()
            .filter(|(place, _)| *place == "path")
            .map(|(_, name)| *name)
            .collect();
        assert_eq!(variables, documented, "{about}");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            assert!(
                status.parse::<u16>().is_ok_and(|status| (200..600).contains(&status)),
                "{about}: {status}"
            );
            assert!(response["description"].is_string(), "{about}: {status}");
        }
        let succeeds = responses.keys().any(|status| status.starts_with('2'));
        assert!(succeeds && responses.contains_key("400"), "{about}");
    }
    // Every reference leads somewhere, and every schema is referred to.
    let mut referred = BTreeSet::new();
    walk(&document, &mut |value| {
        if value["$ref"].is_string() {
            referred.insert(shapes.resolve(value).0.to_owned());
        }
        for required in value["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|_| value["properties"].is_object())
        {
            assert!(
                value["properties"][required.as_str().unwrap()].is_object(),
                "{required} is required and unknown"
            );
        }
        assert!(value.get("nullable").is_none(), "`nullable` is no word of 3.1: {value}");
    });
    let schemas: BTreeSet<String> = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(referred, schemas);
}

fn walk<'a>(value: &'a Value, look: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Object(fields) => {
            look(value);
            fields.values().for_each(|value| walk(value, look));
        }
        Value::Array(items) => items.iter().for_each(|value| walk(value, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn readings(press: Press) {
    furnish_all(&press).await;
    let document = document(&press).await;
    let mut shapes = Shapes::of(&document);
    let mut found = 0;
    for (path, method, operation) in operations(&document) {
        if method != "get" {
            continue;
        }
        let names: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let mut queries = vec![needed(path).to_owned()];
        if names.contains("timeZone") {
            queries.push("?timeZone=Europe/Kyiv".to_owned());
        }
        if names.contains("version") {
            queries.push("?include=relatedLinks,moreAbout,latest,replacedBy,translations,storyline".to_owned());
            queries.push("?version=1".to_owned());
        } else if names.contains("include") {
            queries.push("?include=body&total=true&limit=1".to_owned());
        }
        let content = &operation["responses"]["200"]["content"];
        for query in queries {
            let place = format!("{path}:");
            let mut ask = press.get(&format!("{}{query}", furnished(&press, path)));
            if operation["security"].is_array() {
                ask = ask.admin();
            }
            if content["application/json"].is_object() {
                let shape = &content["application/json"]["schema"];
                shapes.hold(shape, &ask.await.expect(200).json(), &place);
            } else if content["application/x-ndjson"].is_object() {
                let shape = &content["application/x-ndjson"]["schema"];
                for line in ask.await.expect(200).text().lines() {
                    shapes.hold(shape, &serde_json::from_str(line).unwrap(), &place);
                }
            } else if path.starts_with("/feeds") || path.starts_with("/sitemap") {
                // What these documents are is held against their own schemas, in formats_out.
                let answer = ask.await.expect(200);
                assert!(content[answer.header("content-type")].is_object(), "{path}: {answer}");
            } else {
                // A stream has no end; what it sends is held against its schema where it is listened to.
                assert!(content["text/event-stream"].is_object(), "{path}");
            }
            found += 1;
        }
    }
    assert!(found > 20, "{found} readings");
    // Whatever a story and a topic can say has been said, so that no property is documented and never sent.
    for (place, schema) in [
        ("/v1/articles/{key}:", "Article"),
        ("/v1/topics/{key}:", "TopicWhole"),
        ("/v1/me:", "Me"),
    ] {
        let reference = json!({ "$ref": format!("#/components/schemas/{schema}") });
        for property in Shapes::of(&document).members(&reference).properties.keys() {
            let met = shapes.met.contains(&(place.to_owned(), (*property).to_owned()));
            assert!(met, "{schema}.{property} was never sent by {place}");
        }
    }
    // Errors are what the document says they are.
    let problem = json!({ "$ref": "#/components/schemas/Problem" });
    let mut shapes = Shapes::of(&document);
    for path in ["/v1/latest?limit=0", "/v1/articles/nowhere", "/nowhere"] {
        shapes.hold(&problem, &press.get(path).await.json(), "problem");
    }
}

async fn parameters(press: Press) {
    furnish_all(&press).await;
    let document = document(&press).await;
    for (path, method, operation) in operations(&document) {
        let keyed = operation["security"].is_array();
        let query = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "query");
        for parameter in query {
            let name = parameter["name"].as_str().unwrap();
            let schema = &parameter["schema"];
            let choice = schema["enum"][0].as_str().or(schema["items"]["enum"][0].as_str());
            let value = match (name, choice) {
                // What it needs, and what it may have besides.
                _ if path == "/v1/explain" => {
                    let ask = press.get(&format!("{path}{}&partner=example", needed(path)));
                    ask.admin().await.expect(200);
                    continue;
                }
                ("after" | "from", _) if path == "/v1/snapshot" => {
                    press.get(&format!("{path}?{name}=x")).await.expect(400);
                    continue;
                }
                (_, Some(choice)) => choice,
                ("from", _) if path.ends_with("/difference") => "1",
                ("to", _) if path.ends_with("/difference") => "2",
                ("q", _) => "talks",
                ("asOf", _) => "2026-01-12T20:00:00Z",
                ("limit" | "version" | "urgency", _) => "1",
                ("total", _) => "true",
                ("timeZone", _) => "UTC",
                ("topic" | "parent", _) => "peace",
                ("language", _) => "en",
                ("source", _) => "example-wire",
                ("partner", _) => "example",
                ("channel", _) => "calm",
                ("genre", _) => "Current",
                ("article", _) => "talks-resume",
                ("from" | "to", _) if path.ends_with("/usage") => "2026-01-01",
                ("from", _) => "2026-01-01T00:00:00Z",
                ("to", _) => "2026-02-01T00:00:00Z",
                ("wait", _) => "0",
                ("after" | "before", _) => {
                    let ask = press.get(&format!("{}{}", furnished(&press, path), with(path, name, "x")));
                    let answer = if keyed { ask.admin() } else { ask }.await.expect(400);
                    assert_eq!(
                        answer.json()["errors"][0]["code"],
                        "invalid_cursor",
                        "{name} of {path}: {answer}"
                    );
                    continue;
                }
                _ => panic!("{name} of {path}: what can it be?"),
            };
            assert_eq!(method, "get");
            if path == "/v1/wire/stream" {
                continue;
            }
            let ask = press.get(&format!("{}{}", furnished(&press, path), with(path, name, value)));
            if keyed { ask.admin() } else { ask }.await.expect(200);
        }
        let unknown = press.ask(
            method.to_uppercase().parse().unwrap(),
            &format!("{}?unheard=1", furnished(&press, path)),
        );
        let answer = unknown.admin().json(&json!({})).await.expect(400);
        assert_eq!(
            answer.json()["errors"][0]["code"],
            "unknown_parameter",
            "{path}: {answer}"
        );
    }
}

async fn writings(press: Press) {
    furnish_all(&press).await;
    let document = document(&press).await;
    let mut shapes = Shapes::of(&document);
    let mut found = 0;
    for (path, method, operation) in operations(&document) {
        if method == "get" {
            assert!(operation.get("requestBody").is_none(), "{path}");
            if operation["security"].is_array() {
                let answer = press.get(&furnished(&press, path)).await.expect(401);
                assert_eq!(answer.json()["code"], "key_required", "{path}");
            }
            continue;
        }
        let taken = &operation["requestBody"]["content"];
        if let Some(form) = taken.get("application/x-www-form-urlencoded") {
            open_form(&press, path, operation, form).await;
            continue;
        }
        found += 1;
        assert_eq!(operation["security"], json!([{ "key": [] }]), "{path}");
        let method: Method = method.to_uppercase().parse().unwrap();
        let answer = press
            .ask(method.clone(), &furnished(&press, path))
            .json(&json!({}))
            .await
            .expect(401);
        assert_eq!(answer.json()["code"], "key_required", "{path}");
        if operation.get("requestBody").is_none() {
            // A right is given by its address alone, a source looked at, a webhook tried.
            let given = method == Method::PUT && path.ends_with("/channels/{channel}");
            let ends = ["/sources/{slug}/pull", "/{id}/test", "/{id}/pause", "/{id}/resume"];
            let by_address = given || ends.iter().any(|end| path.ends_with(end));
            assert!(method == Method::DELETE || by_address, "{method} {path}");
            continue;
        }
        // What a body can hold is what the document says: no more is taken, and nothing less.
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let unknown = press
            .ask(method.clone(), &furnished(&press, path))
            .admin()
            .json(&json!({ "unheard": 1 }))
            .await
            .expect(422);
        let detail = unknown.json()["detail"].as_str().unwrap().to_owned();
        for property in shapes.members(body).properties.keys() {
            assert!(
                detail.contains(&format!("`{property}`")),
                "{path}: {property} is not taken: {detail}"
            );
        }
        assert_eq!(
            detail.matches('`').count() / 2 - 1,
            shapes.members(body).properties.len(),
            "{path}: {detail}"
        );
    }
    assert!(found >= 18, "{found} writings");
    let written = &document["paths"]["/v1/articles/{key}"]["put"]["responses"];
    for status in [201, 200] {
        let answer = press
            .put("/v1/articles/urn%3Ax%3A1", &json!({ "headline": "A" }))
            .await
            .expect(status);
        let schema = &written[status.to_string()]["content"]["application/json"]["schema"];
        shapes.hold(schema, &answer.json(), "written");
    }
}

/// What anybody may post: it wants what the document says that it wants, in the form that it says.
async fn open_form(press: &Press, path: &str, operation: &Value, form: &Value) {
    assert!(operation["security"].is_null(), "{path}");
    let names = |list: &Value, name: fn(&Value) -> &Value| -> BTreeSet<String> {
        let items = list.as_array().unwrap().iter();
        items.filter_map(|item| Some(name(item).as_str()?.to_owned())).collect()
    };
    let ask = press.ask(Method::POST, path);
    let empty = ask
        .header("content-type", "application/x-www-form-urlencoded")
        .body(String::new());
    let refused = empty.await.expect(400).json();
    let required = names(&form["schema"]["required"], |name| name);
    assert_eq!(names(&refused["errors"], |error| &error["field"]), required, "{path}");
    press.ask(Method::POST, path).json(&json!({})).await.expect(415);
}

async fn addresses(press: Press) {
    furnish_all(&press).await;
    let document = document(&press).await;
    // A stream has no end to wait for.
    let documented: BTreeSet<String> = operations(&document)
        .iter()
        .filter(|(path, method, _)| *path != "/v1/wire/stream" && *method == "get")
        .map(|(path, _, _)| format!("{}{}", furnished(&press, path), needed(path)))
        .collect();
    let others = [
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/schema.graphql",
        "/docs/",
        "/graphiql",
    ];
    for path in documented.iter().map(String::as_str).chain(others) {
        press.get(path).admin().await.expect(200);
    }
    press.get("/graphql").await.expect(400);
}
