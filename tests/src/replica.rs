//! A streaming replica of this process's throw-away PostgreSQL.

use crate::backend::own_cluster;
use crate::database::{office, say};
use crate::{Cluster, Database, env};

/// A second server that follows the first; it is stopped and deleted with this value.
pub struct Replica {
    standby: Cluster,
    database: String,
}

impl Replica {
    /// Why there can be none here; `None` when there can. Whether PostgreSQL is here at all is another question.
    pub fn missing() -> Option<&'static str> {
        if env("TEST_DATABASE_URL").is_some() {
            return Some("no replica of a given PostgreSQL");
        }
        let half_there = Cluster::programs().is_some() && Cluster::base_backup().is_none();
        half_there.then_some("no pg_basebackup here")
    }

    /// A replica of the server that this database is on. Connections to the database that were there before go on
    /// committing asynchronously: make them afterwards.
    pub fn of(database: &Database) -> Self {
        let name = database.name().expect("a database on PostgreSQL").to_owned();
        let primary = own_cluster().expect("a PostgreSQL of our own");
        // What is committed asynchronously is sent to a replica only when it is written, up to 200 ms later.
        office(format!(r#"ALTER DATABASE "{name}" SET synchronous_commit = on"#)).expect("a setting");
        let standby = primary.standby(Cluster::THROW_AWAY);
        let standby = standby.unwrap_or_else(|reason| panic!("no replica: {reason}"));
        Self {
            standby,
            database: name,
        }
    }

    /// The database of that name here, as `DATABASE_READ_URL` wants it.
    pub fn url(&self) -> String {
        self.standby.url(&self.database)
    }

    /// When this returns, it shows nothing new any more, as if the line to the primary were slow.
    pub fn pause(&self) {
        let pause = "DO $$ BEGIN PERFORM pg_wal_replay_pause(); \
             WHILE pg_get_wal_replay_pause_state() <> 'paused' LOOP PERFORM pg_sleep(0.01); END LOOP; END $$";
        say(self.url(), pause.to_owned()).expect("it pauses");
    }

    /// It hears nothing of its primary any more, takes its place and can be written to when this returns.
    pub fn promote(&self) {
        let promote = "SELECT pg_promote(true, 60)".to_owned();
        say(self.url(), promote).expect("it is promoted");
    }

    /// The line to the primary breaks: what comes from now on it never has.
    pub fn cut_off(&self) {
        for sentence in [
            "ALTER SYSTEM SET primary_conninfo = ''",
            "SELECT pg_reload_conf()",
            "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_wal_receiver) LOOP PERFORM pg_sleep(0.01); \
             PERFORM pg_stat_clear_snapshot(); END LOOP; END $$",
        ] {
            say(self.url(), sentence.to_owned()).expect("it is cut off");
        }
    }

    pub fn resume(&self) {
        say(self.url(), "SELECT pg_wal_replay_resume()".to_owned()).expect("it goes on");
    }
}
