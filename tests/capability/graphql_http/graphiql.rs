//! GraphiQL, which must work where there is no internet.

use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("GraphiQL asks nothing of any other host", works_alone),
        test("GraphiQL can be switched off", switched_off).set("graphql.graphiql", false),
    ]
}

/// The addresses that a page of HTML names.
pub fn addresses(html: &str) -> Vec<&str> {
    let after = |mark: &'static str| html.split(mark).skip(1).filter_map(|rest| rest.split('"').next());
    after("href=\"").chain(after("src=\"")).collect()
}

async fn works_alone(press: Press) {
    let page = press.get("/graphiql").await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = "default-src 'self'; img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let named = addresses(page.text());
    assert!(named.len() >= 7, "{page}");
    for address in named {
        if address == "data:," || address == "/schema.graphql" {
            continue;
        }
        assert!(address.starts_with("/graphiql/"), "{address}");
        let file = press.get(address).await.expect(200);
        let kind = if address.ends_with(".js") {
            "text/javascript"
        } else {
            "text/css"
        };
        assert_eq!(
            file.header("content-type"),
            format!("{kind}; charset=utf-8"),
            "{address}"
        );
        assert_eq!(file.header("content-security-policy"), policy, "{address}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        // Links in texts are no requests; these would be.
        for request in [
            "url(http",
            "url(//",
            "@import",
            "importScripts(",
            "fetch(\"http",
            "import(\"http",
            "src=\"http",
        ] {
            assert!(!file.text().contains(request), "{address}: {request}");
        }
    }
    assert_eq!(page.header("content-security-policy"), policy);
    assert!(!page.text().contains("http"), "{page}");
    assert!(!press.get("/graphiql/start.js").await.text().contains("://"));
    for nothing in ["/graphiql/nothing.js", "/graphiql/..%2f..%2fCargo.toml", "/graphiql/"] {
        press.get(nothing).await.expect(404);
    }
}

async fn switched_off(press: Press) {
    for path in ["/graphiql", "/graphiql/start.js"] {
        press.get(path).await.expect(404);
    }
    press.get("/graphql?query={site{name}}").await.expect(200);
}
