//! Who spends processor time, as the kernel counts it: for an import per thread name of the importer and for the
//! database's processes as a whole (what no thread spends is waiting, mostly for the disk), for a slice of load per
//! answer. Linux only; elsewhere all of it is nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// The kernel counts in hundredths of a second on every platform Linux runs on today.
const TICKS: f64 = 100.0;
const PACE: Duration = Duration::from_millis(50);

/// A process, and the database it leans on.
#[derive(Clone, Copy)]
pub struct Watched {
    pub process: u32,
    pub postmaster: Option<u32>,
}

pub struct Profile {
    over: Arc<AtomicBool>,
    watch: JoinHandle<BTreeMap<String, f64>>,
}

struct Stat {
    name: String,
    parent: u32,
    seconds: f64,
}

type Stats = HashMap<String, Stat>;

impl Watched {
    /// Spent since the start, by the process and by the database's processes that live now.
    pub fn processor_seconds(self) -> f64 {
        let own = std::fs::read_to_string(format!("/proc/{}/stat", self.process)).ok();
        let own = own.and_then(|stat| parse(&stat)).map_or(0.0, |stat| stat.seconds);
        let mut database = Stats::new();
        self.read_database(&mut database);
        own + database.values().map(|stat| stat.seconds).sum::<f64>()
    }

    fn read_database(self, into: &mut Stats) {
        if let Some(postmaster) = self.postmaster {
            read_stats("/proc", |stat| stat.parent == postmaster, into);
        }
    }
}

impl Profile {
    pub fn of(watched: Watched) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let watch = std::thread::spawn({
            let over = over.clone();
            move || watch(watched, &over)
        });
        Self { over, watch }
    }

    /// Processor seconds by name.
    pub fn finish(self) -> BTreeMap<String, f64> {
        self.over.store(true, Ordering::Relaxed);
        self.watch.join().unwrap_or_default()
    }
}

fn watch(watched: Watched, over: &AtomicBool) -> BTreeMap<String, f64> {
    // A thread that has ended can no longer be asked, so the last answer of each is kept.
    let (mut importer, mut before, mut database) = (Stats::new(), Stats::new(), Stats::new());
    watched.read_database(&mut before);
    while !over.load(Ordering::Relaxed) {
        read_stats(&format!("/proc/{}/task", watched.process), |_| true, &mut importer);
        watched.read_database(&mut database);
        std::thread::sleep(PACE);
    }
    let mut seconds = BTreeMap::new();
    for stat in importer.into_values() {
        *seconds.entry(format!("importer: {}", stat.name)).or_default() += stat.seconds;
    }
    for (number, stat) in database {
        let earlier = before.get(&number).map_or(0.0, |earlier| earlier.seconds);
        *seconds.entry(format!("database: {}", stat.name)).or_default() += stat.seconds - earlier;
    }
    seconds
}

/// Reads the `stat` of every numbered folder in this one.
fn read_stats(folder: &str, wanted: impl Fn(&Stat) -> bool, into: &mut Stats) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let number = entry.file_name().to_string_lossy().into_owned();
        if !number.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok();
        if let Some(stat) = stat.and_then(|stat| parse(&stat)).filter(&wanted) {
            into.insert(number, stat);
        }
    }
}

/// `number (name) state parent …`, with user and system time as the 14th and 15th field (proc(5)). The name may hold
/// anything, also a parenthesis.
fn parse(stat: &str) -> Option<Stat> {
    let (start, rest) = stat.rsplit_once(')')?;
    let (_, name) = start.split_once('(')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    let seconds = (ticks(11)? + ticks(12)?) / TICKS;
    Some(Stat {
        name: name.to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        seconds,
    })
}
