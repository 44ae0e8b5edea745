//! `embargo`: list, drop, release, move.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::clock::Clock;
use crate::desk::{Done, PendingReceipt, Receipt};
use crate::error::Result;
use crate::news::pending::{AdvanceCopy, Pending};
use crate::news::submission::RescheduleSubmission;
use crate::news::viewer::{Scope, Viewer};
use crate::page::{MOST, Page};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Embargo {
    /// Show what waits, in the order of its release
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Take out what waits: it is not published
    Drop { uri: String },
    /// Publish what waits now
    Release { uri: String },
    /// Give what waits another time
    Move {
        uri: String,
        /// RFC 3339 with offset, such as 2026-01-12T19:16:00+02:00
        #[arg(value_name = "TIME")]
        until: String,
    },
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Embargo {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let rooms = rooms(&config, &clock).await?;
            self.carry_out(&rooms, &Scope::operator(clock.now())).await?;
            Ok(End::Done)
        })
    }

    async fn carry_out(self, rooms: &Rooms, scope: &Scope) -> Result<()> {
        let desk = &rooms.desk;
        let done = match self {
            Embargo::List { json } => return list(rooms, scope, json).await,
            Embargo::Drop { uri } => desk.drop_pending(OPERATOR, uri, None, None).await?,
            Embargo::Release { uri } => desk.release_pending(OPERATOR, uri, None, None).await?,
            Embargo::Move { uri, until } => {
                let when = RescheduleSubmission {
                    embargoed_until: Some(until),
                };
                desk.reschedule_pending(OPERATOR, uri, when, None, None).await?
            }
        };
        match done {
            Done::Filed(Receipt { slug, outcome, .. }) => eprintln!("It is {}: {slug}", outcome.as_str()),
            Done::Waits(PendingReceipt {
                embargoed_until,
                outcome,
                ..
            }) => eprintln!("It is {} (embargo until {embargoed_until}).", outcome.as_str()),
        }
        Ok(())
    }
}

async fn list(rooms: &Rooms, scope: &Scope, as_json: bool) -> Result<()> {
    let mut page = Page::first(MOST);
    loop {
        let slice = rooms.archive.list_pending(scope, &page).await?;
        page.after = slice.edges.last().map(|e| e.cursor.clone());
        for edge in &slice.edges {
            let (pending, copy) = &edge.node;
            println!(
                "{}",
                if as_json {
                    told(pending, copy)
                } else {
                    line(pending, copy)
                }
            );
        }
        if !slice.has_next {
            return Ok(());
        }
    }
}

fn told(pending: &Pending, copy: &AdvanceCopy) -> String {
    json!({
        "uri": pending.uri,
        "embargoedUntil": pending.embargoed_until,
        "revision": pending.revision,
        "headline": copy.headline,
        "owner": pending.owner,
        "created": pending.created,
        "changed": pending.changed,
        "failure": pending.failure,
        "tried": pending.tried,
    })
    .to_string()
}

fn line(pending: &Pending, copy: &AdvanceCopy) -> String {
    let failed = pending.failure.as_ref().map_or("", |_| "  [failed]");
    format!(
        "{}  {}  {}{failed}",
        pending.embargoed_until, pending.uri, copy.headline
    )
}
