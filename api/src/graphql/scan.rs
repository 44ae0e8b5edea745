//! A first look at a GraphQL document, before any parser sees it: one pass over the text that counts tokens and
//! bracket nesting and finds what cannot be read at all.
//!
//! The parser recurses once per bracket and tries alternatives; a text that passed here is short, shallow and has
//! its brackets in pairs, so the parser can neither overflow the stack nor be kept busy. The scan follows the
//! parser's grammar where the two could differ (strings, block strings, comments): a bracket inside a string must
//! not count, and one outside must.

use async_graphql::Pos;

/// What a document's text consists of, or the first place where it stops making sense.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Names, numbers, strings and punctuators; comments, commas and white space are none. Counted to the end of
    /// the text, or to the fault where that ends the scan.
    pub tokens: usize,
    /// Variables, where they are defined and where they are used: the `$` among the tokens.
    pub variables: usize,
    /// The deepest nesting of `{}`, `[]` and `()`, all counted together.
    pub nesting: usize,
    /// The first thing no document can contain.
    pub fault: Option<Fault>,
}

/// Where and why a text cannot be a document.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub at: Pos,
}

/// Scans the whole text in one pass, in time and memory linear in its length.
pub fn scan(text: &str) -> Scan {
    let mut scanner = Scanner {
        text,
        rest: text,
        found: Scan::default(),
        open: Vec::new(),
    };
    while let Some(first) = scanner.next_start() {
        scanner.found.tokens += 1;
        if let Err(message) = scanner.token(first) {
            scanner.fault(message);
            return scanner.found;
        }
    }
    if let Some(closer) = scanner.open.last() {
        scanner.fault(format!("the document ends where `{closer}` is missing"));
    }
    scanner.found
}

/// The line and column (from 1, in characters) at a byte of the text.
fn position(text: &str, byte: usize) -> Pos {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    Pos { line, column }
}

struct Scanner<'a> {
    text: &'a str,
    rest: &'a str,
    found: Scan,
    /// The closing brackets still to come, innermost last.
    open: Vec<char>,
}

impl Scanner<'_> {
    /// Goes past what means nothing and tells the first character of the next token.
    fn next_start(&mut self) -> Option<char> {
        loop {
            self.rest = self.rest.trim_start_matches([' ', ',', '\t', '\n', '\r', '\u{feff}']);
            if !self.rest.starts_with('#') {
                return self.rest.chars().next();
            }
            let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
            self.skip(end);
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip_while(&mut self, wanted: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(wanted);
    }

    fn token(&mut self, first: char) -> Result<(), String> {
        match first {
            '{' => self.opens('}'),
            '[' => self.opens(']'),
            '(' => self.opens(')'),
            '}' | ']' | ')' => self.closes(first),
            '$' => {
                self.found.variables += 1;
                self.skip(1);
            }
            '!' | '&' | ':' | '=' | '@' | '|' => self.skip(1),
            '.' if self.rest.starts_with("...") => self.skip(3),
            '"' if self.rest.starts_with("\"\"\"") => return self.block_string(),
            '"' => return self.string(),
            '-' | '0'..='9' => return self.number(),
            '_' | 'a'..='z' | 'A'..='Z' => self.skip_while(|c| c == '_' || c.is_ascii_alphanumeric()),
            other => return Err(format!("unexpected character `{}`", other.escape_debug())),
        }
        Ok(())
    }

    fn opens(&mut self, closer: char) {
        self.skip(1);
        self.open.push(closer);
        self.found.nesting = self.found.nesting.max(self.open.len());
    }

    /// A bracket out of place ends nothing: the counts go on, so that a flood is told as a flood.
    fn closes(&mut self, closer: char) {
        match self.open.last() {
            Some(expected) if *expected == closer => {
                self.open.pop();
            }
            Some(expected) => {
                let expected = *expected;
                self.fault(format!("unexpected `{closer}` where `{expected}` is missing"));
            }
            None => self.fault(format!("unexpected `{closer}`")),
        }
        self.skip(1);
    }

    fn string(&mut self) -> Result<(), String> {
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            match c {
                '\n' | '\r' => break,
                '"' if !escaped => {
                    self.skip(at + 1);
                    return Ok(());
                }
                '\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        Err("a string is not closed on its line".to_owned())
    }

    fn block_string(&mut self) -> Result<(), String> {
        const QUOTES: &str = "\"\"\"";
        let start = self.rest;
        self.skip(QUOTES.len());
        while let Some(at) = self.rest.find(QUOTES) {
            // `\"""` stands for the quotes themselves, also after another backslash.
            let escaped = self.rest.get(..at).is_some_and(|before| before.ends_with('\\'));
            self.skip(at + QUOTES.len());
            if !escaped {
                return Ok(());
            }
        }
        self.rest = start;
        Err("a block string is not closed".to_owned())
    }

    fn number(&mut self) -> Result<(), String> {
        self.rest = self.rest.strip_prefix('-').unwrap_or(self.rest);
        if !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("a `-` stands before no number".to_owned());
        }
        self.skip_while(|c| c.is_ascii_digit());
        if let Some(fraction) = self.rest.strip_prefix('.') {
            self.rest = fraction;
            self.skip_while(|c| c.is_ascii_digit());
        }
        if let Some(exponent) = self.rest.strip_prefix(['e', 'E']) {
            self.rest = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            self.skip_while(|c| c.is_ascii_digit());
        }
        // The specification's look-ahead: `1a`, `1.2.3` and `1...f` are not two tokens but a mistake.
        if self
            .rest
            .starts_with(|c: char| c == '.' || c == '_' || c.is_ascii_alphanumeric())
        {
            return Err("a number runs into what follows it".to_owned());
        }
        Ok(())
    }

    /// Notes the first fault, at the place the scan has come to.
    fn fault(&mut self, message: String) {
        if self.found.fault.is_none() {
            let at = position(self.text, self.text.len() - self.rest.len());
            self.found.fault = Some(Fault { message, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> (usize, usize) {
        let found = scan(text);
        assert_eq!(found.fault, None, "{text}");
        (found.tokens, found.nesting)
    }

    fn fault(text: &str) -> (String, usize, usize) {
        let fault = scan(text).fault.expect(text);
        (fault.message, fault.at.line, fault.at.column)
    }

    #[test]
    fn tokens_and_nesting_are_counted() {
        assert_eq!(counts(""), (0, 0));
        assert_eq!(counts("{a}"), (3, 1));
        assert_eq!(counts("{ a, b ,c }"), (5, 1));
        assert_eq!(
            counts("query Q($v: [Int!]! = [1, -2.5e+3]) { a(v: $v) @include(if: true) { ...F } }"),
            (37, 2)
        );
        assert_eq!(counts("\u{feff}{a}"), (3, 1));
        assert_eq!(counts("{a(b:[[{c:1}]])}"), (16, 5));
        assert_eq!(counts("1-1"), (2, 0));
    }

    #[test]
    fn strings_and_comments_hide_what_is_in_them() {
        assert_eq!(counts(r#"{a(b:"}}}] # \" \\")}"#), (8, 2));
        assert_eq!(counts(r#"{a(b:"\\")}"#), (8, 2));
        assert_eq!(counts(r#"{a(b:"")}"#), (8, 2));
        assert_eq!(counts("{a(b:\"\"\"}} \" \"\" \\\"\"\" \n # \"\"\")}"), (8, 2));
        assert_eq!(counts("{a # }}}]\n b # \" \r c}"), (5, 1));
        assert_eq!(counts("{a}#"), (3, 1));
    }

    #[test]
    fn what_no_document_can_contain_is_told_with_its_place() {
        assert_eq!(
            fault("{\n  a(b: \"x"),
            ("a string is not closed on its line".into(), 2, 8)
        );
        assert_eq!(fault("{a(b:\"x\n\")}").0, "a string is not closed on its line");
        assert_eq!(fault("{a(b:\"x\\"), ("a string is not closed on its line".into(), 1, 6));
        assert_eq!(fault("{a(b:\"\"\"x\"\""), ("a block string is not closed".into(), 1, 6));
        assert_eq!(
            fault("{a(b:\"\"\"x\\\"\"\""),
            ("a block string is not closed".into(), 1, 6)
        );
        assert_eq!(fault("{é}"), ("unexpected character `é`".into(), 1, 2));
        assert_eq!(fault("{a\u{0}}"), ("unexpected character `\\0`".into(), 1, 3));
        assert_eq!(fault("{a ..b}").0, "unexpected character `.`");
        assert_eq!(fault("{a(b:1a)}").0, "a number runs into what follows it");
        assert_eq!(fault("{a(b:1...f)}").0, "a number runs into what follows it");
        assert_eq!(fault("{a(b:-)}").0, "a `-` stands before no number");
        assert_eq!(fault("{a"), ("the document ends where `}` is missing".into(), 1, 3));
        assert_eq!(fault("{a)}"), ("unexpected `)` where `}` is missing".into(), 1, 3));
        assert_eq!(fault("}"), ("unexpected `}`".into(), 1, 1));
    }

    #[test]
    fn variables_are_counted_where_they_are_no_text() {
        assert_eq!(scan("query($v:Int){a(v:$v, w:\"$v\") b(v:[$v]) # $v\n}").variables, 3);
    }

    #[test]
    fn a_flood_is_counted_to_its_end() {
        let found = scan(&"[".repeat(16_384));
        assert_eq!((found.tokens, found.nesting), (16_384, 16_384));
        let found = scan(&")".repeat(16_384));
        assert_eq!((found.tokens, found.nesting), (16_384, 0));
    }
}
