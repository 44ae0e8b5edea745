//! Getting stories in and out by the command line.

use crate::press::{Press, Setup};
use crate::runner::{Test, test};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;

pub fn all() -> Vec<Test> {
    vec![
        test(
            "an import takes our field names, and a second one changes nothing",
            twice,
        ),
        test(
            "an import reports refused lines with their number and reason, and stops at none",
            refusals,
        ),
        test("an import reads gzip, Zstandard and standard input alike", packed),
        test("what came before a break in a file is in", broken_off),
        test(
            "an export's line with an impossible past is refused and stops nothing",
            impossible_past,
        ),
        test(
            "an imported former name never hides the story that has the name today",
            former_names,
        ),
        test("others' ids are not ours when their names are mapped", foreign_ids),
        test("a record without a date keeps the time of its first import", dateless),
        test("others' field names are mapped, and a uri is made from an id", mapped),
        test(
            "an unknown field name in a mapping names the nearest known one",
            bad_mapping,
        ),
        test("an import that was killed is finished by running it again", killed),
        test(
            "an export brings the same house back, with ids, aliases and versions",
            round_trip,
        ),
        test(
            "the Reuters file imports, counts add up, and again nothing changes",
            reuters,
        )
        .with_corpus(),
        test(
            "the Slavic file imports, counts add up, and again nothing changes",
            slavic,
        )
        .with_corpus(),
        test(
            "the headlines of 2022 import, counts add up, and again nothing changes",
            headlines,
        )
        .with_corpus(),
    ]
}

fn file(press: &Press, name: &str, lines: &[String]) -> String {
    let path = press.folder().join(name);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    path.display().to_string()
}

fn story(n: usize) -> String {
    json!({
        "uri": format!("urn:test:{n}"), "language": "en", "headline": format!("Story {n}"),
        "body": format!("<p>Text of story {n}.</p>"), "topics": ["harbours", "Old Ships"], "source": "Quay News",
        "firstPublished": "2026-01-10T10:00:00Z",
    })
    .to_string()
}

async fn import(press: &Press, arguments: &[&str]) -> (i32, Value) {
    let mut command = vec!["import", "--json"];
    command.extend(arguments);
    let output = press.command(command).await;
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", output.stderr));
    (output.code.unwrap_or(-1), report)
}

fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

async fn total(press: &Press) -> u64 {
    press.get("/v1/articles?limit=1&total=true").await.expect(200).json()["total"]
        .as_u64()
        .unwrap()
}

async fn twice(press: Press) {
    let lines: Vec<String> = (0..1203).map(story).collect();
    let path = file(&press, "stories.ndjson", &lines);
    let (code, report) = import(&press, &[&path]).await;
    assert_eq!((code, counts(&report)), (0, [1203, 0, 0, 0]));
    assert_eq!(total(&press).await, 1203);
    let (code, report) = import(&press, &[&path]).await;
    assert_eq!((code, counts(&report)), (0, [0, 0, 1203, 0]));
    let topic = press.get("/v1/topics/old-ships").await.expect(200).json();
    assert_eq!(topic["name"], "Old Ships");
    let list = press
        .get("/v1/topics/old-ships/articles?total=true&limit=1")
        .await
        .expect(200)
        .json();
    assert_eq!(
        (list["total"].as_u64(), &list["items"][0]["source"]["slug"]),
        (Some(1203), &json!("quay-news"))
    );
}

async fn refusals(press: Press) {
    let lines = [
        story(1),
        "{\"uri\": \"urn:test:2\", ".to_owned(),
        json!({"uri": "urn:test:3", "urgency": 12}).to_string(),
        String::new(),
        json!({"headline": "No name"}).to_string(),
        json!({"uri": "urn:test:6", "headline": "x", "colour": "red"}).to_string(),
        "[]".to_owned(),
        json!({"type": "poem", "uri": "urn:test:8"}).to_string(),
        story(9),
    ];
    let path = file(&press, "mixed.ndjson", &lines);
    let kept = press.folder().join("refused.ndjson");
    let (code, report) = import(&press, &[&path, "--report", kept.to_str().unwrap()]).await;
    assert_eq!((code, counts(&report)), (3, [2, 0, 0, 6]));
    let told: Vec<(u64, String)> = report["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let faults = r["errors"].as_array().unwrap();
            let fields: Vec<&str> = faults.iter().map(|f| f["field"].as_str().unwrap()).collect();
            (
                r["line"].as_u64().unwrap(),
                format!("{} {}", r["code"].as_str().unwrap(), fields.join(" ")),
            )
        })
        .collect();
    let mut told = told;
    told.sort();
    let expected = [
        (2, "invalid_json "),
        (3, "invalid_content headline urgency"),
        (5, "invalid_content uri"),
        (6, "invalid_content "),
        (7, "invalid_json "),
        (8, "invalid_content type"),
    ];
    assert_eq!(told, expected.map(|(line, what)| (line, what.to_owned())));
    assert_eq!(std::fs::read_to_string(kept).unwrap().lines().count(), 6);
    assert_eq!(total(&press).await, 2);
}

async fn packed(press: Press) {
    use std::io::Write;
    let text = [story(1), story(2)].join("\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gz = press.folder().join("a.ndjson.gz");
    std::fs::write(&gz, gzip.finish().unwrap()).unwrap();
    let zst = press.folder().join("b.ndjson.zst");
    std::fs::write(&zst, zstd::encode_all(story(3).as_bytes(), 1).unwrap()).unwrap();
    let (code, report) = import(&press, &[gz.to_str().unwrap(), zst.to_str().unwrap()]).await;
    assert_eq!((code, counts(&report)), (0, [3, 0, 0, 0]));
    let output = press.command_with_input(["import", "-"], story(4).as_bytes()).await;
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(total(&press).await, 4);
    // A file that breaks off says so; what came before is in.
    let whole = std::fs::read(&gz).unwrap();
    std::fs::write(&gz, &whole[..whole.len() - 12]).unwrap();
    let output = press.command(["import", gz.to_str().unwrap()]).await;
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("breaks off"), "{}", output.stderr);
    let output = press.command(["import", "/nowhere/at/all.ndjson"]).await;
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("cannot read /nowhere/at/all.ndjson"),
        "{}",
        output.stderr
    );
}

async fn broken_off(press: Press) {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let lines: Vec<String> = (0..300).map(story).collect();
    gzip.write_all(lines.join("\n").as_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let path = press.folder().join("cut.ndjson.gz");
    std::fs::write(&path, &whole[..whole.len() - 9]).unwrap();
    let output = press.command(["import", path.to_str().unwrap()]).await;
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("breaks off"), "{}", output.stderr);
    let come_in = total(&press).await;
    assert!(come_in >= 290, "only {come_in} are in");
}

async fn former_names(press: Press) {
    press.story("urn:x:today").slug("name").headline("Today").await;
    press.get("/v1/articles/urn%3Ax%3Afree").await.expect(404);
    let line = json!({
        "type": "article", "id": "01890000-0000-7000-8000-00000000000c", "uri": "urn:x:moved", "headline": "Moved",
        "version": 1, "pubStatus": "usable", "versionCreated": "2026-01-10T12:00:00Z",
        "firstPublished": "2026-01-10T10:00:00Z", "versions": [],
        "aliases": [{ "kind": "slug", "name": "name" }, { "kind": "uri", "name": "urn:x:free" }],
    });
    let path = file(&press, "former.ndjson", &[line.to_string()]);
    let (code, report) = import(&press, &[&path]).await;
    assert_eq!((code, counts(&report)), (0, [1, 0, 0, 0]), "{report}");
    let headline = async |key: &str| {
        let story = press.get(&format!("/v1/articles/{key}")).await.expect(200).json();
        story["headline"].clone()
    };
    assert_eq!(headline("name").await, "Today");
    // The import was another process's: this one hears of it a moment later.
    let begun = std::time::Instant::now();
    while press.get("/v1/articles/urn%3Ax%3Afree").await.status != 200 {
        assert!(begun.elapsed().as_secs() < 20, "the former uri leads nowhere");
    }
    assert_eq!(headline("urn%3Ax%3Afree").await, "Moved");
    // Nor does it become another story's.
    let new = json!({ "headline": "New" });
    press.put("/v1/articles/urn%3Ax%3Afree", &new).await.expect(409);
    assert_eq!(headline("urn%3Ax%3Afree").await, "Moved");
}

async fn impossible_past(press: Press) {
    let line = |uri: &str, id: &str, versions: Value| {
        json!({
            "type": "article", "id": id, "uri": uri, "headline": "Third", "version": 3, "pubStatus": "usable",
            "versionCreated": "2026-01-10T12:00:00Z", "firstPublished": "2026-01-10T10:00:00Z", "versions": versions,
        })
        .to_string()
    };
    let past = |version: i64| {
        json!({
            "uri": "urn:past", "headline": "Earlier", "version": version, "pubStatus": "usable",
            "versionCreated": "2026-01-10T10:00:00Z", "topics": [],
        })
    };
    let [a, b] = [
        "01890000-0000-7000-8000-00000000000a",
        "01890000-0000-7000-8000-00000000000b",
    ];
    let mut unknown_topic = past(2);
    unknown_topic["topics"] = json!(["nobody:knows"]);
    let lines = [
        line("urn:past:1", a, json!([past(1), past(5)])),
        line("urn:past:2", a, json!([past(1), past(1)])),
        line("urn:past:3", a, json!([past(1), unknown_topic])),
        line("urn:past:4", a, json!([past(1), past(2)])),
        line("urn:past:5", a, json!([past(1), past(2)])),
        line("urn:past:6", b, json!([past(2)])),
    ];
    let path = file(&press, "past.ndjson", &lines);
    let (code, report) = import(&press, &[&path]).await;
    assert_eq!((code, counts(&report)), (3, [2, 0, 0, 4]), "{report}");
    assert_eq!(
        report["refusals"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|r| r["line"] == 5)
            .count(),
        1
    );
    let versions = press.get("/v1/articles/urn:past:4/versions").await.expect(200).json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 3);
}

async fn foreign_ids(press: Press) {
    let line = json!({"id": 17, "url": "https://x.example/17", "title": "Theirs"}).to_string();
    let path = file(&press, "ids.ndjson", &[line]);
    let (code, report) = import(&press, &[&path, "--map", "uri=url,headline=title"]).await;
    assert_eq!((code, counts(&report)), (0, [1, 0, 0, 0]), "{report}");
}

async fn dateless(press: Press) {
    let line = json!({"uri": "urn:test:1", "headline": "Undated"}).to_string();
    let path = file(&press, "undated.ndjson", &[line]);
    import(&press, &[&path]).await;
    let time = |story: &Value| story["firstPublished"].clone();
    let first = time(&press.get("/v1/articles/urn:test:1").await.expect(200).json());
    let line = json!({"uri": "urn:test:1", "headline": "Undated still"}).to_string();
    let path = file(&press, "undated.ndjson", &[line]);
    let (_, report) = import(&press, &[&path]).await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let story = press.get("/v1/articles/urn:test:1").await.expect(200).json();
    assert_eq!((time(&story), &story["version"]), (first, &json!(2)));
}

async fn mapped(press: Press) {
    let line = json!({
        "id": "a b/1", "title": "Назва", "text": "One.\n\nTwo.", "date": "2026-01-10T10:00:00Z", "lang": "uk",
        "authors": ["A. Author", "B. Writer"], "split": "TRAIN", "summary": "", "topics": ["Північний потік"],
    });
    let path = file(&press, "theirs.ndjson", &[line.to_string()]);
    let map = "headline=title,bodyText=text,firstPublished=date,language=lang,byline=authors";
    let (code, report) = import(&press, &[&path, "--uri-prefix", "urn:theirs:", "--map", map]).await;
    assert_eq!((code, counts(&report)), (0, [1, 0, 0, 0]), "{report}");
    let story = press
        .get("/v1/articles/urn%3Atheirs%3Aa%2520b%252F1")
        .await
        .expect(200)
        .json();
    let got = [
        "headline",
        "language",
        "byline",
        "summary",
        "firstPublished",
        "paragraphs",
    ]
    .map(|f| story[f].clone());
    let expected = [
        json!("Назва"),
        json!("uk"),
        json!("A. Author, B. Writer"),
        Value::Null,
        json!("2026-01-10T10:00:00Z"),
        json!(["One.", "Two."]),
    ];
    assert_eq!(got, expected);
    assert_eq!(story["topics"][0]["slug"], "pivnichnyi-potik");
}

async fn bad_mapping(press: Press) {
    let path = file(&press, "none.ndjson", &[]);
    let output = press.command(["import", path.as_str(), "--map", "headlin=title"]).await;
    assert_eq!(output.code, Some(1));
    assert!(
        output
            .stderr
            .contains("`headlin` is no field of a story; nearest is `headline`"),
        "{}",
        output.stderr
    );
}

async fn killed(press: Press) {
    let lines: Vec<String> = (0..6000).map(story).collect();
    let path = file(&press, "many.ndjson", &lines);
    let running = press.spawn(["import", path.as_str()]);
    // Kill it when some are in and some are not.
    let mut seen = 0;
    for _ in 0..2000 {
        seen = total(&press).await;
        if seen > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    running.kill().await;
    assert!(seen > 0, "nothing came in");
    let (code, report) = import(&press, &[&path]).await;
    let [created, updated, unchanged, refused] = counts(&report);
    assert_eq!((code, created + unchanged, updated, refused), (0, 6000, 0, 0));
    assert_eq!(total(&press).await, 6000);
    let (_, report) = import(&press, &[&path]).await;
    assert_eq!(counts(&report), [0, 0, 6000, 0]);
}

async fn round_trip(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("ukraine", "Ukraine", Some("world")).await;
    let long = "a-topic-with-a-name-that-is-longer-than-any-slug-that-the-house-would-make-by-itself-from-words";
    press.topic(long, "Long", None).await;
    press.topic(long, "Longer", None).await;
    press
        .story("urn:a")
        .headline("First")
        .topics(["ukraine", long])
        .source("Quay News")
        .await;
    press
        .story("urn:a")
        .headline("First, corrected")
        .topics(["world"])
        .with("slug", json!("renamed"))
        .await;
    press
        .story("urn:a")
        .headline("First, again")
        .related("background", "urn:b")
        .with("expires", json!("2027-01-01T00:00:00Z"))
        .await;
    press
        .story("urn:b")
        .headline("Other")
        .language("uk")
        .body("<p>Текст</p>")
        .with("urgency", json!(3))
        .await;
    press
        .put(
            "/v1/collections/front",
            &json!({"name": "Front", "items": ["urn:b", "urn:a"]}),
        )
        .await
        .expect(201);
    let whole = press.command(["export"]).await.ok();
    let path = file(&press, "house.ndjson", &[whole.trim_end().to_owned()]);
    let (code, report) = import(&press, &[&path]).await;
    assert_eq!(
        (code, counts(&report)),
        (0, [0, 0, 2, 0]),
        "into the same house nothing changes: {report}"
    );
    let topic = press.get(&format!("/v1/topics/{long}")).await.expect(200).json();
    assert_eq!(topic["version"], 2);
    let other = Press::start(press.backend(), Setup::default()).await;
    let (code, report) = import(&other, &[&path]).await;
    assert_eq!((code, counts(&report)), (0, [2, 0, 0, 0]), "{report}");
    assert_eq!(other.command(["export"]).await.ok(), whole);
    let by_old_slug = other.get("/v1/articles/first").await.expect(200).json();
    assert_eq!(
        (&by_old_slug["slug"], &by_old_slug["version"]),
        (&json!("renamed"), &json!(3))
    );
    let versions = other.get("/v1/articles/renamed/versions").await.expect(200).json();
    let headlines: Vec<&str> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["headline"].as_str().unwrap())
        .collect();
    assert_eq!(headlines, ["First, again", "First, corrected", "First"]);
}

/// Imports a file of the corpus and holds what came in against what the file says.
async fn corpus(press: Press, name: &str, most: usize) {
    let path: PathBuf = dateline_tests::corpus().unwrap().join(name);
    let packed = std::fs::File::open(&path).unwrap();
    let text = std::io::read_to_string(flate2::read::MultiGzDecoder::new(packed)).unwrap();
    let lines: Vec<&str> = text.lines().take(most).collect();
    let part = press.folder().join(name.trim_end_matches(".gz"));
    std::fs::write(&part, lines.join("\n")).unwrap();
    let map = "headline=title,firstPublished=date,bodyText=body,language=lang,byline=authors,source=publisher";
    let arguments = [part.to_str().unwrap(), "--uri-prefix", "urn:corpus:", "--map", map];
    let (_, report) = import(&press, &arguments).await;
    let [created, updated, unchanged, refused] = counts(&report);
    assert_eq!(created + updated + unchanged + refused, lines.len() as u64);
    assert_eq!((updated, unchanged), (0, 0));
    assert!(
        refused * 200 <= lines.len() as u64,
        "more than half a per cent refused: {report}"
    );
    assert_eq!(total(&press).await, created);
    let mut languages: HashMap<String, u64> = HashMap::new();
    for line in &lines {
        let record: Value = serde_json::from_str(line).unwrap();
        *languages
            .entry(record["lang"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let mut by_language = 0;
    for (language, expected) in languages {
        let list = press
            .get(&format!("/v1/articles?limit=1&total=true&language={language}"))
            .await
            .expect(200)
            .json();
        let found = list["total"].as_u64().unwrap();
        assert!(
            found <= expected && expected - found <= refused,
            "{language}: {found} of {expected}"
        );
        by_language += found;
    }
    assert_eq!(by_language, created);
    let (_, again) = import(&press, &arguments).await;
    assert_eq!(counts(&again), [0, 0, created, refused]);
}

async fn reuters(press: Press) {
    corpus(press, "reuters21578.ndjson.gz", 2_000).await;
}

async fn slavic(press: Press) {
    corpus(press, "bsnlp-slavic.ndjson.gz", 1_000).await;
}

async fn headlines(press: Press) {
    corpus(press, "headlines-2022.ndjson.gz", 2_000).await;
}
