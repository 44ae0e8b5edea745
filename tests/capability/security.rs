//! What every door says and keeps to itself, whoever comes.

use dateline_tests::Backend;
use reqwest::Method;
use serde_json::json;

use crate::exact::refused;
use crate::press::{Answer, Press};
use crate::runner::{Test, test};
use jiff::SignedDuration;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "every answer forbids guessing at its kind and names its request",
            everywhere,
        ),
        test("who has come by HTTPS once is told to come so again", https),
        test("without HTTPS nobody is told to come by it", plain_http)
            .set("server.public_url", "\"http://news.example\""),
        test("a page of HTML may do no more than it needs", pages),
        test("an address may ask as often as it is allowed to", anonymous)
            .set("limits.anonymous_per_second", 3)
            .set("limits.anonymous_burst", 4),
        test("a failure on our side tells nothing of itself", failure)
            .only(Backend::Postgres)
            .set("store.acquire_seconds", 1)
            .set("log.filter", "\"off\""),
        test("introspection and suggestions can be switched off", quiet)
            .set("graphql.introspection", false)
            .set("graphql.suggestions", false),
        test(
            "a body that is too large is refused by every door that takes one",
            large,
        )
        .set("server.body_limit", 70_000),
    ]
}

/// One address of each kind: kept and not, of each door, right and wrong.
const ADDRESSES: [&str; 14] = [
    "/v1/latest",
    "/v1/articles/ghost",
    "/v1/wire",
    "/v1/me",
    "/v1/snapshot",
    "/graphql?query=%7Bsite%7Bname%7D%7D",
    "/schema.graphql",
    "/openapi.json",
    "/docs/",
    "/",
    "/articles/ghost",
    "/livez",
    "/metrics",
    "/nowhere",
];

async fn everywhere(press: Press) {
    for address in ADDRESSES {
        // The second may come from what is kept.
        for _ in 0..2 {
            let answer = press.get(address).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
            assert_eq!(answer.header("x-request-id").len(), 36, "{answer}");
            assert!(!answer.header("cache-control").is_empty(), "{answer}");
            assert_eq!(answer.header("server"), "");
        }
        let named = press.get(address).header("x-request-id", "abc-1.2_3").await;
        assert_eq!(named.header("x-request-id"), "abc-1.2_3", "{named}");
        for odd in ["<b>", "a b", &"x".repeat(101)] {
            let answer = press.get(address).header("x-request-id", odd).await;
            assert_eq!(answer.header("x-request-id").len(), 36, "{answer}");
        }
    }
}

async fn https(press: Press) {
    for address in ADDRESSES {
        for _ in 0..2 {
            let answer = press.get(address).await;
            assert_eq!(
                answer.header("strict-transport-security"),
                "max-age=31536000",
                "{answer}"
            );
        }
    }
}

async fn plain_http(press: Press) {
    for address in ADDRESSES {
        for _ in 0..2 {
            let answer = press.get(address).await;
            assert_eq!(answer.header("strict-transport-security"), "", "{answer}");
        }
    }
}

async fn pages(press: Press) {
    press.story("urn:x:1").slug("one").await;
    for address in [
        "/",
        "/articles/one",
        "/articles/ghost",
        "/topics",
        "/docs/",
        "/graphiql",
    ] {
        for _ in 0..2 {
            let page = press.get(address).await;
            assert!(page.header("content-type").starts_with("text/html"), "{page}");
            let policy = page.header("content-security-policy");
            for rule in [
                "default-src ",
                "frame-ancestors 'none'",
                "base-uri 'none'",
                "form-action 'none'",
            ] {
                assert!(policy.contains(rule), "{address}: {policy}");
            }
            assert!(
                !policy.contains("unsafe-eval") && !policy.contains("script-src"),
                "{policy}"
            );
            assert_eq!(page.header("referrer-policy"), "strict-origin-when-cross-origin");
            let permissions = page.header("permissions-policy");
            for feature in ["camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"] {
                assert!(permissions.contains(feature), "{address}: {permissions}");
            }
        }
    }
}

fn used_up(answer: &Answer) {
    let detail = "The limit is used up; see the RateLimit header. Try again in 1 s.";
    refused(answer, 429, "rate_limited", detail, &[]);
    assert_eq!(answer.header("retry-after"), "1");
}

async fn anonymous(press: Press) {
    for _ in 0..4 {
        press.get("/v1/latest").await.expect(200);
    }
    for address in ["/v1/latest", "/v1/latest", "/", "/nowhere"] {
        used_up(&press.get(address).await);
    }
    used_up(&press.graphql("{ site { name } }", json!({})).await);
    // Whoever has a key, and whoever looks after the server, is not meant.
    for _ in 0..10 {
        press.get("/v1/latest").admin().await.expect(200);
        press.get("/livez").await.expect(200);
        press.get("/readyz").await.expect(200);
    }
    press.clock.advance(SignedDuration::from_secs(1));
    for _ in 0..3 {
        press.get("/v1/latest").await.expect(200);
    }
    used_up(&press.get("/v1/latest").await);
}

async fn failure(press: Press) {
    press.story("urn:x:1").await;
    press.get("/v1/latest").await.expect(200);
    // The table is away: whatever asks for it fails, and nothing but we are to blame.
    press.by_hand("ALTER TABLE article RENAME TO put_away").await;
    for path in [
        "/v1/articles",
        "/v1/articles/urn%3Ax%3A1",
        "/v1/articles?language=en",
        "/articles/one",
    ] {
        let answer = press.get(path).await;
        assert!(answer.status >= 500, "{answer}");
        let said = answer.text().to_lowercase();
        for word in [
            "sql", "article_", "table", "select", "panic", "src/", "sea_orm", "no such", "relation",
        ] {
            assert!(!said.contains(word), "{word}: {answer}");
        }
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let answer = press.graphql("{ latest { nodes { id } } }", json!({})).await;
    let errors = answer.json()["errors"].clone();
    assert_eq!(
        errors[0]["message"], "Something went wrong on our side. It has been logged.",
        "{answer}"
    );
    assert_eq!(errors[0]["extensions"]["code"], "INTERNAL");
}

async fn quiet(press: Press) {
    let answer = press.graphql("{ __schema { types { name } } }", json!({})).await;
    assert_eq!(
        answer.json()["errors"][0]["extensions"]["code"],
        "INTROSPECTION_DISABLED"
    );
    let answer = press.graphql("{ latest { nodes { headlin } } }", json!({})).await;
    assert!(!answer.text().contains("headline"), "{answer}");
}

async fn large(press: Press) {
    let body = format!("{{\"headline\": \"{}\"}}", "x".repeat(80_000));
    for (method, path) in [
        (Method::PUT, "/v1/articles/urn%3Ax%3A1"),
        (Method::PUT, "/v1/topics/one"),
        (Method::PUT, "/v1/collections/one"),
        (Method::POST, "/v1/wire/receipts"),
        (Method::POST, "/graphql"),
    ] {
        let ask = press
            .ask(method, path)
            .admin()
            .header("content-type", "application/json");
        let answer = ask.body(body.clone()).await;
        assert_eq!(answer.status, 413, "{answer}");
    }
}
