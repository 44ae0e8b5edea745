//! A PostgreSQL of our own for one house: the machine's programs, a data folder beside the house, loopback only, run as
//! a user who is not root. The harness has one too, but for data that nobody will miss; this one outlives the run
//! where the house is kept, and keeps the settings a careful owner has (`fsync`, `synchronous_commit` and full page
//! writes on): a benchmark without them would measure a database nobody runs.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, geteuid};
use sqlx::{Connection, PgConnection};

use crate::Outcome;
use crate::child::Kept;

/// What differs from PostgreSQL's defaults; the report says so.
pub const SETTINGS: &str = "shared_buffers=512MB, max_wal_size=4GB, fsync on";

pub struct Cluster {
    port: u16,
    postmaster: Kept,
}

impl Cluster {
    /// Starts what lies in this folder, made new where there is nothing.
    pub fn start(folder: &Path) -> Outcome<Self> {
        let programs = dateline_tests::Cluster::programs().ok_or("PostgreSQL's programs are not found")?;
        let owner = owner();
        if !folder.join("PG_VERSION").exists() {
            std::fs::create_dir_all(folder)?;
            if let Some((user, group)) = owner {
                chown(folder, Some(user), Some(group))?;
            }
            let mut initdb = as_owner(&programs.join("initdb"), owner);
            initdb
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--pgdata",
                ])
                .arg(folder);
            run(&mut initdb)?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = folder.with_extension("log");
        let mut postgres = as_owner(&programs.join("postgres"), owner);
        postgres.arg("-D").arg(folder).args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=512MB",
            "max_wal_size=4GB",
        ] {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(Stdio::null()).stderr(std::fs::File::create(&log)?);
        // SIGINT is PostgreSQL's fast shutdown: sessions are ended, everything is written.
        let postmaster = Kept::start(&mut postgres, Signal::INT)?;
        let mut cluster = Self { port, postmaster };
        let deadline = Instant::now() + Duration::from_secs(60);
        while cluster.sql("postgres", "select 1").is_err() {
            if cluster.postmaster.try_wait()?.is_some() || Instant::now() > deadline {
                return Err(format!("PostgreSQL does not come up:\n{}", crate::server::tail(&log)).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(cluster)
    }

    pub fn url(&self) -> String {
        self.url_of("house")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub fn number(&self) -> u32 {
        self.postmaster.id()
    }

    pub fn empty_house(&self) -> Outcome<()> {
        self.sql("postgres", "drop database if exists house")?;
        self.sql("postgres", "create database house")
    }

    /// What autovacuum and the checkpointer do in the minutes after an import, so that they do not do it meanwhile.
    pub fn settle(&self) -> Outcome<()> {
        self.sql("house", "vacuum analyze")?;
        self.sql("house", "checkpoint")
    }

    pub fn stop(self) -> Outcome<()> {
        self.postmaster.stop()
    }

    fn sql(&self, database: &str, statement: &'static str) -> Outcome<()> {
        let url = self.url_of(database);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await?;
            sqlx::raw_sql(statement).execute(&mut connection).await?;
            Ok(connection.close().await?)
        })
    }
}

/// PostgreSQL refuses to run as root: then it is nobody, as in the harness.
fn owner() -> Option<(u32, u32)> {
    const NOBODY: u32 = 65534;
    geteuid().is_root().then_some((NOBODY, NOBODY))
}

/// With a folder to stand in that every user can enter, and messages in English.
fn as_owner(program: &Path, owner: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn run(command: &mut Command) -> Outcome<()> {
    let output = command.stdin(Stdio::null()).output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// PostgreSQL's user must be able to walk down to its data folder.
pub fn open_to_walk(folder: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(folder)?.mode();
    Ok(std::fs::set_permissions(
        folder,
        std::fs::Permissions::from_mode(mode | 0o711),
    )?)
}
