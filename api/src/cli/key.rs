//! `key`: issue, list, revoke.

use super::{Common, End, block_on, configuration, logging, rooms};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::news::viewer::KeyScope;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

#[derive(Subcommand)]
pub enum Key {
    /// Make a key; it is printed once and never again
    Issue {
        /// What it may do; each includes the ones before it
        #[arg(long, value_enum)]
        scope: Scope,
        /// Who will use it
        #[arg(long)]
        name: String,
    },
    /// Show all keys, without their secrets
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Delete a key: it is refused from the next request on
    Revoke {
        /// The part between `dl_` and the second underscore
        id: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Scope {
    Read,
    Publish,
    Admin,
}

impl Key {
    pub fn run(self, common: &Common) -> Result<End> {
        let config = configuration(common, None, None)?;
        logging(&config);
        block_on(async {
            let access = rooms(&config, &Clock::system()).await?.access;
            match self {
                Key::Issue { scope, name } => {
                    let scope = match scope {
                        Scope::Read => KeyScope::Read,
                        Scope::Publish => KeyScope::Publish,
                        Scope::Admin => KeyScope::Admin,
                    };
                    let (key, secret) = access.issue(&name, scope).await?;
                    println!("{secret}");
                    eprintln!(
                        "Key {} for {} ({}). Keep it: it is not shown again.",
                        key.id,
                        key.name,
                        scope.as_str()
                    );
                }
                Key::List { json: as_json } => {
                    for key in access.list().await? {
                        let (scope, created) = (key.scope.as_str(), key.created);
                        if as_json {
                            println!(
                                "{}",
                                json!({ "id": key.id, "name": key.name, "scope": scope, "created": created })
                            );
                        } else {
                            println!("{}  {scope:<8} {created}  {}", key.id, key.name);
                        }
                    }
                }
                Key::Revoke { id } => {
                    let id = id.strip_prefix("dl_").and_then(|k| k.split('_').next()).unwrap_or(&id);
                    if !access.revoke(id).await? {
                        return Err(Error::not_found("key"));
                    }
                    eprintln!("Key {id} is revoked.");
                }
            }
            Ok(End::Done)
        })
    }
}
