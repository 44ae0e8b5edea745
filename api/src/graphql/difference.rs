//! Two versions of a story, compared.

use crate::news::difference;
use async_graphql::{Enum, SimpleObject};

/// What became of one version in another.
#[derive(SimpleObject)]
pub struct Difference {
    from: i32,
    to: i32,
    /// The fields that changed.
    fields: Vec<FieldDifference>,
    /// The body's text in pieces: EQUAL and DELETE make the older one, EQUAL and INSERT the newer.
    text: Vec<TextPiece>,
}

/// A field with its values as texts: none, one, or those of a list. `body` has none, because `text` says it.
#[derive(SimpleObject)]
pub struct FieldDifference {
    field: &'static str,
    old: Vec<String>,
    new: Vec<String>,
}

#[derive(SimpleObject)]
pub struct TextPiece {
    op: TextOp,
    text: String,
}

/// What became of a piece of text.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "difference::Op")]
pub enum TextOp {
    Equal,
    Delete,
    Insert,
}

impl From<difference::Difference> for Difference {
    fn from(told: difference::Difference) -> Difference {
        let difference::Difference { from, to, fields, text } = told;
        let field = |difference::FieldDifference { field, old, new }| FieldDifference { field, old, new };
        let piece = |difference::Piece { op, text }| TextPiece { op: op.into(), text };
        Difference {
            from: from.0,
            to: to.0,
            fields: fields.into_iter().map(field).collect(),
            text: text.into_iter().map(piece).collect(),
        }
    }
}
