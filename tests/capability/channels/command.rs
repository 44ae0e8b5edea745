//! `dateline channel`, and what it lists before anything is done.

use serde_json::{Value, json};

use super::{channel, cursor, partner, public, quiet, settled, told_at_last};
use crate::press::Press;

/// What a dry run lists, sorted.
async fn listed<const N: usize>(press: &Press, command: [&str; N]) -> Vec<String> {
    let mut lines: Vec<String> = press.command(command).await.ok().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

pub async fn administered(press: Press) {
    press.topic("sport", "Sport", None).await;
    press.topic("chess", "Chess", Some("sport")).await;
    press.story("urn:x:chess").topics(["chess"]).await;
    let put = ["channel", "put", "moves", "--name", "Moves", "--topic", "sport,-war"];
    // What is wrong is said, and a topic that is not there is.
    let refused = press.command(put).await;
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("there is no topic `war`"), "{refused}");
    press.topic("war", "War", None).await;
    assert_eq!(press.command(put).await.ok(), "moves\n");
    // The command goes by the machine's clock, and what it leaves to be done is due by that.
    press.clock.set("2999-01-01T00:00:00Z".parse().unwrap());
    settled(&press, "moves").await;
    let stories = press.get("/v1/channels/moves/articles").await.expect(200).json();
    assert_eq!(stories["items"][0]["uri"], "urn:x:chess");
    let list = press.command(["channel", "list", "--json"]).await.ok();
    let told: Value = serde_json::from_str(list.trim()).unwrap();
    assert_eq!((&told["slug"], &told["name"]), (&json!("moves"), &json!("Moves")));
    assert_eq!(told["selection"]["topics"], json!(["sport", "-war"]));
    press.command(["channel", "remove", "moves"]).await.ok();
    super::until(async || press.get("/v1/channels/moves").admin().await.status == 404).await;
    let unknown = press.command(["channel", "remove", "moves"]).await;
    assert_eq!(unknown.stderr, "dateline: There is no such channel.\n");
}

pub async fn open_house(press: Press) {
    partner(&press, "a").await;
    press.story("urn:x:1").await;
    channel(&press, "all", json!({})).await;
    let looked = press.command(["channel", "grant", "a", "all", "--dry-run"]).await;
    assert_eq!(looked.stdout, "");
    assert!(looked.stderr.contains("Everybody reads everything"), "{looked}");
}

pub async fn foreseen(press: Press) {
    for topic in ["games", "finance", "general"] {
        press.topic(topic, topic, None).await;
    }
    for (uri, topics) in [
        ("urn:x:games", vec!["games"]),
        ("urn:x:finance", vec!["finance"]),
        ("urn:x:both", vec!["games", "finance"]),
        ("urn:x:known", vec!["games", "general"]),
        ("urn:x:gone", vec!["games"]),
    ] {
        press.story(uri).headline("Headline").topics(topics).await;
    }
    press
        .post("/v1/articles/urn%3Ax%3Agone/withhold", &json!({}))
        .await
        .expect(200);
    public(&press, "general", json!({ "topics": ["general"] })).await;
    let a = partner(&press, "a").await;
    // A channel that is not there yet.
    let put = [
        "channel",
        "put",
        "games",
        "--name",
        "Games",
        "--topic",
        "games",
        "--dry-run",
    ];
    let all = [
        "+ urn:x:both  Headline",
        "+ urn:x:games  Headline",
        "+ urn:x:known  Headline",
    ];
    assert_eq!(listed(&press, put).await, all);
    press.get("/v1/channels/games").admin().await.expect(404);
    channel(&press, "games", json!({ "topics": ["games"] })).await;
    // A right: what he reads already does not come once more.
    let grant = ["channel", "grant", "a", "games", "--dry-run"];
    assert_eq!(listed(&press, grant).await, all[..2]);
    quiet(&press).await;
    let before = cursor(&press, Some(&a)).await;
    super::grant(&press, "a", "games").await;
    let came = ["entered publish urn:x:both", "entered publish urn:x:games"];
    told_at_last(&press, &before, "", Some(&a), &came).await;
    assert_eq!(listed(&press, grant).await, [""; 0]);
    // Another selection.
    let changed = [
        "channel",
        "put",
        "games",
        "--name",
        "Games",
        "--topic",
        "finance",
        "--dry-run",
    ];
    let moves = [
        "+ urn:x:finance  Headline",
        "- urn:x:games  Headline",
        "- urn:x:known  Headline",
    ];
    assert_eq!(listed(&press, changed).await, moves);
    // The right taken back, and the channel removed.
    let gone = ["- urn:x:both  Headline", "- urn:x:games  Headline"];
    assert_eq!(
        listed(&press, ["channel", "revoke", "a", "games", "--dry-run"]).await,
        gone
    );
    let emptied = [
        "- urn:x:both  Headline",
        "- urn:x:games  Headline",
        "- urn:x:known  Headline",
    ];
    assert_eq!(
        listed(&press, ["channel", "remove", "games", "--dry-run"]).await,
        emptied
    );
    assert_eq!(
        listed(&press, ["channel", "revoke", "a", "general", "--dry-run"]).await,
        [""; 0]
    );
    let stands = press
        .get("/v1/channels/games/articles")
        .key(&a)
        .await
        .expect(200)
        .json();
    assert_eq!(stands["items"].as_array().unwrap().len(), 3);
}
