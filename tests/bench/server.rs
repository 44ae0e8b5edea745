//! The server under test as a stranger runs it: its own process, its own command line, its default settings.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::Outcome;
use crate::child::Kept;
use crate::client::Connection;
use crate::profile::{Profile, Watched};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Where one house lives: a data folder, and on PostgreSQL an address.
pub struct Site {
    pub folder: PathBuf,
    pub database_url: Option<String>,
}

pub struct Server {
    process: Kept,
    pub address: SocketAddr,
    /// From the start of the process to the first 200 of `/readyz`.
    pub started_in: Duration,
}

pub struct Import {
    pub took: Duration,
    /// What `import --json` says about itself.
    pub report: Value,
    /// Processor seconds by thread, when asked for.
    pub profile: Option<BTreeMap<String, f64>>,
}

impl Site {
    fn command(&self, arguments: &[&str], log: &str) -> Outcome<Command> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dateline-under-test"));
        command
            .current_dir(&self.folder)
            .arg("--data")
            .arg(&self.folder)
            .args(arguments);
        command
            .env_remove("DATABASE_URL")
            .envs(self.database_url.iter().map(|url| ("DATABASE_URL", url)));
        command
            .stdin(Stdio::null())
            .stderr(File::create(self.folder.join(log))?);
        Ok(command)
    }

    pub fn migrate(&self) -> Outcome<()> {
        let mut command = self.command(&["migrate"], "migrate.log")?;
        let mut process = Kept::start(command.stdout(Stdio::null()), Signal::TERM)?;
        // A kept house may be large, and lack an index.
        let status = process.wait(10 * START_LIMIT)?;
        self.must_be_well(status.success(), "migrate", "migrate.log")
    }

    /// `postmaster` is the database's process, to be profiled too.
    pub fn import(&self, file: &Path, limit: Duration, profile: bool, postmaster: Option<u32>) -> Outcome<Import> {
        let file = file.to_string_lossy();
        let mut command = self.command(&["import", &file, "--json"], "import.log")?;
        let said = self.folder.join("import.json");
        let start = Instant::now();
        let mut process = Kept::start(command.stdout(File::create(&said)?), Signal::TERM)?;
        let profile = profile.then(|| {
            Profile::of(Watched {
                process: process.id(),
                postmaster,
            })
        });
        let status = process.wait(limit)?;
        let took = start.elapsed();
        let profile = profile.map(Profile::finish);
        self.must_be_well(status.success(), "import", "import.log")?;
        let said = std::fs::read_to_string(said)?;
        let report = serde_json::from_str(&said).map_err(|error| format!("import --json said {said:?}: {error}"))?;
        Ok(Import { took, report, profile })
    }

    /// A new key that may publish.
    pub fn key(&self) -> Outcome<String> {
        let mut command = self.command(&["key", "issue", "--scope", "admin", "--name", "bench"], "key.log")?;
        let output = command.output()?;
        self.must_be_well(output.status.success(), "key", "key.log")?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// With its default settings, but for its address in answers and these.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Outcome<Server> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"], "serve.log")?;
        // Several serve one house and must say the same, to the byte.
        command.env("DATELINE__SERVER__PUBLIC_URL", "http://house.example");
        command.envs(settings.iter().copied());
        let start = Instant::now();
        let mut process = Kept::start(command.stdout(Stdio::piped()), Signal::TERM)?;
        let address = announced(&mut process).map_err(|error| format!("serve: {error}\n{}", self.log("serve.log")))?;
        while !ready(address) {
            if process.try_wait()?.is_some() || start.elapsed() > START_LIMIT {
                return Err(format!("serve does not get ready:\n{}", self.log("serve.log")).into());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(Server {
            process,
            address,
            started_in: start.elapsed(),
        })
    }

    fn must_be_well(&self, well: bool, what: &str, log: &str) -> Outcome<()> {
        match well {
            true => Ok(()),
            false => Err(format!("dateline {what} failed:\n{}", self.log(log)).into()),
        }
    }

    /// The end of what the server, or another command, has logged last.
    pub fn log(&self, name: &str) -> String {
        tail(&self.folder.join(name))
    }
}

impl Server {
    /// Resident memory in kB: now, and the most it ever was.
    pub fn memory(&self) -> Outcome<(u64, u64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Ok((field("VmRSS:").ok_or("no VmRSS")?, field("VmHWM:").ok_or("no VmHWM")?))
    }

    pub fn number(&self) -> u32 {
        self.process.id()
    }

    pub fn stop(self) -> Outcome<()> {
        self.process.stop()
    }
}

/// The first line on standard output, `http://127.0.0.1:PORT`. A thread reads it, so that a silent child is noticed,
/// and goes on reading, so that a talkative one is not blocked.
pub fn announced(process: &mut Child) -> Outcome<SocketAddr> {
    let stdout = process.stdout.take().ok_or("standard output is not ours")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _nobody_asks_any_more = tell.send(line);
        }
    });
    let line = told.recv_timeout(START_LIMIT).map_err(|_| "it announced no address")?;
    let address = line
        .trim()
        .strip_prefix("http://")
        .ok_or_else(|| format!("it announced {line:?}"))?;
    Ok(address
        .trim_end_matches('/')
        .parse()
        .map_err(|_| format!("it announced {line:?}"))?)
}

fn ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address) else {
        return false;
    };
    let answer = connection.ask(b"GET /readyz HTTP/1.1\r\nhost: house\r\nconnection: close\r\n\r\n");
    answer.is_ok_and(|answer| answer.status == 200)
}

/// The last lines of a log, for messages.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default()
        .join("\n")
}
