//! How answers are packed, and whose pages may read them.

use reqwest::Method;
use serde_json::json;

use super::caching::vary;
use crate::press::{Answer, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("an answer is packed as the asker can unpack it", packing),
        test("a page of any origin may read", any_origin),
        test("only pages of the origins named may read", named_origins).set(
            "server.cors_origins",
            r#"["https://www.example.com", "http://localhost:3000"]"#,
        ),
        test("no page may read where no origin is named", no_origin).set("server.cors_origins", "[]"),
    ]
}

async fn packing(press: Press) {
    let text = "Щось сталося сьогодні в місті, і про це говорять усі. ".repeat(200);
    press.story("urn:x:1").slug("one").body_text(&text).await;
    for path in [
        "/v1/articles/one",
        "/openapi.json",
        "/graphiql/graphiql.min.js",
        "/docs/swagger-ui.css",
    ] {
        let plain = press.get(path).await.expect(200);
        assert_eq!(plain.header("content-encoding"), "");
        for (accept, expected) in [
            ("gzip", "gzip"),
            ("br", "br"),
            ("zstd", "zstd"),
            ("gzip;q=0.5, br;q=0.9", "br"),
            ("deflate, identity;q=0.5", ""),
            ("gzip;q=0", ""),
            ("identity", ""),
        ] {
            let answer = press.get(path).header("accept-encoding", accept).await.expect(200);
            assert_eq!(answer.header("content-encoding"), expected, "{accept}: {path}");
            let same = press.unpacked(path, expected).await == plain.bytes;
            assert!(same, "{accept}: {path} is another text");
            assert!(vary(&answer).contains(&"accept-encoding".to_owned()));
            if !expected.is_empty() {
                assert!(answer.bytes.len() < plain.bytes.len() / 2, "{accept}: {path}");
            }
        }
    }
    // GraphQL and errors are packed by the same hand; what is tiny is left as it is.
    let packed = press.graphql("{ article(by: {slug: \"one\"}) { paragraphs } }", json!({}));
    assert_eq!(
        packed
            .header("accept-encoding", "zstd")
            .await
            .expect(200)
            .header("content-encoding"),
        "zstd"
    );
    for path in ["/livez", "/v1/topics"] {
        let tiny = press
            .get(path)
            .header("accept-encoding", "gzip, br, zstd")
            .await
            .expect(200);
        assert_eq!(tiny.header("content-encoding"), "", "{tiny}");
    }
}

const ORIGIN: &str = "access-control-allow-origin";

async fn ask_first(press: &Press, origin: &str, method: &str) -> Answer {
    let ask = press.ask(Method::OPTIONS, "/v1/articles").header("origin", origin);
    let ask = ask.header("access-control-request-method", method);
    ask.header("access-control-request-headers", "authorization,if-none-match")
        .await
        .expect(200)
}

async fn any_origin(press: Press) {
    let told = ask_first(&press, "https://reader.example", "GET").await;
    assert_eq!(told.header(ORIGIN), "*");
    assert_eq!(told.header("access-control-allow-methods"), "GET,HEAD,POST");
    assert_eq!(
        told.header("access-control-allow-headers"),
        "accept,authorization,content-type,if-none-match"
    );
    assert_eq!(told.header("access-control-max-age"), "3600");
    assert_eq!(told.header("access-control-allow-credentials"), "");
    assert!(told.bytes.is_empty());
    for path in [
        "/v1/latest",
        "/v1/articles/nowhere",
        "/v1/latest?limit=0",
        "/openapi.json",
        "/nowhere",
    ] {
        let answer = press.get(path).header("origin", "https://reader.example").await;
        assert_eq!(answer.header(ORIGIN), "*", "{answer}");
        assert_eq!(
            answer.header("access-control-expose-headers"),
            "etag,link,retry-after,ratelimit,ratelimit-policy,x-request-id"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let answer = press
        .graphql("{ site { name } }", json!({}))
        .header("origin", "https://reader.example")
        .await;
    assert_eq!(answer.header(ORIGIN), "*");
    // Writing is not for pages: a browser that asks for PUT is not told yes.
    let told = ask_first(&press, "https://reader.example", "PUT").await;
    assert!(!told.header("access-control-allow-methods").contains("PUT"));
}

async fn named_origins(press: Press) {
    for (origin, expected) in [
        ("https://www.example.com", "https://www.example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("https://example.com", ""),
        ("http://www.example.com", ""),
        ("https://www.example.com.evil.example", ""),
        ("null", ""),
    ] {
        assert_eq!(
            ask_first(&press, origin, "GET").await.header(ORIGIN),
            expected,
            "{origin}"
        );
        let answer = press.get("/v1/latest").header("origin", origin).await.expect(200);
        assert_eq!(answer.header(ORIGIN), expected, "{origin}");
        // A cache on the way must not give one origin's answer to another.
        assert!(vary(&answer).contains(&"origin".to_owned()), "{answer}");
    }
}

async fn no_origin(press: Press) {
    assert_eq!(
        ask_first(&press, "https://www.example.com", "GET").await.header(ORIGIN),
        ""
    );
    let answer = press
        .get("/v1/latest")
        .header("origin", "https://www.example.com")
        .await
        .expect(200);
    assert_eq!(answer.header(ORIGIN), "");
}
