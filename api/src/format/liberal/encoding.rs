//! Text out of bytes. In this order: a byte order mark (RFC 7303 §3.3), the protocol's `charset`, the pattern of the
//! first bytes, the XML declaration, UTF-8 if it is that, and last what the bytes look like.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::borrow::Cow;

/// Where the declaration has to be found, in bytes.
const HEAD: usize = 1024;

/// What encoding_rs knows, and UTF-32, which the web has given up and old feeds have not.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    Known(&'static Encoding),
    Utf32 { big: bool },
}

/// The text of these bytes. What fits no encoding is read by the likeliest, with U+FFFD for what makes no sense.
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((coding, mark)) = marked(bytes) {
        return lossy(bytes.get(mark..).unwrap_or_default(), coding);
    }
    let said = content_type.and_then(charset).and_then(|label| labelled(&label));
    // A declaration inside of text of two or four bytes a character cannot be read before the text is.
    for coding in [said, pattern(bytes), declared(bytes)].into_iter().flatten() {
        // Nearly everybody who writes the name of Latin-1 means "I do not know"; and what is Latin-1 is never UTF-8.
        if coding == Coding::Known(WINDOWS_1252)
            && !bytes.is_ascii()
            && let Ok(text) = std::str::from_utf8(bytes)
        {
            return Cow::Borrowed(text);
        }
        if let Some(text) = exact(bytes, coding) {
            return text;
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    lossy(
        bytes,
        Coding::Known(mostly(bytes, detector.guess(None, Utf8Detection::Deny))),
    )
}

/// UTF-8 with a wrong byte here and there is still UTF-8: it is, where more than nine of ten of the characters
/// beyond ASCII are right.
fn mostly(bytes: &[u8], guess: &'static Encoding) -> &'static Encoding {
    let (mut right, mut wrong) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    if right > wrong.saturating_mul(9) { UTF_8 } else { guess }
}

fn marked(bytes: &[u8]) -> Option<(Coding, usize)> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] => Some((Coding::Utf32 { big: false }, 4)),
        [0, 0, 0xFE, 0xFF, ..] => Some((Coding::Utf32 { big: true }, 4)),
        _ => Encoding::for_bom(bytes).map(|(encoding, mark)| (Coding::Known(encoding), mark)),
    }
}

fn pattern(bytes: &[u8]) -> Option<Coding> {
    match bytes {
        [b'<' | b'{', 0, 0, 0, ..] => Some(Coding::Utf32 { big: false }),
        [0, 0, 0, b'<' | b'{', ..] => Some(Coding::Utf32 { big: true }),
        [b'<' | b'{', 0, ..] => Some(Coding::Known(UTF_16LE)),
        [0, b'<' | b'{', ..] => Some(Coding::Known(UTF_16BE)),
        _ => None,
    }
}

/// `charset` of a media type, with or without quotes.
fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

/// `encoding` of an XML declaration, wherever in the first bytes it stands.
fn declared(bytes: &[u8]) -> Option<Coding> {
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    let head: String = head.iter().map(|b| char::from(*b)).collect();
    let (_, declaration) = head.split_once("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = value.split(quote).nth(1)?;
    match labelled(label)? {
        // These bytes read as ASCII, or the declaration would not have been found.
        Coding::Known(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => None,
        Coding::Utf32 { .. } => None,
        coding => Some(coding),
    }
}

fn labelled(label: &str) -> Option<Coding> {
    let label = label.trim().to_ascii_lowercase().replace('_', "-");
    match label.as_str() {
        "utf-32" | "utf32" | "utf-32be" | "ucs-4" | "iso-10646-ucs-4" => Some(Coding::Utf32 { big: true }),
        "utf-32le" => Some(Coding::Utf32 { big: false }),
        "utf16" => Some(Coding::Known(UTF_16LE)),
        label => Encoding::for_label_no_replacement(label.as_bytes()).map(Coding::Known),
    }
}

/// The text, if every byte of it makes sense.
fn exact(bytes: &[u8], coding: Coding) -> Option<Cow<'_, str>> {
    match coding {
        Coding::Known(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
        Coding::Utf32 { big } if bytes.len().is_multiple_of(4) => wide(bytes, big)
            .map(|c| c.ok_or(()))
            .collect::<Result<String, ()>>()
            .ok()
            .map(Cow::Owned),
        Coding::Utf32 { .. } => None,
    }
}

fn lossy(bytes: &[u8], coding: Coding) -> Cow<'_, str> {
    match coding {
        Coding::Known(encoding) => encoding.decode_without_bom_handling(bytes).0,
        Coding::Utf32 { big } => Cow::Owned(
            wide(bytes, big)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        ),
    }
}

fn wide(bytes: &[u8], big: bool) -> impl Iterator<Item = Option<char>> {
    bytes.chunks_exact(4).map(move |unit| {
        let unit: [u8; 4] = unit.try_into().ok()?;
        char::from_u32(if big {
            u32::from_be_bytes(unit)
        } else {
            u32::from_le_bytes(unit)
        })
    })
}
