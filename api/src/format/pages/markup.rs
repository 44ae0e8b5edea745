//! Tags of a page and what stands between them. Nothing is an error here; it takes linear time.

use std::borrow::Cow;

/// More tags than a page of news has.
const MOST: usize = 200_000;
/// In these stands no prose of a story.
const ASIDE: [&str; 16] = [
    "nav", "aside", "footer", "header", "form", "button", "script", "style", "noscript", "svg", "iframe", "h1",
    "template", "select", "dialog", "time",
];

pub struct Page<'a> {
    text: &'a str,
    tags: Vec<Tag<'a>>,
}

struct Tag<'a> {
    name: Cow<'a, str>,
    attributes: &'a str,
    ends: bool,
    /// Of the tag itself, in bytes.
    from: usize,
    to: usize,
}

impl<'a> Page<'a> {
    pub fn of(text: &'a str) -> Page<'a> {
        let lower = text.to_ascii_lowercase();
        let mut tags: Vec<Tag> = Vec::new();
        let mut at = 0;
        while let Some(from) = text.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
            if tags.len() >= MOST {
                break;
            }
            let rest = text.get(from..).unwrap_or_default();
            if rest.starts_with("<!--") {
                at = rest.find("-->").map_or(text.len(), |end| from + end + 3);
                continue;
            }
            let inside = rest.get(1..).unwrap_or_default();
            let ends = inside.starts_with('/');
            let named = inside.trim_start_matches('/');
            let length = named.bytes().take_while(u8::is_ascii_alphanumeric).count();
            let Some(name) = named
                .get(..length)
                .filter(|n| n.starts_with(|c: char| c.is_ascii_alphabetic()))
            else {
                at = from + 1;
                continue;
            };
            let Some(end) = end_of_tag(rest) else { break };
            let to = from + end + 1;
            let begins = from + 1 + usize::from(ends) + length;
            let name = if name.bytes().any(|b| b.is_ascii_uppercase()) {
                Cow::Owned(name.to_ascii_lowercase())
            } else {
                Cow::Borrowed(name)
            };
            // What stands in these is no markup, whatever it looks like.
            let is_raw = !ends && matches!(name.as_ref(), "script" | "style" | "title" | "textarea");
            let close = format!("</{name}");
            tags.push(Tag {
                name,
                attributes: text.get(begins..to.saturating_sub(1)).unwrap_or_default(),
                ends,
                from,
                to,
            });
            at = to;
            if is_raw {
                at = lower
                    .get(to..)
                    .and_then(|l| l.find(&close))
                    .map_or(text.len(), |found| to + found);
            }
        }
        Page { text, tags }
    }

    fn begins<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (usize, &'s Tag<'a>)> {
        self.tags
            .iter()
            .enumerate()
            .filter(move |(_, t)| !t.ends && t.name == name)
    }

    /// What stands in the first element of this name.
    pub fn inside(&self, name: &str) -> Option<&'a str> {
        let (index, tag) = self.begins(name).next()?;
        self.text.get(tag.to..self.end(index))
    }

    /// Where the element that begins with this tag ends, in bytes.
    fn end(&self, index: usize) -> usize {
        let Some(tag) = self.tags.get(index) else {
            return self.text.len();
        };
        let mut depth = 0_usize;
        for other in self.tags.iter().skip(index).filter(|t| t.name == tag.name) {
            if other.ends {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return other.from;
                }
            } else {
                depth += 1;
            }
        }
        self.text.len()
    }

    pub fn meta(&self, name: &str) -> Option<String> {
        self.metas(name).next()
    }

    pub fn metas<'s>(&'s self, name: &'s str) -> impl Iterator<Item = String> + 's {
        self.begins("meta").filter_map(move |(_, tag)| {
            let said = ["property", "name", "itemprop"]
                .iter()
                .find_map(|a| attribute(tag.attributes, a))?;
            let is_it = said.eq_ignore_ascii_case(name);
            is_it
                .then(|| attribute(tag.attributes, "content"))
                .flatten()
                .map(str::to_owned)
        })
    }

    pub fn canonical(&self) -> Option<String> {
        let links = self.begins("link").map(|(_, t)| t.attributes);
        let canonical = links.filter(|a| attribute(a, "rel").is_some_and(|r| r.eq_ignore_ascii_case("canonical")));
        canonical
            .filter_map(|a| attribute(a, "href"))
            .next()
            .map(|h| h.replace("&amp;", "&"))
    }

    pub fn language(&self) -> Option<String> {
        let (_, tag) = self.begins("html").next()?;
        attribute(tag.attributes, "lang").map(str::to_owned)
    }

    /// The first time that is said for machines.
    pub fn time(&self) -> Option<String> {
        self.begins("time")
            .find_map(|(_, t)| attribute(t.attributes, "datetime"))
            .map(str::to_owned)
    }

    /// The texts of JSON-LD.
    pub fn linked(&self) -> Vec<String> {
        let scripts = self.begins("script");
        let linked = scripts.filter(|(_, t)| {
            attribute(t.attributes, "type").is_some_and(|k| k.to_ascii_lowercase().contains("ld+json"))
        });
        linked
            .filter_map(|(index, tag)| self.text.get(tag.to..self.end(index)))
            .map(str::to_owned)
            .take(50)
            .collect()
    }

    /// The story's own text as HTML: what stands in the article, else in the main part, else all longer paragraphs.
    pub fn prose(&self) -> Option<String> {
        let is_body =
            |t: &Tag| attribute(t.attributes, "itemprop").is_some_and(|p| p.eq_ignore_ascii_case("articleBody"));
        let named = self.tags.iter().position(|t| !t.ends && is_body(t));
        let found = named
            .or_else(|| self.begins("article").next().map(|(i, _)| i))
            .or_else(|| self.begins("main").next().map(|(i, _)| i));
        let whole = match found.and_then(|index| Some((index, self.tags.get(index)?))) {
            Some((index, tag)) => self.without_asides(index, tag.to, self.end(index)),
            None => self.paragraphs(),
        };
        Some(whole).filter(|w| !w.trim().is_empty())
    }

    fn without_asides(&self, index: usize, from: usize, to: usize) -> String {
        let mut out = String::new();
        let mut at = from;
        let within = self
            .tags
            .iter()
            .enumerate()
            .skip(index + 1)
            .take_while(|(_, t)| t.from < to);
        for (index, tag) in within.filter(|(_, t)| !t.ends && ASIDE.contains(&t.name.as_ref())) {
            if tag.from < at {
                continue;
            }
            out.push_str(self.text.get(at..tag.from).unwrap_or_default());
            at = self.end(index).min(to).max(tag.to);
        }
        out.push_str(self.text.get(at..to).unwrap_or_default());
        out
    }

    fn paragraphs(&self) -> String {
        let mut out = String::new();
        for (index, tag) in self.begins("p") {
            // One that is not closed ends where the next tag begins.
            let next = self
                .tags
                .iter()
                .skip(index + 1)
                .find(|t| matches!(t.name.as_ref(), "p" | "div" | "body" | "section"));
            let text = self
                .text
                .get(tag.to..next.map_or(self.text.len(), |t| t.from))
                .unwrap_or_default();
            if text.trim().len() >= super::SHORTEST {
                out.extend(["<p>", text, "</p>\n"]);
            }
        }
        out
    }
}

/// Where a tag ends: at the first `>` that is not in quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    for (i, b) in tag.bytes().enumerate().take(64 * 1024) {
        match (quote, b) {
            (None, b'>') => return Some(i),
            (None, b'"' | b'\'') => quote = Some(b),
            (Some(q), b) if q == b => quote = None,
            _ => {}
        }
    }
    tag.find('>')
}

fn attribute<'t>(tag: &'t str, wanted: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(length)?;
        if name.is_empty() && after.is_empty() {
            return None;
        }
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = if name.is_empty() {
                after.get(after.chars().next()?.len_utf8()..)?
            } else {
                after
            };
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value.get(1..)?.split_once(quote)?,
            _ => value.split_at_checked(value.find(char::is_whitespace).unwrap_or(value.len()))?,
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.trim()).filter(|v| !v.is_empty());
        }
        rest = after;
    }
}
