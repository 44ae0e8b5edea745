//! Topics that take others in: names, children and stories.

use serde_json::{Value, json};

use crate::exact::{breaks_rules, refused, stale};
use crate::moves::{cursor, feed, since, until};
use crate::press::{Answer, Press, Setup};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a merged topic's names lead to the one that took it in, for ever",
            names,
        ),
        test(
            "stories follow into the topic that took theirs in, each by a new version",
            stories,
        ),
        test(
            "a withheld story is restored into the topic that took its own in, and a canceled one stays canceled",
            withdrawn,
        ),
        test("topics and stories below a merged topic come along", children),
        test(
            "followers of either topic are told what a merger brings and takes",
            told,
        ),
        test("a topic is merged by mergeTopic just as by POST", mutation),
        test("a merger that would make a ring or nothing is refused", refusals),
        test(
            "a merged topic's versions, filters and parents are those of its target",
            afterwards,
        ),
        test("an export of merged topics brings them back", exported),
    ]
}

async fn merge(press: &Press, from: &str, into: &str) -> Answer {
    press
        .post(&format!("/v1/topics/{from}/merge"), &json!({ "into": into }))
        .await
}

/// Economy ▸ Trade ▸ Tariffs, and Business; a story on each of the first two, one on both, one on Tariffs.
async fn furnish(press: &Press) {
    press.topic("economy", "Economy", None).await;
    press.topic("business", "Business", None).await;
    let code = json!({ "code": "medtop:20000", "parent": "economy", "names": { "en": "Trade" } });
    press.put("/v1/topics/trade", &code).await.expect(201);
    press.topic("tariffs", "Tariffs", Some("trade")).await;
    press.story("urn:x:1").topics(["trade"]).await;
    press.story("urn:x:2").topics(["business"]).await;
    press.story("urn:x:3").topics(["trade", "business"]).await;
    press.story("urn:x:4").topics(["tariffs"]).await;
}

fn uris(numbers: &[u32]) -> Vec<String> {
    numbers.iter().map(|n| format!("urn:x:{n}")).collect()
}

async fn story(press: &Press, number: u32) -> Value {
    press
        .get(&format!("/v1/articles/urn%3Ax%3A{number}"))
        .await
        .expect(200)
        .json()
}

fn slugs(story: &Value) -> Vec<&str> {
    let topics = story["topics"].as_array().unwrap().iter();
    topics.map(|topic| topic["slug"].as_str().unwrap()).collect()
}

/// Merges Trade into Business and waits until the stories are there.
async fn merged(press: &Press) {
    merge(press, "trade", "business").await.expect(200);
    until(uris(&[1, 2, 3, 4]), async || feed(press, "business").await).await;
    until(Vec::new(), async || feed(press, "economy").await).await;
}

async fn names(press: Press) {
    furnish(&press).await;
    let id = press.get("/v1/topics/trade").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = merge(&press, "trade", "business").await.expect(200).json();
    let target = press.get("/v1/topics/business").await.expect(200);
    assert_eq!(target.header("link"), "");
    assert_eq!(
        (&answer["slug"], &answer["id"], &answer["outcome"]),
        (&json!("business"), &target.json()["id"], &json!("updated"))
    );
    for name in ["trade", "medtop:20000", &id] {
        let found = press.get(&format!("/v1/topics/{name}")).await.expect(200);
        assert_eq!(found.json(), target.json(), "{name}");
        assert_eq!(found.header("link"), "</v1/topics/business>; rel=\"canonical\"");
        let query = "query($slug: String!) { topic(by: {slug: $slug}) { slug } }";
        if name == "trade" {
            let by_graphql = press.graphql(query, json!({ "slug": name })).await.data();
            assert_eq!(by_graphql, json!({ "topic": { "slug": "business" } }));
        }
        until(uris(&[1, 2, 3, 4]), async || feed(&press, name).await).await;
    }
    let page = press.get("/topics/trade").await.expect(301);
    assert_eq!(page.header("location"), "/topics/business");
    // It is in no list, and nothing stands under its name.
    let list = press.get("/v1/topics?total=true").await.json();
    let listed: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|t| &t["slug"]).collect();
    assert_eq!(listed, ["business", "economy", "tariffs"]);
    assert_eq!(list["total"], 3);
    // Business is merged in its turn: both names follow.
    press.topic("money", "Money", None).await;
    merge(&press, "business", "money").await.expect(200);
    for name in ["trade", "business", "medtop:20000"] {
        assert_eq!(press.get(&format!("/v1/topics/{name}")).await.json()["slug"], "money");
        until(uris(&[1, 2, 3, 4]), async || feed(&press, name).await).await;
    }
}

async fn stories(press: Press) {
    furnish(&press).await;
    let same = press.story("urn:x:1").topics(["trade"]);
    merged(&press).await;
    let one = story(&press, 1).await;
    assert_eq!((slugs(&one), &one["version"]), (vec!["business"], &json!(2)));
    // What was there already stays as it was; of two that became one there is one.
    let (two, three) = (story(&press, 2).await, story(&press, 3).await);
    assert_eq!((slugs(&two), &two["version"]), (vec!["business"], &json!(1)));
    assert_eq!((slugs(&three), &three["version"]), (vec!["business"], &json!(2)));
    // A story below names its own topic still.
    let four = story(&press, 4).await;
    assert_eq!((slugs(&four), &four["version"]), (vec!["tariffs"], &json!(1)));
    // The publisher says what he said before: nothing new.
    let again = same.await;
    assert_eq!((again.outcome.as_str(), again.version), ("unchanged", 2));
    // A new story under the old name comes in under the new one.
    press.story("urn:x:5").topics(["medtop:20000"]).await;
    assert_eq!(slugs(&story(&press, 5).await), ["business"]);
}

async fn children(press: Press) {
    furnish(&press).await;
    merged(&press).await;
    let tariffs = press.get("/v1/topics/tariffs").await.json();
    let above: Vec<&Value> = tariffs["ancestors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["slug"])
        .collect();
    assert_eq!(above, ["business"]);
    let business = press.get("/v1/topics/business").await.json();
    assert_eq!(business["children"][0]["slug"], "tariffs");
    assert_eq!(feed(&press, "tariffs").await, uris(&[4]));
    // Into one's own parent.
    merge(&press, "tariffs", "business").await.expect(200);
    until(json!(2), async || story(&press, 4).await["version"].clone()).await;
    assert_eq!(slugs(&story(&press, 4).await), ["business"]);
    assert_eq!(feed(&press, "tariffs").await, uris(&[1, 2, 3, 4]));
}

async fn told(press: Press) {
    furnish(&press).await;
    let from = cursor(&press).await;
    merged(&press).await;
    let entry = |action: &str, n: u32| ("article.updated".to_owned(), action.to_owned(), format!("urn:x:{n}"));
    assert_eq!(
        since(&press, &from, "business").await,
        [entry("publish", 1), entry("update", 3), entry("publish", 4)]
    );
    assert_eq!(
        since(&press, &from, "economy").await,
        [entry("remove", 1), entry("remove", 3), entry("remove", 4)]
    );
    assert_eq!(since(&press, &from, "tariffs").await, [entry("update", 4)]);
    // The names are told too.
    let page = press.get(&format!("/v1/wire?after={from}")).await.json();
    let entries = page["entries"].as_array().unwrap();
    let topics: Vec<&Value> = entries
        .iter()
        .map(|e| &e["topic"]["slug"])
        .filter(|s| s.is_string())
        .collect();
    assert_eq!(topics, ["business", "business", "tariffs"]);
}

const MERGE: &str = "mutation($input: MergeTopicInput!) { mergeTopic(input: $input) {
    outcome topic { slug } userErrors { field code message } } }";

async fn mutation(press: Press) {
    furnish(&press).await;
    let ask = |input: Value| press.graphql(MERGE, json!({ "input": input })).admin();
    let input = json!({ "topic": "trade", "into": "business", "ifVersion": 1 });
    let done = ask(input).await.data();
    let errors = json!([]);
    let wanted = |outcome: &str| json!({ "mergeTopic": { "outcome": outcome, "topic": { "slug": "business" }, "userErrors": errors } });
    assert_eq!(done, wanted("UPDATED"));
    let again = json!({ "topic": "trade", "into": "business" });
    assert_eq!(ask(again).await.data(), wanted("UNCHANGED"));
    let refused = ask(json!({ "topic": "tariffs", "into": "tariffs" })).await.data();
    assert_eq!(refused["mergeTopic"]["userErrors"][0]["code"], "SAME");
    let public = press.graphql(MERGE, json!({ "input": { "topic": "tariffs", "into": "business" } }));
    assert_eq!(public.await.json()["errors"][0]["extensions"]["code"], "KEY_REQUIRED");
}

async fn refusals(press: Press) {
    furnish(&press).await;
    for (into, code, message) in [
        ("", "required", "is required: the slug of the topic that takes it in"),
        ("ghost", "unknown_topic", "there is no topic with this name"),
        ("trade", "same", "is the topic itself"),
        (
            "tariffs",
            "ring",
            "stands below the topic that it would take in; move it first",
        ),
    ] {
        breaks_rules(&merge(&press, "trade", into).await, &[("into", code, message)]);
    }
    refused(
        &merge(&press, "ghost", "trade").await,
        404,
        "not_found",
        "There is no such topic.",
        &[],
    );
    press.post("/v1/topics/trade/merge", &json!({})).await.expect(422);
    press
        .post("/v1/topics/trade/merge", &json!({ "into": "business" }))
        .without("authorization")
        .await
        .expect(401);
    let guarded = press.post("/v1/topics/trade/merge", &json!({ "into": "business" }));
    stale(&guarded.header("if-match", "\"v7\"").await, 1);
    merge(&press, "trade", "business").await.expect(200);
    // The same again is done; elsewhere it cannot go any more, and nothing can go there.
    assert_eq!(
        merge(&press, "trade", "business").await.expect(200).json()["outcome"],
        "unchanged"
    );
    let detail =
        "The topic `trade` was merged into `business`, and its name leads there for ever. Write to `business`.";
    refused(
        &merge(&press, "trade", "economy").await,
        409,
        "topic_merged",
        detail,
        &[],
    );
    let message = "was merged into `business` itself; name that one";
    breaks_rules(&merge(&press, "economy", "trade").await, &[("into", "merged", message)]);
    let put = press
        .put("/v1/topics/trade", &json!({ "names": { "en": "Trade" } }))
        .await;
    refused(&put, 409, "topic_merged", detail, &[]);
    // A tree has a bottom.
    let mut parent = "economy".to_owned();
    for level in 1..=30 {
        let slug = format!("l{level}");
        press.topic(&slug, "L", Some(&parent)).await;
        parent = slug;
    }
    let message = "would make the tree deeper than 32 levels";
    press.topic("l31", "L", Some("l30")).await;
    breaks_rules(
        &merge(&press, "business", "l31").await,
        &[("into", "too_deep", message)],
    );
    // One level higher what hangs on it has room.
    merge(&press, "business", "l30").await.expect(200);
    assert_eq!(press.get("/v1/topics/trade").await.json()["slug"], "l30");
}

async fn afterwards(press: Press) {
    furnish(&press).await;
    merged(&press).await;
    // An old version names the old topic, which is the new one today.
    let old = press.get("/v1/articles/urn%3Ax%3A3?version=1").await.expect(200).json();
    assert_eq!(slugs(&old), ["business"]);
    let list = press.get("/v1/articles?topic=trade").await.expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 4);
    press.topic("deals", "Deals", Some("trade")).await;
    assert_eq!(
        press.get("/v1/topics/deals").await.json()["ancestors"][0]["slug"],
        "business"
    );
    // Its code may become the target's own.
    let body = json!({ "code": "medtop:20000", "names": { "en": "Business" } });
    press.put("/v1/topics/business", &body).await.expect(200);
    assert_eq!(
        press.get("/v1/topics/medtop:20000").await.json()["code"],
        "medtop:20000"
    );
    let taken = press.put("/v1/topics/deals", &body).await;
    breaks_rules(&taken, &[("code", "taken", "belongs to the topic `business`")]);
}

async fn exported(press: Press) {
    furnish(&press).await;
    merged(&press).await;
    press.close().await;
    let whole = press.command(["export"]).await.ok();
    let file = press.folder().join("house.ndjson");
    std::fs::write(&file, &whole).unwrap();
    let other = Press::start(press.backend(), Setup::default()).await;
    other.close().await;
    other.command(["import", file.to_str().unwrap()]).await.ok();
    assert_eq!(other.command(["export"]).await.ok(), whole);
    // Twice changes nothing.
    other.command(["import", file.to_str().unwrap()]).await.ok();
    assert_eq!(other.command(["export"]).await.ok(), whole);
    other.open().await;
    assert_eq!(other.get("/v1/topics/trade").await.json()["slug"], "business");
    assert_eq!(feed(&other, "trade").await, uris(&[1, 2, 3, 4]));
}

async fn withdrawn(press: Press) {
    furnish(&press).await;
    for (number, step, body) in [(1, "withhold", json!({})), (3, "cancel", json!({ "reason": "Wrong." }))] {
        press
            .post(&format!("/v1/articles/urn%3Ax%3A{number}/{step}"), &body)
            .await
            .expect(200);
    }
    let from = cursor(&press).await;
    merge(&press, "trade", "business").await.expect(200);
    until(uris(&[2, 4]), async || feed(&press, "business").await).await;
    let entry = |action: &str, n: u32| ("article.updated".to_owned(), action.to_owned(), format!("urn:x:{n}"));
    assert_eq!(since(&press, &from, "business").await, [entry("publish", 4)]);
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
    press.get("/v1/articles/urn%3Ax%3A3").await.expect(410);
    press
        .post("/v1/articles/urn%3Ax%3A1/restore", &json!({}))
        .await
        .expect(200);
    assert_eq!(feed(&press, "business").await, uris(&[1, 2, 4]));
    assert_eq!(slugs(&story(&press, 1).await), ["business"]);
}
