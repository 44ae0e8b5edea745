//! GraphQL over HTTP: what is read and how it is answered, and what is refused before it costs anything.

mod graphiql;
mod limits;
mod protocol;
mod schema;

pub use graphiql::addresses;
pub use schema::written;

use crate::press::Process;
use crate::runner::Test;

pub fn all() -> Vec<Test> {
    [protocol::all(), limits::all(), schema::all(), graphiql::all()]
        .into_iter()
        .flatten()
        .collect()
}

/// SQL statements that a server has run so far. Asking runs one.
pub async fn statements(process: &Process) -> u64 {
    let metrics = process.get("/metrics").await.expect(200);
    let line = metrics
        .text()
        .lines()
        .find(|line| line.starts_with("dateline_sql_statements_total "));
    let count = line
        .and_then(|line| line.rsplit(' ').next())
        .and_then(|count| count.parse().ok());
    count.unwrap_or_else(|| panic!("statements are not counted: {metrics}"))
}

/// What asking for the count costs itself.
pub const ASKING: u64 = 1;
