//! Attacks, odd pages and properties; the walks over good pages stand in `text`'s own tests below.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::scan::{Token, Tokens};
use super::*;

/// That XML can hold it as it is, with the entities that XML knows.
fn assert_well_formed(xhtml: &str, input: &str) {
    use quick_xml::Reader;
    use quick_xml::events::Event;
    let whole = format!("<body>{xhtml}</body>");
    let mut reader = Reader::from_str(&whole);
    loop {
        let event = reader
            .read_event()
            .unwrap_or_else(|e| panic!("{e}: {xhtml} from {input:?}"));
        match event {
            Event::Eof => break,
            Event::Start(tag) | Event::Empty(tag) => {
                for attribute in tag.attributes() {
                    let value = attribute
                        .unwrap_or_else(|e| panic!("{e}: {xhtml} from {input:?}"))
                        .value;
                    assert!(!value.contains('<'), "{xhtml} from {input:?}");
                }
            }
            Event::GeneralRef(name) => {
                let known = ["amp", "lt", "gt", "quot", "apos"];
                assert!(
                    name.starts_with('#') || known.contains(&&*name),
                    "{xhtml} from {input:?}"
                );
            }
            _ => {}
        }
    }
}

/// The promises, whatever went in.
fn assert_safe(input: &str) -> String {
    let clean = sanitise(input);
    assert_well_formed(&xhtml(&clean), input);
    assert_eq!(sanitise(&clean), clean, "a second round changed it; input {input:?}");
    let mut open = Vec::new();
    for token in Tokens::new(&clean) {
        match token {
            Token::Start { name, attributes } => {
                assert!(tidy::ELEMENTS.contains(&name), "<{name}> from {input:?}");
                for (attribute, value) in parsed(attributes) {
                    assert!(ATTRIBUTES.contains(&attribute), "{attribute} from {input:?}");
                    if matches!(attribute, "href" | "src") {
                        let scheme = value.split(':').next().unwrap().to_lowercase();
                        assert!(
                            ["http", "https", "mailto", "tel"].contains(&scheme.as_str()),
                            "{value} from {input:?}"
                        );
                    }
                }
                if !["br", "hr", "img"].contains(&name) {
                    open.push(name);
                }
            }
            Token::End(name) => assert_eq!(open.pop(), Some(name), "unbalanced; input {input:?}, clean {clean:?}"),
            Token::Text(text) => assert_ne!(text, "<", "a bare < from {input:?}"),
        }
        assert!(open.len() <= 3 * tidy::DEPTH, "too deep from {input:?}");
    }
    assert!(open.is_empty());
    assert!(!clean.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
    let words = paragraphs(&clean);
    assert!(words.iter().all(|paragraph| !paragraph.trim().is_empty()));
    let text = plain(&words);
    assert_eq!(
        text.split("\n\n")
            .filter(|paragraph| !paragraph.is_empty())
            .collect::<Vec<_>>(),
        words,
        "{input:?}"
    );
    word_count(&text);
    markdown(&clean);
    clean
}

const ATTRIBUTES: [&str; 17] = [
    "alt", "colspan", "datetime", "dir", "height", "href", "hreflang", "lang", "rel", "reversed", "rowspan", "scope",
    "src", "start", "title", "value", "width",
];

/// The attributes of a start tag as the serialiser writes them.
fn parsed(attributes: &str) -> Vec<(&str, &str)> {
    let pairs: Vec<_> = attributes.split('"').collect();
    pairs
        .chunks_exact(2)
        .map(|pair| (pair[0].trim().trim_end_matches('='), pair[1]))
        .collect()
}

#[test]
fn attacks_come_out_harmless() {
    for (attack, clean) in [
        ("<script>alert(1)</script>a", "a"),
        ("<SCRIPT SRC=//x.example/x.js></SCRIPT >a", "a"),
        ("<script>alert(1)", ""),
        ("<script><!--<script></script>a", "a"),
        ("<scr<script>ipt>alert(1)</scr</script>ipt>", "ipt&gt;alert(1)ipt&gt;"),
        ("<scr\0ipt>alert(1)</script>a", "a"),
        ("<<script>alert(1)//<</script>", "&lt;"),
        ("<<x>b>c", "&lt;b&gt;c"),
        ("<style>@import 'x';</style>a", "a"),
        ("<p style=\"background:url(javascript:1)\" class=a id=b>a", "<p>a</p>"),
        ("<p onclick=alert(1) ONLOAD='x'>a</p>", "<p>a</p>"),
        ("<img src=x onerror=alert(1)>", ""),
        ("<img src=\"javascript:alert(1)\">a", "a"),
        ("<img src=data:image/svg+xml;base64,PHN2Zz4= alt=x>a", "a"),
        (
            "<img src=https://a.b/c.jpg onerror=alert(1)>",
            "<img src=\"https://a.b/c.jpg\">",
        ),
        ("<img alt=' src=\"http' src=x>a", "a"),
        (
            "<img/src=https://a.b/c/onerror=alert(1)>",
            "<img src=\"https://a.b/c/onerror=alert(1)\">",
        ),
        ("<img \"\"\"><script>alert(1)</script>\">", "\"&gt;"),
        (
            "<a href=javascript:alert(1)>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href=' JaVaScRiPt:alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href='java\nscript:alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href='java&#9;script:alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href='&#1;javascript:alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href='java&#1;script:alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href='&#106;avascript&colon;alert(1)'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        ("<q cite=javascript:alert(1)>a</q>", "<q>a</q>"),
        ("<q x='>'</cite>a", "<q>a</q>"),
        ("<a href=vbscript:x>a</a>", "<a rel=\"noopener noreferrer\">a</a>"),
        (
            "<a href='data:text/html,<script>x</script>'>a</a>",
            "<a rel=\"noopener noreferrer\">a</a>",
        ),
        ("<a href=/local>a</a>", "<a rel=\"noopener noreferrer\">a</a>"),
        (
            "<a href=//a.b/c>a</a>",
            "<a href=\"https://a.b/c\" rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href=https://a.b rel=opener target=_top>a",
            "<a href=\"https://a.b\" rel=\"noopener noreferrer\">a</a>",
        ),
        (
            "<a href=\"https://a.b/?x=1&y=2\" title='\"<b>'>a</a>",
            "<a href=\"https://a.b/?x=1&amp;y=2\" title=\"&quot;&lt;b&gt;\" rel=\"noopener noreferrer\">a</a>",
        ),
        ("<iframe src=https://evil.example>x</iframe>a", "a"),
        ("<object data=x><param name=y>z</object>a", "a"),
        ("<embed src=x>a", "a"),
        (
            "<base href=//evil.example><link rel=stylesheet href=x><meta http-equiv=refresh content=0>a",
            "a",
        ),
        (
            "<form action=//evil.example><input name=pw><button>Go</button></form>",
            "<div>Go</div>",
        ),
        ("<svg onload=alert(1)><script>1</script></svg>a", "a"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>a", "a"),
        ("<svg/onload=alert(1)>a", "a"),
        ("<math><mi//xlink:href=\"data:x,<script>1</script>\">b</math>a", "a"),
        (
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<table></table>",
        ),
        (
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">a",
            "<p>a</p>",
        ),
        ("<template><script>1</script></template>a", "a"),
        ("<textarea><p title='</textarea><img src=x onerror=1>'>a", "'&gt;a"),
        ("<title><a title='</title><img src=x onerror=1>'>a", "'&gt;a"),
        ("<xmp><p title='</xmp><img src=x onerror=1>'>a", "'&gt;a"),
        ("<noembed><a title='</noembed><img src=x onerror=1>'>a", "'&gt;a"),
        ("<plaintext><script>1</script>a", "a"),
        ("<!--[if IE]><script>1</script><![endif]-->a", "a"),
        ("<!--><script>1</script>-->a", "--&gt;a"),
        ("<!-- --!><img src=x onerror=1>-->a", "--&gt;a"),
        ("<![CDATA[<script>1</script>]]>a", "1]]&gt;a"),
        ("<?xml version=1?><!DOCTYPE html [<!ENTITY x 'y'>]>a", "]&gt;a"),
        (
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        (
            "&#60;script&#62;&#0;&#1;&#13;&#xFFFE;a\u{7F}",
            "&lt;script&gt;\u{FFFD}\na",
        ),
        ("<custom-element is=x>a</custom-element>", "a"),
        ("<b title='a", ""),
        ("a</b></p></script><br/></br>", "a<br><br>"),
        ("<video src=x/>a", "a"),
        (
            "<html><head><title>t</title><style>s</style></head><body onload=x><p>a</body></html>",
            "<p>a</p>",
        ),
        (
            "<p lang=uk dir=ltr xml:lang=uk>a</p>",
            "<p lang=\"uk\" dir=\"ltr\">a</p>",
        ),
    ] {
        assert_eq!(assert_safe(attack), clean, "{attack}");
    }
}

#[test]
fn sloppy_pages_become_the_page_that_was_meant() {
    for (page, clean) in [
        (
            "<h1>T</h1><section><header>a</header>b</section>",
            "<h2>T</h2><div><div>a</div>b</div>",
        ),
        (
            "<p>a<p>b<ul><li>c<li>d</ul>",
            "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>",
        ),
        ("<p><b>a</p><p>b</b></p>", "<p><b>a</b></p><p>b</p>"),
        ("<b><i>a</b>b</i>", "<b><i>a</i></b>b"),
        ("<h2>a</h3><p>b", "<h2>a</h2><p>b</p>"),
        (
            "<a href=https://a.b>a<a href=https://c.d>b</a>",
            "<a href=\"https://a.b\" rel=\"noopener noreferrer\">a</a><a href=\"https://c.d\" rel=\"noopener noreferrer\">b</a>",
        ),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        (
            "<ul><li>a<ul><li>b</ul><li>c</ul>",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        ),
        (
            "<table><td>a<td>b<tr><th colspan=2>c</table>d",
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><th colspan=\"2\">c</th></tr></tbody></table>d",
        ),
        (
            "<table><thead><td>a<tfoot><tr><td>b</table>",
            "<table><thead><tr><td>a</td></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
        ),
        (
            "<table><caption>a<tr><td><p>b</td></p></tr></table>",
            "<table><caption>a</caption><tbody><tr><td><p>b</p></td></tr></tbody></table>",
        ),
        (
            "<table><div>a<tr><td></div>b</table>",
            "<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>",
        ),
        ("<td>a</td><tr>b", "ab"),
        ("<pre>\n\n  a\n</pre>", "<pre>  a\n</pre>"),
        ("<pre><img src=x>&#10;\na</pre>", "<pre>a</pre>"),
        ("a\r\nb\rc\u{C}d", "a\nb\nc d"),
        ("  <p>a</p>\n", "<p>a</p>"),
        ("", ""),
        (" \n", ""),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
    ] {
        assert_eq!(assert_safe(page), clean, "{page}");
    }
}

/// A debug build of the parser takes thirty times as long as a release build.
#[test]
fn no_page_takes_long_or_grows_without_bounds() {
    let patience = Duration::from_secs(if cfg!(debug_assertions) { 15 } else { 1 });
    let formatting: String = (0..2_000).map(|n| format!("<i title={n}>")).collect();
    for (name, page) in [
        ("blocks", "<div>".repeat(10_000)),
        ("formatting", "<b>".repeat(10_000)),
        ("unknown", "<x>".repeat(10_000)),
        ("lists", "<ul><li>".repeat(3_000)),
        ("tables", "<table><tr><td>".repeat(2_000)),
        ("links", "<a href=https://a.b>".repeat(3_000)),
        ("drawings", "<svg>".repeat(10_000)),
        ("comments", "<!--a-->".repeat(10_000)),
        ("open comments", "<!--".repeat(10_000)),
        ("end tags", "</p></b></x>".repeat(10_000)),
        ("angles", "<".repeat(10_000)),
        (
            "reopened formatting",
            format!("<p>{formatting}{}", "<p>x".repeat(2_000)),
        ),
        ("hidden in an attribute", format!("<a =\"{}\">", "><div>".repeat(5_000))),
        ("hidden in a comment", "<div><!--</div>-->".repeat(3_000)),
        ("hidden in a script", "<div><script></div></script>".repeat(3_000)),
        ("ampersands", "&".repeat(15_000)),
        ("pounds", "£".repeat(15_000)),
        ("ampersands in pieces", "&</x>".repeat(15_000)),
        ("ampersands between cells", format!("<table>{}", "&</x>".repeat(15_000))),
        ("hidden by a table", "<div><table></div></table>".repeat(3_000)),
        ("crossed", "<b><div></b>".repeat(3_000)),
        ("an attribute", format!("<a title='{}'>x</a>", "x".repeat(1_000_000))),
        (
            "attributes",
            format!(
                "<a {}>x</a>",
                (0..100_000).map(|n| format!("a{n}=1 ")).collect::<String>()
            ),
        ),
        (
            "closed",
            format!("{}x{}", "<div>".repeat(10_000), "</div>".repeat(10_000)),
        ),
    ] {
        let begun = Instant::now();
        let clean = assert_safe(&page);
        assert!(begun.elapsed() < patience, "{name}: {:?}", begun.elapsed());
        assert!(
            clean.len() <= 5 * page.len() + 100,
            "{name}: {} of {}",
            clean.len(),
            page.len()
        );
        assert_safe(&clean);
    }
}

#[test]
fn blocks_are_read_in_order() {
    let read = |html: &str| paragraphs(&sanitise(html));
    assert_eq!(
        read("<h2>A &amp; B</h2><p>one\n  <b>two</b>,<i> three</i></p>tail"),
        ["A & B", "one two, three", "tail"]
    );
    assert_eq!(read("<p>a<br>b<br/>\n c</p>"), ["a\nb\nc"]);
    assert_eq!(read("<p>a<br><br>b<br><br><br></p><p><br></p>"), ["a", "b"]);
    assert_eq!(
        read("<ul><li>a<ul><li>b</li></ul>c</li><li><p>d</p></li></ul>"),
        ["a", "b", "c", "d"]
    );
    assert_eq!(
        read("<blockquote>a<p>b</p></blockquote><dl><dt>c<dd>d</dl>"),
        ["a", "b", "c", "d"]
    );
    assert_eq!(
        read("<figure><img src=https://a.b/c alt=x><figcaption>cap <q>said</q> it</figcaption></figure>"),
        ["cap “said” it"]
    );
    assert_eq!(
        read("<table><caption>C</caption><tr><th><th>Q1<th>Q2<tr><td>Net<td>1<p>2</p>3<td>x<br>y<tr><td></table>"),
        ["C", "\tQ1\tQ2", "Net\t1 2 3\tx y"]
    );
    assert_eq!(
        read("<table><tr><td>a<table><tr><td>b<td>c</table>d<td>e</table>"),
        ["a b c d\te"]
    );
    assert_eq!(read("<pre>  a\n\tb  c\n</pre>d"), ["  a\n\tb  c", "d"]);
    assert_eq!(read("<pre>a\n\n\n  b<br><br>c\n \nd</pre>"), ["a", "  b", "c\n \nd"]);
    assert_eq!(
        read("<p>&nbsp;</p><p> \u{200B}</p><p>1&nbsp;000 &lt;b&gt; &amp;lt; \"q\"</p>"),
        ["1\u{A0}000 <b> &lt; \"q\""]
    );
    assert_eq!(read("a<hr>b<p></p>"), ["a", "b"]);
    assert_eq!(plain(&read("<p>a</p><p>b</p>")), "a\n\nb");
    assert_eq!(plain::<String>(&[]), "");
    assert!(read("").is_empty());
}

#[test]
fn words_are_counted_in_any_script() {
    for (text, words) in [
        ("", 0),
        ("— … / !", 0),
        ("The well-known U.S. firm's 3.5% rise", 6),
        ("war—and peace/love", 4),
        ("П'ять об’єктів у Києві", 4),
        ("हिन्दी समाचार", 2),
        ("한국 뉴스", 2),
        ("中国留学生", 5),
        ("東京ニュース、速報。", 8),
        ("在2026年AI很好", 6),
        ("สวัสดีครับ", 2),
        ("ไทย ไทย", 2),
        ("مرحبا بالعالم", 2),
        ("\tQ1\tQ2\n\nNet", 3),
    ] {
        assert_eq!(word_count(text), words, "{text}");
    }
}

#[test]
fn plain_text_becomes_paragraphs() {
    for (text, html) in [
        ("", ""),
        (" \n\t\n ", ""),
        ("a\n\nb\nc", "<p>a</p>\n<p>b c</p>"),
        ("a\r\n \r\nb", "<p>a</p>\n<p>b</p>"),
        (
            "First of\nit.\n    Second <of>\nit.\n    Third\n",
            "<p>First of it.</p>\n<p>Second &lt;of&gt; it.</p>\n<p>Third</p>",
        ),
        ("a\n\tb\nc", "<p>a</p>\n<p>b c</p>"),
        ("Man Utd 2\nChelsea 1\n", "<p>Man Utd 2</p>\n<p>Chelsea 1</p>"),
        (
            "One sentence.\nAnother sentence.",
            "<p>One sentence.</p>\n<p>Another sentence.</p>",
        ),
        ("It said it is\nmaking a loan.", "<p>It said it is making a loan.</p>"),
        (
            "Magma Copper Co, a subsidiary of Newmont\nMining Corp, said it is cutting its copper cathode price by\n0.75 cent.",
            "<p>Magma Copper Co, a subsidiary of Newmont Mining Corp, said it is cutting its copper cathode price by 0.75 cent.</p>",
        ),
        ("　東京\n都\n　大阪", "<p>東京都</p>\n<p>大阪</p>"),
        ("AT&T\u{A0}&amp;\u{1}\u{FFFF}", "<p>AT&amp;T&nbsp;&amp;amp;</p>"),
    ] {
        assert_eq!(from_text(text), html, "{text:?}");
    }
}

#[test]
fn markdown_keeps_structure_and_cannot_be_faked() {
    for (html, text) in [
        (
            "<h2>A</h2><p>see <a href='https://a.b/c_d'>li*nk</a><br><em>x</em></p>",
            "## A\n\nsee [li\\*nk](https://a.b/c_d)  \n*x*",
        ),
        ("<ul><li>a<ol><li>b</ol><li>c</ul>", "*   a\n    1.  b\n*   c"),
        (
            "<table><tr><th>A|b<th>B<tr><td>1<td>2</table>",
            "| A&#124;b | B |\n| --- | - |\n| 1   | 2 |",
        ),
        (
            "<p># no heading</p><p>1. no list</p><p>&lt;b&gt; [x](javascript:1)</p>",
            "\\# no heading\n\n1\\. no list\n\n\\<b> \\[x\\](javascript:1)",
        ),
        (
            "<blockquote><p>a</p><p>b</p></blockquote><p><q>c</q></p>",
            "> a\n> \n> b\n\n“c”",
        ),
        ("<pre><code>a\n  b</code></pre>", "```\na\n  b\n```"),
        ("", ""),
    ] {
        assert_eq!(markdown(&sanitise(html)), text, "{html}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(debug_assertions) { 300 } else { 20_000 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_page_keeps_the_promises(pieces in proptest::collection::vec(piece(), 0..40)) {
        assert_safe(&pieces.concat());
    }

    #[test]
    fn any_text_keeps_the_promises(text in "(\\PC|[<>&\"'=/!-]|\\s|\\x00){0,80}") {
        assert_safe(&text);
        let html = from_text(&text);
        prop_assert_eq!(sanitise(&html), html);
    }

    #[test]
    fn plain_text_survives_the_way_there_and_back(words in proptest::collection::vec("[a-z<&>'\"їя]{1,8}", 1..20)) {
        let text = words.join("\n\n");
        prop_assert_eq!(plain(&paragraphs(&sanitise(&from_text(&text)))), text);
    }
}

fn piece() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => proptest::sample::select(tidy::ELEMENTS.to_vec()),
        1 => proptest::sample::select(vec![
            "h1", "section", "script", "style", "svg", "math", "template", "select", "option", "button", "form", "xmp",
            "textarea", "title", "noscript", "body", "html", "head", "frameset", "plaintext", "image", "tfoot", "col",
            "colgroup", "rp", "rt", "ruby", "nobr", "font", "big", "marquee", "desc", "mi", "annotation-xml", "foreignObject",
        ]),
    ];
    let attributes = proptest::sample::select(vec![
        "",
        "",
        "",
        "/",
        " ",
        " title=1",
        " title='>'",
        " =\">",
        " href=\"javascript:x\"",
        " href=https://a.b",
        " src=//a.b/c",
        " onclick=x",
        " a=b\"c",
        " x='",
        " style",
        " href=' \n/'",
        " src=\"https://x/\" alt=\"&lt;\"",
        " lang=&#1;x",
    ]);
    let text = proptest::sample::select(vec![
        "x",
        " ",
        "\n",
        "\n\n",
        "<",
        ">",
        "&",
        "&lt;",
        "&#10;",
        "&#13;",
        "&#1;",
        "&nbsp;",
        "\u{A0}",
        "\"",
        "'",
        "\r\n",
        "\0",
        "--",
        "<!--",
        "-->",
        "<!",
        "<?",
        "</",
        "</>",
        "]]>",
        "<![CDATA[",
        "їя",
        "北京",
        "&amp;lt;script&amp;gt;",
        "&colon;",
    ]);
    prop_oneof![
        4 => (name.clone(), attributes).prop_map(|(name, attributes)| format!("<{name}{attributes}>")),
        2 => name.prop_map(|name| format!("</{name}>")),
        3 => text.prop_map(str::to_owned),
    ]
}
