//! What exists: the rooms, put together from the configuration.

use crate::access::Access;
use crate::archive::Archive;
use crate::clock::Clock;
use crate::config::Config;
use crate::consumer::Call;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::feed::{HUB, Publisher};
use crate::hub::Hub;
use crate::news::site::Site;
use crate::outbound::Outbound;
use crate::search::Index;
use crate::server::{self, Running};
use crate::source::Sources;
use crate::store::Store;
use crate::web::Kept;
use crate::webhook::Webhooks;
use crate::wire::Wire;
use crate::worker::Worker;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A running server.
pub struct App {
    running: Running,
    worker: Worker,
    store: Store,
}

/// The rooms of the newsroom floor.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub store: Store,
    pub wire: Wire,
    pub archive: Archive,
    pub kept: Kept,
    pub desk: Desk,
    pub access: Access,
    pub sources: Sources,
    pub hub: Hub,
    pub publisher: Publisher,
    pub webhooks: Webhooks,
    /// How a CDN is told what to forget.
    pub purge: Option<Call>,
    pub index: Index,
}

impl Rooms {
    /// `public_url` is what links begin with.
    pub async fn open(config: &Config, clock: &Clock, public_url: String) -> Result<Rooms> {
        let store = Store::open(&config.store).await?;
        let site = Arc::new(Site {
            name: config.site.name.clone(),
            time_zone: config.site.time_zone.clone(),
            languages: config.site.languages.clone(),
            public_url,
        });
        let poll = Duration::from_millis(config.wire.poll_ms);
        let wire = Wire::open(store.clone(), clock.clone(), poll).await?;
        let desk = Desk::new(
            store.clone(),
            wire.clone(),
            clock.clone(),
            site.home_language().to_owned(),
        );
        let index = index(&store, config).await?;
        let rooms = (store.clone(), wire.clone(), index.clone());
        let archive = Archive::new(rooms, site, config.store.story_cache_megabytes);
        let shelves = archive.clone();
        wire.at_new_epoch(move || shelves.forget());
        let access = Access::new(store.clone(), wire.clone(), clock.clone(), config);
        let megabytes = config.store.answer_cache_megabytes;
        let kept = Kept::new(wire.clone(), megabytes, config.server.surrogate_keys);
        let outbound = Outbound::new(&config.outbound, &agent(&archive.site().public_url))
            .map_err(|why| Error::request("invalid_configuration", format!("outbound: {why}")))?;
        let purge = Call::new(config, &agent(&archive.site().public_url))
            .map_err(|why| Error::request("invalid_configuration", format!("purge: {why}")))?;
        let websub = format!("{}{HUB}", archive.site().public_url);
        // What nobody has named is no address that the world knows.
        let callbacks = (!config.server.public_url.is_empty()).then(|| websub.clone());
        let sources = Sources::new(store.clone(), outbound.clone(), clock.clone(), callbacks);
        let hub = Hub::new(store.clone(), outbound.clone(), clock.clone(), websub);
        let webhooks = Webhooks::new(store.clone(), outbound, clock.clone());
        let publisher = Publisher::new(&archive, kept.clone(), access.clone(), clock.clone());
        Ok(Rooms {
            store,
            wire,
            archive,
            kept,
            desk,
            access,
            sources,
            hub,
            publisher,
            webhooks,
            purge,
            index,
        })
    }
}

/// The search index of this database: each database has a folder of its own, named by a secret that only it has.
async fn index(store: &Store, config: &Config) -> Result<Index> {
    let secret = store.secret("search", 16).await?;
    let house: String = secret.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = match config.search.folder.as_os_str().is_empty() {
        true => config.store.data_dir.join("search"),
        false => config.search.folder.clone(),
    };
    Ok(Index::at(folder.join(&house), house))
}

/// What the house calls itself when it asks others.
fn agent(public_url: &str) -> String {
    format!("Dateline/{} (+{public_url})", env!("CARGO_PKG_VERSION"))
}

impl App {
    /// Opens the database and the doors. When this returns, the server answers.
    pub async fn start(config: Config, clock: Clock) -> Result<App> {
        let listener = server::listen(config.server.listen).map_err(|e| {
            Error::request(
                "cannot_listen",
                format!("cannot listen on {}: {e}", config.server.listen),
            )
        })?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let rooms = Rooms::open(&config, &clock, config.server.base(address)).await?;
        one_time(&rooms.store, &clock).await?;
        let worker = Worker::start(&rooms, &config, clock.clone());
        let running = server::start(listener, &rooms, &config, clock)?;
        Ok(App {
            running,
            worker,
            store: rooms.store,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.running.address
    }

    /// Lets running requests finish within `server.stop_seconds`, then closes the database.
    pub async fn stop(self) {
        self.running.stop().await;
        self.worker.stop().await;
        if let Err(error) = self.store.close().await {
            tracing::warn!(error.cause = %error, "the database did not close cleanly");
        }
    }
}

/// Embargoes end by the database's clock, stories expire by the machine's: who serves must have them together.
async fn one_time(store: &Store, clock: &Clock) -> Result<()> {
    match store.clock_offset(clock).await? {
        Some(offset) if offset.abs() > Store::FARTHEST => {
            let (apart, which) = (
                offset.abs().as_millis(),
                if offset.is_negative() { "behind" } else { "ahead of" },
            );
            let most = Store::FARTHEST.as_millis();
            let text = format!(
                "the database's clock is {apart} ms {which} this machine's, and may be {most} ms at most: embargoes end by it. \
                 Set both by NTP."
            );
            Err(Error::request("clocks_apart", text))
        }
        Some(_) | None => Ok(()),
    }
}
