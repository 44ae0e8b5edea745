//! Advance copy: by right only, and by its own door.

use super::{UNTIL, left, put, set};
use crate::press::Press;
use crate::runner::{Test, test};
use serde_json::json;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a partner with the right to advance copy reads what waits, marked, and nowhere else",
            by_right,
        ),
        test(
            "where reading is by right, advance copy is of a partner's own channels, as if nothing else waited",
            of_his_channels,
        )
        .set("access.public", "\"channels\""),
        test("the audit tells who was shown a story before its time", audited),
        test("advance copy is never kept nor shared", never_kept).set("server.surrogate_keys", true),
    ]
}

async fn partner(press: &Press, slug: &str, advance: bool) -> String {
    let mut add = vec!["partner", "add", slug, "--name", slug];
    if advance {
        add.push("--advance");
    }
    press.command(add).await.ok();
    let key = ["key", "issue", "--partner", slug, "--name", slug];
    press.command(key).await.ok().trim().to_owned()
}

async fn by_right(press: Press) {
    let (trusted, other) = (
        partner(&press, "trusted", true).await,
        partner(&press, "other", false).await,
    );
    let story = json!({ "headline": "Merger", "slug": "merger", "bodyText": "Text.", "edNote": "Hold." });
    put(&press, "urn:x:1", UNTIL, story).await.expect(202);
    let list = press.get("/v1/advance").key(&trusted).await.expect(200).json();
    let copy = &list["items"][0];
    for (field, value) in [
        ("uri", json!("urn:x:1")),
        ("pubStatus", json!("embargoed")),
        ("embargoedUntil", json!(UNTIL)),
        ("headline", json!("Merger")),
        ("paragraphs", json!(["Text."])),
        ("edNote", json!("Hold.")),
        ("revision", json!(1)),
    ] {
        assert_eq!(copy[field], value, "{field}: {copy}");
    }
    // Who put it in, and what became of it, is the publisher's business.
    assert!(copy.get("owner").is_none() && copy.get("failure").is_none() && copy.get("id").is_none());
    press.get("/v1/pending").key(&trusted).await.expect(403);
    for path in ["/v1/articles/merger", "/v1/articles/urn%3Ax%3A1", "/articles/merger"] {
        press.get(path).key(&trusted).await.expect(404);
    }
    for path in ["/v1/latest?total=true", "/v1/wire", "/v1/snapshot"] {
        let answer = press.get(path).key(&trusted).await.expect(200);
        assert!(!answer.text().contains("urn:x:1"), "{answer}");
    }
    let asked =
        "{ advance(first: 5) { nodes { uri pubStatus embargoedUntil(timeZone: \"Europe/Kyiv\") body(format: TEXT)
        paragraphs topics { slug } relatedLinks { kind } renditions { name } } pageInfo { hasNextPage endCursor } } }";
    let data = press.graphql(asked, json!({})).key(&trusted).await.data();
    let copy = &data["advance"]["nodes"][0];
    assert_eq!(
        (&copy["pubStatus"], &copy["embargoedUntil"], &copy["body"]),
        (
            &json!("EMBARGOED"),
            &json!("2026-01-12T23:00:00+02:00"),
            &json!("Text.")
        )
    );
    for (key, code) in [(Some(&other), "SCOPE_REQUIRED"), (None, "KEY_REQUIRED")] {
        let ask = press.graphql(asked, json!({}));
        let answer = match key {
            Some(key) => ask.key(key).await,
            None => ask.await,
        };
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    // The right is looked at anew at every request.
    press
        .command(["partner", "change", "trusted", "--advance", "false"])
        .await
        .ok();
    press.get("/v1/advance").key(&trusted).await.expect(403);
    press.get("/v1/advance").key(&other).await.expect(403);
    set(&press, UNTIL);
    left(&press, &[]).await;
    let list = press.get("/v1/advance").admin().await.expect(200).json();
    assert_eq!(list["items"], json!([]));
}

async fn never_kept(press: Press) {
    let asked = "{ advance { nodes { uri } } pendingArticles { nodes { uri } } latest { nodes { uri } } }";
    for n in 0..3 {
        put(&press, &format!("urn:x:{n}"), UNTIL, json!({})).await.expect(202);
        for path in ["/v1/advance", "/v1/pending", "/v1/pending/urn%3Ax%3A0"] {
            let answer = press.get(path).admin().await.expect(200);
            assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
            assert_eq!(answer.header("surrogate-key"), "", "{answer}");
            let length = answer.json()["items"].as_array().map(Vec::len);
            assert!(length.is_none_or(|length| length == n + 1), "{answer}");
            press.get(path).await.expect(401);
        }
        let data = press.graphql(asked, json!({})).admin().await.data();
        assert_eq!(data["advance"]["nodes"].as_array().unwrap().len(), n + 1);
        let nobody = press.graphql(asked, json!({})).await;
        assert!(!nobody.text().contains("urn:x"), "{nobody}");
    }
}

async fn of_his_channels(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    let (a, b) = (partner(&press, "a", true).await, partner(&press, "b", true).await);
    crate::channels::channel(&press, "world", json!({ "topics": ["world"] })).await;
    press.story("urn:x:before").source("Wire agency").await;
    crate::channels::channel(&press, "agency", json!({ "sources": ["wire-agency"] })).await;
    for (partner, channel) in [("a", "world"), ("b", "agency")] {
        crate::channels::grant(&press, partner, channel).await;
    }
    // More of what he may not see than fits into one look, around each that he may.
    for n in 0..260 {
        let mut story = json!({ "headline": "Other", "genre": "Feature" });
        match n {
            130 | 258 => story["topics"] = json!(["grain"]),
            131 => story["source"] = json!("Wire agency"),
            _ => {}
        }
        put(&press, &format!("urn:x:{n}"), UNTIL, story).await.expect(202);
    }
    let read = async |key: &str, query: &str| {
        let list = press
            .get(&format!("/v1/advance{query}"))
            .key(key)
            .await
            .expect(200)
            .json();
        let items = list["items"].as_array().unwrap().clone();
        let uris: Vec<String> = items.iter().map(|s| s["uri"].as_str().unwrap().to_owned()).collect();
        (uris, list["next"].clone(), list["previous"].clone())
    };
    let mut his = ["urn:x:130".to_owned(), "urn:x:258".to_owned()].to_vec();
    let (mut all, next, previous) = read(&a, "").await;
    assert_eq!((&next, &previous), (&json!(null), &json!(null)));
    let order = all.clone();
    all.sort();
    his.sort();
    assert_eq!(all, his);
    assert_eq!(read(&b, "").await.0, ["urn:x:131"]);
    // Forward and back, one at a time: no page is short, and no cursor leads to what he does not see.
    let (first, next, _) = read(&a, "?limit=1").await;
    assert_eq!(first, order[..1]);
    let (second, end, back) = read(&a, &format!("?limit=1&after={}", next.as_str().unwrap())).await;
    assert_eq!((second, end), (order[1..].to_vec(), json!(null)));
    let (again, forth, none) = read(&a, &format!("?limit=1&before={}", back.as_str().unwrap())).await;
    assert_eq!((again, none), (order[..1].to_vec(), json!(null)));
    assert!(forth.is_string());
    let admin = press.get("/v1/advance?limit=100").admin().await.expect(200).json();
    assert_eq!(admin["items"].as_array().unwrap().len(), 100);
}

async fn audited(press: Press) {
    let key = partner(&press, "trusted", true).await;
    put(&press, "urn:x:1", UNTIL, json!({ "headline": "Merger" }))
        .await
        .expect(202);
    press.get("/v1/advance").key(&key).await.expect(200);
    press.get("/v1/advance?format=ninjs").key(&key).await.expect(200);
    press
        .graphql("{ advance { nodes { uri } } }", json!({}))
        .key(&key)
        .await
        .data();
    let lines = async || -> Vec<(bool, i64)> {
        let path = "/v1/partners/trusted/usage?article=urn%3Ax%3A1";
        let page = press.get(path).admin().await.expect(200).json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(
            items.iter().all(|i| i["uri"] == "urn:x:1" && i["day"] == "2026-01-12"),
            "{page}"
        );
        let mut lines: Vec<(bool, i64)> = items
            .iter()
            .map(|i| (i["advance"].as_bool().unwrap(), i["reads"].as_i64().unwrap()))
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(lines().await, [(true, 3)]);
    // What he reads of it afterwards is another line.
    set(&press, UNTIL);
    let begun = std::time::Instant::now();
    while press.get("/v1/articles/urn%3Ax%3A1").key(&key).await.status != 200 {
        assert!(begun.elapsed().as_secs() < 30, "it is not released");
    }
    assert_eq!(lines().await, [(false, 1), (true, 3)]);
}
