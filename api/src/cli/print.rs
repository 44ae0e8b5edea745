//! `print`: the contracts and the manual, as they are.

use super::End;
use crate::error::{Error, Result};
use crate::{config, feed, graphql, rest};
use clap::{Args, ValueEnum};

#[derive(Args)]
pub struct Print {
    #[arg(value_enum)]
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// The GraphQL schema
    Graphql,
    /// The OpenAPI document
    Openapi,
    /// The configuration file with all settings and their defaults
    Config,
}

impl Print {
    pub fn run(self) -> Result<End> {
        let text = match self.what {
            What::Graphql => graphql::document(),
            What::Openapi => {
                serde_json::to_string_pretty(&rest::document(feed::OPERATIONS)).map_err(Error::internal)? + "\n"
            }
            What::Config => config::MANUAL.to_owned(),
        };
        print!("{text}");
        Ok(End::Done)
    }
}
