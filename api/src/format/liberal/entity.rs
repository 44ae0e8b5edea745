//! Character references: XML's five, HTML's named ones, numbers, and the simple ones that a document declares.

use markup5ever::data::NAMED_ENTITIES;
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

/// The longest name HTML has is 31 letters long.
const LONGEST_NAME: usize = 40;
/// What one declared entity may stand for, in bytes.
const LONGEST_VALUE: usize = 1024;
const MOST_DECLARED: usize = 200;
/// What all declared entities of a document may add, in bytes.
const BUDGET: usize = 1 << 20;

/// The entities that a document declares itself.
#[derive(Debug)]
pub struct Declared<'a> {
    values: HashMap<&'a str, String>,
    budget: Cell<usize>,
}

impl Default for Declared<'_> {
    fn default() -> Self {
        Declared {
            values: HashMap::new(),
            budget: Cell::new(BUDGET),
        }
    }
}

impl<'a> Declared<'a> {
    /// Out of a document type declaration. Only `<!ENTITY name "text">` is taken up; what lies outside of the document
    /// (SYSTEM, PUBLIC) and what is for the declaration itself (`%`) is not, and entities in the text are not expanded:
    /// so nothing grows out of itself.
    pub fn read(doctype: &'a str) -> Declared<'a> {
        let mut declared = Declared::default();
        for declaration in doctype.split("<!ENTITY").skip(1).take(MOST_DECLARED) {
            let Some((name, rest)) = declaration.trim_start().split_once(|c: char| c.is_ascii_whitespace()) else {
                continue;
            };
            let rest = rest.trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            if let Some(value) = rest.split(quote).nth(1).filter(|v| v.len() <= LONGEST_VALUE) {
                // The first declaration binds (XML 1.0 §4.2).
                declared
                    .values
                    .entry(name)
                    .or_insert_with(|| decode(value, &Declared::default()).into_owned());
            }
        }
        declared
    }

    /// What `&name;` stands for, as long as there is room.
    fn value(&self, name: &str) -> Option<&str> {
        let value = self.values.get(name)?;
        let left = self.budget.get().checked_sub(value.len())?;
        self.budget.set(left);
        Some(value)
    }
}

/// The text with its references resolved. What is no reference, or names nothing, stays as it is.
pub fn decode<'a>(raw: &'a str, declared: &Declared) -> Cow<'a, str> {
    let Some(first) = raw.find('&') else {
        return Cow::Borrowed(raw);
    };
    let (before, mut rest) = raw.split_at_checked(first).unwrap_or((raw, ""));
    let mut out = String::with_capacity(raw.len());
    out.push_str(before);
    while let Some(reference) = rest.strip_prefix('&') {
        let used = resolve(reference, declared, &mut out);
        if used == 0 {
            out.push('&');
        }
        rest = reference.get(used..).unwrap_or_default();
        let text = rest.find('&').unwrap_or(rest.len());
        let (before, behind) = rest.split_at_checked(text).unwrap_or((rest, ""));
        out.push_str(before);
        rest = behind;
    }
    Cow::Owned(out)
}

/// Whether `&name;` is a reference that HTML knows.
pub fn is_known(name: &str) -> bool {
    NAMED_ENTITIES
        .get(&format!("{name};"))
        .is_some_and(|(first, _)| *first != 0)
}

/// Writes what the reference behind `&` stands for and tells how many bytes it is long, 0 if it is none.
fn resolve(text: &str, declared: &Declared, out: &mut String) -> usize {
    if let Some(number) = text.strip_prefix('#') {
        return numeric(number, out).map_or(0, |used| used + 1);
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
    let length = text.bytes().take(LONGEST_NAME).take_while(is_name).count();
    let Some(name) = text
        .get(..length)
        .filter(|_| text.as_bytes().get(length) == Some(&b';'))
    else {
        return 0;
    };
    if let Some(value) = declared.value(name) {
        out.push_str(value);
        return length + 1;
    }
    let known = NAMED_ENTITIES
        .get(text.get(..=length).unwrap_or_default())
        .filter(|(first, _)| *first != 0);
    let Some((first, second)) = known else {
        return 0;
    };
    out.extend(
        [*first, *second]
            .into_iter()
            .filter(|c| *c != 0)
            .filter_map(char::from_u32),
    );
    length + 1
}

/// `8217;`, `x2019;`, and both without the semicolon, as HTML reads them.
fn numeric(text: &str, out: &mut String) -> Option<usize> {
    let (digits, radix, before) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (text, 10, 0),
    };
    let length = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    let number = digits.get(..length).filter(|d| !d.is_empty())?;
    let number = u32::from_str_radix(number.trim_start_matches('0'), radix)
        .unwrap_or(if number.bytes().all(|b| b == b'0') { 0 } else { u32::MAX });
    out.push(character(number));
    let semicolon = digits.as_bytes().get(length) == Some(&b';');
    Some(before + length + usize::from(semicolon))
}

/// From 128 to 159 there are only controls, and everybody who writes these numbers means windows-1252.
fn character(number: u32) -> char {
    let byte = u8::try_from(number).ok().filter(|b| (0x80..0xA0).contains(b));
    let windows = byte.and_then(|b| {
        encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(&[b])
            .0
            .chars()
            .next()
    });
    windows
        .or_else(|| char::from_u32(number))
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}
