//! Stories in four languages and three scripts, with all that breaks careless writers in every field.

use serde_json::{Value, json};

use crate::press::Press;

/// What ends CDATA, elements, attributes and comments, what looks like an entity, what turns the direction of writing,
/// what is more than one character to some and none to others.
pub const NASTY: &str =
    "]]> <b>&amp; \"'</b> --> &#0; %s \u{202E}abc\u{202C} e\u{301} 👩‍👩‍👧 \u{200B}\u{A0}\u{91} {{x}} \\u0000 \u{10FFFF}";

pub const HEADLINES: [(&str, &str, &str); 4] = [
    ("en", "urn:x:en", "Prices \"rise\" & fall"),
    ("uk", "urn:x:uk", "Ціни зростають, «ринок» не п'яний"),
    ("ar", "urn:x:ar", "ارتفاع الأسعار في الأسواق 2026"),
    ("ja", "urn:x:ja", "物価が上昇、市場は「静か」"),
];

/// The headline as it comes out of the house: white space is folded there.
pub fn headline(plain: &str) -> String {
    format!("{plain} {NASTY}")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn body(plain: &str) -> String {
    let text = NASTY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<p>{plain} {text}</p><p>One<br>two &nbsp; <img src=\"https://x.example/a.jpg?a=1&amp;b=2\" alt=\"&quot;&lt;\">\
         <a href=\"https://x.example/?q=]]&gt;\" title='\"'>link</a></p><ul><li>a<li>b</ul><pre>\n\n]]&gt; x</pre>&#xFFFE;&#1;<p>Last"
    )
}

pub fn fields(language: &str, plain: &str) -> Value {
    let nasty = |text: &str| format!("{text} {NASTY}");
    json!({
        "language": language,
        "headline": nasty(plain),
        "summary": nasty(plain),
        "body": body(plain),
        "byline": nasty("By"),
        "dateline": nasty("Kyiv"),
        "slugline": nasty("prices"),
        "urgency": 2,
        "genre": nasty("Analysis"),
        "edNote": nasty("Note"),
        "source": "Agency ]]> & <Sons>",
        "firstPublished": "2026-01-12T10:00:00.123456Z",
        "published": "2026-01-12T11:00:00Z",
        "expires": "2027-01-12T11:00:00Z",
        "topics": ["prices", "kyiv", "somebody", "bank", "summit"],
        "relatedLinks": [
            { "kind": "external", "url": "https://x.example/%D1%86%D1%96%D0%BD%D0%B8?a=1&b=%5D%5D%3E", "title": nasty("See") },
            { "kind": "background", "uri": "urn:x:plain", "title": nasty("Before") },
            { "kind": "translation_of", "uri": "urn:x:plain" },
        ],
        "renditions": [
            {
                "name": "main", "href": "https://x.example/%D1%84%D0%BE%D1%82%D0%BE-1.jpg?a=1&b=2", "mediaType": "image/jpeg", "width": 1200,
                "height": 800, "size": 123_456, "focalPoint": { "x": 0.5, "y": 0.25 }, "credit": nasty("Photo"),
                "alt": nasty("Alt"), "caption": nasty("Caption"),
            },
            {
                "name": "thumbnail", "href": "https://x.example/t.jpg", "mediaType": "image/jpeg", "credit": nasty("Photo"),
                "alt": nasty("Alt"), "caption": nasty("Caption"),
            },
            { "name": "clip", "href": "https://x.example/c.mp4", "mediaType": "video/mp4" },
            { "name": "bare", "href": "https://x.example/bare" },
        ],
        "replaces": "urn:x:plain",
    })
}

/// Puts them in, and a plain one before them.
pub async fn furnish(press: &Press) {
    for (slug, kind, code) in [
        ("prices", "subject", Some("medtop:20000373")),
        ("kyiv", "place", None),
        ("somebody", "person", Some("wd:Q1")),
        ("bank", "organisation", None),
        ("summit", "event", None),
    ] {
        let mut topic =
            json!({ "kind": kind, "names": { "en": format!("{slug} ]]> & <x>"), "ar": "أسعار", "ja": "物価" } });
        if let Some(code) = code {
            topic["code"] = json!(code);
        }
        press.put(&format!("/v1/topics/{slug}"), &topic).await.expect(201);
    }
    press
        .story("urn:x:plain")
        .headline("Plain")
        .slug("plain")
        .published_at("2026-01-11T10:00:00Z")
        .await;
    for (language, uri, plain) in HEADLINES {
        let path = format!("/v1/articles/{}", crate::press::segment(uri));
        press.put(&path, &fields(language, plain)).await.expect(201);
        let correction = json!({ "text": format!("It was wrong. {NASTY}") });
        press.post(&format!("{path}/correct"), &correction).await.expect(200);
    }
}
