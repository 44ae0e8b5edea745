//! Lists that several conditions make together. No index of the database has their order, and a walk over another one may
//! look through the whole archive for a page of what is rare.
//!
//! So the search index proposes their stories, and the database has the last word on each. What the index does not know
//! yet costs nobody anything: the stories that the wire has told of since are left out of the proposal and held against the
//! list by the database, so that the page is as new as one that was walked. Where the index is not there, not whole, of
//! another life of the house, of a later hour than the clock's (it was set back) or too far behind, the database answers
//! alone.

use super::Archive;
use crate::error::Result;
use crate::news::ArticleId;
use crate::news::filter::Selection;
use crate::news::story::Listed;
use crate::news::viewer::Scope;
use crate::news::visibility::Terms;
use crate::news::wire::{Position, Subject};
use crate::page::{Beyond, Cursor, Edge, Page, Slice, Take};
use crate::search::{Looker, Spot, Stretch, View};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::ops::{Bound, RangeBounds};
use std::sync::Arc;

/// Stories that the database is asked for besides, because something has become of them since.
const MOST_CHANGED: usize = 250;

/// How many more are proposed when some are gone in this very moment and the page is not full.
const SPARE: usize = 50;
const TRIES: usize = 3;

/// The index as it stands, and the stories of which the wire says something that it does not know yet.
struct Proposer {
    view: Arc<View>,
    changed: BTreeSet<ArticleId>,
}

/// A stretch of a list, and how many of it are needed; the first is the page, one more than it shows.
#[derive(Clone, Copy)]
struct Part {
    side: Side,
    stretch: Stretch,
    needed: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Page,
    /// At the place behind which the page begins, or before it.
    Before,
    /// At the place before which it ends, or behind it.
    After,
}

impl Archive {
    /// One slice for each list, the same that walks would give; none where the database is to answer alone.
    pub(super) async fn combined(
        &self,
        scope: &Scope,
        asked: &[(Selection, Page)],
        terms: &Terms,
    ) -> Result<Option<Vec<Slice<Listed>>>> {
        let Some(proposer) = self.proposer(scope).await? else {
            return Ok(None);
        };
        for spare in (0..TRIES).map(|tries| tries * SPARE) {
            let Some((slices, expiries)) = self.proposed(&proposer, asked, terms, spare).await? else {
                continue;
            };
            scope.readings.began_at(proposer.view.mark().position);
            scope.readings.good_until(expiries);
            return Ok(Some(slices));
        }
        Ok(None)
    }

    /// How many stand in a list; none where the database is to count alone.
    pub(super) async fn number(&self, scope: &Scope, selection: &Selection, terms: &Terms) -> Result<Option<i64>> {
        let Some(Proposer { view, changed }) = self.proposer(scope).await? else {
            return Ok(None);
        };
        let position = view.mark().position;
        let changed: Vec<ArticleId> = changed.into_iter().collect();
        let (looked, hidden, seen) = (selection.clone(), changed.clone(), terms.clone());
        let job = move || {
            let looker = Looker {
                terms: &seen,
                hidden: &hidden,
            };
            view.number(&looked, &looker)
        };
        // What cannot be read is seen to, and counted elsewhere.
        let Ok(number) = self.look(job).await else {
            return Ok(None);
        };
        let standing = self.store.standing_in(&[(selection, changed)], terms).await?;
        scope.readings.began_at(position);
        let changed = standing.iter().map(Vec::len).sum::<usize>() as u64;
        Ok(i64::try_from(number + changed).ok())
    }

    /// The index, where it is whole and what it does not know is little.
    async fn proposer(&self, scope: &Scope) -> Result<Option<Proposer>> {
        // Nobody is shown less than somebody here was told of.
        let due = self.wire.freshness().due();
        let Some((view, behind)) = self.closed_up().await? else {
            return Ok(None);
        };
        let (mark, head) = (view.mark(), self.wire.head());
        let of_this_life = mark.epoch == head.epoch && behind.iter().all(|entry| entry.epoch == head.epoch);
        let Position(known) = behind.last().map_or(mark.position, |last| last.position);
        if !mark.is_whole_at(scope.now) || !of_this_life || known < due.0 || mark.position > head.position {
            return Ok(None);
        }
        let changed = behind.iter().filter_map(|entry| match &entry.subject {
            Subject::Article(edition) => Some(edition.id),
            Subject::Topic(_) | Subject::Collection(_) | Subject::Channel(_) => None,
            Subject::Source(_) | Subject::Access | Subject::Epoch => None,
        });
        let changed: BTreeSet<ArticleId> = changed.collect();
        Ok((changed.len() <= MOST_CHANGED).then_some(Proposer { view, changed }))
    }

    /// The slices, and when what stands in them expires; none where too many of the proposed are not there any more.
    async fn proposed(
        &self,
        proposer: &Proposer,
        asked: &[(Selection, Page)],
        terms: &Terms,
        spare: usize,
    ) -> Result<Option<(Vec<Slice<Listed>>, Vec<Timestamp>)>> {
        let lists: Vec<(Selection, Vec<Part>)> =
            asked.iter().map(|(s, page)| (s.clone(), parts(page, spare))).collect();
        let (view, looked, seen) = (Arc::clone(&proposer.view), lists.clone(), terms.clone());
        let hidden: Vec<ArticleId> = proposer.changed.iter().copied().collect();
        let job = move || {
            let looker = Looker {
                terms: &seen,
                hidden: &hidden,
            };
            let stretches = |parts: &[Part]| parts.iter().map(|part| part.stretch).collect::<Vec<_>>();
            let lists = looked.iter();
            lists
                .map(|(selection, parts)| view.stretches(selection, &looker, &stretches(parts)))
                .collect::<Result<Vec<_>, _>>()
        };
        // What cannot be read is seen to, and the database is asked instead.
        let Ok(spots) = self.look(job).await else {
            return Ok(None);
        };
        let named = lists.iter().zip(&spots).map(|((selection, _), spots)| {
            let proposed = spots.iter().flatten().map(|(_, id)| ArticleId(*id));
            let ids: BTreeSet<ArticleId> = proposed.chain(proposer.changed.iter().copied()).collect();
            (selection, ids.into_iter().collect())
        });
        let named: Vec<(&Selection, Vec<ArticleId>)> = named.collect();
        let standing = self.store.standing_in(&named, terms).await?;
        let expiries = standing.iter().flatten().filter_map(|(_, expiry)| *expiry).collect();
        let mut slices = Vec::with_capacity(asked.len());
        for ((((_, page), (_, parts)), spots), standing) in asked.iter().zip(&lists).zip(&spots).zip(&standing) {
            let mut rows = Vec::new();
            let mut beyond = Beyond::default();
            for (part, spots) in parts.iter().zip(spots) {
                let Some(found) = part.settle(spots, standing) else {
                    return Ok(None);
                };
                match part.side {
                    Side::Page => rows = found,
                    Side::Before => beyond.before = !found.is_empty(),
                    Side::After => beyond.after = !found.is_empty(),
                }
            }
            slices.push(Slice::cut(page, rows, beyond));
        }
        Ok(Some((slices, expiries)))
    }
}

impl Part {
    /// The first of the stretch, as many as are needed, of those that stand in the list; none where there may be others
    /// that were not proposed.
    fn settle(&self, proposed: &[Spot], standing: &[(Listed, Option<Timestamp>)]) -> Option<Vec<Edge<Listed>>> {
        let Stretch {
            lowest,
            highest,
            newest_first,
            most,
        } = self.stretch;
        // Behind the last that was proposed may be more, of which nothing is known.
        let last = proposed.last().filter(|_| proposed.len() >= most);
        let known = |spot: &Spot| match last {
            None => true,
            Some(last) if newest_first => spot >= last,
            Some(last) => spot <= last,
        };
        let spots = standing.iter().map(|(listed, _)| (spot(listed), *listed));
        let mut found: Vec<(Spot, Listed)> = spots
            .filter(|(spot, _)| (lowest, highest).contains(spot) && known(spot))
            .collect();
        found.sort_unstable_by_key(|(spot, _)| *spot);
        if newest_first {
            found.reverse();
        }
        found.truncate(self.needed);
        let edge = |((first_published, id), node)| Edge {
            cursor: Cursor::Story { first_published, id },
            node,
        };
        (found.len() == self.needed || last.is_none()).then(|| found.into_iter().map(edge).collect())
    }
}

fn spot(listed: &Listed) -> Spot {
    (listed.first_published.as_microsecond(), listed.id.0)
}

fn parts(page: &Page, spare: usize) -> Vec<Part> {
    let place = |cursor: &Option<Cursor>| match cursor {
        Some(Cursor::Story { first_published, id }) => Some((*first_published, *id)),
        Some(Cursor::Slug(_) | Cursor::Number(_) | Cursor::Hit { .. }) | None => None,
    };
    let (after, before) = (place(&page.after), place(&page.before));
    let part = |side, needed: usize, lowest, highest, newest_first| Part {
        side,
        stretch: Stretch {
            lowest,
            highest,
            newest_first,
            most: needed + spare,
        },
        needed,
    };
    let open = Bound::Unbounded;
    let shut = |place: Option<Spot>| place.map_or(open, Bound::Excluded);
    let newest_first = matches!(page.take, Take::First(_));
    let page = part(
        Side::Page,
        page.size() as usize + 1,
        shut(before),
        shut(after),
        newest_first,
    );
    let ahead = after.map(|after| part(Side::Before, 1, Bound::Included(after), open, false));
    let behind = before.map(|before| part(Side::After, 1, open, Bound::Included(before), true));
    [Some(page), ahead, behind].into_iter().flatten().collect()
}
