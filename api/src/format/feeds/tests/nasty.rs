//! Whatever comes in, it ends, and soon.

use super::read;
use crate::format::reading::Hints;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A quarter of a mebibyte of each of these takes a fraction of a second where time grows with length, and minutes where
/// it grows with its square.
#[test]
fn time_grows_with_length_only() {
    let begin = "<rss><channel><item><title>";
    for piece in [
        "<",
        "<a ",
        "<a>",
        "</a>",
        "</",
        "<!",
        "<!--",
        "<![CDATA[",
        "<?",
        "<!DOCTYPE [",
        "]",
        "&",
        "&#",
        "&a",
        "&amp;",
        "<a b='",
        "<a b=\"",
        "a='",
        "<a b='\" c=\"' ",
        "<item>",
        "<item/>",
        "<title>",
        "<br>",
        "<x:y xmlns:x='z'>",
        "<p>&lt;p&gt;",
        " ",
        "\n",
        "]]>",
        "-->",
        "'",
        "<a=\"'>",
        "<title>&lt;a href='",
        "<link>",
        "<category>x",
        "<enclosure url='x'/>",
        "<!ENTITY a 'b'>",
    ] {
        let most = 1 << 18;
        let bytes = format!("{begin}{}", piece.repeat((most - begin.len()) / piece.len()));
        let started = Instant::now();
        let _ = read(bytes.as_bytes(), &Hints::default());
        let took = started.elapsed();
        assert!(took < Duration::from_secs(20), "{piece}: {took:?}");
    }
}

/// Pieces that mean something to one or another part of the reader.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "<rss>",
        "<channel>",
        "<item>",
        "</item>",
        "<feed xmlns='http://www.w3.org/2005/Atom'>",
        "<entry>",
        "</entry>",
        "<title>",
        "</title>",
        "<title type='xhtml'>",
        "<title type='html'>",
        "<content type='base64' mode='base64'>",
        "<link>",
        "<link href='",
        "'/>",
        "<description>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&",
        "&amp;",
        "&#",
        "&#x",
        ";",
        "&lt;",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "<!DOCTYPE x [",
        "]>",
        "<!ENTITY a \"",
        "<pubDate>",
        "2026-01-12T19:16:00",
        "Mon, 12 Jan 2026",
        "+02:00",
        "PST",
        "12:",
        "<category term='",
        "<enclosure url='https://a.example/x' length='",
        "<media:group>",
        "<media:content url='x'>",
        "xml:base='",
        "http://",
        "xmlns:a='",
        "<a:b>",
        "<guid>",
        "{\"items\": [",
        "{\"id\": \"",
        "\"}",
        "]}",
        "<?xml version='1.0' encoding='",
        "?>",
        "utf-16",
        "utf-32",
        "\u{FEFF}",
        "\u{0}",
        "\u{1F30D}",
        "مرحبا",
        "日本",
    ]);
    prop_oneof![8 => words.prop_map(str::to_owned), 1 => ".{0,8}", 1 => "[0-9:+-]{1,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Hints::default());
    }

    #[test]
    fn no_soup_of_markup_makes_it_fall_over(pieces in prop::collection::vec(piece(), 0..60)) {
        let text = pieces.concat();
        if let Ok(document) = read(text.as_bytes(), &Hints { address: Some("https://a.example/feed"), ..Hints::default() }) {
            for item in &document.items {
                let headline = item.submission.headline.as_deref().unwrap_or_default();
                prop_assert_eq!(headline, headline.split_whitespace().collect::<Vec<_>>().join(" "));
                prop_assert!(item.identity.is_some());
            }
        }
    }

    /// What is escaped properly comes out as it was, in every script.
    #[test]
    fn a_title_in_good_order_is_kept(title in "\\PC{1,60}") {
        let escaped = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let text = format!("<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>{escaped}</title></entry></feed>");
        let document = read(text.as_bytes(), &Hints::default()).unwrap();
        let expected = title.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(document.items[0].submission.headline.clone().unwrap_or_default(), expected);
    }

    /// A feed that is cut off anywhere is read up to there.
    #[test]
    fn a_feed_that_breaks_off_gives_what_came_before(cut in 0_usize..400) {
        let item = |n| format!("<item><title>Story {n}</title><link>https://a.example/{n}</link><description>Text &amp; <![CDATA[<p>more</p>]]></description></item>");
        let text = format!("<rss><channel>{}</channel></rss>", (0..4).map(item).collect::<String>());
        let whole = text.get(..cut).unwrap_or(&text);
        let ends = whole.matches("</item>").count();
        if let Ok(document) = read(whole.as_bytes(), &Hints::default()) {
            prop_assert!(document.items.len() >= ends);
            for (n, item) in document.items.iter().take(ends).enumerate() {
                prop_assert_eq!(item.submission.headline.clone(), Some(format!("Story {n}")));
            }
        }
    }
}
