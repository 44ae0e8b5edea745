//! A house that changes while it is read, and what each of its lists holds at every moment.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound::{Excluded, Unbounded};

use jiff::{SignedDuration, Timestamp};

use super::reader::{EDITED, List, Wanted};
use crate::lists::dice::Dice;
use crate::press::{NOW, Press};

/// Where a thing stands in its list: stories newest first and then by id, topics by slug, editions newest first.
pub type Rank = (Reverse<(i64, String)>, String);

#[derive(Clone)]
struct Piece {
    id: String,
    first_published: Timestamp,
    topics: Vec<&'static str>,
    language: &'static str,
    gone: bool,
}

#[derive(Default)]
pub struct House {
    stories: BTreeMap<String, Piece>,
    topics: BTreeSet<String>,
    editions: i64,
    made: usize,
}

/// What a list must answer to a page that is wanted.
#[derive(Debug, PartialEq)]
pub struct Due {
    pub keys: Vec<String>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl House {
    pub async fn build(press: &Press, dice: &mut Dice, stories: usize) -> House {
        let mut house = House::default();
        for (slug, parent) in [("parent", None), ("child", Some("parent")), ("other", None)] {
            press.topic(slug, slug, parent).await;
            house.topics.insert(slug.to_owned());
        }
        for _ in 0..stories {
            house.add_story(press, dice).await;
        }
        for _ in 0..stories / 3 {
            house.add_topic(press, dice).await;
            house.edit(press).await;
        }
        house
    }

    /// A house that only adds to what is there, with uris of its own.
    pub fn starting_at(made: usize) -> House {
        House {
            made,
            ..House::default()
        }
    }

    /// Something happens: a story, a topic or an edition comes in, or a story changes, moves between topics, expires.
    pub async fn disturb(&mut self, press: &Press, dice: &mut Dice) {
        match dice.roll(8) {
            0..=2 => self.add_story(press, dice).await,
            3 => self.add_topic(press, dice).await,
            4 => self.edit(press).await,
            5 => self.expire(press, dice).await,
            _ => self.change(press, dice).await,
        }
    }

    /// One more story, in the past as often as now, and in the same instant as many others.
    pub async fn add_story(&mut self, press: &Press, dice: &mut Dice) {
        self.made += 1;
        let uri = format!("urn:page:{}", self.made);
        let now: Timestamp = NOW.parse().unwrap();
        let ago = SignedDuration::from_micros(*dice.one(&[0, 1, 2, 1_000_000, 1_000_001, 3_600_000_000]));
        self.put(press, dice, &uri, now - ago, false).await;
    }

    async fn change(&mut self, press: &Press, dice: &mut Dice) {
        if let Some((uri, at)) = self.some_story(dice) {
            self.put(press, dice, &uri, at, false).await;
        }
    }

    async fn expire(&mut self, press: &Press, dice: &mut Dice) {
        if let Some((uri, at)) = self.some_story(dice) {
            self.put(press, dice, &uri, at, true).await;
        }
    }

    fn some_story(&self, dice: &mut Dice) -> Option<(String, Timestamp)> {
        let at = dice.roll(self.stories.len().max(1));
        let (uri, piece) = self.stories.iter().filter(|(uri, _)| *uri != EDITED).nth(at)?;
        Some((uri.clone(), piece.first_published))
    }

    async fn put(&mut self, press: &Press, dice: &mut Dice, uri: &str, first_published: Timestamp, gone: bool) {
        let choices: [&[&'static str]; 5] = [&["parent"], &["child"], &["other"], &["child", "other"], &[]];
        let topics = *dice.one(&choices);
        let language = *dice.one(&["en", "uk", "uk"]);
        let headline = format!("Told for the {}th time", dice.roll(1_000_000));
        let mut story = press
            .story(uri)
            .headline(&headline)
            .topics(topics.iter().copied())
            .language(language)
            .published_at(&first_published.to_string());
        if gone {
            story = story.with("expires", NOW);
        }
        let piece = Piece {
            id: story.await.id,
            first_published,
            topics: topics.to_vec(),
            language,
            gone,
        };
        self.stories.insert(uri.to_owned(), piece);
    }

    pub async fn add_topic(&mut self, press: &Press, dice: &mut Dice) {
        // Where a dictionary and the bytes disagree: `t1-2`, `t1`, `t10`.
        let slug = format!("t{}{}{}", dice.roll(20), dice.one(&["", "-", "x"]), 1 + dice.roll(30));
        press.topic(&slug, &slug, None).await;
        self.topics.insert(slug);
    }

    /// One more edition of the story whose editions are read.
    pub async fn edit(&mut self, press: &Press) {
        self.editions += 1;
        let story = press.story(EDITED).headline(&format!("Edition {}", self.editions));
        let put = story.published_at("2026-01-01T00:00:00Z").await;
        assert_eq!(put.version, self.editions);
        let piece = Piece {
            id: put.id,
            first_published: "2026-01-01T00:00:00Z".parse().unwrap(),
            topics: Vec::new(),
            language: "en",
            gone: false,
        };
        self.stories.insert(EDITED.to_owned(), piece);
    }

    /// All that stands in the list now, in its order.
    pub fn line(&self, list: List) -> BTreeMap<Rank, String> {
        let nowhere = || Reverse((0, String::new()));
        match list {
            List::Topics => self
                .topics
                .iter()
                .map(|slug| ((nowhere(), slug.clone()), slug.clone()))
                .collect(),
            List::Versions => (1..=self.editions)
                .map(|n| ((Reverse((n, String::new())), String::new()), n.to_string()))
                .collect(),
            List::Latest | List::Feed | List::Union | List::Language | List::Combined => self
                .stories
                .values()
                .filter(|piece| !piece.gone && stands(piece, list))
                .map(|piece| (rank(piece), piece.id.clone()))
                .collect(),
        }
    }

    /// Where this thing stands, or stood while it was there.
    pub fn rank(&self, list: List, key: &str) -> Rank {
        match list {
            List::Topics => (Reverse((0, String::new())), key.to_owned()),
            List::Versions => (Reverse((key.parse().unwrap(), String::new())), String::new()),
            List::Latest | List::Feed | List::Union | List::Language | List::Combined => {
                let piece = self.stories.values().find(|piece| piece.id == key);
                rank(piece.unwrap_or_else(|| panic!("{key} never was in the house")))
            }
        }
    }

    /// The page that is wanted, by the rules of Relay, with the cursors as the places of things.
    pub fn due(&self, list: List, wanted: &Wanted, after: Option<&Rank>, before: Option<&Rank>) -> Due {
        let line = self.line(list);
        if after.zip(before).is_some_and(|(after, before)| after >= before) {
            let (has_next, has_previous) = sides(&line, after, before);
            return Due {
                keys: Vec::new(),
                has_next,
                has_previous,
            };
        }
        let range = (
            after.map_or(Unbounded, |rank| Excluded(rank.clone())),
            before.map_or(Unbounded, |rank| Excluded(rank.clone())),
        );
        let between: Vec<String> = line.range(range).map(|(_, key)| key.clone()).collect();
        let more = between.len() > wanted.size;
        let (behind, ahead) = sides(&line, after, before);
        let cut = between.len().saturating_sub(wanted.size);
        if wanted.backward {
            Due {
                keys: between[cut..].to_vec(),
                has_next: behind,
                has_previous: more || ahead,
            }
        } else {
            Due {
                keys: between[..between.len() - cut].to_vec(),
                has_next: more || behind,
                has_previous: ahead,
            }
        }
    }
}

/// Whether anything stands at or behind `before`, and at or ahead of `after`.
fn sides(line: &BTreeMap<Rank, String>, after: Option<&Rank>, before: Option<&Rank>) -> (bool, bool) {
    (
        before.is_some_and(|rank| line.range(rank..).next().is_some()),
        after.is_some_and(|rank| line.range(..=rank).next().is_some()),
    )
}

fn stands(piece: &Piece, list: List) -> bool {
    let in_topic = |topic: &str| piece.topics.contains(&topic);
    match list {
        List::Feed => in_topic("parent") || in_topic("child"),
        List::Union => in_topic("child") || in_topic("other"),
        List::Language => piece.language == "uk",
        List::Combined => stands(piece, List::Union) && stands(piece, List::Language),
        List::Latest => true,
        List::Topics | List::Versions => false,
    }
}

fn rank(piece: &Piece) -> Rank {
    (
        Reverse((piece.first_published.as_microsecond(), piece.id.clone())),
        String::new(),
    )
}
