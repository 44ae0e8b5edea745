//! ninjs, NewsML-G2 and schema.org: stories and lists in the forms that partners take.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::nasty::{self, HEADLINES};
use super::validators::{json_schema, missing, schema, xml_schema};
use crate::press::{Answer, Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("ninjs is valid by IPTC's schemas, whatever the stories hold", ninjs)
            .needing(missing())
            .with_corpus(),
        test("NewsML-G2 is valid by IPTC's schema, whatever the stories hold", newsml)
            .needing(missing())
            .with_corpus(),
        test("an empty list is a valid newsMessage", empty)
            .needing(missing())
            .with_corpus(),
        test("ninjs says what the story says", ninjs_says),
        test("NewsML-G2 says what the story says", newsml_says),
        test("schema.org's NewsArticle says what the story says", json_ld),
        test("`Accept` and `format` agree, on stories and on lists", agree),
        test("what there is not is refused with what there is", refused),
        test("a canceled story is canceled in every form", canceled)
            .needing(missing())
            .with_corpus(),
        test(
            "advance copy says until when it is under embargo, in every form",
            advance,
        )
        .needing(missing())
        .with_corpus(),
        test(
            "what a document said and the house has no place for comes out again",
            comes_out_again,
        )
        .needing(missing())
        .with_corpus(),
        test("the wire carries ninjs", wire).needing(missing()).with_corpus(),
        test("each form of a story has its own ETag, and is good for If-Match", etags),
        test("lists in other forms lead on by Link", links),
        test("a story's versions come in every form", versions),
    ]
}

pub const NINJS_SCHEMA: &str = "ninjs/schemas/ninjs-schema_3.1.json";
pub const NINJS_SHAPES: &str = "ninjs/schemas/GeoJSON-schema.json";
pub const XML_SCHEMA: &str = "newsml-g2/xsd/G2-multi-schema-2.35.xsd";

const NINJS: &str = "application/ninjs+json";
const ITEM: &str = "application/vnd.iptc.g2.newsitem+xml";
const MESSAGE: &str = "application/vnd.iptc.g2.newsmessage+xml";
const LD: &str = "application/ld+json";

/// Every form: its name, what asks for it, what a story comes as, what a list comes as.
const FORMS: [(&str, &str, &str, &str); 5] = [
    ("json", "application/json", "application/json", "application/json"),
    ("ninjs", NINJS, NINJS, NINJS),
    ("ninjs-2.1", "application/ninjs+json;version=2.1", NINJS, NINJS),
    ("newsml-g2", ITEM, ITEM, MESSAGE),
    ("json-ld", LD, LD, LD),
];

const LISTS: [&str; 5] = [
    "/v1/articles?topic=prices",
    "/v1/latest",
    "/v1/topics/prices/articles",
    "/v1/channels/all/articles",
    "/v1/collections/front",
];

async fn furnish(press: &Press) {
    nasty::furnish(press).await;
    crate::channels::channel(press, "all", json!({})).await;
    let items: Vec<&str> = HEADLINES.iter().map(|(_, uri, _)| *uri).collect();
    press
        .put("/v1/collections/front", &json!({ "name": "Front", "items": items }))
        .await
        .expect(201);
    // A picture without a text.
    let picture = json!({
        "headline": "Picture", "slug": "picture", "topics": ["kyiv"], "firstPublished": "2026-01-10T10:00:00Z",
        "renditions": [{
            "name": "main", "href": "https://x.example/p.jpg", "mediaType": "image/jpeg", "width": 10, "height": 10,
            "focalPoint": { "x": 0.5, "y": 0.1 },
        }],
    });
    let put = press.put("/v1/articles/urn%3Ax%3Apicture", &picture).await;
    assert!(matches!(put.status, 200 | 201), "{put}");
}

fn path(uri: &str) -> String {
    format!("/v1/articles/{}", segment(uri))
}

fn with(path: &str, form: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}format={form}")
}

fn valid_ninjs(item: &Value) {
    let version = item["standard"]["version"].as_str().unwrap();
    let of = |name: &str| -> PathBuf { schema(&format!("ninjs/schemas/{name}")) };
    let geo = of("GeoJSON-schema.json");
    json_schema(item, &of(&format!("ninjs-schema_{version}.json")), &[&geo]);
}

fn valid_newsml(answer: &Answer) {
    xml_schema(&answer.bytes, &schema(XML_SCHEMA));
}

async fn versions(press: Press) {
    furnish(&press).await;
    let path = format!("{}/versions", path("urn:x:uk"));
    let count = press.get(&path).await.expect(200).json()["items"]
        .as_array()
        .unwrap()
        .len();
    assert!(count >= 2);
    for (form, accept, _, list) in FORMS {
        let answer = press.get(&with(&path, form)).await.expect(200);
        assert_eq!(answer.header("content-type").split(';').next(), Some(list), "{form}");
        let negotiated = press.get(&path).header("accept", accept).await.expect(200);
        assert_eq!(negotiated.header("content-type"), answer.header("content-type"));
    }
    let items = press.get(&with(&path, "ninjs")).await.expect(200).json();
    assert_eq!(items["items"].as_array().unwrap().len(), count);
    let message = press.get(&with(&path, "newsml-g2")).await.expect(200);
    assert_eq!(message.text().matches("<newsItem ").count(), count);
}

async fn ninjs(press: Press) {
    furnish(&press).await;
    for (form, version) in [("ninjs", "3.1"), ("ninjs-2.1", "2.1")] {
        for uri in HEADLINES
            .map(|(_, uri, _)| uri)
            .into_iter()
            .chain(["urn:x:plain", "urn:x:picture"])
        {
            let item = press.get(&with(&path(uri), form)).await.expect(200).json();
            assert_eq!(item["standard"]["version"], version);
            valid_ninjs(&item);
        }
        for list in LISTS {
            let list = press.get(&with(list, form)).await.expect(200).json();
            let items = list["items"].as_array().unwrap();
            assert!(items.len() >= 4, "{list}");
            valid_ninjs(&items[0]);
        }
    }
}

async fn newsml(press: Press) {
    furnish(&press).await;
    for uri in HEADLINES
        .map(|(_, uri, _)| uri)
        .into_iter()
        .chain(["urn:x:plain", "urn:x:picture"])
    {
        valid_newsml(&press.get(&with(&path(uri), "newsml-g2")).await.expect(200));
    }
    for list in LISTS {
        valid_newsml(&press.get(&with(list, "newsml-g2")).await.expect(200));
    }
}

async fn empty(press: Press) {
    valid_newsml(&press.get("/v1/latest?format=newsml-g2").await.expect(200));
}

async fn ninjs_says(press: Press) {
    furnish(&press).await;
    let story = press.get(&path("urn:x:uk")).await.expect(200).json();
    let item = press
        .get(&path("urn:x:uk"))
        .header("accept", NINJS)
        .await
        .expect(200)
        .json();
    let said = json!({
        "uri": "urn:x:uk", "type": "text", "representationType": "full", "version": "2", "pubStatus": "usable",
        "firstCreated": "2026-01-12T10:00:00.123456Z", "versionCreated": story["published"], "urgency": 2,
        "expires": "2027-01-12T11:00:00Z", "language": "uk", "edNote": story["edNote"], "by": story["byline"],
        "slugline": story["slugline"], "located": story["dateline"],
        "headlines": [{ "role": "main", "contentType": "text/plain", "value": nasty::headline(HEADLINES[1].2) }],
        "genres": [{ "name": story["genre"] }],
        "subjects": [{
            "name": "prices ]]> & <x>", "rel": "about", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000373",
            "literal": "medtop:20000373",
        }],
        "people": [{
            "name": "somebody ]]> & <x>", "rel": "about", "literal": "wd:Q1",
        }],
    });
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(&item[name], value, "{name}");
    }
    let roles: Vec<&str> = item["descriptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["summary", "correction"]);
    assert_eq!(item["bodies"][0]["value"], story["body"]);
    assert_eq!(item["bodies"][0]["wordCount"], story["wordCount"]);
    let associations = item["associations"].as_array().unwrap();
    // Two renditions of one picture, a clip, a file of unknown kind, three links.
    let names: Vec<(&Value, &Value)> = associations.iter().map(|a| (&a["type"], &a["rel"])).collect();
    let expected = [
        ("picture", Value::Null),
        ("video", Value::Null),
        ("picture", Value::Null),
        ("text", json!("external")),
        ("text", json!("background")),
        ("text", json!("translation_of")),
    ];
    let expected: Vec<(Value, Value)> = expected.into_iter().map(|(kind, rel)| (json!(kind), rel)).collect();
    assert_eq!(names, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
    assert_eq!(associations[0]["renditions"].as_array().unwrap().len(), 2);
    assert_eq!(associations[0]["renditions"][0]["poi"], json!({ "x": 600, "y": 200 }));
    let picture = press.get("/v1/articles/picture?format=ninjs").await.expect(200).json();
    assert_eq!(
        (&picture["type"], &picture["renditions"][0]["name"]),
        (&json!("picture"), &json!("main"))
    );
}

async fn newsml_says(press: Press) {
    furnish(&press).await;
    let answer = press.get(&path("urn:x:ar")).header("accept", ITEM).await.expect(200);
    for part in [
        "guid=\"urn:x:ar\" version=\"2\" standard=\"NewsML-G2\" standardversion=\"2.35\" conformance=\"power\" xml:lang=\"ar\"",
        "<firstCreated>2026-01-12T10:00:00.123456Z</firstCreated>",
        "<pubStatus qcode=\"stat:usable\"/>",
        "<signal qcode=\"sig:correction\"/>",
        "<expires>2027-01-12T11:00:00Z</expires>",
        "<urgency>2</urgency>",
        "<subject type=\"cpnat:abstract\" qcode=\"medtop:20000373\"><name xml:lang=\"ar\">أسعار</name></subject>",
        "<headline>ارتفاع الأسعار في الأسواق 2026 ]]&gt; &lt;b&gt;&amp;amp;",
        "<link rel=\"irel:translatedFrom\" residref=\"urn:x:plain\">",
        "<icon rendition=\"dlrnd:main\" href=\"https://x.example/%D1%84%D0%BE%D1%82%D0%BE-1.jpg?a=1&amp;b=2\"",
        "<br/>two &#160;",
    ] {
        assert!(answer.text().contains(part), "{part}: {answer}");
    }
    let waits = press.get("/v1/latest").header("accept", MESSAGE).await.expect(200);
    assert_eq!(waits.text().matches("<newsItem ").count(), 6, "{waits}");
}

async fn json_ld(press: Press) {
    furnish(&press).await;
    let story = press.get(&path("urn:x:ja")).await.expect(200).json();
    let item = press
        .get(&path("urn:x:ja"))
        .header("accept", LD)
        .await
        .expect(200)
        .json();
    let said = json!({
        "@context": "https://schema.org", "@type": "NewsArticle", "@id": "urn:x:ja", "url": story["url"],
        "headline": nasty::headline(HEADLINES[3].2), "inLanguage": "ja", "datePublished": "2026-01-12T12:00:00.123456+02:00",
        "dateModified": "2026-01-12T22:00:00+02:00", "version": 2, "wordCount": story["wordCount"],
        "author": { "@type": "Person", "name": story["byline"] },
        "creativeWorkStatus": "usable", "expires": "2027-01-12T13:00:00+02:00",
    });
    for (name, value) in said.as_object().unwrap() {
        assert_eq!(&item[name], value, "{name}");
    }
    assert_eq!(item["correction"][0]["@type"], "CorrectionComment");
    assert_eq!(item["about"].as_array().unwrap().len(), 5);
    let list = press
        .get("/v1/latest?format=json-ld&total=true")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&list["@type"], &list["numberOfItems"]),
        (&json!("ItemList"), &json!(6))
    );
}

async fn agree(press: Press) {
    furnish(&press).await;
    let story = path("urn:x:en");
    for (form, accept, one, many) in FORMS {
        for (place, kind) in std::iter::once((story.as_str(), one)).chain(LISTS.map(|list| (list, many))) {
            let by_accept = press.get(place).header("accept", accept).await.expect(200);
            let by_name = press
                .get(&with(place, form))
                .header("accept", "text/html")
                .await
                .expect(200);
            assert_eq!(by_accept.header("content-type"), kind, "{place}, {form}");
            assert_eq!(by_name.header("content-type"), kind, "{place}, {form}");
            if form != "newsml-g2" && kind != "application/json" {
                assert!(by_accept.json() == by_name.json(), "{place}, {form}");
            }
            assert!(by_accept.header("vary").contains("accept,"), "{by_accept}");
            assert_eq!(
                by_accept.header("last-modified").is_empty(),
                form == "json",
                "{by_accept}"
            );
            // Twice: what is kept is not given to who asks for another form.
            let again = press.get(place).header("accept", accept).await.expect(200);
            assert_eq!(again.bytes, by_accept.bytes);
            press
                .get(place)
                .header("accept", accept)
                .header("if-none-match", by_accept.etag())
                .await
                .expect(304);
        }
    }
    let closest = press
        .get(&story)
        .header("accept", "application/ninjs+json, application/json;q=0.5")
        .await
        .expect(200);
    assert_eq!(closest.header("content-type"), NINJS);
    press
        .get(&with(&story, "json"))
        .header("accept", NINJS)
        .await
        .expect(200)
        .json()["headline"]
        .as_str()
        .unwrap();
}

async fn refused(press: Press) {
    press.story("urn:x:a").slug("a").await;
    for place in ["/v1/articles/a", "/v1/latest"] {
        let answer = press.get(place).header("accept", "text/csv").await.expect(406);
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        for (_, _, one, many) in FORMS {
            assert!(detail.contains(one) && detail.contains(many), "{detail}");
        }
        press
            .get(place)
            .header("accept", "application/ninjs+json;version=9")
            .await
            .expect(406);
        press.get(&with(place, "nitf")).await.expect(400);
        let zone = press
            .get(&with(&format!("{place}?timeZone=UTC"), "ninjs"))
            .await
            .expect(400)
            .json();
        assert_eq!(zone["errors"][0]["field"], "timeZone");
    }
    press.get("/v1/latest?format=newsml-g2&total=true").await.expect(400);
    press.get("/v1/topics").header("accept", NINJS).await.expect(406);
}

async fn canceled(press: Press) {
    press.story("urn:x:a").headline("Purloined").slug("a").await;
    press
        .post("/v1/articles/a/cancel", &json!({ "reason": "Untrue ]]> & <so>." }))
        .await
        .expect(200);
    for (form, accept, one, _) in FORMS {
        let answer = press.get("/v1/articles/a").header("accept", accept).await.expect(410);
        assert!(!answer.text().contains("Purloined"), "{answer}");
        assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
        match form {
            "json" => continue,
            "newsml-g2" => {
                valid_newsml(&answer);
                assert!(
                    answer.text().contains("<pubStatus qcode=\"stat:canceled\"/>"),
                    "{answer}"
                );
            }
            "json-ld" => assert_eq!(answer.json()["creativeWorkStatus"], "canceled"),
            _ => {
                let item = answer.json();
                valid_ninjs(&item);
                let status = if form == "ninjs" { "pubStatus" } else { "pubstatus" };
                assert_eq!(item[status], "canceled");
            }
        }
        assert_eq!(answer.header("content-type"), one, "{answer}");
        assert!(answer.text().contains("Untrue"), "{answer}");
    }
}

async fn wire(press: Press) {
    let start = crate::wire::now(&press).await;
    press.story("urn:x:a").headline("One").slug("a").await;
    press.story("urn:x:b").headline("Two").slug("b").await;
    press.story("urn:x:c").headline("Three").slug("c").await;
    let first = press
        .get(&format!("/v1/wire?after={start}&payload=ninjs"))
        .await
        .expect(200)
        .json();
    let headline = |entry: &Value| {
        entry["ninjs"]["headlines"][0]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let entries = first["entries"].as_array().unwrap();
    assert_eq!(
        entries.iter().map(headline).collect::<Vec<_>>(),
        ["One", "Two", "Three"]
    );
    assert!(entries.iter().all(|e| e.get("article").is_none()), "{first}");
    press.post("/v1/articles/b/withhold", &json!({})).await.expect(200);
    press
        .post(
            "/v1/articles/c/cancel",
            &json!({ "reason": "Untrue.", "replacement": "urn:x:a" }),
        )
        .await
        .expect(200);
    let next = first["next"].as_str().unwrap();
    let then = press
        .get(&format!("/v1/wire?after={next}&payload=ninjs"))
        .await
        .expect(200)
        .json();
    let told: Vec<(&Value, &Value)> = then["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (&e["action"], &e["ninjs"]["pubStatus"]))
        .collect();
    let expected = [
        (json!("hold"), json!("withheld")),
        (json!("replace"), json!("canceled")),
    ];
    assert_eq!(told, expected.iter().map(|(a, b)| (a, b)).collect::<Vec<_>>());
    for entry in entries.iter().chain(then["entries"].as_array().unwrap()) {
        valid_ninjs(&entry["ninjs"]);
    }
    assert!(!then.to_string().contains("Two"), "{then}");
}

async fn etags(press: Press) {
    press.story("urn:x:a").slug("a").await;
    let mut seen = Vec::new();
    for (form, ..) in FORMS {
        let etag = press
            .get(&with("/v1/articles/a", form))
            .await
            .expect(200)
            .etag()
            .to_owned();
        assert!(etag.starts_with("W/\"v1-") && !seen.contains(&etag), "{form}: {etag}");
        seen.push(etag);
    }
    let story = json!({ "headline": "Two", "slug": "a" });
    press
        .put("/v1/articles/urn%3Ax%3Aa", &story)
        .header("if-match", &seen[3])
        .await
        .expect(200);
    press
        .put("/v1/articles/urn%3Ax%3Aa", &story)
        .header("if-match", &seen[3])
        .await
        .expect(412);
}

async fn links(press: Press) {
    for n in 0..3 {
        press
            .story(&format!("urn:{n}"))
            .published_at(&format!("2026-01-12T1{n}:00:00Z"))
            .await;
    }
    for (form, ..) in FORMS {
        let answer = press
            .get(&format!("/v1/latest?limit=1&format={form}"))
            .await
            .expect(200);
        let link = answer.header("link").to_owned();
        let next = link.split_once('<').unwrap().1.split_once('>').unwrap().0;
        let second = press.get(next).await.expect(200);
        assert!(
            second.text().contains("urn:1") && !second.text().contains("urn:2"),
            "{second}"
        );
        assert_eq!(second.header("content-type"), answer.header("content-type"));
    }
}

async fn advance(press: Press) {
    let mut story = nasty::fields("en", HEADLINES[0].2);
    story["embargoedUntil"] = json!("2026-01-12T21:00:00Z");
    story["topics"] = json!(["medtop:20000373"]);
    nasty::furnish(&press).await;
    press.put("/v1/articles/urn%3Ax%3Awaits", &story).await.expect(202);
    for (form, accept, _, kind) in FORMS {
        let answer = press
            .get("/v1/advance")
            .header("accept", accept)
            .admin()
            .await
            .expect(200);
        assert_eq!(answer.header("content-type"), kind, "{answer}");
        assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
        press.get(&format!("/v1/advance?format={form}")).await.expect(401);
        match form {
            "newsml-g2" => {
                valid_newsml(&answer);
                assert!(
                    answer.text().contains("<embargoed>2026-01-12T21:00:00Z</embargoed>"),
                    "{answer}"
                );
            }
            "ninjs" | "ninjs-2.1" => {
                let item = &answer.json()["items"][0];
                valid_ninjs(item);
                let until = if form == "ninjs" { "embargoedUntil" } else { "embargoed" };
                assert_eq!(item[until], "2026-01-12T21:00:00Z");
                assert_eq!(item["subjects"][0]["name"], "prices ]]> & <x>", "{item}");
            }
            _ => assert!(answer.text().contains("urn:x:waits"), "{answer}"),
        }
        assert!(!answer.text().contains("00000000-0000"), "{answer}");
    }
}

async fn comes_out_again(press: Press) {
    let document = json!({
        "uri": "urn:x:ninjs", "type": "composite", "language": "en", "versionCreated": "2026-01-12T10:00:00Z",
        "headlines": [{ "role": "main", "value": "Said" }], "copyrightNotice": "© Acme ]]> &", "usageTerms": "None",
        "people": [{ "name": "Jane", "rel": "mentions", "uri": "http://www.wikidata.org/entity/Q1" }],
        "bodies": [{ "role": "main", "contentType": "text/html", "value": "<p>Text.</p>" }],
    });
    let put = press
        .put("/v1/articles/urn%3Ax%3Aninjs", &document)
        .header("content-type", NINJS)
        .await;
    assert!(matches!(put.status, 200 | 201), "{put}");
    for form in ["ninjs", "ninjs-2.1"] {
        let item = press
            .get(&with("/v1/articles/urn%3Ax%3Aninjs", form))
            .await
            .expect(200)
            .json();
        valid_ninjs(&item);
        let notice = if form == "ninjs" {
            "copyrightNotice"
        } else {
            "copyrightnotice"
        };
        assert_eq!(item[notice], "© Acme ]]> &", "{item}");
        assert_eq!(item["people"][0]["rel"], "mentions", "{item}");
        assert_eq!(item["people"].as_array().unwrap().len(), 1, "{item}");
        assert_eq!(item["type"], "composite", "{item}");
    }
    let example = schema("newsml-g2/examples/LISTING_2_NewsML-G2_Text_Document.xml");
    let uri = "urn:newsml:acmenews.com:20161121:US-FINANCE-FED";
    let ask = press
        .ask(reqwest::Method::PUT, &path(uri))
        .admin()
        .header("content-type", ITEM);
    let put = ask.body(std::fs::read(example).unwrap()).await;
    assert!(matches!(put.status, 200 | 201), "{put}");
    let answer = press.get(&with(&path(uri), "newsml-g2")).await.expect(200);
    valid_newsml(&answer);
    for part in [
        "Copyright 2017-18 Acme News and Media LLC",
        "Fed to halt QE",
        "medtop:20000379",
        "Meredith Jameson",
    ] {
        assert!(answer.text().contains(part), "{part}: {answer}");
    }
    assert_eq!(answer.text().matches("<provider").count(), 1, "{answer}");
}
