//! One making for many, nobody's answer for another, and nothing from before what the asker knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dateline_tests::Backend;
use futures::future::{join_all, try_join_all};
use jiff::SignedDuration;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

use super::count;
use crate::press::{Answer, Ask, Doors, NOW, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("five hundred equal requests at once are made once", stampede),
        test("whoever was told of a change is never given what was before it", told),
        test(
            "an answer that was on its way when something changed is for those alone who asked before",
            overtaken,
        )
        .only(Backend::Postgres),
        test(
            "an answer that was on its way when a story expired shows it to nobody who asked after",
            expired_on_the_way,
        )
        .only(Backend::Postgres),
        test("whoever leaves takes nobody's answer with him", leaves).only(Backend::Postgres),
        test("what is about the asker is told to him alone", about_the_asker),
        test("what failed, or failed in part, is kept by nobody", failed),
    ]
}

const PAGE: &str = "/v1/articles/one?include=relatedLinks,moreAbout,latest";
const DOCUMENT: &str =
    "{ article(by: {slug: \"one\"}) { headline body } latest(first: 5) { totalCount nodes { slug } } }";

fn by_graphql(doors: &Doors) -> Ask {
    doors.graphql(DOCUMENT, json!({}))
}

async fn furnish(doors: &Doors, headline: &str) {
    doors
        .story("urn:kept:1")
        .slug("one")
        .headline(headline)
        .topics(["war"])
        .body_text(&"A long story. ".repeat(60))
        .await;
}

async fn stampede(press: Press) {
    let process = press.process().await;
    process.topic("war", "War", None).await;
    // MORE ABOUT is full: where it is not, the search index fills it, and the answer is as old as that is.
    for n in 0..6 {
        process.story(&format!("urn:kept:other-{n}")).topics(["war"]).await;
    }
    // What was kept the time before is stale each time.
    for (round, by_get) in [(1, true), (2, false)] {
        let mut tries = 0;
        loop {
            tries += 1;
            let made = crowd(&process, &format!("Headline {round}.{tries}"), by_get).await;
            if made == 1 {
                break;
            }
            // On a machine so busy that the wire is not heard of for a second, nothing is known to be good.
            assert!(made < 10 && tries < 5, "made {made} times");
        }
    }
    process.terminate().await;
}

/// Five hundred at once, after a change; how often it was made for them.
async fn crowd(process: &Doors, headline: &str, by_get: bool) -> usize {
    furnish(process, headline).await;
    let ask = || if by_get { process.get(PAGE) } else { by_graphql(process) };
    let before = [count(process, "made").await, count(process, "all").await];
    let answers = join_all((0..500).map(|_| ask().into_future())).await;
    let first = answers[0].clone().expect(200);
    assert!(first.text().contains(headline), "{first}");
    let same = |a: &Answer| a.status == 200 && a.bytes == first.bytes && a.etag() == first.etag();
    assert!(answers.iter().all(same), "not all are the same");
    assert_eq!(count(process, "all").await - before[1], 500);
    count(process, "made").await - before[0]
}

/// The number in the headline of an answer, whatever it is.
fn number(answer: &Answer) -> u32 {
    let (_, rest) = answer.text().split_once("Told ").unwrap_or_else(|| panic!("{answer}"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn places(doors: &Doors) -> Vec<Ask> {
    let get = doors
        .get("/graphql?query=%7Blatest(first%3A2)%7Bnodes%7Bheadline%7D%7D%7D")
        .header(ACCEPT, "application/json");
    vec![
        doors.get("/v1/latest"),
        doors.get(PAGE),
        doors.get("/v1/topics/war/articles?limit=1"),
        doors.get("/"),
        doors.get("/articles/one"),
        by_graphql(doors),
        get,
    ]
}

async fn told(press: Press) {
    press.topic("war", "War", None).await;
    furnish(&press, "Told 0").await;
    let stop = Arc::new(AtomicBool::new(false));
    let crowd: Vec<_> = (0..places(&press).len())
        .map(|place| {
            let (press, stop) = (press.clone(), stop.clone());
            tokio::spawn(async move {
                let mut seen = 0;
                while !stop.load(Ordering::Relaxed) {
                    let answer = places(&press).swap_remove(place).await.expect(200);
                    let now = number(&answer);
                    assert!(now >= seen, "{seen}, and then: {answer}");
                    seen = now;
                }
            })
        })
        .collect();
    for round in 1..=8 {
        furnish(&press, &format!("Told {round}")).await;
        for _ in 0..2 {
            for answer in join_all(places(&press).into_iter().map(IntoFuture::into_future)).await {
                assert_eq!(number(&answer.expect(200).clone()), round);
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    try_join_all(crowd).await.unwrap();
}

/// Holds a table so that whoever reads it waits.
struct Held(PgConnection);

impl Held {
    async fn table(press: &Press, table: &str) -> Held {
        let mut connection = PgConnection::connect(press.database_url()).await.unwrap();
        connection.execute("BEGIN").await.unwrap();
        let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        connection.execute(AssertSqlSafe(lock)).await.unwrap();
        Held(connection)
    }

    /// Until somebody stands before the table.
    async fn somebody_waits(&mut self) {
        let begun = Instant::now();
        loop {
            let ask = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                       WHERE NOT l.granted AND d.datname = current_database()";
            let waiting: i64 = self.0.fetch_one(ask).await.unwrap().get(0);
            if waiting > 0 {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "nobody reads the table");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn free(mut self) {
        self.0.execute("ROLLBACK").await.unwrap();
        self.0.close().await.unwrap();
    }
}

/// The answer is not there yet; meanwhile whoever asked for it has joined those who wait.
async fn still_waits(answer: &mut (impl Future<Output = Answer> + Unpin)) {
    let early = tokio::time::timeout(Duration::from_millis(200), answer).await;
    assert!(early.is_err(), "it did not wait: {}", early.unwrap());
}

async fn overtaken(press: Press) {
    press.topic("war", "War", None).await;
    furnish(&press, "Told 1").await;
    // The front reads LATEST, and then the collection, before which it stands now.
    let mut held = Held::table(&press, "collection").await;
    let before = tokio::spawn(press.get("/").into_future());
    held.somebody_waits().await;
    furnish(&press, "Told 2").await;
    let mut after = Box::pin(press.get("/").into_future());
    still_waits(&mut after).await;
    held.free().await;
    assert_eq!(number(&before.await.unwrap().expect(200)), 1);
    assert_eq!(number(&after.await.expect(200)), 2);
    assert_eq!(number(&press.get("/").await.expect(200)), 2);
}

async fn expired_on_the_way(press: Press) {
    press.topic("war", "War", None).await;
    let at: jiff::Timestamp = NOW.parse().unwrap();
    let expires = (at + SignedDuration::from_secs(60)).to_string();
    press
        .story("urn:kept:1")
        .headline("Told 1")
        .with("expires", expires)
        .await;
    let mut held = Held::table(&press, "collection").await;
    let before = tokio::spawn(press.get("/").into_future());
    held.somebody_waits().await;
    press.clock.advance(SignedDuration::from_secs(60));
    let mut after = Box::pin(press.get("/").into_future());
    still_waits(&mut after).await;
    held.free().await;
    assert_eq!(number(&before.await.unwrap().expect(200)), 1);
    let after = after.await.expect(200);
    assert!(!after.text().contains("Told"), "{after}");
}

async fn leaves(press: Press) {
    press.topic("war", "War", None).await;
    furnish(&press, "Told 1").await;
    let mut held = Held::table(&press, "collection").await;
    let first = tokio::spawn(press.get("/").into_future());
    held.somebody_waits().await;
    let mut second = Box::pin(press.get("/").into_future());
    still_waits(&mut second).await;
    first.abort();
    assert!(first.await.is_err(), "it was answered before it left");
    still_waits(&mut second).await;
    held.free().await;
    assert_eq!(number(&second.await.expect(200)), 1);
}

async fn about_the_asker(press: Press) {
    let mut keys = vec![(None, Value::Null)];
    for name in ["Anna", "Boris", "Chiara"] {
        let key = press
            .command(["key", "issue", "--scope", "read", "--name", name])
            .await
            .ok();
        keys.push((Some(key.trim().to_owned()), json!(name)));
    }
    let with = |ask: Ask, key: &Option<String>| match key {
        Some(key) => ask.key(key),
        None => ask,
    };
    let document = "{ viewer { name } latest(first: 1) { nodes { slug } } }";
    let mut asked = Vec::new();
    for n in 0..120 {
        let (key, name) = &keys[n % keys.len()];
        let ask = match n / keys.len() % 3 {
            0 => press.get("/v1/me"),
            1 => press.graphql(document, json!({})),
            _ => press.get("/graphql?query=%7Bviewer%7Bname%7D%7D"),
        };
        let ask = with(ask, key);
        asked.push(async move { (ask.await.expect(200), name, key.is_some()) });
    }
    for (answer, name, has_key) in join_all(asked).await {
        let json = answer.json();
        let told = json.pointer("/data/viewer/name").or_else(|| json.get("name"));
        assert_eq!(told, Some(name), "{answer}");
        if has_key {
            assert_eq!(answer.header("cache-control"), "private, no-cache", "{answer}");
        }
    }
}

async fn failed(press: Press) {
    let process = press.process().await;
    process.topic("war", "War", None).await;
    furnish(&process, "Headline").await;
    let part =
        "{ article(by: {slug: \"one\"}) { slug } latest(filter: {topics: {any: [\"nowhere\"]}}) { totalCount } }";
    let part_by_get: String = url::form_urlencoded::byte_serialize(part.as_bytes()).collect();
    let part_by_get = format!("/graphql?query={part_by_get}");
    let failures: Vec<(u16, Box<dyn Fn() -> Ask>)> = vec![
        (404, Box::new(|| process.get("/v1/articles/nowhere"))),
        (404, Box::new(|| process.get("/articles/nowhere"))),
        (400, Box::new(|| process.get("/v1/latest?limit=0"))),
        (422, Box::new(|| process.get("/v1/articles?topic=nowhere"))),
        (200, Box::new(|| process.graphql(part, json!({})))),
        (200, Box::new(|| process.get(&part_by_get))),
    ];
    for (status, ask) in failures {
        for round in 1..=2 {
            let (made, all) = (count(&process, "made").await, count(&process, "all").await);
            let answer = ask().await;
            assert!(
                answer.status == status || (status == 422 && answer.status == 400),
                "{answer}"
            );
            assert_eq!(answer.header("cache-control"), "no-store", "{round}: {answer}");
            assert_eq!(
                (answer.header("etag"), answer.header("surrogate-key")),
                ("", ""),
                "{answer}"
            );
            let (made, all) = (count(&process, "made").await - made, count(&process, "all").await - all);
            assert_eq!((made, all), (1, 1), "{round}: {answer}");
        }
    }
    // And what was nobody's name a moment ago is found as soon as it is somebody's.
    process.story("urn:kept:2").slug("nowhere").await;
    process.get("/v1/articles/nowhere").await.expect(200);
    process.get("/articles/nowhere").await.expect(200);
    process.terminate().await;
}
