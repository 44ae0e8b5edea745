//! Stories from agencies' own formats: by PUT and by import.

use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};
use dateline_tests::corpus;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub fn all() -> Vec<Test> {
    vec![
        test("a story in ninjs is put in by its media type, in every version's words", ninjs_put),
        test("a document's subjects are topics with their codes, names and kinds", subjects),
        test("what a source withholds goes, and comes back when it says so; what it cancels is gone", signals),
        test("an older edition never takes a newer one's place", older),
        test("a document of several stories, or none, is refused by PUT with a reason", several),
        test("files in others' formats and lines of records are told apart by what they hold", told_apart),
        test("what a document says and the house has no place for is kept, clean and bounded", extra),
        test("a headline that a document does not have is made, and marked so", made_headline),
        test("NewsML-G2, NewsML 1, NITF, JSON-LD and pages are put in by their media types", other_formats),
        test("a document is read in its own encoding", encodings),
        test("bombs are refused fast, and nothing of them comes in", bombs),
        test("IPTC's Media Topics are the topic tree, from either file, and again nothing changes", vocabulary).with_corpus(),
        test(
            "every NewsML-G2 story of the corpus that should pass comes in, other kinds are refused by name, and wires of \
             all agencies come in",
            newsml_corpus,
        )
        .with_corpus(),
        test(
            "every ninjs story of the corpus that should pass comes in, other kinds are refused by name, and the rest is \
             refused or loses something that is named",
            ninjs_corpus,
        )
        .with_corpus(),
    ]
}

async fn put(press: &Press, uri: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let ask = press
        .ask(Method::PUT, &format!("/v1/articles/{}", segment(uri)))
        .admin();
    ask.header("content-type", media_type).body(body.into()).await
}

async fn ninjs(press: &Press, document: Value) -> Answer {
    let uri = document["uri"].as_str().unwrap().to_owned();
    put(press, &uri, "application/ninjs+json", document.to_string()).await
}

async fn story(press: &Press, uri: &str) -> Value {
    press
        .get(&format!("/v1/articles/{}", segment(uri)))
        .await
        .expect(200)
        .json()
}

async fn ninjs_put(press: Press) {
    let one = json!({
        "uri": "urn:n:1", "language": "en-gb", "headline": "Ice goes out", "slugline": "ICE", "byline": "By A. Writer",
        "located": "Oulu", "urgency": 3, "ednote": "Adds third paragraph", "versioncreated": "2026-01-10T10:00:00+02:00",
        "firstcreated": "2026-01-10T07:00:00Z", "description_text": "The ice went.", "body_text": "The ice went out.",
        "body_xhtml": "<p>The ice <b>went</b> out.<script>x()</script></p>",
        "renditions": {"main": {"href": "https://example.com/i.jpg", "mimetype": "image/jpeg", "width": 10, "height": 5}},
        "associations": {"before": {"uri": "urn:n:0", "type": "text", "headline": "Ice holds"}},
    });
    let two = json!({
        "uri": "urn:n:2", "language": "en-GB", "headlines": [{"role": "main", "value": "Ice goes out"}], "slugline": "ICE",
        "by": "By A. Writer", "located": "Oulu", "urgency": 3, "ednote": "Adds third paragraph",
        "versioncreated": "2026-01-10T10:00:00+02:00", "firstcreated": "2026-01-10T07:00:00Z",
        "descriptions": [{"role": "main", "value": "The ice went."}],
        "bodies": [{"role": "text", "contenttype": "text/plain", "value": "The ice went out."},
                   {"role": "main", "contenttype": "text/html", "value": "<p>The ice <b>went</b> out.</p>"}],
        "renditions": [{"name": "main", "href": "https://example.com/i.jpg", "contenttype": "image/jpeg", "width": 10, "height": 5}],
        "associations": [{"name": "before", "uri": "urn:n:0", "type": "text", "headlines": [{"value": "Ice holds"}]}],
    });
    let three = json!({
        "uri": "urn:n:3", "language": "en-GB", "headlines": [{"role": "main", "value": "Ice goes out"}], "slugline": "ICE",
        "by": "By A. Writer", "located": "Oulu", "urgency": 3, "edNote": "Adds third paragraph",
        "versionCreated": "2026-01-10T10:00:00+02:00", "firstCreated": "2026-01-10T07:00:00Z",
        "descriptions": [{"role": "main", "value": "The ice went."}],
        "bodies": [{"role": "main", "contentType": "text/html", "value": "<p>The ice <b>went</b> out.</p>"}],
        "renditions": [{"name": "main", "href": "https://example.com/i.jpg", "contentType": "image/jpeg", "width": 10, "height": 5}],
        "associations": [{"name": "before", "uri": "urn:n:0", "type": "text", "headlines": [{"value": "Ice holds"}]}],
    });
    for document in [one, two, three] {
        let uri = document["uri"].as_str().unwrap().to_owned();
        let written = ninjs(&press, document.clone()).await.expect(201).json();
        assert_eq!(
            (&written["outcome"], &written["lost"]),
            (&json!("created"), &Value::Null),
            "{uri}"
        );
        let story = story(&press, &uri).await;
        for (field, value) in [
            ("headline", json!("Ice goes out")),
            ("language", json!("en-GB")),
            ("slugline", json!("ICE")),
            ("byline", json!("By A. Writer")),
            ("dateline", json!("Oulu")),
            ("urgency", json!(3)),
            ("edNote", json!("Adds third paragraph")),
            ("published", json!("2026-01-10T08:00:00Z")),
            ("firstPublished", json!("2026-01-10T07:00:00Z")),
            ("summary", json!("The ice went.")),
            ("body", json!("<p>The ice <b>went</b> out.</p>")),
        ] {
            assert_eq!(story[field], value, "{uri} {field}");
        }
        let rendition = &story["renditions"][0];
        let expected = json!(["main", "https://example.com/i.jpg", "image/jpeg", 10, 5]);
        let said = ["name", "href", "mediaType", "width", "height"].map(|name| rendition[name].clone());
        assert_eq!(json!(said), expected, "{uri}");
        let again = ninjs(&press, document).await.expect(200).json();
        assert_eq!(again["outcome"], "unchanged");
    }
}

async fn subjects(press: Press) {
    let document = json!({
        "uri": "urn:n:1", "language": "en", "headlines": [{"value": "x"}],
        "subject": [
            {"name": "medical research", "scheme": "http://cv.iptc.org/newscodes/mediatopic/", "code": "20000737", "rel": "about"},
            {"name": "medical research", "scheme": "http://www.wikidata.org/entity/", "code": "Q2752427"},
            {"code": "04000000"}],
        "people": [{"name": "Ada Lovelace", "uri": "http://www.wikidata.org/entity/Q7259"}],
        "places": [{"name": "Oulu"}],
        "organisations": [{"literal": "nasdaq:ACME"}, {"rel": "about"}],
    });
    let written = ninjs(&press, document).await.expect(201).json();
    let lost: Vec<&str> = written["lost"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["what"].as_str().unwrap())
        .collect();
    assert_eq!(lost, ["organisations[1]"]);
    let story = story(&press, "urn:n:1").await;
    let topics = story["topics"].as_array().unwrap().iter();
    let topics: Vec<Value> = topics.map(|t| json!([t["code"], t["kind"], t["name"]])).collect();
    let expected = json!([
        ["medtop:20000737", "subject", "medical research"],
        ["http://www.wikidata.org/entity/Q2752427", "subject", "medical research"],
        ["subj:04000000", "subject", "subj:04000000"],
        ["http://www.wikidata.org/entity/Q7259", "person", "Ada Lovelace"],
        ["nasdaq:ACME", "organisation", "nasdaq:ACME"],
        [null, "place", "Oulu"],
    ]);
    assert_eq!(json!(topics), expected);
}

async fn signals(press: Press) {
    let document = |status: &str, at: &str, text: &str| json!({"uri": "urn:n:1", "language": "en", "headline": "x", "pubstatus": status, "versioncreated": at, "body_text": text});
    let path = "/v1/articles/urn%3An%3A1";
    ninjs(&press, document("withheld", "2026-01-10T10:00:00Z", "one"))
        .await
        .expect(201);
    press.get(path).await.expect(404);
    ninjs(&press, document("usable", "2026-01-10T11:00:00Z", "two"))
        .await
        .expect(200);
    assert_eq!(press.get(path).await.expect(200).json()["body"], "<p>two</p>");
    ninjs(&press, document("withheld", "2026-01-10T12:00:00Z", "three"))
        .await
        .expect(200);
    press.get(path).await.expect(404);
    // What an editor withholds, no source brings back.
    ninjs(&press, document("usable", "2026-01-10T13:00:00Z", "four"))
        .await
        .expect(200);
    press
        .post(&format!("{path}/withhold"), &json!({"reason": "legal"}))
        .admin()
        .await
        .expect(200);
    ninjs(&press, document("usable", "2026-01-10T14:00:00Z", "five"))
        .await
        .expect(200);
    press.get(path).await.expect(404);
    press
        .post(&format!("{path}/restore"), &json!({}))
        .admin()
        .await
        .expect(200);
    assert_eq!(press.get(path).await.expect(200).json()["body"], "<p>five</p>");
    ninjs(&press, document("canceled", "2026-01-10T15:00:00Z", "five"))
        .await
        .expect(200);
    assert_eq!(
        press.get(path).await.expect(410).json()["tombstone"]["reason"],
        "Canceled by its source."
    );
    let again = ninjs(&press, document("canceled", "2026-01-10T15:00:00Z", "five"))
        .await
        .expect(200)
        .json();
    assert_eq!(again["outcome"], "unchanged");
    // One that comes in canceled was never here to be read.
    let gone = json!({"uri": "urn:n:2", "headline": "x", "pubstatus": "canceled", "body_text": "secret"});
    ninjs(&press, gone).await.expect(201);
    assert!(
        !press
            .get("/v1/articles/urn%3An%3A2")
            .await
            .expect(410)
            .text()
            .contains("secret")
    );
    let later = json!({"uri": "urn:n:3", "headline": "x", "embargoed": "2026-02-01T00:00:00Z"});
    ninjs(&press, later).await.expect(202);
    press.get("/v1/articles/urn%3An%3A3").await.expect(404);
}

async fn older(press: Press) {
    let document = |at: &str, first: &str, text: &str| json!({"uri": "urn:n:1", "headline": "x", "versioncreated": at, "firstcreated": first, "body_text": text});
    ninjs(&press, document("2026-01-10T12:00:00Z", "2026-01-10T09:00:00Z", "two"))
        .await
        .expect(201);
    let refused = ninjs(&press, document("2026-01-10T10:00:00Z", "2026-01-10T09:00:00Z", "one"))
        .await
        .expect(412)
        .json();
    assert_eq!(refused["code"], "older_edition");
    // The first publication is what was said first, whatever a later edition says of it.
    let written = ninjs(
        &press,
        document("2026-01-10T13:00:00Z", "2026-01-10T08:00:00Z", "three"),
    )
    .await
    .expect(200)
    .json();
    assert_eq!(written["lost"][0]["what"], "firstPublished");
    let story = story(&press, "urn:n:1").await;
    assert_eq!(
        (&story["firstPublished"], &story["body"]),
        (&json!("2026-01-10T09:00:00Z"), &json!("<p>three</p>"))
    );
}

async fn several(press: Press) {
    let list = json!([{"uri": "urn:n:1", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z"},
                      {"uri": "urn:n:2", "headline": "y", "versioncreated": "2026-01-10T10:00:00Z"}]);
    let refused = put(&press, "urn:n:1", "application/ninjs+json", list.to_string())
        .await
        .expect(422)
        .json();
    assert_eq!(refused["code"], "several_stories");
    let event = json!({"uri": "urn:n:1", "type": "event", "title": "Meeting"});
    let refused = ninjs(&press, event).await.expect(422).json();
    assert_eq!(
        (&refused["code"], &refused["detail"]),
        (
            &json!("unreadable_document"),
            &json!("a ninjs item of type event is no story")
        )
    );
    let refused = put(
        &press,
        "urn:n:1",
        "application/ninjs+json",
        "{\"uri\": \"urn:n:1\",\n \"headline\": }",
    )
    .await
    .expect(422)
    .json();
    assert_eq!(refused["detail"], "not valid JSON (line 2, column 14)");
    let other = json!({"uri": "urn:n:2", "headline": "x"});
    let refused = put(&press, "urn:n:1", "application/ninjs+json", other.to_string())
        .await
        .expect(422)
        .json();
    assert_eq!(refused["errors"][0]["code"], "conflict");
    // What the document calls it need be no uri: the address names it.
    let bare = json!({"uri": "20260110-1", "headline": "x"});
    put(&press, "urn:n:3", "application/ninjs+json", bare.to_string())
        .await
        .expect(201);
    let refused = put(&press, "urn:n:1", "text/plain", "x").await.expect(415).json();
    assert!(refused["detail"].as_str().unwrap().contains("application/ninjs+json"));
}

async fn import(press: &Press, files: &[PathBuf]) -> (i32, Value) {
    let mut command = vec!["import".to_owned(), "--json".to_owned()];
    command.extend(files.iter().map(|f| f.display().to_string()));
    let output = press.command(command).await;
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr));
    (output.code.unwrap_or(-1), report)
}

async fn told_apart(press: Press) {
    let write = |name: &str, bytes: &[u8]| {
        let path = press.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let pretty = json!({"uri": "urn:n:1", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z"});
    let compact = json!({"uri": "n-2", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z"}).to_string();
    let lines = "{\"uri\": \"urn:l:1\",\n{\"uri\": \"urn:l:2\", \"headline\": \"x\"}\n{\"uri\": \"urn:l:3\", \"headline\": \"x\"}\n";
    let files = [
        write("pretty.json", format!("\u{feff}{pretty:#}").as_bytes()),
        write("compact.json", compact.as_bytes()),
        write("lines.ndjson", lines.as_bytes()),
        write("packed.gz", &gzip(compact.replace("n-2", "n-3").as_bytes())),
        write("strange.txt", b"<<<"),
    ];
    let (code, report) = import(&press, &files).await;
    let counts = ["created", "refused"].map(|name| report[name].as_u64().unwrap());
    assert_eq!((code, counts), (3, [5, 2]), "{report:#}");
    let (_, again) = import(&press, &files).await;
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(5)));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Files of a part of the corpus, with what its index says of them.
fn listed(part: &str) -> Vec<(PathBuf, Value)> {
    let folder = corpus().unwrap().join(part);
    let index = std::fs::read_to_string(folder.join("index.ndjson")).unwrap();
    let entries = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    entries.map(|e| (folder.join(e["file"].as_str().unwrap()), e)).collect()
}

/// What an import says of each file: refusals and losses.
fn by_file<'a>(report: &'a Value, list: &str) -> BTreeMap<&'a Path, Vec<&'a Value>> {
    let mut files: BTreeMap<&Path, Vec<&Value>> = BTreeMap::new();
    for entry in report[list].as_array().unwrap() {
        files
            .entry(Path::new(entry["file"].as_str().unwrap()))
            .or_default()
            .push(entry);
    }
    files
}

async fn ninjs_corpus(press: Press) {
    let files = listed("ninjs").into_iter().filter(|(_, e)| e["kind"] != "schema");
    let (mut stories, mut refused, mut lossy) = (0, 0, 0);
    for (path, entry) in files {
        let (_, report) = import(&press, std::slice::from_ref(&path)).await;
        let refusals = by_file(&report, "refusals");
        let text = std::fs::read_to_string(&path).unwrap();
        let kind = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|v| v["type"].as_str().map(str::to_owned));
        let is_story = !matches!(kind.as_deref(), Some("event" | "planning"));
        let came = report["refused"] == 0;
        let file = &entry["file"];
        if !is_story {
            let said = refusals[path.as_path()][0]["detail"].as_str().unwrap();
            assert!(said.contains("event") || said.contains("planning"), "{file}: {said}");
            refused += 1;
        } else if entry["expect"] == "valid" {
            assert!(came, "{file}: {refusals:?}");
            stories += 1;
        } else if entry["expect"] == "invalid" {
            assert!(!came || report["lost"] != 0, "{file} came in as if nothing were wrong");
            lossy += 1;
        } else {
            println!("{file}: {} {}", report["created"], report["refusals"]);
        }
    }
    println!("{stories} stories, {refused} other kinds, {lossy} that should fail");
    assert!(stories > 100 && refused > 10 && lossy > 30);
}

async fn extra(press: Press) {
    let document = json!({
        "uri": "urn:n:1", "headline": "x", "versioncreated": "2026-01-10T10:00:00Z", "copyrightholder": "Quay News",
        "usageterms": "<p onclick=x()>Not for <script>x()</script>sale</p>", "body_caption": "A caption",
        "subject": [{"name": "Ice", "rel": "mentions"}], "nonsense": 1,
        "altids": {"internal": "javascript:x()"}});
    let written = ninjs(&press, document.clone()).await.expect(201).json();
    assert_eq!(
        written["lost"],
        json!([{"what": "nonsense", "why": "is no member of a ninjs story"}])
    );
    let story = story(&press, "urn:n:1").await;
    let kept = json!({"ninjs": {
        "copyrightHolder": "Quay News", "usageTerms": "<p>Not for sale</p>",
        "subjects": [{"name": "Ice", "rel": "mentions"}],
        "altIds": [{"role": "internal", "value": ""}]}});
    assert_eq!(story["extra"], kept);
    assert_eq!(story["body"], "<p>A caption</p>");
    let answer = press
        .graphql("{ article(by: {uri: \"urn:n:1\"}) { extra } }", json!({}))
        .await
        .expect(200)
        .data();
    assert_eq!(answer["article"]["extra"], kept);
    assert_eq!(ninjs(&press, document).await.expect(200).json()["outcome"], "unchanged");
    // It goes along with versions, lists do not show it, and a canceled story has none.
    let list = press.get("/v1/articles").await.expect(200).json();
    assert_eq!(list["items"][0]["extra"], Value::Null);
    let put = |extra: Value| {
        press
            .put("/v1/articles/urn%3An%3A1", &json!({"headline": "y", "extra": extra}))
            .admin()
    };
    put(json!({"ninjs": {"profile": "p"}})).await.expect(200);
    let old = press.get("/v1/articles/urn%3An%3A1?version=1").await.expect(200).json();
    assert_eq!(old["extra"], kept);
    let too_large = put(json!({"ninjs": {"profile": "p".repeat(70_000)}}))
        .await
        .expect(422)
        .json();
    assert_eq!(too_large["errors"][0]["field"], "extra");
    press
        .post("/v1/articles/urn%3An%3A1/cancel", &json!({"reason": "x"}))
        .admin()
        .await
        .expect(200);
    assert!(
        !press
            .get("/v1/articles/urn%3An%3A1")
            .await
            .expect(410)
            .text()
            .contains("profile")
    );
}

async fn made_headline(press: Press) {
    let bare = json!({"uri": "urn:n:1", "versioncreated": "2026-01-10T10:00:00Z", "body_text": "The ice went out in Oulu.\n\nMore."});
    ninjs(&press, bare).await.expect(201);
    let story = story(&press, "urn:n:1").await;
    assert_eq!(story["headline"], "The ice went out in Oulu.");
    assert_eq!(story["extra"], json!({"dateline": {"made": ["headline"]}}));
    let feed = press.get("/feeds/latest.json").await.expect(200).json();
    assert_eq!(feed["items"][0]["title"], Value::Null);
    press
        .put("/v1/articles/urn%3An%3A1", &json!({"headline": "Ice"}))
        .admin()
        .await
        .expect(200);
    let feed = press.get("/feeds/latest.json").await.expect(200).json();
    assert_eq!(feed["items"][0]["title"], "Ice");
}

const G2: &str = r#"<?xml version="1.0"?><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:g:1" version="2"
    standard="NewsML-G2" standardversion="2.35" xml:lang="en"><catalogRef href="http://www.iptc.org/std/catalog/x.xml"/>
    <rightsInfo><usageTerms>Not for sale</usageTerms></rightsInfo>
    <itemMeta><itemClass qcode="ninat:text"/><provider qcode="nprov:QUAY"><name>Quay News</name></provider>
    <versionCreated>2026-01-10T10:00:00+02:00</versionCreated><pubStatus qcode="stat:usable"/><signal qcode="sig:correction"/></itemMeta>
    <contentMeta><urgency>2</urgency><by>By A. Writer</by><subject qcode="medtop:20000737" type="cpnat:abstract">
    <name xml:lang="en">medical research</name><name xml:lang="de">Forschung</name></subject>
    <headline>Ice &amp; fire</headline><description role="drol:summary">Short.</description></contentMeta>
    <contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>
    <body><p>One <em>two</em>.</p></body></html></inlineXML><remoteContent rendition="rnd:web" href="https://example.com/i.jpg"
    contenttype="image/jpeg" width="10"/></contentSet></newsItem>"#;

async fn other_formats(press: Press) {
    put(&press, "urn:g:1", "application/vnd.iptc.g2.newsitem+xml", G2)
        .await
        .expect(201);
    let one = story(&press, "urn:g:1").await;
    assert_eq!(
        (&one["headline"], &one["summary"], &one["urgency"]),
        (&json!("Ice & fire"), &json!("Short."), &json!(2))
    );
    assert_eq!(
        (&one["byline"], &one["published"]),
        (&json!("By A. Writer"), &json!("2026-01-10T08:00:00Z"))
    );
    assert_eq!(
        (&one["body"], &one["source"]["name"]),
        (&json!("<p>One <em>two</em>.</p>"), &json!("Quay News"))
    );
    assert_eq!(
        (&one["topics"][0]["code"], &one["renditions"][0]["name"]),
        (&json!("medtop:20000737"), &json!("web"))
    );
    assert!(one["extra"]["newsml-g2"]["item"].to_string().contains("Not for sale"));
    // The second time it is a correction, and the third it is none: nothing else was put right.
    let changed = G2.replace("One <em>", "1 <em>");
    put(&press, "urn:g:1", "text/xml; charset=utf-8", changed.as_str())
        .await
        .expect(200);
    put(&press, "urn:g:1", "application/xml", changed).await.expect(200);
    let one = story(&press, "urn:g:1").await;
    assert_eq!(
        (one["version"].as_i64(), one["corrections"].as_array().unwrap().len()),
        (Some(2), 1)
    );
    let nitf = "<nitf><head><title>T</title><docdata management-status='usable'><doc-id id-string='20260110-1'/>\
        <date.issue norm='20260110T080000Z'/><urgency ed-urg='4'/></docdata></head><body><body.head><hedline><hl1>Ice</hl1></hedline>\
        <byline>By A<byttl>Writer</byttl></byline><dateline><location>OULU</location></dateline></body.head><body.content>\
        <p>One <person>Ada</person>.</p><media media-type='image'><media-reference source='https://example.com/i.jpg' mime-type='image/jpeg'/>\
        <media-caption>C</media-caption></media></body.content></body></nitf>";
    put(&press, "urn:x:nitf", "application/nitf+xml", nitf)
        .await
        .expect(201);
    let two = story(&press, "urn:x:nitf").await;
    assert_eq!(
        (&two["headline"], &two["byline"], &two["dateline"]),
        (&json!("Ice"), &json!("By A Writer"), &json!("OULU"))
    );
    assert_eq!(
        (&two["body"], &two["renditions"][0]["caption"]),
        (&json!("<p>One Ada.</p>"), &json!("C"))
    );
    let linked = json!({"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Ice", "url": "https://example.com/ice",
        "datePublished": "2026-01-10T08:00:00Z", "articleBody": "One.\n\nTwo.", "author": {"@type": "Person", "name": "A"},
        "about": [{"@type": "Place", "name": "Oulu", "sameAs": "http://www.wikidata.org/entity/Q47048"}], "copyrightYear": 2026});
    put(
        &press,
        "https://example.com/ice",
        "application/ld+json",
        linked.to_string(),
    )
    .await
    .expect(201);
    let three = story(&press, "https://example.com/ice").await;
    assert_eq!(
        (&three["body"], &three["byline"]),
        (&json!("<p>One.</p>\n<p>Two.</p>"), &json!("A"))
    );
    assert_eq!(
        (&three["topics"][0]["kind"], &three["extra"]["schema-org"]),
        (&json!("place"), &json!({"copyrightYear": 2026}))
    );
    let page = "<!doctype html><html lang=en><head><title>T</title><meta property='og:title' content='Ice goes out'>\
        <meta property='article:published_time' content='2026-01-10T08:00:00Z'></head><body><nav>Menu</nav><article><h1>Ice</h1>\
        <p>The ice went out in Oulu on Saturday.</p></article></body></html>";
    put(&press, "https://example.com/page", "text/html", page)
        .await
        .expect(201);
    let four = story(&press, "https://example.com/page").await;
    assert_eq!(
        (&four["headline"], &four["body"]),
        (
            &json!("Ice goes out"),
            &json!("<p>The ice went out in Oulu on Saturday.</p>")
        )
    );
    for root in ["conceptItem", "knowledgeItem", "planningItem"] {
        let other = G2.replace("newsItem", root);
        let refused = put(&press, "urn:g:1", "application/xml", other)
            .await
            .expect(422)
            .json();
        assert_eq!(refused["detail"], format!("a {root} is no story"));
    }
    let broken = G2.replace("</contentMeta>", "");
    let refused = put(&press, "urn:g:1", "application/xml", broken)
        .await
        .expect(422)
        .json();
    assert!(
        refused["detail"].as_str().unwrap().contains("not well-formed")
            && refused["detail"].as_str().unwrap().contains("(line 11"),
        "{refused}"
    );
}

async fn encodings(press: Press) {
    let text = "<?xml version='1.0' encoding='ENC'?><nitf><head><title>Übergröße – «é»</title></head><body><body.content><p>x</p></body.content></body></nitf>";
    let latin = text.replace("ENC", "iso-8859-1").replace('–', "-");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let windows: Vec<u8> = text
        .replace("ENC", "windows-1252")
        .chars()
        .map(|c| {
            if c == '–' {
                0x96
            } else {
                u8::try_from(u32::from(c)).unwrap()
            }
        })
        .collect();
    let wide = |big: bool| {
        let units = format!("\u{feff}{}", text.replace("ENC", "utf-16"));
        units
            .encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect::<Vec<u8>>()
    };
    for (name, bytes, headline) in [
        ("latin", latin, "Übergröße - «é»"),
        ("windows", windows, "Übergröße – «é»"),
        ("utf16le", wide(false), "Übergröße – «é»"),
        ("utf16be", wide(true), "Übergröße – «é»"),
    ] {
        let uri = format!("urn:e:{name}");
        put(&press, &uri, "application/nitf+xml", bytes).await.expect(201);
        assert_eq!(story(&press, &uri).await["headline"], headline, "{name}");
    }
}

async fn bombs(press: Press) {
    let laughs =
        "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><nitf><body>&b;</body></nitf>".to_owned();
    let files: Vec<PathBuf> = [
        ("laughs.xml", laughs.into_bytes()),
        ("deep.xml", "<a>".repeat(2_000_000).into_bytes()),
        ("deep.json", "[".repeat(1_000_000).into_bytes()),
        ("wide.xml", format!("<a b='{}'/>", "x".repeat(100_000_000)).into_bytes()),
        (
            "packed.xml.gz",
            gzip(format!("<a b='{}'/>", "x".repeat(300_000_000)).as_bytes()),
        ),
        (
            "page.html",
            format!("<!doctype html>{}", "<p a='".repeat(2_000_000)).into_bytes(),
        ),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let path = press.folder().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    })
    .collect();
    let begun = std::time::Instant::now();
    let (code, report) = import(&press, &files).await;
    assert_eq!(
        (code, &report["refused"], &report["created"]),
        (3, &json!(6), &json!(0)),
        "{report:#}"
    );
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

async fn vocabulary(press: Press) {
    press.topic("environment", "Environment", None).await.expect(201);
    let corpus = corpus().unwrap();
    let load = async |name: &str| {
        let path = corpus.join(name).display().to_string();
        let output = press.command(["import", "--json", "--vocabulary", &path]).await;
        serde_json::from_str::<Value>(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr))
    };
    let first = load("mediatopics.json.gz").await;
    let counts =
        |report: &Value| ["created", "updated", "unchanged", "retired", "refused"].map(|n| report[n].as_u64().unwrap());
    assert_eq!(counts(&first), [1132, 1, 0, 153, 0]);
    assert_eq!(
        counts(&load("mediatopics-iptc-original.json.gz").await),
        [0, 0, 1133, 153, 0]
    );
    // The publisher's own topic of that name is that one now.
    let topic = press.get("/v1/topics/environment").await.expect(200).json();
    assert_eq!(
        (&topic["code"], &topic["name"]),
        (&json!("medtop:06000000"), &json!("environment"))
    );
    let deep = press.get("/v1/topics/medtop%3A20000737").await.expect(200).json();
    assert_eq!(deep["name"], "medical research");
    assert!(!deep["ancestors"].as_array().unwrap().is_empty());
}

async fn newsml_corpus(press: Press) {
    let (mut stories, mut others, mut wires) = (0, 0, 0);
    for (path, entry) in listed("newsml-g2").into_iter().filter(|(_, e)| e["kind"] != "schema") {
        let file = &entry["file"];
        let (_, report) = import(&press, std::slice::from_ref(&path)).await;
        let refusal = report["refusals"][0]["detail"].as_str().unwrap_or_default().to_owned();
        let came = report["created"].as_u64().unwrap()
            + report["updated"].as_u64().unwrap()
            + report["unchanged"].as_u64().unwrap()
            + report["embargoed"].as_u64().unwrap();
        let is_story = matches!(entry["root"].as_str(), Some("newsItem" | "packageItem" | "newsMessage"));
        // A listing of the guidelines that shows the frame only.
        let is_frame = file.as_str().unwrap().contains("LISTING_24_");
        match (entry["kind"].as_str().unwrap(), is_story) {
            ("wire", _) if !matches!(entry["format"].as_str(), Some("rss" | "other-xml")) => {
                assert!(came > 0, "{file}: {refusal}");
                wires += 1;
            }
            ("wire", _) => {}
            (_, false) => {
                assert!(refusal.contains("is no story"), "{file}: {refusal}");
                others += 1;
            }
            _ if is_frame => assert_eq!(came, 0),
            _ if entry["expect"] == "invalid" => assert!(came == 0 || report["lost"] != 0, "{file}"),
            _ => {
                assert!(came > 0, "{file}: {refusal}");
                stories += 1;
            }
        }
    }
    println!("{stories} stories, {others} other kinds, {wires} wires");
    assert!(stories > 100 && others > 30 && wires > 70);
}
