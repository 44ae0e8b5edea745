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
    assert_eq!(lost, ["subjects[0].rel", "organisations[1]", "organisations[1].rel"]);
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
