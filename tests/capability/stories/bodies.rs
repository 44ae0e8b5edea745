//! What becomes of a story's text on the way in.

use serde_json::json;

use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("HTML is made safe on the way in", safe),
        test("plain text becomes paragraphs", plain),
        test("a story without a body has no paragraphs and no words", empty),
        test("a body comes out as HTML, as text and as Markdown", formats),
    ]
}

async fn safe(press: Press) {
    for (number, (html, kept)) in [
        ("<p>Plain &amp; simple</p>", "<p>Plain &amp; simple</p>"),
        (
            "<p onclick='x()' style='color:red' class=lead id=a>Text</p>",
            "<p>Text</p>",
        ),
        ("<script>alert(1)</script><p>Text<style>p{}</style></p>", "<p>Text</p>"),
        (
            "<p>A <a href='javascript:alert(1)'>bad</a> link</p>",
            "<p>A <a rel=\"noopener noreferrer\">bad</a> link</p>",
        ),
        (
            "<p><a href=\"https://x.example/?a=1&b=2\" target=_blank onclick=x>Link</a></p>",
            "<p><a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noopener noreferrer\">Link</a></p>",
        ),
        ("<h1>Title</h1><p>Text", "<h2>Title</h2><p>Text</p>"),
        ("<p><img src=x onerror=alert(1)>Text</p>", "<p>Text</p>"),
        ("<iframe src='https://x.example'></iframe><p>Text</p>", "<p>Text</p>"),
        ("<p>a &lt;script&gt; b</p>", "<p>a &lt;script&gt; b</p>"),
    ]
    .into_iter()
    .enumerate()
    {
        let put = press.story(&format!("urn:x:{number}")).body(html).await;
        let story = press.get(&format!("/v1/articles/{}", put.id)).await.json();
        assert_eq!(story["body"], kept, "{html}");
        // What came out goes in again unchanged.
        assert_eq!(press.story(&put.uri).body(kept).await.outcome, "unchanged", "{html}");
    }
}

async fn plain(press: Press) {
    let text = "The first\nparagraph <of> text.\n\n\nThe second & last.\n";
    let put = press.story("urn:x:1").body_text(text).await;
    let story = press.get(&format!("/v1/articles/{}", put.id)).await.json();
    assert_eq!(
        [&story["body"], &story["paragraphs"], &story["wordCount"]],
        [
            &json!("<p>The first paragraph &lt;of&gt; text.</p>\n<p>The second &amp; last.</p>"),
            &json!(["The first paragraph <of> text.", "The second & last."]),
            &json!(8)
        ]
    );
}

async fn empty(press: Press) {
    for (uri, story) in [
        ("urn:x:1", press.story("urn:x:1")),
        ("urn:x:2", press.story("urn:x:2").body("")),
        ("urn:x:3", press.story("urn:x:3").body_text(" \n ")),
    ] {
        story.await;
        let story = press.get(&format!("/v1/articles/{}", segment(uri))).await.json();
        assert_eq!(
            [&story["body"], &story["paragraphs"], &story["wordCount"]],
            [&json!(""), &json!([]), &json!(0)]
        );
    }
}

async fn formats(press: Press) {
    let html = "<h2>Harvest</h2><p>It was <strong>good</strong> in <em>Kherson</em>.</p>\
                <ul><li>Wheat: 21,4 t</li><li>Зерно — п'ять</li></ul><blockquote><p>We saw it.</p></blockquote>";
    press.story("urn:x:1").body(html).await;
    let query = r#"{ article(by: {uri: "urn:x:1"}) {
        html: body  text: body(format: TEXT)  markdown: body(format: MARKDOWN)  paragraphs  wordCount } }"#;
    let shown = press.graphql(query, json!({})).await.data();
    crate::exact::keep("stories__body_formats", shown);
}
