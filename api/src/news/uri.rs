//! Names and addresses: what may be a story's `uri`, and what may be a link on the web.

use sha2::{Digest, Sha256};
use url::Url;

/// In bytes. Indexes hold uris, and a PUT carries them in its path.
const LONGEST_URI: usize = 1024;
/// In bytes; what browsers and partners' databases have long agreed on.
const LONGEST_WEB_URL: usize = 2048;

/// Whether `uri` can be a story's permanent name: an absolute URI (RFC 3986 §4.3), so with a scheme and without a
/// fragment, which names a part of something. No normal form is asked for: a name is compared byte for byte.
pub fn valid_uri(uri: &str) -> Result<(), String> {
    if uri.is_empty() {
        return Err("is empty; give the story a permanent name such as urn:example:story-1".to_owned());
    }
    if uri.len() > LONGEST_URI {
        return Err(format!("has {} bytes; at most {LONGEST_URI} are allowed", uri.len()));
    }
    if let Some(c) = uri.chars().find(|c| !c.is_ascii_graphic()) {
        let encoded = percent_encoded(c);
        return Err(format!(
            "holds {c:?}; only printable ASCII is allowed, write it as {encoded}"
        ));
    }
    let Some((scheme, rest)) = uri.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
        return Err(format!(
            "has no scheme; write for example urn:example:{}",
            suggested_name(uri)
        ));
    };
    if rest.is_empty() {
        return Err(format!("has nothing after {scheme}:"));
    }
    if rest.contains('#') {
        return Err("has a fragment, which names a part of something; leave out # and what follows".to_owned());
    }
    valid_characters(rest)
}

/// A uri for what has a name that is none: the same for the same parts, and for no others.
pub fn made(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    // Version 8: a UUID whose bits are the maker's own matter (RFC 9562).
    format!("urn:uuid:{}", uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Whether `url` is an address on the web that can be handed to anybody: http or https, a host, no password.
pub fn web_url(url: &str) -> Result<(), String> {
    if url.len() > LONGEST_WEB_URL {
        return Err(format!(
            "has {} bytes; at most {LONGEST_WEB_URL} are allowed",
            url.len()
        ));
    }
    let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("http" | "https")) {
        return Err("is no web address; it has to begin with https:// or http://".to_owned());
    }
    if let Some(c) = url
        .chars()
        .find(|c| c.is_ascii_control() || matches!(c, ' ' | '"' | '<' | '>' | '\\' | '`'))
    {
        return Err(format!("holds {c:?}; write it as {}", percent_encoded(c)));
    }
    // The parser reads https:///host as https://host.
    if url.split_once("://").is_some_and(|(_, rest)| rest.starts_with('/')) {
        return Err("has no host".to_owned());
    }
    let parsed = Url::parse(url).map_err(|fault| format!("is no web address: {fault}"))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("holds a user name or password; leave it out, everybody will read it".to_owned());
    }
    if !url.is_ascii() {
        return Err(format!("holds letters beyond ASCII; write it as {parsed}"));
    }
    Ok(())
}

fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Brackets only stand around an IP address in place of a host (RFC 3986 §3.2.2).
fn valid_characters(rest: &str) -> Result<(), String> {
    let host_end = rest
        .strip_prefix("//[")
        .and_then(|host| host.find(']'))
        .map_or(0, |end| end.saturating_add(4));
    let (address, rest) = rest.split_at_checked(host_end).unwrap_or(("", rest));
    if !address
        .bytes()
        .all(|b| b.is_ascii_hexdigit() || matches!(b, b'/' | b'[' | b']' | b':' | b'.' | b'v'))
    {
        return Err("has brackets around something that is no IP address".to_owned());
    }
    if let Some(c) = rest
        .chars()
        .find(|c| matches!(c, '[' | ']' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'))
    {
        return Err(format!(
            "holds {c}, which a URI cannot; write it as {}",
            percent_encoded(c)
        ));
    }
    let is_triple = |after: &str| {
        after
            .get(..2)
            .is_some_and(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    if !rest.split('%').skip(1).all(is_triple) {
        return Err("has a % without two hexadecimal digits; a percent sign itself is written %25".to_owned());
    }
    Ok(())
}

fn percent_encoded(c: char) -> String {
    let mut bytes = [0; 4];
    c.encode_utf8(&mut bytes)
        .bytes()
        .map(|byte| format!("%{byte:02X}"))
        .collect()
}

/// What was meant as a name, as far as it can be shown in a URI.
fn suggested_name(uri: &str) -> String {
    let name: String = uri
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
        .take(40)
        .collect();
    if name.is_empty() { "story-1".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn permanent_names_are_absolute_uris() {
        for uri in [
            "urn:newsml:example.com:20260112:1",
            "urn:uuid:0190a5c4-7b1e-7d2a-8f00-0123456789ab",
            "tag:example.com,2026:story/1",
            "https://example.com/a%20b?c=d&e=[".trim_end_matches('['),
            "http://[2001:db8::7]:80/x",
            "x:y",
            "a+b-c.1:~!$&'()*+,;=:@/?",
        ] {
            assert_eq!(valid_uri(uri), Ok(()), "{uri}");
        }
        assert_eq!(valid_uri(&format!("urn:{}", "x".repeat(1020))), Ok(()));
    }

    #[test]
    fn other_names_are_refused_with_what_to_do() {
        for (uri, message) in [
            (
                "",
                "is empty; give the story a permanent name such as urn:example:story-1",
            ),
            ("story-1", "has no scheme; write for example urn:example:story-1"),
            ("1a:b", "has no scheme; write for example urn:example:1ab"),
            (":b", "has no scheme; write for example urn:example:b"),
            ("/", "has no scheme; write for example urn:example:story-1"),
            ("urn:", "has nothing after urn:"),
            (
                "urn:a#b",
                "has a fragment, which names a part of something; leave out # and what follows",
            ),
            ("urn:a b", "holds ' '; only printable ASCII is allowed, write it as %20"),
            (
                "urn:ї",
                "holds 'ї'; only printable ASCII is allowed, write it as %D1%97",
            ),
            (
                "urn:a\n",
                "holds '\\n'; only printable ASCII is allowed, write it as %0A",
            ),
            (
                "urn:a%2",
                "has a % without two hexadecimal digits; a percent sign itself is written %25",
            ),
            (
                "urn:100%",
                "has a % without two hexadecimal digits; a percent sign itself is written %25",
            ),
            (
                "urn:%zz",
                "has a % without two hexadecimal digits; a percent sign itself is written %25",
            ),
            ("urn:{id}", "holds {, which a URI cannot; write it as %7B"),
            ("urn:[1]", "holds [, which a URI cannot; write it as %5B"),
            (
                "http://[example]/",
                "has brackets around something that is no IP address",
            ),
        ] {
            assert_eq!(valid_uri(uri), Err(message.to_owned()), "{uri}");
        }
        assert_eq!(
            valid_uri(&format!("urn:{}", "x".repeat(1021))).unwrap_err(),
            "has 1025 bytes; at most 1024 are allowed"
        );
    }

    #[test]
    fn links_are_web_addresses() {
        for url in [
            "https://example.com",
            "HTTP://Example.com:8080/a?b#c",
            "https://[::1]/",
            "https://a.b/%D0%9A|x{y}",
        ] {
            assert_eq!(web_url(url), Ok(()), "{url}");
        }
        for (url, message) in [
            ("", "is no web address; it has to begin with https:// or http://"),
            (
                "ftp://example.com",
                "is no web address; it has to begin with https:// or http://",
            ),
            (
                "https:example.com",
                "is no web address; it has to begin with https:// or http://",
            ),
            (
                "//example.com/x",
                "is no web address; it has to begin with https:// or http://",
            ),
            (
                "javascript:alert(1)//https://x",
                "is no web address; it has to begin with https:// or http://",
            ),
            ("https:///path", "has no host"),
            ("https://", "is no web address: empty host"),
            ("https://?x", "is no web address: empty host"),
            ("https://exa mple.com", "holds ' '; write it as %20"),
            ("https://example.com/\u{9}", "holds '\\t'; write it as %09"),
            ("https://example.com\\@evil.example", "holds '\\\\'; write it as %5C"),
            (
                "https://me:pw@example.com/",
                "holds a user name or password; leave it out, everybody will read it",
            ),
            (
                "https://me@example.com/",
                "holds a user name or password; leave it out, everybody will read it",
            ),
            ("https://example.com:99999/", "is no web address: invalid port number"),
            (
                "https://uk.wikipedia.org/wiki/Київ",
                "holds letters beyond ASCII; write it as https://uk.wikipedia.org/wiki/%D0%9A%D0%B8%D1%97%D0%B2",
            ),
            (
                "https://köln.example/",
                "holds letters beyond ASCII; write it as https://xn--kln-sna.example/",
            ),
        ] {
            assert_eq!(web_url(url), Err(message.to_owned()), "{url}");
        }
        assert!(web_url(&format!("https://a.b/{}", "x".repeat(2048))).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_panics(text in "\\PC{0,40}", tail in "[a-z:/%\\[\\]#@?.0-9]{0,40}") {
            let _ = (valid_uri(&text), web_url(&text), valid_uri(&tail), valid_uri(&format!("x://{tail}")));
            let _ = (web_url(&format!("https://{text}")), web_url(&format!("https://{tail}")));
        }
    }
}
