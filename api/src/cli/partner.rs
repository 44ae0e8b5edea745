//! `partner`: add, list, show, change, remove.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::access::{Access, PartnerReceipt};
use crate::clock::Clock;
use crate::error::Result;
use crate::news::partner::{self, PartnerSubmission};
use crate::news::viewer::Viewer;
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum Partner {
    /// Put a partner in; his slug is printed
    Add {
        /// His name in addresses and commands: a to z, 0 to 9, hyphens
        slug: String,
        #[arg(long)]
        name: String,
        /// He may read what is still under embargo
        #[arg(long)]
        advance: bool,
    },
    /// Show all partners
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show one partner and how many keys he has
    Show {
        slug: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Change a partner
    Change {
        slug: String,
        #[arg(long)]
        name: Option<String>,
        /// Whether he may read what is still under embargo
        #[arg(long, value_name = "true|false")]
        advance: Option<bool>,
        /// Whether all his keys are refused
        #[arg(long, value_name = "true|false")]
        disabled: Option<bool>,
    },
    /// Remove a partner with all his keys
    Remove { slug: String },
}

const OPERATOR: &Viewer = &Viewer::Operator;

impl Partner {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let access = rooms(&config, &Clock::system()).await?.access;
            self.carry_out(&access).await?;
            Ok(End::Done)
        })
    }

    async fn carry_out(self, access: &Access) -> Result<()> {
        match self {
            Partner::Add { slug, name, advance } => {
                let partner = PartnerSubmission {
                    slug: Some(slug),
                    name: Some(name),
                    advance: Some(advance),
                    disabled: None,
                };
                let PartnerReceipt { slug, .. } = access.new_partner(OPERATOR, partner, None).await?;
                println!("{slug}");
                eprintln!("Give him a key: dateline key issue --partner {slug} --name NAME");
            }
            Partner::List { json } => {
                for partner in access.partners(OPERATOR).await? {
                    println!(
                        "{}",
                        if json {
                            told(&partner).to_string()
                        } else {
                            line(&partner)
                        }
                    );
                }
            }
            Partner::Show { slug, json } => {
                let partner = access.partner(OPERATOR, &slug).await?;
                let keys = access.keys(OPERATOR, Some(&slug)).await?.len();
                if json {
                    let mut told = told(&partner);
                    if let Some(fields) = told.as_object_mut() {
                        fields.insert("keys".to_owned(), json!(keys));
                    }
                    println!("{told}");
                } else {
                    println!("{}  {keys} keys", line(&partner));
                }
            }
            Partner::Change {
                slug,
                name,
                advance,
                disabled,
            } => {
                let now = access.partner(OPERATOR, &slug).await?;
                let partner = PartnerSubmission {
                    slug: Some(slug),
                    name: Some(name.unwrap_or(now.name)),
                    advance: Some(advance.unwrap_or(now.advance)),
                    disabled: Some(disabled.unwrap_or(now.disabled)),
                };
                let PartnerReceipt { slug, outcome, .. } = access.put_partner(OPERATOR, partner, None, None).await?;
                eprintln!("Partner {slug} is {}.", outcome.as_str());
            }
            Partner::Remove { slug } => {
                let keys = access.delete_partner(OPERATOR, &slug, None).await?;
                eprintln!("Partner {slug} is removed, with {keys} keys.");
            }
        }
        Ok(())
    }
}

fn told(partner: &partner::Partner) -> Value {
    let partner::Partner {
        id,
        slug,
        name,
        advance,
        disabled,
        version,
        created,
    } = partner;
    json!({
        "id": id,
        "slug": slug,
        "name": name,
        "advance": advance,
        "disabled": disabled,
        "version": version,
        "created": created,
    })
}

fn line(partner: &partner::Partner) -> String {
    let mut line = format!("{:<24} {}", partner.slug, partner.name);
    for (marked, word) in [(partner.advance, "advance"), (partner.disabled, "disabled")] {
        if marked {
            line.push_str(&format!("  [{word}]"));
        }
    }
    line
}
