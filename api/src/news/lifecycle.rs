//! The life of a story as one table: in which state which step is possible.

use super::story::PubStatus;
use jiff::Timestamp;

/// Where a story is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not in the house.
    Absent,
    Public,
    /// Public once, until its time was over.
    Expired,
    /// Taken back; it may return.
    Withheld,
    /// Taken back for good.
    Canceled,
}

/// What the desk can do with a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// A first edition, or another in its place.
    Publish,
    /// Another edition that puts something right, and says so.
    Correct,
    Withhold,
    Restore,
    Cancel,
    /// Another uri or slug.
    Rename,
}

impl Move {
    pub const ALL: [Move; 6] = [
        Move::Publish,
        Move::Correct,
        Move::Withhold,
        Move::Restore,
        Move::Cancel,
        Move::Rename,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Move::Publish => "publish",
            Move::Correct => "correct",
            Move::Withhold => "withhold",
            Move::Restore => "restore",
            Move::Cancel => "cancel",
            Move::Rename => "rename",
        }
    }
}

impl State {
    pub fn of(status: PubStatus, expires: Option<Timestamp>, now: Timestamp) -> State {
        match status {
            PubStatus::Withheld => State::Withheld,
            PubStatus::Canceled => State::Canceled,
            PubStatus::Usable if expires.is_some_and(|at| at <= now) => State::Expired,
            PubStatus::Usable => State::Public,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            State::Absent => "not here",
            State::Public => "public",
            State::Expired => "expired",
            State::Withheld => "withheld",
            State::Canceled => "canceled",
        }
    }

    /// The table.
    pub fn allows(self, step: Move) -> bool {
        use Move::{Cancel, Correct, Publish, Rename, Restore, Withhold};
        match self {
            State::Absent => matches!(step, Publish),
            State::Public | State::Expired => matches!(step, Publish | Correct | Withhold | Cancel | Rename),
            // What is withheld can be put right before it returns.
            State::Withheld => matches!(step, Publish | Correct | Restore | Cancel | Rename),
            State::Canceled => false,
        }
    }

    /// The steps that are possible, for a refusal.
    pub fn possible(self) -> Vec<&'static str> {
        let possible = Move::ALL.into_iter().filter(|step| self.allows(*step));
        possible.map(Move::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 5] = [
        State::Absent,
        State::Public,
        State::Expired,
        State::Withheld,
        State::Canceled,
    ];

    #[test]
    fn the_table_of_steps() {
        let table: Vec<String> = STATES
            .into_iter()
            .map(|state| format!("{}: {}", state.as_str(), state.possible().join(", ")))
            .collect();
        let expected = [
            "not here: publish",
            "public: publish, correct, withhold, cancel, rename",
            "expired: publish, correct, withhold, cancel, rename",
            "withheld: publish, correct, restore, cancel, rename",
            "canceled: ",
        ];
        assert_eq!(table, expected);
    }

    #[test]
    fn nothing_leads_out_of_a_cancellation() {
        assert!(Move::ALL.into_iter().all(|step| !State::Canceled.allows(step)));
    }

    #[test]
    fn a_story_expires_at_the_very_instant() {
        let at: Timestamp = "2026-01-12T20:00:00Z".parse().unwrap();
        assert_eq!(State::of(PubStatus::Usable, Some(at), at), State::Expired);
        assert_eq!(State::of(PubStatus::Withheld, Some(at), at), State::Withheld);
    }
}
