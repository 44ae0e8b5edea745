//! What fuzzing begins with (`tests/fuzz`), read again.

use crate::format::reading::{Format, Hints};
use crate::format::{read, vocabulary};
use std::path::{Path, PathBuf};

fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fuzz/seeds")
        .join(target);
    let seeds = std::fs::read_dir(folder).unwrap();
    seeds.map(|seed| seed.unwrap().path()).collect()
}

#[test]
fn the_seeds_of_fuzzing_are_read() {
    let feeds = [Format::Rss, Format::Rdf, Format::Atom, Format::Cdf, Format::JsonFeed];
    for (target, formats, least) in [
        ("feed", &feeds[..], 10),
        ("ninjs", &[Format::Ninjs], 5),
        ("newsml", &[Format::NewsMlG2, Format::NewsMl1], 5),
        ("nitf", &[Format::Nitf], 3),
        ("linked", &[Format::SchemaOrg], 3),
        ("page", &[Format::Page], 3),
    ] {
        let seeds = seeds(target);
        assert!(seeds.len() >= least, "only {} seeds of {target}", seeds.len());
        for path in seeds {
            let hints = Hints {
                address: Some("https://a.example/document"),
                ..Hints::default()
            };
            let document = read(&std::fs::read(&path).unwrap(), &hints);
            let document = document.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert!(
                formats.contains(&document.format),
                "{}: {:?}",
                path.display(),
                document.format
            );
            assert!(!document.items.is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn the_seeds_of_vocabularies_are_read() {
    for path in seeds("vocabulary") {
        let read = vocabulary::read(&std::fs::read(&path).unwrap());
        // One stands above itself, and is refused.
        assert_eq!(read.is_err(), path.ends_with("ring.json"), "{}", path.display());
    }
}
