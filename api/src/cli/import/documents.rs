//! Documents in others' formats: each brings one story or several.

use super::intake::{Item, Thing};
use super::record::{Reading, encoded};
use crate::error::{Error, Kind};
use crate::format;
use crate::format::reading::{self, Hints, Loss};
use crate::news::uri;
use std::sync::Arc;

impl Reading {
    /// The stories of a document, and its parts that are none.
    pub fn document(&self, file: &Arc<str>, bytes: &[u8]) -> Vec<Item> {
        let hints = Hints {
            language: self.language.as_deref(),
            ..Hints::default()
        };
        let document = match format::read(bytes, &hints) {
            Ok(document) => document,
            Err(error) => return vec![refused(file, error.line.unwrap_or(1), error.to_string())],
        };
        let format = document.format.as_str();
        let mut items: Vec<Item> = Vec::new();
        for Loss { what, why } in document.refused {
            items.push(refused(file, 1, format!("{what}: {why}")));
        }
        let each = bytes.len() / document.items.len().max(1);
        for story in document.items {
            let mut story = story;
            self.name(&mut story, format);
            items.push(Item {
                file: Arc::clone(file),
                line: 1,
                size: each,
                thing: Ok(Thing::Story(Box::new(story), self.new_topics)),
            });
        }
        items
    }

    /// What its publisher calls it is not always a uri: then one is made of that, always the same.
    fn name(&self, story: &mut reading::Item, format: &str) {
        if story.submission.uri.is_some() {
            return;
        }
        let Some(identity) = &story.identity else { return };
        let made = match &self.uri_prefix {
            Some(prefix) => format!("{prefix}{}", encoded(identity)),
            None => uri::made(&[format, story.submission.source.as_deref().unwrap_or_default(), identity]),
        };
        story.submission.uri = Some(made);
    }
}

pub fn too_large(file: &Arc<str>) -> Item {
    refused(file, 1, "the document is larger than 32 MiB".to_owned())
}

fn refused(file: &Arc<str>, line: u64, detail: String) -> Item {
    Item {
        file: Arc::clone(file),
        line,
        size: 0,
        thing: Err(Error::new(Kind::Content, "unreadable_document", detail)),
    }
}
