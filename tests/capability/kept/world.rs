//! A small house whose things change by chance, through the desk's doors and by import.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::lists::dice::Dice;
use crate::press::{Doors, NOW, Press, segment};

pub const TOPICS: [&str; 7] = ["war", "peace", "city", "sport", "chess", "later", "never"];
pub const CODES: [&str; 3] = ["medtop:1", "medtop:2", "medtop:3"];
pub const COLLECTIONS: [&str; 3] = ["front", "picks", "nowhere"];
pub const SOURCES: [&str; 3] = ["Reuters", "Local Desk", "Bureau"];
pub const GENRES: [&str; 3] = ["Opinion", "Analysis", "Obituary"];
pub const LANGUAGES: [&str; 3] = ["en", "uk", "de"];
/// Stories that may come in, and are linked and asked for before they do.
pub const STORIES: usize = 24;
const WORDS: [&str; 6] = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot"];

/// One story as its publisher has it.
#[derive(Clone)]
pub struct Known {
    pub uri: String,
    pub id: String,
    pub slug: String,
    fields: Map<String, Value>,
}

#[derive(Default)]
pub struct World {
    pub stories: Vec<Known>,
    pub ids: Vec<String>,
    /// Every slug that any story ever had.
    pub slugs: Vec<String>,
    /// Places in the wire, one after each change.
    pub cursors: Vec<String>,
    count: usize,
}

pub fn uri(n: usize) -> String {
    format!("urn:kept:{n}")
}

fn text(dice: &mut Dice, count: usize) -> String {
    format!("{} {} {count}", dice.one(&WORDS), dice.one(&WORDS))
}

fn now(press: &Press) -> Timestamp {
    press.clock.now()
}

impl World {
    /// A house with something in it.
    pub async fn furnished(press: &Press, dice: &mut Dice) -> World {
        let mut world = World::default();
        for (topic, parent) in [("war", None), ("peace", None), ("city", Some("war")), ("sport", None)] {
            world.keep_id(&press.topic(topic, topic, parent).await.json());
        }
        for _ in 0..8 {
            world.new_story(press, press, dice).await;
        }
        world.collection(press, dice).await;
        world
    }

    /// One change by this door; it says what it did. `press` has the clock and the command line.
    pub async fn change(&mut self, press: &Press, door: &Doors, dice: &mut Dice) -> String {
        self.count += 1;
        match dice.roll(26) {
            0..=2 => self.new_story(press, door, dice).await,
            3..=11 => self.update(press, door, dice).await,
            12..=14 => self.topic(door, dice).await,
            15..=16 => self.collection(door, dice).await,
            17..=20 => self.time(press, dice),
            21..=24 => self.step(door, dice).await,
            _ if dice.once_in(3) => self.import(press, dice).await,
            _ => self.update(press, door, dice).await,
        }
    }

    fn keep_id(&mut self, receipt: &Value) {
        if let Some(id) = receipt["id"].as_str()
            && !self.ids.iter().any(|known| known == id)
        {
            self.ids.push(id.to_owned());
        }
    }

    async fn new_story(&mut self, press: &Press, door: &Doors, dice: &mut Dice) -> String {
        let free: Vec<String> = (0..STORIES)
            .map(uri)
            .filter(|uri| self.stories.iter().all(|s| s.uri != *uri))
            .collect();
        if free.is_empty() {
            return self.update(press, door, dice).await;
        }
        let uri = dice.one(&free).clone();
        let mut fields = Map::from_iter([("headline".to_owned(), json!(text(dice, self.count)))]);
        for field in [
            "body",
            "summary",
            "topics",
            "language",
            "source",
            "genre",
            "urgency",
            "expires",
            "relatedLinks",
        ] {
            if dice.once_in(2) {
                self.set(field, &mut fields, press, dice);
            }
        }
        if dice.once_in(3) {
            fields.insert("slug".to_owned(), json!(format!("slug-{}", dice.roll(30))));
        }
        if dice.once_in(2) {
            let at = now(press) - SignedDuration::from_hours(i64::try_from(dice.roll(200)).unwrap());
            fields.insert("firstPublished".to_owned(), json!(at.to_string()));
        }
        self.put(door, &uri, fields).await
    }

    async fn update(&mut self, press: &Press, door: &Doors, dice: &mut Dice) -> String {
        let Some(known) = self.stories.get(dice.roll(self.stories.len().max(1))).cloned() else {
            return "nothing".to_owned();
        };
        let mut fields = known.fields;
        let one = [
            "headline",
            "summary",
            "body",
            "byline",
            "dateline",
            "slugline",
            "urgency",
            "genre",
            "edNote",
            "language",
            "source",
            "topics",
            "topics",
            "topics",
            "slug",
            "slug",
            "expires",
            "expires",
            "published",
            "relatedLinks",
            "relatedLinks",
            "renditions",
        ];
        let field = *dice.one(&one);
        self.set(field, &mut fields, press, dice);
        format!("{field}: {}", self.put(door, &known.uri, fields).await)
    }

    /// A step of a story's life, legal or not.
    async fn step(&mut self, door: &Doors, dice: &mut Dice) -> String {
        let Some(known) = self.stories.get(dice.roll(self.stories.len().max(1))).cloned() else {
            return "nothing".to_owned();
        };
        let (step, body) = match dice.roll(9) {
            0..=2 => ("withhold", json!({})),
            3..=5 => ("restore", json!({})),
            6 => ("correct", json!({ "text": text(dice, self.count) })),
            7 => ("rename", json!({ "slug": format!("slug-{}", dice.roll(30)) })),
            _ => {
                let replacement = dice.once_in(2).then(|| uri(dice.roll(STORIES)));
                (
                    "cancel",
                    json!({ "reason": text(dice, self.count), "replacement": replacement }),
                )
            }
        };
        let answer = door
            .post(&format!("/v1/articles/{}/{step}", segment(&known.uri)), &body)
            .await;
        assert!(answer.status < 500, "{answer}");
        if let Some(slug) = answer.json()["slug"].as_str()
            && !self.slugs.iter().any(|s| s == slug)
        {
            self.slugs.push(slug.to_owned());
        }
        format!("{step} {} {body} → {}", known.uri, answer.status)
    }

    /// Sets one field to something, or takes it away.
    fn set(&self, field: &str, fields: &mut Map<String, Value>, press: &Press, dice: &mut Dice) {
        let gone = dice.once_in(5);
        let value = match field {
            "headline" => json!(text(dice, self.count)),
            "slug" => json!(format!("slug-{}", dice.roll(30))),
            _ if gone => Value::Null,
            "body" => json!(format!("<p>{}</p><p>{}</p>", text(dice, self.count), text(dice, 0))),
            "urgency" => json!(dice.roll(9) + 1),
            "genre" => json!(dice.one(&GENRES)),
            "language" => json!(dice.one(&LANGUAGES)),
            "source" => json!(dice.one(&SOURCES)),
            // Those that are not there yet are refused, which is a change too: none.
            "topics" => json!(dice.some(&TOPICS[..5], 4)),
            "expires" => {
                json!((now(press) + SignedDuration::from_secs(i64::try_from(dice.roll(90)).unwrap())).to_string())
            }
            "published" => json!(now(press).to_string()),
            "relatedLinks" => {
                let links = (0..=dice.roll(3)).map(|_| match dice.roll(6) {
                    0 => json!({ "kind": "external", "url": "https://example.org/", "title": text(dice, 1) }),
                    1 => json!({ "kind": "background", "uri": uri(dice.roll(STORIES)), "title": "A title of its own" }),
                    _ => json!({ "kind": "follow_up", "uri": uri(dice.roll(STORIES)) }),
                });
                links.collect()
            }
            "renditions" => json!([{ "name": "main", "href": format!("https://img.example/{}.jpg", self.count) }]),
            _ => json!(text(dice, self.count)),
        };
        if value.is_null() {
            fields.remove(field);
        } else {
            fields.insert(field.to_owned(), value);
        }
    }

    async fn put(&mut self, door: &Doors, uri: &str, fields: Map<String, Value>) -> String {
        let answer = door
            .put(
                &format!("/v1/articles/{}", segment(uri)),
                &Value::Object(fields.clone()),
            )
            .await;
        assert!(answer.status < 500, "{answer}");
        let told = format!("PUT {uri} {} → {}", Value::Object(fields.clone()), answer.status);
        if answer.status > 201 {
            return told;
        }
        let receipt = answer.json();
        self.keep_id(&receipt);
        let slug = receipt["slug"].as_str().unwrap().to_owned();
        if !self.slugs.contains(&slug) {
            self.slugs.push(slug.clone());
        }
        let known = Known {
            uri: uri.to_owned(),
            id: receipt["id"].as_str().unwrap().to_owned(),
            slug,
            fields,
        };
        match self.stories.iter_mut().find(|s| s.uri == known.uri) {
            Some(before) => *before = known,
            None => self.stories.push(known),
        }
        told
    }

    async fn topic(&mut self, door: &Doors, dice: &mut Dice) -> String {
        let slug = *dice.one(&TOPICS[..6]);
        let mut body = json!({ "names": { "en": text(dice, self.count) } });
        if dice.once_in(2) {
            body["names"]["uk"] = json!(text(dice, self.count));
        }
        if dice.once_in(2) {
            body["code"] = json!(dice.one(&CODES));
        }
        if dice.once_in(2) {
            body["parent"] = json!(dice.one(&TOPICS[..6]));
        }
        if dice.once_in(3) {
            body["kind"] = json!("place");
        }
        let answer = door.put(&format!("/v1/topics/{slug}"), &body).await;
        assert!(answer.status < 500, "{answer}");
        self.keep_id(&answer.json());
        format!("PUT topic {slug} {body} → {}", answer.status)
    }

    async fn collection(&mut self, door: &Doors, dice: &mut Dice) -> String {
        let slug = *dice.one(&COLLECTIONS[..2]);
        let uris: Vec<String> = self.stories.iter().map(|s| s.uri.clone()).collect();
        let body = json!({ "name": text(dice, self.count), "items": dice.some(&uris, 6) });
        let answer = door.put(&format!("/v1/collections/{slug}"), &body).await;
        assert!(answer.status < 500, "{answer}");
        self.keep_id(&answer.json());
        format!("PUT collection {slug} {body} → {}", answer.status)
    }

    /// Moves the clock, mostly to the very moment at which a story expires, just before it, or past it; sometimes back.
    fn time(&self, press: &Press, dice: &mut Dice) -> String {
        let expiries = self
            .stories
            .iter()
            .filter_map(|s| s.fields.get("expires")?.as_str()?.parse().ok());
        let mut ahead: Vec<Timestamp> = expiries.filter(|at| *at > now(press)).collect();
        ahead.sort();
        let to = match (ahead.first(), dice.roll(8)) {
            (_, 0) => now(press) - SignedDuration::from_secs(30),
            (_, 1) | (None, _) => now(press) + SignedDuration::from_secs(i64::try_from(dice.roll(60)).unwrap()),
            (Some(at), 2) => *at - SignedDuration::from_micros(1),
            (Some(at), 3) => *at + SignedDuration::from_micros(1),
            (Some(at), _) => *at,
        };
        press.clock.set(to.max(NOW.parse().unwrap()));
        format!("the clock shows {}", now(press))
    }

    /// By the command line, which is another process.
    async fn import(&mut self, press: &Press, dice: &mut Dice) -> String {
        let name = *dice.one(&SOURCES);
        let slug = name.to_lowercase().replace(' ', "-");
        let mut lines = vec![json!({
            "type": "source", "slug": slug, "name": name, "url": format!("https://{}.example/", self.count)
        })];
        if dice.once_in(2) {
            let n = STORIES + self.count;
            lines.push(json!({
                "type": "article", "uri": uri(n), "headline": text(dice, n), "topics": ["war"], "source": name,
                "language": "en", "body": "<p>Imported.</p>"
            }));
        }
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let output = press.command_with_input(["import", "-"], input.as_bytes()).await;
        assert_eq!(output.code, Some(0), "{output}");
        format!("import {input}")
    }
}
