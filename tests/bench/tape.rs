//! The server's answers, written down once so that the yardstick can give the very same bytes and the load generator
//! knows how long each answer must be. On disk: per answer one line of JSON, then the body as it is.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use crate::Outcome;
use crate::asked::Question;
use crate::client::Connection;

pub struct Recorded {
    pub status: u16,
    pub content_type: Option<String>,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

/// Every request of the question once; each answer is looked into before it may be measured.
pub fn record(address: SocketAddr, question: &Question) -> Outcome<Vec<Recorded>> {
    let mut connection = Connection::open(address)?;
    let mut tape = Vec::with_capacity(question.requests.len());
    for request in &question.requests {
        let answer = connection.ask(&request.bytes(request.target()))?;
        question.proof.holds(answer.status, &answer.body).map_err(|error| {
            format!(
                "{}: {}: {} {error}: {}",
                question.name,
                request.target(),
                answer.status,
                answer.excerpt()
            )
        })?;
        tape.push(Recorded {
            status: answer.status,
            content_type: answer.header("content-type").map(String::from),
            etag: answer.header("etag").map(String::from),
            body: answer.body.into_owned(),
        });
    }
    Ok(tape)
}

pub fn save(path: &Path, tapes: &[Vec<Recorded>]) -> Outcome<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for (question, tape) in tapes.iter().enumerate() {
        for answer in tape {
            let head = json!({
                "question": question,
                "status": answer.status,
                "contentType": answer.content_type,
                "etag": answer.etag,
                "length": answer.body.len(),
            });
            writeln!(out, "{head}")?;
            out.write_all(&answer.body)?;
        }
    }
    Ok(out.flush()?)
}

pub fn load(path: &Path) -> Outcome<Vec<Vec<Recorded>>> {
    let mut input = BufReader::new(File::open(path)?);
    let mut tapes: Vec<Vec<Recorded>> = Vec::new();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let head: Value = serde_json::from_str(&line)?;
        let number = |name: &str| head.get(name).and_then(Value::as_u64).ok_or("a broken tape");
        let text = |name: &str| head.get(name).and_then(Value::as_str).map(String::from);
        let mut body = vec![0; usize::try_from(number("length")?)?];
        input.read_exact(&mut body)?;
        let question = usize::try_from(number("question")?)?;
        tapes.resize_with(tapes.len().max(question + 1), Vec::new);
        let status = u16::try_from(number("status")?)?;
        let answer = Recorded {
            status,
            content_type: text("contentType"),
            etag: text("etag"),
            body,
        };
        if let Some(tape) = tapes.get_mut(question) {
            tape.push(answer);
        }
        line.clear();
    }
    Ok(tapes)
}
