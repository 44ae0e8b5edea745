//! How the index is made, and made anew.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{asked, settled};
use crate::moves::until_some;
use crate::press::Press;

const STORIES: usize = 30;

type Damage = fn(&Press);

async fn fill(press: &Press) {
    for n in 0..STORIES {
        press.story(&format!("urn:x:{n}")).headline(&format!("Fish {n}")).await;
    }
    settled(press).await;
}

async fn total(press: &Press) -> u64 {
    let page = press.get("/v1/search?q=fish&total=true").await.expect(200).json();
    page["total"].as_u64().unwrap()
}

/// Every file of the index in use.
fn files(press: &Press) -> Vec<PathBuf> {
    fn below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] })
            .collect()
    }
    below(&press.folder().join("data/search"))
}

pub async fn anew(press: Press) {
    fill(&press).await;
    assert_eq!(total(&press).await, STORIES as u64);
    let kinds: [(&str, Damage); 4] = [
        ("gone", |press| {
            std::fs::remove_dir_all(press.folder().join("data/search")).unwrap()
        }),
        ("cut off", |press| {
            let largest = files(press)
                .into_iter()
                .filter(|f| f.extension().is_some_and(|e| e == "idx" || e == "term"));
            let largest = largest.max_by_key(|f| f.metadata().unwrap().len()).unwrap();
            let bytes = std::fs::read(&largest).unwrap();
            std::fs::write(&largest, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("overwritten", |press| {
            let largest = files(press)
                .into_iter()
                .filter(|f| f.extension().is_some_and(|e| e == "term"));
            let largest = largest.max_by_key(|f| f.metadata().unwrap().len()).unwrap();
            let mut bytes = std::fs::read(&largest).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle..].iter_mut().for_each(|byte| *byte ^= 0x5A);
            std::fs::write(&largest, &bytes).unwrap();
        }),
        ("nonsense", |press| {
            for file in files(press).into_iter().filter(|f| f.ends_with("meta.json")) {
                std::fs::write(file, "{").unwrap();
            }
        }),
    ];
    for (kind, damage) in kinds {
        press.close().await;
        damage(&press);
        press.open().await;
        // Lists do not mind.
        press.get("/v1/latest").await.expect(200);
        until_some(async || {
            let page = press.get("/v1/search?q=fish&total=true").await;
            (page.status == 200 && page.json()["total"] == STORIES).then_some(())
        })
        .await;
        settled(&press).await;
        assert_eq!(asked(&press, "\"fish 7\"").await, ["Fish 7"], "{kind}");
        press.story("urn:x:new").headline(&format!("Herring, {kind}")).await;
        settled(&press).await;
        assert_eq!(asked(&press, "herring").await, [format!("Herring, {kind}")]);
    }
}

pub async fn by_command(press: Press) {
    fill(&press).await;
    let status =
        || async { serde_json::from_str::<Value>(&press.command(["search", "status", "--json"]).await.ok()).unwrap() };
    let ready = status().await;
    assert_eq!(
        (&ready["state"], &ready["stories"], &ready["behind"]),
        (&"ready".into(), &STORIES.into(), &0.into())
    );
    // A server writes in it: it is asked to, and answers all the time.
    let rebuild = press.command(["search", "rebuild"]);
    let mut rebuild = std::pin::pin!(rebuild);
    let said = loop {
        tokio::select! {
            said = &mut rebuild => break said,
            found = total(&press) => assert_eq!(found, STORIES as u64),
        }
    };
    assert!(said.stderr.contains("was made anew"), "{}", said.stderr);
    said.ok();
    assert_eq!(total(&press).await, STORIES as u64);
    let lines = press
        .command(["search", "query", "fish", "--limit", "3", "--json"])
        .await
        .ok();
    assert_eq!(lines.lines().count(), 3);
    // Nobody else writes: the command does it itself.
    press.close().await;
    let said = press.command(["search", "rebuild"]).await;
    assert!(said.stderr.contains("30 stories"), "{}", said.stderr);
    said.ok();
    press.open().await;
    assert_eq!(total(&press).await, STORIES as u64);
}

pub async fn shared(press: Press) {
    let other = press.beside(&[]).await;
    fill(&press).await;
    settled(&other).await;
    let found = async |doors: &crate::press::Doors| asked(doors, "\"fish 3\"").await;
    assert_eq!(found(&other).await, ["Fish 3"]);
    // Whoever is left goes on with it.
    press.close().await;
    let story = other.story("urn:x:late").headline("Late fish");
    story.await;
    settled(&other).await;
    assert_eq!(asked(&other, "late").await, ["Late fish"]);
    other.close().await;
    press.open().await;
    settled(&press).await;
    assert_eq!(asked(&press, "late").await, ["Late fish"]);
}
