//! `serve` and `migrate`.

use super::{Common, End, block_on, configuration, logging};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::store;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Args)]
pub struct Serve {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
}

impl Serve {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, self.listen, None)?;
        logging(&config);
        block_on(serve(config, async |_| Ok(())))
    }
}

/// Serves until SIGTERM or SIGINT. `open` is told the address as soon as the doors are open.
pub async fn serve(config: Config, open: impl AsyncFnOnce(&str) -> Result<()>) -> Result<End> {
    // Before the address is out, so that nobody can be faster than the handler.
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let app = App::start(config, Clock::system()).await?;
    let address = format!("http://{}", app.address());
    println!("{address}");
    tracing::info!(server.address = address, "Dateline serves");
    open(&address).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("Dateline stops");
    app.stop().await;
    Ok(End::Done)
}

pub fn migrate(common: &Common) -> Result<End> {
    let config = configuration(common, None, None)?;
    logging(&config);
    block_on(store::migrate(&config.store))?;
    eprintln!("The database is up to date.");
    Ok(End::Done)
}
