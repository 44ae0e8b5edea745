//! Cursors and sizes that are no good, and what is said of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::house::House;
use super::reader::{List, Wanted, ask, by_rest, faults};
use crate::lists::dice::Dice;
use crate::press::{Press, segment};

const INVALID: &str = "is not a cursor that this server gave; send one unchanged";
const FOREIGN: &str = "is a cursor of another kind of list";

pub async fn bad_cursors(press: Press) {
    let mut dice = Dice::new(16);
    House::build(&press, &mut dice, 6).await;
    let two = Wanted {
        size: 1,
        ..Wanted::default()
    };
    let story = by_rest(&press, List::Latest, &two).await.next.expect("a cursor");
    let topic = by_rest(&press, List::Topics, &two).await.next.expect("a cursor");
    let version = by_rest(&press, List::Versions, &two).await.next.expect("a cursor");

    let mut wrong: Vec<(List, String, &str, &str)> = Vec::new();
    for list in List::ALL {
        let own = match list {
            List::Topics => &topic,
            List::Versions => &version,
            List::Latest | List::Feed | List::Union | List::Language | List::Combined => &story,
        };
        for cursor in forged(own) {
            wrong.push((list, cursor, "invalid_cursor", INVALID));
        }
        for cursor in [&story, &topic, &version].into_iter().filter(|cursor| *cursor != own) {
            wrong.push((list, cursor.clone(), "foreign_cursor", FOREIGN));
        }
    }
    for (list, cursor, code, message) in wrong {
        for side in ["after", "before"] {
            let expected = json!([{ "field": side, "code": code, "message": message }]);
            let sign = if list.path().contains('?') { '&' } else { '?' };
            let path = format!("{}{sign}{side}={}", list.path(), segment(&cursor));
            assert_eq!(faults(&press.get(&path).await), expected, "{path}");
            let answer = ask(&press, list, json!({ side: cursor })).await;
            assert_eq!(faults(&answer), expected, "{answer}");
        }
    }
    // A cursor goes from one list of stories to another: it is a place in time.
    let elsewhere = press.get(&format!("/v1/topics/parent/articles?after={story}")).await;
    elsewhere.expect(200);
}

/// A true cursor made untrue.
fn forged(cursor: &str) -> Vec<String> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).expect("base64url");
    let mut flipped: Vec<String> = (0..bytes.len())
        .map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x10;
            URL_SAFE_NO_PAD.encode(bytes)
        })
        .step_by(3)
        .collect();
    flipped.extend(["abc", "null", "0", "2026-01-12T20:00:00Z", "курсор", " ", "AXM"].map(str::to_owned));
    flipped.push(cursor[..cursor.len() - 1].to_owned());
    flipped.push(format!("{cursor}="));
    flipped.push(format!("{cursor}A"));
    flipped.push(format!("{cursor}{cursor}"));
    flipped.push(format!(" {cursor}"));
    flipped.push(cursor.to_ascii_uppercase());
    flipped.push("A".repeat(3_000));
    flipped
}

pub async fn bad_sizes(press: Press) {
    let mut dice = Dice::new(17);
    House::build(&press, &mut dice, 3).await;
    let range = |field: &str, n: i64| {
        let message = format!("must be between 1 and 100, not {n}");
        json!({ "field": field, "code": "out_of_range", "message": message })
    };
    let invalid = |message: &str| json!({ "field": "limit", "code": "invalid_value", "message": message });
    let whole = || invalid("must be a whole number");
    let twice =
        |field: &str| json!({ "field": field, "code": "repeated_parameter", "message": "is given more than once" });
    for list in List::ALL {
        let rest = [
            ("limit=0", json!([range("limit", 0)])),
            ("limit=101", json!([range("limit", 101)])),
            ("limit=-1", json!([range("limit", -1)])),
            ("limit=abc", json!([whole()])),
            ("limit=1.5", json!([whole()])),
            ("limit=", json!([whole()])),
            ("limit=99999999999999999999", json!([whole()])),
            ("limit=1&limit=2", json!([twice("limit")])),
            ("limit=1&limit=1", json!([twice("limit")])),
            (
                "after=x&limit=0&after=y",
                json!([
                    twice("after"),
                    range("limit", 0),
                    { "field": "after", "code": "invalid_cursor", "message": INVALID },
                ]),
            ),
            (
                "before=",
                json!([{
                    "field": "before", "code": "invalid_value", "message": "must not be empty; leave the parameter out"
                }]),
            ),
            (
                "first=5",
                json!([{ "field": "first", "code": "unknown_parameter", "message": Value::Null }]),
            ),
        ];
        for (query, expected) in rest {
            let sign = if list.path().contains('?') { '&' } else { '?' };
            let path = format!("{}{sign}{query}", list.path());
            let mut said = faults(&press.get(&path).await);
            if expected[0]["message"].is_null() {
                // Each list names its own parameters.
                said[0]["message"] = Value::Null;
            }
            assert_eq!(said, expected, "{path}");
        }
        let both = json!({ "field": "last", "code": "conflict", "message": "give `first` or `last`, not both" });
        let graphql_sizes = [
            (json!({ "first": 0 }), json!([range("first", 0)])),
            (json!({ "first": 101 }), json!([range("first", 101)])),
            (json!({ "last": -5 }), json!([range("last", -5)])),
            (json!({ "first": 1, "last": 1 }), json!([both])),
            (
                json!({ "first": 0, "last": 101, "after": "x" }),
                json!([
                    range("first", 0),
                    range("last", 101),
                    { "field": "after", "code": "invalid_cursor", "message": INVALID },
                    both,
                ]),
            ),
        ];
        for (variables, expected) in graphql_sizes {
            let answer = ask(&press, list, variables).await;
            assert_eq!(faults(&answer), expected, "{list:?}: {answer}");
        }
    }
}
