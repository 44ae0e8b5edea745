//! `webhook`: add, list, show, attempts, test, resend, rotate, pause, resume, remove, listen. Changes are posted by the
//! running servers; `test` posts here and now.

mod listen;

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::news::EndpointId;
use crate::news::channel::EVERYBODYS;
use crate::news::viewer::Viewer;
use crate::news::webhook::{Attempt, Endpoint, EndpointSubmission, Score, SecretRotation};
use crate::rest::{WebhookAttempt, WebhookView};
use crate::webhook::Added;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

#[derive(Subcommand)]
pub enum Webhook {
    /// Have changes posted to an address; its id and its secret are printed
    Add(Box<Add>),
    /// Show all webhooks and how they are
    List {
        /// Only those of this partner
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show what a webhook was sent and what it answered, the newest first
    Attempts {
        id: Uuid,
        /// How many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Post a test message, here and now
    Test { id: Uuid },
    /// Send one change once more, or everything behind a cursor
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Resend {
        id: Uuid,
        /// One change, by the `webhook-id` of its message
        #[arg(long, group = "what")]
        message: Option<String>,
        /// Everything behind this cursor, `oldest` for all that is kept, `latest` for nothing of what was missed
        #[arg(long, group = "what", value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Give it a new secret, which is printed; for a while messages are signed with both
    Rotate {
        id: Uuid,
        /// How long, in seconds
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<i64>,
    },
    /// Send it nothing; where it was is kept
    Pause { id: Uuid },
    /// Go on where it was
    Resume { id: Uuid },
    /// Remove a webhook with all that is known of what it was sent
    Remove { id: Uuid },
    /// Receive messages, check their signatures and print them, until interrupted
    Listen(listen::Listen),
}

#[derive(Args)]
pub struct Add {
    /// Where changes are posted
    url: String,
    /// Whose it is, by his slug [default: the house's own, which is told everything]
    #[arg(long, value_name = "SLUG")]
    partner: Option<String>,
    /// What it is for
    #[arg(long)]
    about: Option<String>,
    /// Only stories in this channel; may be repeated
    #[arg(long, value_name = "SLUG")]
    channel: Vec<String>,
    /// Only stories in the feed of this topic; may be repeated
    #[arg(long, value_name = "SLUG")]
    topic: Vec<String>,
    /// Only changes of this kind, such as article.published; may be repeated
    #[arg(long)]
    kind: Vec<String>,
    /// full, meta, id or ninjs [default: full]
    #[arg(long)]
    payload: Option<String>,
    /// Begin behind this cursor, or at the `oldest` entry that is kept [default: with the latest]
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Webhook {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            if let Webhook::Listen(listen) = self {
                // It needs no house.
                return listen.run(&clock).await;
            }
            let rooms = rooms(&config, &clock).await?;
            Box::pin(self.carry_out(&rooms, &clock)).await
        })
    }

    async fn carry_out(self, rooms: &Rooms, clock: &Clock) -> Result<End> {
        let webhooks = &rooms.webhooks;
        match self {
            Webhook::Add(add) => {
                let said = add.submission();
                let start = rooms.wire.start(EVERYBODYS, "--after", said.after.as_deref()).await?;
                let sight = rooms.access.sight(OPERATOR).await?;
                let Added { endpoint, secret } = webhooks.add(OPERATOR, &sight, said, start, None).await?;
                println!("{} {}", endpoint.id, secret.unwrap_or_default());
                eprintln!("Try it: dateline webhook test {}", endpoint.id);
            }
            Webhook::List { partner, json } => {
                let all = webhooks.list(OPERATOR, partner.as_deref()).await?;
                let scores = webhooks.scores(&all).await?;
                for endpoint in &all {
                    let score = scores.get(&endpoint.id).copied().unwrap_or_default();
                    show(endpoint, score, clock.now(), json);
                }
            }
            Webhook::Attempts { id, limit, json } => {
                for attempt in webhooks.attempts(OPERATOR, EndpointId(id), None, limit).await? {
                    tell(rooms, attempt, json);
                }
            }
            Webhook::Test { id } => {
                let attempt = webhooks.test(OPERATOR, EndpointId(id)).await?;
                let failed = attempt.error.clone();
                tell(rooms, attempt, false);
                if let Some(why) = failed {
                    return Err(Error::request("test_failed", why));
                }
            }
            Webhook::Resend { id, message, after } => {
                let id = EndpointId(id);
                if let Some(message) = message {
                    let place = rooms.wire.message_place(id, "--message", &message)?;
                    webhooks.resend(OPERATOR, id, place.position).await?;
                } else {
                    let start = rooms.wire.start(EVERYBODYS, "--after", after.as_deref()).await?;
                    webhooks.rewind(OPERATOR, id, start).await?;
                }
                eprintln!("The running servers send it.");
            }
            Webhook::Rotate { id, overlap } => {
                let rotation = SecretRotation {
                    overlap_seconds: overlap,
                };
                let (_, secret) = webhooks.rotate(OPERATOR, EndpointId(id), rotation).await?;
                println!("{secret}");
            }
            Webhook::Pause { id } => {
                webhooks.pause(OPERATOR, EndpointId(id)).await?;
            }
            Webhook::Resume { id } => {
                webhooks.resume(OPERATOR, EndpointId(id)).await?;
            }
            Webhook::Remove { id } => {
                webhooks.delete(OPERATOR, EndpointId(id), None).await?;
                eprintln!("Webhook {id} is removed.");
            }
            Webhook::Listen(listen) => return listen.run(clock).await,
        }
        Ok(End::Done)
    }
}

impl Add {
    fn submission(self) -> EndpointSubmission {
        let Add {
            url,
            partner,
            about,
            channel,
            topic,
            kind,
            payload,
            after,
        } = self;
        EndpointSubmission {
            partner,
            url: Some(url),
            about,
            channels: Some(channel),
            topics: Some(topic),
            kinds: Some(kind),
            payload,
            after,
        }
    }
}

fn show(endpoint: &Endpoint, score: Score, now: Timestamp, json: bool) {
    let view = WebhookView::of(endpoint, score, now);
    if json {
        println!("{}", json!(view));
        return;
    }
    let rate = score
        .rate()
        .map_or_else(|| "-".to_owned(), |rate| format!("{:.1} %", rate * 100.0));
    let mut line = format!(
        "{}  {:<7} {:<16} lag {} s  ok {rate}  {}",
        view.id,
        view.state,
        view.partner.as_deref().unwrap_or("-"),
        view.health.lag,
        view.url
    );
    for why in [&view.notice, &view.health.last_error].into_iter().flatten() {
        line.push_str(&format!("  [{why}]"));
    }
    println!("{line}");
}

fn tell(rooms: &Rooms, attempt: Attempt, json: bool) {
    let view = WebhookAttempt::of(attempt, &rooms.wire);
    if json {
        println!("{}", json!(view));
        return;
    }
    let status = view.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let mut line = format!(
        "{}  {status:<3} {:>6} ms  try {:<3} {:<20} {}",
        view.at,
        view.took_ms,
        view.number,
        view.kind,
        view.message.as_deref().unwrap_or(view.manner)
    );
    for what in [&view.error, &view.answer].into_iter().flatten() {
        line.push_str(&format!("  [{}]", what.replace('\n', " ")));
    }
    println!("{line}");
}
