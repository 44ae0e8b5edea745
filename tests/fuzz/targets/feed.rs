//! Whatever is taken for a feed is read or refused.
#![no_main]

use dateline_fuzz::format::read;
use dateline_fuzz::format::reading::Hints;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let hints = Hints {
        address: Some("https://a.example/feed"),
        ..Hints::default()
    };
    if let Ok(document) = read(bytes, &hints) {
        for item in document.items {
            assert!(item.identity.is_some() || item.submission.headline.is_none());
            // A headline is one line.
            let headline = item.submission.headline.unwrap_or_default();
            assert_eq!(headline, headline.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
});
