//! From a sanitised body to plain words, and from plain words to a body.

use super::legible;
use super::scan::{Token, Tokens};
use super::tidy::is_block;

/// The plain text of each block of a **sanitised** body, in reading order; no empty ones.
///
/// - Paragraphs, headings, list items, terms, captions and text outside any block are one each.
/// - `<br>` is a line feed in its paragraph; two or more of them are a new paragraph.
/// - A table row is one paragraph, its cells separated by tabs (blocks and line breaks in a cell become a space), so
///   the columns survive in text and cannot be taken for anything else: elsewhere white space is folded.
/// - In `<pre>` white space is kept, and a blank line begins a new paragraph. `<q>` becomes “…”. Non-breaking spaces
///   stay what they are.
///
/// This is a walk over the text and no parser, and it is right only for what `sanitise` returns: there every tag is
/// closed, attributes are double-quoted and no other entities occur than `&amp; &lt; &gt; &nbsp; &quot;`. A parser
/// would build the same tree a second time for every story, at many times the cost.
pub fn paragraphs(clean_html: &str) -> Vec<String> {
    let mut page = Reading::default();
    for token in Tokens::new(clean_html) {
        match token {
            Token::Text(text) => page.text(text),
            Token::Start { name, .. } => page.start(name),
            Token::End(name) => page.end(name),
        }
    }
    page.finish_paragraph();
    page.done
}

/// The whole story as plain text: paragraphs with a blank line between. No paragraph holds a blank line, so splitting at
/// `"\n\n"` gives them back.
pub fn plain<P: AsRef<str>>(paragraphs: &[P]) -> String {
    let mut text = String::with_capacity(paragraphs.iter().map(|paragraph| paragraph.as_ref().len() + 2).sum());
    for paragraph in paragraphs {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(paragraph.as_ref());
    }
    text
}

#[derive(Default)]
struct Reading {
    done: Vec<String>,
    line: String,
    /// White space was seen; it counts if a word follows in the same paragraph.
    gap: bool,
    preformatted: usize,
    rows: usize,
    row_has_cells: bool,
}

impl Reading {
    fn start(&mut self, name: &str) {
        match name {
            "br" => self.line_break(),
            "q" => self.word("“"),
            "img" => (),
            "tr" if self.rows == 0 => {
                self.finish_paragraph();
                self.rows = 1;
                self.row_has_cells = false;
            }
            "tr" => self.rows = self.rows.saturating_add(1),
            "td" | "th" if self.rows == 1 => self.cell(),
            "pre" => {
                self.boundary();
                self.preformatted = self.preformatted.saturating_add(1);
            }
            _ if is_block(name) => self.boundary(),
            _ => (),
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "q" => {
                self.gap = false;
                self.line.push('”');
            }
            "td" | "th" if self.rows == 1 => (),
            "tr" => {
                self.rows = self.rows.saturating_sub(1);
                self.boundary();
            }
            "pre" => {
                self.boundary();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            _ if is_block(name) => self.boundary(),
            _ => (),
        }
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 && self.rows == 0 {
            return push_decoded(&mut self.line, text);
        }
        let is_space = |c: char| c.is_ascii_whitespace();
        self.gap |= text.starts_with(is_space);
        for (index, word) in text.split_ascii_whitespace().enumerate() {
            self.gap |= index > 0;
            self.word(word);
        }
        self.gap |= text.ends_with(is_space);
    }

    fn word(&mut self, word: &str) {
        if self.gap && !self.line.is_empty() && !self.line.ends_with(['\n', '\t']) {
            self.line.push(' ');
        }
        self.gap = false;
        push_decoded(&mut self.line, word);
    }

    fn line_break(&mut self) {
        if self.rows > 0 {
            self.gap = true;
        } else if self.preformatted == 0 && self.line.ends_with('\n') {
            self.finish_paragraph();
        } else {
            self.gap = false;
            self.line.push('\n');
        }
    }

    fn cell(&mut self) {
        self.gap = false;
        if self.row_has_cells {
            self.line.push('\t');
        }
        self.row_has_cells = true;
    }

    fn boundary(&mut self) {
        if self.rows > 0 {
            self.gap = true;
        } else {
            self.finish_paragraph();
        }
    }

    fn finish_paragraph(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.gap = false;
        if self.preformatted > 0 {
            let stanzas = line
                .split("\n\n")
                .map(|stanza| stanza.trim_end().trim_start_matches('\n'));
            self.done
                .extend(stanzas.filter(|stanza| !stanza.is_empty()).map(str::to_owned));
            return;
        }
        // A row keeps the empty cell it begins with.
        let kept = if line.contains('\t') {
            line.trim_end_matches(is_blank).trim_start_matches('\n')
        } else {
            line.trim_matches(is_blank)
        };
        if !kept.is_empty() {
            self.done.push(if kept.len() == line.len() {
                line
            } else {
                kept.to_owned()
            });
        }
    }
}

/// White space, and the characters that show nothing at all.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

const ENTITIES: [(&str, &str); 5] = [
    ("amp;", "&"),
    ("lt;", "<"),
    ("gt;", ">"),
    ("nbsp;", "\u{A0}"),
    ("quot;", "\""),
];

fn push_decoded(line: &mut String, text: &str) {
    let mut pieces = text.split('&');
    line.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let entity = ENTITIES
            .iter()
            .find_map(|(name, c)| piece.strip_prefix(name).map(|rest| (*c, rest)));
        let (c, rest) = entity.unwrap_or(("&", piece));
        line.push_str(c);
        line.push_str(rest);
    }
}

/// Plain text as a body of `<p>` elements; what `sanitise` would leave as it is.
///
/// Where there is a blank line, or a line that begins with two spaces, a tab or an ideographic space (the wire services'
/// way), those begin paragraphs and other line ends are spaces. Where there is neither, every line is a paragraph,
/// unless the lines are plainly one paragraph that a terminal has wrapped.
pub fn from_text(text: &str) -> String {
    let text = legible(text);
    let wrapped = is_wrapped(&text);
    let mut paragraphs: Vec<String> = Vec::new();
    let mut begins = true;
    for line in text.lines() {
        let words = line.trim_matches(is_blank);
        if words.is_empty() {
            begins = true;
            continue;
        }
        match paragraphs.last_mut() {
            Some(last) if !begins && wrapped && !is_indented(line) => push_line(last, words),
            _ => paragraphs.push(words.to_owned()),
        }
        begins = false;
    }
    let bodies: Vec<String> = paragraphs
        .iter()
        .map(|paragraph| format!("<p>{}</p>", escape(paragraph)))
        .collect();
    bodies.join("\n")
}

/// Whether a line end in this text can be a mere space.
fn is_wrapped(text: &str) -> bool {
    let lines = text.trim_matches('\n').trim_end();
    let marked = |line: &str| line.trim_matches(is_blank).is_empty() || is_indented(line);
    lines.lines().any(marked) || is_one_paragraph(lines)
}

fn is_indented(line: &str) -> bool {
    line.starts_with("  ") || line.starts_with('\t') || line.starts_with('\u{3000}')
}

/// Lines of a terminal's width that break off in mid-sentence: a line goes on in lower case; or none but the last ends
/// as a sentence does, and they are long enough not to be a list of results.
fn is_one_paragraph(lines: &str) -> bool {
    let longest = lines.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let goes_on = lines.lines().skip(1).any(|line| line.starts_with(char::is_lowercase));
    let ends = |line: &str| {
        line.trim_end()
            .ends_with(['.', '!', '?', ':', ';', '…', '"', '”', '»', '。'])
    };
    let sentences = lines.lines().filter(|line| ends(line)).count();
    let last_ends = usize::from(lines.lines().last().is_some_and(ends));
    longest <= 80 && (goes_on || (longest >= 50 && sentences == last_ends))
}

/// Chinese and Japanese lines are joined without a space.
fn push_line(paragraph: &mut String, line: &str) {
    let before = paragraph.chars().next_back().is_some_and(is_ideographic);
    if !(before && line.starts_with(is_ideographic)) {
        paragraph.push(' ');
    }
    paragraph.push_str(line);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\u{A0}', "&nbsp;")
}

/// How many words a reader reads.
///
/// A word is a run of anything but white space and dashes, slashes and ellipses that holds at least one letter or digit;
/// hyphens, apostrophes and decimal points do not end one. Of scripts that put no spaces between words: each Han
/// ideograph and each kana counts as one, which is how word processors count Chinese and Japanese; a run of Thai, Lao,
/// Khmer or Burmese counts one for every five characters, rounded up, near the usual length of a word with its vowel
/// signs.
pub fn word_count(text: &str) -> u32 {
    let mut words = 0_u32;
    let mut in_word = false;
    let mut spaceless_run = 0_u32;
    for c in text.chars() {
        if is_spaceless(c) {
            words = words.saturating_add(u32::from(spaceless_run.is_multiple_of(5)));
            spaceless_run = spaceless_run.saturating_add(1);
            in_word = false;
            continue;
        }
        spaceless_run = 0;
        if is_ideographic(c) {
            words = words.saturating_add(1);
            in_word = false;
        } else if c.is_whitespace() || matches!(c, '—' | '–' | '…' | '/') {
            in_word = false;
        } else if !in_word && c.is_alphanumeric() {
            words = words.saturating_add(1);
            in_word = true;
        }
    }
    words
}

/// Han and kana, with the signs that stand for a repeated one.
fn is_ideographic(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{309F}'
        | '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9D}' | '\u{20000}'..='\u{3FFFF}')
}

/// Thai and Lao letters and signs, Burmese, Khmer.
fn is_spaceless(c: char) -> bool {
    matches!(c,
        '\u{0E01}'..='\u{0E3A}' | '\u{0E40}'..='\u{0E4E}' | '\u{0E81}'..='\u{0ECE}' | '\u{0EDC}'..='\u{0EDF}'
        | '\u{1000}'..='\u{103F}' | '\u{1050}'..='\u{109F}' | '\u{1780}'..='\u{17D3}')
}
