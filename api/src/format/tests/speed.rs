//! How fast each format is read. A figure, not a promise: `cargo test --release -p dateline --lib format::tests::speed --
//! --ignored --nocapture`.

use crate::format::read;
use crate::format::reading::Hints;
use serde_json::json;
use std::fmt::Write;
use std::time::{Duration, Instant};

const TEXT: &str = "The harbour of the old town opens again, and ships come as they have come for a thousand years. ";

fn rss(stories: usize) -> String {
    let mut feed =
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
                    <channel><title>Quay</title><link>https://quay.example/</link>"
            .to_owned();
    for n in 0..stories {
        writeln!(
            feed,
            "<item><title>Story {n} &amp; more</title><link>https://quay.example/{n}</link><guid>https://quay.example/{n}</guid>\
             <pubDate>Mon, 12 Jan 2026 19:16:00 +0200</pubDate><category>Harbours</category><description>{TEXT}</description>\
             <content:encoded><![CDATA[<p>{}</p><p><a href=\"/more\">More</a></p>]]></content:encoded></item>",
            TEXT.repeat(20)
        )
        .unwrap();
    }
    feed + "</channel></rss>"
}

fn atom(stories: usize) -> String {
    let mut feed =
        "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://quay.example/\"><title>Quay</title>".to_owned();
    for n in 0..stories {
        writeln!(
            feed,
            "<entry><id>tag:quay.example,2026:{n}</id><title type=\"html\">Story {n} &amp;amp; more</title><link href=\"{n}\"/>\
             <published>2026-01-12T19:16:00+02:00</published><updated>2026-01-12T19:16:00+02:00</updated>\
             <category term=\"harbours\" label=\"Harbours\"/><summary>{TEXT}</summary>\
             <content type=\"html\">&lt;p&gt;{}&lt;/p&gt;&lt;p&gt;&lt;a href=\"more\"&gt;More&lt;/a&gt;&lt;/p&gt;</content></entry>",
            TEXT.repeat(20)
        )
        .unwrap();
    }
    feed + "</feed>"
}

fn ninjs(stories: usize) -> String {
    let story = |n: usize| {
        json!({
            "uri": format!("urn:quay:{n}"), "type": "text", "language": "en", "versionCreated": "2026-01-12T19:16:00+02:00",
            "pubStatus": "usable", "urgency": 3, "by": "By A. Writer", "slugline": "HARBOUR", "edNote": "Adds a paragraph",
            "headlines": [{ "role": "main", "value": format!("Story {n} & more") }],
            "descriptions": [{ "role": "summary", "contentType": "text/plain", "value": TEXT }],
            "bodies": [{ "role": "main", "contentType": "text/html", "value": format!("<p>{}</p><p>More</p>", TEXT.repeat(20)) }],
            "subjects": [{ "name": "harbours", "uri": "http://cv.iptc.org/newscodes/mediatopic/20000373" }],
            "copyrightHolder": "Quay", "usageTerms": "Not for sale",
        })
    };
    (0..stories)
        .map(story)
        .collect::<Vec<_>>()
        .into_iter()
        .collect::<serde_json::Value>()
        .to_string()
}

fn newsml(stories: usize) -> String {
    let mut message =
        "<newsMessage xmlns=\"http://iptc.org/std/nar/2006-10-01/\"><header><sent>2026-01-12T19:16:00Z</sent></header>\
                       <itemSet>"
            .to_owned();
    for n in 0..stories {
        writeln!(
            message,
            "<newsItem guid=\"urn:quay:{n}\" version=\"1\" xml:lang=\"en\"><catalogRef href=\"http://www.iptc.org/x.xml\"/><itemMeta>\
             <itemClass qcode=\"ninat:text\"/><provider qcode=\"nprov:Q\"><name>Quay</name></provider><versionCreated>2026-01-12T19:16:00+02:00</versionCreated>\
             <pubStatus qcode=\"stat:usable\"/></itemMeta><contentMeta><urgency>3</urgency><subject qcode=\"medtop:20000373\"><name>harbours</name></subject>\
             <slugline>HARBOUR</slugline><headline>Story {n} &amp; more</headline><by>By A. Writer</by><description role=\"drol:summary\">{TEXT}</description></contentMeta>\
             <contentSet><inlineXML contenttype=\"application/xhtml+xml\"><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>S</title></head><body>\
             <p>{}</p><p><a href=\"https://quay.example/more\">More</a></p></body></html></inlineXML></contentSet></newsItem>",
            TEXT.repeat(20)
        )
        .unwrap();
    }
    message + "</itemSet></newsMessage>"
}

/// One document, which is one story.
fn nitf(paragraphs: usize) -> String {
    let paragraph = format!("<p><person>Ada</person> says: {}</p>", TEXT.repeat(3));
    format!(
        "<nitf><head><title>Story &amp; more</title><docdata management-status=\"usable\"><doc-id id-string=\"urn:quay:1\"/><urgency ed-urg=\"3\"/>\
         <date.issue norm=\"20260112T191600+0200\"/></docdata></head><body><body.head><hedline><hl1>Story</hl1></hedline><byline>By A</byline>\
         </body.head><body.content>{}</body.content></body></nitf>",
        paragraph.repeat(paragraphs)
    )
}

fn linked(stories: usize) -> String {
    let story = |n: usize| {
        json!({
            "@type": "NewsArticle", "url": format!("https://quay.example/{n}"), "headline": format!("Story {n} & more"), "inLanguage": "en",
            "datePublished": "2026-01-12T19:16:00+02:00", "author": { "@type": "Person", "name": "A. Writer" }, "description": TEXT,
            "articleBody": TEXT.repeat(20), "keywords": ["harbours"], "image": "https://quay.example/i.jpg",
        })
    };
    json!({ "@context": "https://schema.org", "@graph": (0..stories).map(story).collect::<Vec<_>>() }).to_string()
}

/// One page, most of which is no story.
fn page(paragraphs: usize) -> String {
    let menu = "<li class=\"menu\"><a href=\"/section\">Section</a></li>".repeat(paragraphs);
    let paragraph = format!("<p>{}<a href=\"/more\">More</a></p>\n", TEXT.repeat(3)).repeat(paragraphs);
    format!(
        "<!doctype html><html lang=\"en\"><head><title>Story - Quay</title><meta property=\"og:title\" content=\"Story &amp; more\">\
         <meta property=\"article:published_time\" content=\"2026-01-12T19:16:00+02:00\"><script>{}</script></head><body><nav><ul>{menu}</ul></nav>\
         <article><h1>Story</h1>{paragraph}</article><footer>Quay</footer></body></html>",
        "var a = 1;\n".repeat(paragraphs)
    )
}

#[test]
#[ignore = "a figure, for a build that is optimised"]
fn megabytes_a_second() {
    for (name, document, stories) in [
        ("RSS", rss(500), 500),
        ("Atom", atom(500), 500),
        ("ninjs", ninjs(500), 500),
        ("NewsML-G2", newsml(500), 500),
        ("NITF", nitf(1_000), 1),
        ("JSON-LD", linked(500), 500),
        ("page", page(500), 1),
    ] {
        let hints = Hints {
            address: Some("https://quay.example/document"),
            ..Hints::default()
        };
        let (started, mut rounds) = (Instant::now(), 0_usize);
        while started.elapsed() < Duration::from_secs(3) {
            assert_eq!(
                read(document.as_bytes(), &hints).unwrap().items.len(),
                stories,
                "{name}"
            );
            rounds += 1;
        }
        #[allow(clippy::cast_precision_loss)]
        let megabytes = (document.len() * rounds) as f64 / 1e6;
        println!(
            "{name}: {:.0} MB/s ({} bytes)",
            megabytes / started.elapsed().as_secs_f64(),
            document.len()
        );
    }
}
