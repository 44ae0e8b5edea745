//! Pages of news is read or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dateline_fuzz::judge(bytes, Some("text/html")));
