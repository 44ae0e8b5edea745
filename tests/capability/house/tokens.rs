//! Rust read no deeper than the rules need: words and signs with their lines, without comments and without what
//! stands in quotes.

/// One word (`ident`, keywords too) or sign; `::` is one sign.
#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
    pub is_word: bool,
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut reader = Reader { text, at: 0, line: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next() {
        tokens.push(token);
    }
    tokens
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest()[..length].matches('\n').count();
        self.at += length;
    }

    /// To just behind the next `end`, or to the end of the text.
    fn skip_past(&mut self, end: &str) {
        let length = self
            .rest()
            .find(end)
            .map_or(self.rest().len(), |found| found + end.len());
        self.skip(length);
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            let first = rest.chars().next()?;
            if first.is_whitespace() {
                self.skip(first.len_utf8());
            } else if rest.starts_with("//") {
                self.skip_past("\n");
            } else if rest.starts_with("/*") {
                self.skip_comment();
            } else if first == '"' {
                self.skip_string();
            } else if first == '\'' {
                self.skip_quote();
            } else if let Some(hashes) = raw_string(rest) {
                self.skip_past("\"");
                self.skip_past(&format!("\"{}", "#".repeat(hashes)));
            } else if first.is_ascii_digit() {
                self.skip(word_length(rest));
            } else {
                break;
            }
        }
        let (rest, line) = (self.rest(), self.line);
        let word = word_length(rest);
        let length = match rest.chars().next()? {
            _ if word > 0 => word,
            _ if rest.starts_with("::") => 2,
            sign => sign.len_utf8(),
        };
        self.skip(length);
        Some(Token {
            text: &rest[..length],
            line,
            is_word: word > 0,
        })
    }

    fn skip_comment(&mut self) {
        let mut depth = 0;
        loop {
            let rest = self.rest();
            match () {
                () if rest.starts_with("/*") => (depth, _) = (depth + 1, self.skip(2)),
                () if rest.starts_with("*/") => (depth, _) = (depth - 1, self.skip(2)),
                () => match rest.chars().next() {
                    Some(other) => self.skip(other.len_utf8()),
                    None => return,
                },
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.skip(1);
        while let Some(next) = self.rest().chars().next() {
            self.skip(next.len_utf8());
            match next {
                '"' => return,
                '\\' => self.skip(self.rest().chars().next().map_or(0, char::len_utf8)),
                _ => {}
            }
        }
    }

    /// A character literal, or the mark of a lifetime together with its name.
    fn skip_quote(&mut self) {
        self.skip(1);
        let mut chars = self.rest().chars();
        match (chars.next(), chars.next()) {
            (Some('\\'), _) => {
                self.skip(2);
                self.skip_past("'");
            }
            (Some(literal), Some('\'')) => self.skip(literal.len_utf8() + 1),
            _ => self.skip(word_length(self.rest())),
        }
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len())
}

/// The number of `#` if a raw string begins here (`r"`, `br#"`, `cr##"`).
fn raw_string(text: &str) -> Option<usize> {
    let quoted = ["r", "br", "cr"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let hashes = quoted.len() - quoted.trim_start_matches('#').len();
    quoted[hashes..].starts_with('"').then_some(hashes)
}
