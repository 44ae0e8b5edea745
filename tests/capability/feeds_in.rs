//! Stories from feeds: by import and by PUT. What feeds there are and how damaged, and the measure over the corpus, is tested
//! beside the reader (`api/src/format/feeds`).

use crate::press::{Press, segment};
use crate::runner::{Test, test};
use reqwest::Method;
use serde_json::{Value, json};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a feed comes in by import, and later only what has changed in it",
            again,
        ),
        test(
            "what the house's own feeds say is known again, whatever their form",
            own,
        ),
        test("feeds of every kind and encoding come in by import", kinds),
        test("one entry of a feed is put in by its media type", one_entry),
        test(
            "a file that is no feed is refused with its place and the reason",
            no_feed,
        ),
        test("what an Atom feed takes back is taken back here", taken_back),
    ]
}

async fn import(press: &Press, name: &str, bytes: &[u8]) -> (i32, Value) {
    let path = press.folder().join(name);
    std::fs::write(&path, bytes).unwrap();
    let path = path.display().to_string();
    let output = press.command(["import", "--json", &path]).await;
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr));
    (output.code.unwrap_or(-1), report)
}

fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

fn rss(second: &str) -> String {
    format!(
        "\n<?xml version='1.0'?><rss version='2.0'><channel><title>Quay News</title><link>https://quay.example/</link>
        <language>en-gb</language>
        <item><title>Harbour opens &amp; ships come</title><link>https://quay.example/1</link><guid>https://quay.example/1</guid>
          <pubDate>Mon, 12 Jan 2026 19:16:00 +0200</pubDate><author>ann@quay.example (Ann Quay)</author>
          <category>Old ships</category>
          <description>&lt;p&gt;Ships &lt;a href='/ships'&gt;come&lt;/a&gt;.&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description>
          <enclosure url='https://quay.example/1.jpg' type='image/jpeg' length='1200'/></item>
        <item><title>{second}</title><guid isPermaLink='false'>quay-2</guid><pubDate>Tue, 13 Jan 2026 10:00:00 GMT</pubDate>"
    )
}

async fn own(press: Press) {
    press.story("urn:x:one").headline("One").body_text("Text.").await;
    for form in ["atom", "rss", "json"] {
        let feed = press.get(&format!("/feeds/latest.{form}")).await.expect(200);
        let (_, report) = import(&press, &format!("own.{form}"), feed.text().as_bytes()).await;
        assert_eq!(counts(&report)[0], 0, "{form}: {report:#}");
    }
    let list = press.get("/v1/articles?total=true").await.expect(200).json();
    assert_eq!(list["total"], json!(1));
}

async fn again(press: Press) {
    let (code, report) = import(&press, "feed.xml", rss("Second").as_bytes()).await;
    assert_eq!((code, counts(&report)), (0, [2, 0, 0, 0]), "{report:#}");
    let first = press.read("https://quay.example/1").await;
    assert_eq!(
        (
            &first["headline"],
            &first["language"],
            &first["byline"],
            &first["firstPublished"]
        ),
        (
            &json!("Harbour opens & ships come"),
            &json!("en-GB"),
            &json!("Ann Quay"),
            &json!("2026-01-12T17:16:00Z")
        )
    );
    assert_eq!(
        (&first["topics"][0]["slug"], &first["topics"][0]["name"]),
        (&json!("old-ships"), &json!("Old ships"))
    );
    let body = first["body"].as_str().unwrap();
    assert!(
        body.contains("href=\"https://quay.example/ships\"") && !body.contains("x()"),
        "{body}"
    );
    assert_eq!(first["renditions"][0]["href"], "https://quay.example/1.jpg");

    let (_, report) = import(&press, "feed.xml", rss("Second").as_bytes()).await;
    assert_eq!(counts(&report), [0, 0, 2, 0]);
    let (_, report) = import(&press, "feed.xml", rss("Second, longer").as_bytes()).await;
    assert_eq!(counts(&report), [0, 1, 1, 0]);
    let latest = press.get("/v1/latest").await.expect(200).json();
    assert_eq!(
        (&latest["items"][0]["headline"], &latest["items"][0]["version"]),
        (&json!("Second, longer"), &json!(2))
    );
}

async fn kinds(press: Press) {
    let utf16: Vec<u8> =
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='uk'><entry><id>urn:f:1</id><title>Київ</title>\
                          <updated>2026-01-12T10:00:00Z</updated></entry></feed>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
               <item rdf:about='urn:f:2'><title>Two</title></item></rdf:RDF>";
    let json_feed = json!({"version": "https://jsonfeed.org/version/1.1", "title": "Quay",
        "items": [{"id": "urn:f:3", "content_html": "<p>Only text, and no title.</p>"}]});
    let old = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><id>urn:f:4</id><title>Four";
    let cdf = "<CHANNEL HREF='https://quay.example/'><ITEM HREF='https://quay.example/5'><TITLE>Five</TITLE></ITEM></CHANNEL>";
    for (name, bytes, uri, headline) in [
        ("utf-16.atom", utf16, "urn:f:1", "Київ"),
        ("feed.rdf", rdf.into(), "urn:f:2", "Two"),
        (
            "feed.json",
            json_feed.to_string().into(),
            "urn:f:3",
            "Only text, and no title.",
        ),
        (
            "pretty.json",
            format!("{json_feed:#}").into(),
            "urn:f:3",
            "Only text, and no title.",
        ),
        ("damaged.xml", old.into(), "urn:f:4", "Four"),
        ("feed.cdf", cdf.into(), "https://quay.example/5", "Five"),
    ] {
        let (code, report) = import(&press, name, &bytes).await;
        assert_eq!(code, 0, "{name}: {report:#}");
        assert_eq!(press.read(uri).await["headline"], headline, "{name}");
    }
}

async fn one_entry(press: Press) {
    let entry = "<entry xmlns='http://www.w3.org/2005/Atom'><id>urn:f:1</id><title type='html'>A &amp;lt; B</title>\
                 <updated>2026-01-12T10:00:00Z</updated><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>\
                 <p>Text</p></div></content></entry>";
    let put = async |uri: &str, body: String| {
        let ask = press
            .ask(Method::PUT, &format!("/v1/articles/{}", segment(uri)))
            .admin();
        ask.header("content-type", "application/atom+xml").body(body).await
    };
    put("urn:f:1", entry.to_owned()).await.expect(201);
    let written = press.read("urn:f:1").await;
    assert_eq!(
        (&written["headline"], &written["body"]),
        (&json!("A < B"), &json!("<p>Text</p>"))
    );
    let two = format!("<feed xmlns='http://www.w3.org/2005/Atom'>{entry}{entry}</feed>");
    let refused = put("urn:f:1", two).await.expect(422).json();
    assert_eq!(refused["code"], "several_stories", "{refused}");
}

async fn no_feed(press: Press) {
    let (code, report) = import(&press, "drawing.svg", b"<!-- no feed -->\n\n  <svg>\n<path/></svg>").await;
    assert_eq!((code, counts(&report)), (3, [0, 0, 0, 1]));
    let refusal = &report["refusals"][0];
    assert_eq!(refusal["line"], 3);
    let detail = refusal["detail"].as_str().unwrap();
    assert!(
        detail.contains("<svg>") && detail.contains("line 3, column 3"),
        "{detail}"
    );
}

async fn taken_back(press: Press) {
    let entry = "<entry><id>urn:f:1</id><title>Wrong</title><updated>2026-01-12T10:00:00Z</updated></entry>";
    let feed = |inside: &str| {
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:at='http://purl.org/atompub/tombstones/1.0'>{inside}</feed>"
        )
    };
    import(&press, "feed.atom", feed(entry).as_bytes()).await;
    press.read("urn:f:1").await;
    let deleted = feed(
        "<at:deleted-entry ref='urn:f:1' when='2026-01-12T11:00:00Z'><at:comment>It was wrong.</at:comment></at:deleted-entry>",
    );
    let (code, report) = import(&press, "feed.atom", deleted.as_bytes()).await;
    assert_eq!(code, 0, "{report:#}");
    let gone = press.get("/v1/articles/urn%3Af%3A1").await.expect(410).json();
    assert!(gone.to_string().contains("It was wrong."), "{gone}");
}
