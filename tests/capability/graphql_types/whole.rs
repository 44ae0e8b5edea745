//! One query that asks for every field of every type, and its whole answer.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::graphql_http::written;
use crate::press::{Press, Put};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("every field of every type is answered", every_field),
        test("a key's viewer is told what it may do", viewer),
    ]
}

const QUERY: &str = r#"
query Everything($id: ID!, $ids: [ID!]!) {
  __typename
  site { __typename name url timeZone languages newestCursor }
  viewer {
    __typename keyId name scope mayPublish mayReadAdvance partner { __typename slug name } expires networks origins
    limits { __typename perSecond burst perDay usedToday resetsAt }
  }
  article(by: {slug: "talks-resume"}) {
    ...Whole
    versions(first: 5) {
      __typename
      edges { __typename cursor node { version headline } }
      nodes { version headline pubStatus }
      pageInfo { __typename hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
  byUri: article(by: {uri: "urn:news:talks"}) { slug }
  byOldSlug: article(by: {slug: "talks"}) { slug }
  byId: article(by: {id: $id}) { slug }
  node(id: $id) { __typename id ... on Article { headline } }
  nodes(ids: $ids) {
    __typename
    id
    ... on Article { slug }
    ... on Topic { slug }
    ... on Collection { slug }
  }
  latest(first: 2, filter: {topics: {any: ["war", "kyiv"]}, languages: ["en"]}) {
    __typename
    totalCount
    edges { __typename cursor node { slug } }
    nodes { slug firstPublished }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  topic(by: {slug: "peace"}) {
    __typename id slug code kind
    name
    inUkrainian: name(language: "uk")
    parent { slug name }
    ancestors { slug name }
    children { slug name kind }
    articles(last: 1) { totalCount nodes { slug } pageInfo { hasNextPage hasPreviousPage } }
  }
  byCode: topic(by: {code: "medtop:16000000"}) { slug parent { slug } ancestors { slug } children { slug } }
  topics(first: 3, filter: {kind: SUBJECT}) {
    __typename
    totalCount
    edges { __typename cursor node { slug } }
    nodes { slug name }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  roots: topics(filter: {roots: true}) { nodes { slug } }
  below: topics(filter: {parent: "war"}) { nodes { slug } }
  wire(first: 30) {
    __typename
    edges { __typename cursor node { __typename cursor kind uri version } }
    nodes {
      kind at action reason version changed uri
      articleId topicsGained { slug } topicsLost { slug } article { slug version } topic { slug } collection { slug }
      tombstone { __typename id uri version reason canceledAt mandatory replacementUri }
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
  collection(slug: "front") {
    __typename id slug name version
    articles(first: 2) { slug }
  }
}

fragment Whole on Article {
  __typename
  id uri slug url language version pubStatus headline summary byline dateline slugline
  body
  html: body(format: HTML)
  text: body(format: TEXT)
  markdown: body(format: MARKDOWN)
  paragraphs wordCount extra
  firstPublished published versionCreated expires
  inKyiv: firstPublished(timeZone: "Europe/Kyiv")
  untilInKyiv: expires(timeZone: "Europe/Kyiv")
  urgency genre edNote replacesUri
  correction { __typename kind text at version }
  corrections { kind text }
  source { __typename id slug name url }
  topics { slug name kind }
  places: topics(kind: PLACE) { slug }
  relatedLinks { __typename kind title url article { slug headline } }
  replaces { slug }
  replacedBy { slug }
  translations { slug }
  difference {
    __typename from to
    fields { __typename field old new }
    text { __typename op text }
  }
  moreAbout(first: 5) { __typename topic { slug name } articles { slug headline firstPublished } }
  renditions {
    __typename
    name href mediaType width height size digest
    focalPoint { __typename x y }
    credit alt caption
  }
}
"#;

/// What only an administrator asks for.
const ADMINISTRATION: &str = r#"{
  partners { __typename id slug name advance disabled version created }
  partner(slug: "times") { slug }
  channels {
    __typename id slug name version public settled
    selection { __typename topics languages sources genres urgencies }
    articles(first: 1) { totalCount }
  }
  channel(slug: "calm") { slug }
  viewer { channels }
  wire(first: 1) { nodes { channel { slug } } }
  keys { __typename id name scope partner { slug } created expires networks origins disabled lastUsed }
  webhooks {
    __typename id partner url about channels topics kinds payload state notice version created lag lastOk lastTried failures
    failingSince lastError next successRate
    attempts(first: 1) { __typename id message at manner kind articleId number tookMs delivered status error answer }
  }
  webhook(id: "01890000-0000-7000-8000-0000000000aa") { url }
}"#;

/// What is answered a moment after it was put in.
const SEARCHING: &str = r#"{
  search(query: "talks", orderBy: NEWEST) {
    __typename totalCount didYouMean rebuilding
    edges { __typename cursor score node { slug } fragments { __typename field html } }
    nodes { slug }
    pageInfo { hasNextPage endCursor }
    facets {
      __typename
      topics { __typename topic { slug } count }
      languages { __typename language count }
      sources { __typename source { slug } count }
      days { __typename day count }
    }
  }
  like: article(by: { slug: "winter" }) {
    storyline { __typename id articles { slug } }
    similar(first: 2) { __typename score article { slug } }
    moreAbout { edges { __typename source score node { slug } } }
  }
  suggest(query: "tal") { __typename articles { slug } topics { slug } }
}"#;

/// A small house in which every field has something to say.
pub async fn furnish(press: &Press) -> Put {
    let names = |en: &str, uk: &str| json!({ "en": en, "uk": uk });
    for (slug, topic) in [
        (
            "war",
            json!({ "kind": "subject", "names": names("War", "Війна"), "code": "medtop:16000000" }),
        ),
        (
            "peace",
            json!({ "kind": "subject", "names": names("Peace talks", "Мирні перемовини"), "parent": "war" }),
        ),
        (
            "geneva",
            json!({ "kind": "event", "names": names("Geneva 2026", "Женева-2026"), "parent": "peace" }),
        ),
        ("kyiv", json!({ "kind": "place", "names": names("Kyiv", "Київ") })),
        (
            "un",
            json!({ "kind": "organisation", "names": { "en": "United Nations" } }),
        ),
    ] {
        press.put(&format!("/v1/topics/{slug}"), &topic).await.expect(201);
    }
    press
        .story("urn:news:summer")
        .slug("summer")
        .headline("A summer of talks")
        .topics(["peace", "kyiv"])
        .published_at("2025-07-12T18:26:00Z")
        .await;
    press
        .story("urn:news:winter")
        .slug("winter")
        .headline("A winter of war")
        .topics(["war"])
        .published_at("2026-01-10T18:26:00Z")
        .await;
    press
        .story("urn:news:uk")
        .slug("peremovyny")
        .language("uk")
        .headline("Перемовини тривають")
        .topics(["peace"])
        .published_at("2026-01-11T06:00:00Z")
        .await;
    let talks = press
        .story("urn:news:talks")
        .slug("talks")
        .headline("Talks to resume")
        .topics(["peace"])
        .published_at("2026-01-12T18:26:00Z");
    talks.await;
    press.clock.advance(jiff::SignedDuration::from_mins(10));
    let put = press
        .story("urn:news:talks")
        .slug("talks-resume")
        .headline("Talks resume in Geneva")
        .with("summary", "Both sides are back.")
        .with("byline", "Ann Author")
        .with("dateline", "GENEVA")
        .with("slugline", "TALKS/RESUME")
        .with("urgency", 2)
        .with("genre", "Current")
        .with("edNote", "Updates with quotes")
        .with("extra", json!({ "ninjs": { "rating": 5 } }))
        .with("expires", "2026-07-01T00:00:00Z")
        .source("Example Wire")
        .body("<p>Talks <b>resumed</b>.</p><script>alert(1)</script><p>They go on &amp; on.</p><ul><li>One</li></ul>")
        .topics(["peace", "kyiv", "un"])
        .published_at("2026-01-12T18:26:00Z")
        .with("relatedLinks", json!([
            { "kind": "background", "uri": "urn:news:winter" },
            { "kind": "translation_of", "uri": "urn:news:uk", "title": "Українською" },
            { "kind": "follow_up", "uri": "urn:news:not-there-yet" },
            { "kind": "external", "url": "https://un.example/talks", "title": "The UN on the talks" },
        ]))
        .with("renditions", json!([
            {
                "name": "main", "href": "https://img.example/1.jpg", "mediaType": "image/jpeg", "width": 1600,
                "height": 900, "size": 345_678_901_234_i64, "digest": "sha-256=abc", "focalPoint": { "x": 0.5, "y": 0.4 },
                "credit": "A. Photographer", "alt": "Two flags", "caption": "Flags in Geneva",
            },
            { "name": "thumbnail", "href": "https://img.example/1-small.jpg" },
        ]))
        .with("replaces", "urn:news:summer")
        .await;
    let note = json!({ "kind": "clarification", "text": "The talks resumed on Monday." });
    press
        .post("/v1/articles/urn%3Anews%3Auk/correct", &note)
        .await
        .expect(200);
    let front = json!({ "name": "Front page", "items": ["urn:news:winter", "talks-resume", "summer"] });
    press.put("/v1/collections/front", &front).await.expect(201);
    crate::search::settled(press).await;
    put
}

async fn every_field(press: Press) {
    let put = furnish(&press).await;
    let topic = press.get("/v1/topics/war").await.json()["id"].clone();
    let front = press.get("/v1/collections/front").await.json()["id"].clone();
    let ids = json!([front, put.id, "0198c0de-0000-7000-8000-000000000000", topic, put.id]);
    let answer = press.graphql(QUERY, json!({ "id": put.id, "ids": ids })).await;
    let mut data = answer.data();
    name_ids(&mut data, &mut HashMap::new());
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    let text = serde_json::to_string_pretty(&data).unwrap();
    settings.bind(|| insta::assert_snapshot!("graphql_types__every_field", text));

    let channel = json!({ "name": "Calm", "public": true, "selection": { "topics": ["peace"] } });
    press.put("/v1/channels/calm", &channel).await.expect(201);
    press
        .command(["partner", "add", "times", "--name", "The Times"])
        .await
        .ok();
    press
        .command(["key", "issue", "--partner", "times", "--name", "site"])
        .await
        .ok();
    let hook = json!({ "url": "https://news.example/hook" });
    press.post("/v1/webhooks", &hook).await.expect(201);
    let sdl = press.get("/schema.graphql").await.text().to_owned();
    let administrator = press.graphql(ADMINISTRATION, json!({})).admin().await.data();
    assert_eq!(administrator["partners"][0]["slug"], "times");
    assert_eq!(administrator["channel"]["slug"], "calm");
    assert_eq!(administrator["webhooks"][0]["state"], "ACTIVE");
    assert_eq!(administrator["webhook"], Value::Null);
    assert_eq!(administrator["keys"].as_array().map(Vec::len), Some(2));
    crate::search::settled(&press).await;
    let searched = press.graphql(SEARCHING, json!({})).await.data();
    assert_eq!(searched["search"]["totalCount"], 2);
    assert_eq!(searched["search"]["facets"]["sources"][0]["count"], 1);
    assert_eq!(searched["suggest"]["topics"][0]["slug"], "peace");
    let words = |text: &'static str| text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let asked: BTreeSet<&str> = [QUERY, ADMINISTRATION, SEARCHING].into_iter().flat_map(words).collect();
    let mut count = 0;
    for (name, (kind, fields)) in written(&sdl) {
        // What is listened to is asked for where it is listened to.
        if name == "Subscription" {
            continue;
        }
        // What needs a key is asked for where that key is.
        if ["Advance", "Pending"].iter().any(|with| name.starts_with(with)) {
            continue;
        }
        let only_writes = name == "Mutation" || name == "UserError" || name.ends_with("Payload");
        if kind != "type" || only_writes {
            continue;
        }
        let keyed = ["advance", "pendingArticle", "pendingArticles"];
        for field in fields
            .into_iter()
            .filter(|field| name != "Query" || !keyed.contains(field))
        {
            assert!(asked.contains(field), "{name}.{field} is not asked for here");
            count += 1;
        }
    }
    assert!(count > 90, "{count} fields");
}

/// Ids and cursors differ from house to house; which of them are the same does not.
fn name_ids(value: &mut Value, seen: &mut HashMap<String, usize>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                let is_place = name == "id" || name == "articleId" || name.to_lowercase().ends_with("cursor");
                if let (true, Value::String(text)) = (is_place, &mut *value) {
                    let kind = if name == "id" || name == "articleId" {
                        "id"
                    } else {
                        "cursor"
                    };
                    let next = seen.len() + 1;
                    let number = *seen.entry(text.clone()).or_insert(next);
                    *text = format!("[{kind} {number}]");
                } else {
                    name_ids(value, seen);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| name_ids(item, seen)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn viewer(press: Press) {
    let ask = || press.graphql("{ viewer { keyId name scope mayPublish } }", json!({}));
    let nobody = json!({ "keyId": null, "name": null, "scope": null, "mayPublish": false });
    assert_eq!(ask().await.data()["viewer"], nobody);
    let admin = ask().admin().await.data()["viewer"].take();
    let id = press.admin_key().split('_').nth(1).unwrap();
    assert_eq!(
        admin,
        json!({ "keyId": id, "name": "test", "scope": "ADMIN", "mayPublish": true })
    );
    let key = press
        .command(["key", "issue", "--scope", "read", "--name", "A reader"])
        .await
        .ok();
    let reader = ask().key(key.trim()).await.data()["viewer"].take();
    assert_eq!(
        (&reader["name"], &reader["scope"], &reader["mayPublish"]),
        (&json!("A reader"), &json!("READ"), &json!(false))
    );
}
