//! `GET /v1/partners/{slug}/usage` and `/v1/keys/{id}/usage`: which stories a partner's keys or one key was shown on which
//! days, as JSON in pages or as CSV in one piece.

use super::{Door, Question, params};
use crate::error::{Error, Fault, Result};
use crate::news::usage::{self, Asked, Line, Place, Whose};
use crate::web::{Params, Policy, Problem, Segment};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

const USUAL: i64 = 100;

/// Lines of CSV that are read at once.
const TOGETHER: u32 = 1_000;

/// That a key was shown a story on a day.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsageView {
    /// UTC.
    #[schema(value_type = String, format = Date)]
    pub day: Date,
    /// Of what was posted, the webhook's id.
    pub key_id: String,
    /// Of a webhook, `webhook` and its host. Null when the key is not there any more.
    pub key_name: Option<String>,
    /// The story's id; of advance copy an id of that copy.
    pub article_id: Uuid,
    /// Its permanent name; null when it is not in the house any more.
    pub uri: Option<String>,
    /// Whether it was shown as advance copy, under embargo.
    pub advance: bool,
    /// Answers that showed it, on that day.
    pub reads: i64,
    #[schema(value_type = String, format = DateTime)]
    pub first_read: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub last_read: Timestamp,
}

/// The newest day first, then by key and story.
#[derive(Serialize, ToSchema)]
pub struct UsagePage {
    pub items: Vec<UsageView>,
    /// The `after` of the next request; null at the end.
    pub next: Option<String>,
}

impl From<Line> for UsageView {
    fn from(line: Line) -> UsageView {
        let Line {
            place: Place {
                day,
                key_id,
                article_id,
            },
            key_name,
            uri,
            advance,
            read: usage::Read { times, first, last },
        } = line;
        UsageView {
            day: usage::date(day),
            key_id,
            key_name,
            article_id: article_id.0,
            uri,
            advance,
            reads: times,
            first_read: first,
            last_read: last,
        }
    }
}

pub async fn of_partner(Segment(slug): Segment, question: Question) -> Result<Response> {
    let Question { door, caller, .. } = &question;
    let partner = door.access.partner(&caller.viewer, &slug).await?;
    answer(&question, Whose::Partner(partner.id)).await
}

/// Of keys that are gone too.
pub async fn of_key(Segment(id): Segment, question: Question) -> Result<Response> {
    question.door.access.admit(&question.caller.viewer)?;
    answer(&question, Whose::Key(id)).await
}

async fn answer(question: &Question, whose: Whose) -> Result<Response> {
    let Question { door, headers, .. } = question;
    let mut params = question.params(params::USAGE);
    let (from, to) = (day(&mut params, "from"), day(&mut params, "to"));
    let article = params.text("article");
    let most = u32::try_from(params.ranged("limit").unwrap_or(USUAL)).unwrap_or(1);
    let after = params.text("after").and_then(|after| {
        let place = Place::decode(&after);
        let message = "must be the `next` of another page";
        let fault = || Error::parameters(vec![Fault::new("after", "invalid_cursor", message)]);
        params.add(place.ok_or_else(fault))
    });
    let format = params.choice("format");
    if let (Some(from), Some(to)) = (from, to)
        && from > to
    {
        params.refuse("to", "must not be before `from`");
    }
    params.finish()?;
    let csv = match format.as_deref() {
        Some(format) => format == "csv",
        None => match wanted(headers) {
            Some(csv) => csv,
            None => {
                let detail = "This address answers in application/json or text/csv; `Accept` rules both out.";
                return Ok(Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail).into_response());
            }
        },
    };
    let article = match article {
        Some(name) => Some(door.access.story_named(&name).await?),
        None => None,
    };
    let asked = Asked {
        whose,
        from,
        to,
        article,
    };
    if csv {
        return Ok(table(door.clone(), asked, after));
    }
    let mut lines = door.access.usage(&asked, after.as_ref(), most + 1).await?;
    let more = lines.len() > most as usize;
    lines.truncate(most as usize);
    let next = lines.last().filter(|_| more).map(|line| line.place.encode());
    let items = lines.into_iter().map(UsageView::from).collect();
    question.answer(None, &UsagePage { items, next })
}

/// A date; a whole day, UTC.
fn day(params: &mut Params<'_>, name: &str) -> Option<i32> {
    let text = params.text(name)?;
    let day = text.parse::<Date>().ok().and_then(usage::day_with);
    // A time is not a day, though it begins with one.
    let day = day.filter(|_| text.len() == 10);
    if day.is_none() {
        params.refuse(name, "must be a day, such as 2026-01-12 (UTC)");
    }
    day
}

/// Whether CSV is wanted rather than JSON; none where neither is. What is named by itself wins over `*/*`.
fn wanted(headers: &HeaderMap) -> Option<bool> {
    let said: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(|range| range.split(';').next().unwrap_or_default().trim())
        .collect();
    let says = |kinds: &[&str]| {
        said.iter()
            .any(|s| kinds.iter().any(|kind| s.eq_ignore_ascii_case(kind)))
    };
    if said.is_empty() || says(&["application/json"]) {
        return Some(false);
    }
    if says(&["text/csv", "text/*"]) {
        return Some(true);
    }
    says(&["application/*", "*/*"]).then_some(false)
}

/// All of it as CSV (RFC 4180), read in pieces.
fn table(door: Door, asked: Asked, after: Option<Place>) -> Response {
    const HEAD: &str = "day,key_id,key_name,article_id,uri,advance,reads,first_read,last_read\r\n";
    struct Reading {
        door: Door,
        asked: Asked,
        after: Option<Place>,
        begun: bool,
        ended: bool,
    }
    let reading = Reading {
        door,
        asked,
        after,
        begun: false,
        ended: false,
    };
    let pieces = futures::stream::try_unfold(reading, |mut reading| async move {
        if !reading.begun {
            reading.begun = true;
            return Ok(Some((Bytes::from_static(HEAD.as_bytes()), reading)));
        }
        if reading.ended {
            return Ok(None);
        }
        let (access, after) = (&reading.door.access, reading.after.as_ref());
        match access.usage(&reading.asked, after, TOGETHER).await {
            Ok(lines) => {
                reading.ended = lines.len() < TOGETHER as usize;
                if let Some(last) = lines.last() {
                    reading.after = Some(last.place.clone());
                }
                let text: String = lines.into_iter().map(|line| row(&UsageView::from(line))).collect();
                Ok(Some((Bytes::from(text), reading)))
            }
            Err(error) => {
                tracing::warn!(error.code, error.cause = %error, "a table of usage broke off");
                Err(std::io::Error::other("the table broke off"))
            }
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    let headers = response.headers_mut();
    Policy::Never.write(headers);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    let name = HeaderValue::from_static("attachment; filename=\"usage.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    response
}

fn row(view: &UsageView) -> String {
    let UsageView {
        day,
        key_id,
        key_name,
        article_id,
        uri,
        advance,
        reads,
        first_read,
        last_read,
    } = view;
    let (name, uri) = (key_name.as_deref().unwrap_or(""), uri.as_deref().unwrap_or(""));
    let (key_id, name, uri) = (cell(key_id), cell(name), cell(uri));
    format!("{day},{key_id},{name},{article_id},{uri},{advance},{reads},{first_read},{last_read}\r\n")
}

/// Quoted where it must be; and what a spreadsheet would take for a formula is text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !formula && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_must_be() {
        assert_eq!(cell("urn:x:1"), "urn:x:1");
        assert_eq!(cell("Say \"hello\", please"), "\"Say \"\"hello\"\", please\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
    }
}
