//! From a list of sentences to trials: one test becomes two by name, one for each database.

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use dateline_tests::{Backend, Replica, corpus, in_ci};
use futures::FutureExt;
use futures::future::LocalBoxFuture;
use libtest_mimic::{Failed, Trial};

use crate::press::{Press, Setup};

/// Longer than the slowest import on a busy machine; a test that hangs is a failure with a name.
const PATIENCE: Duration = Duration::from_secs(600);

type Run = Arc<dyn Fn(Press) -> LocalBoxFuture<'static, ()> + Send + Sync>;

/// One sentence of the manual, and how to find out whether it is true.
pub struct Test {
    sentence: &'static str,
    kind: Kind,
}

enum Kind {
    /// Needs no database and no server.
    Plain(fn()),
    Press {
        run: Run,
        backends: &'static [Backend],
        setup: Setup,
        needs_corpus: bool,
        needs_replica: bool,
        /// A program that is missing here.
        missing: Option<&'static str>,
        patience: Duration,
    },
}

/// A test that gets a running Dateline of its own, once on SQLite and once on PostgreSQL.
pub fn test<F, R>(sentence: &'static str, run: F) -> Test
where
    F: Fn(Press) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + 'static,
{
    let run: Run = Arc::new(move |press| run(press).boxed_local());
    let kind = Kind::Press {
        run,
        backends: &Backend::ALL,
        setup: Setup::default(),
        needs_corpus: false,
        needs_replica: false,
        missing: None,
        patience: PATIENCE,
    };
    Test { sentence, kind }
}

/// A test that looks at files or at itself.
pub fn plain(sentence: &'static str, run: fn()) -> Test {
    Test {
        sentence,
        kind: Kind::Plain(run),
    }
}

impl Test {
    /// Only on this database.
    pub fn only(mut self, backend: Backend) -> Self {
        if let Kind::Press { backends, .. } = &mut self.kind {
            *backends = match backend {
                Backend::Sqlite => &[Backend::Sqlite],
                Backend::Postgres => &[Backend::Postgres],
            };
        }
        self
    }

    /// Reads real news; ignored where the corpus is not beside the workspace.
    pub fn with_corpus(mut self) -> Self {
        if let Kind::Press { needs_corpus, .. } = &mut self.kind {
            *needs_corpus = true;
        }
        self
    }

    /// Needs a program; ignored where it is missing, save in CI, where that is a failure.
    pub fn needing(mut self, lacking: Option<&'static str>) -> Self {
        if let Kind::Press { missing, .. } = &mut self.kind {
            *missing = lacking;
        }
        self
    }

    /// Reads from a streaming replica; ignored where PostgreSQL is somebody else's.
    pub fn with_replica(mut self) -> Self {
        if let Kind::Press { needs_replica, .. } = &mut self.kind {
            *needs_replica = true;
        }
        self
    }

    /// May take longer than others.
    pub fn patient(mut self, time: Duration) -> Self {
        if let Kind::Press { patience, .. } = &mut self.kind {
            *patience = PATIENCE.max(time);
        }
        self
    }

    /// A setting other than the press's own, as `section.key` and a TOML value.
    pub fn set(self, key: &'static str, value: impl ToString) -> Self {
        self.setup(|setup| {
            setup.settings.insert(key, value.to_string());
        })
    }

    /// The server does not run until the test says `press.open()`; for tests of the command line.
    pub fn doors_closed(self) -> Self {
        self.setup(|setup| setup.doors_open = false)
    }

    fn setup(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        if let Kind::Press { setup, .. } = &mut self.kind {
            change(setup);
        }
        self
    }

    fn trials(self) -> Vec<Trial> {
        let Self { sentence, kind } = self;
        match kind {
            Kind::Plain(run) => vec![Trial::test(format!("house: {sentence}"), move || {
                run();
                Ok(())
            })],
            Kind::Press {
                run,
                backends,
                setup,
                needs_corpus,
                needs_replica,
                missing,
                patience,
            } => {
                let no_corpus = (needs_corpus && corpus().is_none()).then_some("no corpus here");
                let lacking = no_corpus.or(if needs_replica { Replica::missing() } else { None });
                let trial = |&backend: &Backend| {
                    let absent = backend.missing().or(missing);
                    press_trial(
                        (sentence, backend),
                        run.clone(),
                        setup.clone(),
                        absent,
                        lacking,
                        patience,
                    )
                };
                backends.iter().map(trial).collect()
            }
        }
    }
}

/// What cannot run here is shown as ignored, with the reason before its name; in CI a missing database or
/// program is a failure.
fn press_trial(
    (sentence, backend): (&str, Backend),
    run: Run,
    setup: Setup,
    absent: Option<&'static str>,
    lacking: Option<&'static str>,
    patience: Duration,
) -> Trial {
    let ignored = if in_ci() { lacking } else { absent.or(lacking) };
    Trial::test(format!("{backend}: {sentence}"), move || match absent.or(lacking) {
        Some(reason) => Err(Failed::from(reason)),
        None => {
            tell(backend, run, setup, patience);
            Ok(())
        }
    })
    .with_kind(ignored.unwrap_or_default())
    .with_ignored_flag(ignored.is_some())
}

/// Runs one test on a small runtime of its own. The press is closed whether the test holds or not.
fn tell(backend: Backend, run: Run, setup: Setup, patience: Duration) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let press = Press::start(backend, setup).await;
        let told = AssertUnwindSafe(tokio::time::timeout(patience, run(press.clone())))
            .catch_unwind()
            .await;
        press.close().await;
        match told {
            Ok(Ok(())) => {}
            Ok(Err(_)) => panic!("still running after {patience:?}"),
            Err(panic) => resume_unwind(panic),
        }
    });
}

pub fn trials(tests: Vec<Test>) -> Vec<Trial> {
    let trials: Vec<Trial> = tests.into_iter().flat_map(Test::trials).collect();
    let mut names = BTreeSet::new();
    for trial in &trials {
        assert!(names.insert(trial.name()), "two tests say: {}", trial.name());
    }
    trials
}
