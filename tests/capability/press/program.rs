//! The real program as a child process: its command line, its signals, its end.

use std::ffi::OsStr;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::{Doors, PATIENCE, Press};

pub const PATH: &str = env!("CARGO_BIN_EXE_dateline-under-test");

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    /// `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// It ended well, and this is what it said on standard output.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self}");
        self.stdout
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Press {
    /// Runs a subcommand against this test's database and waits for its end.
    pub async fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.command_with_input(arguments, b"").await
    }

    /// The same, with something on standard input. When it returns, the server knows what the command has changed.
    pub async fn command_with_input<S: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Output {
        let mut running = self.spawn(arguments);
        let mut pipe = running.child.stdin.take().expect("a pipe");
        // A program that does not read is not at fault.
        let _ = pipe.write_all(input).await;
        drop(pipe);
        let output = running.wait().await;
        if self.is_open() {
            // What another process has changed a server knows a moment later, and is ready when it does.
            self.get("/readyz").await;
        }
        output
    }

    /// Starts a subcommand and does not wait; for killing it half-way. Standard input stays open until it is waited
    /// for.
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Running {
        Running::new(self.ready(arguments).spawn().expect("the program starts"), true)
    }

    /// The server as a process of its own, open on a free port. The clock is the machine's.
    pub async fn process(&self) -> Process {
        self.process_with(&[]).await
    }

    /// The same, with variables in its environment that the press's other processes do not have.
    pub async fn process_with(&self, environment: &[(&str, String)]) -> Process {
        let mut child = self
            .ready(["serve", "--listen", "127.0.0.1:0"])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let running = Running::new(child, false);
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let address = match line {
            Ok(Ok(Some(line))) => line
                .trim()
                .strip_prefix("http://")
                .and_then(|address| address.parse().ok()),
            _ => None,
        };
        let address = address.unwrap_or_else(|| panic!("no address on standard output\n{}", running.stderr()));
        let doors = Doors::new(self.admin_key().to_owned());
        doors.lead_to(address);
        Process { running, doors }
    }

    fn ready<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let config = self.folder().join("dateline.toml");
        std::fs::write(&config, self.configuration()).expect("a configuration file");
        let mut command = std::process::Command::new(PATH);
        bare(&mut command)
            .arg("--config")
            .arg(&config)
            .args(arguments)
            .current_dir(self.folder());
        let mut command = Command::from(command);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// Without the environment of whoever runs the tests: a `DATABASE_URL` out there is none of ours.
pub fn bare(command: &mut std::process::Command) -> &mut std::process::Command {
    let kept = ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];
    command.env_clear();
    for name in kept {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A child process; dropping it kills it.
pub struct Running {
    child: Child,
    stdout: Heard,
    stderr: Heard,
}

impl Running {
    fn new(mut child: Child, hear_stdout: bool) -> Self {
        let stdout = if hear_stdout {
            Heard::from(child.stdout.take())
        } else {
            Heard::default()
        };
        let stderr = Heard::from(child.stderr.take());
        Self { child, stdout, stderr }
    }

    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(pid.expect("a running process"), signal).expect("the signal is sent");
    }

    /// As a power cut would end it.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the process is killed");
    }

    /// Whether it has ended, and how.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child process")
    }

    /// What it has said on standard output so far.
    pub fn stdout(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has said on standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.so_far()
    }

    pub async fn wait(mut self) -> Output {
        let status = self.child.wait().await.expect("a child process");
        Output {
            code: status.code(),
            stdout: self.stdout.all().await,
            stderr: self.stderr.all().await,
        }
    }
}

/// A server in a process of its own. Ask it as a press is asked.
pub struct Process {
    running: Running,
    doors: Doors,
}

impl Process {
    pub fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    pub async fn kill(self) {
        self.running.kill().await;
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.running.ended()
    }

    pub fn stderr(&self) -> String {
        self.running.stderr()
    }

    pub async fn wait(self) -> Output {
        self.running.wait().await
    }

    /// Its doors, to be asked from elsewhere.
    pub fn clone_doors(&self) -> Doors {
        self.doors.clone()
    }

    /// A graceful stop, as a service manager asks for it.
    pub async fn terminate(self) -> Output {
        self.signal(Signal::TERM);
        self.wait().await
    }
}

impl std::ops::Deref for Process {
    type Target = Doors;

    fn deref(&self) -> &Doors {
        &self.doors
    }
}

/// A pipe, read as it fills so that the child never waits for us.
#[derive(Default)]
struct Heard {
    text: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Heard {
    fn from(pipe: Option<impl AsyncRead + Send + Unpin + 'static>) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let written = text.clone();
        let reader = pipe.map(|mut pipe| {
            tokio::spawn(async move {
                let mut piece = [0; 4096];
                while let Ok(length @ 1..) = pipe.read(&mut piece).await {
                    written
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .extend_from_slice(&piece[..length]);
                }
            })
        });
        Self { text, reader }
    }

    fn so_far(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    async fn all(mut self) -> String {
        if let Some(reader) = self.reader.take() {
            let _ = reader.await;
        }
        self.so_far()
    }
}
