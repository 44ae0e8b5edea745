//! Tags and text, of anything. Nothing is an error here: what cannot be a tag is text, and what has no end ends where a
//! person would say that it does.

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// References are not resolved yet.
    Text(&'a str),
    /// The inside of a CDATA section: as it is.
    Data(&'a str),
    Start {
        name: &'a str,
        attributes: &'a str,
        closed: bool,
    },
    End(&'a str),
    Doctype(&'a str),
    /// Comments, instructions, other declarations.
    Nothing,
}

/// Each end that is looked for and not there is remembered: so the rest of the text is searched for it once, and not once
/// for each beginning.
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    missing: Vec<&'static str>,
    had_doctype: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            missing: Vec::new(),
            had_doctype: false,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Where `end` begins in the text from here, if it does.
    fn find(&mut self, from: &'a str, end: &'static str) -> Option<usize> {
        if self.missing.contains(&end) {
            return None;
        }
        let found = from.find(end);
        if found.is_none() {
            self.missing.push(end);
        }
        found
    }

    fn markup(&mut self, inside: &'a str) -> Option<Token<'a>> {
        if let Some(end_tag) = inside.strip_prefix('/') {
            return self.end_tag(end_tag);
        }
        if inside.starts_with(is_name_start) {
            return Some(self.start_tag(inside));
        }
        if inside.starts_with('?') {
            return Some(self.skip(inside, "?>"));
        }
        let declaration = inside.strip_prefix('!')?;
        if declaration.starts_with("--") {
            return Some(self.comment(inside));
        }
        if begins(declaration, "[CDATA[") {
            return Some(self.data(declaration.get(7..).unwrap_or_default()));
        }
        if begins(declaration, "DOCTYPE") && !self.had_doctype {
            self.had_doctype = true;
            return Some(self.doctype(declaration));
        }
        Some(self.skip(inside, ">"))
    }

    /// Up to the end, else to the next `>`, else all the rest.
    fn skip(&mut self, inside: &'a str, end: &'static str) -> Token<'a> {
        let found = self.find(inside, end).map(|at| at + end.len());
        let length = found
            .or_else(|| Some(self.find(inside, ">")? + 1))
            .unwrap_or(inside.len());
        self.at += 1 + length;
        Token::Nothing
    }

    /// A comment without an end is no comment: only its beginning goes.
    fn comment(&mut self, inside: &'a str) -> Token<'a> {
        let end = inside.get(3..).and_then(|text| self.find(text, "-->"));
        self.at += 1 + end.map_or(3, |at| at + 6);
        Token::Nothing
    }

    /// The same with data: what is in it is then read like all the rest.
    fn data(&mut self, data: &'a str) -> Token<'a> {
        let end = self.find(data, "]]>");
        self.at += "<![CDATA[".len() + end.map_or(0, |at| at + 3);
        end.and_then(|at| data.get(..at)).map_or(Token::Nothing, Token::Data)
    }

    fn doctype(&mut self, declaration: &'a str) -> Token<'a> {
        let closed = declaration.find('>').unwrap_or(declaration.len());
        let subset = declaration.find('[').filter(|at| *at < closed);
        let end = subset.and_then(|from| {
            let inside = declaration.get(from..)?;
            let ends = inside.match_indices(']').map(|(at, _)| at + 1);
            ends.filter_map(|at| {
                let behind = inside.get(at..)?;
                behind
                    .trim_start()
                    .starts_with('>')
                    .then(|| from + at + behind.len() - behind.trim_start().len())
            })
            .next()
        });
        let end = end.unwrap_or(closed);
        self.at += 2 + (end + 1).min(declaration.len());
        Token::Doctype(declaration.get(..end).unwrap_or_default())
    }

    fn end_tag(&mut self, inside: &'a str) -> Option<Token<'a>> {
        if !inside.starts_with(is_name_start) {
            return None;
        }
        let end = inside.find(['>', '<']).unwrap_or(inside.len());
        let name = inside.get(..name_length(inside).min(end)).unwrap_or_default();
        let closed = inside.as_bytes().get(end) == Some(&b'>');
        self.at += 2 + end + usize::from(closed);
        Some(Token::End(name))
    }

    /// A tag ends with `>` outside of quotes, or where the next one begins.
    fn start_tag(&mut self, inside: &'a str) -> Token<'a> {
        let name = inside.get(..name_length(inside)).unwrap_or_default();
        let bytes = inside.as_bytes();
        let (mut at, mut behind_equals) = (name.len(), false);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'>' | b'<' => break,
                b'"' | b'\'' if behind_equals => {
                    let quote = if *byte == b'"' { "\"" } else { "'" };
                    let value = inside.get(at + 1..).unwrap_or_default();
                    at += 1 + self.find(value, quote).map_or(0, |end| end + 1);
                    behind_equals = false;
                    continue;
                }
                b'=' => behind_equals = true,
                byte => behind_equals &= byte.is_ascii_whitespace(),
            }
            at += 1;
        }
        let attributes = inside.get(name.len()..at).unwrap_or_default();
        let ends_here = bytes.get(at) == Some(&b'>');
        self.at += 1 + at + usize::from(ends_here);
        let open = attributes.trim_end();
        let closed = ends_here && open.ends_with('/');
        Token::Start {
            name,
            attributes: if closed { open.trim_end_matches('/') } else { attributes },
            closed,
        }
    }
}

/// Tokens and where they begin, in bytes.
impl<'a> Iterator for Lexer<'a> {
    type Item = (usize, Token<'a>);

    fn next(&mut self) -> Option<(usize, Token<'a>)> {
        let (begin, rest) = (self.at, self.rest());
        if let Some(inside) = rest.strip_prefix('<')
            && let Some(token) = self.markup(inside)
        {
            return Some((begin, token));
        }
        // Here the text begins with `<` only if that is no markup.
        let from = usize::from(rest.starts_with('<'));
        let end = rest.get(from..)?.find('<').map_or(rest.len(), |at| at + from);
        self.at += end;
        rest.get(..end)
            .filter(|text| !text.is_empty())
            .map(|text| (begin, Token::Text(text)))
    }
}

/// What the first element is called, without its prefix.
pub fn first_name(text: &str) -> Option<&str> {
    let name = Lexer::new(text).find_map(|(_, token)| match token {
        Token::Start { name, .. } => Some(name),
        Token::Text(_) | Token::Data(_) | Token::End(_) | Token::Doctype(_) | Token::Nothing => None,
    })?;
    Some(name.split_once(':').map_or(name, |(_, local)| local))
}

/// Names and values of a tag's attributes as they are written; a value may lack its quotes, or be lacking.
pub fn attributes(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = raw;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
        let length = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(length).filter(|(name, _)| !name.is_empty())?;
        let Some(value) = behind.trim_start().strip_prefix('=') else {
            rest = behind;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quoted.and_then(|quote| value.get(1..)?.split_once(quote));
        let (value, behind) = quoted.unwrap_or_else(|| {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            value.split_at_checked(end).unwrap_or((value, ""))
        });
        rest = behind;
        Some((name, value))
    })
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn name_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '>' | '<' | '=' | '"' | '\'' | '&');
    text.find(ends).unwrap_or(text.len())
}

fn begins(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}
