//! By GraphQL.

use serde_json::{Value, json};

use super::{issue, partner, public, refused, taken};
use crate::press::{NOW, Press};

async fn run(press: &Press, query: &str, variables: Value) -> Value {
    press.graphql(query, variables).admin().await.data()
}

pub async fn administration(press: Press) {
    let put = "mutation ($input: PutPartnerInput!) { putPartner(input: $input) { outcome partner { slug name advance \
               disabled version created } userErrors { field code message } } }";
    let input = json!({ "input": { "slug": "example", "name": "Example", "advance": true } });
    let told = json!({
        "slug": "example", "name": "Example", "advance": true, "disabled": false, "version": 1, "created": NOW,
    });
    for outcome in ["CREATED", "UNCHANGED"] {
        assert_eq!(
            run(&press, put, input.clone()).await,
            json!({ "putPartner": { "outcome": outcome, "partner": told, "userErrors": [] } })
        );
    }
    let read = "{ partners { slug } partner(slug: \"example\") { version } none: partner(slug: \"nobody\") { slug } }";
    assert_eq!(
        run(&press, read, json!({})).await,
        json!({ "partners": [{ "slug": "example" }], "partner": { "version": 1 }, "none": null })
    );

    let make = "mutation ($input: IssueKeyInput!) { issueKey(input: $input) { secret key { id name scope partner { slug } \
                expires networks origins disabled lastUsed } userErrors { field code } } }";
    let input = json!({ "input": {
        "name": "Site", "partner": "example", "expires": "2026-02-01T00:00:00Z", "networks": ["127.0.0.1"],
    } });
    let mut made = run(&press, make, input).await["issueKey"].take();
    let key = made["secret"].take().as_str().unwrap().to_owned();
    let about = json!({
        "id": public(&key), "name": "Site", "scope": "READ", "partner": { "slug": "example" },
        "expires": "2026-02-01T00:00:00Z", "networks": ["127.0.0.1/32"], "origins": [], "disabled": false,
        "lastUsed": null,
    });
    assert_eq!(made, json!({ "secret": null, "key": about, "userErrors": [] }));
    taken(&press, &key).await;
    // Repeated with its Idempotency-Key, the request makes one key, and shows it once.
    let once = json!({ "input": { "name": "App", "partner": "example" } });
    let ask = || {
        press
            .graphql(make, once.clone())
            .admin()
            .header("idempotency-key", "once")
    };
    let (first, again) = (
        ask().await.data()["issueKey"].take(),
        ask().await.data()["issueKey"].take(),
    );
    assert_eq!((&first["key"], &again["secret"]), (&again["key"], &Value::Null));
    let app = first["secret"].as_str().unwrap();
    press.delete(&format!("/v1/keys/{}", public(app))).await.expect(204);
    let listed = run(&press, "{ keys(partner: \"example\") { id } }", json!({})).await;
    assert_eq!(listed, json!({ "keys": [{ "id": public(&key) }] }));

    let rotate = "mutation ($input: RotateKeyInput!) { rotateKey(input: $input) { secret key { name } old { id expires } \
                  userErrors { code } } }";
    let input = json!({ "input": { "id": public(&key), "overlapSeconds": 60 } });
    let mut rotated = run(&press, rotate, input).await["rotateKey"].take();
    let new = rotated["secret"].take().as_str().unwrap().to_owned();
    let old = json!({ "id": public(&key), "expires": "2026-01-12T20:01:00Z" });
    assert_eq!(
        rotated,
        json!({ "secret": null, "key": { "name": "Site" }, "old": old, "userErrors": [] })
    );
    taken(&press, &new).await;

    let change = "mutation ($input: ChangeKeyInput!) { changeKey(input: $input) { key { name networks expires disabled } \
                  userErrors { code } } }";
    let input = json!({ "input": { "id": public(&new), "name": "Front", "networks": null, "disabled": true } });
    let changed = run(&press, change, input).await["changeKey"]["key"].take();
    assert_eq!(
        changed,
        json!({ "name": "Front", "networks": [], "expires": "2026-02-01T00:00:00Z", "disabled": true })
    );
    refused(&press, &new).await;

    let revoke = "mutation ($id: ID!) { revokeKey(id: $id) { revoked userErrors { code } } }";
    for (revoked, errors) in [(true, json!([])), (false, json!([{ "code": "NOT_FOUND" }]))] {
        let told = run(&press, revoke, json!({ "id": public(&key) })).await;
        assert_eq!(
            told,
            json!({ "revokeKey": { "revoked": revoked, "userErrors": errors } })
        );
    }
    refused(&press, &key).await;
    let delete = "mutation { deletePartner(slug: \"example\") { keys userErrors { code } } }";
    let told = run(&press, delete, json!({})).await;
    assert_eq!(told, json!({ "deletePartner": { "keys": 1, "userErrors": [] } }));
    let told = run(&press, delete, json!({})).await;
    assert_eq!(
        told,
        json!({ "deletePartner": { "keys": null, "userErrors": [{ "code": "NOT_FOUND" }] } })
    );
}

pub async fn user_errors(press: Press) {
    partner(&press, "example").await;
    let mutation = "mutation { \
        a: putPartner(input: { slug: \"Wrong\", name: \"\" }) { partner { slug } userErrors { field code } } \
        b: putPartner(input: { slug: \"example\", ifVersion: 7, name: \"E\" }) { userErrors { field code } } \
        c: issueKey(input: { name: \"x\", scope: ADMIN, partner: \"example\" }) { key { id } secret userErrors { field code } } \
        d: rotateKey(input: { id: \"nobody\" }) { secret userErrors { field code } } \
        e: changeKey(input: { id: \"nobody\", disabled: true }) { userErrors { code } } \
        f: deletePartner(slug: \"example\", ifVersion: 7) { keys userErrors { code } } }";
    let not_found = json!([{ "field": null, "code": "NOT_FOUND" }]);
    assert_eq!(
        run(&press, mutation, json!({})).await,
        json!({
            "a": { "partner": null, "userErrors": [
                { "field": "slug", "code": "INVALID_SLUG" }, { "field": "name", "code": "REQUIRED" },
            ] },
            "b": { "userErrors": [{ "field": null, "code": "STALE_VERSION" }] },
            "c": { "key": null, "secret": null, "userErrors": [{ "field": "scope", "code": "NOT_FOR_PARTNERS" }] },
            "d": { "secret": null, "userErrors": not_found },
            "e": { "userErrors": [{ "code": "NOT_FOUND" }] },
            "f": { "keys": null, "userErrors": [{ "code": "STALE_VERSION" }] },
        })
    );
}

pub async fn only_admins(press: Press) {
    partner(&press, "example").await;
    let (_, reader) = issue(&press, "example", json!({ "name": "Site" })).await;
    let publisher = press
        .post("/v1/keys", &json!({ "name": "Desk", "scope": "publish" }))
        .await
        .expect(201)
        .json();
    let publisher = publisher["secret"].as_str().unwrap();
    for query in [
        "{ partners { slug } }",
        "{ partner(slug: \"example\") { slug } }",
        "{ partner(slug: \"nobody\") { slug } }",
        "{ keys { id } }",
        "mutation { putPartner(input: { slug: \"\", name: \"\" }) { outcome } }",
        "mutation { deletePartner(slug: \"nobody\") { keys } }",
        "mutation { issueKey(input: { name: \"\" }) { secret } }",
        "mutation { rotateKey(input: { id: \"x\" }) { secret } }",
        "mutation { changeKey(input: { id: \"x\" }) { key { id } } }",
        "mutation { revokeKey(id: \"x\") { revoked } }",
    ] {
        press.graphql(query, json!({})).admin().await.expect(200);
        for (ask, code) in [
            (press.graphql(query, json!({})), "KEY_REQUIRED"),
            (press.graphql(query, json!({})).key(&reader), "SCOPE_REQUIRED"),
            (press.graphql(query, json!({})).key(publisher), "SCOPE_REQUIRED"),
        ] {
            let answer = ask.await;
            assert_eq!(
                answer.json()["errors"][0]["extensions"]["code"],
                code,
                "{query}: {answer}"
            );
        }
    }
}
