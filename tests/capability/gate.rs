//! One gate that nothing slips through: whoever may not see a story sees the house as it would be without it, on every
//! surface, to the byte.

mod picture;
mod pushed;
mod surfaces;

use futures::future::join_all;
use picture::{Picture, confirms_nothing, same, take};
use pushed::{Pushed, reaching};
use serde_json::json;
use surfaces::{Secret, Surface};

use crate::press::{Press, segment};
use crate::runner::{Test, test};
use crate::wire::now;
use dateline_tests::Backend;
use std::future::IntoFuture;
use std::time::{Duration, Instant};

pub fn all() -> Vec<Test> {
    let all = vec![
        test(
            "every surface of the contracts stands in the list that the gate is tested with",
            listed,
        ),
        test(
            "a withheld story is seen on no surface, by nobody, until it returns",
            withheld,
        ),
        test(
            "an expired story is seen on no surface, by nobody, from the very instant on",
            expired,
        ),
        test(
            "of a canceled story nothing is seen but its tombstone, by those who could read it",
            canceled,
        ),
        test(
            "a story under embargo is seen on no surface, by nobody, until its time has come",
            embargoed,
        ),
        test(
            "who is not entitled to a story sees the house as it would be without it, before, at and after its publication",
            foreign,
        )
        .set("access.public", "\"channels\""),
        test(
            "an open stream says nothing of a story that is withheld or canceled",
            streams,
        ),
        test(
            "what is canceled on one node is gone from every surface of the other a moment later",
            other_node,
        )
        .only(Backend::Postgres),
    ];
    all.into_iter().map(reaching).collect()
}

const URI: &str = "urn:x:secret";
const TEXT: &str = "Purloined";
const EXPIRES: &str = "2026-01-12T21:00:00Z";

async fn listed(press: Press) {
    let missing = surfaces::missing(&press).await;
    assert!(
        missing.is_empty(),
        "not in tests/capability/gate/surfaces.rs:\n{}",
        missing.join("\n")
    );
}

/// The house without the story, everything else in its place.
async fn furnish(press: &Press) {
    press.topic("world", "World", None).await;
    press.topic("grain", "Grain", Some("world")).await;
    press.topic("war", "War", Some("world")).await;
    let lasting = press
        .story("urn:x:lasting")
        .headline("Lasting")
        .slug("lasting")
        .with("genre", "News")
        .topics(["grain"]);
    let lasting = lasting
        .related("background", URI)
        .related("translation_of", URI)
        .source("Wire agency");
    lasting.published_at("2026-01-12T10:00:00Z").await;
    let newer = press
        .story("urn:x:newer")
        .headline("Newer")
        .slug("newer")
        .with("genre", "News")
        .topics(["grain", "war"]);
    let newer = newer.body_text("Again the silos hold barley, oats and millet");
    newer.with("replaces", URI).published_at("2026-01-12T11:00:00Z").await;
    // Others, so that a word that few stories have says something.
    for n in 0..6 {
        let other = press.story(&format!("urn:x:other:{n}")).headline("Other");
        other.published_at(&format!("2026-01-11T10:0{n}:00Z")).await;
    }
    let front = json!({ "name": "Front", "items": ["urn:x:lasting", "urn:x:newer"] });
    press.put("/v1/collections/front", &front).await.expect(201);
    crate::channels::channel(press, "all", json!({})).await;
    crate::search::settled(press).await;
}

async fn viewers(press: &Press) -> Vec<(&'static str, Option<String>)> {
    let mut viewers = vec![("anonymous", None)];
    for (name, scope) in [("partner A", "read"), ("partner B", "read"), ("publisher", "publish")] {
        let key = press
            .command(["key", "issue", "--scope", scope, "--name", name])
            .await
            .ok();
        viewers.push((name, Some(key.trim().to_owned())));
    }
    viewers.push(("admin", Some(press.admin_key().to_owned())));
    viewers
}

/// Of the viewers, partner A has a webhook.
async fn partner_a(press: &Press) -> Pushed {
    press.put("/v1/partners/a", &json!({ "name": "A" })).await.expect(201);
    Pushed::begin(press, &[("partner A", "a")]).await
}

/// Publishes the story, with everything by which it could be found.
async fn publish(press: &Press, expires: Option<&str>) -> Secret {
    let story = press.story(URI).headline(TEXT).topics(["grain"]).source("Wire agency");
    let story = story
        .with("genre", "Feature")
        .with("urgency", 1)
        .published_at("2026-01-12T10:30:00Z");
    let story = match expires {
        Some(at) => story.with("expires", at),
        None => story,
    };
    story.clone().slug("purloined-first").body_text(TEXT).await;
    let put = story
        .slug("purloined")
        .body_text("Purloined again: barley, oats and millet")
        .await;
    crate::search::settled(press).await;
    Secret {
        id: put.id,
        uri: URI,
        slug: "purloined",
        former_slug: "purloined-first",
    }
}

/// What nobody has ever heard of: the same names, before there was such a story.
fn ghost() -> Secret {
    Secret {
        id: "01890000-0000-7000-8000-0000000000aa".to_owned(),
        uri: URI,
        slug: "purloined",
        former_slug: "purloined-first",
    }
}

/// The surfaces under names of their own: the story's id is not the ghost's.
async fn look(press: &Press, pushed: &Pushed, secret: &Secret, viewers: &[(&str, Option<String>)]) -> Picture {
    let surfaces: Vec<Surface> = surfaces::all(secret);
    take(press, pushed, &surfaces, viewers).await
}

/// That the story is there to be seen: else its absence would prove nothing.
fn shown(picture: &Picture) {
    for place in [
        "listArticles /v1/articles",
        "article /v1/articles/purloined",
        "latest /v1/latest?include=body",
        "GraphQL lists",
        "GraphQL around",
        "GraphQL names",
        "GraphQL wire",
        "GraphQL search",
        "search /v1/search?q=purloin*&total=true&facets=topic,language,source,day",
        "search /v1/search?order=newest&total=true&facets=topic,source",
        "search /v1/search?q=genre:Feature&order=oldest",
        "suggest /v1/suggest?q=purl",
        "pollWire /v1/wire",
        "snapshot /v1/snapshot",
        "site /",
        "site /articles/lasting",
        "relatedArticles /v1/articles/lasting/related",
        "similarArticles /v1/articles/newer/similar?limit=20",
        "topicArticles /v1/topics/world/articles?include=body",
        "latestFeed /feeds/latest.atom",
        "topicFeed /feeds/topics/world.json",
        "channelFeed /feeds/channels/all.atom",
        "newsSitemap /sitemap-news.xml",
        "WebSub of the latest",
    ] {
        let shot = &picture[&("anonymous".to_owned(), place.to_owned())];
        assert!(shot.body.contains(TEXT), "{place} does not show the story: {shot:?}");
    }
}

/// That it was posted: told when it was published, with its text, and told so to who begins with the oldest change.
fn posted(picture: &Picture) {
    for viewer in ["partner A", "admin"] {
        for place in ["webhook on the wire", "webhook on the wire from its beginning"] {
            let shot = &picture[&(viewer.to_owned(), place.to_owned())];
            assert!(shot.body.contains(TEXT), "{viewer}, {place}: {shot:?}");
        }
    }
}

/// Without the entries that tell to take it down: these are for those who had it.
fn without_removals(mut picture: Picture, secret: &Secret) -> Picture {
    for ((_, place), shot) in &mut picture {
        if !place.contains("ire") {
            continue;
        }
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(&shot.body) else {
            continue;
        };
        for path in ["/entries", "/data/wire/nodes"] {
            if let Some(entries) = value.pointer_mut(path).and_then(|e| e.as_array_mut()) {
                entries.retain(|entry| {
                    let taken = ["hold", "remove", "replace", "HOLD", "REMOVE", "REPLACE"];
                    let of_it = entry["uri"] == secret.uri && taken.contains(&entry["action"].as_str().unwrap_or(""));
                    assert!(
                        !of_it || entry.get("article").is_none_or(serde_json::Value::is_null),
                        "{entry}"
                    );
                    !of_it
                });
            }
        }
        shot.body = value.to_string();
    }
    picture
}

async fn withheld(press: Press) {
    furnish(&press).await;
    let viewers = viewers(&press).await;
    let pushed = partner_a(&press).await;
    let without = without_removals(look(&press, &pushed, &ghost(), &viewers).await, &ghost());
    let secret = publish(&press, None).await;
    let with = look(&press, &pushed, &secret, &viewers).await;
    shown(&with);
    posted(&with);
    let path = format!("/v1/articles/{}", segment(URI));
    press
        .post(&format!("{path}/withhold"), &json!({ "reason": "Doubts." }))
        .await
        .expect(200);
    let now = without_removals(look(&press, &pushed, &secret, &viewers).await, &secret);
    same(&without, &now, "withheld");
    confirms_nothing(&press, &surfaces::all(&secret), &viewers, &with).await;
    press.post(&format!("{path}/restore"), &json!({})).await.expect(200);
    crate::search::settled(&press).await;
    shown(&look(&press, &pushed, &secret, &viewers).await);
}

async fn expired(press: Press) {
    furnish(&press).await;
    let viewers = viewers(&press).await;
    let pushed = partner_a(&press).await;
    let without = without_removals(look(&press, &pushed, &ghost(), &viewers).await, &ghost());
    let secret = publish(&press, Some(EXPIRES)).await;
    let at: jiff::Timestamp = EXPIRES.parse().unwrap();
    press.clock.set(at - jiff::SignedDuration::from_micros(1));
    shown(&look(&press, &pushed, &secret, &viewers).await);
    for after in [0, 1, 60] {
        press.clock.set(at + jiff::SignedDuration::from_secs(after));
        let now = without_removals(look(&press, &pushed, &secret, &viewers).await, &secret);
        same(&without, &now, &format!("{after} s after it expired"));
    }
}

async fn canceled(press: Press) {
    furnish(&press).await;
    let viewers = viewers(&press).await;
    let pushed = partner_a(&press).await;
    let without = without_removals(look(&press, &pushed, &ghost(), &viewers).await, &ghost());
    let secret = publish(&press, None).await;
    let with = look(&press, &pushed, &secret, &viewers).await;
    shown(&with);
    posted(&with);
    let path = format!("/v1/articles/{}", segment(URI));
    press
        .post(&format!("{path}/cancel"), &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    let names: Vec<String> = surfaces::all(&secret)
        .iter()
        .filter(|s| s.by_name)
        .map(|s| s.name.clone())
        .collect();
    let mut now = without_removals(look(&press, &pushed, &secret, &viewers).await, &secret);
    let mut before = without;
    for ((viewer, place), shot) in &now {
        assert!(!shot.body.contains(TEXT), "{viewer}, {place}: {shot:?}");
        if names.contains(place) {
            let told = shot.body.contains("Untrue.") || (place.starts_with("site") && shot.body.contains("Withdrawn"));
            let expected = if place.starts_with("GraphQL") { 200 } else { 410 };
            assert!(told && shot.status == expected, "{viewer}, {place}: {shot:?}");
        }
    }
    let tells = |s: &Surface| s.tells_kills;
    let telling: Vec<String> = surfaces::all(&secret)
        .into_iter()
        .filter(tells)
        .map(|s| s.name)
        .collect();
    for ((viewer, place), shot) in now.iter().filter(|((_, place), _)| telling.contains(place)) {
        let told = shot.body.matches("Untrue.").count();
        assert_eq!(told, 1, "{viewer}, {place}: {shot:?}");
    }
    let compared = |place: &String| !names.contains(place) && !telling.contains(place);
    now.retain(|(_, place), _| compared(place));
    before.retain(|(_, place), _| compared(place));
    same(&before, &now, "canceled");
    confirms_nothing(&press, &surfaces::all(&secret), &viewers, &with).await;
}

async fn embargoed(press: Press) {
    furnish(&press).await;
    let viewers = viewers(&press).await;
    let pushed = partner_a(&press).await;
    let start = now(&press).await;
    let without = look(&press, &pushed, &ghost(), &viewers).await;
    let body = json!({
        "headline": TEXT, "topics": ["grain"], "source": "Wire agency", "genre": "Feature", "urgency": 1, "slug": "purloined",
        "firstPublished": "2026-01-12T10:30:00Z", "bodyText": "Purloined again", "embargoedUntil": EXPIRES,
    });
    let path = format!("/v1/articles/{}", segment(URI));
    press.put(&path, &body).await.expect(202);
    let at: jiff::Timestamp = EXPIRES.parse().unwrap();
    let early = at - jiff::SignedDuration::from_micros(1);
    for time in [None, Some(early)] {
        if let Some(time) = time {
            press.clock.set(time);
        }
        same(
            &without,
            &look(&press, &pushed, &ghost(), &viewers).await,
            "under embargo",
        );
        assert_eq!(now(&press).await, start, "the wire has moved");
    }
    // Nor does its being replaced, moved or refused show.
    for (tag, status) in [("\"p1\"", 202), ("\"p1\"", 412)] {
        let moved = json!({ "headline": "Purloined twice", "topics": ["grain"], "embargoedUntil": EXPIRES });
        press.put(&path, &moved).header("if-match", tag).await.expect(status);
        same(
            &without,
            &look(&press, &pushed, &ghost(), &viewers).await,
            "replaced under embargo",
        );
    }
    press.put(&path, &body).await.expect(202);
    press.clock.set(at);
    let id = crate::moves::until_some(async || {
        let answer = press.get(&path).await;
        (answer.status == 200).then(|| answer.json()["id"].as_str().unwrap().to_owned())
    })
    .await;
    let secret = Secret { id, ..ghost() };
    crate::search::settled(&press).await;
    shown(&look(&press, &pushed, &secret, &viewers).await);
    let entries = press.get(&format!("/v1/wire?after={start}")).await.expect(200).json();
    let told = [crate::wire::entry("article.published", "publish", URI, 1)];
    assert_eq!(crate::wire::brief(&entries), told);
}

/// Reading is by right: everybody reads the news, partner A the features besides, and the story is one of these.
async fn foreign(press: Press) {
    use crate::channels::{channel, grant, partner, public, revoke};
    furnish(&press).await;
    public(&press, "all", json!({ "genres": ["News"] })).await;
    channel(&press, "features", json!({ "genres": ["Feature"] })).await;
    let (a, b) = (partner(&press, "a").await, partner(&press, "b").await);
    let pushed = Pushed::begin(&press, &[("partner A", "a"), ("partner B", "b")]).await;
    let entitled = [("partner A", Some(a)), ("admin", Some(press.admin_key().to_owned()))];
    let others = [("anonymous", None), ("partner B", Some(b))];
    let without = look(&press, &pushed, &ghost(), &others).await;
    let of_a = without_removals(look(&press, &pushed, &ghost(), &entitled[..1]).await, &ghost());
    grant(&press, "a", "features").await;
    let secret = publish(&press, None).await;
    let seen = look(&press, &pushed, &secret, &entitled).await;
    for ((viewer, place), shot) in &seen {
        let there = [
            "listArticles /v1/articles",
            "article /v1/articles/purloined",
            "pollWire /v1/wire",
            "GraphQL lists",
        ];
        if there.contains(&place.as_str()) {
            assert!(shot.body.contains(TEXT), "{viewer} does not see it: {place}: {shot:?}");
        }
    }
    same(
        &without,
        &look(&press, &pushed, &secret, &others).await,
        "published to others",
    );
    // Whatever becomes of it later is nothing to them either: not even that it was taken back.
    let path = format!("/v1/articles/{}", segment(URI));
    for (step, body) in [
        ("correct", json!({ "text": "Two, not three." })),
        ("withhold", json!({ "reason": "Doubts." })),
        ("restore", json!({})),
    ] {
        press.post(&format!("{path}/{step}"), &body).await.expect(200);
        same(&without, &look(&press, &pushed, &secret, &others).await, step);
    }
    // What he was posted while he had the right is his.
    let posted = look(&press, &pushed, &secret, &entitled[..1]).await;
    let wire = &posted[&("partner A".to_owned(), "webhook on the wire".to_owned())];
    assert!(wire.body.contains(TEXT), "{wire:?}");
    // Who loses the right is one of them from then on.
    revoke(&press, "a", "features").await;
    let now = without_removals(look(&press, &pushed, &secret, &entitled[..1]).await, &secret);
    same(&of_a, &now, "the right taken back");
    grant(&press, "a", "features").await;
    press
        .post(&format!("{path}/cancel"), &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    same(&without, &look(&press, &pushed, &secret, &others).await, "canceled");
}

async fn streams(press: Press) {
    furnish(&press).await;
    let start = now(&press).await;
    publish(&press, None).await;
    let path = format!("/v1/articles/{}", segment(URI));
    press.post(&format!("{path}/withhold"), &json!({})).await.expect(200);
    let mut events = press.get(&format!("/v1/wire/stream?after={start}")).listen().await;
    let first = events.next().await.unwrap();
    assert_eq!(
        (first.name.as_str(), &first.data["action"]),
        ("article.withheld", &json!("hold"))
    );
    press
        .post(&format!("{path}/cancel"), &json!({ "reason": "Untrue." }))
        .await
        .expect(200);
    let second = events.next().await.unwrap();
    assert_eq!(
        (second.name.as_str(), &second.data["action"]),
        ("article.canceled", &json!("remove"))
    );
    for event in [first, second] {
        assert!(!event.data.to_string().contains(TEXT), "{event:?}");
    }
}

/// How often; `DATELINE_TEST_KILLS` says otherwise, and then the times are told too.
const KILLS: usize = 5;

/// Much more than is promised (1 s): machines are busy.
const PATIENCE: Duration = Duration::from_secs(15);

async fn other_node(press: Press) {
    furnish(&press).await;
    let other = press.beside(&[]).await;
    let wanted = std::env::var_os("DATELINE_TEST_KILLS");
    let kills = wanted.as_ref().map_or(KILLS, |n| n.to_str().unwrap().parse().unwrap());
    let mut took = Vec::new();
    for n in 0..kills {
        let uri = format!("urn:x:kill:{n}");
        let put = press
            .story(&uri)
            .headline(TEXT)
            .topics(["grain"])
            .slug(&format!("kill-{n}"))
            .await;
        let secret = Secret {
            id: put.id,
            uri: Box::leak(uri.clone().into_boxed_str()),
            slug: Box::leak(put.slug.into_boxed_str()),
            former_slug: "nobody",
        };
        let all = surfaces::all(&secret);
        let begun = Instant::now();
        while !other.get("/v1/latest").await.expect(200).text().contains(&secret.id) {
            assert!(begun.elapsed() < PATIENCE, "the other node does not show the story");
        }
        // Everything is kept there.
        for surface in &all {
            if let Some(ask) = surface.ask(&other, None) {
                ask.await;
            }
        }
        let path = format!("/v1/articles/{}/cancel", segment(&uri));
        press.post(&path, &json!({ "reason": "Untrue." })).await.expect(200);
        let canceled = Instant::now();
        let clean = loop {
            let looked = canceled.elapsed();
            let answers = join_all(all.iter().filter_map(|s| Some(s.ask(&other, None)?.into_future()))).await;
            if !answers.iter().any(|answer| answer.text().contains(TEXT)) {
                break looked;
            }
            assert!(canceled.elapsed() < PATIENCE, "the other node shows the story still");
        };
        took.push(clean);
    }
    if wanted.is_some() {
        took.sort();
        println!(
            "gone from the other node's surfaces: median {:?}, most {:?}",
            took[took.len() / 2],
            took.last()
        );
    }
    other.close().await;
}
