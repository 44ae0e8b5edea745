//! What a viewer sees of the whole house, to be compared with what he saw of the same house without the story.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pushed::Pushed;
use super::surfaces::{Surface, Way};
use crate::press::{Answer, Press};

/// One answer, without what differs from request to request.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// Told anew with every answer, whatever it says.
const FLEETING: [&str; 4] = ["date", "x-request-id", "ratelimit", "retry-after"];

impl Shot {
    fn of(answer: &Answer, surface: &Surface) -> Shot {
        let headers = answer
            .headers
            .iter()
            .filter(|(name, _)| !FLEETING.contains(&name.as_str()));
        let mut headers: BTreeMap<String, String> = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = answer.text().to_owned();
        if surface.on_the_wire {
            // Cursors move with every change, whoever is told of it.
            headers.remove("etag");
            headers.remove("content-length");
            let lines = body.lines().map(|line| match serde_json::from_str::<Value>(line) {
                Ok(mut value) => {
                    without_cursors(&mut value);
                    value.to_string()
                }
                Err(_) => line.to_owned(),
            });
            body = lines.collect::<Vec<_>>().join("\n");
        }
        Shot {
            status: answer.status,
            headers,
            body,
        }
    }
}

pub fn without_cursors(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in ["cursor", "next", "endCursor", "startCursor"] {
                fields.remove(name);
            }
            fields.values_mut().for_each(without_cursors);
        }
        Value::Array(items) => items.iter_mut().for_each(without_cursors),
        _ => {}
    }
}

/// What each viewer sees on each surface.
pub type Picture = BTreeMap<(String, String), Shot>;

/// `viewers`: a name, and the key.
pub async fn take(press: &Press, pushed: &Pushed, surfaces: &[Surface], viewers: &[(&str, Option<String>)]) -> Picture {
    let mut picture = Picture::new();
    for (viewer, key) in viewers {
        for surface in surfaces {
            let shot = match &surface.way {
                Way::Posted(posted) => match pushed.shot(press, *posted, viewer).await {
                    Some(shot) => shot,
                    None => continue,
                },
                Way::Get(_) | Way::Graphql(..) => asked(press, surface, viewer, key.as_deref()).await,
            };
            picture.insert(((*viewer).to_owned(), surface.name.clone()), shot);
        }
    }
    picture
}

async fn asked(press: &Press, surface: &Surface, viewer: &str, key: Option<&str>) -> Shot {
    let answer = surface.ask(press, key).unwrap().await;
    let shot = Shot::of(&answer, surface);
    // What an earlier ETag confirms must be what is answered now.
    if let (Way::Get(_), Some(etag)) = (&surface.way, shot.headers.get("etag")) {
        let again = surface.ask(press, key).unwrap().header("if-none-match", etag).await;
        assert_eq!(again.status, 304, "{viewer}, {}: {again}", surface.name);
    }
    shot
}

/// Fails with everything in which two pictures differ.
#[track_caller]
pub fn same(before: &Picture, now: &Picture, when: &str) {
    let mut differences = Vec::new();
    for (place, shot) in now {
        let Some(earlier) = before.get(place) else {
            differences.push(format!("{place:?} is new"));
            continue;
        };
        if earlier != shot {
            differences.push(format!(
                "{place:?}\n  without the story: {earlier:?}\n  with it:           {shot:?}"
            ));
        }
    }
    assert!(differences.is_empty(), "{when}:\n{}", differences.join("\n"));
}

/// Fails where a conditional request with an ETag from when the story was shown says that nothing has changed.
pub async fn confirms_nothing(press: &Press, surfaces: &[Surface], viewers: &[(&str, Option<String>)], with: &Picture) {
    for (viewer, key) in viewers {
        for surface in surfaces {
            let (Way::Get(_), Some(shot)) = (&surface.way, with.get(&((*viewer).to_owned(), surface.name.clone())))
            else {
                continue;
            };
            let Some(etag) = shot.headers.get("etag") else { continue };
            if shot.body.contains(super::TEXT) {
                let answer = surface
                    .ask(press, key.as_deref())
                    .unwrap()
                    .header("if-none-match", etag)
                    .await;
                assert_ne!(answer.status, 304, "{viewer}, {}: {answer}", surface.name);
            }
        }
    }
}
