//! By the command line.

use serde_json::{Value, json};

use super::{public, refused, taken};
use crate::press::Press;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub async fn partners(press: Press) {
    let added = press
        .command(["partner", "add", "example", "--name", "Приклад", "--advance"])
        .await;
    assert_eq!(
        (added.code, added.stdout.as_str(), added.stderr.as_str()),
        (
            Some(0),
            "example\n",
            "Give him a key: dateline key issue --partner example --name NAME\n"
        )
    );
    let again = press.command(["partner", "add", "example", "--name", "Other"]).await;
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""), "{again}");
    assert!(
        again.stderr.contains("There is a partner of this slug already"),
        "{again}"
    );
    let wrong = press.command(["partner", "add", "Not a slug", "--name", ""]).await;
    assert!(
        wrong.code == Some(1) && wrong.stderr.contains("\n  slug: ") && wrong.stderr.contains("\n  name: "),
        "{wrong}"
    );

    let seen = press.get("/v1/partners/example").admin().await.expect(200).json();
    assert_eq!((&seen["name"], &seen["advance"]), (&json!("Приклад"), &json!(true)));
    assert_eq!(
        lines(&press.command(["partner", "list", "--json"]).await.ok()),
        std::slice::from_ref(&seen)
    );
    let list = press.command(["partner", "list"]).await.ok();
    assert!(
        list.contains("example") && list.contains("Приклад") && list.contains("[advance]"),
        "{list}"
    );

    press
        .command(["key", "issue", "--partner", "example", "--name", "Site"])
        .await
        .ok();
    let mut shown = lines(&press.command(["partner", "show", "example", "--json"]).await.ok());
    assert_eq!(shown[0].as_object_mut().unwrap().remove("keys"), Some(json!(1)));
    assert_eq!(shown, [seen]);
    assert!(
        press
            .command(["partner", "show", "example"])
            .await
            .ok()
            .contains("1 keys")
    );

    let changed = press
        .command([
            "partner",
            "change",
            "example",
            "--advance",
            "false",
            "--disabled",
            "true",
        ])
        .await;
    assert_eq!(
        (changed.code, changed.stderr.as_str()),
        (Some(0), "Partner example is updated.\n")
    );
    let seen = press.get("/v1/partners/example").admin().await.expect(200).json();
    assert_eq!(
        (&seen["name"], &seen["advance"], &seen["disabled"], &seen["version"]),
        (&json!("Приклад"), &json!(false), &json!(true), &json!(2))
    );
    let same = press
        .command(["partner", "change", "example", "--disabled", "true"])
        .await;
    assert_eq!(same.stderr, "Partner example is unchanged.\n");

    let removed = press.command(["partner", "remove", "example"]).await;
    assert_eq!(
        (removed.code, removed.stderr.as_str()),
        (Some(0), "Partner example is removed, with 1 keys.\n")
    );
    for command in ["show", "remove", "change"] {
        let unknown = press.command(["partner", command, "example"]).await;
        assert_eq!(
            (unknown.code, unknown.stderr.as_str()),
            (Some(1), "dateline: There is no such partner.\n")
        );
    }
}

pub async fn keys(press: Press) {
    press
        .command(["partner", "add", "example", "--name", "Example"])
        .await
        .ok();
    let issue = [
        "key",
        "issue",
        "--partner",
        "example",
        "--name",
        "Site",
        "--expires",
        "2030-01-01T00:00:00Z",
        "--network",
        "127.0.0.0/8",
        "--network",
        "192.0.2.7",
    ];
    let issued = press.command(issue).await;
    let key = issued.stdout.trim().to_owned();
    let id = public(&key).to_owned();
    let said =
        format!("Key {id} for Site of example (read, until 2030-01-01T00:00:00Z). Keep it: it is not shown again.\n");
    assert_eq!((issued.code, issued.stderr), (Some(0), said));
    taken(&press, &key).await;
    let mut seen = press.get(&format!("/v1/keys/{id}")).admin().await.expect(200).json();
    assert_eq!(seen["networks"], json!(["127.0.0.0/8", "192.0.2.7/32"]));
    let mut listed = lines(
        &press
            .command(["key", "list", "--partner", "example", "--json"])
            .await
            .ok(),
    );
    for told in [&mut seen, &mut listed[0]] {
        told["lastUsed"].take();
    }
    assert_eq!(listed, [seen]);
    let list = press.command(["key", "list"]).await.ok();
    assert!(
        list.contains("[example]") && list.contains("until 2030-01-01T00:00:00Z"),
        "{list}"
    );
    assert_eq!(list.lines().count(), 2);

    let unknown = press
        .command(["key", "issue", "--partner", "nobody", "--name", "Site"])
        .await;
    assert!(
        unknown.code == Some(1) && unknown.stderr.contains("partner: there is no partner of this slug"),
        "{unknown}"
    );
    let writes = press
        .command([
            "key",
            "issue",
            "--partner",
            "example",
            "--scope",
            "admin",
            "--name",
            "x",
        ])
        .await;
    assert!(
        writes.code == Some(1) && writes.stderr.contains("scope: a partner's key is of scope `read`"),
        "{writes}"
    );
    let neither = press.command(["key", "issue", "--name", "Site"]).await;
    assert_eq!(neither.code, Some(2), "{neither}");
    let wrong = press
        .command(["key", "issue", "--scope", "read", "--name", "x", "--expires", "soon"])
        .await;
    assert!(
        wrong.code == Some(1) && wrong.stderr.contains("--expires: must be a time such as"),
        "{wrong}"
    );

    let rotated = press.command(["key", "rotate", &id, "--overlap", "0s", "--json"]).await;
    let new = lines(&rotated.stdout).remove(0);
    let new_key = new["secret"].as_str().unwrap().to_owned();
    assert_eq!(
        (&new["name"], &new["networks"][0]),
        (&json!("Site"), &json!("127.0.0.0/8"))
    );
    assert!(
        rotated.stderr.contains(&format!("Key {id} is good until ")),
        "{rotated}"
    );
    // The press's clock stands in January, the program's does not: the old key has not ended for the press.
    taken(&press, &new_key).await;

    let said = async |command: &[&str]| {
        let done = press.command(command).await;
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), ""), "{done}");
        done.stderr
    };
    let new_id = public(&new_key);
    assert_eq!(
        said(&["key", "disable", &new_key]).await,
        format!("Key {new_id} is disabled.\n")
    );
    refused(&press, &new_key).await;
    assert_eq!(
        said(&["key", "enable", new_id]).await,
        format!("Key {new_id} is enabled.\n")
    );
    taken(&press, &new_key).await;
    let change = [
        "key",
        "change",
        new_id,
        "--name",
        "Front",
        "--network",
        "192.0.2.0/24",
        "--never-expires",
    ];
    assert_eq!(said(&change).await, format!("Key {new_id} is changed.\n"));
    refused(&press, &new_key).await;
    said(&[
        "key",
        "change",
        new_id,
        "--any-network",
        "--origin",
        "https://www.example.com",
    ])
    .await;
    refused(&press, &new_key).await;
    said(&["key", "change", new_id, "--no-origin"]).await;
    taken(&press, &new_key).await;
    let seen = press
        .get(&format!("/v1/keys/{new_id}"))
        .admin()
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&seen["name"], &seen["expires"], &seen["networks"], &seen["origins"]),
        (&json!("Front"), &Value::Null, &json!([]), &json!([]))
    );
    assert_eq!(
        said(&["key", "revoke", new_id]).await,
        format!("Key {new_id} is revoked.\n")
    );
    refused(&press, &new_key).await;
    for command in ["rotate", "disable", "enable", "revoke"] {
        let unknown = press.command(["key", command, new_id]).await;
        assert_eq!(
            (unknown.code, unknown.stderr.as_str()),
            (Some(1), "dateline: There is no such key.\n")
        );
    }
}
