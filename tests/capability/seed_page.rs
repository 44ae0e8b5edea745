//! The page that Dateline was begun for (`seed-page.txt` of the corpus): a story, MORE ABOUT its topic, LATEST. Put in
//! as data and asked for once, it comes back line by line.

use dateline_tests::corpus;
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "the whole news page comes back by one GraphQL request, in local times",
            by_graphql,
        )
        .with_corpus(),
        test(
            "the whole news page comes back by one REST request, in local times",
            by_rest,
        )
        .with_corpus(),
        test(
            "MORE ABOUT says its topic and never holds the story it stands beside",
            never_itself,
        ),
    ]
}

const STORY: &str = "urn:example:kerry";
const TOPIC: &str = "russia";
/// The page gives the story no time; it speaks of Wednesday and of May 12 as yesterday: Kyiv's 13 May 2015.
const STORY_TIME: &str = "2015-05-13T22:10:00+03:00";
/// Nor the last item of LATEST: a little before the one above it.
const LAST_TIME: &str = "18:09, 12.01.2026";

/// A headline and its time as the page writes it: `19:04, 07.01.2026`.
type Item = (String, String);

#[derive(Debug, PartialEq)]
struct Page {
    headline: String,
    paragraphs: Vec<String>,
    more_about: Vec<Item>,
    latest: Vec<Item>,
}

impl Page {
    fn of_the_corpus() -> (Page, Vec<String>) {
        let file = corpus().expect("the corpus").join("seed-page.txt");
        let text = std::fs::read_to_string(file).expect("the seed page");
        // `Advertising` is what a site puts between the parts, no news.
        let mut lines: Vec<String> = text
            .lines()
            .filter(|l| *l != "Advertising")
            .map(str::to_owned)
            .collect();
        lines.push(LAST_TIME.to_owned());
        let heading = |name: &str| lines.iter().position(|l| l == name).expect("a heading");
        let (more_about, latest) = (heading("MORE ABOUT"), heading("LATEST"));
        let items = |lines: &[String]| -> Vec<Item> {
            let (pairs, rest) = lines.as_chunks::<2>();
            assert!(rest.is_empty(), "a headline without a time: {rest:?}");
            pairs
                .iter()
                .map(|[headline, time]| (headline.clone(), time.clone()))
                .collect()
        };
        let page = Page {
            headline: lines[0].clone(),
            paragraphs: lines[1..more_about].to_vec(),
            more_about: items(&lines[more_about + 1..latest]),
            latest: items(&lines[latest + 1..]),
        };
        (page, lines)
    }

    fn lines(self) -> Vec<String> {
        let Page {
            headline,
            paragraphs,
            more_about,
            latest,
        } = self;
        let items = |items: Vec<Item>| items.into_iter().flat_map(|(headline, time)| [headline, time]);
        std::iter::once(headline)
            .chain(paragraphs)
            .chain(["MORE ABOUT".to_owned()])
            .chain(items(more_about))
            .chain(["LATEST".to_owned()])
            .chain(items(latest))
            .collect()
    }
}

/// The page as data: older things first, as news comes in, save that one of LATEST is entered late.
async fn enter(press: &Press) -> Vec<String> {
    let (page, lines) = Page::of_the_corpus();
    assert_eq!(
        (page.more_about.len(), page.latest.len()),
        (5, 5),
        "five items in each list"
    );
    press.topic(TOPIC, "Russia", None).await;
    press.topic("norway", "Norway", None).await;
    press
        .story(STORY)
        .headline(&page.headline)
        .body_text(&page.paragraphs.join("\n\n"))
        .topics([TOPIC])
        .published_at(STORY_TIME)
        .await;
    // What is on the topic and older than the five, and what is newer than them but only beside the topic, has no place.
    let older = press.story("urn:example:older").topics([TOPIC]);
    older.published_at(&instant("12:00, 29.12.2025")).await;
    let items = [
        ("more-about", &page.more_about, TOPIC),
        ("latest", &page.latest, "norway"),
    ];
    for (list, items, topic) in items {
        for place in [4, 2, 1, 0, 3] {
            let (headline, time) = &items[place];
            press
                .story(&format!("urn:example:{list}:{place}"))
                .headline(headline)
                .topics([topic])
                .published_at(&instant(time))
                .await;
        }
    }
    lines
}

/// `19:04, 07.01.2026` in Kyiv, where it is winter in all of them.
fn instant(local: &str) -> String {
    let time = DateTime::strptime("%H:%M, %d.%m.%Y", local).unwrap_or_else(|error| panic!("{local}: {error}"));
    format!("{time}+02:00")
}

/// `2026-01-07T19:04:00+02:00` as the page writes it.
fn local(time: &Value) -> String {
    let time = time.as_str().expect("a time");
    assert!(time.ends_with("+02:00"), "{time} is not Kyiv's winter time");
    let wall: DateTime = time.parse().unwrap_or_else(|error| panic!("{time}: {error}"));
    wall.strftime("%H:%M, %d.%m.%Y").to_string()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

fn items(list: &Value, time: fn(&Value) -> &Value) -> Vec<Item> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|item| (text(&item["headline"]), local(time(item))))
        .collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(text).collect()
}

async fn by_graphql(press: Press) {
    let lines = enter(&press).await;
    let query = r#"query($zone: TimeZone!) {
        article(by: { uri: "urn:example:kerry" }) {
            headline
            paragraphs
            firstPublished(timeZone: $zone)
            moreAbout(first: 5) { topic { name } articles { headline firstPublished(timeZone: $zone) } }
        }
        latest(first: 5) { nodes { headline firstPublished(timeZone: $zone) } }
    }"#;
    let answer = press.graphql(query, json!({ "zone": "Europe/Kyiv" })).await.data();
    let story = &answer["article"];
    assert_eq!(story["moreAbout"]["topic"]["name"], "Russia");
    assert_eq!(story["firstPublished"], STORY_TIME, "in summer");
    let page = Page {
        headline: text(&story["headline"]),
        paragraphs: texts(&story["paragraphs"]),
        more_about: items(&story["moreAbout"]["articles"], |item| &item["firstPublished"]),
        latest: items(&answer["latest"]["nodes"], |item| &item["firstPublished"]),
    };
    assert_eq!(page.lines(), lines);
}

async fn by_rest(press: Press) {
    let lines = enter(&press).await;
    let path = format!(
        "/v1/articles/{}?include=moreAbout,latest&timeZone=Europe/Kyiv",
        segment(STORY)
    );
    let story = press.get(&path).await.expect(200).json();
    assert_eq!(story["moreAbout"]["topic"]["name"], "Russia");
    assert_eq!(story["local"]["firstPublished"], STORY_TIME, "in summer");
    assert_eq!(story["local"]["timeZone"], "Europe/Kyiv");
    let page = Page {
        headline: text(&story["headline"]),
        paragraphs: texts(&story["paragraphs"]),
        more_about: items(&story["moreAbout"]["articles"], |item| &item["local"]["firstPublished"]),
        latest: items(&story["latest"], |item| &item["local"]["firstPublished"]),
    };
    assert_eq!(page.lines(), lines);
}

async fn never_itself(press: Press) {
    press.topic(TOPIC, "Russia", None).await;
    press.topic("kerry", "John Kerry", Some(TOPIC)).await;
    for minute in 0..7 {
        press
            .story(&format!("urn:example:{minute}"))
            .topics(if minute % 2 == 0 {
                [TOPIC, "kerry"]
            } else {
                ["kerry", TOPIC]
            })
            .published_at(&format!("2026-01-12T19:0{minute}:00Z"))
            .await;
    }
    press.story("urn:example:no-topic").await;
    // Beside each story the five newest others, also where the story is among the newest itself.
    for (minute, topic) in [(6, "Russia"), (5, "John Kerry"), (3, "John Kerry"), (0, "Russia")] {
        let others = (0..7).rev().filter(|m| *m != minute).take(5);
        let expected: Vec<String> = others.map(|m| format!("urn:example:{m}")).collect();
        let uri = format!("urn:example:{minute}");

        let path = format!("/v1/articles/{}/related", segment(&uri));
        let rest = press.get(&path).await.expect(200).json()["moreAbout"].take();
        let query =
            "query($uri: String!) { article(by: { uri: $uri }) { moreAbout { topic { name } articles { uri } } } }";
        let graphql = press.graphql(query, json!({ "uri": uri })).await.data()["article"]["moreAbout"].take();
        for (door, more_about) in [("REST", rest), ("GraphQL", graphql)] {
            let articles = more_about["articles"].as_array().expect("a list");
            let uris: Vec<String> = articles.iter().map(|a| text(&a["uri"])).collect();
            assert_eq!(uris, expected, "{door}, beside {uri}");
            assert_eq!(more_about["topic"]["name"], topic, "{door}, beside {uri}");
        }
    }
    let alone = press
        .get("/v1/articles/urn%3Aexample%3Ano-topic/related")
        .await
        .expect(200);
    assert_eq!(alone.json()["moreAbout"], json!({ "topic": null, "articles": [] }));
}
