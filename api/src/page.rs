//! Relay's rules for pages, once: GraphQL connections and REST lists are translations of the same `Slice`.
//!
//! A cursor is a place between things, not a thing: it stays valid for ever, also when what stood there is gone.

use crate::error::{Error, Fault};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub const DEFAULT: u32 = 20;
pub const MOST: u32 = 100;

/// A place in a list. Which variant depends on what the list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// Newest first: microseconds of the first publication, then id.
    Story { first_published: i64, id: Uuid },
    /// By slug.
    Slug(String),
    /// By number: versions, places in a collection.
    Number(i64),
    /// By relevance: thousandths of the score, then as stories.
    Hit { score: u32, first_published: i64, id: Uuid },
}

const FORM: u8 = 1;

impl Cursor {
    /// base64url without padding: form, kind, place, and four bytes of SHA-256 that tell a damaged cursor.
    pub fn encode(&self) -> String {
        let mut bytes = vec![FORM];
        match self {
            Cursor::Story { first_published, id } => {
                bytes.push(b's');
                bytes.extend(first_published.to_be_bytes());
                bytes.extend(id.as_bytes());
            }
            Cursor::Slug(slug) => {
                bytes.push(b't');
                bytes.extend(slug.as_bytes());
            }
            Cursor::Number(number) => {
                bytes.push(b'n');
                bytes.extend(number.to_be_bytes());
            }
            Cursor::Hit {
                score,
                first_published,
                id,
            } => {
                bytes.push(b'h');
                bytes.extend(score.to_be_bytes());
                bytes.extend(first_published.to_be_bytes());
                bytes.extend(id.as_bytes());
            }
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend(sum.iter().take(4));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place one id higher, at the same time; only stories have such.
    pub fn one_above(&self) -> Option<Cursor> {
        self.beside(|id| id.checked_add(1))
    }

    /// The place one id lower.
    pub fn one_below(&self) -> Option<Cursor> {
        self.beside(|id| id.checked_sub(1))
    }

    fn beside(&self, step: impl FnOnce(u128) -> Option<u128>) -> Option<Cursor> {
        match *self {
            Cursor::Story { first_published, id } => step(id.as_u128()).map(|id| Cursor::Story {
                first_published,
                id: Uuid::from_u128(id),
            }),
            Cursor::Slug(_) | Cursor::Number(_) | Cursor::Hit { .. } => None,
        }
    }

    pub fn decode(text: &str) -> Option<Cursor> {
        if text.len() > 400 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (place, sum) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
        if !Sha256::digest(place).starts_with(sum) {
            return None;
        }
        match place.split_first_chunk::<2>()? {
            ([FORM, b's'], rest) => {
                let (first_published, id) = rest.split_first_chunk::<8>()?;
                let id = Uuid::from_slice(id).ok()?;
                Some(Cursor::Story {
                    first_published: i64::from_be_bytes(*first_published),
                    id,
                })
            }
            ([FORM, b't'], rest) => Some(Cursor::Slug(String::from_utf8(rest.to_vec()).ok()?)),
            ([FORM, b'n'], rest) => Some(Cursor::Number(i64::from_be_bytes(rest.try_into().ok()?))),
            ([FORM, b'h'], rest) => {
                let (score, rest) = rest.split_first_chunk::<4>()?;
                let (first_published, id) = rest.split_first_chunk::<8>()?;
                Some(Cursor::Hit {
                    score: u32::from_be_bytes(*score),
                    first_published: i64::from_be_bytes(*first_published),
                    id: Uuid::from_slice(id).ok()?,
                })
            }
            _ => None,
        }
    }
}

/// From which end of the range the page is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Take {
    First(u32),
    Last(u32),
}

/// What a reader asks for: the first or last so many between two places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub take: Take,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
}

/// What the door calls the parameters, for its error messages.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub first: &'static str,
    pub last: &'static str,
}

pub const RELAY: Names = Names {
    first: "first",
    last: "last",
};
pub const REST: Names = Names {
    first: "limit",
    last: "limit",
};

/// The kind of cursor a list understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Story,
    Slug,
    Number,
    Hit,
}

impl Order {
    fn fits(self, cursor: &Cursor) -> bool {
        match (self, cursor) {
            (Order::Story, Cursor::Story { .. })
            | (Order::Slug, Cursor::Slug(_))
            | (Order::Number, Cursor::Number(_))
            | (Order::Hit, Cursor::Hit { .. }) => true,
            (Order::Story | Order::Slug | Order::Number | Order::Hit, _) => false,
        }
    }
}

/// The raw arguments of a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub first: Option<i64>,
    pub last: Option<i64>,
    pub after: Option<&'a str>,
    pub before: Option<&'a str>,
}

impl Page {
    pub fn first(count: u32) -> Page {
        Page {
            take: Take::First(count),
            after: None,
            before: None,
        }
    }

    /// Reads and checks the arguments; all that is wrong with them is said at once.
    pub fn read(asked: Asked<'_>, order: Order, names: Names) -> Result<Page, Error> {
        let mut faults = Vec::new();
        let first = asked.first.and_then(|n| size(n, names.first, &mut faults));
        let last = asked.last.and_then(|n| size(n, names.last, &mut faults));
        let after = asked.after.and_then(|c| place(c, "after", order, &mut faults));
        let before = asked.before.and_then(|c| place(c, "before", order, &mut faults));
        if asked.first.is_some() && asked.last.is_some() {
            faults.push(Fault::new(names.last, "conflict", "give `first` or `last`, not both"));
        }
        if !faults.is_empty() {
            return Err(Error::parameters(faults));
        }
        let take = match (first, last) {
            (Some(first), _) => Take::First(first),
            (None, Some(last)) => Take::Last(last),
            (None, None) => Take::First(DEFAULT),
        };
        Ok(Page { take, after, before })
    }

    pub fn size(&self) -> u32 {
        match self.take {
            Take::First(n) | Take::Last(n) => n,
        }
    }
}

fn size(asked: i64, name: &'static str, faults: &mut Vec<Fault>) -> Option<u32> {
    match u32::try_from(asked) {
        Ok(size) if (1..=MOST).contains(&size) => Some(size),
        _ => {
            faults.push(Fault::new(
                name,
                "out_of_range",
                format!("must be between 1 and {MOST}, not {asked}"),
            ));
            None
        }
    }
}

fn place(text: &str, name: &'static str, order: Order, faults: &mut Vec<Fault>) -> Option<Cursor> {
    let (code, message) = match Cursor::decode(text) {
        Some(cursor) if order.fits(&cursor) => return Some(cursor),
        Some(_) => ("foreign_cursor", "is a cursor of another kind of list"),
        None => (
            "invalid_cursor",
            "is not a cursor that this server gave; send one unchanged",
        ),
    };
    faults.push(Fault::new(name, code, message));
    None
}

/// A page of things: each with its place, and whether more lie on either side.
#[derive(Clone, Debug)]
pub struct Slice<T> {
    pub edges: Vec<Edge<T>>,
    pub has_next: bool,
    pub has_previous: bool,
    /// The places of the first and last thing that was read, also where a later look took the thing itself out.
    ends: Option<(Cursor, Cursor)>,
}

#[derive(Clone, Debug)]
pub struct Edge<T> {
    pub cursor: Cursor,
    pub node: T,
}

impl<T> Slice<T> {
    pub fn empty() -> Slice<T> {
        Slice {
            edges: Vec::new(),
            has_next: false,
            has_previous: false,
            ends: None,
        }
    }

    /// Cuts a page from rows that were read in the page's own direction: in list order for `First`, against it for
    /// `Last`, one more than asked for. `beyond` says whether anything lies behind the place the reading began at.
    pub fn cut(page: &Page, mut rows: Vec<Edge<T>>, beyond: Beyond) -> Slice<T> {
        let size = page.size() as usize;
        let more = rows.len() > size;
        rows.truncate(size);
        let (has_next, has_previous) = match page.take {
            Take::First(_) => (more || beyond.after, beyond.before),
            Take::Last(_) => {
                rows.reverse();
                (beyond.after, more || beyond.before)
            }
        };
        let ends = rows
            .first()
            .zip(rows.last())
            .map(|(first, last)| (first.cursor.clone(), last.cursor.clone()));
        Slice {
            edges: rows,
            has_next,
            has_previous,
            ends,
        }
    }

    pub fn map<U>(self, mut f: impl FnMut(T) -> Option<U>) -> Slice<U> {
        let Slice {
            edges,
            has_next,
            has_previous,
            ends,
        } = self;
        let edges = edges
            .into_iter()
            .filter_map(|e| {
                Some(Edge {
                    cursor: e.cursor,
                    node: f(e.node)?,
                })
            })
            .collect();
        Slice {
            edges,
            has_next,
            has_previous,
            ends,
        }
    }

    /// Where the page begins.
    pub fn start(&self) -> Option<String> {
        self.ends.as_ref().map(|(first, _)| first.encode())
    }

    /// Where the page ends.
    pub fn end(&self) -> Option<String> {
        self.ends.as_ref().map(|(_, last)| last.encode())
    }

    /// The cursor to go on from, if there is anything.
    pub fn next(&self) -> Option<String> {
        self.end().filter(|_| self.has_next)
    }

    /// The cursor to go back from, if there is anything.
    pub fn previous(&self) -> Option<String> {
        self.start().filter(|_| self.has_previous)
    }
}

/// Whether anything stands at or beyond the bounds that the page was asked with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beyond {
    /// At or before `after`.
    pub before: bool,
    /// At or after `before`.
    pub after: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cursor() -> impl Strategy<Value = Cursor> {
        prop_oneof![
            (any::<i64>(), any::<u128>()).prop_map(|(t, id)| Cursor::Story {
                first_published: t,
                id: Uuid::from_u128(id)
            }),
            "[a-z0-9-]{1,120}".prop_map(Cursor::Slug),
            any::<i64>().prop_map(Cursor::Number),
            (any::<u32>(), any::<i64>(), any::<u128>()).prop_map(|(score, t, id)| Cursor::Hit {
                score,
                first_published: t,
                id: Uuid::from_u128(id)
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_cursor_comes_back_as_it_went(cursor in cursor()) {
            prop_assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        }

        #[test]
        fn a_damaged_cursor_is_told(cursor in cursor(), at in any::<prop::sample::Index>(), by in 1u8..) {
            let mut bytes = URL_SAFE_NO_PAD.decode(cursor.encode()).unwrap();
            let i = at.index(bytes.len());
            bytes[i] ^= by;
            prop_assert_eq!(Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".{0,600}") {
            let _ = Cursor::decode(&text);
        }
    }

    #[test]
    fn all_faults_of_a_page_are_said_at_once() {
        let asked = Asked {
            first: Some(0),
            last: Some(101),
            after: Some("?"),
            before: Some(&Cursor::Number(1).encode()),
        };
        let error = Page::read(asked, Order::Story, RELAY).unwrap_err();
        let said: Vec<_> = error.faults.iter().map(|f| (f.field.as_str(), f.code)).collect();
        assert_eq!(
            said,
            [
                ("first", "out_of_range"),
                ("last", "out_of_range"),
                ("after", "invalid_cursor"),
                ("before", "foreign_cursor"),
                ("last", "conflict"),
            ]
        );
    }
}
