//! How fast feeds are read. A figure, not a promise: `cargo test --release -p dateline --lib feeds::tests::speed -- --ignored
//! --nocapture`.

use super::read;
use crate::format::reading::Hints;
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

#[test]
#[ignore = "a figure, for a build that is optimised"]
fn megabytes_a_second() {
    for (name, feed) in [("RSS", rss(500)), ("Atom", atom(500))] {
        let (started, mut rounds) = (Instant::now(), 0_usize);
        while started.elapsed() < Duration::from_secs(3) {
            assert_eq!(read(feed.as_bytes(), &Hints::default()).unwrap().items.len(), 500);
            rounds += 1;
        }
        #[allow(clippy::cast_precision_loss)]
        let megabytes = (feed.len() * rounds) as f64 / 1e6;
        println!(
            "{name}: {:.0} MB/s ({} bytes)",
            megabytes / started.elapsed().as_secs_f64(),
            feed.len()
        );
    }
}
