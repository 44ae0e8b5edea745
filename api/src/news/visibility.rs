//! The gate: whether this viewer may see this story now. Nothing else in the house decides it.
//!
//! A list cannot ask story by story, so the same rule stands here twice, once for a story in hand and once as the
//! conditions that a walk over an index must keep; the test below holds them together.

use super::ArticleId;
use super::channel::Sight;
use super::story::{PubStatus, Story};
use super::viewer::Scope;
use jiff::Timestamp;
use std::collections::HashSet;

/// Which of some stories are in channels that a viewer may see: what the gate asks of the store.
#[derive(Clone, Debug, PartialEq)]
pub enum Within {
    /// He may see every channel, and what is in none.
    All,
    These(HashSet<ArticleId>),
}

/// In doubt: not visible.
pub fn visible(story: &Story, scope: &Scope, within: &Within) -> bool {
    standing(story, scope, within) == Standing::Visible
}

/// How a story stands for one viewer: whether he may see it, and if he may not any more, why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Visible,
    Withheld,
    Canceled,
    Expired,
    /// It is in none of his channels: for him there is no such story, and no tombstone either.
    Foreign,
}

pub fn standing(story: &Story, scope: &Scope, within: &Within) -> Standing {
    let entitled = match (&scope.sight, within) {
        (Sight::All, _) => true,
        (Sight::Channels(_), Within::All) => false,
        (Sight::Channels(_), Within::These(these)) => these.contains(&story.id),
    };
    match story.pub_status {
        _ if !entitled => Standing::Foreign,
        PubStatus::Withheld => Standing::Withheld,
        PubStatus::Canceled => Standing::Canceled,
        PubStatus::Usable if story.expires.is_some_and(|at| at <= scope.now) => Standing::Expired,
        PubStatus::Usable => Standing::Visible,
    }
}

/// What a walk over an index must keep.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The only status that stands in lists. Indexes are made for it.
    pub status: PubStatus,
    /// A story that expires must expire after this.
    pub expires_after: Timestamp,
    /// It must be in one of these channels; none where all may be seen.
    pub channels: Option<Vec<super::ChannelId>>,
}

pub fn terms(scope: &Scope) -> Terms {
    // Taken apart by name, so that whatever comes to a scope is given its terms here.
    let Scope {
        viewer: _,
        sight,
        now,
        readings: _,
    } = scope;
    Terms {
        status: PubStatus::Usable,
        expires_after: *now,
        channels: match sight {
            Sight::All => None,
            Sight::Channels(holdings) => Some(holdings.channels.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::news::channel::{Grant, Holdings};
    use crate::news::tags::Readings;
    use crate::news::viewer::{Key, KeyScope, Viewer};
    use crate::news::wire::Position;
    use crate::news::{ArticleId, ChannelId, PartnerId, Version};
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
            extra: crate::news::extra::Extra::default(),
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
    fn walked(story: &Story, terms: Terms, channels: &[ChannelId]) -> bool {
        let expires = story.expires.map(Timestamp::as_microsecond);
        let within = |wanted: &Vec<ChannelId>| channels.iter().any(|c| wanted.contains(c));
        story.pub_status.as_str() == terms.status.as_str()
            && terms.channels.as_ref().is_none_or(within)
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
        let channel = |n| ChannelId(Uuid::from_u128(n));
        let sight = |channels: &[u128]| {
            let grant = |n: &u128| Grant {
                id: Uuid::from_u128(*n),
                partner: PartnerId::EVERYBODY,
                channel: channel(*n),
                since: Position(0),
                until: None,
            };
            let grants = channels.iter().map(grant).collect();
            Sight::Channels(Arc::new(Holdings::of(PartnerId::EVERYBODY, grants)))
        };
        let sights = [Sight::All, sight(&[]), sight(&[1]), sight(&[2, 3])];
        let places: [&[u128]; 4] = [&[], &[1], &[2], &[1, 3]];
        for (viewer, sight) in viewers()
            .into_iter()
            .flat_map(|v| sights.clone().map(|s| (v.clone(), s)))
        {
            let scope = Scope {
                viewer,
                sight,
                now,
                readings: Readings::unnoted(),
            };
            for ((status, listed), (expires, lasts)) in statuses.iter().flat_map(|s| expiries.map(|e| (*s, e))) {
                let story = story(status, expires);
                for place in places {
                    let channels: Vec<ChannelId> = place.iter().map(|n| channel(*n)).collect();
                    let entitled = scope.sight.is_all() || channels.iter().any(|c| scope.sight.shows(*c));
                    let within = Within::These(entitled.then_some(story.id).into_iter().collect());
                    let case = format!("{status:?}, expires {expires:?}, in {place:?}, {:?}", scope.sight);
                    let seen = visible(&story, &scope, &within);
                    assert_eq!(seen, entitled && listed && lasts, "the gate: {case}");
                    assert_eq!(walked(&story, terms(&scope), &channels), seen, "a walk: {case}");
                }
            }
        }
    }

    #[test]
    fn who_is_not_entitled_is_not_told_what_became_of_a_story() {
        let scope = Scope {
            sight: Sight::Channels(Arc::new(Holdings::of(PartnerId::EVERYBODY, Vec::new()))),
            ..Scope::operator(NOW.parse().unwrap())
        };
        for status in PubStatus::ALL {
            for within in [Within::All, Within::These(HashSet::new())] {
                assert_eq!(standing(&story(status, None), &scope, &within), Standing::Foreign);
            }
        }
    }
}
