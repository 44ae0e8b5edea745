//! What the run has found: Markdown for people on standard output, JSON lines for comparisons.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::busy::{Busy, PER_SECOND};
use crate::cluster;
use crate::crowd::Crowd;
use crate::follow::Delivery;
use crate::hooks::{Beside, Hooks};
use crate::load::Tally;
use crate::settings::{Backend, Settings};
use crate::stampede::{ASKERS, Stampede};

pub struct Figure {
    pub key: String,
    pub name: String,
    pub different: usize,
    /// Of the middle one of the answers.
    pub bytes: usize,
    pub server: Tally,
    pub yardstick: Tally,
    /// Of each round alone, to see how much the machine wavers.
    pub ratios: Vec<f64>,
    pub repeated: bool,
}

pub struct Report {
    pub backend: Backend,
    pub stories: u64,
    pub import: Value,
    pub starts: Vec<Duration>,
    pub idle_kb: u64,
    pub loaded_kb: u64,
    pub peak_kb: u64,
    /// For one news page that is made anew: the first time, and when its stories are in memory.
    pub statements: [f64; 2],
    pub figures: Vec<Figure>,
    pub followed: Option<Followed>,
}

/// What has to do with publishing and following.
pub struct Followed {
    pub busy: Busy,
    pub stampede: Stampede,
    pub deliveries: Vec<Delivery>,
    pub crowds: Vec<Crowd>,
    pub hooks: Vec<Hooks>,
    pub beside: Option<Beside>,
}

impl Figure {
    fn ratio(&self) -> f64 {
        self.server.per_second() / self.yardstick.per_second()
    }

    fn spread(&self) -> (f64, f64) {
        self.ratios.iter().fold((f64::INFINITY, 0.0), |(low, high), ratio| {
            (ratio.min(low), ratio.max(high))
        })
    }
}

impl Report {
    pub fn markdown(&self, settings: &Settings) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let (slice, connections) = (settings.slice.as_secs_f64(), settings.connections);
        writeln!(text, "\n## {}, {} stories\n", self.backend.name(), self.stories)?;
        writeln!(
            text,
            "{connections} connections, {} rounds of {slice:.2} s for each side, {cores} cores shared with the client. \
             Cached: answers are kept, as by default; uncached: none is. The ratio is the server's requests/s by those of a bare axum handler that returns the same bytes, over \
             all rounds (and of the lowest and the highest round). CPU is processor time per answer, PostgreSQL's \
             included, the client's not.\n",
            settings.rounds
        )?;
        write_figures(&mut text, &self.figures)?;
        if let Some(followed) = &self.followed {
            followed.write(&mut text)?;
        }
        self.write_costs(&mut text)?;
        Ok(text)
    }

    fn write_costs(&self, text: &mut String) -> std::fmt::Result {
        for (first, deep, door) in [
            ("feed-uncached", "feed-deep-uncached", "GraphQL"),
            ("rest-feed-uncached", "rest-feed-deep-uncached", "REST"),
        ] {
            if let (Some(first), Some(deep)) = (self.side(first), self.side(deep)) {
                let (time, processor) = (first.per_second() / deep.per_second(), processor_cost(first, deep));
                writeln!(
                    text,
                    "- {door}, uncached: the deep page costs {time:.2} × the first page ({processor:.2} × its CPU)."
                )?;
            }
        }
        let [cold, warm] = self.statements;
        writeln!(
            text,
            "- SQL statements for one uncached news page by GraphQL: **{warm:.1}** ({cold:.1} for a story that is not \
             in memory)."
        )?;
        let number = |name: &str| self.import.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let (rate, seconds, size) = (number("storiesPerSecond"), number("seconds"), number("megabytes"));
        writeln!(
            text,
            "- Import: **{rate:.0} stories/s** ({size:.0} MB of NDJSON in {seconds:.1} s)."
        )?;
        if let Some(threads) = self.import.get("processorSeconds").and_then(Value::as_object) {
            let spent: Vec<String> = threads
                .iter()
                .map(|(name, spent)| format!("{name} {spent:.1} s"))
                .collect();
            writeln!(text, "- Import, processor time: {}.", spent.join(", "))?;
        }
        let starts = self
            .starts
            .iter()
            .map(|start| format!("{:.0}", start.as_secs_f64() * 1e3));
        let starts: Vec<String> = starts.collect();
        let median = self.median_start().as_secs_f64() * 1e3;
        writeln!(
            text,
            "- Start-up to the first 200 of `/readyz`: **{median:.0} ms** ({} ms).",
            starts.join(", ")
        )?;
        let megabytes = |kb: u64| kb as f64 / 1024.0;
        writeln!(
            text,
            "- Resident memory: **{:.1} MB** idle after start, {:.1} MB after the load ({:.1} MB at most).",
            megabytes(self.idle_kb),
            megabytes(self.loaded_kb),
            megabytes(self.peak_kb)
        )?;
        match self.backend {
            Backend::Postgres => writeln!(text, "- PostgreSQL: {}; the rest as it comes.", cluster::SETTINGS),
            Backend::Sqlite => Ok(()),
        }
    }

    fn side(&self, key: &str) -> Option<&Tally> {
        self.figures
            .iter()
            .find(|figure| figure.key == key)
            .map(|figure| &figure.server)
    }

    fn median_start(&self) -> Duration {
        let mut starts = self.starts.clone();
        starts.sort_unstable();
        starts.get(starts.len() / 2).copied().unwrap_or_default()
    }

    /// Appends one line per figure.
    pub fn append(&self, path: &Path) -> Outcome<()> {
        let mut out = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        let mut line = |figure: &str, what: Value| {
            let mut what = what;
            if let Some(fields) = what.as_object_mut() {
                fields.insert("backend".into(), self.backend.name().into());
                fields.insert("stories".into(), self.stories.into());
                fields.insert("figure".into(), figure.into());
            }
            writeln!(out, "{what}")
        };
        let busy = self.followed.iter().flat_map(|followed| &followed.busy.figures);
        for figure in self.figures.iter().chain(busy) {
            let side = |tally: &Tally| {
                json!({
                    "answers": tally.answers(),
                    "requestsPerSecond": tally.per_second(),
                    "p50Micros": tally.quantile(0.5),
                    "p99Micros": tally.quantile(0.99),
                    "processorMicros": tally.processor_micros(),
                })
            };
            let what = json!({
                "name": figure.name,
                "different": figure.different,
                "bytes": figure.bytes,
                "server": side(&figure.server),
                "yardstick": side(&figure.yardstick),
                "ratio": figure.ratio(),
                "ratios": figure.ratios,
                "repeated": figure.repeated,
            });
            line(&figure.key, what)?;
        }
        for (key, what) in self.followed.iter().flat_map(Followed::lines) {
            line(&key, what)?;
        }
        let [cold, warm] = self.statements;
        line("page-statements", json!({ "cold": cold, "warm": warm }))?;
        line("import", self.import.clone())?;
        let starts: Vec<f64> = self.starts.iter().map(|start| start.as_secs_f64() * 1e3).collect();
        line(
            "start",
            json!({ "medianMillis": self.median_start().as_secs_f64() * 1e3, "millis": starts }),
        )?;
        let memory = json!({ "idleKb": self.idle_kb, "loadedKb": self.loaded_kb, "peakKb": self.peak_kb });
        Ok(line("memory", memory)?)
    }
}

fn write_figures(text: &mut String, figures: &[Figure]) -> std::fmt::Result {
    writeln!(
        text,
        "| asked for | different | bytes | requests/s | p50 ms | p99 ms | CPU µs | bare axum/s | its CPU µs | ratio |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for figure in figures {
        let (server, yardstick) = (&figure.server, &figure.yardstick);
        let (low, high) = figure.spread();
        writeln!(
            text,
            "| {}{} | {} | {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | **{:.2}** ({low:.2}–{high:.2}) |",
            figure.name,
            if figure.repeated { " (more than once)" } else { "" },
            figure.different,
            figure.bytes,
            server.per_second(),
            f64::from(server.quantile(0.5)) / 1e3,
            f64::from(server.quantile(0.99)) / 1e3,
            server.processor_micros(),
            yardstick.per_second(),
            yardstick.processor_micros(),
            figure.ratio(),
        )?;
    }
    writeln!(text)
}

/// Of sorted microseconds: the time within which this share came, in milliseconds.
fn quantile(micros: &[u32], share: f64) -> f64 {
    let place = (micros.len() as f64 * share).ceil() as usize;
    f64::from(micros.get(place.saturating_sub(1)).copied().unwrap_or(0)) / 1e3
}

impl Followed {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Self {
            busy,
            stampede,
            deliveries,
            crowds,
            hooks,
            beside,
        } = self;
        writeln!(
            text,
            "Cached, while {PER_SECOND} stories a second are published at the same server, each into the list of the \
             latest and its topics' feeds; bare axum is asked alone.\n"
        )?;
        write_figures(text, &busy.figures)?;
        writeln!(
            text,
            "From the sending of a story by PUT, one at a time, until it is …\n"
        )?;
        writeln!(
            text,
            "| … | stories | p50 ms | p99 ms | longest ms | p50 after the PUT's answer | p99 after it |"
        )?;
        writeln!(text, "|---|--:|--:|--:|--:|--:|--:|")?;
        for Delivery {
            key: _,
            name,
            micros,
            after_answer,
        } in deliveries
        {
            let (middle, most, last) = (quantile(micros, 0.5), quantile(micros, 0.99), quantile(micros, 1.0));
            let (middle_after, most_after) = (quantile(after_answer, 0.5), quantile(after_answer, 0.99));
            writeln!(
                text,
                "| {name} | {} | {middle:.1} | **{most:.1}** | {last:.1} | {middle_after:.1} | {most_after:.1} |",
                micros.len()
            )?;
        }
        let micros = &busy.publishing;
        let (middle, most, last) = (quantile(micros, 0.5), quantile(micros, 0.99), quantile(micros, 1.0));
        writeln!(
            text,
            "| taken, while the server is asked as above | {} | {middle:.1} | **{most:.1}** | {last:.1} | | |",
            micros.len()
        )?;
        writeln!(text)?;
        if !crowds.is_empty() {
            writeln!(
                text,
                "| listeners (SSE) | memory each, kB | middle one has a story after, ms | last one, ms | slowest last one, ms |"
            )?;
            writeln!(text, "|--:|--:|--:|--:|--:|")?;
        }
        for crowd in crowds {
            writeln!(
                text,
                "| {} | **{:.1}** | {:.0} | **{:.0}** | {:.0} |",
                crowd.listeners, crowd.kilobytes_each, crowd.middle, crowd.last, crowd.slowest
            )?;
        }
        writeln!(text)?;
        write_hooks(text, hooks, beside.as_ref())?;
        writeln!(
            text,
            "- Stampede: {ASKERS} equal requests for a page that nobody has asked for were computed **{:.0}** time(s); \
             all had it after {:.1} ms.",
            stampede.made, stampede.millis
        )
    }

    /// For comparisons.
    fn lines(&self) -> Vec<(String, Value)> {
        let times = |micros: &[u32]| {
            json!({
                "stories": micros.len(),
                "p50Millis": quantile(micros, 0.5),
                "p99Millis": quantile(micros, 0.99),
                "longestMillis": quantile(micros, 1.0),
            })
        };
        let mut lines: Vec<(String, Value)> = Vec::new();
        for delivery in &self.deliveries {
            lines.push((delivery.key.to_owned(), times(&delivery.micros)));
            lines.push((format!("{}-after-answer", delivery.key), times(&delivery.after_answer)));
        }
        lines.push(("wire-put-busy".to_owned(), times(&self.busy.publishing)));
        for crowd in &self.crowds {
            let what = json!({
                "kilobytesEach": crowd.kilobytes_each,
                "middleMillis": crowd.middle,
                "lastMillis": crowd.last,
                "slowestMillis": crowd.slowest,
            });
            lines.push((format!("listeners-{}", crowd.listeners), what));
        }
        for hooks in &self.hooks {
            let mut what = times(&hooks.micros);
            if let Some(fields) = what.as_object_mut() {
                fields.insert("perSecond".into(), hooks.per_second.into());
                fields.insert("kilobytesEach".into(), hooks.kilobytes_each.into());
            }
            lines.push((format!("webhooks-{}", hooks.endpoints), what));
        }
        if let Some(Beside { alone, beside }) = &self.beside {
            lines.push(("webhook-alone".to_owned(), times(alone)));
            lines.push(("webhook-beside-dead".to_owned(), times(beside)));
        }
        let what = json!({ "asked": ASKERS, "made": self.stampede.made, "millis": self.stampede.millis });
        lines.push(("stampede".to_owned(), what));
        lines
    }
}

pub fn write_hooks(text: &mut String, hooks: &[Hooks], beside: Option<&Beside>) -> std::fmt::Result {
    if !hooks.is_empty() {
        writeln!(
            text,
            "| webhooks | deliveries | p50 ms | p99 ms | longest ms | deliveries/s in a row | memory each, kB |"
        )?;
        writeln!(text, "|--:|--:|--:|--:|--:|--:|--:|")?;
    }
    for Hooks {
        endpoints,
        micros,
        per_second,
        kilobytes_each,
    } in hooks
    {
        let (middle, most, last) = (quantile(micros, 0.5), quantile(micros, 0.99), quantile(micros, 1.0));
        writeln!(
            text,
            "| {endpoints} | {} | {middle:.1} | **{most:.1}** | {last:.1} | **{per_second:.0}** | **{kilobytes_each:.1}** |",
            micros.len()
        )?;
    }
    writeln!(text)?;
    if let Some(Beside { alone, beside }) = beside {
        let (before, after) = (quantile(alone, 0.99), quantile(beside, 0.99));
        writeln!(
            text,
            "- A webhook beside one that never answers: p99 {after:.1} ms, alone {before:.1} ms, **{:.2} ×** ({} stories \
             each, in turn).",
            after / before,
            alone.len()
        )?;
    }
    Ok(())
}

/// What more stories cost: the reports of one database at two sizes, figure by figure. The cost is taken from the
/// ratios, because the two were measured minutes apart and the yardstick knows how fast the machine was each time.
pub fn growth(small: &Report, large: &Report) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    writeln!(
        text,
        "\n## {}: {} stories against {}\n",
        large.backend.name(),
        large.stories,
        small.stories
    )?;
    writeln!(
        text,
        "| asked for | requests/s at {} | at {} | ratios | costs | CPU costs |",
        small.stories, large.stories
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|")?;
    for after in &large.figures {
        let Some(before) = small.figures.iter().find(|before| before.key == after.key) else {
            continue;
        };
        writeln!(
            text,
            "| {} | {:.0} | {:.0} | {:.2}, {:.2} | {:.2} × | {:.2} × |",
            after.name,
            before.server.per_second(),
            after.server.per_second(),
            before.ratio(),
            after.ratio(),
            before.ratio() / after.ratio(),
            processor_cost(&before.server, &after.server)
        )?;
    }
    Ok(text)
}

/// How many times the processor time of the one an answer of the other takes.
fn processor_cost(one: &Tally, other: &Tally) -> f64 {
    other.processor_micros() / one.processor_micros()
}
