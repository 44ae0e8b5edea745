//! The house as a hub.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{form, signature};
use crate::moves::{until, until_some};
use crate::press::{Answer, Press};
use crate::runner::{Test, test};
use crate::sources::origin::{Asked, Origin, Reply};
use reqwest::Method;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "who asks the hub is told of each change, with the whole feed, signed",
            told,
        ),
        test(
            "nobody is told who has not said at his own address that he wants to be",
            verified,
        ),
        test(
            "what is asked of the hub wrongly is refused by name, all at once",
            refused,
        ),
        test(
            "feeds name their hub, in every form and as a header, on the page that is subscribed to",
            named,
        ),
        test(
            "who is told is told again until he has it, and who is gone is not",
            again,
        ),
        test("a subscription ends with its time, or when it is ended", ends),
        test(
            "who is told gets what everybody may read, and nothing of what is to come or was taken away",
            gated,
        ),
        test(
            "what changes while no server runs is told when one runs again",
            while_away,
        ),
        test("of two servers one tells", two_servers),
        test(
            "where reading is by right, who asks the hub is told what everybody may read",
            by_right,
        )
        .set("access.public", "\"channels\""),
    ]
}

const LATEST: &str = "https://news.example/feeds/latest.atom";
const SECRET: &str = "a secret of ours";

async fn ask(press: &Press, pairs: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let ask = press.ask(Method::POST, "/websub");
    ask.header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .await
}

async fn subscribe(press: &Press, topic: &str, callback: &str) {
    let pairs = [
        ("hub.mode", "subscribe"),
        ("hub.topic", topic),
        ("hub.callback", callback),
        ("hub.secret", SECRET),
        ("from", "a field that nobody knows"),
    ];
    ask(press, &pairs).await.expect(202);
}

/// What came to a callback by this method.
fn came(origin: &Origin, path: &str, method: &str) -> Vec<Asked> {
    let mut asked = origin.asked(path);
    asked.retain(|asked| asked[":method"] == method);
    asked
}

/// Waits until it has been asked whether it wants to be told, and is.
async fn verified_at(origin: &Origin, path: &str, times: usize) {
    until(times, async || came(origin, path, "GET").len()).await;
}

async fn news(origin: &Origin, path: &str, times: usize) -> Vec<Asked> {
    until_some(async || Some(came(origin, path, "POST")).filter(|came| came.len() >= times)).await
}

/// Puts stories in until somebody is told: when he has been asked, it is not filed yet that he said yes.
async fn told_of_something(press: &Press, origin: &Origin, path: &str) -> usize {
    let mut n = 0;
    until_some(async || {
        n += 1;
        press
            .story(&format!("urn:x:{}-{n}", path.trim_start_matches('/')))
            .await;
        Some(came(origin, path, "POST").len()).filter(|came| *came > 0)
    })
    .await
}

async fn told(press: Press) {
    press.topic("grain", "Grain", None).await;
    let origin = Origin::start().await;
    for path in ["/a", "/rss", "/grain", "/json"] {
        origin.says(path, Reply::Echo);
    }
    subscribe(&press, LATEST, &origin.url("/a?mine=1")).await;
    subscribe(&press, "https://news.example/feeds/latest.rss", &origin.url("/rss")).await;
    subscribe(
        &press,
        "https://news.example/feeds/latest.json?limit=1",
        &origin.url("/json"),
    )
    .await;
    subscribe(
        &press,
        "https://news.example/feeds/topics/grain.atom",
        &origin.url("/grain"),
    )
    .await;
    for path in ["/a", "/rss", "/grain", "/json"] {
        verified_at(&origin, path, 1).await;
    }
    let asked = form(&came(&origin, "/a", "GET")[0][":query"]);
    assert_eq!(
        (&*asked["mine"], &*asked["hub.mode"], &*asked["hub.topic"]),
        ("1", "subscribe", LATEST)
    );
    assert_eq!(asked["hub.lease_seconds"], "864000");
    assert!(asked["hub.challenge"].len() >= 32);
    for path in ["/a", "/rss", "/json"] {
        told_of_something(&press, &origin, path).await;
    }
    press.story("urn:x:last").headline("The last one").await;
    for (path, feed, kind) in [
        ("/a", "/feeds/latest.atom", "application/atom+xml; charset=utf-8"),
        ("/rss", "/feeds/latest.rss", "application/rss+xml; charset=utf-8"),
        ("/json", "/feeds/latest.json?limit=1", "application/feed+json"),
    ] {
        let whole = press.get(feed).await.expect(200).text().to_owned();
        let news = until_some(async || came(&origin, path, "POST").pop().filter(|news| news[":body"] == whole)).await;
        assert_eq!(news["content-type"], kind);
        assert_eq!(news["x-hub-signature"], signature(SECRET, &whole));
        let links = format!("<https://news.example/websub>; rel=\"hub\", <https://news.example{feed}>; rel=\"self\"");
        assert_eq!(news["link"], links);
    }
    // Of a feed that has not changed nobody is told.
    assert_eq!(came(&origin, "/grain", "POST").len(), 0);
    until_some(async || {
        press
            .story("urn:x:grain")
            .topics(["grain"])
            .headline(&uuid::Uuid::new_v4().to_string())
            .await;
        came(&origin, "/grain", "POST").pop()
    })
    .await;
}

async fn verified(press: Press) {
    let origin = Origin::start().await;
    origin.says("/yes", Reply::Echo);
    origin.says("/other", Reply::ok("text/plain", "something else"));
    origin.says("/no", Reply::status(404));
    origin.says("/moved", Reply::to(302, "/yes"));
    origin.says("/down", Reply::status(503));
    for path in ["/other", "/no", "/moved", "/down", "/yes"] {
        subscribe(&press, LATEST, &origin.url(path)).await;
    }
    for path in ["/other", "/no", "/moved", "/down", "/yes"] {
        verified_at(&origin, path, 1).await;
    }
    told_of_something(&press, &origin, "/yes").await;
    for path in ["/other", "/no", "/moved", "/down"] {
        assert_eq!(came(&origin, path, "POST").len(), 0, "{path}");
        assert_eq!(came(&origin, path, "GET").len(), 1, "{path}");
    }
    // Who could not be asked is asked again.
    origin.says("/down", Reply::Echo);
    press.clock.advance(SignedDuration::from_secs(11));
    verified_at(&origin, "/down", 2).await;
    told_of_something(&press, &origin, "/down").await;
}

async fn refused(press: Press) {
    let answer = ask(
        &press,
        &[("hub.mode", "publish"), ("hub.topic", "https://elsewhere.example/feed")],
    )
    .await
    .expect(400);
    let fields = |answer: &Answer| -> Vec<String> {
        let problem = answer.json();
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|e| e["field"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(fields(&answer), ["hub.mode", "hub.topic", "hub.callback"]);
    let ask_with = async |topic: &str, callback: &str, secret: &str, lease: &str| {
        let pairs = [
            ("hub.mode", "subscribe"),
            ("hub.topic", topic),
            ("hub.callback", callback),
            ("hub.secret", secret),
            ("hub.lease_seconds", lease),
        ];
        ask(&press, &pairs).await
    };
    let good = Origin::start().await.url("/a");
    for (topic, callback, secret, lease, field) in [
        ("https://news.example/v1/latest", &*good, SECRET, "60", "hub.topic"),
        (
            "https://news.example/feeds/nothing.atom",
            &good,
            SECRET,
            "60",
            "hub.topic",
        ),
        (
            "https://news.example/feeds/topics/nothing.atom",
            &good,
            SECRET,
            "60",
            "hub.topic",
        ),
        (
            "https://news.example/feeds/latest.atom?after=x",
            &good,
            SECRET,
            "60",
            "hub.topic",
        ),
        (
            "https://news.example/feeds/latest.atom?limit=1000",
            &good,
            SECRET,
            "60",
            "hub.topic",
        ),
        ("https://news.example/feeds.opml", &good, SECRET, "60", "hub.topic"),
        ("", &good, SECRET, "60", "hub.topic"),
        (LATEST, "http://127.0.0.1/a", SECRET, "60", "hub.callback"),
        (LATEST, "ftp://a.example/", SECRET, "60", "hub.callback"),
        (LATEST, "", SECRET, "60", "hub.callback"),
        (LATEST, &good, "", "60", "hub.secret"),
        (LATEST, &good, &"x".repeat(200), "60", "hub.secret"),
        (LATEST, &good, SECRET, "soon", "hub.lease_seconds"),
    ] {
        let answer = ask_with(topic, callback, secret, lease).await.expect(400);
        assert_eq!(fields(&answer), [field], "{topic} {callback}");
    }
    let pairs = [("hub.mode", "subscribe"), ("hub.mode", "subscribe")];
    assert_eq!(fields(&ask(&press, &pairs).await.expect(400))[0], "hub.mode");
    let json = press.ask(Method::POST, "/websub").json(&json!({}));
    json.await.expect(415);
    press.get("/websub").await.expect(405);
}

async fn named(press: Press) {
    press.topic("grain", "Grain", None).await;
    for n in 0..3 {
        press.story(&format!("urn:x:{n}")).topics(["grain"]).await;
    }
    for feed in ["/feeds/latest", "/feeds/topics/grain", "/feeds/latest.json?limit=1"] {
        for form in ["atom", "rss", "json"] {
            let path = if feed.contains('?') {
                feed.to_owned()
            } else {
                format!("{feed}.{form}")
            };
            let answer = press.get(&path).await.expect(200);
            let links =
                format!("<https://news.example/websub>; rel=\"hub\", <https://news.example{path}>; rel=\"self\"");
            assert_eq!(answer.header("link"), links);
            let said = match path.contains(".json") {
                true => answer.json()["hubs"] == json!([{ "type": "WebSub", "url": "https://news.example/websub" }]),
                false => answer
                    .text()
                    .contains("link rel=\"hub\" href=\"https://news.example/websub\""),
            };
            assert!(said, "{answer}");
        }
    }
    let first = press.get("/feeds/latest.json?limit=1").await.expect(200).json();
    let next = first["next_url"]
        .as_str()
        .unwrap()
        .strip_prefix("https://news.example")
        .unwrap()
        .to_owned();
    let second = press.get(&next).await.expect(200);
    assert_eq!((second.header("link"), &second.json()["hubs"]), ("", &Value::Null));
}

async fn again(press: Press) {
    let origin = Origin::start().await;
    for path in ["/well", "/fails", "/gone"] {
        origin.says(path, Reply::Echo);
        subscribe(&press, LATEST, &origin.url(path)).await;
        told_of_something(&press, &origin, path).await;
    }
    origin.says("/fails", Reply::status(500));
    origin.says("/gone", Reply::status(410));
    let before = ["/well", "/fails", "/gone"].map(|path| came(&origin, path, "POST").len());
    press.story("urn:x:one").headline("One").await;
    for (path, before) in ["/well", "/fails", "/gone"].into_iter().zip(before) {
        news(&origin, path, before + 1).await;
    }
    let failed = came(&origin, "/fails", "POST").len();
    press.story("urn:x:two").headline("Two").await;
    until_some(async || {
        came(&origin, "/well", "POST")
            .pop()
            .filter(|news| news[":body"].contains("Two"))
    })
    .await;
    // He is left alone for a while, and then gets what is there by then.
    origin.says("/fails", Reply::Echo);
    let gone = came(&origin, "/gone", "POST").len();
    let newest = until_some(async || {
        press.clock.advance(SignedDuration::from_secs(6));
        came(&origin, "/fails", "POST").get(failed).cloned()
    })
    .await;
    assert!(newest[":body"].contains("One") && newest[":body"].contains("Two"));
    assert_eq!(newest["x-hub-signature"], signature(SECRET, &newest[":body"]));
    assert_eq!(came(&origin, "/gone", "POST").len(), gone);
}

async fn ends(press: Press) {
    let origin = Origin::start().await;
    for path in ["/long", "/short", "/ended"] {
        origin.says(path, Reply::Echo);
        let callback = origin.url(path);
        let lease = if path == "/short" { "100" } else { "99999999" };
        let pairs = [
            ("hub.mode", "subscribe"),
            ("hub.topic", LATEST),
            ("hub.callback", &callback),
            ("hub.secret", SECRET),
            ("hub.lease_seconds", lease),
        ];
        ask(&press, &pairs).await.expect(202);
        told_of_something(&press, &origin, path).await;
    }
    let seconds = |path: &str| form(&came(&origin, path, "GET")[0][":query"])["hub.lease_seconds"].clone();
    assert_eq!((&*seconds("/long"), &*seconds("/short")), ("864000", "100"));
    let callback = origin.url("/ended");
    // Nobody else can end it.
    origin.says("/ended", Reply::ok("text/plain", "no"));
    let pairs = [
        ("hub.mode", "unsubscribe"),
        ("hub.topic", LATEST),
        ("hub.callback", &*callback),
    ];
    ask(&press, &pairs).await.expect(202);
    verified_at(&origin, "/ended", 2).await;
    origin.says("/ended", Reply::Echo);
    let told = came(&origin, "/ended", "POST").len();
    press.story("urn:x:still").await;
    news(&origin, "/ended", told + 1).await;
    ask(&press, &pairs).await.expect(202);
    verified_at(&origin, "/ended", 3).await;
    assert_eq!(
        form(&came(&origin, "/ended", "GET")[2][":query"])["hub.mode"],
        "unsubscribe"
    );
    press.clock.advance(SignedDuration::from_secs(101));
    // When two more changes have been told to one, the others are not told of the second.
    let mut counts = Vec::new();
    for n in 0..2 {
        let told = came(&origin, "/long", "POST").len();
        press
            .story(&format!("urn:x:after{n}"))
            .headline(&format!("After {n}"))
            .await;
        until_some(async || {
            came(&origin, "/long", "POST")
                .pop()
                .filter(|c| c[":body"].contains(&format!("After {n}")))
        })
        .await;
        assert!(came(&origin, "/long", "POST").len() > told);
        counts.push(["/short", "/ended"].map(|path| came(&origin, path, "POST").len()));
    }
    assert_eq!(counts[0], counts[1]);
    let last = came(&origin, "/short", "POST").pop().unwrap();
    assert!(!last[":body"].contains("After"));
}

async fn gated(press: Press) {
    let origin = Origin::start().await;
    origin.says("/a", Reply::Echo);
    subscribe(&press, LATEST, &origin.url("/a")).await;
    told_of_something(&press, &origin, "/a").await;
    let waits = json!({ "headline": "Not yet", "embargoedUntil": "2026-01-12T21:00:00Z", "body": "<p>Not yet</p>" });
    press.put("/v1/articles/urn%3Ax%3Awaits", &waits).await.expect(202);
    press.story("urn:x:killed").headline("A mistake").await;
    let newest = |text: &'static str| {
        let origin = &origin;
        async move { until_some(async || came(origin, "/a", "POST").pop().filter(|c| c[":body"].contains(text))).await }
    };
    newest("A mistake").await;
    press
        .post(
            "/v1/articles/urn%3Ax%3Akilled/cancel",
            &json!({ "reason": "It was one" }),
        )
        .await
        .expect(200);
    let news = newest("at:deleted-entry").await;
    assert!(!news[":body"].contains("A mistake") && !news[":body"].contains("Not yet"));
    press.clock.set("2026-01-12T21:00:01Z".parse().unwrap());
    newest("Not yet").await;
}

async fn while_away(press: Press) {
    let origin = Origin::start().await;
    origin.says("/a", Reply::Echo);
    subscribe(&press, LATEST, &origin.url("/a")).await;
    told_of_something(&press, &origin, "/a").await;
    press.close().await;
    let record = press.folder().join("away.ndjson");
    std::fs::write(
        &record,
        "{\"uri\": \"urn:x:away\", \"headline\": \"While nobody was there\"}\n",
    )
    .unwrap();
    press.command(["import", record.to_str().unwrap()]).await;
    press.open().await;
    until_some(async || {
        came(&origin, "/a", "POST")
            .pop()
            .filter(|c| c[":body"].contains("While nobody"))
    })
    .await;
}

async fn two_servers(press: Press) {
    let beside = press.beside(&[]).await;
    let origin = Origin::start().await;
    origin.says("/a", Reply::Echo);
    subscribe(&press, LATEST, &origin.url("/a")).await;
    verified_at(&origin, "/a", 1).await;
    told_of_something(&press, &origin, "/a").await;
    for n in 0..5 {
        let headline = format!("Story number {n}");
        beside
            .put(
                &format!("/v1/articles/urn%3Ax%3An{n}"),
                &json!({ "headline": headline }),
            )
            .await
            .expect(201);
        until_some(async || {
            came(&origin, "/a", "POST")
                .pop()
                .filter(|c| c[":body"].contains(&headline))
        })
        .await;
    }
    let told: Vec<String> = came(&origin, "/a", "POST")
        .into_iter()
        .map(|news| news[":body"].clone())
        .collect();
    let mut different = told.clone();
    different.dedup();
    assert_eq!(told.len(), different.len(), "nobody is told the same twice");
    beside.close().await;
}

async fn by_right(press: Press) {
    press.topic("grain", "Grain", None).await;
    let open = json!({ "name": "Open", "public": true, "selection": { "topics": ["grain"] } });
    press.put("/v1/channels/open", &open).await.expect(201);
    press.story("urn:x:open").topics(["grain"]).headline("Open").await;
    press.story("urn:x:shut").headline("Shut").await;
    let origin = Origin::start().await;
    origin.says("/a", Reply::Echo);
    subscribe(&press, LATEST, &origin.url("/a")).await;
    let news = until_some(async || {
        let headline = uuid::Uuid::new_v4().to_string();
        press.story("urn:x:open").topics(["grain"]).headline(&headline).await;
        came(&origin, "/a", "POST").pop()
    })
    .await;
    assert!(!news[":body"].contains("Shut"));
    assert!(
        press
            .get("/feeds/latest.atom")
            .await
            .expect(200)
            .header("link")
            .contains("rel=\"hub\"")
    );
}
