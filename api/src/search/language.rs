//! The language of queries: small, and total, so that whatever somebody types means something.
//!
//! `words` must all be there · `"a phrase"` as it stands · `-not` · `a OR b` (also `a | b`), which binds closer than a space
//! · `prefix*` · `field:value` for the fields below. Everything else is punctuation and divides words; what punctuation
//! divides without a space (`covid-19`) stands together like a phrase. A quote that is never closed is no quote.

use super::words;

/// What a query may be long, in bytes.
pub const MOST_BYTES: usize = 4_096;
/// Words in it, all together.
pub const MOST_WORDS: usize = 64;
/// Conditions in it.
pub const MOST_PARTS: usize = 32;

/// A query as it was understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// All of them must hold.
    pub clauses: Vec<Clause>,
    /// There was something, and nothing in it that could be looked for.
    pub void: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    pub not: bool,
    /// One of them must hold; never empty.
    pub any: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub field: Field,
    /// What stood there, without its operators.
    pub text: String,
    /// The last word is the beginning of one.
    pub prefix: bool,
    /// Where it stood in the query, in bytes.
    pub from: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// All of a story's text.
    Text,
    Headline,
    Summary,
    Byline,
    Topic,
    Source,
    Language,
    Genre,
    Urgency,
}

impl Field {
    fn named(name: &str) -> Option<Field> {
        let known = [
            ("text", Field::Text),
            ("headline", Field::Headline),
            ("summary", Field::Summary),
            ("byline", Field::Byline),
            ("topic", Field::Topic),
            ("source", Field::Source),
            ("language", Field::Language),
            ("genre", Field::Genre),
            ("urgency", Field::Urgency),
        ];
        known
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, field)| field)
    }

    /// Whether its value is a name and no text.
    pub fn is_name(self) -> bool {
        match self {
            Field::Text | Field::Headline | Field::Summary | Field::Byline => false,
            Field::Topic | Field::Source | Field::Language | Field::Genre | Field::Urgency => true,
        }
    }
}

/// Why a query is not looked for: it is longer than any that somebody types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong(pub String);

impl Asked {
    pub fn read(text: &str) -> Result<Asked, TooLong> {
        if text.len() > MOST_BYTES {
            return Err(TooLong(format!("may have {MOST_BYTES} bytes, and has {}", text.len())));
        }
        let mut asked = Asked::default();
        let (mut parts, mut count) = (0_usize, 0_usize);
        let (mut or, mut not) = (false, false);
        let mut rest = Rest { text, at: 0 };
        while let Some(chunk) = rest.next() {
            match chunk {
                Chunk::Or => or = true,
                Chunk::And => {}
                Chunk::Not => not = true,
                Chunk::Part { not: minus, part } => {
                    let negative = std::mem::take(&mut not) || minus;
                    let joins = std::mem::take(&mut or);
                    let mut words = 0;
                    words::split(&part.text, |_| words += 1);
                    if words == 0 && (part.text.is_empty() || !part.field.is_name()) {
                        continue;
                    }
                    (parts, count) = (parts + 1, count + words);
                    if parts > MOST_PARTS || count > MOST_WORDS {
                        let most = format!("may have {MOST_PARTS} conditions and {MOST_WORDS} words");
                        return Err(TooLong(format!("{most}, and has more")));
                    }
                    match asked.clauses.last_mut() {
                        Some(last) if joins && !negative && !last.not => last.any.push(part),
                        _ => asked.clauses.push(Clause {
                            not: negative,
                            any: vec![part],
                        }),
                    }
                }
            }
        }
        asked.void = asked.clauses.is_empty() && !text.chars().all(|c| c.is_whitespace() || c.is_control());
        Ok(asked)
    }

    /// The parts that a story must or may have.
    pub fn wanted(&self) -> impl Iterator<Item = &Part> {
        self.clauses.iter().filter(|c| !c.not).flat_map(|c| &c.any)
    }

    /// The values of a field that is a name, wanted or not.
    pub fn names(&self, field: Field) -> Vec<String> {
        let parts = self.clauses.iter().flat_map(|c| &c.any);
        parts.filter(|p| p.field == field).map(|p| p.text.clone()).collect()
    }
}

enum Chunk {
    Or,
    And,
    Not,
    Part { not: bool, part: Part },
}

struct Rest<'a> {
    text: &'a str,
    at: usize,
}

fn is_quote(c: char) -> bool {
    matches!(
        c,
        '"' | '\u{201C}' | '\u{201D}' | '\u{201E}' | '«' | '»' | '「' | '」' | '＂'
    )
}

fn divides(c: char) -> bool {
    c.is_whitespace() || c.is_control() || c == '|' || is_quote(c)
}

impl<'a> Rest<'a> {
    fn peek(&self) -> Option<char> {
        self.after(0).chars().next()
    }

    fn after(&self, more: usize) -> &'a str {
        self.text.get(self.at + more..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Chunk> {
        loop {
            let c = self.peek()?;
            if c == '|' {
                self.at += 1;
                return Some(Chunk::Or);
            }
            if c.is_whitespace() || c.is_control() {
                self.at += c.len_utf8();
                continue;
            }
            return Some(self.part(c));
        }
    }

    fn part(&mut self, first: char) -> Chunk {
        let not = first == '-' && self.after(1).chars().next().is_some_and(|c| !divides(c) || is_quote(c));
        if not {
            self.at += 1;
        }
        let mut field = Field::Text;
        if let Some((name, value)) = self.after(0).split_once(':')
            && let Some(known) = Field::named(name)
            && value.chars().next().is_some_and(|c| !divides(c) || is_quote(c))
        {
            field = known;
            self.at += name.len() + 1;
        }
        let from = self.at;
        let mut part = Part {
            field,
            text: String::new(),
            prefix: false,
            from,
        };
        let quoted = self.peek().filter(|c| is_quote(*c)).map(char::len_utf8);
        if let Some(quote) = quoted {
            let inside = self.after(quote);
            self.at += quote;
            if let Some((phrase, behind)) = inside.split_once(is_quote) {
                part.from = self.at;
                part.text = phrase.to_owned();
                self.at = self.text.len() - behind.len();
            }
            // A quote that nobody closes is passed over.
            return Chunk::Part { not, part };
        }
        let chunk = self.after(0);
        let chunk = chunk.split(divides).next().unwrap_or(chunk);
        self.at += chunk.len();
        match chunk {
            "OR" if !not && field == Field::Text => return Chunk::Or,
            "AND" | "&" | "&&" | "+" if !not && field == Field::Text => return Chunk::And,
            "NOT" if !not && field == Field::Text => return Chunk::Not,
            _ => {}
        }
        let kept = match field.is_name() {
            true => chunk,
            false => chunk.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '*'),
        };
        let word = kept.strip_suffix('*');
        part.prefix = !field.is_name() && word.is_some_and(|w| w.ends_with(char::is_alphanumeric));
        part.text = if field.is_name() { kept } else { word.unwrap_or(kept) }.to_owned();
        Chunk::Part { not, part }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was understood, written plainly.
    fn read(text: &str) -> String {
        let asked = Asked::read(text).unwrap();
        let part = |p: &Part| {
            let star = if p.prefix { "*" } else { "" };
            format!("{:?}[{}{star}]", p.field, p.text)
        };
        let clause = |c: &Clause| {
            let any: Vec<String> = c.any.iter().map(part).collect();
            format!("{}{}", if c.not { "-" } else { "" }, any.join("|"))
        };
        asked
            .clauses
            .iter()
            .map(clause)
            .collect::<Vec<_>>()
            .join(" ")
            .replace("Text", "")
    }

    #[test]
    fn what_is_typed_is_understood() {
        let cases = [
            ("prime minister", "[prime] [minister]"),
            ("\"prime minister\" kyiv", "[prime minister] [kyiv]"),
            ("„прем’єр міністр“ -київ", "[прем’єр міністр] -[київ]"),
            ("a OR b c", "[a]|[b] [c]"),
            ("a | b|c", "[a]|[b]|[c]"),
            ("NOT a AND b", "-[a] [b]"),
            ("elect* headline:vote", "[elect*] Headline[vote]"),
            ("topic:economy -topic:sport", "Topic[economy] -Topic[sport]"),
            ("headline:\"two words\"", "Headline[two words]"),
            ("http://example.com a:b", "[http://example.com] [a:b]"),
            ("covid-19, (really)", "[covid-19] [(really]"),
            ("or and not", "[or] [and] [not]"),
        ];
        for (typed, understood) in cases {
            assert_eq!(read(typed), understood, "{typed}");
        }
    }

    #[test]
    fn whatever_is_typed_means_something() {
        let odd = [
            "",
            " ",
            "\"",
            "\"open",
            "a \" b",
            "-",
            "--",
            "- a",
            "-\"",
            "OR",
            "OR OR",
            "a OR",
            "OR a",
            "NOT",
            "*",
            "**",
            "a**",
            ":",
            "headline:",
            "topic:",
            "topic:*",
            ":a",
            "(((",
            "a:b:c",
            "\u{0}\u{1}",
            "|",
            "||||",
            "\\",
            "-OR",
            "-|",
            "«»",
            "-topic:a|topic:b",
            "a\u{300}*",
            "İ*",
            "+++",
            "^2",
            "~",
            "[a TO b]",
            "{",
            "<script>",
            "'; DROP TABLE",
            "%00",
            "😀",
        ];
        for text in odd {
            let _ = read(text);
        }
        assert!(Asked::read("!!!").unwrap().void);
        assert!(!Asked::read("  ").unwrap().void);
        assert!(Asked::read(&"a ".repeat(10_000)).is_err());
        assert!(Asked::read(&"a ".repeat(33)).is_err());
        assert!(Asked::read(&format!("\"{}\"", "a ".repeat(65))).is_err());
        assert_eq!(Asked::read(&"\"".repeat(4_096)).unwrap().clauses, []);
    }
}
