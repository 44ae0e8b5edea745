//! Keys: who may write, and who asks.

use dateline_tests::Backend;
use reqwest::Method;
use serde_json::{Value, json};

use crate::exact::refused;
use crate::press::{Ask, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "writing needs a key, and a stranger learns nothing of the rules",
            no_key,
        ),
        test("a wrong key and an unknown one get the same answer", wrong_key),
        test("a key does what its scope says", scopes),
        test("a revoked key is refused at the next request", revoked),
        test("a key is shown once and never again", shown_once),
        test("a key is taken from the header alone", header_alone),
        test("who asks is told who he is", who),
        test("a mutation by GET or without a key changes nothing", mutations),
    ]
}

async fn issue(press: &Press, scope: &str, name: &str) -> String {
    let key = press
        .command(["key", "issue", "--scope", scope, "--name", name])
        .await
        .ok();
    key.trim().to_owned()
}

/// The part that is no secret.
fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

/// Every address that is written to.
fn writes(press: &Press) -> Vec<Ask> {
    let put = |path: &str, body: &Value| press.ask(Method::PUT, path).json(body);
    vec![
        put("/v1/articles/urn%3Ax%3A1", &json!({ "headline": "One" })),
        put("/v1/topics/one", &json!({ "names": { "en": "One" } })),
        put("/v1/collections/one", &json!({ "name": "One" })),
    ]
}

const NEEDS_KEY: &str =
    "This needs a key: send `Authorization: Bearer <key>`. A publisher issues one with `dateline key issue`.";
const NEEDS_SCOPE: &str = "This needs a key of scope `publish` or `admin`.";
const NOT_VALID: &str = "The key in `Authorization` is not valid.";

async fn no_key(press: Press) {
    let wrong = writes(&press)
        .into_iter()
        .map(|ask| ask.json(&json!({ "uri": "urn:x:2", "slug": "two" })));
    let broken = writes(&press).into_iter().map(|ask| ask.body("{"));
    let guarded = writes(&press).into_iter().map(|ask| ask.header("if-match", "\"v1\""));
    for ask in writes(&press).into_iter().chain(wrong).chain(broken).chain(guarded) {
        let answer = ask.await;
        refused(&answer, 401, "key_required", NEEDS_KEY, &[]);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"dateline\"");
    }
    for path in ["/v1/articles/urn%3Ax%3A1", "/v1/topics/one", "/v1/collections/one"] {
        press.get(path).await.expect(404);
    }
}

async fn wrong_key(press: Press) {
    let key = issue(&press, "admin", "Editor").await;
    let mut last = key.clone();
    let end = if last.pop() == Some('A') { 'B' } else { 'A' };
    let (unknown, secret) = (
        key.replace(id(&key), "AAAAAAAAAAAA"),
        key.rsplit_once('_').unwrap().1.to_owned(),
    );
    let wrong = [
        format!("Bearer {last}{end}"),
        format!("Bearer {unknown}"),
        format!("Bearer {key}x"),
        format!("Bearer {secret}"),
        format!("Bearer dl_{}", id(&key)),
        format!("Bearer dl_{}_", id(&key)),
        format!("Bearer {}", key.to_uppercase()),
        format!("Basic {key}"),
        key.clone(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        String::new(),
    ];
    for path in [
        "/v1/me",
        "/v1/articles",
        "/v1/articles/ghost",
        "/graphql?query=%7Bsite%7Bname%7D%7D",
    ] {
        let mut bodies = Vec::new();
        for value in &wrong {
            let answer = press.get(path).header("authorization", value).await;
            refused(&answer, 401, "invalid_key", NOT_VALID, &[]);
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"dateline\"");
            bodies.push(answer.bytes);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]));
        press
            .get(path.replace("ghost", "").trim_end_matches('/'))
            .header("authorization", &format!("bearer  {key}"))
            .await
            .expect(200);
    }
}

async fn scopes(press: Press) {
    let read = issue(&press, "read", "Reader").await;
    for ask in writes(&press) {
        refused(&ask.key(&read).await, 403, "scope_required", NEEDS_SCOPE, &[]);
    }
    press.get("/v1/latest").key(&read).await.expect(200);
    for scope in ["publish", "admin"] {
        let key = issue(&press, scope, scope).await;
        for ask in writes(&press) {
            let answer = ask.key(&key).await;
            assert!(matches!(answer.status, 200 | 201), "{answer}");
        }
    }
    // What is answered to a key is not for shared caches.
    let answer = press.get("/v1/latest").key(&read).await;
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(
        press.get("/v1/latest").await.header("cache-control"),
        "public, max-age=1"
    );
}

async fn revoked(press: Press) {
    let (kept, lost) = (
        issue(&press, "publish", "Kept").await,
        issue(&press, "publish", "Lost").await,
    );
    press.get("/v1/me").key(&lost).await.expect(200);
    press.command(["key", "revoke", id(&lost)]).await.ok();
    refused(
        &press.get("/v1/me").key(&lost).await,
        401,
        "invalid_key",
        NOT_VALID,
        &[],
    );
    for ask in writes(&press) {
        refused(&ask.key(&lost).await, 401, "invalid_key", NOT_VALID, &[]);
    }
    press.get("/v1/me").key(&kept).await.expect(200);
    let again = press.command(["key", "revoke", id(&lost)]).await;
    assert_eq!(
        (again.code, again.stdout.as_str(), again.stderr.as_str()),
        (Some(1), "", "dateline: There is no such key.\n")
    );
    // The whole key serves as well as its public part.
    let whole = press.command(["key", "revoke", &kept]).await;
    assert_eq!(whole.stderr, format!("Key {} is revoked.\n", id(&kept)));
    press.get("/v1/me").key(&kept).await.expect(401);
}

async fn shown_once(press: Press) {
    let issued = press
        .command(["key", "issue", "--scope", "read", "--name", "Кореспондент"])
        .await;
    let key = issued.stdout.trim().to_owned();
    let (id, secret) = (id(&key), key.splitn(3, '_').nth(2).unwrap());
    assert_eq!(issued.stdout, format!("dl_{id}_{secret}\n"));
    assert!(
        secret.len() >= 40 && id.chars().all(|c| c.is_ascii_alphanumeric()),
        "{key}"
    );
    let said = format!("Key {id} for Кореспондент (read). Keep it: it is not shown again.\n");
    assert_eq!(issued.stderr, said);

    let list = press.command(["key", "list"]).await.ok();
    let json = press.command(["key", "list", "--json"]).await.ok();
    for list in [&list, &json] {
        assert!(
            list.contains(id) && list.contains("Кореспондент") && !list.contains(secret),
            "{list}"
        );
    }
    let keys: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut ours = keys.iter().find(|k| k["id"] == id).unwrap().clone();
    let created = ours.as_object_mut().unwrap().remove("created").unwrap();
    created.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let rest = json!({
        "id": id, "name": "Кореспондент", "scope": "read", "partner": null, "expires": null, "networks": [],
        "origins": [], "disabled": false, "lastUsed": null,
        "limits": { "perSecond": null, "burst": null, "perDay": null },
    });
    assert_eq!(ours, rest);
    assert_eq!(keys.len(), 2);

    if press.backend() == Backend::Sqlite {
        let database = press.database_url().strip_prefix("sqlite://").unwrap().to_owned();
        for file in [database.clone(), format!("{database}-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(secret.len()).any(|piece| piece == secret.as_bytes()));
        }
    }
    for name in ["", "  ", "two\nlines"] {
        let refused = press.command(["key", "issue", "--scope", "read", "--name", name]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused}");
    }
    let unknown = press.command(["key", "issue", "--scope", "root", "--name", "x"]).await;
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""), "{unknown}");
}

async fn header_alone(press: Press) {
    let key = press.admin_key().to_owned();
    let detail = "A key stands in this address, where proxies and browsers write it down. Send it as \
                  `Authorization: Bearer <key>`, and have this one revoked.";
    let encoded = key.replace('_', "%5F");
    for address in [
        format!("/v1/me?key={key}"),
        format!("/v1/me?access_token={encoded}"),
        format!("/v1/me?{key}"),
        format!("/v1/articles/{key}"),
        format!("/v1/articles/{encoded}/versions"),
        format!("/{key}/feed"),
        format!("/graphql?query=%7Bsite%7Bname%7D%7D&key={key}"),
    ] {
        for ask in [press.get(&address), press.get(&address).key(&key)] {
            let answer = ask.await;
            refused(&answer, 400, "key_in_url", detail, &[]);
            assert!(!answer.text().contains(&key) && !format!("{:?}", answer.headers).contains(&key));
        }
        let answer = press
            .ask(Method::PUT, &address)
            .json(&json!({ "headline": "One" }))
            .await;
        refused(&answer, 400, "key_in_url", detail, &[]);
    }
    for ask in writes(&press) {
        refused(&ask.await, 401, "key_required", NEEDS_KEY, &[]);
    }
    let answer = press
        .ask(Method::PUT, "/v1/topics/one")
        .json(&json!({}))
        .header("x-api-key", &key)
        .await;
    refused(&answer, 401, "key_required", NEEDS_KEY, &[]);
}

async fn who(press: Press) {
    let query = "{ viewer { keyId name scope mayPublish mayReadAdvance partner { slug } expires networks origins \
                 limits { perSecond burst perDay usedToday resetsAt } channels } }";
    let nobody = json!({
        "keyId": null, "name": null, "scope": null, "mayPublish": false, "mayReadAdvance": false,
        "partner": null, "expires": null, "networks": [], "origins": [], "limits": null, "channels": null,
    });
    assert_eq!(press.get("/v1/me").await.expect(200).json(), nobody);
    assert_eq!(
        press.graphql(query, json!({})).await.data(),
        json!({ "viewer": nobody })
    );
    for (scope, may_publish) in [("read", false), ("publish", true), ("admin", true)] {
        let key = issue(&press, scope, "Олена").await;
        let me = |scope: String, used: i64| {
            let midnight = "2026-01-13T00:00:00Z";
            let limits = json!({
                "perSecond": null, "burst": null, "perDay": null, "usedToday": used, "resetsAt": midnight,
            });
            json!({
                "keyId": id(&key), "name": "Олена", "scope": scope, "mayPublish": may_publish,
                "mayReadAdvance": may_publish, "partner": null, "expires": null, "networks": [], "origins": [],
                "limits": limits, "channels": null,
            })
        };
        let answer = press.get("/v1/me").key(&key).await.expect(200);
        assert_eq!(answer.json(), me(scope.to_owned(), 1));
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        let viewer = press.graphql(query, json!({})).key(&key).await.data();
        assert_eq!(viewer, json!({ "viewer": me(scope.to_uppercase(), 2) }));
    }
}

async fn mutations(press: Press) {
    let read = issue(&press, "read", "Reader").await;
    let position = crate::stories::wire::head(&press).await;
    let mutation = r#"mutation { publishArticle(input: {uri: " ", headline: ""}) { outcome userErrors { code } } }"#;
    let topic = r#"mutation { putTopic(input: {slug: "one", names: []}) { outcome userErrors { code } } }"#;
    for (field, query) in [("publishArticle", mutation), ("putTopic", topic)] {
        let ask = || press.graphql(query, json!({}));
        for (ask, code, message) in [
            (ask(), "KEY_REQUIRED", NEEDS_KEY),
            (ask().key(&read), "SCOPE_REQUIRED", NEEDS_SCOPE),
        ] {
            let answer = ask.await.expect(200).json();
            assert_eq!(answer["data"], Value::Null);
            let errors = answer["errors"].as_array().unwrap();
            assert_eq!(errors.len(), 1);
            assert_eq!(
                (&errors[0]["message"], &errors[0]["path"], &errors[0]["extensions"]),
                (&json!(message), &json!([field]), &json!({ "code": code }))
            );
        }
        refused(&ask().key("dl_x_y").await, 401, "invalid_key", NOT_VALID, &[]);
    }
    let by_get = "/graphql?query=mutation%7BputTopic(input%3A%7Bslug%3A%22one%22%2Cnames%3A%5B%7Blanguage%3A%22en%22%2C\
                  name%3A%22One%22%7D%5D%7D)%7Boutcome%7D%7D";
    press.get(by_get).admin().await.expect(405);
    assert_eq!(crate::stories::wire::head(&press).await, position);
}
