//! Stories in ninjs, and what a document in any format says beside its text.

use super::{ninjs, put};
use crate::press::Press;
use serde_json::{Value, json};

pub async fn ninjs_put(press: Press) {
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
        let story = press.read(&uri).await;
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

pub async fn subjects(press: Press) {
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
    let story = press.read("urn:n:1").await;
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

pub async fn signals(press: Press) {
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

pub async fn older(press: Press) {
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
    let story = press.read("urn:n:1").await;
    assert_eq!(
        (&story["firstPublished"], &story["body"]),
        (&json!("2026-01-10T09:00:00Z"), &json!("<p>three</p>"))
    );
}

pub async fn several(press: Press) {
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

pub async fn extra(press: Press) {
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
    let story = press.read("urn:n:1").await;
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

pub async fn made_headline(press: Press) {
    let bare = json!({"uri": "urn:n:1", "versioncreated": "2026-01-10T10:00:00Z", "body_text": "The ice went out in Oulu.\n\nMore."});
    ninjs(&press, bare).await.expect(201);
    let story = press.read("urn:n:1").await;
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
