//! Random steps of random stories, against a small model of what must be seen afterwards, on every kind of surface.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::lists::dice::Dice;
use crate::press::{Press, segment};
use crate::runner::{Test, test};
use crate::wire::poll;

pub fn all() -> Vec<Test> {
    vec![test("random steps leave every surface as a small model says", model)]
}

/// `DATELINE_TEST_STEPS` and `DATELINE_TEST_STEPS_SEED` say otherwise.
const STEPS: usize = 60;
const SEED: u64 = 20_260_112;
const TOPICS: [&str; 3] = ["war", "peace", "sport"];
const STORIES: usize = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Public,
    Withheld,
    Canceled,
}

/// A story as it must be.
#[derive(Clone, Debug)]
struct Known {
    n: usize,
    id: String,
    uri: String,
    former_uris: Vec<String>,
    slugs: Vec<String>,
    version: i64,
    state: State,
    headline: String,
    topics: Vec<&'static str>,
    first_published: Timestamp,
    corrections: usize,
}

#[derive(Default)]
struct Model {
    stories: Vec<Known>,
    count: usize,
}

/// Who follows the wire and does what he is told.
struct Copy {
    topic: Option<&'static str>,
    cursor: String,
    has: BTreeMap<String, String>,
}

fn set(name: &str) -> Option<u64> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

async fn model(press: Press) {
    let steps = set("DATELINE_TEST_STEPS").map_or(STEPS, |n| usize::try_from(n).unwrap());
    let mut dice = Dice::new(set("DATELINE_TEST_STEPS_SEED").unwrap_or(SEED));
    press.topic("peace", "Peace", None).await;
    press.topic("war", "War", Some("peace")).await;
    press.topic("sport", "Sport", None).await;
    let mut model = Model::default();
    let follow = |topic| Copy {
        topic,
        cursor: String::new(),
        has: BTreeMap::new(),
    };
    let mut copies = [follow(None), follow(Some("peace")), follow(Some("sport"))];
    let mut told = Vec::new();
    for _ in 0..steps {
        told.push(model.step(&press, &mut dice).await);
        // Followers look now and then, and catch up.
        for copy in &mut copies {
            if dice.once_in(3) {
                copy.follow(&press).await;
                copy.compare(&model, &told);
            }
        }
        model.compare(&press, &told).await;
    }
    // Who comes last, and begins with the oldest entry, ends with the same.
    let mut late = follow(None);
    for copy in copies.iter_mut().chain([&mut late]) {
        copy.follow(&press).await;
        copy.compare(&model, &told);
    }
    let states: BTreeSet<String> = model.stories.iter().map(|s| format!("{:?}", s.state)).collect();
    assert!(
        states.len() == 3 || set("DATELINE_TEST_STEPS_SEED").is_some() || steps < STEPS,
        "the steps led only to {states:?}"
    );
}

impl Model {
    async fn step(&mut self, press: &Press, dice: &mut Dice) -> String {
        self.count += 1;
        press.clock.advance(SignedDuration::from_secs(1));
        let n = dice.roll(STORIES);
        let Some(known) = self.stories.iter().position(|s| s.n == n) else {
            return self.publish(press, dice, n).await;
        };
        let (name, body) = match dice.roll(11) {
            0..=2 => return self.publish(press, dice, n).await,
            3 => ("correct", json!({ "text": format!("Correction {}", self.count) })),
            4 | 5 => ("withhold", json!({ "reason": "Doubts." })),
            6 | 7 => ("restore", json!({})),
            8 => ("cancel", json!({ "reason": "Untrue." })),
            9 => (
                "correct",
                json!({ "text": format!("Correction {}", self.count), "article": { "headline": format!("Right {}", self.count), "topics": ["sport"] } }),
            ),
            _ if dice.once_in(2) => ("rename", json!({ "slug": format!("slug-{}", self.count) })),
            _ => ("rename", json!({ "uri": format!("urn:m:{n}:{}", self.count) })),
        };
        let story = &mut self.stories[known];
        let legal = match (story.state, name) {
            (State::Canceled, _) | (State::Public, "restore") | (State::Withheld, "withhold") => false,
            (State::Public | State::Withheld, _) => true,
        };
        let answer = press
            .post(&format!("/v1/articles/{}/{name}", segment(&story.uri)), &body)
            .await;
        let told = format!("{name} {} {body} → {}", story.uri, answer.status);
        assert_eq!(
            answer.status,
            if legal { 200 } else { 409 },
            "{told}\n{story:?}\n{answer}"
        );
        if !legal {
            return told;
        }
        story.version += 1;
        assert_eq!(answer.json()["version"], story.version, "{told}");
        match name {
            "correct" => {
                story.corrections += 1;
                if let Some(headline) = body["article"]["headline"].as_str() {
                    headline.clone_into(&mut story.headline);
                    story.topics = vec!["sport"];
                }
            }
            "withhold" => story.state = State::Withheld,
            "restore" => story.state = State::Public,
            "cancel" => story.state = State::Canceled,
            _ => {
                let receipt = answer.json();
                if let Some(slug) = body["slug"].as_str() {
                    story.slugs.push(slug.to_owned());
                } else {
                    story.former_uris.push(story.uri.clone());
                    receipt["uri"].as_str().unwrap().clone_into(&mut story.uri);
                }
            }
        }
        told
    }

    async fn publish(&mut self, press: &Press, dice: &mut Dice, n: usize) -> String {
        let (headline, topics) = (format!("Headline {}", self.count), dice.some(&TOPICS, 2));
        let known = self.stories.iter().position(|s| s.n == n);
        let uri = known.map_or_else(|| format!("urn:m:{n}"), |i| self.stories[i].uri.clone());
        let body = json!({ "headline": headline, "topics": topics });
        let answer = press.put(&format!("/v1/articles/{}", segment(&uri)), &body).await;
        let told = format!("PUT {uri} {body} → {}", answer.status);
        let Some(known) = known else {
            let receipt = answer.expect(201).json();
            self.stories.push(Known {
                n,
                id: receipt["id"].as_str().unwrap().to_owned(),
                uri,
                former_uris: Vec::new(),
                slugs: vec![receipt["slug"].as_str().unwrap().to_owned()],
                version: 1,
                state: State::Public,
                headline,
                topics,
                first_published: press.clock.now(),
                corrections: 0,
            });
            return told;
        };
        let story = &mut self.stories[known];
        if story.state == State::Canceled {
            answer.expect(409);
            return told;
        }
        answer.expect(200);
        story.version += 1;
        story.headline = headline;
        story.topics = topics;
        told
    }

    /// Those in a feed, newest first.
    fn feed(&self, topic: Option<&str>) -> Vec<&Known> {
        let mut feed: Vec<&Known> = self.stories.iter().filter(|s| s.state == State::Public).collect();
        feed.retain(|s| topic.is_none_or(|t| s.topics.iter().any(|own| *own == t || (t == "peace" && *own == "war"))));
        feed.sort_by_key(|s| std::cmp::Reverse((s.first_published, s.id.clone())));
        feed
    }

    async fn compare(&self, press: &Press, told: &[String]) {
        let about = || format!("after\n  {}", told.join("\n  "));
        for (path, topic) in [
            ("/v1/latest?limit=100&total=true", None),
            ("/v1/articles?limit=100&total=true&language=en", None),
            ("/v1/topics/peace/articles?limit=100&total=true", Some("peace")),
            ("/v1/topics/war/articles?limit=100&total=true", Some("war")),
            ("/v1/articles?topic=sport&limit=100&total=true", Some("sport")),
        ] {
            let page = press.get(path).await.expect(200).json();
            let expected: Vec<Value> = self
                .feed(topic)
                .iter()
                .map(|s| json!([s.uri, s.headline, s.version]))
                .collect();
            let items = page["items"].as_array().unwrap().iter();
            let items: Vec<Value> = items.map(|s| json!([s["uri"], s["headline"], s["version"]])).collect();
            assert_eq!(items, expected, "{path}, {}", about());
            assert_eq!(page["total"], expected.len(), "{path}, {}", about());
        }
        let snapshot = press.get("/v1/snapshot").await.expect(200);
        let lines = snapshot
            .text()
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap());
        let stories: BTreeSet<String> = lines.filter_map(|l| Some(l["uri"].as_str()?.to_owned())).collect();
        let expected: BTreeSet<String> = self.feed(None).iter().map(|s| s.uri.clone()).collect();
        assert_eq!(stories, expected, "the snapshot, {}", about());
        join_all(self.stories.iter().map(|s| s.compare(press, told))).await;
        let ids: Vec<&str> = self.stories.iter().map(|s| s.id.as_str()).collect();
        let asked = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Article { headline } } latest(first: 100) { totalCount nodes { uri } } }";
        let answer = press.graphql(asked, json!({ "ids": ids })).await.expect(200).json();
        let expected = self.stories.iter().map(|s| match s.state {
            State::Public => json!({ "headline": s.headline }),
            State::Withheld | State::Canceled => Value::Null,
        });
        assert_eq!(
            answer["data"]["nodes"],
            json!(expected.collect::<Vec<_>>()),
            "{}",
            about()
        );
        assert_eq!(
            answer["data"]["latest"]["totalCount"],
            self.feed(None).len(),
            "{}",
            about()
        );
        let canceled = self.stories.iter().filter(|s| s.state == State::Canceled).count();
        assert_eq!(answer["errors"].as_array().map_or(0, Vec::len), canceled, "{}", about());
    }
}

impl Known {
    async fn compare(&self, press: &Press, told: &[String]) {
        let about = || format!("{self:?} after\n  {}", told.join("\n  "));
        let status = match self.state {
            State::Public => 200,
            State::Withheld => 404,
            State::Canceled => 410,
        };
        let uris = self.former_uris.iter().chain([&self.uri]).map(|u| segment(u));
        let names = uris.chain(self.slugs.iter().cloned()).chain([self.id.clone()]);
        for name in names {
            for rest in ["", "/versions?limit=100", "/related", "?version=1"] {
                let answer = press.get(&format!("/v1/articles/{name}{rest}")).await;
                assert_eq!(answer.status, status, "{answer}\n{}", about());
                if status != 200 {
                    continue;
                }
                let answer = answer.json();
                match rest {
                    "" => {
                        let said = json!([answer["uri"], answer["headline"], answer["version"]]);
                        assert_eq!(said, json!([self.uri, self.headline, self.version]), "{}", about());
                        let corrections = answer["corrections"].as_array().unwrap().len();
                        assert_eq!(corrections, self.corrections, "{}", about());
                    }
                    "/versions?limit=100" => {
                        let versions = answer["items"]
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(|v| v["version"].as_i64().unwrap());
                        let expected: Vec<i64> = (1..=self.version).rev().collect();
                        assert_eq!(versions.collect::<Vec<_>>(), expected, "{}", about());
                    }
                    _ => {}
                }
            }
        }
        let page = press.get(&format!("/articles/{}", self.slugs.last().unwrap())).await;
        assert_eq!(page.status, status, "{page}\n{}", about());
    }
}

impl Copy {
    async fn follow(&mut self, press: &Press) {
        loop {
            let topic = self.topic.map(|t| format!("&topic={t}")).unwrap_or_default();
            let after = if self.cursor.is_empty() {
                String::new()
            } else {
                format!("&after={}", self.cursor)
            };
            let page = poll(press, &format!("?limit=7{topic}{after}")).await.json();
            for entry in page["entries"].as_array().unwrap() {
                if !entry["kind"].as_str().unwrap().starts_with("article.") {
                    continue;
                }
                let id = entry["id"].as_str().unwrap().to_owned();
                match entry["action"].as_str().unwrap() {
                    "publish" | "update" => {
                        let headline = entry["article"]["headline"].as_str().unwrap().to_owned();
                        self.has.insert(id, headline);
                    }
                    "hold" | "remove" | "replace" => {
                        self.has.remove(&id);
                    }
                    other => panic!("{other}"),
                }
            }
            let next = page["next"].as_str().unwrap().to_owned();
            let ended = next == self.cursor || page["entries"].as_array().unwrap().is_empty();
            self.cursor = next;
            if ended {
                return;
            }
        }
    }

    #[track_caller]
    fn compare(&self, model: &Model, told: &[String]) {
        let expected = model
            .feed(self.topic)
            .into_iter()
            .map(|s| (s.id.clone(), s.headline.clone()));
        let expected: BTreeMap<String, String> = expected.collect();
        assert_eq!(
            self.has,
            expected,
            "the copy of {:?}, after\n  {}",
            self.topic,
            told.join("\n  ")
        );
    }
}
