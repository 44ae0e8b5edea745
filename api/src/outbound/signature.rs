//! What is sent is signed with a secret that both sides know: HMAC with SHA-256 (RFC 2104).

use crate::error::{Error, Result};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The signature of these parts, one behind the other.
pub fn sign(secret: impl AsRef<[u8]>, parts: &[&[u8]]) -> Result<Vec<u8>> {
    Ok(of(secret.as_ref(), parts)?.finalize().into_bytes().to_vec())
}

/// Whether this is their signature; how long that takes tells nothing of it.
pub fn is_signed(secret: &str, parts: &[&[u8]], signature: &[u8]) -> Result<bool> {
    Ok(of(secret.as_bytes(), parts)?.verify_slice(signature).is_ok())
}

fn of(secret: &[u8], parts: &[&[u8]]) -> Result<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(Error::internal)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_rfc_4231_says() {
        let tag = sign("Jefe", &[b"what do ya want ", b"for nothing?"]).unwrap();
        let hex: String = tag.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(is_signed("Jefe", &[b"what do ya want for nothing?"], &tag).unwrap());
        assert!(!is_signed("jefe", &[b"what do ya want for nothing?"], &tag).unwrap());
        assert!(!is_signed("Jefe", &[b"what do ya want for nothing?"], &tag[..31]).unwrap());
    }
}
