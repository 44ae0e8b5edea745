//! Feeds that are broken, as they are found.

use super::{feed, headline, item, rss};

fn titles(text: &str) -> Vec<String> {
    feed(text).items.iter().map(|i| headline(i).to_owned()).collect()
}

#[test]
fn a_damaged_document_is_read_as_far_as_a_reader_would() {
    for (text, expected) in [
        (
            "junk \u{FEFF}<?xml version='1.0'?><rss><channel><item><title>A</title></item>",
            &["A"][..],
        ),
        (
            "<rss><channel><item><title>A<link>https://a.example</link><item><title>B</item></rss>",
            &["A", "B"],
        ),
        (
            "<rss><channel><item><title>A</titel></item><item><title>B</title></item></channel>",
            &["A", "B"],
        ),
        (
            "<rss><channel><item><title><![CDATA[A</title></item><item><title>B</title></item>",
            &["A", "B"],
        ),
        (
            "<rss><item><title>A <!-- never ends</title></item><item><title>B</title></item></rss>",
            &["A never ends", "B"],
        ),
        (
            "<rss><item><foo:title>no</foo:title><title>A</title></item></rss>",
            &["A"],
        ),
        (
            "<rss><item><title>A & B &nosuch; C</title></item></rss>",
            &["A & B &nosuch; C"],
        ),
        ("<rss><item><title>A < B > C</title></item></rss>", &["A < B > C"]),
        ("<rss><item><title class=big lang='en>A</title></item></rss>", &["A"]),
        ("<rss><item><title>A<br>B<img src=x></title></item></rss>", &["A B"]),
        ("<Rss><Channel><Item><Title>A</title></ITEM></rss>", &["A"]),
        ("<rss><item><title>A</title></item><item><title><![CD", &["A", ""]),
        ("<rss><item><title>A</title", &["A"]),
        (
            "<item><title>A</title></item><item><title>B</title></item>",
            &["A", "B"],
        ),
    ] {
        assert_eq!(titles(text), expected, "{text}");
    }
}

#[test]
fn only_simple_entities_of_the_document_itself_stand_for_something() {
    let with = |doctype: &str, title: &str| {
        let text = format!("<!DOCTYPE rss [{doctype}]><rss><item><title>{title}</title></item></rss>");
        headline(&item(&text)).to_owned()
    };
    assert_eq!(with("<!ENTITY quay 'Quay &amp; Co'>", "The &quay;"), "The Quay & Co");
    assert_eq!(
        with("<!ENTITY quay \"a > b\"><!ENTITY % p 'x'>", "&quay; &p;"),
        "a > b &p;"
    );
    assert_eq!(
        with("<!ENTITY secret SYSTEM 'file:///etc/passwd'>", "&secret;"),
        "&secret;"
    );
    assert_eq!(
        with("<!ENTITY secret PUBLIC 'x' 'https://a.example/'>", "&secret;"),
        "&secret;"
    );
    // What it stands for is not looked into again.
    assert_eq!(with("<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>", "&b;"), "&a;&a;");
}

#[test]
fn entities_add_a_bounded_amount_of_text() {
    let declared = format!("<!DOCTYPE rss [<!ENTITY a '{}'>]>", "x".repeat(1000));
    let text = format!(
        "{declared}<rss><item><description>{}</description></item></rss>",
        "&a;".repeat(1_000_000)
    );
    let body = item(&text).submission.body_text.unwrap();
    assert!(body.len() < 5_000_000, "{}", body.len());
}

#[test]
fn packed_feeds_are_unpacked_up_to_a_bound() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let pack = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let hints = crate::format::reading::Hints::default();
    let packed = pack(b"<rss><item><title>A</title></item></rss>");
    assert_eq!(headline(&super::read(&packed, &hints).unwrap().items[0]), "A");
    let bomb = pack(&vec![b' '; 40 << 20]);
    assert_eq!(
        super::read(&bomb, &hints).unwrap_err().reason,
        "it is larger than 32 MiB"
    );
    assert!(
        super::read(b"\x1F\x8B\x08garbage", &hints)
            .unwrap_err()
            .reason
            .starts_with("it begins as gzip")
    );
}

#[test]
fn what_has_no_place_is_said() {
    let lost =
        rss("<title>A</title><wfw:comment>https://a.example/c</wfw:comment><language>klingon spoken</language>").lost;
    let whats: Vec<&str> = lost.iter().map(|l| l.what.as_str()).collect();
    assert_eq!(whats, ["comment", "language"]);
}
