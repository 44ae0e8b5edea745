//! What is wrong is said before the port opens, all of it, with what to do.

use std::net::TcpListener;

use dateline_tests::Backend;

use crate::press::{Output, Press};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("all faults of a configuration are told at once", faults)
            .only(Backend::Sqlite)
            .doors_closed(),
        test("a port that is taken is told", port_taken).doors_closed(),
        test("an empty PostgreSQL is told to be migrated first", not_migrated)
            .only(Backend::Postgres)
            .doors_closed(),
        test("an empty SQLite is migrated on the way", sqlite_migrates)
            .only(Backend::Sqlite)
            .doors_closed(),
        test("migrating twice is migrating once", twice).doors_closed(),
        test("a database of a newer program is refused", newer).doors_closed(),
        test("a database that is not there is told", no_database)
            .only(Backend::Postgres)
            .doors_closed(),
    ]
}

/// It failed, and said so in these words, on standard error alone.
#[track_caller]
fn failed(output: &Output, words: &[&str]) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""), "{output}");
    assert!(
        output.stderr.starts_with("dateline: ") || output.stderr.contains("\ndateline: "),
        "{output}"
    );
    for word in words {
        assert!(output.stderr.contains(word), "{word:?} is not said\n{output}");
    }
    assert!(!output.stderr.contains("panicked"), "{output}");
}

async fn faults(press: Press) {
    // A file of its own; the press's would come first.
    let file = press.folder().join("faulty.toml");
    std::fs::write(
        &file,
        "[server]\nlissten = \"127.0.0.1:0\"\nbody_limit = 12\n[sever]\nlisten = 1\n[graphql]\nmax_depth = \"ten\"\n\
         [site]\ntime_zone = \"Europe/Kyv\"\nlanguages = []\n[log]\nformat = \"xml\"\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dateline-under-test"));
    command
        .env_clear()
        .env("DATELINE__STORE__READ_CONECTIONS", "4")
        .env("DATELINE_SERVER_LISTEN", "127.0.0.1:0");
    let output = command
        .args(["serve", "--config", file, "--listen", "here"])
        .output()
        .unwrap();
    let output = Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    failed(&output, &[]);
    let said = output.stderr.replace(file, "FILE");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../snapshots");
    settings.bind(|| insta::assert_snapshot!("operations__configuration_faults", said));
}

async fn port_taken(press: Press) {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = press.command(["serve", "--listen", &address]).await;
    failed(&output, &[&format!("cannot listen on {address}: "), "in use"]);
    assert!(!output.stderr.contains("serves"), "{output}");
}

async fn not_migrated(press: Press) {
    press.by_hand("DROP SCHEMA public CASCADE").await;
    press.by_hand("CREATE SCHEMA public").await;
    failed(
        &press.command(["serve", "--listen", "127.0.0.1:0"]).await,
        &["run `dateline migrate` first"],
    );
    // Looking has changed nothing.
    failed(
        &press.command(["serve", "--listen", "127.0.0.1:0"]).await,
        &["run `dateline migrate` first"],
    );
    assert_eq!(press.command(["migrate"]).await.ok(), "");
    let process = press.process().await;
    process.get("/readyz").await.expect(200);
    assert_eq!(process.terminate().await.code, Some(0));
}

async fn sqlite_migrates(press: Press) {
    let file = press.database_url().strip_prefix("sqlite://").unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{file}{suffix}"));
    }
    let process = press.process().await;
    process.get("/v1/latest").await.expect(200);
    assert_eq!(process.terminate().await.code, Some(0));
}

async fn twice(press: Press) {
    press.open().await;
    let put = press.story("urn:x:1").slug("one").await;
    press.close().await;
    for _ in 0..2 {
        let output = press.command(["migrate"]).await;
        assert_eq!((output.code, output.stdout.as_str()), (Some(0), ""), "{output}");
        assert!(output.stderr.contains("The database is up to date."), "{output}");
    }
    press.open().await;
    assert_eq!(
        press.get("/v1/articles/one").await.expect(200).json()["id"],
        put.id.as_str()
    );
}

async fn newer(press: Press) {
    press
        .by_hand("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 4102358400)")
        .await;
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"]] {
        failed(
            &press.command(command).await,
            &["newer than this program", "m20991231_000001_future"],
        );
    }
}

async fn no_database(press: Press) {
    let mut url = url::Url::parse(press.database_url()).unwrap();
    url.set_password(Some("a-secret")).unwrap();
    url.set_port(Some(1)).unwrap();
    let file = press.folder().join("elsewhere.toml");
    std::fs::write(&file, format!("store.url = \"{url}\"\nstore.acquire_seconds = 1\n")).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dateline-under-test"));
    command
        .env_clear()
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(&file);
    let output = command.output().unwrap();
    let output = Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    failed(&output, &["cannot open the database"]);
    assert!(!output.stderr.contains("a-secret"), "{output}");
}
