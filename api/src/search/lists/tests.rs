//! Stretches of lists, held against all stories put in order.

use super::*;
use crate::news::ArticleId;
use crate::news::filter::Selection;
use crate::news::story::{PubStatus, Story};
use crate::news::visibility::Terms;
use crate::news::wire::Position;
use crate::search::tests::story;
use crate::search::{Document, Index, Mark};
use jiff::{SignedDuration, Timestamp};

const NOW: &str = "2026-01-12T20:00:00Z";
/// The first commit is large enough that some of it is tried first.
const COMMITS: [u32; 3] = [9_000, 300, 40];

fn roll(n: u32, salt: u32, of: u32) -> u32 {
    (n.wrapping_mul(2_654_435_761).rotate_left(salt) >> 7) % of
}

/// Mostly in order, three at a time, every tenth from anywhere; every other one is English, one in three hundred urgent.
fn told(n: u32) -> Story {
    let now: Timestamp = NOW.parse().unwrap();
    let late = roll(n, 5, 10) == 0;
    let minute = i64::from(if late { roll(n, 11, 10_000) } else { n / 3 });
    Story {
        id: ArticleId(Uuid::from_u128(
            u128::from(n.wrapping_mul(2_654_435_761)) << 64 | u128::from(n),
        )),
        first_published: now + SignedDuration::from_mins(minute),
        urgency: (roll(n, 3, 300) == 0).then_some(1),
        ..story(1, ["en", "uk"][roll(n, 13, 2) as usize], "Fish", "")
    }
}

fn spot(story: &Story) -> Spot {
    (story.first_published.as_microsecond(), story.id.0)
}

#[test]
fn a_stretch_holds_what_all_stories_put_in_order_hold() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::at(folder.path().join("search"), "house".to_owned());
    let mark = index.first_mark(1, Position(0), 0);
    let mut writer = index.begin(&mark).unwrap();
    let all: Vec<Story> = (0..COMMITS.iter().sum()).map(told).collect();
    let mut left = all.as_slice();
    for many in COMMITS {
        let (now, later) = left.split_at(many as usize);
        for story in now {
            let (topics, channels) = (&[], &[]);
            writer
                .put(&Document {
                    story,
                    topics,
                    channels,
                })
                .unwrap();
        }
        left = later;
        writer
            .commit(&Mark {
                scanned: None,
                ..mark.clone()
            })
            .unwrap();
    }
    let gone = |n: usize| n % 50 == 7;
    for (_, story) in all.iter().enumerate().filter(|(n, _)| gone(*n)) {
        writer.remove(story.id);
    }
    writer.commit(&Mark { scanned: None, ..mark }).unwrap();
    index.adopt(&writer.generation).unwrap();
    let view = index.view().unwrap();

    let hidden: Vec<ArticleId> = all.iter().step_by(31).map(|story| story.id).collect();
    let terms = Terms {
        status: PubStatus::Usable,
        expires_after: NOW.parse().unwrap(),
        channels: None,
    };
    let looker = Looker {
        terms: &terms,
        hidden: &hidden,
    };
    let half = Some(told(4_500).first_published);
    let selections = [
        (None, None, None),
        (Some("en"), None, None),
        (Some("uk"), Some(1), None),
        (None, Some(1), half),
        (None, Some(9), None),
    ];
    for (case, (language, urgency, from)) in (0..).zip(selections) {
        let mut selection = Selection {
            languages: language.iter().map(|l| (*l).to_owned()).collect(),
            urgencies: urgency.into_iter().collect(),
            ..Selection::default()
        };
        selection.dates.from = from;
        let meets = |story: &Story| {
            language.is_none_or(|l| l == story.language)
                && (urgency.is_none() || story.urgency == urgency)
                && from.is_none_or(|from| story.first_published >= from)
        };
        let there = all
            .iter()
            .enumerate()
            .filter(|(n, story)| !gone(*n) && meets(story) && !hidden.contains(&story.id));
        let mut there: Vec<Spot> = there.map(|(_, story)| spot(story)).collect();
        there.sort_unstable();
        assert_eq!(
            view.number(&selection, &looker).unwrap(),
            there.len() as u64,
            "{selection:?}"
        );
        for n in 0..60 {
            let at = |salt| spot(&all[roll(n + case * 100, salt, 9_340) as usize]);
            let bound = |salt| match roll(n, salt, 3) {
                0 => Bound::Unbounded,
                1 => Bound::Included(at(salt)),
                _ => Bound::Excluded(at(salt)),
            };
            let stretch = Stretch {
                lowest: bound(4),
                highest: bound(9),
                newest_first: n % 2 == 0,
                most: [1, 2, 21, 101][roll(n, 17, 4) as usize],
            };
            let range = (stretch.lowest, stretch.highest);
            let mut due: Vec<Spot> = there.iter().copied().filter(|spot| range.contains(spot)).collect();
            if stretch.newest_first {
                due.reverse();
            }
            due.truncate(stretch.most);
            let found = view.stretches(&selection, &looker, &[stretch]).unwrap();
            assert_eq!(found, [due], "{selection:?} {stretch:?}");
        }
    }
}
