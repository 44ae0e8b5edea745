//! What may not be asked. All spellings of forbidden addresses stand beside the code, in `outbound/tests.rs`; here are the
//! ways by which one gets them to a running server.

use serde_json::{Value, json};

use super::origin::{Origin, PORT, Reply};
use super::{add, headlines, looked_at, story};
use crate::exact::refused;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("no source is put in that may not be asked", put_in),
        test("no redirect leads to where only the house can reach", redirects),
        test(
            "a name that resolves to where only the house can reach is not asked",
            named,
        ),
    ]
}

async fn put_in(press: Press) {
    let forbidden = Origin::forbidden().await;
    forbidden.stories("/feed", &[story("urn:x:a", "A")]);
    for url in [
        forbidden.url("/feed").as_str(),
        &format!("http://127.0.0.1:{PORT}/"),
        &format!("http://0x7f.1:{PORT}/"),
        &format!("http://[::ffff:127.0.0.1]:{PORT}/"),
        &format!("http://localhost:{PORT}/"),
        &format!("http://169.254.169.254:{PORT}/latest/meta-data/"),
        &format!("http://user:secret@example.com:{PORT}/"),
        "https://example.com/feed",
        "https://example.com:22/",
        "file:///etc/passwd",
        "feed",
        "",
    ] {
        let answer = press.put("/v1/sources/a", &json!({ "url": url })).await;
        let faults = answer.json()["errors"].take();
        assert_eq!(
            (answer.status, &faults[0]["field"]),
            (422, &json!("url")),
            "{url}: {answer}"
        );
        assert!(
            faults[0]["message"].as_str().unwrap().starts_with("not allowed: "),
            "{answer}"
        );
    }
    let answer = press
        .put("/v1/sources/a", &json!({ "url": "http://10.0.0.1:28181/" }))
        .await;
    refused(
        &answer,
        422,
        "invalid_content",
        "The content breaks rules; see `errors`.",
        &[(
            "url",
            "invalid_url",
            "not allowed: 10.0.0.1 is a private network; outbound.allow names what is allowed all the same",
        )],
    );
    assert_eq!(
        press.get("/v1/sources").admin().await.expect(200).json(),
        json!({ "items": [] })
    );
    assert_eq!(forbidden.asked_at_all(), 0);
}

async fn redirects(press: Press) {
    let (origin, forbidden) = (Origin::start().await, Origin::forbidden().await);
    forbidden.stories("/feed", &[story("urn:x:secret", "Secret")]);
    let own = press.address();
    let targets = [
        forbidden.url("/feed"),
        forbidden.url("/feed").replace("http:", ""),
        format!("http://{own}/v1/latest"),
        format!("http://127.0.0.1:{PORT}/"),
        format!("http://2130706433:{PORT}/"),
        format!("http://[::1]:{PORT}/"),
        format!("http://[::ffff:7f00:1]:{PORT}/"),
        format!("http://localhost:{PORT}/"),
        format!("http://169.254.169.254:{PORT}/"),
        format!("http://a:b@{}:{PORT}/", "93.184.215.14"),
        "ftp://example.com/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "http://".to_owned(),
    ];
    for (i, target) in targets.iter().enumerate() {
        let status = [301, 302, 303, 307, 308][i % 5];
        let path = format!("/{i}");
        // Also behind a redirect that is allowed.
        origin.says(&path, Reply::to(302, &format!("/further{i}")));
        origin.says(&format!("/further{i}"), Reply::to(status, target));
        let slug = format!("source-{i}");
        add(&press, &slug, &origin.url(&path), json!({})).await;
        let now = looked_at(&press, &slug).await;
        let error = now["health"]["lastError"].as_str().unwrap();
        assert!(error.starts_with("not allowed: the redirect "), "{target}: {error}");
        assert_eq!(now["url"], origin.url(&path));
        assert_eq!(now["health"]["lastOk"], Value::Null);
    }
    assert_eq!(forbidden.asked_at_all(), 0);
    assert!(headlines(&press).await.is_empty());
}

async fn named(press: Press) {
    // Every machine knows itself by some name; what it says of it is loopback or a network of its own.
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() || name == "localhost" {
        return;
    }
    add(&press, "own", &format!("http://{name}:{PORT}/feed"), json!({})).await;
    let now = looked_at(&press, "own").await;
    let error = now["health"]["lastError"].as_str().unwrap();
    let told = ["not allowed: ", "its name could not be resolved: "]
        .iter()
        .any(|said| error.starts_with(said));
    assert!(told, "{error}");
}
