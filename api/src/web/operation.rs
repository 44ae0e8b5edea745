//! What the reference says of an address that another door than REST's answers.

use super::params::Param;

/// A reading, and the kinds of documents that it answers with.
pub struct Operation {
    pub path: &'static str,
    /// `operationId`.
    pub id: &'static str,
    pub summary: &'static str,
    pub params: &'static [Param],
    /// Media types.
    pub kinds: &'static [&'static str],
}
