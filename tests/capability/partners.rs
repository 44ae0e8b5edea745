//! Partners and their keys: administered by REST, GraphQL and the command line alike, and refused where they are held to
//! something else.

mod administration;
mod command;
mod graphql;
mod held;

use dateline_tests::Backend;
use serde_json::{Value, json};

use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    let tests = vec![
        test(
            "a partner is put in, read, changed and removed",
            administration::partner,
        ),
        test(
            "what is wrong with a partner is said field by field",
            administration::wrong_partner,
        ),
        test(
            "a partner's keys are issued, shown once, and listed without their secrets",
            administration::issued,
        ),
        test(
            "what is wrong with a key is said field by field",
            administration::wrong_key,
        ),
        test(
            "a key that is issued again with its Idempotency-Key is one key, and its secret is not shown again",
            administration::repeated,
        ),
        test(
            "a key is rotated: both are good for a while, then only the new one",
            administration::rotated,
        ),
        test(
            "of a name only two keys are good at once",
            administration::two_of_a_name,
        ),
        test(
            "many who issue and rotate at once make no more keys than may be",
            administration::at_once,
        ),
        test(
            "a key is changed, disabled and enabled at the next request",
            administration::changed,
        ),
        test(
            "partners and keys are the administrator's alone",
            administration::only_admins,
        ),
        test(
            "a partner sees who he is and what his key is held to",
            administration::me,
        ),
        test(
            "every change of partners and keys stands in the wire and is told to nobody",
            administration::hidden_on_the_wire,
        ),
        test("a key that has expired is refused as an unknown one is", held::expired),
        test(
            "a disabled partner's keys are refused until he is enabled",
            held::disabled_partner,
        ),
        test("a removed partner's keys are refused", held::removed_partner),
        test("a key is taken from its networks alone", held::networks),
        test("a proxy that is trusted says for whom it asks", held::proxies)
            .set("server.trusted_proxies", r#"["127.0.0.0/8", "10.0.0.0/8"]"#),
        test(
            "a browser's key is taken from pages of its origins alone",
            held::origins,
        ),
        test(
            "a browser's key opens answers to its own origin where others are not let in",
            held::cors,
        )
        .set("server.cors_origins", r#"["https://front.example"]"#),
        test("when a key was used is known to the minute", held::last_used),
        test(
            "a browser's key opens a WebSocket from its origin alone, until it expires",
            held::socket,
        ),
        test("a stream ends when its key expires", held::stream_expires),
        test(
            "streams end when their key or its partner is disabled",
            held::stream_disabled,
        ),
        test(
            "a long wait ends with a refusal when the key is taken away",
            held::long_poll,
        ),
        test("why a key was refused is logged, and the key is not", held::logged),
        test("a key is disabled on every node at the next request", held::nodes).only(Backend::Postgres),
        test("partners and keys are administered by GraphQL", graphql::administration),
        test(
            "GraphQL tells what is wrong with a partner and a key",
            graphql::user_errors,
        ),
        test(
            "GraphQL lets nobody administer but an administrator",
            graphql::only_admins,
        ),
        test(
            "partners are added, listed, shown, changed and removed on the command line",
            command::partners,
        ),
        test(
            "keys are issued, rotated, changed and revoked on the command line",
            command::keys,
        ),
    ];
    tests
}

/// The part of a key that is no secret.
fn public(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

/// A partner of this slug.
async fn partner(press: &Press, slug: &str) {
    let partner = json!({ "name": format!("The {slug}") });
    press.put(&format!("/v1/partners/{slug}"), &partner).await.expect(201);
}

/// A key that was issued for a partner: all that was told of it, and the whole of it.
async fn issue(press: &Press, slug: &str, key: Value) -> (Value, String) {
    let answer = press.post(&format!("/v1/partners/{slug}/keys"), &key).await.expect(201);
    let mut told = answer.json();
    let secret = told["secret"].take().as_str().unwrap().to_owned();
    (told, secret)
}

const NOT_VALID: &str = "The key in `Authorization` is not valid.";

/// The key is refused, exactly as one that nobody has issued.
async fn refused(press: &Press, key: &str) {
    for path in ["/v1/me", "/v1/latest"] {
        let answer = press.get(path).key(key).await;
        crate::exact::refused(&answer, 401, "invalid_key", NOT_VALID, &[]);
    }
}

async fn taken(press: &Press, key: &str) {
    press.get("/v1/latest").key(key).await.expect(200);
}
