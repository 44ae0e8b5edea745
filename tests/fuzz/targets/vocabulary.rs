//! Controlled vocabularies are read or refused, and parents come before their children.
#![no_main]

use std::collections::HashSet;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(vocabulary) = dateline_fuzz::format::vocabulary::read(bytes) {
        let mut before = HashSet::new();
        for entry in vocabulary.entries {
            assert!(entry.parent.is_none_or(|parent| before.contains(&parent)), "{}", entry.code);
            before.insert(entry.code);
        }
    }
});
