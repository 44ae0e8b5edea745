//! Sources in the forms that others put up, and the house's own.

use serde_json::{Value, json};

use super::origin::{Origin, Reply};
use super::{add, headlines, looked_at, looked_at_again, story};
use crate::moves::{until, until_some};
use crate::press::{Answer, Press, Setup, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "RSS, Atom, JSON Feed and NewsML-G2 come in once, with what changes; what vanishes from them stays",
            kinds,
        ),
        test(
            "a page that is pulled is one story, whatever becomes of its headline",
            page,
        ),
        test(
            "our own feeds and pages, read by another house, are the same stories, and canceled when they are",
            own,
        ),
        test(
            "a look that was cut off by a kill is made by another server within seconds",
            killed,
        )
        .doors_closed(),
        test("what all entries of a feed lose alike is told once", folded),
        test(
            "a headline that was made is left out of RSS where there is a description",
            made,
        ),
    ]
}

type Entry = (u32, &'static str, &'static str);

fn rss(entries: &[Entry]) -> String {
    let item = |(n, title, day): &Entry| {
        format!(
            "<item><guid isPermaLink='false'>tag:x.example,2026:{n}</guid><title>{title}</title><pubDate>Sat, 10 Jan 2026 10:00:00 GMT</pubDate>\
                 <description>Text of day {day}.</description></item>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!("<rss version='2.0'><channel><title>F</title><link>https://x.example/</link>{items}</channel></rss>")
}

fn atom(entries: &[Entry]) -> String {
    let entry = |(n, title, day): &Entry| {
        format!(
            "<entry><id>tag:x.example,2026:{n}</id><title>{title}</title><published>2026-01-10T10:00:00Z</published>\
                 <updated>2026-01-{day}T10:00:00Z</updated><content>Text.</content></entry>"
        )
    };
    let entries: String = entries.iter().map(entry).collect();
    format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{entries}</feed>")
}

fn json_feed(entries: &[Entry]) -> String {
    let item = |(n, title, day): &Entry| {
        json!({
            "id": format!("tag:x.example,2026:{n}"), "title": title, "content_text": "Text.",
            "date_published": "2026-01-10T10:00:00Z", "date_modified": format!("2026-01-{day}T10:00:00Z"),
        })
    };
    let items: Vec<Value> = entries.iter().map(item).collect();
    json!({ "version": "https://jsonfeed.org/version/1.1", "title": "F", "items": items }).to_string()
}

fn newsml(entries: &[Entry]) -> String {
    let item = |(n, title, day): &Entry| {
        format!(
            "<newsItem guid='tag:x.example,2026:{n}' version='1'><catalogRef href='x'/><itemMeta><itemClass qcode='ninat:text'/>\
                 <versionCreated>2026-01-{day}T10:00:00Z</versionCreated><firstCreated>2026-01-10T10:00:00Z</firstCreated></itemMeta>\
                 <contentMeta><headline>{title}</headline></contentMeta><contentSet><inlineData contenttype='text/plain'>Text.</inlineData>\
                 </contentSet></newsItem>"
        )
    };
    let items: String = entries.iter().map(item).collect();
    format!(
        "<newsMessage xmlns='http://iptc.org/std/nar/2006-10-01/'><header/><itemSet>{items}</itemSet></newsMessage>"
    )
}

async fn kinds(press: Press) {
    let origin = Origin::start().await;
    type Write = fn(&[Entry]) -> String;
    let kinds: [(&str, &str, Write); 4] = [
        ("rss", "application/rss+xml", rss),
        ("atom", "application/atom+xml", atom),
        ("json", "application/feed+json", json_feed),
        ("newsml", "application/vnd.iptc.g2.newsmessage+xml", newsml),
    ];
    for (i, (slug, kind, write)) in (1..).zip(kinds) {
        let path = format!("/{slug}");
        let [a, b, c] = [1, 2, 3].map(|n| i * 10 + n);
        origin.document(&path, kind, write(&[(b, "Second", "10"), (a, "First", "10")]));
        add(&press, slug, &origin.url(&path), json!({})).await;
        let first = looked_at(&press, slug).await;
        assert_eq!(
            (&first["health"]["stories"], &first["health"]["refused"]),
            (&json!(2), &json!(0)),
            "{slug}"
        );
        // One is new, one has changed, one is gone.
        origin.document(&path, kind, write(&[(c, "Third", "11"), (a, "First, again", "11")]));
        let second = looked_at_again(&press, slug).await;
        assert_eq!(
            (&second["health"]["stories"], &second["health"]["refused"]),
            (&json!(3), &json!(0)),
            "{slug}"
        );
        for (n, headline, version) in [(a, "First, again", 2), (b, "Second", 1), (c, "Third", 1)] {
            let path = format!("/v1/articles/{}", segment(&format!("tag:x.example,2026:{n}")));
            let story = press.get(&path).await.expect(200).json();
            assert_eq!(
                (&story["headline"], &story["version"]),
                (&json!(headline), &json!(version)),
                "{slug}"
            );
            assert_eq!(story["firstPublished"], "2026-01-10T10:00:00Z", "{slug}");
        }
        // The same again is nothing.
        looked_at_again(&press, slug).await;
        let path = format!("/v1/articles/{}", segment(&format!("tag:x.example,2026:{a}")));
        assert_eq!(press.get(&path).await.expect(200).json()["version"], 2, "{slug}");
    }
}

async fn page(press: Press) {
    let origin = Origin::start().await;
    let page = |headline: &str| {
        format!(
            "<!doctype html><html lang=en><head><meta property='og:title' content='{headline}'></head><body><article>\
                 <p>A paragraph that is long enough to be one of a story.</p></article></body></html>"
        )
    };
    origin.document("/page", "text/html", page("Then"));
    add(&press, "page", &origin.url("/page"), json!({})).await;
    looked_at(&press, "page").await;
    origin.document("/page", "text/html", page("Now"));
    looked_at_again(&press, "page").await;
    assert_eq!(headlines(&press).await, [(origin.url("/page"), "Now".to_owned())]);
}

async fn own(press: Press) {
    press.topic("grain", "Grain", None).await;
    for (uri, headline) in [("urn:x:a", "One & <two>"), ("https://agency.example/b", "Other")] {
        press
            .story(uri)
            .headline(headline)
            .topics(["grain"])
            .body("<p>Text of a story that is long enough.</p>")
            .await;
    }
    let other = Press::start(press.backend(), Setup::default()).await;
    let import = async |name: &str, answer: &Answer| {
        let path = press.folder().join(name);
        std::fs::write(&path, &answer.bytes).unwrap();
        other.command(["import", path.to_str().unwrap()]).await.ok();
    };
    let both = [
        ("https://agency.example/b".to_owned(), "Other".to_owned()),
        ("urn:x:a".to_owned(), "One & <two>".to_owned()),
    ];
    for form in ["atom", "rss", "json"] {
        let feed = press.get(&format!("/feeds/latest.{form}")).await.expect(200);
        import(&format!("feed.{form}"), &feed).await;
        assert_eq!(headlines(&other).await, both, "{form}");
    }
    for uri in ["urn:x:a", "https://agency.example/b"] {
        let path = format!("/v1/articles/{}", segment(uri));
        let story = press.get(&path).await.expect(200).json();
        let page = format!("/articles/{}", story["slug"].as_str().unwrap());
        import("page.html", &press.get(&page).await.expect(200)).await;
        import(
            "story.json",
            &press.get(&format!("{path}?format=json-ld")).await.expect(200),
        )
        .await;
        assert_eq!(headlines(&other).await, both, "{uri}");
    }
    for (uri, form) in [("urn:x:a", "atom"), ("https://agency.example/b", "json")] {
        let path = format!("/v1/articles/{}", segment(uri));
        press
            .post(&format!("{path}/cancel"), &json!({ "reason": "Untrue" }))
            .await
            .expect(200);
        import("killed", &press.get(&format!("/feeds/latest.{form}")).await.expect(200)).await;
        let gone = other.get(&path).await.expect(410).json();
        assert_eq!(gone["tombstone"]["reason"], "Untrue", "{form}");
    }
    assert_eq!(headlines(&other).await, []);
    // What was canceled is known by its name: nothing stands under our id.
    let wire = other.get("/v1/wire?limit=100").await.expect(200).json().to_string();
    assert!(!wire.contains("\"uri\":\"urn:uuid:"), "{wire}");
    other.close().await;
}

async fn killed(press: Press) {
    let origin = Origin::start().await;
    origin.says("/feed", Reply::Hang);
    let first = press.process().await;
    add(&first, "agency", &origin.url("/feed"), json!({})).await;
    until(1, async || origin.asked("/feed").len()).await;
    first.kill().await;
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    let second = press.process().await;
    until_some(async || Some(()).filter(|()| origin.asked("/feed").len() > 1)).await;
    until(200, async || second.get("/v1/articles/urn%3Ax%3Aa").await.status).await;
    second.terminate().await;
}

async fn folded(press: Press) {
    let entries: String = (0..30)
        .map(|n| format!("<item><guid>https://x.example/{n}</guid><title>T{n}</title><odd>x</odd></item>"))
        .collect();
    let path = press.folder().join("feed.rss");
    std::fs::write(
        &path,
        format!("<rss version='2.0'><channel><title>F</title>{entries}</channel></rss>"),
    )
    .unwrap();
    let report = press.command(["import", "--json", path.to_str().unwrap()]).await.ok();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(
        (&report["created"], &report["lost"]),
        (&json!(30), &json!(1)),
        "{report}"
    );
}

async fn made(press: Press) {
    let bare = json!({ "uri": "urn:n:1", "versioncreated": "2026-01-10T10:00:00Z", "description_text": "Short.", "body_text": "The ice went out." });
    let alone = json!({ "uri": "urn:n:2", "versioncreated": "2026-01-10T10:00:00Z", "body_text": "The ice holds." });
    for story in [bare, alone] {
        let path = format!("/v1/articles/{}", segment(story["uri"].as_str().unwrap()));
        let put = press
            .ask(reqwest::Method::PUT, &path)
            .admin()
            .header("content-type", "application/ninjs+json");
        put.body(story.to_string()).await.expect(201);
    }
    let feed = press.get("/feeds/latest.rss").await.expect(200);
    let items: Vec<&str> = feed.text().split("<item>").skip(1).collect();
    let of = |uri: &str| items.iter().find(|item| item.contains(&format!(">{uri}<"))).unwrap();
    assert!(!of("urn:n:1").contains("<title>") && of("urn:n:1").contains("<description>Short.</description>"));
    assert!(of("urn:n:2").contains("<title>The ice holds.</title>"));
}
