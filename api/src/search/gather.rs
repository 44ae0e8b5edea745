//! One pass over all that is found: the first hits behind a place, how many there are, and how they spread.

use super::find::Order;
use super::spread::{Days, Facet, Facets, Spread};
use super::tongue::Tongue;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::Debug;
use std::sync::Arc;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Cardinality, Column, ColumnValues};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

const DAY: i64 = 86_400_000_000;
/// Days until what recency adds has halved, and what it adds at most.
const HALF_LIFE: f32 = 30.0;
pub const RECENT: f32 = 0.3;
/// Scores are counted in thousandths, so that the order of sums does not show.
const EXACT: f32 = 1_000.0;

/// A place among hits; greater ones come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// In thousandths; zero where relevance does not order.
    pub score: u32,
    /// Microseconds, turned round where the oldest come first.
    time: i64,
    id: u128,
}

impl Rank {
    pub fn new(order: Order, score: u32, first_published: i64, id: u128) -> Rank {
        match order {
            Order::Relevance => Rank {
                score,
                time: first_published,
                id,
            },
            Order::Newest => Rank {
                score: 0,
                time: first_published,
                id,
            },
            Order::Oldest => Rank {
                score: 0,
                time: !first_published,
                id: !id,
            },
        }
    }

    /// First publication in microseconds, and id.
    pub fn place(&self, order: Order) -> (i64, u128) {
        match order {
            Order::Relevance | Order::Newest => (self.time, self.id),
            Order::Oldest => (!self.time, !self.id),
        }
    }
}

/// What is gathered.
#[derive(Clone)]
pub struct Gather {
    pub order: Order,
    /// Only what comes behind.
    pub after: Option<Rank>,
    pub most: usize,
    /// The fields to count by.
    pub facets: Vec<&'static str>,
    pub days: bool,
    /// Today at midnight UTC, in microseconds: a score changes once a day and not with every look.
    pub today: i64,
}

#[derive(Default)]
pub struct Gathered {
    /// It asks for more than can be passed over while somebody waits: nothing was looked for.
    pub too_broad: bool,
    pub total: u64,
    /// The first `most`, in order.
    pub first: Vec<Rank>,
    /// By field, how many have which value.
    pub facets: Facets,
    /// By days since 1970.
    pub days: HashMap<i64, u64>,
    /// The languages that words were taken to be of.
    pub tongues: Vec<Tongue>,
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = Segment;

    fn for_segment(&self, _: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Segment> {
        let columns = reader.fast_fields();
        let time = values(columns.i64("first_published")?);
        let mut facets = Vec::new();
        for field in &self.facets {
            if let Some(column) = columns.str(field)? {
                facets.push(Facet::of(field, column));
            }
        }
        let spread = Spread::over(facets, self.days.then(|| Days::of(Arc::clone(&time))));
        Ok(Segment {
            gather: self.clone(),
            time,
            high: values(columns.u64("id_high")?),
            low: values(columns.u64("id_low")?),
            total: 0,
            first: BinaryHeap::new(),
            least: f32::MIN,
            last: i64::MIN,
            spread,
        })
    }

    fn requires_scoring(&self) -> bool {
        self.order == Order::Relevance && self.most > 0
    }

    fn merge_fruits(&self, segments: Vec<Gathered>) -> tantivy::Result<Gathered> {
        let mut all = Gathered::default();
        for segment in segments {
            let Gathered {
                too_broad: _,
                total,
                first,
                facets,
                days,
                tongues: _,
            } = segment;
            all.total += total;
            all.first.extend(first);
            for (field, counts) in facets {
                let sums = all.facets.entry(field).or_default();
                for (value, count) in counts {
                    *sums.entry(value).or_default() += count;
                }
            }
            for (day, count) in days {
                *all.days.entry(day).or_default() += count;
            }
        }
        all.first.sort_unstable_by(|a, b| b.cmp(a));
        all.first.truncate(self.most);
        Ok(all)
    }
}

/// The value of each story, which as a rule has exactly one.
fn values<T: Default + PartialOrd + Copy + Debug + Send + Sync + 'static>(
    column: Column<T>,
) -> Arc<dyn ColumnValues<T>> {
    match column.get_cardinality() {
        Cardinality::Full => column.values,
        Cardinality::Optional | Cardinality::Multivalued => column.first_or_default_col(T::default()),
    }
}

pub struct Segment {
    gather: Gather,
    time: Arc<dyn ColumnValues<i64>>,
    high: Arc<dyn ColumnValues<u64>>,
    low: Arc<dyn ColumnValues<u64>>,
    total: u64,
    /// The last of the first is on top.
    first: BinaryHeap<Reverse<Rank>>,
    /// Score and time of that one, when there are enough. Lower ones do not come in.
    least: f32,
    last: i64,
    spread: Spread,
}

impl Segment {
    /// Whether its time alone says that it does not come in.
    fn is_behind(&self, time: i64, score: Score) -> bool {
        match self.gather.order {
            // Where nothing is weighed, as in a list, the newest come first.
            Order::Relevance => score == 0.0 && (self.least > 0.0 || time < self.last),
            Order::Newest => time < self.last,
            Order::Oldest => !time < self.last,
        }
    }

    fn rank(&self, doc: DocId, time: i64, score: Score) -> Rank {
        let score = match self.gather.order {
            Order::Relevance => {
                let age = (self.gather.today - time).max(0) / DAY;
                let recent = 1.0 + RECENT * (-(age as f32) / HALF_LIFE).exp2();
                (score * recent * EXACT).round() as u32
            }
            Order::Newest | Order::Oldest => 0,
        };
        let id = (u128::from(self.high.get_val(doc)) << 64) | u128::from(self.low.get_val(doc));
        Rank::new(self.gather.order, score, time, id)
    }

    /// Whether it is one of the first.
    fn compare(&mut self, doc: DocId, time: i64, score: Score) {
        if self.is_behind(time, score) {
            return;
        }
        let rank = self.rank(doc, time, score);
        if self.gather.after.is_some_and(|after| rank >= after) {
            return;
        }
        if self.first.len() < self.gather.most {
            self.first.push(Reverse(rank));
        } else if self.first.peek().is_some_and(|Reverse(last)| rank > *last) {
            self.first.pop();
            self.first.push(Reverse(rank));
        }
        if self.first.len() == self.gather.most
            && let Some(Reverse(last)) = self.first.peek()
        {
            (self.least, self.last) = (last.score as f32 - 1.0, last.time);
        }
    }
}

impl SegmentCollector for Segment {
    type Fruit = Gathered;

    fn collect(&mut self, doc: DocId, score: Score) {
        self.total += 1;
        self.spread.add(doc);
        // What recency cannot lift over the last of the first needs no look at what else is known of it.
        if self.gather.most > 0 && score * (1.0 + RECENT) * EXACT >= self.least {
            self.compare(doc, self.time.get_val(doc), score);
        }
    }

    fn harvest(mut self) -> Gathered {
        let (facets, days) = self.spread.told();
        Gathered {
            too_broad: false,
            total: self.total,
            first: self.first.drain().map(|Reverse(rank)| rank).collect(),
            facets,
            days,
            tongues: Vec::new(),
        }
    }
}
