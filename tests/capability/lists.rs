//! What a list holds, and in which order: every filter, alone and with others, by both doors, held against a model that
//! looks at every story.

mod combined;
pub mod dice;
mod model;

use serde_json::{Value, json};

use crate::press::{NOW, Press};
use crate::runner::{Test, test};
use dice::Dice;
use model::{Asked, Model};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "each filter of a list holds exactly the stories that meet it",
            each_alone,
        ),
        test(
            "filters together hold exactly the stories that meet all of them",
            together,
        ),
        test(
            "a topic's feed holds its own stories and those of all topics below it",
            parents_include_children,
        ),
        test("a list is newest first, and within the same moment by id", in_order),
        test(
            "a topic or source that does not exist is refused by name",
            unknown_names,
        ),
        test(
            "a list of filters together is the same, whether an index helps or not, at every moment",
            combined::same,
        ),
        test(
            "where reading is by right, a list of filters together is the same, whether an index helps or not",
            combined::by_right,
        )
        .set("access.public", "\"channels\""),
        test(
            "a list of filters together shows what was published before, and not what was taken back",
            combined::fresh,
        ),
        test(
            "a list of filters together is whole while the search index is made anew, and without it",
            combined::made_anew,
        ),
    ]
}

/// Questions of some filters together, in each run.
const QUESTIONS: usize = 150;

async fn each_alone(press: Press) {
    let mut dice = Dice::new(1);
    let model = Model::tell(&press, &mut dice).await;
    let mut found = 0;
    for asked in model.each_alone() {
        found += usize::from(compare(&press, &model, &asked, &mut dice).await > 0);
    }
    assert!(
        found > 40,
        "only {found} questions found anything: the model is too poor"
    );
}

async fn together(press: Press) {
    let mut dice = Dice::new(20_260_112);
    let model = Model::tell(&press, &mut dice).await;
    let mut found = 0;
    for _ in 0..QUESTIONS {
        let asked = model.some_together(&mut dice);
        found += usize::from(compare(&press, &model, &asked, &mut dice).await > 0);
    }
    assert!(
        found > QUESTIONS / 3,
        "only {found} questions found anything: the model is too poor"
    );
}

/// Asks both doors, and a topic's own feed where the question begins with one topic. Answers how many were found.
async fn compare(press: &Press, model: &Model, asked: &Asked, dice: &mut Dice) -> usize {
    let expected = model.ids(asked);

    let path = format!("/v1/articles?limit=100&total=true{}", asked.rest(dice));
    let answer = press.get(&path).await.expect(200).json();
    assert_eq!(ids(&answer["items"]), expected, "{path}\n{asked:?}");
    assert_eq!(answer["total"], expected.len(), "{path}");
    assert_eq!(
        (&answer["next"], &answer["previous"]),
        (&Value::Null, &Value::Null),
        "{path}"
    );

    let Some(filter) = asked.graphql() else {
        return expected.len();
    };
    let query = "query($filter: ArticleFilter) { latest(first: 100, filter: $filter) { nodes { id } totalCount } }";
    let answer = press.graphql(query, json!({ "filter": filter })).await.data();
    assert_eq!(ids(&answer["latest"]["nodes"]), expected, "{asked:?}");
    assert_eq!(answer["latest"]["totalCount"], expected.len(), "{asked:?}");

    if let Some(([topic], rest)) = asked.topics.split_first().map(|(first, rest)| (first.as_slice(), rest)) {
        let rest = Asked {
            topics: rest.to_vec(),
            ..asked.clone()
        };
        let by = if topic.contains(':') { "code" } else { "slug" };
        let query = "query($by: TopicBy!, $filter: ArticleFilter) {
            topic(by: $by) { articles(first: 100, filter: $filter) { nodes { id } totalCount } }
        }";
        let variables = json!({ "by": { by: topic }, "filter": rest.graphql() });
        let answer = press.graphql(query, variables).await.data();
        let articles = &answer["topic"]["articles"];
        assert_eq!(ids(&articles["nodes"]), expected, "the feed of {topic}: {asked:?}");
        assert_eq!(articles["totalCount"], expected.len(), "the feed of {topic}: {asked:?}");
    }
    expected.len()
}

fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn headlines(press: &Press, path: &str) -> Vec<String> {
    let answer = press.get(path).await.expect(200).json();
    let items = answer["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["headline"].as_str().expect("a headline").to_owned())
        .collect()
}

async fn parents_include_children(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("europe", "Europe", Some("world")).await;
    press.topic("ukraine", "Ukraine", Some("europe")).await;
    press.topic("asia", "Asia", Some("world")).await;
    let stories = [
        ("kyiv", "ukraine"),
        ("tokyo", "asia"),
        ("brussels", "europe"),
        ("earth", "world"),
    ];
    for ((headline, topic), minute) in stories.into_iter().zip(10..) {
        let story = press
            .story(&format!("urn:{headline}:1"))
            .headline(headline)
            .topics([topic]);
        story.published_at(&format!("2026-01-12T19:{minute}:00Z")).await;
    }
    let feeds: [(&str, &[&str]); 4] = [
        ("world", &["earth", "brussels", "tokyo", "kyiv"]),
        ("europe", &["brussels", "kyiv"]),
        ("ukraine", &["kyiv"]),
        ("asia", &["tokyo"]),
    ];
    for (topic, expected) in feeds {
        assert_eq!(
            headlines(&press, &format!("/v1/topics/{topic}/articles")).await,
            expected
        );
        assert_eq!(
            headlines(&press, &format!("/v1/articles?topic={topic}")).await,
            expected
        );
    }
    // Each story shows the topic its publisher gave, not those above it.
    let answer = press
        .get("/v1/topics/world/articles?limit=100")
        .await
        .expect(200)
        .json();
    for item in answer["items"].as_array().unwrap() {
        assert_eq!(item["topics"].as_array().unwrap().len(), 1, "{item}");
    }
    // A story that changes its topic leaves the old feeds and enters the new ones.
    press.story("urn:kyiv:1").headline("kyiv").topics(["asia"]).await;
    assert_eq!(headlines(&press, "/v1/topics/europe/articles").await, ["brussels"]);
    assert_eq!(headlines(&press, "/v1/topics/ukraine/articles").await, [""; 0]);
    assert_eq!(headlines(&press, "/v1/topics/asia/articles").await, ["tokyo", "kyiv"]);
    assert_eq!(
        headlines(&press, "/v1/topics/world/articles").await,
        ["earth", "brussels", "tokyo", "kyiv"]
    );
}

async fn in_order(press: Press) {
    let mut expected = Vec::new();
    for n in 0..12 {
        let time = format!("2026-01-12T19:00:00.00000{}Z", n % 3);
        let put = press.story(&format!("urn:order:{n}")).published_at(&time).await;
        expected.push((time, put.id));
    }
    expected.sort();
    expected.reverse();
    let expected: Vec<String> = expected.into_iter().map(|(_, id)| id).collect();
    for path in ["/v1/latest", "/v1/articles"] {
        assert_eq!(ids(&press.get(path).await.expect(200).json()["items"]), expected);
    }
    // A new edition does not move a story.
    press
        .clock
        .set(NOW.parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_mins(5));
    let put = press.story("urn:order:4").headline("Updated").await;
    assert_eq!(put.version, 2);
    assert_eq!(
        ids(&press.get("/v1/latest").await.expect(200).json()["items"]),
        expected
    );
}

async fn unknown_names(press: Press) {
    press.topic("world", "World", None).await;
    let path = "/v1/articles?topic=world|wrold,-nowhere:1&source=nobody";
    let answer = press.get(path).await.expect(400).json();
    let errors = json!([
        { "field": "topic", "code": "unknown_topic", "message": "there is no topic `wrold`" },
        { "field": "topic", "code": "unknown_topic", "message": "there is no topic `nowhere:1`" },
        { "field": "source", "code": "unknown_source", "message": "there is no source `nobody`" },
    ]);
    assert_eq!(answer["code"], "invalid_parameter");
    assert_eq!(answer["errors"], errors);

    let query = r#"{ latest(filter: {
        topics: { any: ["world", "wrold"], none: ["nowhere:1"] }, sources: ["nobody"]
    }) { nodes { id } } }"#;
    let answer = press.graphql(query, json!({})).await.json();
    assert_eq!(
        answer["errors"][0]["extensions"],
        json!({ "code": "INVALID_PARAMETER", "errors": errors })
    );

    let missing = press.get("/v1/topics/wrold/articles").await.expect(404).json();
    assert_eq!(missing["detail"], "There is no such topic.");
    let missing = press.graphql(
        r#"{ topic(by: { slug: "wrold" }) { articles { nodes { id } } } }"#,
        json!({}),
    );
    assert_eq!(missing.await.data(), json!({ "topic": null }));
}
