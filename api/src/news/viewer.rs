//! Who asks.

use super::channel::Sight;
use super::limits::KeyLimits;
use super::partner::{Network, Partner};
use super::tags::Readings;
use jiff::Timestamp;
use std::net::IpAddr;
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
    /// Whose it is; none for a key of the house itself.
    pub partner: Option<Arc<Partner>>,
    pub created: Timestamp,
    /// From then on it is refused.
    pub expires: Option<Timestamp>,
    /// The only networks it may come from; all when there are none.
    pub networks: Vec<Network>,
    /// The only sites whose pages may send it, as browsers name them. With any it is a browser's key, and no secret.
    pub origins: Vec<String>,
    pub disabled: bool,
    /// To the minute.
    pub last_used: Option<Timestamp>,
    /// What it may ask for, where it is not as the house has it.
    pub limits: KeyLimits,
}

impl Key {
    /// A key of the house that is held to nothing.
    pub fn plain(id: String, name: String, scope: KeyScope, created: Timestamp) -> Key {
        Key {
            id,
            name,
            scope,
            partner: None,
            created,
            expires: None,
            networks: Vec::new(),
            origins: Vec::new(),
            disabled: false,
            last_used: None,
            limits: KeyLimits::default(),
        }
    }

    /// Whether it is good for anything at this moment.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.wrong_now(now).is_none()
    }

    /// Why it is refused at this moment, whoever sends it.
    fn wrong_now(&self, now: Timestamp) -> Option<&'static str> {
        if self.disabled {
            return Some("disabled");
        }
        if self.partner.as_ref().is_some_and(|partner| partner.disabled) {
            return Some("its partner is disabled");
        }
        self.expires.is_some_and(|at| at <= now).then_some("expired")
    }

    /// Why it is refused when it comes from there; for the log, never for the sender.
    pub fn refused(&self, sender: &Sender, now: Timestamp) -> Option<&'static str> {
        let inside = |address: IpAddr| self.networks.iter().any(|network| network.holds(address));
        let network_fits = self.networks.is_empty() || sender.address.is_some_and(inside);
        let same = |origin: &String| self.origins.contains(origin);
        let origin_fits = self.origins.is_empty() || sender.origin.as_ref().is_some_and(same);
        self.wrong_now(now)
            .or_else(|| (!network_fits).then_some("it comes from another network"))
            .or_else(|| (!origin_fits).then_some("it comes from another origin"))
    }

    /// Whether it gives the same rights as that one: what has begun with one may go on with the other.
    pub fn same_rights(&self, other: &Key) -> bool {
        let rights = |key: &Key| (key.scope, key.partner.as_ref().map(|p| (p.id, p.advance)));
        rights(self) == rights(other)
    }
}

/// Where a request comes from, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// None where a proxy that is trusted does not say it plainly.
    pub address: Option<IpAddr>,
    /// The site whose page asks, as the browser says.
    pub origin: Option<String>,
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

    /// Whether he may give and take rights: partners, keys.
    pub fn may_administer(&self) -> bool {
        match self {
            Viewer::Public => false,
            Viewer::Key(key) => key.scope >= KeyScope::Admin,
            Viewer::Operator => true,
        }
    }

    /// Whether he may read what is still under embargo: who publishes, and partners with that right.
    pub fn may_read_advance(&self) -> bool {
        self.may_publish() || self.partner().is_some_and(|partner| partner.advance)
    }

    /// The partner whose key it is.
    pub fn partner(&self) -> Option<&Arc<Partner>> {
        match self {
            Viewer::Public | Viewer::Operator => None,
            Viewer::Key(key) => key.partner.as_ref(),
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
    /// What he may see.
    pub sight: Sight,
    pub now: Timestamp,
    /// Where it is noted what was read.
    pub readings: Readings,
}

impl Scope {
    /// Of a reading that nobody keeps.
    pub fn unnoted(viewer: Viewer, sight: Sight, now: Timestamp) -> Scope {
        Scope {
            viewer,
            sight,
            now,
            readings: Readings::unnoted(),
        }
    }

    /// The command line's.
    pub fn operator(now: Timestamp) -> Scope {
        Scope::unnoted(Viewer::Operator, Sight::All, now)
    }
}
