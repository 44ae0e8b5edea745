//! What all doors share: how a request is read strictly and how an answer is written properly.
//!
//! Cast: `caller` who asks, `question` all that a reading brings, `segment` and `params` the address and its query string by a table, `paging` the parameters of a page, `forms` in which form an answer is wanted, `operation` what the reference says of other doors, `body` JSON in, `answer` JSON out with its ETag and
//! cache policy, `kept` answers that are still good, `packing` their encodings, `problem` errors as RFC 9457, `assets` files in the binary, `measure` what the metrics count.
//! Promises: what is unknown or said twice is refused by name; every answer has a cache policy; no error echoes more
//! of the input than it needs, and none shows a cause.

mod answer;
mod assets;
mod body;
mod caller;
mod deadline;
mod forms;
mod kept;
mod measure;
mod operation;
mod packing;
mod paging;
mod params;
mod problem;
mod question;
mod segment;
mod streams;

pub use answer::{Document, Policy, accepts_json, canonical, etag_of, list_links, moved, page_rules, ready};
pub use assets::{Assets, file};
pub use body::{
    If, Write, condition, idempotency_key, media_type, read_document, read_write, unsupported, unsupported_form,
};
pub use caller::Caller;
pub use deadline::{Punctual, body_deadline};
pub use forms::{FORMAT, Form, choose};
pub use kept::{Alias, Answer, Kept, Key, NothingNew, Route, Shown, keep};
pub use measure::measure;
pub use operation::{Field, Operation};
pub use paging::{AFTER, BEFORE, LIMIT, page};
pub use params::{Kind as ParamKind, Param, Params};
pub use problem::{Problem, TombstoneView, method_not_allowed, not_found, panicked};
pub use question::Question;
pub use segment::{Segment, Segments};
pub use streams::{Seat, Streams};
