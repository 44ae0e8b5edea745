//! How hits spread over topics, languages, sources and days, counted some hundred hits at once: read one by one, every value
//! would be looked for from the beginning.

use std::collections::HashMap;
use std::sync::Arc;
use tantivy::DocId;
use tantivy::columnar::{Cardinality, ColumnValues, StrColumn};

const DAY: i64 = 86_400_000_000;
const BLOCK: usize = 256;

/// By field, how many have which value.
pub type Facets = HashMap<&'static str, HashMap<String, u64>>;

/// What is counted in one segment.
pub struct Spread {
    facets: Vec<Facet>,
    days: Option<Days>,
    /// Hits that are not counted yet.
    waiting: Vec<DocId>,
}

impl Spread {
    pub fn over(facets: Vec<Facet>, days: Option<Days>) -> Spread {
        Spread {
            facets,
            days,
            waiting: Vec::with_capacity(BLOCK),
        }
    }

    pub fn add(&mut self, doc: DocId) {
        if self.facets.is_empty() && self.days.is_none() {
            return;
        }
        self.waiting.push(doc);
        if self.waiting.len() == BLOCK {
            self.count();
        }
    }

    fn count(&mut self) {
        for facet in &mut self.facets {
            facet.count(&self.waiting);
        }
        if let Some(days) = &mut self.days {
            days.count(&self.waiting);
        }
        self.waiting.clear();
    }

    /// How many have which value, and by days since 1970.
    pub fn told(mut self) -> (Facets, HashMap<i64, u64>) {
        self.count();
        let facets = self.facets.into_iter().map(|facet| (facet.field, facet.named()));
        (facets.collect(), self.days.map(|days| days.counts).unwrap_or_default())
    }
}

pub struct Facet {
    field: &'static str,
    column: StrColumn,
    /// By the number of the value in this segment.
    counts: Vec<u64>,
    rows: Vec<u32>,
    of: Vec<DocId>,
    values: Vec<u64>,
}

impl Facet {
    pub fn of(field: &'static str, column: StrColumn) -> Facet {
        Facet {
            field,
            counts: vec![0; column.dictionary().num_terms()],
            column,
            rows: Vec::new(),
            of: Vec::new(),
            values: Vec::new(),
        }
    }

    fn count(&mut self, docs: &[DocId]) {
        let values = self.column.ords();
        let rows = match values.get_cardinality() {
            Cardinality::Full => docs,
            Cardinality::Optional | Cardinality::Multivalued => {
                self.rows.clear();
                self.of.clear();
                values.row_ids_for_docs(docs, &mut self.of, &mut self.rows);
                &self.rows
            }
        };
        self.values.resize(rows.len(), 0);
        values.values.get_vals(rows, &mut self.values);
        for value in &self.values {
            if let Some(count) = usize::try_from(*value).ok().and_then(|v| self.counts.get_mut(v)) {
                *count += 1;
            }
        }
    }

    fn named(self) -> HashMap<String, u64> {
        let counted = (0_u64..).zip(self.counts).filter(|(_, count)| *count > 0);
        let mut named = HashMap::new();
        for (value, count) in counted {
            let mut name = String::new();
            // A value that is counted has a name; where the file is damaged, the check of its sum says so.
            if self.column.ord_to_str(value, &mut name).unwrap_or(false) {
                named.insert(name, count);
            }
        }
        named
    }
}

pub struct Days {
    time: Arc<dyn ColumnValues<i64>>,
    counts: HashMap<i64, u64>,
    times: Vec<i64>,
}

impl Days {
    pub fn of(time: Arc<dyn ColumnValues<i64>>) -> Days {
        Days {
            time,
            counts: HashMap::new(),
            times: Vec::new(),
        }
    }

    fn count(&mut self, docs: &[DocId]) {
        self.times.resize(docs.len(), 0);
        self.time.get_vals(docs, &mut self.times);
        // Stories stand about in the order in which they came in: most are of the day of the one before.
        let mut days = self.times.iter().map(|time| time.div_euclid(DAY));
        let Some(mut day) = days.next() else { return };
        let mut count = 1;
        for next in days {
            if next != day {
                *self.counts.entry(day).or_default() += count;
                (day, count) = (next, 0);
            }
            count += 1;
        }
        *self.counts.entry(day).or_default() += count;
    }
}
