//! XML, JSON-LD and pages.

use super::put;
use crate::press::Press;
use serde_json::json;

const G2: &str = r#"<?xml version="1.0"?><newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:g:1" version="2"
    standard="NewsML-G2" standardversion="2.35" xml:lang="en"><catalogRef href="http://www.iptc.org/std/catalog/x.xml"/>
    <rightsInfo><usageTerms>Not for sale</usageTerms></rightsInfo>
    <itemMeta><itemClass qcode="ninat:text"/><provider qcode="nprov:QUAY"><name>Quay News</name></provider>
    <versionCreated>2026-01-10T10:00:00+02:00</versionCreated><pubStatus qcode="stat:usable"/><signal qcode="sig:correction"/></itemMeta>
    <contentMeta><urgency>2</urgency><by>By A. Writer</by><subject qcode="medtop:20000737" type="cpnat:abstract">
    <name xml:lang="en">medical research</name><name xml:lang="de">Forschung</name></subject>
    <headline>Ice &amp; fire</headline><description role="drol:summary">Short.</description></contentMeta>
    <contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>t</title></head>
    <body><p>One <em>two</em>.</p></body></html></inlineXML><remoteContent rendition="rnd:web" href="https://example.com/i.jpg"
    contenttype="image/jpeg" width="10"/></contentSet></newsItem>"#;

pub async fn other_formats(press: Press) {
    put(&press, "urn:g:1", "application/vnd.iptc.g2.newsitem+xml", G2)
        .await
        .expect(201);
    let one = press.read("urn:g:1").await;
    assert_eq!(
        (&one["headline"], &one["summary"], &one["urgency"]),
        (&json!("Ice & fire"), &json!("Short."), &json!(2))
    );
    assert_eq!(
        (&one["byline"], &one["published"]),
        (&json!("By A. Writer"), &json!("2026-01-10T08:00:00Z"))
    );
    assert_eq!(
        (&one["body"], &one["source"]["name"]),
        (&json!("<p>One <em>two</em>.</p>"), &json!("Quay News"))
    );
    assert_eq!(
        (&one["topics"][0]["code"], &one["renditions"][0]["name"]),
        (&json!("medtop:20000737"), &json!("web"))
    );
    assert!(one["extra"]["newsml-g2"]["item"].to_string().contains("Not for sale"));
    // The second time it is a correction, and the third it is none: nothing else was put right.
    let changed = G2.replace("One <em>", "1 <em>");
    put(&press, "urn:g:1", "text/xml; charset=utf-8", changed.as_str())
        .await
        .expect(200);
    put(&press, "urn:g:1", "application/xml", changed).await.expect(200);
    let one = press.read("urn:g:1").await;
    assert_eq!(
        (one["version"].as_i64(), one["corrections"].as_array().unwrap().len()),
        (Some(2), 1)
    );
    let nitf = "<nitf><head><title>T</title><docdata management-status='usable'><doc-id id-string='20260110-1'/>\
        <date.issue norm='20260110T080000Z'/><urgency ed-urg='4'/></docdata></head><body><body.head><hedline><hl1>Ice</hl1></hedline>\
        <byline>By A<byttl>Writer</byttl></byline><dateline><location>OULU</location></dateline></body.head><body.content>\
        <p>One <person>Ada</person>.</p><media media-type='image'><media-reference source='https://example.com/i.jpg' mime-type='image/jpeg'/>\
        <media-caption>C</media-caption></media></body.content></body></nitf>";
    put(&press, "urn:x:nitf", "application/nitf+xml", nitf)
        .await
        .expect(201);
    let two = press.read("urn:x:nitf").await;
    assert_eq!(
        (&two["headline"], &two["byline"], &two["dateline"]),
        (&json!("Ice"), &json!("By A Writer"), &json!("OULU"))
    );
    assert_eq!(
        (&two["body"], &two["renditions"][0]["caption"]),
        (&json!("<p>One Ada.</p>"), &json!("C"))
    );
    let linked = json!({"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Ice", "url": "https://example.com/ice",
        "datePublished": "2026-01-10T08:00:00Z", "articleBody": "One.\n\nTwo.", "author": {"@type": "Person", "name": "A"},
        "about": [{"@type": "Place", "name": "Oulu", "sameAs": "http://www.wikidata.org/entity/Q47048"}], "copyrightYear": 2026});
    put(
        &press,
        "https://example.com/ice",
        "application/ld+json",
        linked.to_string(),
    )
    .await
    .expect(201);
    let three = press.read("https://example.com/ice").await;
    assert_eq!(
        (&three["body"], &three["byline"]),
        (&json!("<p>One.</p>\n<p>Two.</p>"), &json!("A"))
    );
    assert_eq!(
        (&three["topics"][0]["kind"], &three["extra"]["schema-org"]),
        (&json!("place"), &json!({"copyrightYear": 2026}))
    );
    let page = "<!doctype html><html lang=en><head><title>T</title><meta property='og:title' content='Ice goes out'>\
        <meta property='article:published_time' content='2026-01-10T08:00:00Z'></head><body><nav>Menu</nav><article><h1>Ice</h1>\
        <p>The ice went out in Oulu on Saturday.</p></article></body></html>";
    put(&press, "https://example.com/page", "text/html", page)
        .await
        .expect(201);
    let four = press.read("https://example.com/page").await;
    assert_eq!(
        (&four["headline"], &four["body"]),
        (
            &json!("Ice goes out"),
            &json!("<p>The ice went out in Oulu on Saturday.</p>")
        )
    );
    for root in ["conceptItem", "knowledgeItem", "planningItem"] {
        let other = G2.replace("newsItem", root);
        let refused = put(&press, "urn:g:1", "application/xml", other)
            .await
            .expect(422)
            .json();
        assert_eq!(refused["detail"], format!("a {root} is no story"));
    }
    let broken = G2.replace("</contentMeta>", "");
    let refused = put(&press, "urn:g:1", "application/xml", broken)
        .await
        .expect(422)
        .json();
    assert!(
        refused["detail"].as_str().unwrap().contains("not well-formed")
            && refused["detail"].as_str().unwrap().contains("(line 11"),
        "{refused}"
    );
}

pub async fn encodings(press: Press) {
    let text = "<?xml version='1.0' encoding='ENC'?><nitf><head><title>Übergröße – «é»</title></head><body><body.content><p>x</p></body.content></body></nitf>";
    let latin = text.replace("ENC", "iso-8859-1").replace('–', "-");
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let windows: Vec<u8> = text
        .replace("ENC", "windows-1252")
        .chars()
        .map(|c| {
            if c == '–' {
                0x96
            } else {
                u8::try_from(u32::from(c)).unwrap()
            }
        })
        .collect();
    let wide = |big: bool| {
        let units = format!("\u{feff}{}", text.replace("ENC", "utf-16"));
        units
            .encode_utf16()
            .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
            .collect::<Vec<u8>>()
    };
    for (name, bytes, headline) in [
        ("latin", latin, "Übergröße - «é»"),
        ("windows", windows, "Übergröße – «é»"),
        ("utf16le", wide(false), "Übergröße – «é»"),
        ("utf16be", wide(true), "Übergröße – «é»"),
    ] {
        let uri = format!("urn:e:{name}");
        put(&press, &uri, "application/nitf+xml", bytes).await.expect(201);
        assert_eq!(press.read(&uri).await["headline"], headline, "{name}");
    }
}
