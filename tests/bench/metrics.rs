//! What the server counts about itself, at `/metrics`.

use std::net::SocketAddr;

use crate::Outcome;
use crate::asked::{Question, Request};
use crate::client::Connection;

/// What a counter shows now, all its lines together that begin so. A counter that has not counted yet is not shown.
pub fn counter(address: SocketAddr, beginning: &str) -> Outcome<f64> {
    let mut line = Connection::open(address)?;
    let request = Request::get("/metrics");
    let answer = line.ask(&request.bytes(request.target()))?;
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let values = text
        .lines()
        .filter(|line| line.starts_with(beginning))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    Ok(values.sum())
}

/// Statements of SQL for one answer to this question, each of its requests asked once and no answer used again.
pub fn statements(address: SocketAddr, question: &Question) -> Outcome<f64> {
    const COUNTER: &str = "dateline_sql_statements_total";
    let mut line = Connection::open(address)?;
    let before = counter(address, COUNTER)?;
    for request in &question.requests {
        let answer = line.ask(&request.bytes(request.target()))?;
        question.proof.holds(answer.status, &answer.body)?;
    }
    let after = counter(address, COUNTER)?;
    Ok((after - before) / question.requests.len() as f64)
}
