//! Two servers on one database with one clock: one keeps answers, one keeps none. Whatever is read, and whatever has
//! changed, both say the same.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::header::IF_NONE_MATCH;

use super::readings::Reading;
use super::world::World;
use crate::lists::dice::Dice;
use crate::press::{Answer, Beside, Doors, Press};
use crate::runner::{Test, test};
use crate::search::settled;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a kept answer never differs from the one made anew at the same position",
            never_differs,
        )
        .set("wire.poll_ms", 5)
        .set("server.surrogate_keys", true),
    ]
}

/// Changes in an ordinary run, and where the dice begin; `DATELINE_TEST_KEPT_CHANGES` and `DATELINE_TEST_KEPT_SEED` say
/// otherwise.
const CHANGES: usize = 30;
const SEED: u64 = 20_260_112;
/// Questions that are asked again and again; a few are replaced after each change.
const POOL: usize = 70;
/// Of which so many are compared after each change, and all of them after every tenth.
const COMPARED: usize = 12;
const PATIENCE: Duration = Duration::from_secs(20);

fn set(name: &str) -> Option<u64> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

struct Pair<'a> {
    keeps: &'a Doors,
    makes: &'a Doors,
}

/// A question, and the ETag that it was answered with last time.
struct Asked {
    reading: Reading,
    etag: Option<String>,
}

async fn never_differs(press: Press) {
    let seed = set("DATELINE_TEST_KEPT_SEED").unwrap_or(SEED);
    let changes = set("DATELINE_TEST_KEPT_CHANGES").map_or(CHANGES, |n| usize::try_from(n).unwrap());
    let plain: Beside = press.beside(&[("store.answer_cache_megabytes", "0")]).await;
    let pair = Pair {
        keeps: &press,
        makes: &plain,
    };
    let mut dice = Dice::new(seed);
    let mut world = World::furnished(&press, &mut dice).await;
    let mut pool: Vec<Asked> = (0..POOL).map(|_| fresh(&world, &mut dice)).collect();
    let mut diary = String::new();
    let mut compared = 0;
    for number in 0..changes {
        // Some are on their way while the change is made; what becomes of them must not be kept wrongly.
        let on_their_way: Vec<_> = (0..4).map(|_| dice.roll(POOL)).collect();
        let on_their_way = on_their_way
            .iter()
            .map(|n| pool[*n].reading.ask(pair.keeps).into_future());
        let door = if dice.once_in(3) { pair.makes } else { pair.keeps };
        let (told, _) = tokio::join!(world.change(&press, door, &mut dice), join_all(on_their_way));
        writeln!(diary, "{number}: {told}").unwrap();
        if told.starts_with("import") {
            // Another process wrote: what this one is told of its own next change comes after that.
            press.topic("beacon", &format!("Beacon {number}"), None).await;
        }
        world.cursors.push(level(&pair).await);
        let whole = number % 10 == 9;
        for asked in &mut pool {
            if whole || dice.roll(POOL) < COMPARED {
                compared += 1;
                if asked.reading.asks_the_index() {
                    // It is as old as the index, and each has looked into it at its own time.
                    tokio::join!(settled(pair.keeps), settled(pair.makes));
                }
                if let Err(difference) = pair.compare(asked, &mut dice).await {
                    let last: Vec<&str> = diary.lines().rev().take(12).collect();
                    panic!(
                        "seed {seed}, after change {number}: {difference}\n\nlast changes:\n{}",
                        last.join("\n")
                    );
                }
            }
        }
        for _ in 0..3 {
            let place = dice.roll(POOL);
            pool[place] = fresh(&world, &mut dice);
        }
    }
    plain.close().await;
    if changes > CHANGES {
        eprintln!(
            "{}: seed {seed}: {changes} changes, {compared} answers compared",
            press.backend()
        );
    }
}

fn fresh(world: &World, dice: &mut Dice) -> Asked {
    Asked {
        reading: Reading::thrown(world, dice),
        etag: None,
    }
}

/// Waits until both servers stand at the same position, and says which.
async fn level(pair: &Pair<'_>) -> String {
    let begun = Instant::now();
    loop {
        let mut cursors = Vec::new();
        for doors in [pair.keeps, pair.makes] {
            let latest = doors.get("/v1/wire?after=latest").await.expect(200);
            cursors.push(latest.json()["next"].as_str().unwrap().to_owned());
        }
        if cursors[0] == cursors[1] {
            return cursors.swap_remove(0);
        }
        assert!(begun.elapsed() < PATIENCE, "the servers do not meet at one position");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

impl Pair<'_> {
    /// The same from both: status, what it says, and what it says about itself. 304 from both or from none.
    async fn compare(&self, asked: &mut Asked, dice: &mut Dice) -> Result<(), String> {
        let Asked { reading, etag } = asked;
        if let Some(before) = etag.take()
            && dice.once_in(2)
        {
            self.same(reading, Some(&before)).await?;
        }
        let kept = self.same(reading, None).await?;
        let now = kept.header("etag").to_owned();
        if !now.is_empty() {
            if dice.once_in(4) {
                self.same(reading, Some(&now)).await?;
            }
            *etag = Some(now);
        }
        // Pages lead to pages, which are asked for in their turn.
        if let Some(next) = kept.header("link").split_once("; rel=").map(|(address, _)| address)
            && dice.once_in(3)
        {
            let address = next.trim_matches(['<', '>']).to_owned();
            *asked = Asked {
                reading: Reading::Get(address),
                etag: None,
            };
        }
        Ok(())
    }

    async fn same(&self, reading: &Reading, etag: Option<&str>) -> Result<Answer, String> {
        let ask = |doors| {
            let ask = reading.ask(doors);
            match etag {
                Some(etag) => ask.header(IF_NONE_MATCH, etag),
                None => ask,
            }
        };
        let (kept, made) = (ask(self.keeps).await, ask(self.makes).await);
        let headers = ["etag", "content-type", "link", "location", "cache-control"];
        let differs = kept.status != made.status
            || kept.bytes != made.bytes
            || headers.iter().any(|name| kept.header(name) != made.header(name))
            || words(&kept) != words(&made);
        if differs {
            let again = ask(self.makes).await;
            let steady = again.bytes == made.bytes && again.status == made.status;
            return Err(format!(
                "{reading:?} (If-None-Match: {etag:?})\n\nkept:\n{kept}\n\nmade anew:\n{made}\n\nmade anew twice the same: {steady}"
            ));
        }
        Ok(kept)
    }
}

/// The words of `Surrogate-Key`, whose order says nothing.
fn words(answer: &Answer) -> Vec<String> {
    let mut words: Vec<String> = answer.header("surrogate-key").split(' ').map(str::to_owned).collect();
    words.sort();
    words
}
