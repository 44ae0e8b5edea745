//! Random trees of topics that move and merge while stories are published, beside a small model of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::lists::dice::Dice;
use crate::moves::{feed, until};
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![test(
        "whatever moves, merges and is published, every feed holds what its tree implies, and its followers know it",
        random,
    )]
}

const TOPICS: usize = 9;
const STORIES: usize = 12;
const STEPS: usize = 45;

#[derive(Default)]
struct Model {
    parents: Vec<Option<usize>>,
    merged: Vec<Option<usize>>,
    stories: BTreeMap<usize, Vec<usize>>,
}

impl Model {
    fn meant(&self, mut topic: usize) -> usize {
        while let Some(into) = self.merged[topic] {
            topic = into;
        }
        topic
    }

    /// The topic and all above it.
    fn upwards(&self, topic: usize) -> Vec<usize> {
        std::iter::successors(Some(topic), |t| self.parents[*t]).collect()
    }

    fn topics_of(&self, story: usize) -> Vec<String> {
        let mut topics: Vec<String> = Vec::new();
        for topic in &self.stories[&story] {
            let slug = slug(self.meant(*topic));
            if !topics.contains(&slug) {
                topics.push(slug);
            }
        }
        topics
    }

    fn feed(&self, topic: usize) -> Vec<String> {
        let stands = |topics: &Vec<usize>| topics.iter().any(|t| self.upwards(self.meant(*t)).contains(&topic));
        let mut feed: Vec<String> = self
            .stories
            .iter()
            .filter(|(_, t)| stands(t))
            .map(|(s, _)| uri(*s))
            .collect();
        feed.sort();
        feed
    }

    fn merge(&mut self, from: usize, into: usize) {
        for parent in &mut self.parents {
            if *parent == Some(from) {
                *parent = Some(into);
            }
        }
        self.parents[from] = None;
        self.merged[from] = Some(into);
    }
}

fn slug(topic: usize) -> String {
    format!("t{topic}")
}

fn uri(story: usize) -> String {
    format!("urn:x:{story}")
}

async fn put_topic(press: &Press, topic: usize, parent: Option<usize>) -> u16 {
    let body = json!({ "parent": parent.map(slug), "names": { "en": slug(topic) } });
    press.put(&format!("/v1/topics/{}", slug(topic)), &body).await.status
}

async fn publish(press: &Press, story: usize, topics: &[usize], step: usize) {
    let slugs: Vec<String> = topics.iter().map(|t| slug(*t)).collect();
    let story = press.story(&uri(story)).headline(&format!("Step {step}"));
    story.topics(slugs.iter().map(String::as_str)).await;
}

async fn random(press: Press) {
    let mut dice = Dice::new(20_261_122);
    let mut model = Model::default();
    for topic in 0..TOPICS {
        let parent = (topic > 0 && !dice.once_in(3)).then(|| dice.roll(topic));
        assert_eq!(put_topic(&press, topic, parent).await, 201);
        model.parents.push(parent);
        model.merged.push(None);
    }
    let all: Vec<usize> = (0..TOPICS).collect();
    for step in 0..STEPS {
        // Stories come in while the tree changes; the names of merged topics are as good as any.
        let (one, two) = (dice.roll(STORIES / 2) * 2, dice.roll(STORIES / 2) * 2 + 1);
        let named = [dice.some(&all, 3), dice.some(&all, 3)];
        let live: Vec<usize> = all.iter().copied().filter(|t| model.merged[*t].is_none()).collect();
        let (topic, other) = (*dice.one(&live), *dice.one(&live));
        let ring = model.upwards(other).contains(&topic);
        let merges = dice.once_in(6) && live.len() > 3;
        let root = dice.once_in(5);
        let change = async {
            if merges {
                let path = format!("/v1/topics/{}/merge", slug(topic));
                press.post(&path, &json!({ "into": slug(other) })).await.status
            } else {
                put_topic(&press, topic, (!root).then_some(other)).await
            }
        };
        let (status, (), ()) = tokio::join!(
            change,
            publish(&press, one, &named[0], step),
            publish(&press, two, &named[1], step)
        );
        let fine = if merges { !ring } else { root || !ring };
        assert_eq!(status, if fine { 200 } else { 422 }, "step {step}");
        match (fine, merges) {
            (false, _) => {}
            (true, true) => model.merge(topic, other),
            (true, false) => model.parents[topic] = (!root).then_some(other),
        }
        model.stories.insert(one, named[0].clone());
        model.stories.insert(two, named[1].clone());
    }
    for topic in all {
        // Under a merged topic's name too.
        let (name, wanted) = (slug(topic), model.feed(model.meant(topic)));
        until(wanted.clone(), async || feed(&press, &name).await).await;
        // So has who followed it from the beginning.
        until(wanted, async || followed(&press, &name).await).await;
    }
    for story in model.stories.keys() {
        let wanted = model.topics_of(*story);
        until(wanted, async || topics(&press, *story).await).await;
    }
}

async fn topics(press: &Press, story: usize) -> Vec<String> {
    let story = press
        .get(&format!("/v1/articles/{}", segment(&uri(story))))
        .await
        .expect(200)
        .json();
    let topics = story["topics"].as_array().unwrap().iter();
    topics.map(|t| t["slug"].as_str().unwrap().to_owned()).collect()
}

/// What a follower of a topic has who did what every entry told him.
async fn followed(press: &Press, topic: &str) -> Vec<String> {
    let mut has = std::collections::BTreeSet::new();
    let mut after = String::new();
    loop {
        let page = press
            .get(&format!("/v1/wire?topic={topic}&limit=500{after}"))
            .await
            .expect(200)
            .json();
        for entry in page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| e["uri"].is_string())
        {
            let uri = entry["uri"].as_str().unwrap().to_owned();
            match entry["action"].as_str().unwrap() {
                "publish" | "update" => has.insert(uri),
                _ => has.remove(&uri),
            };
        }
        let next = format!("&after={}", segment(page["next"].as_str().unwrap()));
        if next == after || page["entries"] == Value::Array(Vec::new()) {
            return has.into_iter().collect();
        }
        after = next;
    }
}
