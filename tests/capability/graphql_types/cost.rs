//! What the whole news page costs: a number of SQL statements that does not grow with the lists on it.

use serde_json::json;

use crate::graphql_http::{ASKING, statements};
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        // One connection: then the batches follow each other in the same order on every machine.
        test(
            "a news page costs the same statements for 5 stories as for 50",
            news_page,
        )
        .set("store.read_connections", 1),
        test(
            "a news page costs a bounded number of statements however many run at once",
            many_at_once,
        )
        .set("graphql.deadline_ms", 60_000),
    ]
}

const PAGE: &str = r#"
query NewsPage($count: Int!, $topic: String) {
  article(by: {slug: "main"}) {
    headline
    firstPublished(timeZone: "Europe/Kyiv")
    paragraphs
    source { name }
    topics { slug name ancestors { slug name } }
    relatedLinks { title article { headline topics { slug } } }
    moreAbout(first: $count) { topic { name } articles { headline firstPublished topics { slug } } }
  }
  latest(first: $count) {
    nodes {
      headline
      source { name }
      topics { slug name ancestors { slug } parent { slug } children { slug } }
      relatedLinks { title article { headline } }
      moreAbout(first: 5, topic: $topic) { topic { name } articles { headline } }
    }
  }
}"#;

/// A walk and the four statements of a fetch for each list, and one or two for each kind of thing on a story; some of
/// them twice, because the story and LATEST are found one after the other.
const MOST: u64 = 45;

const EACH: usize = 55;

/// Stories of four kinds, so that no list finds in memory what another has loaded: the newest, each with a link to one of
/// another kind; old ones to be shown beside them; and those that the story of the page is about.
async fn furnish(press: &Press) {
    for n in 0..5 {
        press.topic(&format!("root-{n}"), "Root", None).await;
        press
            .topic(&format!("leaf-{n}"), "Leaf", Some(&format!("root-{n}")))
            .await;
    }
    for slug in ["old", "main-topic"] {
        press.topic(slug, slug, None).await;
    }
    let put = async |kind: &str, n: usize, day: usize, topics: Vec<String>| {
        let story = press.story(&format!("urn:{kind}:{n}")).slug(&format!("{kind}-{n}"));
        let story = story
            .topics(topics.iter().map(String::as_str))
            .source(&format!("Source {}", n % 7));
        let story = story.body_text("One.\n\nTwo.");
        let story = if kind == "linked" {
            story
        } else {
            story.related("background", &format!("urn:linked:{n}"))
        };
        story.published_at(&format!("2026-01-{day:02}T10:{n:02}:00Z")).await;
    };
    for n in 0..EACH {
        put("linked", n, 1, Vec::new()).await;
        put("past", n, 2, vec!["old".to_owned()]).await;
        put("other", n, 3, vec!["main-topic".to_owned()]).await;
    }
    for n in 0..EACH {
        put(
            "new",
            n,
            11,
            vec![format!("leaf-{}", n % 5), format!("root-{}", (n + 1) % 5)],
        )
        .await;
    }
    let main = press
        .story("urn:main")
        .slug("main")
        .topics(["main-topic", "root-0"])
        .source("Source 1");
    main.related("background", "urn:linked:54")
        .published_at("2026-01-04T00:00:00Z")
        .await;
}

async fn news_page(press: Press) {
    furnish(&press).await;
    let apart = counts(&press, Some("old")).await;
    // Two batches that are under way at once may each find the same stories missing in memory, or only the first of them:
    // four statements more or less, once or twice. What grew with the lists would be forty-five.
    assert!(
        apart[0].abs_diff(apart[1]) <= 8,
        "statements for 5 stories and for 50: {apart:?}"
    );
    assert!(apart[0] <= MOST && apart[1] <= MOST, "{apart:?}");
    // Where lists share stories, it depends on who is faster how many of them the other one finds in memory.
    let shared = counts(&press, None).await;
    assert!(shared[0] <= MOST && shared[1] <= MOST, "{shared:?}");
}

/// The statements of a page with lists of 5 stories, and of one with lists of 50.
async fn counts(press: &Press, topic: Option<&str>) -> [u64; 2] {
    let mut counts = [0, 0];
    for (place, count) in [5, 50].into_iter().enumerate() {
        // A process of its own, so that nothing is in memory.
        let process = press.process().await;
        let before = statements(&process).await;
        let page = process
            .graphql(PAGE, json!({ "count": count, "topic": topic }))
            .await
            .data();
        counts[place] = statements(&process).await - before - ASKING;
        let (listed, more) = (&page["latest"]["nodes"], &page["article"]["moreAbout"]["articles"]);
        assert_eq!(
            (listed.as_array().unwrap().len(), more.as_array().unwrap().len()),
            (count, count)
        );
        for story in listed.as_array().unwrap() {
            assert_eq!(story["moreAbout"]["articles"].as_array().unwrap().len(), 5);
            assert!(story["relatedLinks"][0]["article"]["headline"].is_string());
        }
        process.terminate().await;
    }
    counts
}

async fn many_at_once(press: Press) {
    const AT_ONCE: u64 = 4;
    furnish(&press).await;
    let process = press.process().await;
    let before = statements(&process).await;
    let ask = || async { process.graphql(PAGE, json!({ "count": 50 })).await.data() };
    futures::future::join_all((0..AT_ONCE).map(|_| ask())).await;
    let ran = statements(&process).await - before - ASKING;
    assert!(ran <= AT_ONCE * MOST, "{ran} statements for {AT_ONCE} pages");
    process.terminate().await;
}
