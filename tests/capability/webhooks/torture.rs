//! Everything at once: servers that are killed, receivers that fail, hang, put off and break off, and a publisher who corrects
//! and cancels all the while. `DATELINE_WEBHOOK_CHANGES` says how many changes there are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply};
use super::{Hook, add};
use crate::press::{Doors, Press, Process};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "whatever dies or fails, each receiver that recovers has every change, in order and signed, and no canceled story",
            torture,
        )
        .doors_closed()
        .patient(Duration::from_secs(3_600)),
    ]
}

const TEXT: &str = "what a canceled story said";
/// Until something that was sent before an acknowledgement is read on a busy machine.
const ON_ITS_WAY: Duration = Duration::from_millis(500);
/// Stories that are changed again and again.
const STORIES: u64 = 40;

fn changes() -> u64 {
    let said = std::env::var_os("DATELINE_WEBHOOK_CHANGES");
    said.map_or(300, |text| text.to_str().unwrap().parse().unwrap())
}

/// Numbers that look like chance and are the same each time.
struct Chance(AtomicU64);

impl Chance {
    fn one_in(&self, many: u64) -> bool {
        let mut x = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)).is_multiple_of(many)
    }
}

/// The server, which is another one now and then.
struct House {
    press: Press,
    process: Option<Process>,
}

impl House {
    async fn killed(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().await;
        }
        self.process = Some(self.press.process().await);
    }

    fn doors(&self) -> Doors {
        self.process.as_ref().unwrap().clone_doors()
    }
}

/// Whether a change was taken, whatever dies meanwhile. A change that was taken already is as good.
async fn insist(doors: &Mutex<Doors>, ask: impl Fn(&Doors) -> crate::press::Ask) {
    let began = Instant::now();
    loop {
        let now = doors.lock().unwrap().clone();
        match ask(&now).attempt().await {
            Some(status) if status < 500 && status != 429 => return,
            _ => tokio::time::sleep(Duration::from_millis(50)).await,
        }
        assert!(began.elapsed() < Duration::from_secs(120), "nobody takes it");
    }
}

async fn torture(press: Press) {
    let (changes, kills) = (changes(), (changes() / 100).clamp(3, 10));
    let mut house = House {
        press: press.clone(),
        process: Some(press.process().await),
    };
    let doors = Arc::new(Mutex::new(house.doors()));
    let well = Receiver::start().await;
    let chance = Chance(AtomicU64::new(1));
    let failing = Receiver::that(move |_| match () {
        () if chance.one_in(changes / 3) => Reply::Status(500),
        () if chance.one_in(changes / 2) => Reply::Break,
        () if chance.one_in(changes / 2) => Reply::CloseHalfWay,
        () if chance.one_in(changes) => Reply::Hang,
        () if chance.one_in(20) => Reply::With(429, "retry-after", "0".to_owned()),
        () if chance.one_in(50) => Reply::Slow(Duration::from_millis(100), 200),
        () => Reply::Status(200),
    })
    .await;
    let dead = Receiver::that(|_| Reply::Hang).await;
    let first = house.doors();
    let hooks = [
        (add(&first, &well, json!({})).await, &well),
        (add(&first, &failing, json!({})).await, &failing),
    ];
    add(&first, &dead, json!({})).await;

    let mut canceled: BTreeMap<String, Instant> = BTreeMap::new();
    for n in 0..changes {
        if n > 0 && n.is_multiple_of(changes / kills) {
            house.killed().await;
            *doors.lock().unwrap() = house.doors();
        }
        let story = n % STORIES;
        // Canceled in its last round: a new one takes its place.
        let life = n / STORIES / 5;
        let (uri, round) = (format!("urn:x:{story}-{life}"), n / STORIES % 5);
        let path = format!("/v1/articles/{}", crate::press::segment(&uri));
        if round == 4 && story.is_multiple_of(4) {
            let reason = json!({ "reason": "It is wrong." });
            insist(&doors, |doors| doors.post(&format!("{path}/cancel"), &reason)).await;
            canceled.insert(uri, Instant::now());
        } else {
            let body = json!({ "headline": format!("Round {round}"), "body": format!("<p>{TEXT}</p>") });
            insist(&doors, |doors| doors.put(&path, &body)).await;
        }
    }
    let began = Instant::now();
    let entries = whole_wire(&house.doors()).await;
    for (hook, receiver) in &hooks {
        let wanted: BTreeSet<&str> = entries.iter().map(|e| e["cursor"].as_str().unwrap()).collect();
        let patience = Duration::from_secs(240) + Duration::from_millis(20 * changes);
        while !cursors(receiver).is_superset(&wanted.iter().map(|c| (*c).to_owned()).collect()) {
            let now = hook.now(&house.doors()).await;
            assert!(began.elapsed() < patience, "{now}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        judge(hook, receiver, &entries, &canceled);
    }
    let told = hooks
        .iter()
        .map(|(_, receiver)| receiver.received().len())
        .sum::<usize>();
    eprintln!(
        "{changes} changes, {kills} kills: {told} requests, {} wanted by each, whole {:.1} s after the last change",
        entries.len(),
        began.elapsed().as_secs_f64()
    );
}

fn cursors(receiver: &Receiver) -> BTreeSet<String> {
    let taken = receiver.received().into_iter().filter(|r| r.taken);
    taken
        .map(|r| r.json()["data"]["cursor"].as_str().unwrap().to_owned())
        .collect()
}

/// Everything that a follower is told now.
async fn whole_wire(doors: &Doors) -> Vec<Value> {
    let mut all = Vec::new();
    let mut path = "/v1/wire?payload=id&limit=500".to_owned();
    loop {
        let page = doors.get(&path).await.expect(200).json();
        let entries = page["entries"].as_array().unwrap();
        if entries.is_empty() {
            return all;
        }
        all.extend(entries.iter().cloned());
        path = format!("/v1/wire?payload=id&limit=500&after={}", page["next"].as_str().unwrap());
    }
}

fn judge(hook: &Hook, receiver: &Receiver, entries: &[Value], canceled: &BTreeMap<String, Instant>) {
    let place: BTreeMap<&str, usize> = entries
        .iter()
        .enumerate()
        .map(|(i, entry)| (entry["cursor"].as_str().unwrap(), i))
        .collect();
    let mut ids = BTreeSet::new();
    let mut last = 0;
    let mut killed = BTreeSet::new();
    for received in receiver.received() {
        if received.bytes == b"{}" {
            continue;
        }
        assert!(received.was_signed_then(&hook.secret), "{}", received.id());
        let message = received.json();
        let data = &message["data"];
        let uri = data["uri"].as_str().unwrap_or_default();
        let shows = String::from_utf8_lossy(&received.bytes).contains(TEXT);
        let late = |at: &Instant| received.at > *at + ON_ITS_WAY;
        assert!(
            !(shows && canceled.get(uri).is_some_and(late)),
            "{uri} was sent after it was canceled"
        );
        if !received.taken || !ids.insert(received.id().to_owned()) {
            continue;
        }
        if message["type"] == "article.canceled" {
            killed.insert(uri.to_owned());
            continue;
        }
        if let Some(place) = place.get(data["cursor"].as_str().unwrap()) {
            assert!(*place >= last, "{uri} came out of turn");
            last = *place;
        }
    }
    assert_eq!(killed.iter().collect::<Vec<_>>(), canceled.keys().collect::<Vec<_>>());
}
