//! What the reference says of an address that another door than REST's answers.

use super::params::Param;

/// A reading and the kinds of documents that it answers with, or a form that is posted.
pub struct Operation {
    pub path: &'static str,
    /// `operationId`.
    pub id: &'static str,
    pub summary: &'static str,
    pub params: &'static [Param],
    /// Media types.
    pub kinds: &'static [&'static str],
    /// What is posted; nothing where it is a reading.
    pub form: &'static [Field],
}

/// A field of a form.
pub struct Field {
    pub name: &'static str,
    pub about: &'static str,
    pub required: bool,
}
