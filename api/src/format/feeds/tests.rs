//! Small feeds of every kind, and what a reader makes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod corpus;
mod damaged;
mod nasty;

use super::read;
use crate::format::reading::{Document, Format, Hints, Item, Signal};

fn feed(text: &str) -> Document {
    read(text.as_bytes(), &Hints::default()).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn item(text: &str) -> Item {
    let items = feed(text).items;
    assert_eq!(items.len(), 1, "{text}");
    items.into_iter().next().unwrap()
}

fn rss(inside: &str) -> Item {
    item(&format!(
        "<rss version='2.0'><channel><item>{inside}</item></channel></rss>"
    ))
}

fn atom(inside: &str) -> Item {
    item(&format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry>{inside}</entry></feed>"
    ))
}

fn headline(item: &Item) -> &str {
    item.submission.headline.as_deref().unwrap_or_default()
}

#[test]
fn rss_is_read_with_all_that_a_story_has() {
    let document = feed(
        r#"<?xml version="1.0"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
             xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
        <channel><title>Quay News</title><link>https://quay.example/</link><language>en_gb</language>
          <atom:link rel="self" href="https://quay.example/rss"/><atom:link rel="hub" href="https://hub.example/"/>
          <atom:link rel="next" href="/rss?page=2"/>
          <item>
            <title>Harbour opens &amp; ships come</title><link>https://quay.example/1</link>
            <guid isPermaLink="false">quay-1</guid>
            <pubDate>Mon, 12 Jan 2026 19:16:00 +0200</pubDate><atom:updated>2026-01-13T08:00:00Z</atom:updated>
            <dc:creator>Ann Quay</dc:creator><category>Harbours</category><category>Old ships</category>
            <description>Ships come again.</description>
            <content:encoded><![CDATA[<p>Ships <a href="/ships">come</a> again.</p>]]></content:encoded>
            <enclosure url="https://quay.example/1.jpg" type="image/jpeg" length="1200"/>
            <media:content url="https://quay.example/1.jpg" width="640" height="480"><media:credit>A. Q.</media:credit></media:content>
            <enclosure url="https://quay.example/1.mp3" type="audio/mpeg" length="0"/>
            <source url="https://agency.example/rss">The Agency</source>
          </item></channel></rss>"#,
    );
    assert_eq!(document.format, Format::Rss);
    assert_eq!(document.about.title.as_deref(), Some("Quay News"));
    assert_eq!(document.about.language.as_deref(), Some("en-GB"));
    assert_eq!(document.about.home.as_deref(), Some("https://quay.example/"));
    assert_eq!(document.about.own_address.as_deref(), Some("https://quay.example/rss"));
    assert_eq!(document.about.hub.as_deref(), Some("https://hub.example/"));
    assert_eq!(document.about.next.as_deref(), Some("https://quay.example/rss?page=2"));
    let item = &document.items[0];
    let story = &item.submission;
    assert_eq!(item.identity.as_deref(), Some("quay-1"));
    assert_eq!(story.uri.as_deref(), Some("https://quay.example/1"));
    assert_eq!(headline(item), "Harbour opens & ships come");
    assert_eq!(story.summary.as_deref(), Some("Ships come again."));
    assert_eq!(
        story.body.as_deref(),
        Some("<p>Ships <a href=\"https://quay.example/ships\">come</a> again.</p>")
    );
    assert_eq!(story.byline.as_deref(), Some("Ann Quay"));
    assert_eq!(story.language.as_deref(), Some("en-GB"));
    assert_eq!(story.source.as_deref(), Some("The Agency"));
    assert_eq!(story.first_published.as_deref(), Some("2026-01-12T17:16:00Z"));
    assert_eq!(story.published.as_deref(), Some("2026-01-13T08:00:00Z"));
    assert_eq!(
        story.topics.as_deref(),
        Some(&["harbours".to_owned(), "old-ships".to_owned()][..])
    );
    assert_eq!(item.subjects[1].names.as_ref().unwrap()["en-GB"], "Old ships");
    let renditions = story.renditions.as_ref().unwrap();
    assert_eq!(renditions.len(), 2);
    let (picture, sound) = (&renditions[0], &renditions[1]);
    assert_eq!(
        (picture.name.as_str(), picture.width, picture.size),
        ("main", Some(640), Some(1200))
    );
    assert_eq!(picture.credit.as_deref(), Some("A. Q."));
    assert_eq!((sound.name.as_str(), sound.size), ("media", None));
    assert_eq!(item.signal, Signal::Publish);
    assert!(item.lost.is_empty(), "{:?}", item.lost);
}

#[test]
fn atom_is_read_with_all_that_a_story_has() {
    let document = feed(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="uk" xml:base="https://quay.example/news/">
        <title type="html">Quay &lt;b&gt;News&lt;/b&gt;</title><link href="."/><author><name>The desk</name></author>
        <entry><id>tag:quay.example,2026:1</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <em>new</em> pier</div></title>
          <link rel="alternate" href="1"/><link rel="related" href="../old" title="The old pier"/>
          <published>2026-01-12T19:16:00.25+02:00</published><updated>2026-01-12T17:16:00.25Z</updated>
          <category term="medtop:20000737" label="Piers"/>
          <category term="20000738" scheme="http://cv.iptc.org/newscodes/mediatopic/" label="Ships"/>
          <summary>Short.</summary>
          <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One<br/>&amp; <img src="a.png"/></p></div></content>
        </entry>
        <at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="tag:quay.example,2026:0"><at:comment>Wrong.</at:comment></at:deleted-entry>
        </feed>"#,
    );
    assert_eq!(
        (document.format, document.about.title.as_deref()),
        (Format::Atom, Some("Quay News"))
    );
    assert_eq!(document.about.home.as_deref(), Some("https://quay.example/news/"));
    let (item, gone) = (&document.items[0], &document.items[1]);
    let story = &item.submission;
    assert_eq!(story.uri.as_deref(), Some("tag:quay.example,2026:1"));
    assert_eq!(headline(item), "A new pier");
    assert_eq!(
        story.body.as_deref(),
        Some("<p>One<br>&amp; <img src=\"https://quay.example/news/a.png\"></p>")
    );
    let links: Vec<_> = story
        .related_links
        .iter()
        .flatten()
        .map(|l| (l.url.as_deref(), l.title.as_deref()))
        .collect();
    assert_eq!(
        links,
        [
            (Some("https://quay.example/news/1"), Some("quay.example")),
            (Some("https://quay.example/old"), Some("The old pier"))
        ]
    );
    assert_eq!(
        (story.first_published.as_deref(), story.published.as_deref()),
        (Some("2026-01-12T17:16:00Z"), None)
    );
    assert_eq!(
        story.topics.as_deref(),
        Some(&["medtop:20000737".to_owned(), "medtop:20000738".to_owned()][..])
    );
    assert_eq!(
        (story.language.as_deref(), story.byline.as_deref()),
        (Some("uk"), Some("The desk"))
    );
    assert_eq!(gone.identity.as_deref(), Some("tag:quay.example,2026:0"));
    assert_eq!(
        gone.signal,
        Signal::Cancel {
            reason: Some("Wrong.".to_owned())
        }
    );
}

#[test]
fn json_feed_is_read_with_all_that_a_story_has() {
    let document = feed(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "Quay", "home_page_url": "https://quay.example/",
        "feed_url": "https://quay.example/feed.json", "next_url": "https://quay.example/2.json", "language": "en",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "items": [{"id": 17, "url": "https://quay.example/17", "title": "A < B", "content_html": "<p>Text</p>", "summary": "Short",
          "image": "https://quay.example/17.png", "date_published": "2026-01-12T19:16:00+02:00", "authors": [{"name": "Ann"}, {"name": "Bob"}],
          "tags": ["Piers"], "attachments": [{"url": "https://quay.example/17.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}]}]}"#,
    );
    assert_eq!(
        (document.format, document.about.hub.as_deref()),
        (Format::JsonFeed, Some("https://hub.example/"))
    );
    assert_eq!(document.about.next.as_deref(), Some("https://quay.example/2.json"));
    let item = &document.items[0];
    assert_eq!((item.identity.as_deref(), headline(item)), (Some("17"), "A < B"));
    let story = &item.submission;
    assert_eq!(story.uri.as_deref(), Some("https://quay.example/17"));
    assert_eq!(story.byline.as_deref(), Some("Ann, Bob"));
    assert_eq!(story.renditions.as_ref().map(Vec::len), Some(2));
    assert_eq!(story.first_published.as_deref(), Some("2026-01-12T17:16:00Z"));
}

#[test]
fn older_formats_are_read() {
    let rdf = feed(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>
         <channel><title>Quay</title></channel><item rdf:about='https://quay.example/1'><title>One</title><link>https://quay.example/1</link>
         <dc:date>2003-12-31T10:14</dc:date><dc:subject>Piers</dc:subject></item></rdf:RDF>",
    );
    assert_eq!((rdf.format, rdf.about.title.as_deref()), (Format::Rdf, Some("Quay")));
    assert_eq!(rdf.items[0].identity.as_deref(), Some("https://quay.example/1"));
    assert_eq!(
        rdf.items[0].submission.first_published.as_deref(),
        Some("2003-12-31T10:14:00Z")
    );
    let old = feed(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title type='text/html' mode='escaped'>&lt;i&gt;One&lt;/i&gt;</title>
         <issued>2003-12-31</issued><content mode='base64'>PGI+VHdvPC9iPg==</content></entry></feed>",
    );
    assert_eq!((old.format, headline(&old.items[0])), (Format::Atom, "One"));
    assert_eq!(old.items[0].submission.body.as_deref(), Some("<b>Two</b>"));
    let cdf = feed(
        "<CHANNEL HREF='https://quay.example/'><TITLE>Quay</TITLE><ITEM HREF='https://quay.example/1' LASTMOD='1998-11-05T13:05'>
         <TITLE>One</TITLE><ABSTRACT>Short</ABSTRACT></ITEM></CHANNEL>",
    );
    assert_eq!(
        (cdf.format, cdf.about.home.as_deref()),
        (Format::Cdf, Some("https://quay.example/"))
    );
    let item = &cdf.items[0];
    assert_eq!(
        (headline(item), item.submission.summary.as_deref()),
        ("One", Some("Short"))
    );
    assert_eq!(item.submission.uri.as_deref(), Some("https://quay.example/1"));
}

#[test]
fn what_is_no_feed_is_refused_with_its_place_and_the_reason() {
    for (text, line, column, reason) in [
        ("", None, None, "it is empty"),
        (
            "\n\n <html><body><p>No</p></body></html>",
            Some(3),
            Some(2),
            "its outermost element is <html>, which begins none of the formats that are read",
        ),
        (
            "<html><item/></html>",
            Some(1),
            Some(1),
            "its outermost element is <html>, which begins none of the formats that are read",
        ),
        ("just words", Some(1), Some(1), "it holds no element and no JSON"),
        (
            "{\"items\": [1,}",
            Some(1),
            Some(14),
            "it is no JSON: expected value at line 1 column 14",
        ),
        (
            "{\"a\": 1}",
            Some(1),
            Some(1),
            "it is JSON and no feed: it has no list of `items`",
        ),
    ] {
        let refused = read(text.as_bytes(), &Hints::default()).expect_err(text);
        assert_eq!(
            (refused.line, refused.column, refused.reason.as_str()),
            (line, column, reason),
            "{text}"
        );
    }
}

#[test]
fn titles_are_plain_text_whatever_they_are_written_in() {
    for (title, plain) in [
        ("<title>A &amp;amp; B</title>", "A & B"),
        ("<title><![CDATA[A <b>bold</b> &amp; B]]></title>", "A bold & B"),
        ("<title>5 &lt; 6</title>", "5 < 6"),
        (
            "<title>AT&T &copy; 2026 &#8217;&#146;&#x2019;</title>",
            "AT&T © 2026 ’’’",
        ),
        ("<title>if a &lt;vector&gt; is</title>", "if a <vector> is"),
        ("<title>One <i>two</i>\n three</title>", "One two three"),
        ("<media:title>Picture</media:title><title>Story</title>", "Story"),
        ("<dc:title>Core</dc:title>", "Core"),
        ("<TITLE>Loud</TITLE>", "Loud"),
        ("<title>\u{1}Un\u{0}seen\u{8}</title>", "Unseen"),
    ] {
        assert_eq!(headline(&rss(title)), plain, "{title}");
    }
    assert_eq!(headline(&atom("<title>&lt;b&gt; is bold</title>")), "<b> is bold");
    assert_eq!(
        headline(&atom(
            "<title type='html'>&lt;script&gt;x()&lt;/script&gt;A&lt;br&gt;B</title>"
        )),
        "A B"
    );
}

#[test]
fn a_long_description_is_the_story_and_a_short_one_its_summary() {
    let short = rss("<description>Ships &lt;b&gt;come&lt;/b&gt; again.</description>").submission;
    assert_eq!(
        (short.summary.as_deref(), short.body),
        (Some("Ships come again."), None)
    );
    let whole = rss("<description>&lt;p&gt;Ships.&lt;/p&gt;</description>").submission;
    assert_eq!((whole.summary, whole.body.as_deref()), (None, Some("<p>Ships.</p>")));
    let long = rss(&format!("<description>{}</description>", "ship ".repeat(200))).submission;
    assert!(long.summary.is_none() && long.body_text.is_some());
}

#[test]
fn an_item_is_known_by_its_id_else_its_link_else_what_it_says() {
    for (inside, identity, uri) in [
        (
            "<guid>https://a.example/1#x</guid>",
            "https://a.example/1#x",
            Some("https://a.example/1%23x"),
        ),
        (
            "<guid>7</guid><link>https://a.example/7</link>",
            "7",
            Some("https://a.example/7"),
        ),
        (
            "<link>https://a.example/ä b</link>",
            "https://a.example/%C3%A4%20b",
            Some("https://a.example/%C3%A4%20b"),
        ),
        ("<guid>7</guid>", "7", None),
    ] {
        let item = rss(inside);
        assert_eq!(
            (item.identity.as_deref(), item.submission.uri.as_deref()),
            (Some(identity), uri),
            "{inside}"
        );
    }
    // Two feeds may number their items alike.
    let numbered = |home: &str| {
        let item = item(&format!(
            "<rss><channel><link>{home}</link><item><guid>7</guid></item></channel></rss>"
        ));
        item.submission.uri.unwrap()
    };
    assert_ne!(numbered("https://a.example/"), numbered("https://b.example/"));
    let said = |title: &str| rss(&format!("<title>{title}</title>")).identity.unwrap();
    assert!(said("One").starts_with("urn:uuid:"));
    assert_eq!(said("One"), said("One"));
    assert_ne!(said("One"), said("Two"));
}

#[test]
fn people_are_named_without_their_addresses() {
    for (inside, byline) in [
        ("<author>ann@quay.example (Ann Quay)</author>", Some("Ann Quay")),
        ("<author>Ann Quay &lt;ann@quay.example&gt;</author>", Some("Ann Quay")),
        ("<author>ann@quay.example</author>", None),
        (
            "<dc:creator>Ann</dc:creator><author>Bob</author><author>Ann</author>",
            Some("Ann, Bob"),
        ),
    ] {
        assert_eq!(rss(inside).submission.byline.as_deref(), byline, "{inside}");
    }
}

#[test]
fn times_are_read_in_every_spelling() {
    for (said, time) in [
        ("Thu, 01 Jan 2004 19:48:21 GMT", "2004-01-01T19:48:21Z"),
        ("Thu, 1 January 04 19:48 EST", "2004-01-02T00:48:00Z"),
        ("01 Jan 2004", "2004-01-01T00:00:00Z"),
        ("Thursday,01-Jan-2004 7:48:21 pm +01:00", "2004-01-01T18:48:21Z"),
        ("Sun Jan  4 16:29:06 PST 2004", "2004-01-05T00:29:06Z"),
        ("2003-12-31T10:14:55Z", "2003-12-31T10:14:55Z"),
        ("2003-12-31 10:14:55.123 +0200", "2003-12-31T08:14:55Z"),
        ("2003-12-31T10:14:55-08:00", "2003-12-31T18:14:55Z"),
        ("20031231T101455", "2003-12-31T10:14:55Z"),
        ("2003-12-31T24:00Z", "2004-01-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2003-335", "2003-12-01T00:00:00Z"),
        ("2003-12", "2003-12-01T00:00:00Z"),
        ("2003", "2003-01-01T00:00:00Z"),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
        ("2004년 05월 28일 오후 11:31:25", "2004-05-28T23:31:25Z"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
        ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
        ("mar., 13 janv. 2026 10:00", "2026-01-13T10:00:00Z"),
        ("1073000901", "2004-01-01T23:48:21Z"),
    ] {
        let item = rss(&format!("<pubDate>{said}</pubDate>"));
        assert_eq!(item.submission.first_published.as_deref(), Some(time), "{said}");
    }
    for said in [
        "yesterday",
        "2003-13-45",
        "99",
        "Thu",
        "1 2",
        "+",
        "12:00",
        "2004-01-01T99:00Z",
    ] {
        let item = rss(&format!("<pubDate>{said}</pubDate>"));
        assert_eq!(item.submission.first_published, None, "{said}");
        assert_eq!(item.lost[0].why, format!("{said} is no time"));
    }
}

#[test]
fn text_is_decoded_by_header_mark_declaration_or_looks() {
    let text = "<rss><channel><item><title>Київ: п'ять “кораблів”</title></item></channel></rss>";
    let declared = |label: &str| format!("<?xml version='1.0' encoding='{label}'?>{text}");
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect()
    };
    let utf32 = |text: &str, big: bool| -> Vec<u8> {
        text.chars()
            .flat_map(|c| {
                if big {
                    (c as u32).to_be_bytes()
                } else {
                    (c as u32).to_le_bytes()
                }
            })
            .collect()
    };
    let windows = |text: &str| encoding_rs::WINDOWS_1251.encode(text).0.into_owned();
    let cases: Vec<(&str, Vec<u8>, Option<&str>)> = vec![
        ("plain", text.into(), None),
        (
            "mark",
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            Some("text/xml; charset=koi8-r"),
        ),
        ("declared", windows(&declared("windows-1251")), None),
        (
            "said",
            windows(text),
            Some("application/rss+xml; charset=\"windows-1251\""),
        ),
        (
            "said wrongly",
            declared("utf-8").into(),
            Some("text/xml; charset=bogus"),
        ),
        ("declared wrongly", declared("bogus").into(), None),
        ("Latin by habit", declared("ISO-8859-1").into(), None),
        ("UTF-16 declared, UTF-8 in truth", declared("utf-16").into(), None),
        (
            "guessed",
            windows(&format!(
                "{text}<!-- {} -->",
                "Одна новина за одною, і всі про кораблі ".repeat(5)
            )),
            None,
        ),
        ("UTF-16", utf16(&format!("\u{FEFF}{text}"), true), None),
        ("UTF-16 without a mark", utf16(&declared("utf-16"), false), None),
        ("UTF-32", utf32(&format!("\u{FEFF}{text}"), false), None),
        ("UTF-32 without a mark", utf32(&declared("utf-32"), true), None),
        ("one byte wrong", [text.as_bytes(), b"\xFF"].concat(), None),
    ];
    for (name, bytes, content_type) in cases {
        let hints = Hints {
            content_type,
            ..Hints::default()
        };
        let document = read(&bytes, &hints).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(headline(&document.items[0]), "Київ: п'ять “кораблів”", "{name}");
    }
}
