//! The paths that a file names, groups of `use` taken apart, tests left out.

use super::tokens::Token;

/// Words that may stand before a path from the root of all crates (`use ::sqlx`) and are no part of it.
const KEYWORDS: &[&str] = &[
    "use", "as", "in", "mut", "dyn", "impl", "for", "where", "return", "match", "if", "else",
];

/// `a::b::c` as it stands in the source, from its first word.
#[derive(Debug)]
pub struct Named<'a> {
    pub segments: Vec<&'a str>,
    /// Of the segment after the first, where a group was opened by then.
    pub line: usize,
    /// It stands in a `use` or an `extern crate`, so that even one segment alone is a path.
    pub imported: bool,
    /// `pub(crate)`, `pub(super)`: a reach, not a name.
    pub is_reach: bool,
    /// The inline modules it stands in.
    pub depth: usize,
}

/// Without everything that is under `#[cfg(test)]`; the names of test modules in files of their own come along.
pub fn without_tests<'a>(tokens: &[Token<'a>]) -> (Vec<Token<'a>>, Vec<&'a str>) {
    let (mut kept, mut test_files, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(token) = tokens.get(at) {
        let Some(end) = attribute(&tokens[at..]).filter(|&end| is_cfg_test(&tokens[at..at + end])) else {
            kept.push(*token);
            at += 1;
            continue;
        };
        if tokens[at + 1].text == "!" {
            return (kept, test_files); // `#![cfg(test)]`: all that follows is a test
        }
        at += end;
        while let Some(another) = attribute(&tokens[at..]) {
            at += another;
        }
        let item = &tokens[at..][..item_length(&tokens[at..])];
        if let [.., keyword, name, end] = item
            && (keyword.text, end.text) == ("mod", ";")
        {
            test_files.push(name.text);
        }
        at += item.len();
    }
    (kept, test_files)
}

/// The length of the attribute that begins here.
fn attribute(tokens: &[Token]) -> Option<usize> {
    let texts: Vec<&str> = tokens.iter().take(3).map(|token| token.text).collect();
    match texts[..] {
        ["#", "[", ..] | ["#", "!", "["] => {
            let opening = tokens.iter().position(|token| token.text == "[")?;
            Some(opening + closed_by(&tokens[opening..]))
        }
        _ => None,
    }
}

fn is_cfg_test(attribute: &[Token]) -> bool {
    let has = |word: &str| attribute.iter().any(|token| token.text == word);
    has("cfg") && has("test") && !has("not")
}

/// To the `;` or the closing brace that ends this item.
fn item_length(tokens: &[Token]) -> usize {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "{" => {
                at += closed_by(&tokens[at..]);
                let goes_on = tokens.get(at).is_some_and(|next| next.text == ";");
                return at + usize::from(goes_on);
            }
            "(" | "[" => at += closed_by(&tokens[at..]),
            _ => at += 1,
        }
    }
    at
}

/// The number of tokens from this bracket to its partner, both counted.
pub fn closed_by(tokens: &[Token]) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

pub fn paths<'a>(tokens: &[Token<'a>]) -> Vec<Named<'a>> {
    let (mut found, mut at) = (Vec::new(), 0);
    let (mut braces, mut modules) = (0_usize, Vec::new());
    let mut import_until = 0;
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |token| token.text);
    while let Some(token) = tokens.get(at) {
        match token.text {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                modules.retain(|&opened| opened < braces);
            }
            "mod" if text(Some(at + 2)) == "{" => {
                modules.push(braces);
                at += 2;
                continue;
            }
            "use" => import_until = at + tokens[at..].iter().take_while(|token| token.text != ";").count(),
            _ => {}
        }
        let [before, earlier] = [at.checked_sub(1), at.checked_sub(2)].map(text);
        // `.field` is no path, and after `<…>::` or `)::` one goes on.
        let goes_on = before == "." || (before == "::" && matches!(earlier, ">" | ")" | "]"));
        if !token.is_word || goes_on || KEYWORDS.contains(&token.text) {
            at += 1;
            continue;
        }
        let mut tree = Tree {
            tokens,
            at,
            leaves: Vec::new(),
        };
        tree.read(&[]);
        let imported = at < import_until && before != "as" || (before == "crate" && earlier == "extern");
        let is_reach = before == "(" && earlier == "pub" || (before == "in" && earlier == "(");
        let leaves = tree.leaves.into_iter();
        found.extend(leaves.map(|(segments, line)| {
            let is_reach = is_reach && (segments.len() == 1 || segments.last() == Some(&"super"));
            Named {
                segments,
                line,
                imported,
                is_reach,
                depth: modules.len(),
            }
        }));
        at = tree.at;
    }
    found
}

struct Tree<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    leaves: Vec<(Vec<&'a str>, usize)>,
}

impl<'a> Tree<'_, 'a> {
    fn text(&self) -> &'a str {
        self.tokens.get(self.at).map_or("", |token| token.text)
    }

    /// One path, or a path that ends in a group of paths.
    fn read(&mut self, prefix: &[&'a str]) {
        let mut segments = prefix.to_vec();
        let mut line = 0;
        while let Some(token) = self.tokens.get(self.at) {
            match token.text {
                "{" => return self.read_group(&segments),
                text if token.is_word || text == "*" => {
                    segments.push(text);
                    line = if segments.len() <= 2 || line == 0 {
                        token.line
                    } else {
                        line
                    };
                    self.at += 1;
                }
                _ => break,
            }
            let next = self.tokens.get(self.at + 1);
            let continues = next.is_some_and(|next| next.is_word || matches!(next.text, "{" | "*"));
            if self.text() != "::" || !continues {
                break;
            }
            self.at += 1;
        }
        self.leaves.push((segments, line));
    }

    fn read_group(&mut self, prefix: &[&'a str]) {
        self.at += 1;
        loop {
            match self.text() {
                "}" => break self.at += 1,
                "" => break,
                "," | "::" => self.at += 1,
                // An alias is a new word, not a path.
                "as" => self.at += 2,
                _ => {
                    let before = self.at;
                    self.read(prefix);
                    self.at += usize::from(self.at == before);
                }
            }
        }
    }
}
