//! What a kept answer costs, and what it says to proxies.

use serde_json::json;

use super::{count, value};
use crate::moves::until_some;
use crate::press::{Answer, Doors, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("what is kept, and a 304, costs no statement", costs_nothing),
        test("a kept answer is the same in every packing", packings),
        test("who may keep an answer is said to each asker by himself", cache_control),
        test(
            "an answer names what it shows, for a CDN that is told what to forget",
            surrogate_keys,
        )
        .set("server.surrogate_keys", true),
        test("an answer that shows very much names it in few words", few_words).set("server.surrogate_keys", true),
        test("kept answers take up no more memory than they may", bounded).set("store.answer_cache_megabytes", 1),
    ]
}

const GRAPHQL: &str = "/graphql?query=%7Barticle(by%3A%7Bslug%3A%22one%22%7D)%7Bid%20body%20topics%7Bslug%7D%7D%7D";
const PATHS: &[&str] = &[
    "/v1/articles/one?include=relatedLinks,moreAbout,latest",
    "/v1/latest?include=body&total=true",
    "/v1/topics/war/articles?include=body",
    "/v1/articles/one/versions",
    "/",
    "/articles/one",
    GRAPHQL,
];

async fn furnish(doors: &Doors) -> String {
    doors.topic("war", "War", None).await;
    let story = doors.story("urn:kept:1").slug("one").topics(["war"]);
    let put = story
        .body_text(&"Щось сталося, and much was said of it. ".repeat(60))
        .await;
    put.id
}

async fn costs_nothing(press: Press) {
    let process = press.process().await;
    furnish(&process).await;
    let statements = async || value(&process, "dateline_sql_statements_total").await;
    for path in PATHS {
        let mut tries = 0;
        loop {
            tries += 1;
            let etag = process.get(path).await.expect(200).etag().to_owned();
            // To look at the metrics costs something too.
            let (first, second) = (statements().await, statements().await);
            for _ in 0..10 {
                let unchanged = process.get(path).header("if-none-match", &etag).await.expect(304);
                assert!(unchanged.bytes.is_empty() && unchanged.etag() == etag, "{unchanged}");
                process.get(path).await.expect(200);
            }
            let cost = (statements().await - second) - (second - first);
            if cost == 0 {
                break;
            }
            // On a machine so busy that the wire is not heard of for a second, nothing is known to be good.
            assert!(tries < 5, "{path}: {cost} statements");
        }
    }
    process.terminate().await;
}

/// Every value of `Vary`.
fn vary(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all("vary").iter();
    let mut names: Vec<String> = values
        .flat_map(|value| value.to_str().unwrap().split(','))
        .map(|name| name.trim().to_lowercase())
        .collect();
    names.sort();
    names
}

async fn packings(press: Press) {
    furnish(&press).await;
    for path in PATHS {
        let plain = press.get(path).await.expect(200);
        assert_eq!(plain.header("content-encoding"), "");
        for packing in ["gzip", "br", "zstd", "gzip", "br", "zstd"] {
            let packed = press.get(path).header("accept-encoding", packing).await.expect(200);
            assert_eq!(packed.header("content-encoding"), packing, "{path}");
            assert_eq!(packed.etag(), plain.etag());
            assert_eq!(vary(&packed), vary(&plain));
            assert_eq!(packed.header("content-length"), packed.bytes.len().to_string());
            assert!(packed.bytes.len() < plain.bytes.len() / 2, "{packing}: {path}");
            assert!(
                press.unpacked(path, packing).await == plain.bytes,
                "{packing}: {path} is another text"
            );
            let unchanged = press.get(path).header("accept-encoding", packing);
            let unchanged = unchanged.header("if-none-match", plain.etag()).await.expect(304);
            assert_eq!(unchanged.header("content-encoding"), "", "{unchanged}");
        }
        assert_eq!(press.get(path).await.expect(200).bytes, plain.bytes);
    }
}

async fn cache_control(press: Press) {
    let id = furnish(&press).await;
    let moved = format!("/articles/{id}");
    for path in PATHS.iter().copied().chain([moved.as_str()]) {
        // Whoever comes first, and whether it was kept for the other.
        for keyed in [false, true, true, false] {
            let ask = press.get(path);
            let answer = if keyed { ask.admin().await } else { ask.await };
            assert!(matches!(answer.status, 200 | 301), "{answer}");
            let expected = if keyed {
                "private, no-cache"
            } else {
                "public, max-age=1"
            };
            assert_eq!(answer.header("cache-control"), expected, "{answer}");
            assert!(vary(&answer).contains(&"authorization".to_owned()), "{answer}");
            assert_eq!(answer.header("surrogate-key"), "", "{answer}");
            if answer.status == 200 {
                let ask = press.get(path).header("if-none-match", answer.etag());
                let unchanged = if keyed { ask.admin().await } else { ask.await }.expect(304);
                assert_eq!(unchanged.header("cache-control"), expected, "{unchanged}");
                assert_eq!(vary(&unchanged), vary(&answer));
            }
        }
    }
    // By POST it is the asker's alone.
    let posted = press
        .graphql("{ latest(first: 1) { nodes { id } } }", json!({}))
        .await
        .expect(200);
    assert_eq!(posted.header("cache-control"), "private, no-cache");
}

async fn surrogate_keys(press: Press) {
    let id = furnish(&press).await.replace('-', "");
    let war = press.get("/v1/topics/war").await.json()["id"]
        .as_str()
        .unwrap()
        .replace('-', "");
    let words = |answer: &Answer| -> Vec<String> {
        let words = answer
            .header("surrogate-key")
            .split(' ')
            .filter(|word| !word.is_empty());
        // Every answer's word comes first.
        let words: Vec<&str> = words.collect();
        assert_eq!(words.first(), Some(&"all"), "{answer}");
        words.into_iter().skip(1).map(str::to_owned).collect()
    };
    let (article, feed, topic) = (format!("article-{id}"), format!("feed-{war}"), format!("topic-{war}"));
    // MORE ABOUT has room for what is like the story, which any change may bring; it is kept once the index is there.
    let page = until_some(async || {
        let page = press.get(PATHS[0]).await.expect(200);
        (!page.header("surrogate-key").is_empty()).then_some(page)
    })
    .await;
    assert_eq!(words(&page), ["any", article.as_str(), &feed, "latest", &topic]);
    for (path, expected) in [
        ("/v1/latest", vec![article.as_str(), "latest", &topic]),
        ("/v1/articles?language=en", vec!["any", &article, &topic]),
        ("/v1/topics", vec!["topics"]),
        (GRAPHQL, vec![&article, &topic]),
    ] {
        assert_eq!(words(&press.get(path).await.expect(200)), expected, "{path}");
    }
    let unchanged = press
        .get(PATHS[0])
        .header("if-none-match", page.etag())
        .await
        .expect(304);
    assert_eq!(words(&unchanged), words(&page));
    // What is not shown has no name either; that it comes back still moves a word of the answer.
    press
        .story("urn:kept:linking")
        .slug("linking")
        .related("background", "urn:kept:hidden")
        .await;
    let hidden = press.story("urn:kept:hidden").await.id.replace('-', "");
    let path = "/v1/articles/linking?include=relatedLinks";
    let word = format!("article-{hidden}");
    assert!(words(&press.get(path).await.expect(200)).contains(&word));
    let withhold = json!({ "reason": "Wait." });
    press
        .post("/v1/articles/urn%3Akept%3Ahidden/withhold", &withhold)
        .await
        .expect(200);
    let without = words(&press.get(path).await.expect(200));
    assert!(
        !without.contains(&word) && without.contains(&"any".to_owned()),
        "{without:?}"
    );
    // The reader's pages and feeds name what they show, too.
    for path in ["/", "/topics/war", "/feeds/latest.atom"] {
        let words = words(&press.get(path).await.expect(200));
        assert!(words.contains(&article), "{path}: {words:?}");
    }
    for path in ["/v1/me", "/v1/articles/nowhere", "/livez"] {
        assert_eq!(press.get(path).await.header("surrogate-key"), "", "{path}");
    }
}

async fn few_words(press: Press) {
    press.topic("war", "War", None).await;
    let lines: String = (0..100)
        .map(|n| {
            format!(
                "{}\n",
                json!({ "uri": format!("urn:kept:{n}"), "headline": "H", "topics": [format!("Topic {n}")] })
            )
        })
        .collect();
    press.command_with_input(["import", "-"], lines.as_bytes()).await.ok();
    // What another process wrote is known once something of our own is told.
    press.story("urn:kept:last").await;
    let all = press.get("/v1/latest?limit=100").await.expect(200);
    assert_eq!(all.json()["items"].as_array().unwrap().len(), 100);
    assert_eq!(all.header("surrogate-key"), "all any topics");
}

async fn bounded(press: Press) {
    let process = press.process().await;
    process
        .story("urn:kept:1")
        .slug("one")
        .body_text(&"Word after word. ".repeat(1_500))
        .await;
    // What a page does not know it leaves unread; but it is another address.
    let path = |n: usize| format!("/articles/one?from={n}");
    let size = process.get(&path(0)).await.expect(200).bytes.len();
    for n in 0..60 {
        process.get(&path(n)).await.expect(200);
    }
    let before = count(&process, "kept").await;
    for n in (0..60).rev() {
        process.get(&path(n)).await.expect(200);
    }
    let found = count(&process, "kept").await - before;
    assert!(found > 0, "nothing is kept at all");
    assert!(
        found * size < 1024 * 1024,
        "{found} answers of {size} bytes were kept in a megabyte"
    );
    process.terminate().await;
}
