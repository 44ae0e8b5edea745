//! What may be kept, by whom, and how it is asked whether it is still good.

use reqwest::Method;
use serde_json::{Value, json};

use crate::press::{Answer, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "an answer that the asker has already is 304 without a body",
            not_modified,
        ),
        test("HEAD answers like GET without a body", head),
        test(
            "what is public may be kept for a second, what is not by nobody else",
            cache_control,
        ),
        test("a list says its neighbours in Link headers", links),
        test("an ETag changes when the answer does, and only then", etags_move),
    ]
}

/// Every value of `Vary`, in one sorted list.
pub fn vary(answer: &Answer) -> Vec<String> {
    let values = answer
        .headers
        .get_all("vary")
        .iter()
        .map(|value| value.to_str().unwrap());
    let mut names: Vec<String> = values
        .flat_map(|v| v.split(','))
        .map(|name| name.trim().to_lowercase())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A house with something at each of these addresses.
async fn furnished(press: &Press) -> Vec<&'static str> {
    press.topic("war", "War", None).await;
    press
        .story("urn:x:1")
        .slug("one")
        .topics(["war"])
        .body_text("Text.")
        .await;
    press
        .story("urn:x:2")
        .slug("two")
        .topics(["war"])
        .related("background", "urn:x:1")
        .await;
    press
        .put(
            "/v1/collections/front",
            &json!({ "name": "Front", "items": ["urn:x:1"] }),
        )
        .await
        .expect(201);
    vec![
        "/v1/articles",
        "/v1/articles/one",
        "/v1/articles/urn%3Ax%3A2?include=relatedLinks,moreAbout,latest",
        "/v1/articles/two/related",
        "/v1/articles/one/versions",
        "/v1/latest?limit=2&total=true",
        "/v1/topics",
        "/v1/topics/war",
        "/v1/topics/war/articles",
        "/v1/collections/front",
        "/v1/me",
    ]
}

/// What the program brings along, which changes with the program alone.
const FILES: &[&str] = &["/openapi.json", "/schema.graphql", "/graphiql", "/graphiql/start.js"];

async fn not_modified(press: Press) {
    let paths = furnished(&press).await;
    for path in paths.iter().chain(FILES) {
        let whole = press.get(path).await.expect(200);
        let weak = whole.etag().to_owned();
        assert!(weak.starts_with("W/\""), "{whole}");
        let strong = weak.trim_start_matches("W/").to_owned();
        let list = format!("\"a\", W/\"b,c\" ,{weak}");
        for given in [weak.as_str(), &strong, &list, "*"] {
            let again = press.get(path).header("if-none-match", given).await.expect(304);
            assert!(again.bytes.is_empty(), "{again}");
            assert_eq!(again.etag(), weak, "{again}");
            assert_eq!(again.header("content-length"), "", "{again}");
            for name in ["cache-control", "link", "x-content-type-options"] {
                assert_eq!(again.header(name), whole.header(name), "{name}: {again}");
            }
            assert_eq!(vary(&again), vary(&whole), "{again}");
        }
        for given in ["\"a\"", "W/\"\"", "", &strong.trim_matches('"')[1..], "a, b"] {
            press.get(path).header("if-none-match", given).await.expect(200);
        }
        // Said in two headers it is one list.
        let again = press
            .get(path)
            .header("if-none-match", "\"a\"")
            .another_header("if-none-match", &weak);
        again.await.expect(304);
        // In another packing it is the same answer.
        let packed = press.get(path).header("accept-encoding", "br").await.expect(200);
        assert_eq!(packed.etag(), weak);
    }
}

async fn head(press: Press) {
    let mut paths = furnished(&press).await;
    paths.extend(FILES);
    paths.extend(["/livez", "/readyz", "/docs/", "/v1/articles/nowhere", "/nowhere"]);
    for path in paths {
        let (get, head) = (press.get(path).await, press.ask(Method::HEAD, path).await);
        assert_eq!(head.status, get.status, "{head}");
        assert!(head.bytes.is_empty(), "{head}");
        for name in ["content-type", "content-length", "etag", "cache-control", "link"] {
            assert_eq!(head.header(name), get.header(name), "{name}: {head}");
        }
        assert_eq!(vary(&head), vary(&get));
    }
    let etag = press.get("/v1/latest").await.etag().to_owned();
    press
        .ask(Method::HEAD, "/v1/latest")
        .header("if-none-match", &etag)
        .await
        .expect(304);
}

async fn cache_control(press: Press) {
    for path in furnished(&press).await {
        let public = press.get(path).await.expect(200);
        assert_eq!(public.header("cache-control"), "public, max-age=1", "{public}");
        assert_eq!(public.header("content-type"), "application/json");
        let private = press.get(path).admin().await.expect(200);
        assert_eq!(private.header("cache-control"), "private, no-cache", "{private}");
        for answer in [&public, &private] {
            assert_eq!(vary(answer), ["accept", "accept-encoding", "authorization"], "{answer}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("x-request-id").len(), 36, "{answer}");
        }
        let wrong = press.get(path).key("dl_a_b").await.expect(401);
        assert_eq!(wrong.header("cache-control"), "no-store");
    }
    for path in FILES {
        assert_eq!(
            press.get(path).await.expect(200).header("cache-control"),
            "public, max-age=3600",
            "{path}"
        );
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(
            press.get(path).await.expect(200).header("cache-control"),
            "no-store",
            "{path}"
        );
    }
    for status in [201, 200, 200] {
        let headline = if status == 201 { "A" } else { "B" };
        let written = press
            .put("/v1/articles/urn:x:9", &json!({ "headline": headline }))
            .await
            .expect(status);
        assert_eq!(written.header("cache-control"), "no-store", "{written}");
        let id = written.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(written.header("location"), format!("/v1/articles/{id}"));
        assert_eq!(written.etag(), format!("\"v{}\"", written.json()["version"]));
    }
}

async fn links(press: Press) {
    for n in 1..=5 {
        press
            .story(&format!("urn:x:{n}"))
            .published_at(&format!("2026-01-0{n}T00:00:00Z"))
            .await;
    }
    let first = press.get("/v1/articles?limit=2&language=en").await.expect(200);
    let next = first.json()["next"].as_str().unwrap().to_owned();
    assert_eq!(first.json()["previous"], Value::Null);
    assert_eq!(
        first.header("link"),
        format!("</v1/articles?limit=2&language=en&after={next}>; rel=\"next\"")
    );
    // Following them leads through the list and back.
    let (mut seen, mut back) = (uris(&first), Vec::new());
    let mut page = first;
    while let Some(path) = link(&page, "next") {
        page = press.get(&path).await.expect(200);
        seen.extend(uris(&page));
    }
    assert_eq!(seen, ["urn:x:5", "urn:x:4", "urn:x:3", "urn:x:2", "urn:x:1"]);
    loop {
        back.splice(0..0, uris(&page));
        let Some(path) = link(&page, "prev") else { break };
        page = press.get(&path).await.expect(200);
    }
    assert_eq!(back, seen);
    // A list that is whole has no neighbours.
    assert_eq!(press.get("/v1/articles").await.header("link"), "");
}

fn uris(page: &Answer) -> Vec<String> {
    let page = page.json();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["uri"].as_str().unwrap().to_owned()).collect()
}

/// The address that a page's `Link` header gives for this relation.
fn link(page: &Answer, relation: &str) -> Option<String> {
    let links = page.header("link");
    let link = links
        .split(", ")
        .find(|link| link.ends_with(&format!("rel=\"{relation}\"")))?;
    Some(link.strip_prefix('<')?.split('>').next()?.to_owned())
}

async fn etags_move(press: Press) {
    let paths = furnished(&press).await;
    let mut before = Vec::new();
    for path in &paths {
        before.push(press.get(path).await.etag().to_owned());
    }
    // The same once more changes nothing, nor does a restart.
    press
        .story("urn:x:1")
        .slug("one")
        .topics(["war"])
        .body_text("Text.")
        .await;
    press.reopen().await;
    for (path, etag) in paths.iter().zip(&before) {
        assert_eq!(press.get(path).await.etag(), etag, "{path}");
    }
    press
        .story("urn:x:1")
        .slug("one")
        .topics(["war"])
        .body_text("Another text.")
        .headline("New")
        .await;
    let mut moved = Vec::new();
    for (path, etag) in paths.iter().zip(&before) {
        if press.get(path).await.etag() != etag {
            moved.push(*path);
        }
    }
    let apart = ["/v1/topics", "/v1/topics/war", "/v1/me"];
    let expected: Vec<&str> = paths.iter().copied().filter(|path| !apart.contains(path)).collect();
    assert_eq!(moved, expected);
}
