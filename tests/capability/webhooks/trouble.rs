//! Receivers that fail, hang, end, and come back; servers that die.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::receiver::{Crowded, Received, Receiver, Reply};
use super::{Hook, add, add_at, cancel, received, taken};
use crate::moves::{until, until_some};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "what fails is tried again at growing distances, under the same id, and nothing overtakes it",
            tried_again,
        ),
        test(
            "who has failed for three days is left alone, and goes on where it was when it is resumed",
            left_alone,
        ),
        test("who answers 410 is told nothing more until somebody resumes it", gone),
        test("who says when to come back is tried then, within an hour", come_back),
        test(
            "a cancellation does not wait behind what fails, and the story is not sent any more",
            overtaken,
        ),
        test(
            "a cancellation reaches who comes back before what was missed",
            kills_first,
        ),
        test(
            "what is canceled while it is sent is not sent again over another connection",
            closed_meanwhile,
        ),
        test(
            "what is canceled or corrected while a connection is waited for is told as it is then",
            changed_meanwhile,
        ),
        test("who breaks off, or answers too much, is no trouble for long", broken),
        test("one that hangs keeps no other waiting", hanging),
        test("a redirect is a failure, and is not followed", redirected),
        test("two servers tell each change once, in order", two_servers),
        test("what a living server serves no other takes", held).doors_closed(),
        test(
            "what a killed server served another serves within five seconds",
            taken_over,
        ),
    ]
}

fn next(now: &Value) -> Timestamp {
    now["health"]["next"].as_str().unwrap().parse().unwrap()
}

/// How it is, once so many tries have failed.
async fn failed(press: &Press, hook: &Hook, times: i64) -> Value {
    until_some(async || {
        let now = hook.now(press).await;
        (now["health"]["failures"] == times).then_some(now)
    })
    .await
}

async fn tried_again(press: Press) {
    let receiver = Receiver::that(|_| Reply::Status(500)).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    press.story("urn:x:b").await;
    let mut pauses = Vec::new();
    for times in 1..=4 {
        let now = failed(&press, &hook, times).await;
        assert_eq!(
            (&now["state"], &now["health"]["lastError"]),
            (&json!("active"), &json!("it answered 500"))
        );
        pauses.push(next(&now).duration_since(press.clock.now()).as_millis());
        press.clock.set(next(&now));
    }
    for (pause, wanted) in pauses.into_iter().zip([5_000, 30_000, 120_000, 600_000]) {
        assert!(
            (wanted * 9 / 10 - 1..=wanted * 11 / 10 + 1).contains(&pause),
            "{pause}, not {wanted}"
        );
    }
    let now = failed(&press, &hook, 5).await;
    assert!(now["health"]["lag"].as_i64().unwrap() > 600, "{now}");
    let metrics = press.get("/metrics").await.expect(200);
    let counted = format!(
        "dateline_webhook_requests_total{{endpoint=\"{}\",outcome=\"failed\"}} 5",
        hook.id
    );
    assert!(metrics.text().contains(&counted), "{metrics}");
    receiver.answers(|_| Reply::Status(200));
    press.clock.set(next(&now));
    assert_eq!(
        taken(&receiver, 2).await,
        ["article.published urn:x:a", "article.published urn:x:b"]
    );
    let received = receiver.received();
    assert_eq!(received.len(), 7);
    assert!(received.iter().take(6).all(|r| r.id() == received[0].id()));
    assert!(received.iter().all(|r| r.is_signed_with(&hook.secret)));
    let times: std::collections::BTreeSet<&str> = received
        .iter()
        .map(|r| r.headers["webhook-timestamp"].as_str())
        .collect();
    assert_eq!(times.len(), 6);
    until((json!(0), json!(0), json!(null)), async || {
        let health = hook.now(&press).await["health"].take();
        (
            health["failures"].clone(),
            health["lag"].clone(),
            health["lastError"].clone(),
        )
    })
    .await;
    let attempts = hook.attempts(&press).await;
    let told: Vec<_> = attempts
        .iter()
        .rev()
        .map(|a| (a["number"].clone(), a["delivered"].clone()))
        .collect();
    assert_eq!(
        told[4..],
        [
            (json!(5), json!(false)),
            (json!(6), json!(true)),
            (json!(1), json!(true))
        ]
    );
}

async fn left_alone(press: Press) {
    let receiver = Receiver::that(|_| Reply::Status(503)).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    let began = press.clock.now();
    let mut tries = 0;
    let paused = loop {
        tries += 1;
        let now = until_some(async || {
            let now = hook.now(&press).await;
            (now["health"]["failures"] == tries || now["state"] == "paused").then_some(now)
        })
        .await;
        if now["state"] == "paused" {
            break now;
        }
        press.clock.set(next(&now));
    };
    assert!((20..=30).contains(&tries), "{tries}");
    assert!(press.clock.now().duration_since(began) > SignedDuration::from_hours(64));
    assert!(
        paused["notice"].as_str().unwrap().contains("Resume it when it is well"),
        "{paused}"
    );
    press.clock.advance(SignedDuration::from_hours(24));
    press.story("urn:x:b").await;
    receiver.answers(|_| Reply::Status(200));
    let count = receiver.received().len();
    press.post(&hook.path("/resume"), &json!({})).await.expect(200);
    assert_eq!(
        taken(&receiver, 2).await,
        ["article.published urn:x:a", "article.published urn:x:b"]
    );
    assert_eq!(receiver.received().len(), count + 2);
}

async fn gone(press: Press) {
    let receiver = Receiver::that(|_| Reply::Status(410)).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    let off = until_some(async || Some(hook.now(&press).await).filter(|now| now["state"] == "off")).await;
    assert!(off["notice"].as_str().unwrap().contains("410 Gone"), "{off}");
    press.clock.advance(SignedDuration::from_hours(1));
    press.story("urn:x:b").await;
    receiver.answers(|_| Reply::Status(200));
    press.post(&hook.path("/resume"), &json!({})).await.expect(200);
    assert_eq!(taken(&receiver, 2).await.len(), 2);
    assert_eq!(receiver.received().len(), 3);
}

async fn come_back(press: Press) {
    for (said, wanted) in [("20", 20), ("90000", 3_600)] {
        let receiver = Receiver::that(move |_| Reply::With(429, "retry-after", said.to_owned())).await;
        let hook = add(&press, &receiver, json!({})).await;
        press.story(&format!("urn:x:{said}")).await;
        let now = failed(&press, &hook, 1).await;
        assert_eq!(next(&now).duration_since(press.clock.now()).as_secs(), wanted);
        receiver.answers(|_| Reply::Status(200));
        press.clock.set(next(&now));
        taken(&receiver, 1).await;
    }
}

async fn overtaken(press: Press) {
    // It takes nothing but cancellations.
    let receiver = Receiver::that(|r| match r.brief().starts_with("article.canceled") {
        true => Reply::Status(200),
        false => Reply::Status(500),
    })
    .await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").slug("a").body("<p>Secret text.</p>").await;
    press.story("urn:x:b").slug("b").await;
    failed(&press, &hook, 1).await;
    cancel(&press, "a").await;
    // The clock stands still: it does not wait for the next try.
    assert_eq!(taken(&receiver, 1).await, ["article.canceled urn:x:a"]);
    receiver.answers(|_| Reply::Status(200));
    let before = receiver.received().len();
    press.clock.advance(SignedDuration::from_secs(10));
    assert_eq!(
        taken(&receiver, 2).await,
        ["article.canceled urn:x:a", "article.published urn:x:b"]
    );
    press.story("urn:x:c").await;
    taken(&receiver, 3).await;
    let after: Vec<String> = receiver.briefs().split_off(before);
    assert_eq!(after, ["article.published urn:x:b", "article.published urn:x:c"]);
    let text = |r: &super::Received| String::from_utf8_lossy(&r.bytes).contains("Secret text");
    assert_eq!(receiver.received().iter().filter(|r| text(r)).count(), 1);
}

async fn kills_first(press: Press) {
    let receiver = Receiver::that(|_| Reply::Status(500)).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:first").slug("first").await;
    press.story("urn:x:a").await;
    press.story("urn:x:b").slug("b").await;
    failed(&press, &hook, 1).await;
    cancel(&press, "b").await;
    received(&receiver, 2).await;
    // A server that is started again knows it, too.
    press.close().await;
    receiver.answers(|_| Reply::Status(200));
    press.clock.advance(SignedDuration::from_secs(10));
    press.open().await;
    let wanted = [
        "article.canceled urn:x:b",
        "article.published urn:x:first",
        "article.published urn:x:a",
    ];
    assert_eq!(taken(&receiver, 3).await, wanted);
    press.story("urn:x:c").await;
    assert_eq!(taken(&receiver, 4).await[3], "article.published urn:x:c");
}

async fn broken(press: Press) {
    for reply in [Reply::CloseHalfWay, Reply::Break] {
        let receiver = Receiver::that(move |_| reply.clone()).await;
        let hook = add(&press, &receiver, json!({})).await;
        press.story("urn:x:a").headline(&hook.id).await;
        let now = failed(&press, &hook, 1).await;
        receiver.answers(|_| Reply::Status(200));
        press.clock.set(next(&now));
        taken(&receiver, 1).await;
        press.post(&hook.path("/pause"), &json!({})).await.expect(200);
    }
    let receiver = Receiver::that(|_| Reply::Large(200)).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:b").await;
    press.story("urn:x:c").await;
    taken(&receiver, 2).await;
    let attempts = until_some(async || Some(hook.attempts(&press).await).filter(|a| a.len() == 2)).await;
    assert_eq!(
        (&attempts[0]["status"], &attempts[0]["delivered"]),
        (&json!(200), &json!(true))
    );
    assert_eq!(attempts[0]["answer"].as_str().unwrap().len(), 500);
}

async fn hanging(press: Press) {
    let hangs = Receiver::that(|_| Reply::Hang).await;
    let mut hooks = Vec::new();
    for _ in 0..5 {
        hooks.push(add(&press, &hangs, json!({})).await);
    }
    let well = Receiver::start().await;
    add(&press, &well, json!({})).await;
    let began = Instant::now();
    for n in 0..20 {
        press.story(&format!("urn:x:{n}")).await;
    }
    assert_eq!(taken(&well, 20).await.len(), 20);
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    let now = failed(&press, &hooks[0], 1).await;
    assert_eq!(now["health"]["lastError"], "it took too long");
}

async fn redirected(press: Press) {
    let other = Receiver::start().await;
    let url = other.url();
    let receiver = Receiver::that(move |_| Reply::With(307, "location", url.clone())).await;
    let hook = add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    let now = failed(&press, &hook, 1).await;
    assert_eq!(now["health"]["lastError"], "it answered 307");
    assert!(other.received().is_empty());
}

async fn closed_meanwhile(press: Press) {
    let first = AtomicBool::new(true);
    let receiver = Receiver::that(move |received| {
        let brief = String::from_utf8_lossy(&received.bytes).into_owned();
        match () {
            // So long that the next one is there, and goes over the same connection.
            () if brief.contains("urn:x:a") => Reply::Slow(Duration::from_millis(500), 200),
            () if brief.contains("urn:x:b") && first.swap(false, Ordering::Relaxed) => {
                Reply::CloseAfter(Duration::from_secs(1))
            }
            () => Reply::Status(200),
        }
    })
    .await;
    add(&press, &receiver, json!({})).await;
    press.story("urn:x:a").await;
    press.story("urn:x:b").slug("b").body_text("Purloined").await;
    received(&receiver, 2).await;
    cancel(&press, "b").await;
    until(1, async || receiver.connections()).await;
    let all = until_some(async || {
        let all = receiver.received();
        let last = all.last().map(Received::brief);
        (last.as_deref() == Some("article.canceled urn:x:b")).then_some(all)
    })
    .await;
    let texts: Vec<bool> = all
        .iter()
        .map(|r| String::from_utf8_lossy(&r.bytes).contains("Purloined"))
        .collect();
    assert_eq!(texts.iter().filter(|shows| **shows).count(), 1, "{texts:?}");
}

async fn changed_meanwhile(press: Press) {
    let (one, other) = (Crowded::start().await, Crowded::start().await);
    add_at(&press, &one.url(), json!({})).await;
    press.story("urn:x:a").slug("a").body_text("Purloined").await;
    until(1, async || one.waiting()).await;
    cancel(&press, "a").await;
    let one = one.open(|_| Reply::Status(200));
    let all = received(&one, 1).await;
    let shows = |text: &str, r: &Received| String::from_utf8_lossy(&r.bytes).contains(text);
    assert!(!all.iter().any(|r| shows("Purloined", r)), "{}", all[0].json());
    assert_eq!(all[0].json()["data"]["action"], "remove");

    add_at(&press, &other.url(), json!({ "after": "latest" })).await;
    press.story("urn:x:b").slug("b").body_text("Mispelled").await;
    until(1, async || other.waiting()).await;
    press.story("urn:x:b").slug("b").body_text("Misspelled").await;
    let other = other.open(|_| Reply::Status(200));
    let all = received(&other, 1).await;
    assert!(!all.iter().any(|r| shows("Mispelled", r)), "{}", all[0].json());
    assert!(shows("Misspelled", &all[0]), "{}", all[0].json());
}

async fn held(press: Press) {
    let (one, other) = (press.process().await, press.process().await);
    let receiver = Receiver::start().await;
    add(&one, &receiver, json!({})).await;
    // Longer than a lease lasts that is not renewed.
    let began = Instant::now();
    let mut wanted = Vec::new();
    while began.elapsed() < Duration::from_secs(10) {
        let n = wanted.len();
        let doors = if n % 2 == 0 { &one } else { &other };
        let path = format!("/v1/articles/urn%3Ax%3A{n}");
        doors.put(&path, &json!({ "headline": "News" })).await.expect(201);
        wanted.push(format!("article.published urn:x:{n}"));
        received(&receiver, wanted.len()).await;
    }
    assert_eq!(receiver.briefs(), wanted);
    one.terminate().await;
    other.terminate().await;
}

async fn two_servers(press: Press) {
    let beside = press.beside(&[]).await;
    let mut receivers = Vec::new();
    for n in 0..4 {
        let receiver = Receiver::start().await;
        let doors = if n % 2 == 0 { &*press } else { &*beside };
        add(doors, &receiver, json!({})).await;
        receivers.push(receiver);
    }
    for n in 0..30 {
        press.story(&format!("urn:x:{n}")).await;
    }
    let wanted: Vec<String> = (0..30).map(|n| format!("article.published urn:x:{n}")).collect();
    for receiver in &receivers {
        assert_eq!(taken(receiver, 30).await, wanted);
    }
    // Another goes on when one stops.
    beside.close().await;
    press.story("urn:x:last").await;
    for receiver in &receivers {
        assert_eq!(taken(receiver, 31).await.len(), 31);
    }
}

async fn taken_over(press: Press) {
    press.close().await;
    let (first, second) = (press.process().await, press.process().await);
    let receiver = Receiver::start().await;
    let mut hooks = Vec::new();
    for doors in [first.clone_doors(), second.clone_doors(), first.clone_doors()] {
        hooks.push(add(&doors, &receiver, json!({})).await);
    }
    let put = async |doors: &crate::press::Doors, uri: &str| {
        doors.story(uri).await;
    };
    put(&second, "urn:x:a").await;
    until_some(async || (receiver.taken().len() >= 3).then_some(())).await;
    first.kill().await;
    let began = Instant::now();
    put(&second, "urn:x:b").await;
    let told = || receiver.taken().iter().filter(|t| t.ends_with("urn:x:b")).count();
    until_some(async || (told() >= 3).then_some(())).await;
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    second.terminate().await;
}
