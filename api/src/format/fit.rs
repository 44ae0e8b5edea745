//! Brings what a reader found within the bounds of the desk's rules, so that one long line does not refuse a story; what
//! is cut or left out is named. And a headline for stories that have none.

use super::reading::{Hints, Item};
use super::times;
use crate::news::story::{LinkKind, Rendition};
use crate::news::submission::{LinkSubmission, Submission};
use crate::news::{html, language, uri};

const MOST: usize = 50;
/// How much of a text serves as a headline where there is none.
const LONGEST_MADE: usize = 90;

impl Item {
    /// The item as the desk can take it.
    pub fn fit(mut self, hints: &Hints) -> Item {
        let identity = self
            .identity
            .take()
            .map(|i| i.trim().to_owned())
            .filter(|i| !i.is_empty());
        self.identity = identity.or_else(|| hints.address.map(str::to_owned));
        if self.submission.uri.is_none() {
            let named = self.identity.clone();
            self.submission.uri = named.filter(|n| uri::valid_uri(n).is_ok());
        }
        self.fit_lines();
        self.fit_language(hints);
        self.fit_times();
        self.fit_lists();
        self.fit_headline();
        self.fit_extra();
        self
    }

    fn fit_lines(&mut self) {
        let mut lost = Vec::new();
        let Submission {
            headline,
            summary,
            byline,
            dateline,
            slugline,
            genre,
            ed_note,
            source,
            body,
            body_text,
            ..
        } = &mut self.submission;
        for (name, text, longest) in [
            ("headline", headline, 500),
            ("summary", summary, 5_000),
            ("byline", byline, 500),
            ("dateline", dateline, 200),
            ("slugline", slugline, 200),
            ("genre", genre, 100),
            ("edNote", ed_note, 2_000),
            ("source", source, 200),
        ] {
            let Some(said) = text.take() else { continue };
            let (line, cut) = line(&said, longest);
            if cut {
                lost.push((name, format!("is longer than {longest} characters and was cut")));
            }
            *text = Some(line).filter(|l| !l.is_empty());
        }
        for text in [body, body_text].into_iter().flatten() {
            if text.chars().any(is_unfit) {
                text.retain(|c| !is_unfit(c));
            }
        }
        for (what, why) in lost {
            self.lose(what, why);
        }
        if let Some(urgency) = self.submission.urgency.filter(|u| !(1..=9).contains(u)) {
            self.submission.urgency = None;
            self.lose("urgency", format!("is {urgency}, and there are only 1 to 9"));
        }
    }

    fn fit_language(&mut self, hints: &Hints) {
        let said = self.submission.language.take().filter(|l| !l.trim().is_empty());
        if let Some(said) = said {
            let tag = said
                .trim()
                .split(['.', '@'])
                .next()
                .unwrap_or_default()
                .replace('_', "-");
            match language::normalise(&tag) {
                Ok(tag) => self.submission.language = Some(tag),
                Err(message) => self.lose("language", format!("`{}` {message}", brief(&said))),
            }
        }
        if self.submission.language.is_none() {
            self.submission.language = hints.language.map(str::to_owned);
        }
    }

    fn fit_times(&mut self) {
        let mut lost = Vec::new();
        let Submission {
            first_published,
            published,
            embargoed_until,
            expires,
            ..
        } = &mut self.submission;
        let mut moments = [None; 2];
        for (i, (name, text)) in [
            ("firstPublished", &mut *first_published),
            ("published", &mut *published),
            ("embargoedUntil", embargoed_until),
            ("expires", expires),
        ]
        .into_iter()
        .enumerate()
        {
            let Some(said) = text.take() else { continue };
            let Some(time) = times::read(&said) else {
                lost.push((name, format!("`{}` is no time", brief(&said))));
                continue;
            };
            if !time.has_offset {
                lost.push((name, format!("`{}` says no offset; it was read as UTC", brief(&said))));
            }
            *text = Some(time.at.to_string());
            if let Some(moment) = moments.get_mut(i) {
                *moment = Some(time.at);
            }
        }
        if let [Some(first), Some(this)] = moments
            && this < first
        {
            *first_published = None;
            lost.push(("firstPublished", "lies after this version's time".to_owned()));
        }
        for (what, why) in lost {
            self.lose(what, why);
        }
    }

    fn fit_lists(&mut self) {
        let own = self.submission.uri.clone();
        let links = self.submission.related_links.take().unwrap_or_default();
        let mut kept: Vec<LinkSubmission> = Vec::new();
        for link in links {
            match fitted_link(link, own.as_deref()) {
                Ok(link) if kept.contains(&link) => {}
                Ok(link) => kept.push(link),
                Err(why) => self.lose("relatedLinks", why),
            }
        }
        self.submission.related_links = self.most("relatedLinks", kept);
        let mut kept = Vec::new();
        for rendition in self.submission.renditions.take().unwrap_or_default() {
            if let Err(message) = uri::web_url(&rendition.href) {
                let why = format!("`{}` at `{}` {message}", brief(&rendition.name), brief(&rendition.href));
                self.lose("renditions", why);
                continue;
            }
            kept.push(fitted_rendition(rendition));
        }
        self.submission.renditions = self.most("renditions", kept);
        let topics = self.submission.topics.take().unwrap_or_default();
        self.submission.topics = self.most("topics", topics);
        let kept = self.submission.topics.clone().unwrap_or_default();
        self.subjects.retain(|s| {
            s.code
                .as_ref()
                .or(s.slug.as_ref())
                .is_some_and(|key| kept.contains(key))
        });
    }

    fn most<T>(&mut self, name: &str, mut list: Vec<T>) -> Option<Vec<T>> {
        if list.len() > MOST {
            self.lose(name, format!("are {}; the first {MOST} were taken", list.len()));
            list.truncate(MOST);
        }
        Some(list).filter(|l| !l.is_empty())
    }

    /// The desk wants a headline, and a document may have none.
    fn fit_headline(&mut self) {
        let s = &self.submission;
        if s.headline.is_some() {
            return;
        }
        let body = s.body.as_deref().map(|b| {
            let clean = html::sanitise(b.get(..b.floor_char_boundary(4_000)).unwrap_or(b));
            html::plain(&html::paragraphs(&clean))
        });
        let pictures = s.renditions.iter().flatten();
        let of_pictures = pictures.flat_map(|r| [r.alt.clone(), r.caption.clone()]).flatten();
        let found = [s.slugline.clone(), s.summary.clone(), body, s.body_text.clone()]
            .into_iter()
            .flatten()
            .chain(of_pictures)
            .chain(self.identity.clone())
            .map(|text| first_words(&text))
            .find(|words| !words.is_empty());
        self.make_headline(found.unwrap_or_else(|| "…".to_owned()));
    }

    /// So much of what has no place as the house keeps.
    fn fit_extra(&mut self) {
        let Some(extra) = &mut self.submission.extra else {
            return;
        };
        for gone in extra.shrink() {
            self.lose(gone, "is more than the house keeps of what it has no place for");
        }
    }
}

/// What XML 1.0 cannot hold.
fn is_unfit(c: char) -> bool {
    (c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

/// One line, and whether it had to be cut.
fn line(text: &str, longest: usize) -> (String, bool) {
    let clean: String = text.chars().filter(|c| !is_unfit(*c)).collect();
    let folded = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.chars().count() <= longest {
        return (folded, false);
    }
    let kept: String = folded.chars().take(longest.saturating_sub(1)).collect();
    (format!("{}…", kept.trim_end()), true)
}

fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn first_words(text: &str) -> String {
    let first = text.split("\n\n").find(|p| !p.trim().is_empty()).unwrap_or_default();
    let (line, _) = line(first, 2_000);
    if line.chars().count() <= LONGEST_MADE {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_MADE).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{}…", cut.trim_end_matches([',', ';', ':', '.', '–', '-']))
}

fn fitted_link(link: LinkSubmission, own: Option<&str>) -> Result<LinkSubmission, String> {
    let LinkSubmission { kind, uri, url, title } = link;
    let title = title.map(|t| line(&t, 500).0).filter(|t| !t.is_empty());
    if kind == LinkKind::External.as_str() {
        let url = url.unwrap_or_default();
        uri::web_url(&url).map_err(|message| format!("`{}` {message}", brief(&url)))?;
        let title = title.or_else(|| Some(line(&url, 500).0));
        return Ok(LinkSubmission {
            kind,
            uri,
            url: Some(url),
            title,
        });
    }
    let uri = uri.unwrap_or_default();
    uri::valid_uri(&uri).map_err(|message| format!("`{}` {message}", brief(&uri)))?;
    if own == Some(uri.as_str()) {
        return Err("leads to the story itself".to_owned());
    }
    Ok(LinkSubmission {
        kind,
        uri: Some(uri),
        url: None,
        title,
    })
}

fn fitted_rendition(rendition: Rendition) -> Rendition {
    let short = |text: Option<String>, longest| text.map(|t| line(&t, longest).0).filter(|t| !t.is_empty());
    let Rendition {
        name,
        href,
        media_type,
        width,
        height,
        size,
        digest,
        focal_point,
        credit,
        alt,
        caption,
    } = rendition;
    let name = line(&name, 100).0;
    let is_type = |m: &String| m.len() <= 100 && m.split('/').filter(|p| !p.is_empty()).count() == 2;
    Rendition {
        name: if name.is_empty() { "main".to_owned() } else { name },
        href,
        media_type: media_type.filter(is_type),
        width: width.filter(|w| *w > 0),
        height: height.filter(|h| *h > 0),
        size: size.filter(|s| *s >= 0),
        digest: short(digest, 200),
        focal_point: focal_point.filter(|p| p.inside()),
        credit: short(credit, 500),
        alt: short(alt, 2_000),
        caption: short(caption, 2_000),
    }
}
