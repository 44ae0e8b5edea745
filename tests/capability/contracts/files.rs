//! The files in the repository, what the program prints, and what the server serves.

use std::path::Path;

use dateline_tests::Backend;
use serde_json::Value;

use crate::graphql_http::addresses;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("the contracts are what the program prints", printed)
            .only(Backend::Sqlite)
            .doors_closed(),
        test("the contracts are what the server serves", served).only(Backend::Sqlite),
        test("the reference page asks nothing of any other host", reference_page).only(Backend::Sqlite),
    ]
}

const CONTRACTS: [(&str, &str); 3] = [
    ("graphql", "api/schema.graphql"),
    ("openapi", "api/openapi.json"),
    ("config", "api/dateline.toml"),
];

fn contract(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(path).unwrap_or_default()
}

async fn printed(press: Press) {
    for (what, file) in CONTRACTS {
        let printed = press.command(["print", what]).await.ok();
        assert!(
            contract(file) == printed,
            "{file} is not what the program prints. Look at what changed and renew it:\n\n    cargo run -- print {what} > {file}\n"
        );
    }
}

async fn served(press: Press) {
    let schema = press.get("/schema.graphql").await.expect(200);
    assert_eq!(schema.header("content-type"), "text/plain; charset=utf-8");
    assert!(
        schema.text() == contract("api/schema.graphql"),
        "/schema.graphql is not api/schema.graphql"
    );
    let document = press.get("/openapi.json").await.expect(200);
    assert_eq!(document.header("content-type"), "application/json");
    let written: Value = serde_json::from_str(&contract("api/openapi.json")).unwrap();
    assert!(document.json() == written, "/openapi.json is not api/openapi.json");
}

async fn reference_page(press: Press) {
    let moved = press.get("/docs").await.expect(303);
    assert_eq!(moved.header("location"), "/docs/");
    let page = press.get("/docs/").await.expect(200);
    let named = addresses(page.text());
    assert!(named.len() >= 6, "{page}");
    for address in named {
        assert!(!address.contains(':') && !address.starts_with('/'), "{address}");
        let file = press
            .get(&format!("/docs/{}", address.trim_start_matches("./")))
            .await
            .expect(200);
        assert!(
            file.header("content-security-policy")
                .starts_with("default-src 'self'; "),
            "{address}"
        );
        assert_eq!(file.header("cache-control"), "public, max-age=3600", "{address}");
        for request in ["url(http", "url(//", "@import", "importScripts("] {
            assert!(
                !String::from_utf8_lossy(&file.bytes).contains(request),
                "{address}: {request}"
            );
        }
    }
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'self'; "),
        "{page}"
    );
    let start = press.get("/docs/swagger-initializer.js").await.expect(200);
    assert!(start.text().contains("\"/openapi.json\""), "{start}");
    assert!(!start.text().contains("://"), "{start}");
    // Else the page sends every document's address to a validator elsewhere.
    assert!(start.text().contains("\"validatorUrl\": \"none\""), "{start}");
    press.get("/docs/nothing.js").await.expect(404);
}
