//! The reader's page: a news page as HTML, for people.

use serde_json::json;

use crate::press::{Answer, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a story's page shows the story, MORE ABOUT and LATEST", a_storys_page),
        test("a page shows only what the gate shows", behind_the_gate),
        test(
            "the page of an expired story is not found, like one that never was",
            an_expired_storys_page,
        ),
        test("markup in a headline is shown, not obeyed", markup_in_a_headline),
        test("a page that has not changed is not sent again", not_sent_again),
        test("older and newer lead through all of LATEST and back", older_and_newer),
        test("a page in Arabic runs from right to left", right_to_left),
        test("a story's older address leads to its page", an_older_address),
        test("a topic's page shows its place in the tree and its feed", a_topics_page),
        test("the front begins with what the editors chose", the_front),
        test("a page runs no program and loads nothing but pictures", no_program),
        test(
            "an address of the site that leads nowhere answers with a page",
            leads_nowhere,
        ),
    ]
}

/// A page, one tag a line, for people who read snapshots.
fn lines(page: &Answer) -> String {
    let version = concat!("?v=", env!("CARGO_PKG_VERSION"));
    page.text().replace(version, "").replace("><", ">\n<")
}

/// The text between two marks, as often as it stands there.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from)
        .skip(1)
        .filter_map(|rest| rest.split(to).next())
        .collect()
}

/// The slugs that the headlines of a part of the page lead to.
fn stories(part: &str) -> Vec<&str> {
    between(part, "<h3><a href=\"/articles/", "\"")
}

async fn read(press: &Press, path: &str) -> Answer {
    let page = press.get(path).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    page
}

/// Hours before the evening of the press's clock.
fn at(hour: usize) -> String {
    format!("2026-01-12T{hour:02}:00:00Z")
}

async fn a_storys_page(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("russia", "Russia", Some("world")).await;
    for (n, name) in ["one", "two", "three", "four", "five", "six", "seven"]
        .iter()
        .enumerate()
    {
        let topics = if n == 3 { vec!["world"] } else { vec!["russia"] };
        let story = press.story(&format!("urn:{name}")).slug(name).topics(topics);
        story.published_at(&at(n + 1)).await;
    }
    let story = press
        .story("urn:kerry")
        .slug("kerry")
        .headline("Kerry's visit to Russia doesn't signify thaw – Department of State")
        .with("summary", "No reset, says the press office.")
        .with("byline", "A. Reporter")
        .with("dateline", "KYIV")
        .source("Example Agency")
        .topics(["russia"])
        .body("<p>A recent visit doesn't signify a <b>reset</b>.</p><p>Besides, Rathke said.</p>")
        .published_at("2026-01-12T17:04:00Z")
        .with("published", "2026-01-12T17:30:00Z")
        .related("background", "urn:one")
        .with(
            "renditions",
            json!([
                { "name": "film", "href": "https://media.example/film.mp4", "mediaType": "video/mp4" },
                { "name": "main", "href": "https://media.example/main.jpg", "mediaType": "image/jpeg",
                  "width": 1600, "height": 900, "credit": "B. Photographer", "alt": "Two men shake hands" },
            ]),
        );
    let id = story.await.id;
    let page = read(&press, "/articles/kerry").await;
    let aside = between(page.text(), "<aside", "</aside>");
    let lists = between(aside[0], "<section>", "</section>");
    assert_eq!(stories(lists[0]), ["seven", "six", "five", "three", "two"]);
    assert_eq!(stories(lists[1]), ["kerry", "seven", "six", "five", "four"]);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("site__story", lines(&page).replace(&id, "<id>")));
}

async fn behind_the_gate(press: Press) {
    press.topic("world", "World", None).await;
    for (name, hour) in [("stays", 10), ("goes", 11)] {
        let story = press.story(&format!("urn:{name}")).slug(name).topics(["world"]);
        let story = story.published_at(&at(hour));
        if name == "goes" {
            story.with("expires", "2026-01-12T20:30:00Z").await;
        } else {
            story.related("background", "urn:goes").await;
        }
    }
    let chosen = json!({ "name": "Front", "items": ["urn:goes", "urn:stays"] });
    press.put("/v1/collections/front", &chosen).await.expect(201);
    let pages = ["/", "/topics/world", "/articles/stays"];
    for path in pages {
        let page = read(&press, path).await;
        assert!(page.text().contains("/articles/goes"), "{path}: {page}");
    }
    press.clock.set("2026-01-12T20:30:00Z".parse().unwrap());
    for path in pages {
        let page = read(&press, path).await;
        assert!(page.text().contains("stays"), "{path}: {page}");
        assert!(!page.text().contains("goes"), "{path}: {page}");
    }
}

async fn an_expired_storys_page(press: Press) {
    let story = press
        .story("urn:flash")
        .slug("flash")
        .with("expires", "2026-01-12T20:30:00Z");
    let put = story.await;
    read(&press, "/articles/flash").await;
    press.clock.set("2026-01-12T20:30:00Z".parse().unwrap());
    let never = press.get("/articles/never").await.expect(404);
    for key in ["flash", &put.id, "urn:flash"] {
        let gone = press.get(&format!("/articles/{key}")).await.expect(404);
        assert_eq!(gone.bytes, never.bytes, "{gone}");
        let told = |answer: &Answer| {
            let mut names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(told(&gone), told(&never));
    }
}

async fn markup_in_a_headline(press: Press) {
    let hostile = r#"</title></script><script>alert("1")</script> & 'more'"#;
    let story = press.story("urn:hostile").slug("hostile").headline(hostile);
    story
        .with("summary", hostile)
        .with("byline", hostile)
        .source(hostile)
        .body("<p onclick=\"x()\">Safe.</p><script>alert(2)</script>")
        .with(
            "renditions",
            json!([{ "name": "main", "href": "https://media.example/a.jpg?a=1&b='2'", "alt": hostile }]),
        )
        .await;
    for path in ["/", "/articles/hostile"] {
        let page = read(&press, path).await;
        let scripts = between(page.text(), "<script", ">");
        assert!(
            scripts.iter().all(|s| *s == " type=\"application/ld+json\""),
            "{path}: {page}"
        );
        assert!(!page.text().contains("onclick"), "{path}: {page}");
        assert!(page.text().contains("&lt;/title&gt;"), "{path}: {page}");
    }
    let page = read(&press, "/articles/hostile").await;
    let data = between(page.text(), "<script type=\"application/ld+json\">", "</script>");
    let data: serde_json::Value = serde_json::from_str(data[0]).unwrap();
    assert_eq!(data["headline"], hostile);
    assert_eq!(data["author"]["name"], hostile);
}

async fn not_sent_again(press: Press) {
    let story = press.story("urn:story").slug("story");
    story.clone().await;
    for path in ["/", "/articles/story", "/topics", "/assets/site.css"] {
        let page = press.get(path).await.expect(200);
        let etag = page.etag();
        let again = press.get(path).header("if-none-match", etag).await.expect(304);
        assert_eq!((again.bytes.len(), again.etag()), (0, etag), "{again}");
        assert_eq!(again.header("cache-control"), page.header("cache-control"));
    }
    let etag = read(&press, "/articles/story").await.etag().to_owned();
    story.headline("Another headline").await;
    let page = press.get("/articles/story").header("if-none-match", &etag);
    assert!(page.await.expect(200).text().contains("Another headline"));
    let page = press.get("/articles/story").admin().await.expect(200);
    assert_eq!(page.header("cache-control"), "private, no-cache");
}

async fn older_and_newer(press: Press) {
    press.topic("world", "World", None).await;
    for n in 0..45 {
        // Three in each minute, so that pages end among stories of the same time.
        let time = format!("2026-01-12T10:{:02}:00Z", n / 3);
        let story = press.story(&format!("urn:{n}")).slug(&format!("story-{n}"));
        story.topics(["world"]).published_at(&time).await;
    }
    for path in ["/", "/topics/world"] {
        let (mut way, mut seen) = (vec![path.to_owned()], Vec::new());
        loop {
            let page = read(&press, &way[way.len() - 1]).await;
            seen.extend(stories(page.text()).into_iter().map(str::to_owned));
            let canonical = between(page.text(), "rel=\"canonical\" href=\"https://news.example", "\"");
            assert_eq!(canonical, [way[way.len() - 1].as_str()]);
            match between(page.text(), "rel=\"next\" href=\"", "\"")[..] {
                [older] => way.push(older.to_owned()),
                _ => break,
            }
        }
        assert_eq!(way.len(), 3, "{way:?}");
        let mut each = seen.clone();
        each.sort();
        each.dedup();
        assert_eq!((seen.len(), each.len()), (45, 45));

        let mut back = Vec::new();
        let mut at = way[2].clone();
        loop {
            let page = read(&press, &at).await;
            let page_of = stories(page.text()).into_iter().map(str::to_owned);
            back.splice(0..0, page_of);
            match between(page.text(), "rel=\"prev\" href=\"", "\"")[..] {
                [newer] => at = newer.to_owned(),
                _ => break,
            }
        }
        assert_eq!(back, seen);
    }
}

async fn right_to_left(press: Press) {
    press
        .story("urn:en")
        .slug("english")
        .headline("A story in English")
        .await;
    let story = press
        .story("urn:ar")
        .slug("arabic")
        .language("ar-EG")
        .headline("العثور على ورشة نجار");
    story.await;
    let page = read(&press, "/articles/arabic").await;
    let page = page.text();
    assert!(page.contains(r#"<html lang="ar-EG" dir="rtl">"#), "{page}");
    assert!(
        page.contains(r#"<a href="/articles/english" lang="en" dir="ltr">"#),
        "{page}"
    );
    assert!(page.contains("آخر الأخبار"), "our own words are Arabic too: {page}");
    let front = read(&press, "/").await;
    let front = front.text();
    assert!(front.contains(r#"<html lang="en" dir="ltr">"#), "{front}");
    assert!(
        front.contains(r#"<a href="/articles/arabic" lang="ar-EG" dir="rtl">"#),
        "{front}"
    );
}

async fn an_older_address(press: Press) {
    let put = press.story("urn:story").slug("before").await;
    press.story("urn:story").slug("after").await;
    for key in ["before", "urn:story", &put.id] {
        let page = press.get(&format!("/articles/{key}")).await.expect(301);
        assert_eq!(page.header("location"), "/articles/after");
    }
    read(&press, "/articles/after").await;
}

async fn a_topics_page(press: Press) {
    press.topic("world", "World", None).await;
    press.topic("europe", "Europe", Some("world")).await;
    press.topic("ukraine", "Ukraine", Some("europe")).await;
    press.story("urn:kyiv").slug("kyiv").topics(["ukraine"]).await;
    press.story("urn:other").slug("other").topics(["world"]).await;
    let page = read(&press, "/topics/europe").await;
    let crumbs = between(page.text(), "<nav class=\"crumbs\"", "</nav>")[0];
    let above = between(crumbs, "<a href=\"", "\"");
    assert_eq!(above, ["/topics", "/topics/world"]);
    let below = between(page.text(), "<ul class=\"tags\">", "</ul>")[0];
    assert_eq!(between(below, "<a href=\"", "\""), ["/topics/ukraine"]);
    assert_eq!(stories(page.text()), ["kyiv"]);
    let all = read(&press, "/topics").await;
    let tree = between(all.text(), "<ul class=\"tree\">", "</main>")[0];
    assert_eq!(between(tree, "<a href=\"", "\""), ["/topics/world", "/topics/europe"]);
}

async fn the_front(press: Press) {
    for (n, name) in ["one", "two", "three"].iter().enumerate() {
        let story = press.story(&format!("urn:{name}")).slug(name);
        story.published_at(&at(n + 1)).await;
    }
    let page = read(&press, "/").await;
    assert_eq!(stories(page.text()), ["three", "two", "one"]);
    assert!(between(page.text(), "<section class=\"top\">", "</section>").is_empty());
    let chosen = json!({ "name": "Front", "items": ["urn:two", "urn:one"] });
    press.put("/v1/collections/front", &chosen).await.expect(201);
    let page = read(&press, "/").await;
    let top = between(page.text(), "<section class=\"top\">", "</section>")[0];
    let chosen = between(top, "<h2><a href=\"/articles/", "\"");
    assert_eq!(chosen, ["two", "one"]);
    assert_eq!(stories(page.text()), ["three", "two", "one"]);
}

async fn no_program(press: Press) {
    press.story("urn:story").slug("story").await;
    for path in ["/", "/articles/story", "/topics", "/articles/nowhere"] {
        let page = press.get(path).await;
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src https: http: data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        let loaded = between(page.text(), "<link rel=\"stylesheet\" href=\"", "\"");
        assert!(loaded[0].starts_with("/assets/site.css"), "{path}: {loaded:?}");
        assert!(!page.text().contains(" style=\""), "{path}: {page}");
    }
    let style = press.get("/assets/site.css").await.expect(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(!style.text().contains("url("), "{style}");
    assert!(!style.text().contains("@import"), "{style}");
}

async fn leads_nowhere(press: Press) {
    let foreign = "/?after=AXMAAAAAAAAAAA";
    for path in ["/articles/nowhere", "/topics/nowhere", foreign, "/topics?before=x"] {
        let page = press.get(path).header("accept", "application/json").await.expect(404);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{page}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.text().contains("Page not found"), "{page}");
        assert!(!page.text().contains("nowhere"), "{page}");
    }
    // Links to a news site come with all sorts of parameters.
    read(&press, "/?utm_source=letter&fbclid=1&fbclid=2").await;
    let page = press.ask(reqwest::Method::POST, "/").await.expect(405);
    assert_eq!(page.header("allow"), "GET,HEAD");
}
