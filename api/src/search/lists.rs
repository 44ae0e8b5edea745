//! Lists out of the index: the places of the stories that meet a selection, in the order of lists and from any place on.
//!
//! A walk over an index of the database ends when its page is full; the words of this index stand in no such order, and
//! who goes through them has to look at all that meets the selection. What is rare is soon gone through. What is frequent is
//! soon met: so the stories nearest to where the page begins are tried first, some thousand of them, and only if these do
//! not fill it, all are gone through.

#[cfg(test)]
mod tests;

use super::find::{Looker, View};
use super::plan::{all_of, selected};
use crate::news::filter::{DateField, DateRange, Selection};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::{Bound, Range, RangeBounds};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tantivy::collector::Count;
use tantivy::columnar::ColumnValues;
use tantivy::index::SegmentId;
use tantivy::query::{EnableScoring, Occur, Query, Weight};
use tantivy::{DocId, DocSet, SegmentReader, TERMINATED};
use uuid::Uuid;

/// A place in lists: microseconds of the first publication, and id. The greater one comes first.
pub type Spot = (i64, Uuid);

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub lowest: Bound<Spot>,
    pub highest: Bound<Spot>,
    /// From which end it is taken.
    pub newest_first: bool,
    pub most: usize,
}

/// Stories of a segment that are tried before all are gone through, in turns.
const TRIED: [usize; 2] = [1_024, 8_192];

impl View {
    /// For each stretch of the list the places in it, in the order in which they are taken.
    pub fn stretches(
        &self,
        selection: &Selection,
        looker: &Looker<'_>,
        stretches: &[Stretch],
    ) -> tantivy::Result<Vec<Vec<Spot>>> {
        let Looker { terms, hidden } = *looker;
        // Few of many, and known by id: they are left out when they are met.
        let hidden: HashSet<Uuid> = hidden.iter().map(|id| id.0).collect();
        let everybody = Looker { terms, hidden: &[] };
        let (selection, span) = by_time(selection);
        let query = self.meeting(&selection, &everybody)?;
        let weight = query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let readers = self.searcher.segment_readers().iter();
        let charted = readers.map(|reader| Ok((reader, self.charts.of(reader)?)));
        let segments: Vec<(&SegmentReader, Arc<Chart>)> = charted.collect::<tantivy::Result<_>>()?;
        let taken = stretches.iter().map(|stretch| {
            let first = First {
                stretch: *stretch,
                span,
                hidden: &hidden,
                taken: BTreeSet::new(),
            };
            first.take(weight.as_ref(), &segments)
        });
        taken.collect()
    }

    /// How many stand in the list.
    pub fn number(&self, selection: &Selection, looker: &Looker<'_>) -> tantivy::Result<u64> {
        let found = self.searcher.search(&self.meeting(selection, looker)?, &Count)?;
        Ok(found as u64)
    }

    fn meeting(&self, selection: &Selection, looker: &Looker<'_>) -> tantivy::Result<Box<dyn Query>> {
        let mut clauses = selected(&self.fields, selection);
        clauses.extend(self.within(looker)?.map(|within| (Occur::Must, within)));
        Ok(all_of(clauses))
    }
}

/// The time of the first publication is the order itself: what is asked of it is a stretch, and no condition.
fn by_time(selection: &Selection) -> (Selection, (Bound<Spot>, Bound<Spot>)) {
    let mut rest = selection.clone();
    let DateRange { field, from, to } = rest.dates;
    match field {
        DateField::FirstPublished => {
            rest.dates = DateRange::default();
            let at = |time: jiff::Timestamp| (time.as_microsecond(), Uuid::nil());
            let lowest = from.map_or(Bound::Unbounded, |from| Bound::Included(at(from)));
            let highest = to.map_or(Bound::Unbounded, |to| Bound::Excluded(at(to)));
            (rest, (lowest, highest))
        }
        DateField::Published | DateField::VersionCreated => (rest, (Bound::Unbounded, Bound::Unbounded)),
    }
}

/// The first of a stretch, as far as they are found.
struct First<'a> {
    stretch: Stretch,
    span: (Bound<Spot>, Bound<Spot>),
    hidden: &'a HashSet<Uuid>,
    /// Turned so that greater ones are taken first.
    taken: BTreeSet<Spot>,
}

/// What is left of a segment.
struct Left<'a> {
    reader: &'a SegmentReader,
    chart: &'a Chart,
    /// Places in the chart.
    places: Range<usize>,
    turns: usize,
}

impl First<'_> {
    fn take(mut self, weight: &dyn Weight, segments: &[(&SegmentReader, Arc<Chart>)]) -> tantivy::Result<Vec<Spot>> {
        let left = segments.iter().map(|(reader, chart)| Left {
            reader,
            chart,
            places: self.places(chart),
            turns: 0,
        });
        let mut left: Vec<Left<'_>> = left.collect();
        // The segment with the one that would be taken next.
        while let Some((next, best)) = left
            .iter_mut()
            .filter_map(|left| self.next(left).map(|time| (left, time)))
            .max_by_key(|(_, time)| *time)
        {
            if self.is_before(best) {
                break;
            }
            self.look_through(weight, next)?;
        }
        let newest_first = self.stretch.newest_first;
        let taken = self.taken.into_iter().rev();
        Ok(taken.map(|spot| turned(newest_first, spot)).collect())
    }

    /// The places of a chart that are in the stretch, as far as times tell.
    fn places(&self, chart: &Chart) -> Range<usize> {
        let time = |bound: Bound<Spot>| match bound {
            Bound::Included((time, _)) | Bound::Excluded((time, _)) => Some(time),
            Bound::Unbounded => None,
        };
        let lowest = [self.stretch.lowest, self.span.0].into_iter().filter_map(time).max();
        let highest = [self.stretch.highest, self.span.1].into_iter().filter_map(time).min();
        let from = lowest.map_or(0, |time| {
            chart.order.partition_point(|doc| chart.time.get_val(*doc) < time)
        });
        let to = highest.map_or(chart.order.len(), |time| {
            chart.order.partition_point(|doc| chart.time.get_val(*doc) <= time)
        });
        from..to.max(from)
    }

    /// The time, turned, of what would be taken next of a segment.
    fn next(&self, left: &Left<'_>) -> Option<i64> {
        let places = left.chart.order.get(left.places.clone())?;
        let next = if self.stretch.newest_first {
            places.last()
        } else {
            places.first()
        };
        next.map(|doc| self.turned(left.chart.time.get_val(*doc)))
    }

    /// Tries the next stories of a segment, or goes through all of it.
    fn look_through(&mut self, weight: &dyn Weight, left: &mut Left<'_>) -> tantivy::Result<()> {
        let mut found = weight.scorer(left.reader, 1.0)?;
        let Range { start, end } = left.places;
        let many = TRIED.get(left.turns).copied().filter(|many| many * 4 < end - start);
        left.turns += 1;
        let Some(many) = many else {
            left.places = end..end;
            while found.doc() != TERMINATED {
                self.offer(left, found.doc());
                found.advance();
            }
            return Ok(());
        };
        let tried = match self.stretch.newest_first {
            true => end - many..end,
            false => start..start + many,
        };
        left.places = match self.stretch.newest_first {
            true => start..tried.start,
            false => tried.end..end,
        };
        let mut docs = left.chart.order.get(tried).unwrap_or_default().to_vec();
        docs.sort_unstable();
        for doc in docs {
            if found.doc() < doc {
                found.seek(doc);
            }
            if found.doc() == doc {
                self.offer(left, doc);
            }
        }
        Ok(())
    }

    fn offer(&mut self, left: &Left<'_>, doc: DocId) {
        let Left { reader, chart, .. } = left;
        let time = chart.time.get_val(doc);
        if self.is_before(self.turned(time)) || reader.is_deleted(doc) {
            return;
        }
        let spot = (
            time,
            Uuid::from_u64_pair(chart.high.get_val(doc), chart.low.get_val(doc)),
        );
        let inside = (self.stretch.lowest, self.stretch.highest).contains(&spot) && self.span.contains(&spot);
        if !inside || self.hidden.contains(&spot.1) {
            return;
        }
        self.taken.insert(turned(self.stretch.newest_first, spot));
        if self.taken.len() > self.stretch.most {
            self.taken.pop_first();
        }
    }

    /// Whether all that is wanted is taken before anything of this time.
    fn is_before(&self, time: i64) -> bool {
        let last = self.taken.first();
        self.taken.len() >= self.stretch.most && last.is_none_or(|(last, _)| *last > time)
    }

    fn turned(&self, time: i64) -> i64 {
        if self.stretch.newest_first { time } else { !time }
    }
}

/// The other way round where the oldest are taken first; twice is as it was.
fn turned(newest_first: bool, (time, id): Spot) -> Spot {
    match newest_first {
        true => (time, id),
        false => (!time, Uuid::from_u128(!id.as_u128())),
    }
}

/// The order of each segment's stories. Segments never change: they are made, and merged into others.
#[derive(Default)]
pub struct Charts(Mutex<HashMap<SegmentId, Arc<Chart>>>);

struct Chart {
    time: Arc<dyn ColumnValues<i64>>,
    high: Arc<dyn ColumnValues<u64>>,
    low: Arc<dyn ColumnValues<u64>>,
    /// By time, the oldest first.
    order: Vec<DocId>,
}

impl Charts {
    fn of(&self, reader: &SegmentReader) -> tantivy::Result<Arc<Chart>> {
        if let Some(chart) = self.known().get(&reader.segment_id()) {
            return Ok(Arc::clone(chart));
        }
        let chart = Arc::new(Chart::of(reader)?);
        self.known().insert(reader.segment_id(), Arc::clone(&chart));
        Ok(chart)
    }

    /// Forgets what there is no more: it would keep its files.
    pub fn keep(&self, readers: &[SegmentReader]) {
        let there: HashSet<SegmentId> = readers.iter().map(SegmentReader::segment_id).collect();
        self.known().retain(|id, _| there.contains(id));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<SegmentId, Arc<Chart>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chart {
    fn of(reader: &SegmentReader) -> tantivy::Result<Chart> {
        let columns = reader.fast_fields();
        let time = columns.i64("first_published")?.first_or_default_col(0);
        let mut times: Vec<(i64, DocId)> = (0..reader.max_doc()).map(|doc| (time.get_val(doc), doc)).collect();
        // Most came in in this order, and what is in order already is sorted soon.
        times.sort();
        Ok(Chart {
            time,
            high: columns.u64("id_high")?.first_or_default_col(0),
            low: columns.u64("id_low")?.first_or_default_col(0),
            order: times.into_iter().map(|(_, doc)| doc).collect(),
        })
    }
}
