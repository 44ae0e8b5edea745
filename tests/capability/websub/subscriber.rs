//! The house as a subscriber: sources with a hub.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{form, signature};
use crate::moves::{until, until_some};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};
use crate::sources::origin::{Asked, Origin, Reply};
use crate::sources::{add, headlines, looked_at, looked_at_again, source};
use reqwest::Method;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a source with a hub has the house told, and is looked at less often",
            told,
        ),
        test("what is not signed by the hub is not looked at", signed),
        test("a hub is asked again before it ceases to tell", renewed),
        test(
            "a hub that fails, or does not want to, changes nothing: the source is looked at as before",
            without,
        ),
        test(
            "what nobody has wished is not confirmed, and nobody is told at an address that is not ours",
            unknown,
        ),
        test("without an address that the world knows no hub is asked", nameless).set("server.public_url", "\"\""),
    ]
}

fn entry(n: u32, title: &str) -> String {
    format!(
        "<entry><id>urn:x:{n}</id><title>{title}</title><updated>2026-01-12T18:00:00Z</updated><content>Text.</content></entry>"
    )
}

fn atom(head: &str, entries: &[String]) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>F</title>{head}{}</feed>",
        entries.concat()
    )
}

/// A source whose feed names a hub, at the same origin; the feed's own address is another one.
async fn with_hub(press: &Press, origin: &Origin) {
    let links = format!(
        "<link rel='hub' href='{}'/><link rel='self' href='{}'/>",
        origin.url("/hub"),
        origin.url("/self")
    );
    origin.document("/feed", "application/atom+xml", atom(&links, &[entry(1, "One")]));
    add(press, "agency", &origin.url("/feed"), json!({})).await;
    looked_at(press, "agency").await;
}

async fn asked(origin: &Origin, times: usize) -> Asked {
    until_some(async || origin.asked("/hub").get(times - 1).cloned()).await
}

/// Lets time go by until the hub has been asked so often.
async fn in_time(press: &Press, origin: &Origin, times: usize) {
    until_some(async || {
        press.clock.advance(SignedDuration::from_mins(10));
        origin.asked("/hub").get(times - 1).cloned()
    })
    .await;
}

/// The end of the address at which we are to be told, and the secret.
fn wish(asked: &Asked) -> (String, String) {
    let wish = form(&asked[":body"]);
    let callback = wish["hub.callback"]
        .strip_prefix("https://news.example")
        .unwrap()
        .to_owned();
    (callback, wish["hub.secret"].clone())
}

async fn confirm(press: &Press, callback: &str, topic: &str, seconds: &str) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("hub.mode", "subscribe"),
            ("hub.topic", topic),
            ("hub.challenge", "say this back"),
            ("hub.lease_seconds", seconds),
        ])
        .finish();
    press.get(&format!("{callback}?{query}")).await
}

async fn tell(press: &Press, callback: &str, signature: &str, body: &str) -> Answer {
    let ask = press
        .ask(Method::POST, callback)
        .header("content-type", "application/atom+xml");
    ask.header("x-hub-signature", signature).body(body.to_owned()).await
}

/// State and end of the source's hub, and its last error.
async fn hub(press: &Press) -> (Value, Value, Value) {
    let mut hub = source(press, "agency").await["health"]["hub"].take();
    assert!(hub.get("secret").is_none() && hub.get("callback").is_none(), "{hub}");
    (hub["state"].take(), hub["until"].take(), hub["lastError"].take())
}

fn titles(headlines: &[(String, String)]) -> Vec<&str> {
    headlines.iter().map(|(_, headline)| headline.as_str()).collect()
}

fn pause(press: &Press, source: &Value) -> i64 {
    let next: Timestamp = source["health"]["next"].as_str().unwrap().parse().unwrap();
    next.duration_since(press.clock.now()).as_secs()
}

async fn told(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(202));
    with_hub(&press, &origin).await;
    assert!((270..=330).contains(&pause(&press, &source(&press, "agency").await)));
    let asked = asked(&origin, 1).await;
    let said = form(&asked[":body"]);
    assert_eq!(asked["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        (&*said["hub.mode"], &said["hub.topic"], &*said["hub.lease_seconds"]),
        ("subscribe", &origin.url("/self"), "864000")
    );
    let (callback, secret) = wish(&asked);
    assert!(callback.len() == "/websub/".len() + 32 && secret.len() >= 32);
    assert_eq!(hub(&press).await, (json!("asked"), Value::Null, Value::Null));
    let answer = confirm(&press, &callback, &origin.url("/self"), "3600")
        .await
        .expect(200);
    assert_eq!(answer.text(), "say this back");
    let until = press.clock.now() + SignedDuration::from_secs(3_600);
    assert_eq!(hub(&press).await, (json!("telling"), json!(until), Value::Null));

    // What is told is often only what is new.
    let news = atom("", &[entry(2, "Two"), entry(1, "One, again")]);
    tell(&press, &callback, &signature(&secret, &news), &news)
        .await
        .expect(202);
    assert_eq!(titles(&headlines(&press).await), ["One, again", "Two"]);
    let now = source(&press, "agency").await;
    assert_eq!(
        (&now["health"]["state"], &now["health"]["stories"]),
        (&json!("ok"), &json!(2))
    );
    let pause = pause(&press, &now);
    assert!((1_620..=1_980).contains(&pause), "{pause}");
    assert_eq!(origin.asked("/feed").len(), 1);
    // The same again is nothing.
    tell(&press, &callback, &signature(&secret, &news), &news)
        .await
        .expect(202);
    let wire = press.get("/v1/wire").await.expect(200).json();
    assert_eq!(wire["entries"].as_array().unwrap().len(), 3);

    // Its hub is gone from the source: nobody tells us any more, and it is looked at as often as before.
    origin.document("/feed", "application/atom+xml", atom("", &[entry(1, "One")]));
    let now = looked_at_again(&press, "agency").await;
    assert!((270..=330).contains(&self::pause(&press, &now)));
    assert_eq!(now["health"]["hub"], Value::Null);
    tell(&press, &callback, &signature(&secret, &news), &news)
        .await
        .expect(410);
}

async fn signed(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(202));
    with_hub(&press, &origin).await;
    let (callback, secret) = wish(&asked(&origin, 1).await);
    confirm(&press, &callback, &origin.url("/self"), "3600")
        .await
        .expect(200);
    let news = atom("", &[entry(2, "Forged")]);
    let good = signature(&secret, &news);
    let wrong = signature("another secret", &news);
    for signature in [
        "",
        "sha256=",
        "sha256=00",
        &*wrong,
        &good.replace("sha256", "sha1"),
        &good[..60],
        "sha256=ü",
    ] {
        let answer = match signature {
            "" => press.ask(Method::POST, &callback).body(news.clone()).await,
            "sha256=ü" => continue,
            signature => tell(&press, &callback, signature, &news).await,
        };
        assert_eq!((answer.status, answer.text()), (202, ""), "{signature}");
    }
    let other = atom("", &[entry(2, "Changed on its way")]);
    tell(&press, &callback, &good, &other).await.expect(202);
    assert_eq!(titles(&headlines(&press).await), ["One"]);
    // Signed, and no feed: nothing comes of it.
    let page = "not a feed";
    tell(&press, &callback, &signature(&secret, page), page)
        .await
        .expect(202);
    assert_eq!(source(&press, "agency").await["health"]["state"], "ok");
    tell(&press, &callback, &good, &news).await.expect(202);
    assert_eq!(titles(&headlines(&press).await), ["One", "Forged"]);
}

async fn renewed(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(202));
    with_hub(&press, &origin).await;
    let first = wish(&asked(&origin, 1).await);
    confirm(&press, &first.0, &origin.url("/self"), "3600")
        .await
        .expect(200);
    press.clock.advance(SignedDuration::from_secs(2_881));
    assert_eq!(wish(&asked(&origin, 2).await), first);
    // The hub has not asked back: it is asked again.
    press.clock.advance(SignedDuration::from_secs(601));
    assert_eq!(wish(&asked(&origin, 3).await), first);
    confirm(&press, &first.0, &origin.url("/self"), "3600")
        .await
        .expect(200);
    looked_at_again(&press, "agency").await;
    assert_eq!(origin.asked("/hub").len(), 3);
}

async fn without(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(500));
    with_hub(&press, &origin).await;
    let (callback, _) = wish(&asked(&origin, 1).await);
    assert!((270..=330).contains(&pause(&press, &looked_at_again(&press, "agency").await)));
    in_time(&press, &origin, 2).await;
    let failing = (
        json!("failing"),
        Value::Null,
        json!("it answered 500 Internal Server Error"),
    );
    until(failing, async || hub(&press).await).await;
    origin.says("/hub", Reply::status(202));
    in_time(&press, &origin, 3).await;
    let topic = origin.url("/self");
    let query = format!("hub.mode=denied&hub.topic={topic}&hub.reason=Not%20for%20you");
    press.get(&format!("{callback}?{query}")).await.expect(200);
    let denied = json!("it does not want to tell us: Not for you");
    assert_eq!(hub(&press).await, (json!("denied"), Value::Null, denied));
    assert!((270..=330).contains(&pause(&press, &looked_at_again(&press, "agency").await)));
    in_time(&press, &origin, 4).await;
}

async fn unknown(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(202));
    with_hub(&press, &origin).await;
    let (callback, secret) = wish(&asked(&origin, 1).await);
    confirm(&press, &callback, "https://elsewhere.example/feed", "60")
        .await
        .expect(404);
    confirm(
        &press,
        "/websub/0123456789abcdef0123456789abcdef",
        &origin.url("/self"),
        "60",
    )
    .await
    .expect(404);
    let news = atom("", &[entry(2, "Two")]);
    let answer = tell(
        &press,
        "/websub/0123456789abcdef0123456789abcdef",
        &signature(&secret, &news),
        &news,
    )
    .await;
    answer.expect(410);
    let unsubscribe = format!(
        "{callback}?hub.mode=unsubscribe&hub.topic={}&hub.challenge=x",
        origin.url("/self")
    );
    press.get(&unsubscribe).await.expect(404);
    let empty = press.get(&callback).await.expect(400).json();
    assert_eq!(empty["errors"].as_array().unwrap().len(), 2);
    press.delete("/v1/sources/agency").await.expect(204);
    tell(&press, &callback, &signature(&secret, &news), &news)
        .await
        .expect(410);
}

async fn nameless(press: Press) {
    let origin = Origin::start().await;
    origin.says("/hub", Reply::status(202));
    with_hub(&press, &origin).await;
    looked_at_again(&press, "agency").await;
    until(2, async || origin.asked("/feed").len()).await;
    assert_eq!(origin.asked("/hub").len(), 0);
}
