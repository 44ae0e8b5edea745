//! Who asks.

use super::tags::Readings;
use jiff::Timestamp;
use std::sync::Arc;

/// Who asks. Everybody may read; what else he may is his key's scope.
#[derive(Clone, Debug, PartialEq)]
pub enum Viewer {
    Public,
    Key(Arc<Key>),
    /// The command line on the machine itself.
    Operator,
}

/// A key as the house knows it: never its secret.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The public part.
    pub id: String,
    pub name: String,
    pub scope: KeyScope,
    pub created: Timestamp,
}

/// What a key is for. Each scope includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyScope {
    Read,
    Publish,
    Admin,
}

impl KeyScope {
    pub const ALL: [KeyScope; 3] = [KeyScope::Read, KeyScope::Publish, KeyScope::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            KeyScope::Read => "read",
            KeyScope::Publish => "publish",
            KeyScope::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<KeyScope> {
        KeyScope::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

impl Viewer {
    pub fn may_publish(&self) -> bool {
        match self {
            Viewer::Public => false,
            Viewer::Key(key) => key.scope >= KeyScope::Publish,
            Viewer::Operator => true,
        }
    }

    /// What may be seen, as part of the name of a kept answer and of a cursor: who may see the same shares them.
    pub fn audience(&self) -> &'static str {
        match self {
            Viewer::Public | Viewer::Key(_) | Viewer::Operator => "public",
        }
    }

    /// Whose idempotency keys these are.
    pub fn owner(&self) -> &str {
        match self {
            Viewer::Public => "public",
            Viewer::Key(key) => &key.id,
            Viewer::Operator => "operator",
        }
    }
}

/// Every read takes one: who asks, and when.
#[derive(Clone, Debug)]
pub struct Scope {
    pub viewer: Viewer,
    pub now: Timestamp,
    /// Where it is noted what was read.
    pub readings: Readings,
}

impl Scope {
    /// Of a reading that nobody keeps.
    pub fn unnoted(viewer: Viewer, now: Timestamp) -> Scope {
        Scope {
            viewer,
            now,
            readings: Readings::unnoted(),
        }
    }

    /// The command line's.
    pub fn operator(now: Timestamp) -> Scope {
        Scope::unnoted(Viewer::Operator, now)
    }
}
