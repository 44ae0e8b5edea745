//! By REST.

use std::future::IntoFuture;

use reqwest::Method;
use serde_json::{Value, json};

use super::{issue, partner as put_in, public, refused, taken};
use crate::exact::{breaks_rules, refused as is_refused, stale};
use crate::press::{Ask, NOW, Press};

fn patch(press: &Press, path: &str, body: &Value) -> Ask {
    press.ask(Method::PATCH, path).admin().json(body)
}

pub async fn partner(press: Press) {
    let path = "/v1/partners/example-news";
    press.get(path).admin().await.expect(404);
    let made = press.post(
        "/v1/partners",
        &json!({ "slug": "example-news", "name": " Example News " }),
    );
    let made = made.await.expect(201);
    assert_eq!((made.header("location"), made.etag()), (path, "\"v1\""));
    let mut receipt = made.json();
    let id = receipt["id"].take();
    assert_eq!(
        receipt,
        json!({ "id": null, "slug": "example-news", "version": 1, "outcome": "created" })
    );
    let again = press.post("/v1/partners", &json!({ "slug": "example-news", "name": "Other" }));
    let detail = "There is a partner of this slug already; change him with PUT /v1/partners/{slug}.";
    is_refused(&again.await, 409, "partner_exists", detail, &[]);

    let read = press.get(path).admin().await.expect(200);
    assert_eq!(
        read.json(),
        json!({
            "id": id, "slug": "example-news", "name": "Example News", "advance": false, "disabled": false, "version": 1,
            "created": NOW,
        })
    );
    assert_eq!(read.header("cache-control"), "private, no-cache");
    let etag = read.etag().to_owned();
    press.get(path).admin().header("if-none-match", &etag).await.expect(304);

    // The same again is nothing new; a condition that does not hold changes nothing.
    let same = press
        .put(path, &json!({ "name": "Example News" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&same["version"], &same["outcome"]), (&json!(1), &json!("unchanged")));
    let advance = json!({ "name": "Example News", "advance": true });
    let changed = press
        .put(path, &advance)
        .header("if-match", &etag)
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&changed["version"], &changed["outcome"]),
        (&json!(2), &json!("updated"))
    );
    stale(
        &press
            .put(path, &json!({ "name": "Late" }))
            .header("if-match", &etag)
            .await,
        2,
    );
    press
        .put(path, &json!({ "name": "Late" }))
        .header("if-none-match", "*")
        .await
        .expect(412);
    assert_eq!(press.get(path).admin().await.json()["advance"], true);

    put_in(&press, "another").await;
    let listed = press.get("/v1/partners").admin().await.expect(200).json();
    let slugs: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["slug"].as_str().unwrap())
        .collect();
    assert_eq!(slugs, ["another", "example-news"]);

    stale(&press.delete(path).header("if-match", &etag).await, 2);
    assert!(press.delete(path).await.expect(204).bytes.is_empty());
    press.delete(path).await.expect(404);
    press.get(path).admin().await.expect(404);
    // The name is free again, for another.
    let next = press.put(path, &advance).await.expect(201).json();
    assert_ne!(next["id"], id);
}

pub async fn wrong_partner(press: Press) {
    let answer = press.put("/v1/partners/Example_News", &json!({ "name": "a\nb" })).await;
    breaks_rules(
        &answer,
        &[
            (
                "slug",
                "invalid_slug",
                "may hold only a to z, 0 to 9 and single hyphens between them, such as grain-deal-extended",
            ),
            (
                "name",
                "required",
                "must be one line of 1 to 200 characters: who is it?",
            ),
        ],
    );
    let answer = press.post("/v1/partners", &json!({})).await;
    breaks_rules(
        &answer,
        &[
            ("slug", "invalid_slug", "is required, such as example-news"),
            (
                "name",
                "required",
                "must be one line of 1 to 200 characters: who is it?",
            ),
        ],
    );
    let differs = press
        .put("/v1/partners/one", &json!({ "slug": "two", "name": "Two" }))
        .await;
    let message = "differs from the one in the address; leave it out of the body";
    breaks_rules(&differs, &[("slug", "conflict", message)]);
    press
        .put("/v1/partners/one", &json!({ "name": "One", "unheard": 1 }))
        .await
        .expect(422);
    assert_eq!(press.get("/v1/partners").admin().await.json(), json!({ "items": [] }));
}

pub async fn issued(press: Press) {
    put_in(&press, "example").await;
    let held = json!({
        "name": "The site", "expires": "2026-02-01T00:00:00+02:00",
        "networks": ["127.0.0.0/8", "2001:db8::1"],
    });
    let answer = press.post("/v1/partners/example/keys", &held).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut told = answer.json();
    let key = told["secret"].as_str().unwrap().to_owned();
    let id = public(&key).to_owned();
    assert_eq!(answer.header("location"), format!("/v1/keys/{id}"));
    let about = json!({
        "id": id, "name": "The site", "scope": "read", "partner": "example", "created": NOW,
        "expires": "2026-01-31T22:00:00Z", "networks": ["127.0.0.0/8", "2001:db8::1/128"], "origins": [],
        "disabled": false, "lastUsed": null,
        "limits": { "perSecond": null, "burst": null, "perDay": null },
    });
    told.as_object_mut().unwrap().remove("secret");
    assert_eq!(told.as_object_mut().unwrap().remove("old"), Some(Value::Null));
    assert_eq!(told, about);
    taken(&press, &key).await;

    let secret = key.splitn(3, '_').nth(2).unwrap();
    for path in ["/v1/partners/example/keys", "/v1/keys?partner=example"] {
        let listed = press.get(path).admin().await.expect(200);
        assert!(!listed.text().contains(secret));
        let mut items = listed.json();
        items["items"][0]["lastUsed"].take();
        assert_eq!(items, json!({ "items": [about] }));
    }
    assert_eq!(
        press.get(&format!("/v1/keys/{id}")).admin().await.expect(200).json()["name"],
        "The site"
    );
    // The house's own stand beside them.
    let all = press.get("/v1/keys").admin().await.expect(200).json();
    let partners: Vec<&Value> = all["items"].as_array().unwrap().iter().map(|k| &k["partner"]).collect();
    assert_eq!(partners.len(), 2);
    assert!(partners.contains(&&Value::Null) && partners.contains(&&json!("example")));
    let house = press
        .post("/v1/keys", &json!({ "name": "Desk", "scope": "publish" }))
        .await
        .expect(201)
        .json();
    assert_eq!((&house["scope"], &house["partner"]), (&json!("publish"), &Value::Null));
    press.get("/v1/partners/nobody/keys").admin().await.expect(404);
    press
        .post("/v1/partners/nobody/keys", &json!({ "name": "x" }))
        .await
        .expect(404);
    press.get("/v1/keys/nobody").admin().await.expect(404);
}

pub async fn wrong_key(press: Press) {
    put_in(&press, "example").await;
    let wrong = json!({
        "name": " ", "scope": "publish", "expires": "2026-01-12T19:59:59Z",
        "networks": ["192.0.2.1/24", "example.com"], "origins": ["https://www.example.com/", "www.example.com"],
    });
    let origin = "must be an origin as browsers send it, such as https://www.example.com: in lower case, without a path or \
                  a slash at the end";
    let network = "must be a network such as 192.0.2.0/24 or 2001:db8::/32, or one address";
    breaks_rules(
        &press.post("/v1/partners/example/keys", &wrong).await,
        &[
            (
                "name",
                "required",
                "must be one line of 1 to 100 characters: who will use the key?",
            ),
            (
                "scope",
                "not_for_partners",
                "a partner's key is of scope `read`; a key that writes is the house's own, without a partner",
            ),
            (
                "expires",
                "in_the_past",
                "lies in the past: a key that is not to be used any more is disabled or revoked",
            ),
            (
                "networks[0]",
                "invalid_network",
                &format!("{network}; did you mean 192.0.2.0/24?"),
            ),
            ("networks[1]", "invalid_network", network),
            ("origins[0]", "invalid_origin", origin),
            ("origins[1]", "invalid_origin", origin),
        ],
    );
    let browser = json!({ "name": "x", "scope": "admin", "origins": ["https://www.example.com"] });
    let message = "a browser's key can be read by whoever opens the page: only a key of scope `read` can be one";
    breaks_rules(
        &press.post("/v1/keys", &browser).await,
        &[("origins", "not_for_writers", message)],
    );
    let answer = press
        .post("/v1/keys", &json!({ "name": "x", "expires": "2026-02-01T00:00:00" }))
        .await;
    breaks_rules(
        &answer,
        &[
            ("scope", "invalid_scope", "must be `read`, `publish` or `admin`"),
            (
                "expires",
                "invalid_time",
                "must be a time with its offset (RFC 3339), such as 2027-01-31T00:00:00Z",
            ),
        ],
    );
    let unknown = press
        .post("/v1/keys", &json!({ "name": "x", "partner": "nobody" }))
        .await;
    breaks_rules(
        &unknown,
        &[("partner", "unknown_partner", "there is no partner of this slug")],
    );
    assert_eq!(
        press.get("/v1/keys?partner=example").admin().await.json(),
        json!({ "items": [] })
    );
}

pub async fn repeated(press: Press) {
    put_in(&press, "example").await;
    let ask = |name: &str| {
        let ask = press.post("/v1/partners/example/keys", &json!({ "name": name }));
        ask.header("idempotency-key", "once")
    };
    let first = ask("The site").await.expect(201).json();
    let again = ask("The site").await.expect(201).json();
    assert_eq!((&again["id"], &again["secret"]), (&first["id"], &Value::Null));
    assert!(first["secret"].is_string());
    let detail = "This Idempotency-Key was used for another request; use a new one.";
    is_refused(&ask("Another").await, 422, "idempotency_key_reused", detail, &[]);
    let listed = press.get("/v1/keys?partner=example").admin().await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);

    let path = format!("/v1/keys/{}/rotate", first["id"].as_str().unwrap());
    let rotate = || press.post(&path, &json!({})).header("idempotency-key", "twice");
    let (one, two) = (rotate().await.expect(201).json(), rotate().await.expect(201).json());
    assert_eq!(
        (&one["id"], &one["old"]["id"], &two["secret"]),
        (&two["id"], &first["id"], &Value::Null)
    );
    let add = || {
        press
            .post("/v1/partners", &json!({ "slug": "b", "name": "B" }))
            .header("idempotency-key", "thrice")
    };
    assert_eq!(add().await.expect(201).bytes, add().await.expect(201).bytes);
}

pub async fn rotated(press: Press) {
    put_in(&press, "example").await;
    let held = json!({ "name": "The site", "expires": "2026-01-22T20:00:00Z", "networks": ["127.0.0.1"] });
    let (old, old_key) = issue(&press, "example", held).await;
    let path = format!("/v1/keys/{}/rotate", public(&old_key));
    // Six days later, with four to go.
    press.clock.set("2026-01-18T20:00:00Z".parse().unwrap());
    let mut new = press.post(&path, &json!({})).await.expect(201).json();
    let new_key = new["secret"].take().as_str().unwrap().to_owned();
    for field in ["name", "scope", "partner", "networks", "origins"] {
        assert_eq!(new[field], old[field], "{field}");
    }
    // It is to live as long as the old one was.
    assert_eq!(new["expires"], "2026-01-28T20:00:00Z");
    assert_eq!(
        (&new["old"]["id"], &new["old"]["expires"]),
        (&old["id"], &json!("2026-01-19T20:00:00Z"))
    );
    taken(&press, &old_key).await;
    taken(&press, &new_key).await;
    press.clock.set("2026-01-19T20:00:00Z".parse().unwrap());
    refused(&press, &old_key).await;
    taken(&press, &new_key).await;
    let detail = "This key is not good any more (it has expired, or it or its partner is disabled): nothing needs to follow \
                  it. Issue a new key.";
    is_refused(&press.post(&path, &json!({})).await, 409, "key_not_live", detail, &[]);

    // Without an overlap the old one ends at once; an end of one's own is taken.
    let path = format!("/v1/keys/{}/rotate", public(&new_key));
    let at_once = json!({ "overlapSeconds": 0, "expires": "2026-12-31T00:00:00Z" });
    let last = press.post(&path, &at_once).await.expect(201).json();
    assert_eq!(last["expires"], "2026-12-31T00:00:00Z");
    refused(&press, &new_key).await;
    taken(&press, last["secret"].as_str().unwrap()).await;
    let path = format!("/v1/keys/{}/rotate", last["id"].as_str().unwrap());
    for seconds in [-1, 30 * 86_400 + 1] {
        let answer = press.post(&path, &json!({ "overlapSeconds": seconds })).await;
        breaks_rules(
            &answer,
            &[("overlapSeconds", "out_of_range", "must be from 0 to 2592000 (30 days)")],
        );
    }
    press.post("/v1/keys/nobody/rotate", &json!({})).await.expect(404);
}

pub async fn two_of_a_name(press: Press) {
    put_in(&press, "example").await;
    put_in(&press, "other").await;
    let (_, first) = issue(&press, "example", json!({ "name": "The site" })).await;
    let rotated = press
        .post(&format!("/v1/keys/{}/rotate", public(&first)), &json!({}))
        .await
        .expect(201);
    let second = rotated.json()["id"].as_str().unwrap().to_owned();
    let detail = format!(
        "There are 2 live keys of this name already ({}, {second}): revoke one that is not used any more, or give the new \
         one another name.",
        public(&first)
    );
    let third = press
        .post("/v1/partners/example/keys", &json!({ "name": "The site" }))
        .await;
    let again = press.post(&format!("/v1/keys/{second}/rotate"), &json!({})).await;
    for answer in [third, again] {
        let said = answer.json()["detail"].as_str().unwrap().to_owned();
        // Made in one moment, they stand in the order of their ids.
        assert!(
            said == detail || said.len() == detail.len() && said.contains(&second),
            "{answer}"
        );
        assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("too_many_keys")));
    }
    issue(&press, "example", json!({ "name": "The app" })).await;
    issue(&press, "other", json!({ "name": "The site" })).await;
    press.delete(&format!("/v1/keys/{}", public(&first))).await.expect(204);
    issue(&press, "example", json!({ "name": "The site" })).await;
}

pub async fn at_once(press: Press) {
    // One partner comes of many who put him in at once.
    let adding = (0..8).map(|_| {
        press
            .post("/v1/partners", &json!({ "slug": "example", "name": "Example" }))
            .into_future()
    });
    let mut statuses: Vec<u16> = futures::future::join_all(adding)
        .await
        .iter()
        .map(|a| a.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);

    let (told, _) = issue(&press, "example", json!({ "name": "Site" })).await;
    let rotate = format!("/v1/keys/{}/rotate", told["id"].as_str().unwrap());
    let asking = (0..12).map(|i| {
        let ask = match i % 2 {
            0 => press.post(&rotate, &json!({})),
            _ => press.post("/v1/partners/example/keys", &json!({ "name": "Site" })),
        };
        ask.into_future()
    });
    let answers = futures::future::join_all(asking).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!((made, refused), (1, 11));
    let keys = press.get("/v1/keys?partner=example").admin().await.expect(200).json();
    assert_eq!(keys["items"].as_array().unwrap().len(), 2);
}

pub async fn changed(press: Press) {
    put_in(&press, "example").await;
    let (_, key) = issue(&press, "example", json!({ "name": "The site" })).await;
    let path = format!("/v1/keys/{}", public(&key));
    taken(&press, &key).await;
    let disabled = patch(&press, &path, &json!({ "disabled": true })).await.expect(200);
    assert_eq!(
        (&disabled.json()["disabled"], disabled.header("cache-control")),
        (&json!(true), "no-store")
    );
    refused(&press, &key).await;
    patch(&press, &path, &json!({ "disabled": false, "name": "The front" }))
        .await
        .expect(200);
    taken(&press, &key).await;
    let held = json!({ "networks": ["192.0.2.0/24"], "expires": "2026-02-01T00:00:00Z" });
    let answer = patch(&press, &path, &held).await.expect(200).json();
    assert_eq!(
        (&answer["name"], &answer["expires"]),
        (&json!("The front"), &json!("2026-02-01T00:00:00Z"))
    );
    refused(&press, &key).await;
    // Null takes away; what is left out stays.
    let answer = patch(&press, &path, &json!({ "networks": null }))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&answer["networks"], &answer["expires"]),
        (&json!([]), &json!("2026-02-01T00:00:00Z"))
    );
    taken(&press, &key).await;
    assert_eq!(
        patch(&press, &path, &json!({ "expires": null }))
            .await
            .expect(200)
            .json()["expires"],
        Value::Null
    );
    for unheard in [json!({ "scope": "admin" }), json!({ "partner": null })] {
        patch(&press, &path, &unheard).await.expect(422);
    }
    let message = "must be one line of 1 to 100 characters: who will use the key?";
    breaks_rules(
        &patch(&press, &path, &json!({ "name": "" })).await,
        &[("name", "required", message)],
    );
    assert!(press.delete(&path).await.expect(204).bytes.is_empty());
    refused(&press, &key).await;
    press.delete(&path).await.expect(404);
    patch(&press, &path, &json!({ "disabled": true })).await.expect(404);
}

pub async fn only_admins(press: Press) {
    put_in(&press, "example").await;
    let (_, partner) = issue(&press, "example", json!({ "name": "The site" })).await;
    let publisher = press
        .post("/v1/keys", &json!({ "name": "Desk", "scope": "publish" }))
        .await
        .expect(201);
    let publisher = publisher.json()["secret"].as_str().unwrap().to_owned();
    let id = public(&partner).to_owned();
    let asks = || {
        let key = format!("/v1/keys/{id}");
        let rotate = format!("{key}/rotate");
        let empty = json!({});
        [
            press.get("/v1/partners"),
            press.get("/v1/partners/example"),
            press.get("/v1/partners/nobody"),
            press.get("/v1/partners/example/keys"),
            press.get("/v1/keys"),
            press.get(&key),
            press.ask(Method::POST, "/v1/partners").json(&empty),
            press.ask(Method::PUT, "/v1/partners/example").json(&empty),
            press.ask(Method::DELETE, "/v1/partners/example"),
            press.ask(Method::POST, "/v1/partners/example/keys").json(&empty),
            press.ask(Method::POST, "/v1/keys").json(&empty),
            press.ask(Method::POST, &rotate).json(&empty),
            press.ask(Method::PATCH, &key).json(&empty),
            press.ask(Method::DELETE, &key),
        ]
    };
    // The administrator has asked first: what he was told is kept for nobody.
    for ask in asks().into_iter().take(6) {
        ask.admin().await;
    }
    for ask in asks() {
        assert_eq!(ask.await.expect(401).json()["code"], "key_required");
    }
    for key in [&partner, &publisher] {
        for ask in asks() {
            let answer = ask.key(key).await;
            is_refused(
                &answer,
                403,
                "scope_required",
                "This needs a key of scope `admin`.",
                &[],
            );
        }
    }
    taken(&press, &partner).await;
}

pub async fn me(press: Press) {
    let partner = json!({ "name": "Example", "advance": true });
    press.put("/v1/partners/example", &partner).await.expect(201);
    let held = json!({ "name": "The site", "expires": "2026-02-01T00:00:00Z", "networks": ["127.0.0.0/8"] });
    let (told, key) = issue(&press, "example", held).await;
    let me = json!({
        "keyId": told["id"], "name": "The site", "scope": "read", "mayPublish": false, "mayReadAdvance": true,
        "partner": { "slug": "example", "name": "Example" }, "expires": "2026-02-01T00:00:00Z",
        "networks": ["127.0.0.0/8"], "origins": [],
    });
    let answer = press.get("/v1/me").key(&key).await.expect(200).json();
    for (field, value) in me.as_object().unwrap() {
        assert_eq!(&answer[field], value, "{field}");
    }
    let query = "{ viewer { keyId name mayPublish mayReadAdvance partner { slug name } expires networks origins } }";
    let viewer = press.graphql(query, json!({})).key(&key).await.data()["viewer"].take();
    for (field, value) in viewer.as_object().unwrap() {
        assert_eq!(value, &me[field], "{field}");
    }
}

pub async fn hidden_on_the_wire(press: Press) {
    let told = || async { press.get("/v1/wire").await.expect(200).json()["entries"].clone() };
    let position = || crate::stories::wire::head(&press);
    let mut before = position().await;
    let mut moved = async |by: i64, what: &str| {
        let after = position().await;
        assert_eq!(after - before, by, "{what}");
        before = after;
    };
    put_in(&press, "example").await;
    moved(1, "a partner").await;
    press
        .put("/v1/partners/example", &json!({ "name": "The example" }))
        .await
        .expect(200);
    moved(0, "the same again").await;
    let (_, key) = issue(&press, "example", json!({ "name": "The site" })).await;
    moved(1, "a key").await;
    let path = format!("/v1/keys/{}", public(&key));
    patch(&press, &path, &json!({ "disabled": true })).await.expect(200);
    moved(1, "a change").await;
    patch(&press, &path, &json!({ "disabled": true })).await.expect(200);
    moved(0, "no change").await;
    press.delete(&path).await.expect(204);
    moved(1, "a key's end").await;
    press.delete("/v1/partners/example").await.expect(204);
    moved(1, "a partner's end").await;
    assert_eq!(told().await, json!([]));
}
