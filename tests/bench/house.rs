//! A filled house: found where it was kept, or made by importing the generated stories.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Outcome;
use crate::cluster::{self, Cluster};
use crate::server::Site;
use crate::settings::{Backend, Settings};
use crate::story;

/// Written last: a house without it was left half-way, and is made anew.
const DONE: &str = "house.json";

pub struct House {
    pub site: Site,
    pub cluster: Option<Cluster>,
    pub stories: u64,
    /// The import's figures, also when it was in an earlier run.
    pub import: Value,
}

/// Gives a filled house of this size in `folder`.
pub fn enter(folder: &Path, backend: Backend, stories: u64, settings: &Settings) -> Outcome<House> {
    let place = folder.join(format!("{}-{stories}", backend.name()));
    std::fs::create_dir_all(&place)?;
    let cluster = match backend {
        Backend::Sqlite => None,
        Backend::Postgres => {
            cluster::open_to_walk(&place)?;
            Some(Cluster::start(&place.join("cluster"))?)
        }
    };
    let site = Site {
        folder: place.join("data"),
        database_url: cluster.as_ref().map(Cluster::url),
    };
    let done = place.join(DONE);
    if let Some(import) = kept(&done) {
        // It may be older than the program.
        site.migrate()?;
        eprintln!("{}, {stories} stories: kept from an earlier run", backend.name());
        return Ok(House {
            site,
            cluster,
            stories,
            import,
        });
    }
    if site.folder.exists() {
        std::fs::remove_dir_all(&site.folder)?;
    }
    std::fs::create_dir_all(&site.folder)?;
    if let Some(cluster) = &cluster {
        cluster.empty_house()?;
    }
    let import = fill(
        &site,
        cluster.as_ref(),
        &manuscript(folder, stories)?,
        stories,
        settings,
    )?;
    std::fs::write(done, import.to_string())?;
    Ok(House {
        site,
        cluster,
        stories,
        import,
    })
}

fn kept(done: &Path) -> Option<Value> {
    let import: Value = serde_json::from_str(&std::fs::read_to_string(done).ok()?).ok()?;
    (import.get("edition") == Some(&json!(story::EDITION))).then_some(import)
}

fn fill(
    site: &Site,
    cluster: Option<&Cluster>,
    manuscript: &Path,
    stories: u64,
    settings: &Settings,
) -> Outcome<Value> {
    site.migrate()?;
    eprintln!("importing {stories} stories into {}", site.folder.display());
    // Slower than this is a fault, not a figure.
    let limit = Duration::from_secs(120 + stories / 100);
    let done = site.import(manuscript, limit, settings.profile, cluster.map(Cluster::number))?;
    let seconds = done.took.as_secs_f64();
    if settings.profile {
        eprintln!("the import says: {:#}", done.report);
    }
    if let Some(cluster) = cluster {
        cluster.settle()?;
    }
    Ok(json!({
        "edition": story::EDITION,
        "stories": stories,
        "seconds": seconds,
        "storiesPerSecond": stories as f64 / seconds,
        "megabytes": std::fs::metadata(manuscript)?.len() as f64 / 1e6,
        "report": done.report,
        "processorSeconds": done.profile,
    }))
}

pub fn manuscript_path(folder: &Path, stories: u64) -> PathBuf {
    folder.join(format!("stories-{stories}.ndjson"))
}

/// The import file, written once for both databases.
pub fn manuscript(folder: &Path, stories: u64) -> Outcome<PathBuf> {
    let path = manuscript_path(folder, stories);
    if !path.exists() {
        let draft = path.with_extension("draft");
        let mut out = BufWriter::with_capacity(1 << 20, File::create(&draft)?);
        story::write_house(stories, &mut out)?;
        out.into_inner().map_err(|error| error.into_error())?.flush()?;
        std::fs::rename(draft, &path)?;
    }
    Ok(path)
}

impl House {
    pub fn close(self) -> Outcome<()> {
        self.cluster.map_or(Ok(()), Cluster::stop)
    }
}
