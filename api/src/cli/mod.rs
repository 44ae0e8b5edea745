//! The command line: one file per subcommand.
//!
//! What scripts want goes alone to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 misused, 3 done in part.

mod channel;
mod demo;
mod embargo;
mod export;
mod import;
mod key;
mod partner;
mod print;
mod search;
mod serve;
mod source;
mod webhook;
mod wire;

use crate::app::Rooms;
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::error::{Error, Result};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Dateline, a news syndication server.
#[derive(Parser)]
#[command(name = "dateline", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
struct Common {
    /// Configuration file; all settings with their defaults: `dateline print config`
    #[arg(long, global = true, value_name = "FILE", env = "DATELINE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder of the embedded database [default: ./dateline-data, for the demo ./dateline-demo]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// A server full of believable stories, nothing to configure
    Demo(demo::Demo),
    /// Serve what is in the database
    Serve(serve::Serve),
    /// Bring the database's tables up to date
    Migrate,
    /// Put stories in from NDJSON files
    Import(import::Import),
    /// Write the whole house as NDJSON, for import elsewhere
    Export(export::Export),
    /// Issue, list, change, rotate and revoke keys
    #[command(subcommand)]
    Key(key::Key),
    /// Put partners in, change and remove them
    #[command(subcommand)]
    Partner(partner::Partner),
    /// Look at what waits under embargo; move, release or drop it
    #[command(subcommand)]
    Embargo(embargo::Embargo),
    /// Put channels in, remove them, and give them to partners
    #[command(subcommand)]
    Channel(channel::Channel),
    /// Put sources in that are pulled, see how they are, look at one now
    #[command(subcommand)]
    Source(source::Source),
    /// Have changes posted to partners, see how that goes, receive some to try it
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// See how the search index is, make it anew, ask it
    #[command(subcommand)]
    Search(search::Search),
    /// See the wire live, and cut off what is old
    #[command(subcommand)]
    Wire(wire::Wire),
    /// Print a contract or the configuration manual
    Print(print::Print),
}

/// How a command ended.
pub enum End {
    Done,
    InPart,
}

pub fn run() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let outcome = match command {
        Command::Demo(demo) => demo.run(&common),
        Command::Import(import) => import.run(&common),
        Command::Export(export) => export.run(&common),
        Command::Serve(serve) => serve.run(&common),
        Command::Migrate => serve::migrate(&common),
        Command::Key(key) => key.run(&common),
        Command::Partner(partner) => partner.run(&common),
        Command::Embargo(embargo) => embargo.run(&common),
        Command::Channel(channel) => channel.run(&common),
        Command::Source(source) => source.run(&common),
        Command::Webhook(webhook) => webhook.run(&common),
        Command::Search(search) => search.run(&common),
        Command::Wire(wire) => wire.run(&common),
        Command::Print(print) => print.run(),
    };
    match outcome {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::InPart) => ExitCode::from(3),
        Err(error) => {
            eprintln!("dateline: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the configuration; all that is wrong with it is said at once, before anything starts.
fn configuration(common: &Common, listen: Option<String>, default_data: Option<&str>) -> Result<Config> {
    // The one place where the environment is read.
    let env = std::env::vars_os().map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned()));
    let data = common
        .data
        .as_ref()
        .map(|d| d.to_string_lossy().into_owned())
        .or(default_data.map(str::to_owned));
    let options = [("--listen", listen), ("--data", data)];
    let options = options
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Config::read(common.config.as_deref(), env.chain(options))
        .map_err(|faults| Error::request("invalid_configuration", faults.to_string()))
}

fn logging(config: &Config) {
    use std::io::IsTerminal;
    // The migrator reports every start, and so does PostgreSQL of its tables; what the operator says comes later and wins.
    let filter = tracing_subscriber::EnvFilter::try_new(format!(
        "sea_orm_migration=warn,sqlx::postgres::notice=warn,{}",
        config.log.filter
    ))
    .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let to = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second server in one process keeps the first one's log.
    let _ = match config.log.format {
        LogFormat::Text => to
            .with_ansi(std::io::stderr().is_terminal())
            .with_target(false)
            .try_init(),
        LogFormat::Json => to.json().flatten_event(true).try_init(),
    };
}

/// Runs a command's work on a runtime of its own.
fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // Deep GraphQL queries need more stack than a thread has by default.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(8 * 1024 * 1024)
        .build()
        .map_err(Error::internal)?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

/// The rooms, for a command that works on the database without opening any door.
async fn rooms(config: &Config, clock: &Clock) -> Result<Rooms> {
    Rooms::open(config, clock, config.server.base(config.server.listen)).await
}
