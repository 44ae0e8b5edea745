//! Our own children and nobody else's: stopped politely, waited for, and never left behind when the run fails.

use std::ops::{Deref, DerefMut};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;

pub struct Kept {
    child: Child,
    /// What asks this one to end in good order.
    farewell: Signal,
}

impl Kept {
    pub fn start(command: &mut Command, farewell: Signal) -> Outcome<Self> {
        let child = command
            .spawn()
            .map_err(|error| format!("{:?} does not start: {error}", command.get_program()))?;
        Ok(Self { child, farewell })
    }

    /// Waits no longer than this; then it is an error, and the child is ended when it is dropped.
    pub fn wait(&mut self, limit: Duration) -> Outcome<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > deadline {
                return Err(format!("process {} is not done after {} s", self.child.id(), limit.as_secs()).into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn stop(mut self) -> Outcome<()> {
        self.ask_to_end();
        self.wait(Duration::from_secs(60)).map(drop)
    }

    fn ask_to_end(&mut self) {
        // A child that has been waited for has no number any more: it may belong to somebody else by now.
        if let Ok(None) = self.child.try_wait() {
            let _gone_already = kill_process(Pid::from_child(&self.child), self.farewell);
        }
    }
}

impl Deref for Kept {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.child
    }
}

impl DerefMut for Kept {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.ask_to_end();
        if self.wait(Duration::from_secs(20)).is_err() {
            let _gone_already = self.child.kill();
            let _gone_already = self.child.wait();
        }
    }
}
