//! A PostgreSQL of one's own: made in a temporary folder, on a free port of the loopback, without any durability,
//! and removed with everything in it.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::database::reachable;

/// PostgreSQL refuses to run as root; this is nobody, on every system.
const NOBODY: u32 = 65534;
const PATIENCE: Duration = Duration::from_secs(60);

/// Outlives the test process on purpose. It waits on a pipe that the kernel closes however that process ends (the
/// statics of a process are never dropped, and a killed process drops nothing at all), and then does what
/// [`Cluster::stop`] would have done. A line on the pipe says that it has been done.
const WATCHDOG: &str = r#"
read -r _ && exit
if read -r server 2>/dev/null <"$1/data/postmaster.pid"; then
    kill -INT "$server"
    for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.3; done
fi
rm -rf "$1"
"#;

/// One running PostgreSQL cluster; dropping it stops the server and deletes its folder.
pub struct Cluster {
    port: u16,
    parts: Mutex<Option<Parts>>,
}

struct Parts {
    folder: TempDir,
    server: Child,
    watchdog: Child,
}

impl Cluster {
    /// Settings of a cluster whose data nobody will miss.
    pub const THROW_AWAY: &[&str] = &["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

    /// The folder with PostgreSQL's programs: from `PATH`, else the newest that Debian has installed.
    pub fn programs() -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(debian_folders())
            .find(|folder| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file()))
    }

    /// What copies a running server, of the same release as the server: beside it, or beside what its name leads to.
    pub(crate) fn base_backup() -> Option<PathBuf> {
        let programs = Self::programs()?;
        let server = programs.join("postgres").canonicalize().ok()?;
        let folders = [Some(programs.as_path()), server.parent()];
        let places = folders.into_iter().flatten().map(|folder| folder.join("pg_basebackup"));
        places.into_iter().find(|program| program.is_file())
    }

    /// Makes a cluster with these settings (`name=value`) and waits until it answers.
    pub fn start(settings: &[&str]) -> Result<Self, String> {
        Self::made(init, settings)
    }

    /// Makes a streaming replica of this one and waits until it answers. It follows as long as both live.
    pub fn standby(&self, settings: &[&str]) -> Result<Self, String> {
        Self::made(|_, folder| copy(folder, self.port), settings)
    }

    /// `fill` puts a data folder into a folder.
    fn made(fill: impl FnOnce(&Path, &Path) -> Result<(), String>, settings: &[&str]) -> Result<Self, String> {
        let programs = Self::programs().ok_or("PostgreSQL's programs are not on this machine")?;
        let folder = tempfile::Builder::new().prefix("dateline-postgres-").tempdir();
        let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
        if geteuid().is_root() {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).map_err(|error| format!("chown: {error}"))?;
        }
        let watchdog = watch(folder.path()).map_err(|error| format!("sh: {error}"))?;
        fill(&programs, folder.path())?;

        // Somebody else may take the free port before the server does.
        let mut attempts = 3;
        loop {
            match serve(&programs, folder.path(), settings) {
                Ok((server, port)) => {
                    let parts = Mutex::new(Some(Parts {
                        folder,
                        server,
                        watchdog,
                    }));
                    return Ok(Self { port, parts });
                }
                Err(_) if attempts > 1 => attempts -= 1,
                Err(reason) => return Err(reason),
            }
        }
    }

    /// Where a database of this cluster is reached.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops the server and deletes its folder; doing it twice is doing it once.
    pub fn stop(&self) {
        let parts = self
            .parts
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .take();
        let Some(Parts {
            folder,
            mut server,
            mut watchdog,
        }) = parts
        else {
            return;
        };
        interrupt(&mut server);
        let _ = folder.close();
        if let Some(mut pipe) = watchdog.stdin.take() {
            let _ = io::Write::write_all(&mut pipe, b"done\n");
        }
        let _ = watchdog.wait();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `/usr/lib/postgresql/<version>/bin`, newest first.
fn debian_folders() -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// A command that does not run as root, and that does not stand in a folder it may not read.
fn unprivileged(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn watch(folder: &Path) -> io::Result<Child> {
    unprivileged("sh", Path::new("/"))
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Away from the terminal: Ctrl-C ends the tests and must leave this one to tidy up.
        .process_group(0)
        .spawn()
}

fn init(programs: &Path, folder: &Path) -> Result<(), String> {
    let mut initdb = unprivileged(programs.join("initdb"), folder);
    initdb
        .args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
            "-D",
        ])
        .arg(folder.join("data"));
    run("initdb", &mut initdb)
}

/// A copy of a running server's data that, once started, goes on following that server: `-R` leaves `standby.signal`
/// and the connection in it.
fn copy(folder: &Path, port: u16) -> Result<(), String> {
    let program = Cluster::base_backup().ok_or("pg_basebackup is not on this machine")?;
    let mut backup = unprivileged(program, folder);
    backup
        .args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port.to_string()])
        .args(["-X", "stream", "-c", "fast", "-R", "--no-sync", "-D"])
        .arg(folder.join("data"));
    run("pg_basebackup", &mut backup)
}

fn run(name: &str, command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Starts the server on a free port and waits until it answers.
fn serve(programs: &Path, folder: &Path, settings: &[&str]) -> Result<(Child, u16), String> {
    let port = free_port().map_err(|error| format!("no free port: {error}"))?;
    let log = folder.join("log");
    let written = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    let mut server = unprivileged(programs.join("postgres"), folder)
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=300",
            // For replicas, which must have room for as many as their primary.
            "-c",
            "max_wal_senders=20",
            "-c",
            "wal_keep_size=256MB",
        ])
        .args(settings.iter().flat_map(|setting| ["-c", setting]))
        .stdout(Stdio::null())
        .stderr(written)
        .spawn()
        .map_err(|error| format!("postgres: {error}"))?;

    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if !matches!(server.try_wait(), Ok(None)) {
            break;
        }
        if reachable(&url) {
            return Ok((server, port));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    interrupt(&mut server);
    Err(format!(
        "PostgreSQL did not start: {}",
        std::fs::read_to_string(&log).unwrap_or_default()
    ))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// PostgreSQL's "fast shutdown", waited for.
fn interrupt(server: &mut Child) {
    if let Ok(None) = server.try_wait()
        && let Some(pid) = Pid::from_raw(server.id().cast_signed())
    {
        let _ = kill_process(pid, Signal::INT);
    }
    let _ = server.wait();
}
