//! Stories go in by PUT and by `publishArticle`, and come out whole.

mod bodies;
mod expiry;
mod guards;
mod repeats;
mod slugs;
pub mod wire;

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::exact::{keep, whole};
use crate::press::{Press, Story, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    let mut all = vec![
        test("a story goes in by PUT and comes out whole by id, uri and slug", put),
        test("a story goes in by publishArticle just as by PUT", mutation),
        test("an update makes a new version and keeps the old one", update),
        test("the same content again makes no version and no wire entry", unchanged),
        test("every change is one wire entry, without gaps", wire_entries),
        test("writers at the same time leave no gap in the wire", busy_wire),
        test("a parent's feed shows the stories of the topics below it", feeds),
        test("a field that is left out of an update is gone", left_out),
        test("a time without a say of the publisher is the time of putting in", times),
        test(
            "a link to a story that is not there yet appears with that story",
            early_link,
        ),
    ];
    all.extend(slugs::all());
    all.extend(bodies::all());
    all.extend(guards::all());
    all.extend(repeats::all());
    all.extend(expiry::all());
    all
}

const URI: &str = "urn:example:grain";

/// World ▸ Trade ▸ Grain, and Istanbul with a code and two names.
async fn topics(press: &Press) {
    press.topic("world", "World", None).await;
    press.topic("trade", "Trade", Some("world")).await;
    press.topic("grain", "Grain", Some("trade")).await;
    let place = json!({ "kind": "place", "code": "geo:745044", "names": { "en": "Istanbul", "uk": "Стамбул" } });
    press.put("/v1/topics/istanbul", &place).await.expect(201);
}

/// A story that has something in every field.
fn full(press: &Press) -> Story {
    press
        .story(URI)
        .slug("grain-deal")
        .language("en-gb")
        .headline("Grain deal extended by 60 days")
        .with("summary", "Ships sail on,\n insurers say.")
        .body("<p>The grain deal <b>was extended</b>.</p><p>Ships sail on.</p>")
        .with("byline", "By Olena Kovalenko")
        .with("dateline", "ISTANBUL, Jan 12")
        .with("slugline", "UKRAINE-GRAIN/")
        .with("urgency", 2)
        .with("genre", "Current")
        .with("edNote", "Adds insurers")
        .published_at("2026-01-12T19:16:00+02:00")
        .with("published", "2026-01-12T17:20:00.123456789Z")
        .with("expires", "2027-01-12T00:00:00Z")
        .source("Example Wire Service")
        .topics(["grain", "geo:745044"])
        .with(
            "relatedLinks",
            json!([
                { "kind": "background", "uri": "urn:example:background" },
                { "kind": "follow_up", "uri": "urn:example:not-there", "title": "Not there" },
                { "kind": "correction_of", "uri": "urn:example:background", "title": "What was wrong" },
                { "kind": "external", "url": "https://un.example/deal?x=1", "title": "The text of the deal" },
            ]),
        )
        .with(
            "renditions",
            json!([
                {
                    "name": "main",
                    "href": "https://media.example/ship.jpg",
                    "mediaType": "image/jpeg",
                    "width": 1600,
                    "height": 900,
                    "size": 345_678,
                    "digest": "sha-256=:abc=:",
                    "focalPoint": { "x": 0.5, "y": 0.25 },
                    "credit": "Photo Agency",
                    "alt": "A ship",
                    "caption": "A ship leaves Odesa.",
                },
                { "name": "thumbnail", "href": "https://media.example/ship-small.jpg" },
            ]),
        )
}

async fn background(press: &Press) {
    let story = press
        .story("urn:example:background")
        .headline("What the grain deal says");
    story.published_at("2026-01-10T08:00:00Z").topics(["trade"]).await;
}

const PAGE: &str = "?include=relatedLinks,moreAbout,latest&timeZone=Europe/Kyiv";

async fn put(press: Press) {
    topics(&press).await;
    background(&press).await;
    let story = full(&press);
    let answer = press.put(&story.path(), &story.json()).await;
    keep(
        "stories__put",
        whole(&answer, &["content-type", "location", "etag", "cache-control"]),
    );

    let id = answer.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(answer.header("location"), format!("/v1/articles/{id}"));
    let by_id = press.get(answer.header("location")).await.expect(200);
    for name in [segment(URI), "grain-deal".to_owned()] {
        let found = press.get(&format!("/v1/articles/{name}")).await;
        assert_eq!((found.bytes.clone(), found.etag()), (by_id.bytes.clone(), by_id.etag()));
    }
    keep(
        "stories__whole",
        press.get(&format!("/v1/articles/{id}{PAGE}")).await.json(),
    );
}

const PUBLISH: &str = "mutation Publish($input: PublishArticleInput!) {
  publishArticle(input: $input) { outcome userErrors { field code message } article { id uri slug url language version
    pubStatus headline summary body paragraphs wordCount byline dateline slugline urgency genre edNote
    firstPublished published versionCreated expires source { slug name url } topics { slug code kind name }
    relatedLinks { kind title url article { uri } }
    renditions { name href mediaType width height size digest focalPoint { x y } credit alt caption } } } }";

/// The body of a PUT as the mutation's input.
fn input(story: &Story, uri: &str) -> Value {
    let mut input = story.json();
    input["uri"] = json!(uri);
    for link in input["relatedLinks"].as_array_mut().into_iter().flatten() {
        link["kind"] = json!(link["kind"].as_str().unwrap().to_uppercase());
    }
    json!({ "input": input })
}

async fn mutation(press: Press) {
    topics(&press).await;
    background(&press).await;
    let story = full(&press);
    let answer = press.graphql(PUBLISH, input(&story, URI)).admin().await;
    keep("stories__publish_article", answer.data());

    // What came in by one door is the same content at the other.
    let answer = press.put(&story.path(), &story.json()).await.expect(200).json();
    assert_eq!(
        (&answer["outcome"], &answer["version"]),
        (&json!("unchanged"), &json!(1))
    );
    let again = press.graphql(PUBLISH, input(&story, URI)).admin().await.data();
    assert_eq!(again["publishArticle"]["outcome"], "UNCHANGED");
    let update = input(&story.headline("Grain deal ends"), URI);
    let updated = press.graphql(PUBLISH, update).admin().await.data();
    let updated = &updated["publishArticle"];
    assert_eq!(
        (
            &updated["outcome"],
            &updated["article"]["version"],
            &updated["article"]["headline"]
        ),
        (&json!("UPDATED"), &json!(2), &json!("Grain deal ends"))
    );

    // What is wrong with the content is said in the payload, by the fields of the input.
    let wrong = input(&press.story(URI).headline(" ").with("urgency", 10), "grain");
    keep(
        "stories__publish_article_refused",
        press.graphql(PUBLISH, wrong).admin().await.data(),
    );
}

async fn update(press: Press) {
    topics(&press).await;
    let story = full(&press);
    let first = story.clone().await;
    let before = press.get("/v1/articles/grain-deal").await.expect(200).json();
    press.clock.advance(SignedDuration::from_mins(30));
    let update = story
        .headline("Grain deal extended by 90 days")
        .with("published", Value::Null)
        .with("renditions", json!([]))
        .topics(["istanbul"]);
    let answer = press.put(&update.path(), &update.json()).await;
    keep(
        "stories__updated",
        whole(&answer, &["content-type", "location", "etag", "cache-control"]),
    );
    assert_eq!(answer.json()["id"], first.id);

    let after = press.get("/v1/articles/grain-deal").await.expect(200).json();
    assert_eq!(
        [
            &after["version"],
            &after["firstPublished"],
            &after["published"],
            &after["versionCreated"]
        ],
        [
            &json!(2),
            &before["firstPublished"],
            &json!("2026-01-12T20:30:00Z"),
            &json!("2026-01-12T20:30:00Z")
        ]
    );
    let versions = press.get("/v1/articles/grain-deal/versions").await.expect(200).json();
    assert_eq!(
        versions,
        json!({ "items": [after, before], "next": null, "previous": null })
    );
    for (version, story) in [(1, &before), (2, &after)] {
        let path = format!("/v1/articles/{}?version={version}", first.id);
        let answer = press.get(&path).await.expect(200);
        assert_eq!(answer.json(), *story);
        assert!(answer.etag().starts_with(&format!("W/\"v{version}-")), "{answer}");
    }
    let missing = press.get("/v1/articles/grain-deal?version=3").await;
    crate::exact::refused(
        &missing,
        404,
        "not_found",
        "There is no such version of this story.",
        &[],
    );
}

async fn unchanged(press: Press) {
    topics(&press).await;
    let story = full(&press);
    let first = story.clone().await;
    let shown = press.get("/v1/articles/grain-deal").await;
    let position = wire::head(&press).await;
    press.clock.advance(SignedDuration::from_hours(1));

    let again = [
        story.clone(),
        // Said otherwise, and the same: other order of white space, an attribute that does not come in, no slug.
        story
            .with("slug", Value::Null)
            .with("summary", " Ships  sail on, insurers say. ")
            .body("<p class=lead>The grain deal <b>was extended</b>.</p><p>Ships sail on.</p>")
            .with("urgency", 2)
            .language("en-GB")
            .with("firstPublished", "2026-01-12T17:16:00Z"),
    ];
    for story in again {
        let answer = press.put(&story.path(), &story.json()).await.expect(200);
        let expected = json!({
            "id": first.id,
            "uri": URI,
            "slug": "grain-deal",
            "url": "https://news.example/articles/grain-deal",
            "version": 1,
            "outcome": "unchanged",
        });
        assert_eq!((answer.json(), answer.etag()), (expected, "\"v1\""));
    }
    assert_eq!(wire::head(&press).await, position);
    let now = press.get("/v1/articles/grain-deal").await;
    assert_eq!((now.bytes.clone(), now.etag()), (shown.bytes.clone(), shown.etag()));
}

async fn wire_entries(press: Press) {
    topics(&press).await;
    let story = full(&press);
    story.clone().await;
    story
        .clone()
        .headline("New headline")
        .topics(["istanbul", "world"])
        .await;
    story
        .clone()
        .headline("New headline")
        .slug("new-slug")
        .with("urgency", 9)
        .await;
    // Neither what is refused nor what says nothing new is in it.
    let refused = story.clone().with("urgency", 10);
    press.put(&refused.path(), &refused.json()).await.expect(422);
    let front = json!({ "name": "Front", "items": [URI] });
    press.put("/v1/collections/front", &front).await.expect(201);
    press.put("/v1/collections/front", &front).await.expect(200);
    press.topic("grain", "Grain", Some("trade")).await;
    press.topic("grain", "Cereals", Some("trade")).await;
    keep("stories__wire", wire::entries(&press).await.into());
}

async fn busy_wire(press: Press) {
    let writers = (0..12).map(|writer| {
        let press = press.clone();
        async move {
            for number in 0..5 {
                let story = press.story(&format!("urn:example:{writer}-{number}"));
                story.clone().await;
                story.headline("Updated").await;
            }
        }
    });
    futures::future::join_all(writers).await;
    let entries = wire::entries(&press).await;
    let mut versions: Vec<(String, i64)> = entries
        .iter()
        .map(|e| (e["about"].as_str().unwrap().to_owned(), e["version"].as_i64().unwrap()))
        .collect();
    assert_eq!(versions.len(), 120);
    // Of each story first the first version, then the second.
    versions.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(versions.iter().zip([1, 2].into_iter().cycle()).all(|(v, n)| v.1 == n));
}

async fn feeds(press: Press) {
    topics(&press).await;
    let feed = |topic: &'static str| {
        let press = press.clone();
        async move {
            let list = press
                .get(&format!("/v1/topics/{topic}/articles?total=true"))
                .await
                .expect(200)
                .json();
            let filtered = press
                .get(&format!("/v1/articles?topic={topic}&total=true"))
                .await
                .expect(200)
                .json();
            assert_eq!(list, filtered);
            let uris = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|s| s["uri"].as_str().unwrap().to_owned());
            let uris: Vec<String> = uris.collect();
            assert_eq!(list["total"], uris.len());
            uris
        }
    };
    let put = |name: &'static str, minute: u8, topics: &'static [&'static str]| {
        let time = format!("2026-01-12T10:{minute:02}:00Z");
        press.story(name).published_at(&time).topics(topics.iter().copied())
    };
    put("urn:x:grain", 1, &["grain"]).await;
    put("urn:x:trade", 2, &["trade"]).await;
    // Named along with its ancestor, it stands there once.
    put("urn:x:both", 3, &["istanbul", "grain", "world", "grain"]).await;
    put("urn:x:none", 4, &[]).await;
    assert_eq!(feed("grain").await, ["urn:x:both", "urn:x:grain"]);
    assert_eq!(feed("trade").await, ["urn:x:both", "urn:x:trade", "urn:x:grain"]);
    assert_eq!(feed("world").await, ["urn:x:both", "urn:x:trade", "urn:x:grain"]);
    assert_eq!(feed("istanbul").await, ["urn:x:both"]);

    // An update takes a story out of feeds as it puts it into others.
    put("urn:x:both", 3, &["istanbul"]).await;
    put("urn:x:trade", 2, &["grain"]).await;
    assert_eq!(feed("grain").await, ["urn:x:trade", "urn:x:grain"]);
    assert_eq!(feed("world").await, ["urn:x:trade", "urn:x:grain"]);
    assert_eq!(feed("istanbul").await, ["urn:x:both"]);

    // What stands there is what was named, in that order; ancestors are not added.
    put("urn:x:both", 3, &["istanbul", "grain"]).await;
    let story = press.get("/v1/articles/urn%3Ax%3Aboth").await.json();
    let named: Vec<&Value> = story["topics"].as_array().unwrap().iter().map(|t| &t["slug"]).collect();
    assert_eq!(named, ["istanbul", "grain"]);
}

async fn left_out(press: Press) {
    topics(&press).await;
    let first = full(&press).await;
    press.story(URI).headline("All there is").await;
    let now = press
        .get(&format!("/v1/articles/{}?include=relatedLinks", first.id))
        .await;
    keep("stories__left_out", now.json());
}

async fn times(press: Press) {
    let times = |uri: &'static str| {
        let press = press.clone();
        async move {
            let story = press
                .get(&format!("/v1/articles/{}", segment(uri)))
                .await
                .expect(200)
                .json();
            ["firstPublished", "published", "versionCreated"].map(|t| story[t].as_str().unwrap().to_owned())
        }
    };
    let now = "2026-01-12T20:00:00Z";
    press.story("urn:x:none").await;
    assert_eq!(times("urn:x:none").await, [now, now, now]);
    let first = "2026-01-11T09:30:00.5Z";
    press
        .story("urn:x:first")
        .published_at("2026-01-11T11:30:00.5+02:00")
        .await;
    assert_eq!(times("urn:x:first").await, [first, first, now]);
    press
        .story("urn:x:this")
        .with("published", "2026-01-11T09:30:00.5Z")
        .await;
    assert_eq!(times("urn:x:this").await, [first, first, now]);

    // Another `published` is a new edition, the same one is not.
    press.clock.advance(SignedDuration::from_mins(1));
    let story = press.story("urn:x:this");
    assert_eq!(story.clone().with("published", first).await.outcome, "unchanged");
    let later = "2026-01-11T10:00:00Z";
    assert_eq!(story.clone().with("published", later).await.outcome, "updated");
    let minute_later = "2026-01-12T20:01:00Z";
    assert_eq!(times("urn:x:this").await, [first, later, minute_later]);
    // Without one, an update is of now; nothing new is no update.
    assert_eq!(story.clone().await.outcome, "unchanged");
    story.headline("Updated").await;
    assert_eq!(times("urn:x:this").await, [first, minute_later, minute_later]);
}

async fn early_link(press: Press) {
    let story = press.story("urn:x:this").related("background", "urn:x:that").await;
    let links = || async {
        let path = format!("/v1/articles/{}/related", story.id);
        let related = press.get(&path).await.expect(200).json();
        let links = related["relatedLinks"].as_array().unwrap().iter();
        links
            .map(|l| (l["title"].clone(), l["url"].clone(), l["article"]["uri"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(links().await, []);
    press.story("urn:x:that").headline("That one").await;
    let link = (
        json!("That one"),
        json!("https://news.example/articles/that-one"),
        json!("urn:x:that"),
    );
    assert_eq!(links().await, [link]);
}
