//! The parameters of a page, the same at every list of every door.

use super::params::{Kind, Param, Params};
use crate::page::{self, Asked, Order, Page};

pub const LIMIT: Param = Param {
    name: "limit",
    about: "How many, 1 to 100; 20 when it is left out.",
    kind: Kind::Integer(1, page::MOST as i64),
};
pub const AFTER: Param = Param {
    name: "after",
    about: "Go on behind this cursor: the `next` of another page.",
    kind: Kind::Text,
};
pub const BEFORE: Param = Param {
    name: "before",
    about: "Go back from this cursor: the `previous` of another page.",
    kind: Kind::Text,
};

/// The page that is asked for, of so many where nothing is said; faults are added to the others.
pub fn page(params: &mut Params<'_>, order: Order, usual: u32) -> Option<Page> {
    let limit = params.integer("limit").unwrap_or(i64::from(usual));
    let (after, before) = (params.text("after"), params.text("before"));
    // A page before a cursor is the last one before it; every other is the first after one.
    let backward = before.is_some() && after.is_none();
    let asked = Asked {
        first: Some(limit).filter(|_| !backward),
        last: Some(limit).filter(|_| backward),
        after: after.as_deref(),
        before: before.as_deref(),
    };
    params.add(Page::read(asked, order, page::REST))
}
