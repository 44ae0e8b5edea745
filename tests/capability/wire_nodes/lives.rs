//! A primary that is lost, and a backup that is put in its place: no position is given out twice, and who was told more
//! than the house still knows is told so.

use std::time::{Duration, Instant};

use dateline_tests::Backend;

use crate::press::{Doors, Press};
use crate::runner::{Test, test};

const PATIENCE: Duration = Duration::from_secs(30);

pub fn all() -> Vec<Test> {
    vec![
        test(
            "a standby that takes its primary's place begins a new epoch, and who was told more takes a snapshot",
            promoted,
        )
        .only(Backend::Postgres)
        .doors_closed()
        .with_replica(),
        test(
            "a backup that is put in its place begins a new epoch, and who was told more takes a snapshot",
            restored,
        )
        .doors_closed(),
        test(
            "a running process notices that a backup took its database's place, and keeps nothing of the lost one",
            replaced,
        )
        .only(Backend::Postgres)
        .doors_closed(),
    ]
}

/// The cursor of now.
async fn now(doors: &Doors) -> String {
    let empty = doors.get("/v1/wire?after=latest").await.expect(200).json();
    empty["next"].as_str().expect("a cursor").to_owned()
}

/// What comes after a cursor: the stories' uris and cursors.
async fn after(doors: &Doors, cursor: &str) -> Vec<(String, String)> {
    let page = doors.get(&format!("/v1/wire?after={cursor}")).await.expect(200).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let entries = page["entries"].as_array().expect("entries").iter();
    entries
        .map(|entry| (text(&entry["article"]["uri"]), text(&entry["cursor"])))
        .collect()
}

fn uris(entries: &[(String, String)]) -> Vec<&str> {
    entries.iter().map(|(uri, _)| uri.as_str()).collect()
}

/// As the metrics say it; nothing while the database is away.
async fn epoch(doors: &Doors) -> String {
    let metrics = doors.get("/metrics").await.expect(200).text().to_owned();
    let line = metrics.lines().find(|line| line.starts_with("dateline_wire_epoch"));
    line.unwrap_or_default().to_owned()
}

async fn promoted(press: Press) {
    let replica = press.replica();
    let old = press.process().await;
    old.story("urn:life:kept").await;
    let kept = now(&old).await;
    // The replica has it.
    let reading = press.process_with(&[("DATABASE_READ_URL", replica.url())]).await;
    let begun = Instant::now();
    while !reading
        .get("/v1/latest")
        .await
        .expect(200)
        .text()
        .contains("urn:life:kept")
    {
        assert!(begun.elapsed() < PATIENCE, "the story does not come to the replica");
    }
    reading.kill().await;
    replica.cut_off();
    old.story("urn:life:lost").await;
    let lost = now(&old).await;
    let told = after(&old, &kept).await;
    assert_eq!(uris(&told), ["urn:life:lost"]);
    old.kill().await;

    replica.promote();
    let new = press.process_with(&[("DATABASE_URL", replica.url())]).await;
    assert_eq!(epoch(&new).await, "dateline_wire_epoch 2");
    assert!(after(&new, &kept).await.is_empty());
    new.story("urn:life:new").await;
    let found = after(&new, &kept).await;
    assert_eq!(uris(&found), ["urn:life:new"]);
    assert_ne!(found[0].1, told[0].1, "a position is given out twice");
    let gone = new.get(&format!("/v1/wire?after={lost}")).await.expect(410);
    assert!(gone.text().contains("/v1/snapshot"), "{gone}");
    new.get("/v1/articles/urn%3Alife%3Alost").await.expect(404);
    // Once only: the next process is at home here.
    new.kill().await;
    let again = press.process_with(&[("DATABASE_URL", replica.url())]).await;
    assert_eq!(epoch(&again).await, "dateline_wire_epoch 2");
    assert_eq!(uris(&after(&again, &kept).await), ["urn:life:new"]);
    again.kill().await;
}

async fn restored(press: Press) {
    press.open().await;
    press.story("urn:life:kept").await;
    let kept = now(&press).await;
    press.close().await;
    let backup = press.backup();
    press.open().await;
    press.story("urn:life:lost").await;
    let lost = now(&press).await;
    let told = after(&press, &kept).await;
    press.close().await;

    press.restore(&backup);
    if press.backend() == Backend::Sqlite {
        // PostgreSQL says itself that it is another database.
        let done = press.command(["wire", "epoch"]).await;
        assert!(done.stderr.contains("Epoch 2 begins"), "{done}");
        done.ok();
    }
    press.open().await;
    assert_eq!(epoch(&press).await, "dateline_wire_epoch 2");
    press.story("urn:life:new").await;
    let found = after(&press, &kept).await;
    assert_eq!(uris(&found), ["urn:life:new"]);
    assert_ne!(found[0].1, told[0].1, "a position is given out twice");
    press.get(&format!("/v1/wire?after={lost}")).await.expect(410);
    press.reopen().await;
    assert_eq!(epoch(&press).await, "dateline_wire_epoch 2");
}

async fn replaced(press: Press) {
    press.open().await;
    press.story("urn:life:kept").headline("Kept").await;
    press.close().await;
    let backup = press.backup();
    press.open().await;
    press.story("urn:life:kept").headline("Lost words").await;
    press.story("urn:life:lost").headline("Lost words").await;
    let lost = now(&press).await;
    // In memory now, as answers and as stories.
    for path in [
        "/v1/latest",
        "/v1/articles/urn%3Alife%3Akept",
        "/v1/articles/urn%3Alife%3Alost",
    ] {
        assert!(press.get(path).await.expect(200).text().contains("Lost words"));
    }
    press.restore(&backup);
    let begun = Instant::now();
    while epoch(&press).await != "dateline_wire_epoch 2" {
        assert!(begun.elapsed() < PATIENCE, "it is not noticed");
    }
    press.get("/readyz").await.expect(200);
    // The same version as the one that was lost, with other words.
    press.story("urn:life:kept").headline("New words").await;
    for path in ["/v1/latest", "/v1/articles/urn%3Alife%3Akept"] {
        let shown = press.get(path).await.expect(200);
        assert!(
            shown.text().contains("New words") && !shown.text().contains("Lost words"),
            "{shown}"
        );
    }
    press.get("/v1/articles/urn%3Alife%3Alost").await.expect(404);
    press.get(&format!("/v1/wire?after={lost}")).await.expect(410);
}
