//! Whole answers, compared exactly.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::press::Answer;

/// Compares with `snapshots/{name}.snap`. Ids differ each time and are hidden; nothing else is.
#[track_caller]
pub fn keep(name: &str, value: Value) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_json_snapshot!(name, without_ids(value)));
}

/// `[id]` in place of every UUID, also of one that is a segment of an address.
pub fn without_ids(value: Value) -> Value {
    match value {
        Value::String(text) => {
            let hide = |part| if Uuid::try_parse(part).is_ok() { "[id]" } else { part };
            Value::String(text.split('/').map(hide).collect::<Vec<_>>().join("/"))
        }
        Value::Array(items) => items.into_iter().map(without_ids).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, without_ids(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Status, these headers, and the body.
#[track_caller]
pub fn whole(answer: &Answer, headers: &[&str]) -> Value {
    let headers: Map<String, Value> = headers
        .iter()
        .map(|name| ((*name).to_owned(), json!(answer.header(name))))
        .collect();
    json!({ "status": answer.status, "headers": headers, "body": answer.json() })
}

/// Field, code, message.
pub type Fault<'a> = (&'a str, &'a str, &'a str);

/// The answer is this problem (RFC 9457) and nothing more, and nobody may keep it.
#[track_caller]
pub fn refused(answer: &Answer, status: u16, code: &str, detail: &str, faults: &[Fault<'_>]) {
    let title = StatusCode::from_u16(status).expect("a status").canonical_reason();
    let mut problem = json!({
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
    });
    if !faults.is_empty() {
        problem["errors"] = faults
            .iter()
            .map(|(field, code, message)| json!({ "field": field, "code": code, "message": message }))
            .collect();
    }
    assert_eq!(answer.json(), problem, "{answer}");
    assert_eq!(answer.status, status, "{answer}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
    assert!(!answer.header("x-request-id").is_empty(), "{answer}");
}

/// Of each of these faults its field and its code, as one line.
pub fn fields_and_codes(faults: &Value) -> Vec<String> {
    let said = |fault: &Value, what: &str| fault[what].as_str().unwrap().to_owned();
    let faults = faults.as_array().unwrap().iter();
    faults
        .map(|fault| format!("{} {}", said(fault, "field"), said(fault, "code")))
        .collect()
}

/// The content breaks exactly these rules.
#[track_caller]
pub fn breaks_rules(answer: &Answer, faults: &[Fault<'_>]) {
    let detail = "The content breaks rules; see `errors`.";
    refused(answer, 422, "invalid_content", detail, faults);
}

/// Somebody was faster, and the story, topic or collection is at this version now.
#[track_caller]
pub fn stale(answer: &Answer, version: i64) {
    let detail = format!("Somebody was faster: it is at version {version} now; read it again and decide.");
    refused(answer, 412, "stale_version", &detail, &[]);
}
