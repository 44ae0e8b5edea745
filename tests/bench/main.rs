//! The benchmark of the whole house: `cargo bench -p dateline-tests`. It fills a house with generated stories, starts
//! the release server on it, and asks as readers do, beside a yardstick that only returns the same bytes.
//! `settings.rs` lists what can be chosen.
//!
//! Cast: `story.rs` and `words.rs` write the stories · `house.rs` fills and keeps a house, `cluster.rs` is its
//! PostgreSQL · `server.rs` is the program under test · `asked.rs` is what is asked, `tape.rs` its answers,
//! `yardstick.rs` who only repeats them · `client.rs`, `load.rs` and `trial.rs` ask · `publisher.rs` publishes meanwhile,
//! which `busy.rs`, `follow.rs` and `crowd.rs` need, and `stampede.rs` asks all at once · `hooks.rs` has webhooks told · `metrics.rs` looks what the server
//! has counted, `profile.rs` watches the import · `report.rs` tells. Some sections are asked for by name: `-- relevance` measures how good what is found is (`relevance.rs`),
//! `-- search` how fast (`searching.rs`), both beside the databases' own search (`rivals.rs`); `-- lists` asks for lists of several filters, with the search index and
//! without (`listing.rs`); `-- torture` runs the suite's
//! tests with processes that are killed at full size. Promises: every answer is checked, any wrong one fails the run; server and yardstick are asked in
//! turn in short slices, all figures in every round, so that whatever else the machine does meets all of them; no
//! process is left behind.

mod asked;
mod busy;
mod child;
mod client;
mod cluster;
mod crowd;
mod follow;
mod hooks;
mod house;
mod listing;
mod load;
mod metrics;
mod profile;
mod publisher;
mod relevance;
mod report;
mod rivals;
mod searching;
mod server;
mod settings;
mod stampede;
mod story;
mod tape;
mod trial;
mod words;
mod yardstick;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use asked::Turn;
use client::Connection;
use cluster::Cluster;
use house::House;
use profile::Watched;
use publisher::Publisher;
use report::{Followed, Report};
use settings::{Backend, Settings};
use trial::{Sides, Trial};

pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const STARTS: usize = 7;

/// The server that makes every answer anew.
const UNCACHED: &[(&str, &str)] = &[("DATELINE__STORE__ANSWER_CACHE_MEGABYTES", "0")];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [yardstick::ARGUMENT, tape] => yardstick::serve(Path::new(tape)),
        said if said.contains(&"--bench") && said.contains(&"relevance") => section(relevance::run),
        said if said.contains(&"--bench") && said.contains(&"search") => section(searching::run),
        said if said.contains(&"--bench") && said.contains(&"lists") => section(listing::run),
        said if said.contains(&"--bench") && said.contains(&"webhooks") => section(webhooks),
        said if said.contains(&"--bench") && said.contains(&"torture") => torture(),
        // `cargo test --all-targets` builds and starts it too, but without this word.
        said if said.contains(&"--bench") => run(),
        _ => {
            println!("nothing is measured here: cargo bench -p dateline-tests");
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the benchmark failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Kept until the end; on the disk the target folder is on, because a temporary folder may be in memory.
fn scratch() -> Outcome<tempfile::TempDir> {
    std::fs::create_dir_all(env!("CARGO_TARGET_TMPDIR"))?;
    let scratch = tempfile::Builder::new()
        .prefix("house-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    cluster::open_to_walk(scratch.path())?;
    Ok(scratch)
}

/// One of the sections that are asked for by name.
fn section(run: fn(&Path, &Settings) -> Outcome<()>) -> Outcome<()> {
    let scratch = scratch()?;
    run(scratch.path(), &Settings::from_environment()?)
}

/// Webhooks alone: `cargo bench -p dateline-tests --bench house -- webhooks`.
fn webhooks(scratch: &Path, settings: &Settings) -> Outcome<()> {
    for &stories in &settings.stories {
        for &backend in &settings.backends {
            let house = house::enter(scratch, backend, stories, settings)?;
            let told = house.site.key().and_then(|key| pushed(&house, backend, &key, settings));
            let (hooks, beside) = told.map_err(|error| format!("{error}\n{}", house.site.log("serve.log")))?;
            house.close()?;
            let mut text = format!("## {}, {stories} stories\n\n", backend.name());
            report::write_hooks(&mut text, &hooks, beside.as_ref())?;
            println!("{text}");
        }
    }
    Ok(())
}

/// The suite's tests that kill processes at random, with as many changes as are promised instead of a few.
fn torture() -> Outcome<()> {
    let cargo = std::env::var_os("CARGO").ok_or("this is started by cargo bench")?;
    for (tests, size) in [
        ("every follower", ("WIRE_CHANGES", "100000")),
        ("whatever dies", ("DATELINE_WEBHOOK_CHANGES", "20000")),
    ] {
        let mut command = Command::new(&cargo);
        // What cargo says of the benchmark is not so of the test, and a build that looks at it would be made anew.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|own| name.starts_with(own))
            {
                command.env_remove(name);
            }
        }
        command.args([
            "test",
            "--release",
            "-p",
            "dateline-tests",
            "--test",
            "capability",
            "--",
        ]);
        // One after the other: each wants the machine for itself.
        command.args([tests, "--test-threads", "1", "--nocapture"]);
        let status = command.env(size.0, size.1).status()?;
        if !status.success() {
            return Err(format!("`{tests}` does not hold with {}={}: {status}", size.0, size.1).into());
        }
    }
    Ok(())
}

fn run() -> Outcome<()> {
    let settings = Settings::from_environment()?;
    let scratch = scratch()?;
    let folder = settings.house.clone().unwrap_or_else(|| scratch.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    match std::fs::remove_file(&settings.out) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut reports: Vec<Report> = Vec::new();
    for &stories in &settings.stories {
        for &backend in &settings.backends {
            let house = house::enter(&folder, backend, stories, &settings)?;
            let report = measure(&house, backend, scratch.path(), &settings);
            let report = report.map_err(|error| format!("{error}\n{}", house.site.log("serve.log")))?;
            house.close()?;
            println!("{}", report.markdown(&settings)?);
            report.append(&settings.out)?;
            if let Some(small) = reports.iter().find(|earlier| earlier.backend == backend) {
                println!("{}", report::growth(small, &report)?);
            }
            reports.push(report);
        }
        // A kept house does not need it any more, and it is the largest file of all.
        let _not_written_this_time = std::fs::remove_file(house::manuscript_path(&folder, stories));
    }
    eprintln!("the figures are in {}", settings.out.display());
    Ok(())
}

fn measure(house: &House, backend: Backend, scratch: &Path, settings: &Settings) -> Outcome<Report> {
    // What is searched in is made first: a server that is making it is not idle.
    let key = house.site.key()?;
    let server = house.site.serve(&[])?;
    relevance::settled(&mut Connection::open(server.address)?, &key)?;
    server.stop()?;
    let mut starts = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let server = house.site.serve(&[])?;
        starts.push(server.started_in);
        server.stop()?;
    }
    let server = house.site.serve(&[])?;
    std::thread::sleep(Duration::from_secs(1));
    let (idle_kb, _) = server.memory()?;
    let counted = asked::total(server.address)?;
    // A kept house has those that were published in earlier runs.
    if counted < house.stories {
        return Err(format!("{} stories were imported, the server counts {counted}", house.stories).into());
    }
    eprintln!("{}: looking around in {} stories", backend.name(), house.stories);
    let questions = asked::questions(server.address, house.stories, settings.variety)?;
    let mut tapes = Vec::with_capacity(questions.len());
    for question in &questions {
        tapes.push(match question.turn {
            Turn::Seeded => tape::record(server.address, question)?,
            Turn::Once => Vec::new(),
        });
    }
    let tape: PathBuf = scratch.join("tape");
    tape::save(&tape, &tapes)?;
    let (yardstick, yardstick_address) = yardstick::start(&tape)?;
    eprintln!("{}: measuring {} figures", backend.name(), questions.len());
    let uncached = house.site.serve(UNCACHED)?;
    let postmaster = house.cluster.as_ref().map(Cluster::number);
    let side = |address, process, postmaster| (address, Watched { process, postmaster });
    let sides = Sides {
        server: side(server.address, server.number(), postmaster),
        uncached: side(uncached.address, uncached.number(), postmaster),
        yardstick: side(yardstick_address, yardstick.id(), None),
    };
    let page = questions.iter().find(|question| question.key == "page");
    let page = page.ok_or("no news page")?;
    // First with nothing in memory, then with the stories, which are kept whatever becomes of answers.
    let statements = [
        metrics::statements(uncached.address, page)?,
        metrics::statements(uncached.address, page)?,
    ];
    let mut trials = Vec::with_capacity(questions.len());
    for question in &questions {
        trials.push(Trial::new(question, &questions, &tapes, sides)?);
    }
    trial::take_turns(&mut trials, settings)?;
    let (loaded_kb, peak_kb) = server.memory()?;
    let figures = trials.into_iter().flat_map(Trial::figures).collect();
    let mut followed = None;
    if settings.follow {
        eprintln!("{}: publishing meanwhile", backend.name());
        let key = house.site.key()?;
        let mut publisher = Publisher::new(server.address, &key, counted)?;
        let busy = busy::run(&questions, &tapes, sides, &mut publisher, settings)?;
        let stampede = stampede::run(server.address, &mut publisher)?;
        drop(publisher);
        yardstick.stop()?;
        uncached.stop()?;
        server.stop()?;
        followed = Some(follow(house, backend, &key, busy, stampede, settings)?);
    } else {
        yardstick.stop()?;
        uncached.stop()?;
        server.stop()?;
    }
    let import = house.import.clone();
    Ok(Report {
        backend,
        stories: house.stories,
        import,
        starts,
        idle_kb,
        loaded_kb,
        peak_kb,
        statements,
        figures,
        followed,
    })
}

/// Those who follow the wire, at servers that have done nothing else yet.
fn follow(
    house: &House,
    backend: Backend,
    key: &str,
    busy: busy::Busy,
    stampede: stampede::Stampede,
    settings: &Settings,
) -> Outcome<Followed> {
    eprintln!("{}: following the wire", backend.name());
    let near = house.site.serve(&[])?;
    let far = match backend {
        Backend::Sqlite => None,
        Backend::Postgres => Some(house.site.serve(&[])?),
    };
    let counted = asked::total(near.address)?;
    let mut publisher = Publisher::new(near.address, key, counted)?;
    let far_address = far.as_ref().map(|far| far.address);
    let deliveries = follow::deliveries(&mut publisher, near.address, far_address, settings.deliveries)?;
    drop(publisher);
    near.stop()?;
    far.map_or(Ok(()), server::Server::stop)?;
    let mut crowds = Vec::new();
    for &listeners in &settings.listeners {
        // Each end of each connection, and some more.
        let needed = listeners as u64 + 1_000;
        if crowd::open_files(needed) < needed {
            eprintln!("{listeners} listeners: not that many files may be open here");
            continue;
        }
        eprintln!("{}: {listeners} listeners", backend.name());
        let connections = (listeners + 500).to_string();
        let server = house
            .site
            .serve(&[("DATELINE__SERVER__MAX_CONNECTIONS", &connections)])?;
        let counted = asked::total(server.address)?;
        let mut publisher = Publisher::new(server.address, key, counted)?;
        crowds.push(crowd::gather(&server, &mut publisher, listeners)?);
        drop(publisher);
        server.stop()?;
    }
    let (hooks, beside) = pushed(house, backend, key, settings)?;
    Ok(Followed {
        busy,
        stampede,
        deliveries,
        crowds,
        hooks,
        beside,
    })
}

/// Those who are told, each time by a server that has done nothing else yet.
fn pushed(
    house: &House,
    backend: Backend,
    key: &str,
    settings: &Settings,
) -> Outcome<(Vec<hooks::Hooks>, Option<hooks::Beside>)> {
    let (site, stories) = (&house.site, settings.deliveries);
    let first = || -> Outcome<u64> {
        let server = site.serve(&[])?;
        let counted = asked::total(server.address)?;
        server.stop()?;
        Ok(counted)
    };
    let mut told = Vec::new();
    for &endpoints in settings.endpoints.iter().filter(|many| **many > 0) {
        eprintln!("{}: {endpoints} webhooks", backend.name());
        // Many who are told of few stories are as many figures.
        let stories = (3 * stories).div_ceil(endpoints).clamp(10, stories.max(10));
        told.push(hooks::measure(site, key, first()?, endpoints, stories)?);
    }
    if told.is_empty() {
        return Ok((told, None));
    }
    eprintln!("{}: a webhook beside a dead one", backend.name());
    let beside = hooks::beside_a_dead_one(site, key, first()?, stories)?;
    Ok((told, Some(beside)))
}
