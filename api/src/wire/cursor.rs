//! A place in the wire as the outside sees it: one AES block, base64url, 22 characters.
//!
//! Numbers would show hidden changes as gaps. The encryption is deterministic, so the same place is the same text on
//! every node, for ever; a text that was made up, or made for another audience, does not decrypt to anything that
//! passes the checks (48 bits of them).

use super::Wire;
use crate::error::{Error, Fault, Result};
use crate::news::EndpointId;
use crate::news::channel::EVERYBODYS;
use crate::news::wire::{AsOf, Entry, Head, Position};
use aes::Aes128;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A position, and in which epoch it was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub epoch: i32,
    pub position: Position,
}

impl From<Head> for Place {
    fn from(head: Head) -> Place {
        Place {
            epoch: head.epoch,
            position: head.position,
        }
    }
}

impl From<&Entry> for Place {
    fn from(entry: &Entry) -> Place {
        Place {
            epoch: entry.epoch,
            position: entry.position,
        }
    }
}

pub(super) struct Seal(Aes128);

const FORMAT: u8 = 1;

/// What the id of a message begins with.
const MESSAGE: &str = "msg_";

/// To whom the ids of an endpoint's messages are given out.
fn messages(endpoint: EndpointId) -> String {
    format!("webhook {endpoint}")
}

impl Seal {
    pub fn new(key: &[u8]) -> Result<Seal> {
        Ok(Seal(Aes128::new_from_slice(key).map_err(|e| {
            Error::internal(format!("the key of the cursors: {e}"))
        })?))
    }

    fn seal(&self, audience: &str, place: Place) -> String {
        let mut plain = [0u8; 16];
        let epoch = u16::try_from(place.epoch).unwrap_or(u16::MAX);
        let parts = [FORMAT]
            .into_iter()
            .chain(place.position.0.to_be_bytes())
            .chain(epoch.to_be_bytes())
            .chain(mark(audience));
        for (byte, part) in plain.iter_mut().zip(parts) {
            *byte = part;
        }
        let mut block: Block<Aes128> = plain.into();
        self.0.encrypt_block(&mut block);
        URL_SAFE_NO_PAD.encode(block)
    }

    fn unseal(&self, audience: &str, text: &str) -> Option<Place> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let sealed: [u8; 16] = bytes.try_into().ok()?;
        let mut block: Block<Aes128> = sealed.into();
        self.0.decrypt_block(&mut block);
        let (format, rest) = block.split_first()?;
        let (position, rest) = rest.split_first_chunk::<8>()?;
        let (epoch, audience_mark) = rest.split_first_chunk::<2>()?;
        let place = Place {
            epoch: i32::from(u16::from_be_bytes(*epoch)),
            position: Position(i64::from_be_bytes(*position)),
        };
        let right = *format == FORMAT && audience_mark == mark(audience) && place.position.0 >= 0;
        right.then_some(place)
    }
}

fn mark(audience: &str) -> [u8; 5] {
    let mut mark = [0; 5];
    for (byte, hashed) in mark.iter_mut().zip(Sha256::digest(audience)) {
        *byte = hashed;
    }
    mark
}

impl Wire {
    /// The cursor of a place, for one audience.
    pub fn cursor(&self, audience: &str, place: impl Into<Place>) -> String {
        self.0.seal.seal(audience, place.into())
    }

    /// The place of a cursor that was given to this audience. `field` is what the asker calls it.
    pub fn place(&self, audience: &str, field: &str, cursor: &str) -> Result<Place> {
        // Everybody's are good for all: somebody may have got his rights since.
        let seal = &self.0.seal;
        let place = seal
            .unseal(audience, cursor)
            .or_else(|| seal.unseal(EVERYBODYS, cursor));
        let place = place.ok_or_else(|| {
            let message = "is not a cursor of this wire that was given to you: send one as you got it";
            Error::parameters(vec![Fault::new(field, "invalid_cursor", message)])
        })?;
        let head = self.head();
        if place.epoch == head.epoch && place.position > head.position {
            // Another process has told him more than this one knows yet: he is not shown less here.
            self.0.store.compass().demand(place.position);
            self.0.freshness.owe(place.position);
        }
        Ok(place)
    }

    /// The id of a webhook's message about an entry: the same for every try, and telling nobody where in the wire it is.
    pub fn message_id(&self, endpoint: EndpointId, place: impl Into<Place>) -> String {
        format!("{MESSAGE}{}", self.cursor(&messages(endpoint), place))
    }

    /// What a message of this endpoint is about.
    pub fn message_place(&self, endpoint: EndpointId, field: &str, id: &str) -> Result<Place> {
        let place = id.strip_prefix(MESSAGE);
        let place = place.and_then(|cursor| self.0.seal.unseal(&messages(endpoint), cursor));
        place.ok_or_else(|| {
            let message = "is no `webhook-id` of a change that this endpoint was told of";
            Error::content(vec![Fault::new(field, "unknown_message", message)])
        })
    }

    /// Where somebody begins who says a cursor, `oldest` or `latest`; where he says nothing, with the latest.
    pub async fn start(&self, audience: &str, field: &str, after: Option<&str>) -> Result<Position> {
        match after {
            None | Some("latest") => Ok(self.head().position),
            Some("oldest") => self.beginning().await,
            Some(cursor) => Ok(self.place(audience, field, cursor)?.position),
        }
    }

    /// The moment that somebody names by a cursor or by an instant (RFC 3339 with offset).
    pub fn as_of(&self, audience: &str, field: &str, text: &str) -> Result<AsOf> {
        if !text.contains(':') {
            return Ok(AsOf::Position(self.place(audience, field, text)?.position));
        }
        text.parse().map(AsOf::Instant).map_err(|_| {
            let message = "must be a cursor of the wire, or a time with its offset, such as 2026-01-12T20:00:00Z";
            Error::parameters(vec![Fault::new(field, "invalid_time", message)])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal() -> Seal {
        Seal::new(b"0123456789abcdef").unwrap()
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_its_place(position in 0..i64::MAX, epoch in 0..65_536i32) {
            let place = Place { epoch, position: Position(position) };
            let text = seal().seal("public", place);
            prop_assert_eq!(text.len(), 22);
            prop_assert_eq!(seal().unseal("public", &text), Some(place));
            prop_assert_eq!(seal().unseal("another", &text), None);
        }

        #[test]
        fn what_was_made_up_is_no_cursor(bytes in proptest::array::uniform16(any::<u8>())) {
            prop_assert_eq!(seal().unseal("public", &URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".*") {
            let _ = seal().unseal("public", &text);
        }
    }

    #[test]
    fn neighbours_look_nothing_alike() {
        let at = |n| {
            seal().seal(
                "public",
                Place {
                    epoch: 1,
                    position: Position(n),
                },
            )
        };
        let (one, two) = (at(1), at(2));
        let same = one.chars().zip(two.chars()).filter(|(a, b)| a == b).count();
        assert!(same < 8, "{one} {two}");
    }
}
