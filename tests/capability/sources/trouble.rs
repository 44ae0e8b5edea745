//! Origins that move, fail, end, hang and flood.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::origin::{Origin, Reply};
use super::{add, headlines, list, looked_at, looked_at_again, source, story};
use crate::moves::until;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "where a source has moved for good is kept, where it is for now is not",
            moved,
        ),
        test(
            "a source that fails is asked less and less often, and at once again when it is well",
            failing,
        ),
        test("who asks to be left alone is left alone for so long", retry_after),
        test(
            "a source that is over is not asked any more, until somebody says so",
            gone,
        ),
        test("what floods is let go of", floods),
        test("what is packed is unpacked", packed),
        test("what makes no sense is told and nothing else", nonsense),
        test("two servers look at a source once", two_servers),
        test("a look that was cut off is made again when its time is over", cut_off),
        test("a source that hangs keeps no other waiting", hanging),
    ]
}

fn next(source: &Value) -> Timestamp {
    source["health"]["next"].as_str().unwrap().parse().unwrap()
}

async fn moved(press: Press) {
    let origin = Origin::start().await;
    let (new, temporary) = (origin.url("/new"), origin.url("/temporary"));
    origin.says("/old", Reply::to(301, "/older"));
    origin.says("/older", Reply::to(308, &new));
    origin.says("/new", Reply::to(302, &temporary));
    origin.says("/temporary", Reply::to(307, "/here"));
    origin.stories("/here", &[story("urn:x:a", "A")]);
    add(&press, "agency", &origin.url("/old"), json!({})).await;
    let now = looked_at(&press, "agency").await;
    assert_eq!(now["url"], new);
    assert_eq!((&now["version"], &now["health"]["state"]), (&json!(2), &json!("ok")));
    assert_eq!(headlines(&press).await.len(), 1);
    looked_at_again(&press, "agency").await;
    assert_eq!(
        (
            origin.asked("/old").len(),
            origin.asked("/new").len(),
            origin.asked("/here").len()
        ),
        (1, 2, 2)
    );

    // A move to nowhere is no move.
    origin.says("/lost", Reply::to(301, "/nowhere"));
    origin.says("/round", Reply::to(302, "/round"));
    for (slug, error) in [("lost", "it answered 404"), ("round", "more than 5 redirects")] {
        let url = origin.url(&format!("/{slug}"));
        add(&press, slug, &url, json!({})).await;
        let now = looked_at(&press, slug).await;
        assert_eq!(now["url"], url);
        assert!(now["health"]["lastError"].as_str().unwrap().contains(error), "{now}");
    }
    assert_eq!(origin.asked("/round").len(), 6);
}

async fn failing(press: Press) {
    let origin = Origin::start().await;
    origin.says("/feed", Reply::status(500));
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let mut pauses = Vec::new();
    let mut now = looked_at(&press, "agency").await;
    for failures in 1..=4 {
        assert_eq!(now["health"]["failures"], failures);
        assert_eq!(now["health"]["state"], "failing");
        assert_eq!(now["health"]["lastOk"], Value::Null);
        assert!(now["health"]["lastError"].as_str().unwrap().contains("500"), "{now}");
        pauses.push(next(&now).duration_since(press.clock.now()).as_secs());
        now = looked_at_again(&press, "agency").await;
    }
    for (pause, wanted) in pauses.into_iter().zip([300, 600, 1_200, 2_400]) {
        assert!(
            (wanted * 9 / 10..=wanted * 11 / 10).contains(&pause),
            "{pause}, not {wanted}"
        );
    }
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    let now = looked_at_again(&press, "agency").await;
    assert_eq!(
        (&now["health"]["failures"], &now["health"]["lastError"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(now["health"]["state"], "ok");
    let metrics = press.get("/metrics").await.expect(200);
    let counted = r#"dateline_source_pulls_total{source="agency",outcome="failed"} "#;
    assert!(metrics.text().contains(counted), "{metrics}");
}

async fn retry_after(press: Press) {
    let origin = Origin::start().await;
    let later = press.clock.now() + SignedDuration::from_hours(3);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&later)
        .unwrap();
    for (slug, status, said) in [("busy", 429, "7200"), ("down", 503, date.as_str())] {
        let path = format!("/{slug}");
        origin.says(&path, Reply::status(status).with("retry-after", said));
        add(&press, slug, &origin.url(&path), json!({})).await;
        let now = looked_at(&press, slug).await;
        let pause = next(&now).duration_since(press.clock.now()).as_secs();
        let wanted = if slug == "busy" { 7_200 } else { 10_800 };
        assert!((wanted..=wanted * 11 / 10).contains(&pause), "{slug}: {pause}");
    }
}

async fn gone(press: Press) {
    let origin = Origin::start().await;
    origin.says("/feed", Reply::status(410));
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let now = looked_at(&press, "agency").await;
    assert_eq!(
        (&now["health"]["state"], &now["health"]["next"]),
        (&json!("gone"), &Value::Null)
    );
    assert!(now["health"]["lastError"].as_str().unwrap().contains("410"), "{now}");
    press.clock.advance(SignedDuration::from_hours(200));
    let other = Origin::start().await;
    other.stories("/feed", &[]);
    add(&press, "other", &other.url("/feed"), json!({})).await;
    looked_at(&press, "other").await;
    assert_eq!(origin.asked("/feed").len(), 1);

    origin.stories("/feed", &[story("urn:x:a", "A")]);
    press.post("/v1/sources/agency/pull", &json!({})).await.expect(204);
    let now = looked_at(&press, "agency").await;
    assert_eq!(now["health"]["state"], "ok");
    assert_eq!(headlines(&press).await.len(), 1);
}

async fn floods(press: Press) {
    let origin = Origin::start().await;
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; 1 << 20];
    for _ in 0..200 {
        packer.write_all(&piece).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    origin.says("/bomb", Reply::ok("text/xml", bomb).with("content-encoding", "gzip"));
    origin.says("/endless", Reply::Endless);
    origin.says(
        "/said",
        Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n<rss>"),
    );
    for slug in ["bomb", "endless", "said"] {
        add(&press, slug, &origin.url(&format!("/{slug}")), json!({})).await;
        let now = looked_at(&press, slug).await;
        let error = now["health"]["lastError"].as_str().unwrap();
        assert_eq!(error, "the answer is larger than 16777216 bytes", "{slug}");
    }
}

async fn packed(press: Press) {
    let origin = Origin::start().await;
    let text = list(&[story("urn:x:a", "A")]);
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    origin.says(
        "/feed",
        Reply::ok("application/json", packed).with("content-encoding", "gzip"),
    );
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    let now = looked_at(&press, "agency").await;
    assert_eq!(now["health"]["state"], "ok", "{now}");
    assert_eq!(headlines(&press).await.len(), 1);
    assert_eq!(origin.asked("/feed")[0]["accept-encoding"], "gzip, deflate");
}

async fn nonsense(press: Press) {
    let origin = Origin::start().await;
    origin.document("/text", "text/plain", "What did you expect?");
    origin.document("/empty", "application/json", "");
    origin.document("/cut", "application/json", "[{\"uri\": \"urn:x:a\", \"headline\"");
    origin.says("/br", Reply::ok("application/json", "x").with("content-encoding", "br"));
    origin.says(
        "/notgzip",
        Reply::ok("application/json", "[]").with("content-encoding", "gzip"),
    );
    origin.says("/garbage", Reply::Raw(b"\x00\x01\x02\x03\r\n\r\n"));
    origin.says("/half", Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{"));
    origin.says("/nothing", Reply::Raw(b""));
    origin.says("/teapot", Reply::status(418));
    for slug in [
        "text", "empty", "cut", "br", "notgzip", "garbage", "half", "nothing", "teapot",
    ] {
        add(&press, slug, &origin.url(&format!("/{slug}")), json!({})).await;
        let now = looked_at(&press, slug).await;
        assert_eq!(now["health"]["state"], "failing", "{now}");
        assert!(!now["health"]["lastError"].as_str().unwrap().is_empty());
    }
    assert!(headlines(&press).await.is_empty());
}

async fn two_servers(press: Press) {
    let beside = press.beside(&[]).await;
    let origin = Origin::start().await;
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    for slug in ["one", "two", "three"] {
        add(&press, slug, &origin.url("/feed"), json!({})).await;
        looked_at(&press, slug).await;
    }
    for _ in 0..3 {
        press.clock.advance(SignedDuration::from_mins(6));
        for slug in ["one", "two", "three"] {
            looked_at(&press, slug).await;
        }
    }
    beside.close().await;
    assert_eq!(origin.asked("/feed").len(), 12);
}

async fn cut_off(press: Press) {
    let origin = Origin::start().await;
    origin.says("/feed", Reply::Hang);
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    until(1, async || origin.asked("/feed").len()).await;
    press.reopen().await;
    // Whoever was at it might still be.
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    let busy = press.get("/v1/sources/agency").admin().await.expect(200).json();
    assert_eq!(busy["health"]["lastTried"], Value::Null);
    press.clock.advance(SignedDuration::from_secs(121));
    looked_at(&press, "agency").await;
    assert_eq!(headlines(&press).await.len(), 1);
}

async fn hanging(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hangs", Reply::Hang);
    origin.stories("/feed", &[story("urn:x:a", "A")]);
    for slug in ["slow", "slower"] {
        add(&press, slug, &origin.url("/hangs"), json!({})).await;
    }
    until(2, async || origin.asked("/hangs").len()).await;
    add(&press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(&press, "agency").await;
    assert_eq!(headlines(&press).await.len(), 1);
    assert_eq!(source(&press, "slow").await["health"]["lastTried"], Value::Null);
}
