//! What fuzzing begins with (`tests/fuzz`), read again.

use super::read;
use crate::format::reading::Hints;
use std::path::Path;

#[test]
fn the_seeds_of_fuzzing_are_read() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/seeds/feed");
    let mut read_seeds = 0;
    for seed in std::fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let document = read(&std::fs::read(&path).unwrap(), &Hints::default());
        let document = document.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!document.items.is_empty(), "{}", path.display());
        read_seeds += 1;
    }
    assert!(read_seeds >= 10, "only {read_seeds} seeds");
}
