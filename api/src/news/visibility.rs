//! The gate: whether this viewer may see this story now. Nothing else in the house decides it.
//!
//! A list cannot ask story by story, so the same rule stands here twice, once for a story in hand and once as the
//! conditions that a walk over an index must keep; the test below holds them together.

use super::story::{PubStatus, Story};
use super::viewer::{Scope, Viewer};
use jiff::Timestamp;

/// In doubt: not visible.
pub fn visible(story: &Story, scope: &Scope) -> bool {
    standing(story, scope) == Standing::Visible
}

/// How a story stands for one viewer: whether he may see it, and if he may not any more, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Visible,
    Withheld,
    Canceled,
    Expired,
}

pub fn standing(story: &Story, scope: &Scope) -> Standing {
    let terms = terms(scope);
    match story.pub_status {
        PubStatus::Withheld => Standing::Withheld,
        PubStatus::Canceled => Standing::Canceled,
        PubStatus::Usable if story.expires.is_some_and(|at| at <= terms.expires_after) => Standing::Expired,
        PubStatus::Usable => Standing::Visible,
    }
}

/// What a walk over an index must keep.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The only status that stands in lists. Indexes are made for it.
    pub status: PubStatus,
    /// A story that expires must expire after this.
    pub expires_after: Timestamp,
}

pub fn terms(scope: &Scope) -> Terms {
    let Scope {
        viewer,
        now,
        readings: _,
    } = scope;
    match viewer {
        // Reading is public so far: whoever asks sees the same. A new kind of viewer must be given its terms here.
        Viewer::Public | Viewer::Key(_) | Viewer::Operator => Terms {
            status: PubStatus::Usable,
            expires_after: *now,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::tags::Readings;
    use crate::news::viewer::{Key, KeyScope};
    use crate::news::{ArticleId, Version};
    use std::sync::Arc;
    use uuid::Uuid;

    const NOW: &str = "2026-01-12T20:00:00Z";

    fn story(pub_status: PubStatus, expires: Option<Timestamp>) -> Story {
        let now = NOW.parse().unwrap();
        Story {
            id: ArticleId(Uuid::from_u128(1)),
            uri: "urn:story:1".to_owned(),
            slug: "story".to_owned(),
            version: Version::FIRST,
            pub_status,
            language: "en".to_owned(),
            headline: "Story".to_owned(),
            summary: None,
            body_html: String::new(),
            body_text: String::new(),
            word_count: 0,
            byline: None,
            dateline: None,
            slugline: None,
            urgency: None,
            genre: None,
            ed_note: None,
            first_published: now,
            published: now,
            version_created: now,
            expires,
            source: None,
            topics: Vec::new(),
            related_links: Vec::new(),
            renditions: Vec::new(),
            replaces: None,
            corrections: Vec::new(),
            withdrawal: None,
        }
    }

    fn viewers() -> Vec<Viewer> {
        let key = |scope| {
            let (id, name) = ("k".to_owned(), "a partner".to_owned());
            Viewer::Key(Arc::new(Key::plain(id, name, scope, Timestamp::UNIX_EPOCH)))
        };
        let keys = KeyScope::ALL.map(key);
        [Viewer::Public, Viewer::Operator].into_iter().chain(keys).collect()
    }

    /// What a walk's conditions say of a row, as `store/list.rs` writes them: `pub_status = … AND (expires IS NULL OR
    /// expires > …)`, in the microseconds that the rows hold.
    fn walked(story: &Story, terms: Terms) -> bool {
        let expires = story.expires.map(Timestamp::as_microsecond);
        story.pub_status.as_str() == terms.status.as_str()
            && expires.is_none_or(|at| at > terms.expires_after.as_microsecond())
    }

    #[test]
    fn a_walk_finds_exactly_what_the_gate_lets_through() {
        let now: Timestamp = NOW.parse().unwrap();
        let microsecond = jiff::SignedDuration::from_micros(1);
        let expiries = [
            (None, true),
            (Some(Timestamp::MIN), false),
            (Some(now - microsecond), false),
            // At the very instant it is gone.
            (Some(now), false),
            (Some(now + microsecond), true),
            (Some(Timestamp::MAX), true),
        ];
        let statuses = [
            (PubStatus::Usable, true),
            (PubStatus::Withheld, false),
            (PubStatus::Canceled, false),
        ];
        for viewer in viewers() {
            let scope = Scope {
                viewer,
                now,
                readings: Readings::unnoted(),
            };
            for (status, listed) in statuses {
                for (expires, lasts) in expiries {
                    let story = story(status, expires);
                    let case = format!("{status:?}, expires {expires:?}, {:?}", scope.viewer);
                    assert_eq!(visible(&story, &scope), listed && lasts, "the gate: {case}");
                    assert_eq!(walked(&story, terms(&scope)), visible(&story, &scope), "a walk: {case}");
                }
            }
        }
    }
}
