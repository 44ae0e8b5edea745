//! What became of one edition in another: the fields that changed, and the text word by word.

use super::story::Story;
use super::topic::{Source, Topic, each_once};
use super::{SourceId, TopicId, Version};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::HashMap;
use std::sync::Arc;

/// From an older edition to a newer one, or back.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub from: Version,
    pub to: Version,
    pub fields: Vec<FieldDifference>,
    /// The whole text in pieces: what is equal and deleted is the older one, what is equal and inserted the newer.
    pub text: Vec<Piece>,
}

/// A field with its values: none, one, or those of a list. Of `body` there are none, because the text says it.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldDifference {
    pub field: &'static str,
    pub old: Vec<String>,
    pub new: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub op: Op,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Delete,
    Insert,
}

impl Op {
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Equal => "equal",
            Op::Delete => "delete",
            Op::Insert => "insert",
        }
    }
}

/// What stories call topics and sources by.
#[derive(Default)]
pub struct Names {
    pub topics: HashMap<TopicId, Arc<Topic>>,
    pub sources: HashMap<SourceId, Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Uri,
    Slug,
    PubStatus,
    Language,
    Headline,
    Summary,
    Body,
    Byline,
    Dateline,
    Slugline,
    Urgency,
    Genre,
    EdNote,
    Published,
    Expires,
    Source,
    Topics,
    RelatedLinks,
    Renditions,
    Replaces,
    Extra,
    Corrections,
}

impl Field {
    /// In the words of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Field::Uri => "uri",
            Field::Slug => "slug",
            Field::PubStatus => "pubStatus",
            Field::Language => "language",
            Field::Headline => "headline",
            Field::Summary => "summary",
            Field::Body => "body",
            Field::Byline => "byline",
            Field::Dateline => "dateline",
            Field::Slugline => "slugline",
            Field::Urgency => "urgency",
            Field::Genre => "genre",
            Field::EdNote => "edNote",
            Field::Published => "published",
            Field::Expires => "expires",
            Field::Source => "source",
            Field::Topics => "topics",
            Field::RelatedLinks => "relatedLinks",
            Field::Renditions => "renditions",
            Field::Replaces => "replaces",
            Field::Extra => "extra",
            Field::Corrections => "corrections",
        }
    }

    fn texts(self, story: &Story, names: &Names) -> Vec<String> {
        let one = |value: Option<String>| value.into_iter().collect();
        match self {
            Field::Uri => vec![story.uri.clone()],
            Field::Slug => vec![story.slug.clone()],
            Field::PubStatus => vec![story.pub_status.as_str().to_owned()],
            Field::Language => vec![story.language.clone()],
            Field::Headline => vec![story.headline.clone()],
            Field::Summary => one(story.summary.clone()),
            Field::Body => Vec::new(),
            Field::Byline => one(story.byline.clone()),
            Field::Dateline => one(story.dateline.clone()),
            Field::Slugline => one(story.slugline.clone()),
            Field::Urgency => one(story.urgency.map(|u| u.to_string())),
            Field::Genre => one(story.genre.clone()),
            Field::EdNote => one(story.ed_note.clone()),
            Field::Published => vec![story.published.to_string()],
            Field::Expires => one(story.expires.map(|at| at.to_string())),
            Field::Source => one(story
                .source
                .and_then(|id| names.sources.get(&id))
                .map(|s| s.slug.clone())),
            Field::Topics => each_once(&story.topics, &names.topics)
                .iter()
                .map(|t| t.slug.clone())
                .collect(),
            Field::RelatedLinks => {
                let links = story.related_links.iter();
                let to = |uri: &Option<String>, url: &Option<String>| uri.clone().or_else(|| url.clone());
                links
                    .map(|l| format!("{} {}", l.kind.as_str(), to(&l.uri, &l.url).unwrap_or_default()))
                    .collect()
            }
            Field::Renditions => story.renditions.iter().map(|r| r.href.clone()).collect(),
            Field::Replaces => one(story.replaces.clone()),
            Field::Extra => one(Some(&story.extra)
                .filter(|e| !e.is_empty())
                .map(|e| serde_json::json!(e).to_string())),
            Field::Corrections => story.corrections.iter().map(|c| c.text.clone()).collect(),
        }
    }
}

/// The fields in which two editions differ.
pub fn changed(old: &Story, new: &Story) -> Vec<Field> {
    // Taken apart by name, so that a new field asks to be compared.
    let Story {
        id: _,
        uri,
        slug,
        version: _,
        pub_status,
        language,
        headline,
        summary,
        body_html,
        body_text: _,
        word_count: _,
        byline,
        dateline,
        slugline,
        urgency,
        genre,
        ed_note,
        first_published: _,
        published,
        version_created: _,
        expires,
        source,
        topics,
        related_links,
        renditions,
        replaces,
        extra,
        corrections,
        withdrawal: _,
    } = old;
    let compared = [
        (Field::Uri, *uri != new.uri),
        (Field::Slug, *slug != new.slug),
        (Field::PubStatus, *pub_status != new.pub_status),
        (Field::Language, *language != new.language),
        (Field::Headline, *headline != new.headline),
        (Field::Summary, *summary != new.summary),
        (Field::Body, *body_html != new.body_html),
        (Field::Byline, *byline != new.byline),
        (Field::Dateline, *dateline != new.dateline),
        (Field::Slugline, *slugline != new.slugline),
        (Field::Urgency, *urgency != new.urgency),
        (Field::Genre, *genre != new.genre),
        (Field::EdNote, *ed_note != new.ed_note),
        (Field::Published, *published != new.published),
        (Field::Expires, *expires != new.expires),
        (Field::Source, *source != new.source),
        (Field::Topics, *topics != new.topics),
        (Field::RelatedLinks, *related_links != new.related_links),
        (Field::Renditions, *renditions != new.renditions),
        (Field::Replaces, *replaces != new.replaces),
        (Field::Extra, *extra != new.extra),
        (Field::Corrections, *corrections != new.corrections),
    ];
    compared
        .into_iter()
        .filter_map(|(field, differs)| differs.then_some(field))
        .collect()
}

pub fn difference(old: &Story, new: &Story, names: &Names) -> Difference {
    let fields = changed(old, new).into_iter().map(|field| FieldDifference {
        field: field.as_str(),
        old: field.texts(old, names),
        new: field.texts(new, names),
    });
    Difference {
        from: old.version,
        to: new.version,
        fields: fields.collect(),
        text: text(&old.body_text, &new.body_text),
    }
}

/// Comparing costs at most the product of both lengths. What would cost more than this all in all is told as deleted and
/// inserted whole: right, only less fine.
const MOST: usize = 8_000_000;

/// Paragraph by paragraph first, and word by word in those that differ.
fn text(old: &str, new: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut left = MOST;
    compare(
        &paragraphs(old),
        &paragraphs(new),
        &mut left,
        &mut |op, old, new| match op {
            Op::Equal => pieces.add(Op::Equal, old),
            Op::Delete | Op::Insert => {
                let mut left = MOST / 4;
                compare(&words(old), &words(new), &mut left, &mut |op, old, new| match op {
                    Op::Equal => pieces.add(Op::Equal, old),
                    Op::Delete | Op::Insert => {
                        pieces.add(Op::Delete, old);
                        pieces.add(Op::Insert, new);
                    }
                });
            }
        },
    );
    pieces.finish()
}

/// Tells runs of tokens that are equal, and runs that are not: what was there, and what is there instead.
fn compare(old: &[&str], new: &[&str], left: &mut usize, tell: &mut impl FnMut(Op, &str, &str)) {
    let cost = old.len().saturating_mul(new.len());
    if cost > *left {
        return tell(Op::Delete, &old.concat(), &new.concat());
    }
    *left -= cost;
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        let was = old.get(op.old_range()).unwrap_or_default().concat();
        let is = new.get(op.new_range()).unwrap_or_default().concat();
        match op.tag() {
            DiffTag::Equal => tell(Op::Equal, &was, &is),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => tell(Op::Delete, &was, &is),
        }
    }
}

fn paragraphs(text: &str) -> Vec<&str> {
    text.split_inclusive("\n\n").collect()
}

/// Words and the space between them, each by itself.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let space = first.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != space).unwrap_or(rest.len());
        let (word, more) = rest.split_at(end);
        words.push(word);
        rest = more;
    }
    words
}

/// Gathers pieces: neighbours of one kind become one, and the space between two changed words is part of the change.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    deleted: String,
    inserted: String,
    /// Equal, but nothing but space, and behind a change: it may turn out to be in the middle of one.
    space: String,
}

impl Pieces {
    fn add(&mut self, op: Op, text: &str) {
        if text.is_empty() {
            return;
        }
        let in_change = !self.deleted.is_empty() || !self.inserted.is_empty();
        match op {
            Op::Equal if in_change && self.space.is_empty() && text.trim().is_empty() => self.space = text.to_owned(),
            Op::Equal => {
                self.end_change();
                self.push(Op::Equal, text);
            }
            Op::Delete | Op::Insert => {
                let space = std::mem::take(&mut self.space);
                self.deleted.push_str(&space);
                self.inserted.push_str(&space);
                match op {
                    Op::Delete => self.deleted.push_str(text),
                    Op::Insert | Op::Equal => self.inserted.push_str(text),
                }
            }
        }
    }

    fn end_change(&mut self) {
        for (op, text) in [
            (Op::Delete, std::mem::take(&mut self.deleted)),
            (Op::Insert, std::mem::take(&mut self.inserted)),
            (Op::Equal, std::mem::take(&mut self.space)),
        ] {
            self.push(op, &text);
        }
    }

    fn push(&mut self, op: Op, text: &str) {
        match self.done.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.op == op => last.text.push_str(text),
            _ => self.done.push(Piece {
                op,
                text: text.to_owned(),
            }),
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        self.end_change();
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(old: &str, new: &str) -> Vec<(Op, String)> {
        text(old, new).into_iter().map(|p| (p.op, p.text)).collect()
    }

    fn piece(op: Op, text: &str) -> (Op, String) {
        (op, text.to_owned())
    }

    #[test]
    fn a_changed_word_is_told_alone() {
        assert_eq!(
            told("Two men were hurt.\n\nIt rained.", "Three men were hurt.\n\nIt rained."),
            [
                piece(Op::Delete, "Two"),
                piece(Op::Insert, "Three"),
                piece(Op::Equal, " men were hurt.\n\nIt rained.")
            ]
        );
    }

    #[test]
    fn words_that_changed_together_are_one_change() {
        assert_eq!(
            told(
                "He said so on Monday morning there.",
                "He said so on Tuesday evening there."
            ),
            [
                piece(Op::Equal, "He said so on "),
                piece(Op::Delete, "Monday morning"),
                piece(Op::Insert, "Tuesday evening"),
                piece(Op::Equal, " there.")
            ]
        );
    }

    #[test]
    fn the_same_is_one_piece_and_nothing_is_none() {
        assert_eq!(told("One.\n\nTwo.", "One.\n\nTwo."), [piece(Op::Equal, "One.\n\nTwo.")]);
        assert_eq!(told("", ""), []);
        assert_eq!(told("", "New."), [piece(Op::Insert, "New.")]);
    }

    #[test]
    fn long_texts_that_have_nothing_in_common_are_told_whole_and_at_once() {
        let (old, new): (String, String) = (
            (0..200_000).map(|n| format!("a{n} ")).collect(),
            (0..200_000).map(|n| format!("b{n} ")).collect(),
        );
        assert_eq!(told(&old, &new), [(Op::Delete, old), (Op::Insert, new)]);
    }

    proptest! {
        #[test]
        fn the_pieces_are_both_texts(old in "([ab]{1,2}[ \n]{0,2}){0,20}", new in "([ab]{1,2}[ \n]{0,2}){0,20}") {
            let pieces = text(&old, &new);
            let of = |ops: [Op; 2]| -> String {
                pieces.iter().filter(|p| ops.contains(&p.op)).map(|p| p.text.as_str()).collect()
            };
            prop_assert_eq!(of([Op::Equal, Op::Delete]), old);
            prop_assert_eq!(of([Op::Equal, Op::Insert]), new);
            prop_assert!(pieces.windows(2).all(|w| w[0].op != w[1].op));
        }
    }
}
