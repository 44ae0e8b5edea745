//! Pages: forward and backward through every list by both doors, while the house changes. Each page is held against the
//! one that is due, and each walk against what was there when it began.

mod house;
mod reader;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::lists::dice::Dice;
use crate::press::{NOW, Press};
use crate::runner::{Test, test};
use house::{House, Rank};
use reader::{List, Read, Wanted, by_graphql, by_rest};
use refusals::{bad_cursors, bad_sizes};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "walking forward through a list repeats nothing and loses nothing while the house changes",
            forward,
        ),
        test(
            "walking backward through a list repeats nothing and loses nothing while the house changes",
            backward,
        ),
        test(
            "a walk loses nothing while others publish at the same time",
            beside_publishers,
        ),
        test("any page between any two cursors is the one that is due", any_page),
        test(
            "a cursor stays good when its story has changed or expired",
            cursor_of_the_gone,
        ),
        test("a page is of twenty where nothing is said", twenty),
        test("a cursor that this server did not give is refused", bad_cursors),
        test("a page's size out of its range is refused", bad_sizes),
    ]
}

const SIZES: [usize; 9] = [1, 2, 3, 3, 5, 7, 20, 99, 100];

async fn forward(press: Press) {
    walk_all(&press, false, 11).await;
}

async fn backward(press: Press) {
    walk_all(&press, true, 12).await;
}

async fn walk_all(press: &Press, backward: bool, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut house = House::build(press, &mut dice, 45).await;
    for list in List::ALL {
        // With the same size throughout, each door in turn, and as it comes.
        for size in [Some(1), Some(4), None, None] {
            walk(press, &mut house, &mut dice, list, backward, size).await;
        }
    }
}

/// One walk from end to end; between two pages the house changes.
async fn walk(press: &Press, house: &mut House, dice: &mut Dice, list: List, backward: bool, size: Option<usize>) {
    let at_first = house.line(list);
    let mut left: BTreeSet<Rank> = BTreeSet::new();
    let mut met: Vec<Rank> = Vec::new();
    let mut cursor: Option<(String, Rank)> = None;
    loop {
        let mut wanted = Wanted {
            backward,
            size: size.unwrap_or_else(|| *dice.one(&SIZES)),
            ..Wanted::default()
        };
        let place = cursor.as_ref().map(|(_, rank)| rank);
        let (after, before) = if backward { (None, place) } else { (place, None) };
        let said = cursor.as_ref().map(|(text, _)| text.clone());
        if backward {
            wanted.before = said;
        } else {
            wanted.after = said;
        }
        // Only GraphQL begins at the end of a list.
        let rest = dice.once_in(2) && (!backward || cursor.is_some());
        let read = read(press, house, list, &wanted, (after, before), rest).await;
        let on = if backward { &read.previous } else { &read.next };
        let mut keys = read.keys.clone();
        if backward {
            keys.reverse();
        }
        met.extend(keys.iter().map(|key| house.rank(list, key)));
        match (on, met.last()) {
            (Some(text), Some(last)) => cursor = Some((text.clone(), last.clone())),
            _ => break,
        }
        for _ in 0..dice.roll(3) {
            house.disturb(press, dice).await;
        }
        let now = house.line(list);
        left.extend(at_first.keys().filter(|rank| !now.contains_key(rank)).cloned());
    }
    if backward {
        met.reverse();
    }
    assert!(
        met.is_sorted_by(|one, next| one < next),
        "{list:?}: out of order or repeated"
    );
    let lost: BTreeMap<_, _> = at_first
        .iter()
        .filter(|(rank, _)| !left.contains(rank) && met.binary_search(rank).is_err())
        .collect();
    assert!(lost.is_empty(), "{list:?} lost {lost:?}");
}

/// Reads a page and compares it with the one that is due.
async fn read(
    press: &Press,
    house: &House,
    list: List,
    wanted: &Wanted,
    (after, before): (Option<&Rank>, Option<&Rank>),
    rest: bool,
) -> Read {
    let read = if rest {
        by_rest(press, list, wanted).await
    } else {
        by_graphql(press, list, wanted).await
    };
    let due = house.due(list, wanted, after, before);
    let about = format!("{list:?}, {wanted:?}, {}", if rest { "REST" } else { "GraphQL" });
    assert_eq!(read.keys, due.keys, "{about}");
    assert_eq!(read.has_next.unwrap_or(due.has_next), due.has_next, "{about}: next");
    assert_eq!(
        read.has_previous.unwrap_or(due.has_previous),
        due.has_previous,
        "{about}: previous"
    );
    // An empty page has no cursor to go on from.
    let (next, previous) = (
        due.has_next && !due.keys.is_empty(),
        due.has_previous && !due.keys.is_empty(),
    );
    assert_eq!(
        (read.next.is_some(), read.previous.is_some()),
        (next, previous),
        "{about}"
    );
    read
}

async fn beside_publishers(press: Press) {
    let mut dice = Dice::new(13);
    let house = House::build(&press, &mut dice, 40).await;
    let lists = [List::Latest, List::Feed, List::Union, List::Language, List::Combined];
    let lines: Vec<(List, BTreeMap<Rank, String>)> = lists.into_iter().map(|list| (list, house.line(list))).collect();
    let publisher = |seed: u32| {
        let (press, mut house) = (
            press.clone(),
            House::starting_at(usize::try_from(seed).unwrap() * 1_000),
        );
        async move {
            let mut dice = Dice::new(u64::from(seed));
            for _ in 0..40 {
                house.add_story(&press, &mut dice).await;
            }
        }
    };
    let reader = async {
        for (list, line) in &lines {
            for backward in [false, true] {
                let mut met: Vec<String> = Vec::new();
                let mut wanted = Wanted {
                    backward,
                    size: 3,
                    ..Wanted::default()
                };
                loop {
                    let read = by_graphql(&press, *list, &wanted).await;
                    let (keys, on) = if backward {
                        (read.keys.into_iter().rev().collect(), read.previous)
                    } else {
                        (read.keys, read.next)
                    };
                    met.extend(keys);
                    match (on, backward) {
                        (Some(cursor), true) => wanted.before = Some(cursor),
                        (Some(cursor), false) => wanted.after = Some(cursor),
                        (None, _) => break,
                    }
                }
                let once: BTreeSet<&String> = met.iter().collect();
                assert_eq!(once.len(), met.len(), "{list:?} repeated something");
                let there: Vec<&String> = line.values().filter(|key| !once.contains(key)).collect();
                assert!(there.is_empty(), "{list:?} lost {there:?}");
                let mut before: Vec<&String> = met.iter().filter(|key| line.values().any(|k| k == *key)).collect();
                if backward {
                    before.reverse();
                }
                assert!(before.into_iter().eq(line.values()), "{list:?} is out of order");
            }
        }
    };
    futures::join!(publisher(1), publisher(2), reader);
}

async fn any_page(press: Press) {
    let mut dice = Dice::new(14);
    let mut house = House::build(&press, &mut dice, 30).await;
    for list in List::ALL {
        let whole = Wanted {
            size: 100,
            ..Wanted::default()
        };
        let mut cursors = Vec::new();
        for size in [1, 2, 3] {
            // Every thing's cursor, as the end of a page.
            let mut wanted = Wanted { size, ..whole.clone() };
            loop {
                let read = by_graphql(&press, list, &wanted).await;
                let last = read.keys.last().map(|key| house.rank(list, key));
                let (Some(next), Some(last)) = (read.next, last) else {
                    break;
                };
                cursors.push((next.clone(), last));
                wanted.after = Some(next);
            }
        }
        for _ in 0..20 {
            house.disturb(&press, &mut dice).await;
            let pick = |dice: &mut Dice| (!dice.once_in(3)).then(|| dice.one(&cursors).clone());
            let (after, before) = (pick(&mut dice), pick(&mut dice));
            let backward = dice.once_in(2);
            let wanted = Wanted {
                backward,
                size: *dice.one(&SIZES),
                after: after.as_ref().map(|(text, _)| text.clone()),
                before: before.as_ref().map(|(text, _)| text.clone()),
            };
            let places = (
                after.as_ref().map(|(_, rank)| rank),
                before.as_ref().map(|(_, rank)| rank),
            );
            read(&press, &house, list, &wanted, places, false).await;
            if backward == (wanted.before.is_some() && wanted.after.is_none()) {
                read(&press, &house, list, &wanted, places, true).await;
            }
        }
    }
}

async fn cursor_of_the_gone(press: Press) {
    press.topic("parent", "Parent", None).await;
    let put = async |n: usize| {
        let story = press.story(&format!("urn:gone:{n}")).topics(["parent"]);
        story.published_at(&format!("2026-01-12T19:0{n}:00Z"))
    };
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(put(n).await.await.id);
    }
    for list in [List::Latest, List::Feed] {
        let first = Wanted {
            size: 3,
            ..Wanted::default()
        };
        let cursor = by_rest(&press, list, &first).await.next.expect("more than three");
        let after = Wanted {
            after: Some(cursor.clone()),
            ..first.clone()
        };
        let before = Wanted {
            before: Some(cursor),
            backward: true,
            ..first
        };
        let behind = [&ids[1], &ids[0]];
        let ahead = [&ids[4], &ids[3]];
        // The story that the cursor was made from changes, leaves the topic, expires, and is back.
        let changed = put(2).await.headline("Changed");
        let moved = changed.clone().topics([]);
        let expired = changed.clone().with("expires", NOW);
        for story in [changed.clone(), moved, expired, changed] {
            story.await;
            for read in [
                by_rest(&press, list, &after).await,
                by_graphql(&press, list, &after).await,
            ] {
                assert_eq!(read.keys.iter().collect::<Vec<_>>(), behind);
                assert_eq!((read.next, read.previous.is_some()), (None, true));
            }
            for read in [
                by_rest(&press, list, &before).await,
                by_graphql(&press, list, &before).await,
            ] {
                assert_eq!(read.keys.iter().collect::<Vec<_>>(), ahead);
                assert_eq!((read.next.is_some(), read.previous), (true, None));
            }
        }
    }
    // Nothing is left behind it, and nothing ahead.
    let last = Wanted {
        size: 1,
        backward: true,
        ..Wanted::default()
    };
    let page = by_graphql(&press, List::Latest, &last).await;
    assert_eq!((&page.keys, &page.next), (&vec![ids[0].clone()], &None));
    let start = page.previous.expect("something ahead");
    for n in 1..5 {
        put(n).await.with("expires", NOW).await;
    }
    let empty = Wanted {
        before: Some(start.clone()),
        ..last
    };
    let read = by_rest(&press, List::Latest, &empty).await;
    assert_eq!((read.keys.len(), read.next, read.previous), (0, None, None));
    let read = by_graphql(&press, List::Latest, &empty).await;
    assert_eq!((read.has_next, read.has_previous), (Some(true), Some(false)));
}

async fn twenty(press: Press) {
    let mut dice = Dice::new(15);
    let house = House::build(&press, &mut dice, 25).await;
    let line: Vec<String> = house.line(List::Latest).into_values().collect();
    let page = press.get("/v1/latest").await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 20);
    let next = page["next"].as_str().expect("more than twenty");
    let rest = press.get(&format!("/v1/latest?after={next}")).await.expect(200).json();
    assert_eq!(rest["items"].as_array().unwrap().len(), line.len() - 20);
    let previous = rest["previous"].as_str().expect("twenty before");
    let back = press
        .get(&format!("/v1/latest?before={previous}"))
        .await
        .expect(200)
        .json();
    assert_eq!(back["items"], page["items"]);
    let nodes = press.graphql("{ latest { nodes { id } } }", json!({})).await.data();
    assert_eq!(nodes["latest"]["nodes"].as_array().unwrap().len(), 20);
}
