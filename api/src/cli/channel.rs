//! `channel`: put, list, remove, grant, revoke. What follows from a change the running servers do, by and by.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::app::Rooms;
use crate::clock::Clock;
use crate::desk::{Foreseen, Plan, Receipt};
use crate::error::Result;
use crate::news::channel::{self, ChannelSubmission, Grant, SelectionSubmission, Sight};
use crate::news::viewer::{Scope, Viewer};
use crate::news::wire::Step;
use crate::news::{ChannelId, PartnerId};
use clap::Subcommand;
use serde_json::json;

#[derive(Subcommand)]
pub enum Channel {
    /// Put a channel in, new or changed; its slug is printed
    #[command(visible_alias = "create")]
    Put {
        /// Its name in addresses and commands: a to z, 0 to 9, hyphens
        slug: String,
        #[arg(long)]
        name: String,
        /// Everybody may read it, where reading is by right
        #[arg(long)]
        public: bool,
        /// Topics as in `?topic=`: `a|b` any of, `a,b` all of, `-a` not; may be repeated
        #[arg(long, allow_hyphen_values = true)]
        topic: Vec<String>,
        /// BCP 47 tags; one of these
        #[arg(long, value_delimiter = ',')]
        language: Vec<String>,
        /// Slugs of sources; one of these
        #[arg(long, value_delimiter = ',')]
        source: Vec<String>,
        /// One of these
        #[arg(long, value_delimiter = ',')]
        genre: Vec<String>,
        /// 1 (highest) to 9; one of these
        #[arg(long, value_delimiter = ',')]
        urgency: Vec<u8>,
        /// A saved search: words, "phrases", -not, OR, begin*; stories are held against it as they come in
        #[arg(long, allow_hyphen_values = true)]
        query: Option<String>,
        /// Show the stories that would enter and leave, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Show all channels, or those that a partner has been given
    List {
        #[arg(long, value_name = "SLUG")]
        partner: Option<String>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Remove a channel; its stories leave it first
    Remove {
        slug: String,
        /// Show the stories that would leave, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Give a partner a channel
    Grant {
        partner: String,
        channel: String,
        /// Show the stories that would come to him, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take a channel from a partner
    Revoke {
        partner: String,
        channel: String,
        /// Show the stories that would go from him, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Channel {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let clock = Clock::system();
            let rooms = rooms(&config, &clock).await?;
            Box::pin(self.carry_out(&rooms, &clock)).await?;
            Ok(End::Done)
        })
    }

    async fn carry_out(self, rooms: &Rooms, clock: &Clock) -> Result<()> {
        match self {
            Channel::Put {
                slug,
                name,
                public,
                topic,
                language,
                source,
                genre,
                urgency,
                query,
                dry_run,
            } => {
                let channel = ChannelSubmission {
                    slug: Some(slug),
                    name: Some(name),
                    public: Some(public),
                    selection: Some(SelectionSubmission {
                        topics: Some(topic),
                        languages: Some(language),
                        sources: Some(source),
                        genres: Some(genre),
                        urgencies: Some(urgency),
                        query,
                    }),
                };
                if dry_run {
                    return foresee(rooms, Plan::Put(channel)).await;
                }
                let Receipt { slug, outcome, .. } = rooms.desk.put_channel(OPERATOR, channel, None, None).await?;
                println!("{slug}");
                eprintln!("Channel {slug} is {}; its stories follow by and by.", outcome.as_str());
            }
            Channel::List { partner, json } => list(rooms, clock, partner, json).await?,
            Channel::Remove { slug, dry_run: true } => foresee(rooms, Plan::Remove(slug)).await?,
            Channel::Remove { slug, dry_run: false } => {
                rooms.desk.delete_channel(OPERATOR, &slug, None).await?;
                eprintln!("Channel {slug} is being removed; its stories leave it by and by.");
            }
            Channel::Grant {
                partner,
                channel,
                dry_run: true,
            } => {
                if let Some(besides) = besides(rooms, &partner, None).await? {
                    foresee(rooms, Plan::Grant { channel, besides }).await?;
                }
            }
            Channel::Revoke {
                partner,
                channel,
                dry_run: true,
            } => {
                if let Some(besides) = besides(rooms, &partner, Some(&channel)).await? {
                    foresee(rooms, Plan::Revoke { channel, besides }).await?;
                }
            }
            Channel::Grant {
                partner,
                channel,
                dry_run: false,
            } => {
                let new = rooms.access.grant(OPERATOR, &partner, &channel).await?;
                let already = if new { "" } else { " already" };
                eprintln!("Partner {partner} may read {channel}{already}.");
            }
            Channel::Revoke {
                partner,
                channel,
                dry_run: false,
            } => {
                let had = rooms.access.revoke_grant(OPERATOR, &partner, &channel).await?;
                let any_more = if had { "" } else { ", and could not before" };
                eprintln!("Partner {partner} may not read {channel}{any_more}.");
            }
        }
        Ok(())
    }
}

/// Each story that would come or go, one a line on standard output: `+` or `-`, its uri, its headline.
async fn foresee(rooms: &Rooms, plan: Plan) -> Result<()> {
    let (mut entering, mut leaving) = (0u64, 0u64);
    let tell = |story: Foreseen| {
        let Foreseen { step, uri, headline } = story;
        let sign = if step == Step::Left { '-' } else { '+' };
        if step == Step::Left {
            leaving += 1
        } else {
            entering += 1
        }
        println!("{sign} {uri}  {headline}");
    };
    rooms.desk.foresee(OPERATOR, plan, tell).await?;
    eprintln!("{entering} stories would enter and {leaving} would leave. Nothing was changed.");
    Ok(())
}

/// The channels that a partner may read, without one that he has been given; none where everybody reads everything.
async fn besides(rooms: &Rooms, partner: &str, without: Option<&str>) -> Result<Option<Vec<ChannelId>>> {
    let (sight, _) = rooms.access.sight_of_partner(partner).await?;
    let Sight::Channels(holdings) = sight else {
        eprintln!("Everybody reads everything (access.public = \"all\"): no story would come or go.");
        return Ok(None);
    };
    let without = match without {
        Some(slug) => {
            let granted = rooms.access.granted(OPERATOR, partner).await?;
            let Some(channel) = granted.into_iter().find(|c| c.slug == slug) else {
                eprintln!("Partner {partner} has not been given {slug}: no story would go.");
                return Ok(None);
            };
            Some(channel.id)
        }
        None => None,
    };
    let his = |g: &&Grant| g.until.is_none() && (Some(g.channel) != without || g.partner == PartnerId::EVERYBODY);
    Ok(Some(holdings.grants.iter().filter(his).map(|g| g.channel).collect()))
}

async fn list(rooms: &Rooms, clock: &Clock, partner: Option<String>, json: bool) -> Result<()> {
    let scope = Scope::operator(clock.now());
    let channels = match &partner {
        Some(partner) => rooms.access.granted(OPERATOR, partner).await?,
        None => rooms.archive.list_channels(&scope).await?,
    };
    let selections = rooms.archive.selections(&scope, &channels).await?;
    for (channel, selection) in channels.iter().zip(selections) {
        let channel::Channel {
            id,
            slug,
            name,
            version,
            public,
            stages: _,
        } = channel;
        let settled = channel.is_settled();
        if json {
            let told = json!({
                "id": id, "slug": slug, "name": name, "version": version, "public": public, "settled": settled,
                "selection": selection,
            });
            println!("{told}");
            continue;
        }
        let mut line = format!("{slug:<24} {name}");
        for (marked, word) in [(*public, "public"), (!settled, "its stories follow")] {
            if marked {
                line.push_str(&format!("  [{word}]"));
            }
        }
        println!("{line}");
    }
    Ok(())
}
