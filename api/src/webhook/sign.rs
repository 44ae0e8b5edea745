//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 over `id.timestamp.body`, base64, one for each secret that is
//! live, so that a receiver can change to a new one whenever it likes.

use crate::error::Error;
use crate::news::webhook::Secret;
use crate::outbound;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

const PREFIX: &str = "whsec_";
/// Of a new secret; the standard allows 24 to 64.
const BYTES: usize = 32;

/// A new one.
pub fn secret() -> crate::error::Result<Secret> {
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Secret {
        text: format!("{PREFIX}{}", STANDARD.encode(bytes)),
        until: None,
    })
}

/// The value of `webhook-signature`.
pub fn signature(secrets: &[Secret], now: Timestamp, id: &str, seconds: i64, body: &[u8]) -> String {
    let live = secrets.iter().filter(|s| s.until.is_none_or(|until| until > now));
    let signed = live.filter_map(|secret| {
        let key = STANDARD.decode(secret.text.strip_prefix(PREFIX)?).ok()?;
        let seconds = seconds.to_string();
        let tag = outbound::sign(key, &[id.as_bytes(), b".", seconds.as_bytes(), b".", body]).ok()?;
        Some(format!("v1,{}", STANDARD.encode(tag)))
    });
    signed.collect::<Vec<_>>().join(" ")
}

/// How old a message may be, and how far ahead its sender's clock.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Whether a message with this id, time and signature is signed with one of these secrets; if not, why.
pub fn check(
    secrets: &[String],
    now: Timestamp,
    (id, seconds, signed): (&str, &str, &str),
    body: &[u8],
) -> Result<(), String> {
    let at = seconds
        .parse()
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    let Some(at) = at else {
        return Err("no time".to_owned());
    };
    if at.duration_since(now).abs() > TOLERANCE {
        return Err("too old, or the clocks differ".to_owned());
    }
    let live = |text: &String| Secret {
        text: text.clone(),
        until: None,
    };
    let secrets: Vec<Secret> = secrets.iter().map(live).collect();
    let wanted = signature(&secrets, now, id, at.as_second(), body);
    let same = |given: &str| {
        wanted
            .split(' ')
            .any(|w| bool::from(w.as_bytes().ct_eq(given.as_bytes())))
    };
    match signed.split(' ').any(same) {
        true => Ok(()),
        false => Err("wrong signature".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The standard's own example.
    #[test]
    fn the_example_of_the_standard_is_signed_as_it_says() {
        let secret = Secret {
            text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned(),
            until: None,
        };
        let signed = signature(
            &[secret],
            Timestamp::UNIX_EPOCH,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_live_secret_signs() {
        let now = Timestamp::UNIX_EPOCH;
        let mut old = secret().unwrap();
        let new = secret().unwrap();
        let count = |secrets: &[Secret]| signature(secrets, now, "a", 0, b"b").split(' ').count();
        assert_eq!(count(&[new.clone(), old.clone()]), 2);
        old.until = Some(now);
        assert_eq!(count(&[new, old]), 1);
    }
}
