//! Health and metrics.

use dateline_tests::Backend;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::exact::refused;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a server says that it lives and that it is ready", health),
        test("metrics count requests by route and status", metrics),
        test("a server whose database is gone lives and is not ready", database_gone)
            .only(Backend::Postgres)
            .set("store.acquire_seconds", 1),
        test(
            "nothing is lost when the database cuts every connection",
            connections_cut,
        )
        .only(Backend::Postgres),
    ]
}

async fn health(press: Press) {
    let process = press.process().await;
    for (path, text) in [("/livez", "alive"), ("/readyz", "ready")] {
        let answer = process.get(path).await.expect(200);
        assert_eq!((answer.text(), answer.header("cache-control")), (text, "no-store"));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
    assert_eq!(process.terminate().await.code, Some(0));
}

/// The value of one line of metrics; `None` where there is none.
fn value(metrics: &str, name: &str) -> Option<f64> {
    let line = metrics
        .lines()
        .find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn metrics(press: Press) {
    let process = press.process().await;
    process.topic("war", "War", None).await;
    process.story("urn:x:1").slug("one").topics(["war"]).await;
    process.story("urn:x:2").slug("two").await;
    for path in [
        "/v1/articles/one",
        "/v1/articles/two",
        "/v1/articles/nowhere",
        "/v1/latest",
        "/some/where/else",
        "/<svg>",
    ] {
        process.get(path).await;
    }
    process.graphql("{ site { name } }", serde_json::json!({})).await;
    let answer = process.get("/metrics").await.expect(200);
    assert_eq!(
        answer.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let metrics = answer.text();
    for (name, expected) in [
        (
            r#"dateline_http_requests_total{method="GET",route="/v1/articles/{key}",status="200"}"#,
            2.0,
        ),
        (
            r#"dateline_http_requests_total{method="GET",route="/v1/articles/{key}",status="404"}"#,
            1.0,
        ),
        (
            r#"dateline_http_requests_total{method="PUT",route="/v1/articles/{key}",status="201"}"#,
            2.0,
        ),
        (
            r#"dateline_http_requests_total{method="GET",route="none",status="404"}"#,
            2.0,
        ),
        (
            r#"dateline_http_requests_total{method="POST",route="/graphql",status="200"}"#,
            1.0,
        ),
        (
            r#"dateline_http_request_seconds_count{route="/v1/articles/{key}"}"#,
            5.0,
        ),
        (
            r#"dateline_http_request_seconds_bucket{route="/v1/articles/{key}",le="+Inf"}"#,
            5.0,
        ),
        // A topic and two stories.
        ("dateline_wire_position", 3.0),
        ("dateline_wire_epoch", 1.0),
    ] {
        assert_eq!(value(metrics, name), Some(expected), "{name}\n{metrics}");
    }
    for pool in ["read", "write"] {
        for state in ["open", "idle"] {
            let name = format!(r#"dateline_pool_connections{{pool="{pool}",state="{state}"}}"#);
            assert!(
                value(metrics, &name).is_some_and(|count| count >= 0.0),
                "{name}\n{metrics}"
            );
        }
    }
    assert!(
        value(metrics, "dateline_sql_statements_total").is_some_and(|count| count > 10.0),
        "{metrics}"
    );
    // Addresses are no labels: anybody can think of a new one.
    assert!(!metrics.contains("else") && !metrics.contains("svg"), "{metrics}");
    process.terminate().await;
}

/// A sentence to the server that holds this test's database, from another database.
async fn say(press: &Press, sql: String) {
    #[expect(clippy::disallowed_methods, reason = "a test process has no Config to ask")]
    let given = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
    let mut url = url::Url::parse(press.database_url()).unwrap();
    url.set_path("postgres");
    let url = given.unwrap_or_else(|| url.into());
    let mut connection = PgConnection::connect(&url).await.unwrap();
    connection.execute(AssertSqlSafe(sql)).await.unwrap();
    connection.close().await.unwrap();
}

const AWAY: &str = "The database cannot be reached at the moment. Try again in a moment.";

/// Ends every connection to this test's database, as a restart of the server does.
async fn cut(press: &Press) {
    let name = press.database_url().rsplit('/').next().unwrap();
    say(
        press,
        format!("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"),
    )
    .await;
}

async fn connections_cut(press: Press) {
    press.close().await;
    let process = press.process().await;
    let process = &process;
    let put = |round: usize| {
        let stories = (0..6).map(move |n| async move { process.story(&format!("urn:x:{round}-{n}")).await });
        futures::future::join_all(stories)
    };
    // Never asked before, so that it is not answered from memory.
    let topics = async |n: usize| process.get(&format!("/v1/topics?limit={n}")).await;
    put(0).await;
    for round in 1..4 {
        cut(&press).await;
        // A writing and a reading find another connection, however many are broken.
        put(round).await;
        cut(&press).await;
        let pages = (1..=6).map(|n| async move { topics(6 * round + n).await.expect(200) });
        futures::future::join_all(pages).await;
    }
}

async fn database_gone(press: Press) {
    press.story("urn:x:1").slug("one").await;
    press.close().await;
    let process = press.process().await;
    process.get("/readyz").await.expect(200);
    let name = press.database_url().rsplit('/').next().unwrap().to_owned();
    say(&press, format!(r#"ALTER DATABASE "{name}" ALLOW_CONNECTIONS false"#)).await;
    cut(&press).await;
    let answer = process.get("/readyz").await;
    let detail = "The database does not answer.";
    refused(&answer, 503, "not_ready", detail, &[]);
    assert_eq!(answer.header("retry-after"), "1");
    process.get("/livez").await.expect(200);
    process.get("/metrics").await.expect(200);
    // A reading says nothing of the cause, and blames nobody but us.
    let answer = process.get("/v1/latest").await;
    refused(&answer, 503, "database_away", AWAY, &[]);
    assert_eq!(answer.header("retry-after"), "1");
    // When it is back, so is the server.
    say(&press, format!(r#"ALTER DATABASE "{name}" ALLOW_CONNECTIONS true"#)).await;
    let mut tries = 0;
    while process.get("/readyz").await.status != 200 {
        tries += 1;
        assert!(tries < 20, "still not ready");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    process.get("/v1/articles/one").await.expect(200);
    assert_eq!(process.terminate().await.code, Some(0));
}
