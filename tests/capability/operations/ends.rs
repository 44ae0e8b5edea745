//! Being stopped, being killed, and waiting for nobody for ever.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dateline_tests::Backend;
use rustix::process::Signal;
use serde_json::json;
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::press::{Press, segment};
use crate::runner::{Test, test};
use crate::socket::Socket;

pub fn all() -> Vec<Test> {
    vec![
        test("a server that is told to stop finishes what runs", graceful),
        test(
            "a server that is told to stop waits no longer than it is told",
            impatient,
        )
        .set("server.stop_seconds", 1),
        test("nobody is waited for for ever", slow_clients)
            .only(Backend::Sqlite)
            .set("server.header_seconds", 1)
            .set("server.body_seconds", 1),
        test(
            "a crowd that comes at once waits at the door, and nobody of it is turned away",
            crowded,
        ),
        test("a killed server keeps every story that it has acknowledged", killed),
    ]
}

/// A story's PUT up to the middle of its body.
fn half_a_put(key: &str, uri: &str, length: usize) -> String {
    format!(
        "PUT /v1/articles/{} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{{\"headline\":",
        segment(uri)
    )
}

async fn graceful(press: Press) {
    for signal in [Signal::TERM, Signal::INT] {
        let process = press.process().await;
        let mut slow = Socket::open(&process).await;
        slow.say(half_a_put(press.admin_key(), "urn:x:slow", 16)).await;
        // A connection that is open and asks nothing must not hold it up.
        let idle = Socket::open(&process).await;
        process.get("/livez").await.expect(200);
        let (begun, address) = (Instant::now(), process.address());
        process.signal(signal);
        loop {
            // A new connection is refused, as soon as the signal is heard.
            match tokio::net::TcpStream::connect(address).await {
                Err(_) => break,
                Ok(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
            assert!(begun.elapsed() < Duration::from_secs(5), "still listening");
        }
        slow.say("\"B\"}").await;
        let heard = slow.hear().await;
        assert!([200, 201].contains(&heard.status), "{heard:?}");
        let output = process.wait().await;
        assert_eq!(output.code, Some(0), "{output}");
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        assert!(output.stderr.contains("Dateline stops"), "{output}");
        assert!(
            !output.stderr.contains("ERROR") && !output.stderr.contains("panicked"),
            "{output}"
        );
        drop(idle);
    }
    assert_eq!(
        press.get("/v1/articles/urn%3Ax%3Aslow").await.expect(200).json()["headline"],
        "B"
    );
}

async fn crowded(press: Press) {
    const CROWD: usize = 400;
    let process = press.process().await;
    process.get("/livez").await.expect(200);
    let address = process.address();
    // Too busy to take anybody.
    process.signal(Signal::STOP);
    let crowd: Vec<_> = (0..CROWD)
        .map(|_| tokio::spawn(tokio::net::TcpStream::connect(address)))
        .collect();
    let mut there = Vec::with_capacity(CROWD);
    for comer in crowd {
        // Who finds no room tries again for as long as it is too busy.
        let there_yet = tokio::time::timeout(Duration::from_secs(20), comer).await;
        there.push(there_yet.expect("room at the door").unwrap().unwrap());
    }
    process.signal(Signal::CONT);
    process.get("/livez").await.expect(200);
    assert_eq!(there.len(), CROWD);
}

async fn impatient(press: Press) {
    let process = press.process().await;
    let mut slow = Socket::open(&process).await;
    slow.say(half_a_put(press.admin_key(), "urn:x:slow", 16)).await;
    process.get("/livez").await.expect(200);
    let begun = Instant::now();
    let output = process.terminate().await;
    assert_eq!(output.code, Some(0), "{output}");
    let waited = begun.elapsed();
    assert!(
        waited > Duration::from_millis(900) && waited < Duration::from_secs(4),
        "{waited:?}"
    );
    slow.hear().await;
    press.get("/v1/articles/urn%3Ax%3Aslow").await.expect(404);
}

async fn slow_clients(press: Press) {
    let key = press.admin_key();
    for (what, said, drip) in [
        ("silence", String::new(), ""),
        ("half a line", "GET /v1/lat".to_owned(), ""),
        ("half a preface of HTTP/2", "PRI * HTTP/2".to_owned(), ""),
        (
            "half the headers",
            "GET /v1/latest HTTP/1.1\r\nhost: x\r\nacc".to_owned(),
            "",
        ),
        (
            "headers drop by drop",
            "GET /v1/latest HTTP/1.1\r\nhost: x\r\n".to_owned(),
            "a: b\r\n",
        ),
        ("half a body", half_a_put(key, "urn:x:1", 100), ""),
        ("a body drop by drop", half_a_put(key, "urn:x:1", 1_000), " "),
    ] {
        let mut socket = Socket::open(&press).await;
        socket.say(&said).await;
        let begun = Instant::now();
        let (done, drops) = (Arc::new(AtomicUsize::new(0)), drip);
        for _ in 0..if drops.is_empty() { 0 } else { 7 } {
            tokio::time::sleep(Duration::from_millis(300)).await;
            socket.say(drops).await;
            done.fetch_add(1, Ordering::Relaxed);
        }
        let heard = socket.hear().await;
        let took = begun.elapsed();
        assert!(
            took > Duration::from_millis(800) && took < Duration::from_secs(5),
            "{what}: {took:?}: {heard:?}"
        );
        let has_body = what.contains("body");
        if has_body && drops.is_empty() {
            assert_eq!(heard.status, 400, "{what}: {heard:?}");
            assert!(
                heard.text().contains("\"code\":\"unreadable_body\""),
                "{what}: {heard:?}"
            );
        } else {
            assert!([0, 400, 408].contains(&heard.status), "{what}: {heard:?}");
        }
    }
    // Whoever is quick is served as before.
    press.get("/v1/latest").await.expect(200);
    press.get("/v1/articles/urn%3Ax%3A1").await.expect(404);
}

const WRITERS: usize = 8;

async fn killed(press: Press) {
    press.close().await;
    let acknowledged: Arc<Mutex<Vec<(String, i64)>>> = Arc::default();
    for round in 0..2 {
        let process = press.process().await;
        let before = acknowledged.lock().unwrap().len();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (client, heard) = (reqwest::Client::new(), acknowledged.clone());
                let (address, key) = (process.address(), press.admin_key().to_owned());
                tokio::spawn(async move {
                    for n in 0.. {
                        // Every third story comes again, changed.
                        let uri = format!("urn:x:{round}-{writer}-{}", n - usize::from(n % 3 == 2));
                        let ask = client.put(format!("http://{address}/v1/articles/{}", segment(&uri)));
                        let ask = ask.bearer_auth(&key).header("content-type", "application/json");
                        let body = json!({ "headline": format!("Story {n}"), "topics": [] });
                        let Ok(answer) = ask.body(body.to_string()).send().await else {
                            return;
                        };
                        let status = answer.status();
                        let Ok(text) = answer.bytes().await else { return };
                        assert!(status.is_success(), "{status}: {text:?}");
                        let answer: serde_json::Value = serde_json::from_slice(&text).unwrap();
                        heard.lock().unwrap().push((uri, answer["version"].as_i64().unwrap()));
                    }
                })
            })
            .collect();
        let begun = Instant::now();
        while acknowledged.lock().unwrap().len() < before + 120 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            assert!(begun.elapsed() < Duration::from_secs(60), "too few stories");
        }
        process.kill().await;
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let begun = Instant::now();
    let process = press.process().await;
    process.get("/readyz").await.expect(200);
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "ready after {:?}",
        begun.elapsed()
    );
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    for (uri, version) in &acknowledged {
        let story = process
            .get(&format!("/v1/articles/{}", segment(uri)))
            .await
            .expect(200)
            .json();
        assert!(
            story["version"].as_i64().unwrap() >= *version,
            "{uri} was acknowledged as version {version}: {story}"
        );
    }
    assert_eq!(process.terminate().await.code, Some(0));

    let (count, first, last, head, versions) = wire(&press).await;
    assert!(count >= i64::try_from(acknowledged.len()).unwrap(), "{count} entries");
    assert_eq!(
        (first, last, head),
        (1, count, count),
        "positions without a gap, up to the head"
    );
    // Each version has its entry, and each entry its version.
    assert_eq!(versions, count);
}

/// Entries, first and last position, the head, and versions of stories.
async fn wire(press: &Press) -> (i64, i64, i64, i64, i64) {
    const ASK: &str = "SELECT (SELECT count(*) FROM wire_entry), (SELECT min(position) FROM wire_entry), \
                       (SELECT max(position) FROM wire_entry), (SELECT position FROM wire_head WHERE id = 1), \
                       (SELECT count(*) FROM article) + (SELECT count(*) FROM article_version)";
    match press.backend() {
        Backend::Sqlite => {
            let mut connection = SqliteConnection::connect(press.database_url()).await.unwrap();
            sqlx::query_as(ASK).fetch_one(&mut connection).await.unwrap()
        }
        Backend::Postgres => {
            let mut connection = PgConnection::connect(press.database_url()).await.unwrap();
            sqlx::query_as(ASK).fetch_one(&mut connection).await.unwrap()
        }
    }
}
