//! Feeds, sitemaps and the list of feeds.

use serde_json::{Value, json};

use super::nasty::{self, HEADLINES};
use super::validators::{feedparser, json_schema, missing, relax_ng, schema, well_formed, xml_schema};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("Atom is valid by RFC 4287's schema, whatever the stories hold", atom).needing(missing()),
        test(
            "RSS and Atom are read by feedparser without a complaint, and say the same",
            feed_readers,
        )
        .needing(missing()),
        test("JSON Feed is valid by its schema, whatever the stories hold", json_feed).needing(missing()),
        test("sitemaps are valid by their schemas", sitemaps)
            .needing(missing())
            .with_corpus(),
        test("all feeds stand in one OPML file", outline),
        test("a feed's pages lead through the whole list and back", pages),
        test("an entry keeps its id when the story is renamed", renamed),
        test(
            "a canceled story is told to feed readers, and to nobody who could not read it",
            canceled,
        ),
        test(
            "a canceled story leaves a collection's feed as a deleted entry",
            canceled_in_collection,
        ),
        test("a withheld story leaves its feeds without a trace", withheld),
        test("a feed that has not changed is not sent again", unchanged),
        test("a feed reader is told of what he asks wrongly", asked_wrongly),
        test("the feed of a merged topic has moved to its target's", merged),
        test("pages lead feed readers to their feeds", autodiscovery),
    ]
}

const FORMS: [(&str, &str); 3] = [
    ("atom", "application/atom+xml; charset=utf-8"),
    ("rss", "application/rss+xml; charset=utf-8"),
    ("json", "application/feed+json"),
];

async fn furnish(press: &Press) -> Vec<String> {
    nasty::furnish(press).await;
    crate::channels::channel(press, "all", json!({})).await;
    let items: Vec<&str> = HEADLINES.iter().map(|(_, uri, _)| *uri).collect();
    let front = json!({ "name": "Front ]]> &", "items": items });
    press.put("/v1/collections/front", &front).await.expect(201);
    ["latest", "topics/prices", "channels/all", "collections/front"]
        .map(str::to_owned)
        .to_vec()
}

async fn read(press: &Press, path: &str, kind: &str) -> Answer {
    let answer = press.get(path).await.expect(200);
    assert_eq!(answer.header("content-type"), kind, "{answer}");
    answer
}

async fn atom(press: Press) {
    for feed in furnish(&press).await {
        for query in ["", "?limit=2"] {
            if !query.is_empty() && feed.starts_with("collections") {
                continue;
            }
            let answer = read(&press, &format!("/feeds/{feed}.atom{query}"), FORMS[0].1).await;
            relax_ng(&answer.bytes, &schema("atom-rfc4287.rng"));
        }
    }
    let empty = press.topic("nothing", "Nothing", None).await;
    assert_eq!(empty.status, 201);
    let answer = read(&press, "/feeds/topics/nothing.atom", FORMS[0].1).await;
    relax_ng(&answer.bytes, &schema("atom-rfc4287.rng"));
}

/// feedparser takes the controls of Latin-1 for the quotation marks of Windows.
fn words(text: &Value) -> String {
    text.as_str().unwrap().replace(['\u{91}', '‘'], "")
}

/// Its HTML is what it was, save how tags are written.
fn untagged(html: &Value) -> String {
    let html = words(html);
    let parts = html
        .split('<')
        .map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<_>>().concat()
}

async fn feed_readers(press: Press) {
    for feed in furnish(&press).await {
        let mut seen = Vec::new();
        for (form, kind) in &FORMS[..2] {
            let answer = read(&press, &format!("/feeds/{feed}.{form}"), kind).await;
            well_formed(&answer.bytes);
            let parsed = feedparser(&answer.bytes);
            let entries = parsed["entries"].as_array().unwrap().clone();
            for (language, uri, plain) in HEADLINES {
                let story = press
                    .get(&format!("/v1/articles/{}", crate::press::segment(uri)))
                    .await
                    .expect(200)
                    .json();
                let id = json!(format!("urn:uuid:{}", story["id"].as_str().unwrap()));
                let entry = entries
                    .iter()
                    .find(|e| e["id"] == id)
                    .unwrap_or_else(|| panic!("no {uri} in {feed}.{form}"));
                let about = format!("{uri} in {feed}.{form}: {entry}");
                assert_eq!(words(&entry["title"]), words(&json!(nasty::headline(plain))), "{about}");
                assert_eq!(entry["link"], story["url"], "{about}");
                assert_eq!(untagged(&entry["content"][0]), untagged(&story["body"]), "{about}");
                assert_eq!(words(&entry["author"]), words(&story["byline"]), "{about}");
                assert_eq!(entry["published"], json!([2026, 1, 12, 10, 0, 0]), "{about}");
                // Corrected at the press's own time.
                assert_eq!(entry["updated"], "2026-01-12T20:00:00Z", "{about}");
                let names = story["topics"].as_array().unwrap().iter().map(|t| t["name"].clone());
                assert_eq!(entry["tags"], names.collect::<Value>(), "{about}");
                assert_eq!(entry["media"].as_array().unwrap().len(), 4, "{about}");
                let related = entry["links"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|l| l[0] == "related")
                    .count();
                assert_eq!(related, 3, "{about}");
                if *form == "atom" {
                    assert_eq!(entry["language"], language, "{about}");
                }
            }
            seen.push((
                parsed["title"].clone(),
                entries.iter().map(|e| e["id"].clone()).collect::<Vec<_>>(),
            ));
        }
        assert_eq!(seen[0], seen[1], "{feed}");
    }
}

async fn json_feed(press: Press) {
    for feed in furnish(&press).await {
        let answer = read(&press, &format!("/feeds/{feed}.json"), FORMS[2].1).await;
        let document = answer.json();
        json_schema(&document, &schema("json-feed-1.1.schema.json"), &[]);
        let item = document["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|i| i["_dateline"]["uri"] == "urn:x:uk")
            .unwrap();
        assert_eq!(item["title"], nasty::headline(HEADLINES[1].2));
        assert_eq!(
            item["image"],
            "https://x.example/%D1%84%D0%BE%D1%82%D0%BE-1.jpg?a=1&b=2"
        );
    }
}

async fn sitemaps(press: Press) {
    // With nothing in them they are valid too.
    for round in 0..2 {
        if round == 1 {
            furnish(&press).await;
        }
        let of_corpus = schema("schemas/sitemap-0.9.xsd");
        let both = press.folder().join("both.xsd");
        let import = |namespace: &str, path: &std::path::Path| {
            format!(
                "<xs:import namespace=\"{namespace}\" schemaLocation=\"{}\"/>",
                path.display()
            )
        };
        let text = format!(
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" targetNamespace=\"urn:both\">{}{}</xs:schema>",
            import("http://www.sitemaps.org/schemas/sitemap/0.9", &of_corpus),
            import(
                "http://www.google.com/schemas/sitemap-news/0.9",
                &schema("sitemap-news-0.9.xsd")
            ),
        );
        std::fs::write(&both, text).unwrap();
        let answer = read(&press, "/sitemap-news.xml", "application/xml; charset=utf-8").await;
        xml_schema(&answer.bytes, &both);
        assert_eq!(answer.text().matches("<news:news>").count(), round * 5, "{answer}");
        let answer = read(&press, "/sitemap.xml", "application/xml; charset=utf-8").await;
        assert!(
            answer
                .text()
                .contains("<loc>https://news.example/sitemap-news.xml</loc>"),
            "{answer}"
        );
        well_formed(&answer.bytes);
    }
    // Two days later search engines have them.
    press.clock.set("2026-01-14T10:00:00.123457Z".parse().unwrap());
    let answer = press.get("/sitemap-news.xml").await.expect(200);
    assert_eq!(answer.text().matches("<news:news>").count(), 0, "{answer}");
}

async fn outline(press: Press) {
    furnish(&press).await;
    let answer = read(&press, "/feeds.opml", "text/x-opml; charset=utf-8").await;
    let marks = |part: &str| answer.text().matches(part).count();
    assert_eq!(marks("type=\"rss\""), 1 + 5 + 1, "{answer}");
    for feed in ["latest", "topics/kyiv", "channels/all"] {
        assert_eq!(
            marks(&format!("xmlUrl=\"https://news.example/feeds/{feed}.atom\"")),
            1,
            "{answer}"
        );
    }
}

/// The ids of the entries of a JSON Feed.
fn ids(feed: &Value) -> Vec<String> {
    let items = feed["items"].as_array().unwrap();
    items.iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
}

async fn pages(press: Press) {
    let mut all = Vec::new();
    for n in 0..5 {
        let story = press
            .story(&format!("urn:{n}"))
            .published_at(&format!("2026-01-12T1{n}:00:00Z"));
        all.insert(0, format!("urn:uuid:{}", story.await.id));
    }
    let link = |answer: &Answer, relation: &str| {
        let text = answer.text().replace("&amp;", "&");
        let (_, rest) = text.split_once(&format!("rel=\"{relation}\""))?;
        let (_, rest) = rest.split_once("href=\"https://news.example")?;
        Some(rest.split_once('"').unwrap().0.to_owned())
    };
    let mut path = "/feeds/latest.atom?limit=2".to_owned();
    let (mut found, mut walked) = (Vec::new(), Vec::new());
    loop {
        let answer = press.get(&path).await.expect(200);
        assert_eq!(link(&answer, "self").as_ref(), Some(&path));
        assert_eq!(link(&answer, "first").unwrap(), "/feeds/latest.atom?limit=2");
        assert_eq!(link(&answer, "previous").is_some(), !walked.is_empty(), "{answer}");
        found.extend(ids(&press
            .get(&path.replace(".atom", ".json"))
            .await
            .expect(200)
            .json()));
        walked.push(path);
        match link(&answer, "next") {
            Some(next) => path = next,
            None => break,
        }
    }
    assert_eq!((walked.len(), found), (3, all.clone()));
    let last = press.get(&walked[2]).await.expect(200);
    let before = press
        .get(&link(&last, "previous").unwrap().replace(".atom", ".json"))
        .await
        .expect(200);
    assert_eq!(ids(&before.json()), all[2..4]);
}

async fn renamed(press: Press) {
    let put = press.story("urn:x:a").slug("a").await;
    let before = ids(&press.get("/feeds/latest.json").await.expect(200).json());
    assert_eq!(before, [format!("urn:uuid:{}", put.id)]);
    let names = json!({ "uri": "urn:x:b", "slug": "b" });
    press.post("/v1/articles/a/rename", &names).await.expect(200);
    let now = press.get("/feeds/latest.json").await.expect(200).json();
    assert_eq!(ids(&now), before);
    assert_eq!(now["items"][0]["url"], "https://news.example/articles/b");
}

async fn canceled(press: Press) {
    press.topic("grain", "Grain", None).await;
    press.topic("war", "War", None).await;
    crate::channels::channel(&press, "calm", json!({ "topics": ["grain"] })).await;
    crate::channels::channel(&press, "loud", json!({ "topics": ["war"] })).await;
    let put = press
        .story("urn:x:a")
        .headline("Purloined")
        .slug("a")
        .topics(["grain"])
        .await;
    press.story("urn:x:b").topics(["grain", "war"]).await;
    let reason = json!({ "reason": "Untrue ]]> & <so>." });
    press.post("/v1/articles/a/cancel", &reason).await.expect(200);
    let entry = format!(
        "<at:deleted-entry ref=\"urn:uuid:{}\" when=\"2026-01-12T20:00:00Z\">",
        put.id
    );
    for feed in ["latest", "topics/grain", "channels/calm"] {
        for form in ["atom", "rss"] {
            let answer = press.get(&format!("/feeds/{feed}.{form}")).await.expect(200);
            assert!(answer.text().contains(&entry), "{answer}");
            assert!(!answer.text().contains("Purloined"), "{answer}");
        }
        let answer = press.get(&format!("/feeds/{feed}.json")).await.expect(200).json();
        let deleted = json!([{
            "id": format!("urn:uuid:{}", put.id), "when": "2026-01-12T20:00:00Z", "comment": "Untrue ]]> & <so>.", "uri": "urn:x:a",
        }]);
        assert_eq!(answer["_dateline"]["deleted"], deleted, "{feed}");
    }
    for feed in ["topics/war", "channels/loud"] {
        for (form, _) in FORMS {
            let answer = press.get(&format!("/feeds/{feed}.{form}")).await.expect(200);
            assert!(!answer.text().contains(&put.id), "{answer}");
        }
    }
}

async fn canceled_in_collection(press: Press) {
    let put = press.story("urn:x:a").slug("a").await;
    press.story("urn:x:b").slug("b").await;
    let front = json!({ "name": "Front", "items": ["urn:x:a", "urn:x:b"] });
    press.put("/v1/collections/front", &front).await.expect(201);
    press
        .post("/v1/articles/a/cancel", &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    let answer = press.get("/feeds/collections/front.json").await.expect(200).json();
    assert_eq!(answer["_dateline"]["deleted"][0]["id"], format!("urn:uuid:{}", put.id));
    assert_eq!(ids(&answer).len(), 1);
}

async fn withheld(press: Press) {
    press.story("urn:x:b").await;
    let before = press.get("/feeds/latest.atom").await.expect(200);
    let put = press
        .story("urn:x:a")
        .slug("a")
        .published_at("2026-01-12T10:00:00Z")
        .await;
    let with = press.get("/feeds/latest.atom").await.expect(200);
    assert!(with.text().contains(&put.id), "{with}");
    press.post("/v1/articles/a/withhold", &json!({})).await.expect(200);
    let now = press
        .get("/feeds/latest.atom")
        .header("if-none-match", with.etag())
        .await
        .expect(200);
    assert_eq!(now.bytes, before.bytes);
    assert_eq!(now.header("last-modified"), before.header("last-modified"));
}

async fn unchanged(press: Press) {
    press.story("urn:x:a").await;
    for path in [
        "/feeds/latest.atom",
        "/feeds/latest.rss",
        "/feeds/latest.json",
        "/feeds.opml",
        "/sitemap-news.xml",
    ] {
        let first = press.get(path).await.expect(200);
        let again = press.get(path).header("if-none-match", first.etag()).await.expect(304);
        assert!(again.bytes.is_empty(), "{again}");
        assert_eq!(first.header("cache-control"), "public, max-age=1", "{first}");
        assert_eq!(first.header("vary"), "accept-encoding, authorization", "{first}");
        // A date alone does not say that nothing was taken away meanwhile.
        press
            .get(path)
            .header("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")
            .await
            .expect(200);
    }
    let feed = press.get("/feeds/latest.atom").await.expect(200);
    assert_eq!(feed.header("last-modified"), "Mon, 12 Jan 2026 20:00:00 GMT");
    let keyed = press.get("/feeds/latest.atom").admin().await.expect(200);
    assert_eq!(keyed.header("cache-control"), "private, no-cache");
    press.story("urn:x:b").await;
    press
        .get("/feeds/latest.atom")
        .header("if-none-match", feed.etag())
        .await
        .expect(200);
}

async fn asked_wrongly(press: Press) {
    for path in [
        "/feeds/latest",
        "/feeds/latest.xml",
        "/feeds/newest.atom",
        "/feeds/topics/none.atom",
        "/feeds/channels/none.rss",
    ] {
        let answer = press.get(path).await.expect(404);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{answer}");
    }
    for query in ["limit=0", "limit=101", "after=x", "utm_source=x", "limit=1&limit=2"] {
        press.get(&format!("/feeds/latest.atom?{query}")).await.expect(400);
    }
}

async fn merged(press: Press) {
    press.topic("old", "Old", None).await;
    press.topic("new", "New", None).await;
    press
        .post("/v1/topics/old/merge", &json!({ "into": "new" }))
        .await
        .expect(200);
    let answer = press.get("/feeds/topics/old.rss?limit=2").await.expect(301);
    assert_eq!(answer.header("location"), "/feeds/topics/new.rss?limit=2");
}

async fn autodiscovery(press: Press) {
    press.topic("grain", "Grain", None).await;
    for (page, feeds) in [("/", 3), ("/topics/grain", 6)] {
        let answer = press.get(page).await.expect(200);
        let links: Vec<&str> = answer.text().split("<link rel=\"alternate\"").skip(2).collect();
        assert_eq!(links.len(), feeds, "{answer}");
        for link in links {
            let path = link.split_once("href=\"").unwrap().1.split_once('"').unwrap().0;
            let kind = link.split_once("type=\"").unwrap().1.split_once('"').unwrap().0;
            let feed = press.get(path).await.expect(200);
            assert!(feed.header("content-type").starts_with(kind), "{path}: {feed}");
        }
    }
}
