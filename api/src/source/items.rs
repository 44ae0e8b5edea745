//! What a document brings, in the house's words, and what of it is new.

use crate::format::reading::{Document, Item};
use crate::news::source::SourceFeed;
use crate::news::submission::Submission;
use crate::news::uri::valid_uri;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// A story that a source brings, for the desk.
#[derive(Clone, Debug)]
pub struct Brought {
    pub uri: String,
    /// Its submission bears the same uri, and what the house says of all that comes from this source.
    pub item: Item,
    /// Whether topics that the house does not know are taken up.
    pub new_topics: bool,
}

/// The same, before it is known whether it is new.
pub(super) struct Piece {
    pub brought: Brought,
    /// SHA-256 of all that it says, so that what says nothing new is not even looked at.
    pub digest: Vec<u8>,
}

/// All of a document, the oldest first, each story once: feeds begin with the newest.
pub(super) fn pieces(feed: &SourceFeed, document: Document, read_at: &str) -> Vec<Piece> {
    let mut seen = HashSet::new();
    // The list's own address names no story in it.
    let read_at = document.is_list().then_some(read_at);
    let items = document.items.into_iter();
    let mut pieces: Vec<Piece> = items
        .map(|item| piece(feed, item, read_at))
        .filter(|piece| seen.insert(piece.brought.uri.clone()))
        .collect();
    pieces.reverse();
    pieces
}

fn piece(feed: &SourceFeed, mut item: Item, list: Option<&str>) -> Piece {
    let uri = name(feed, &item.submission, item.identity.as_deref(), list);
    let settings = &feed.settings;
    let submission = &mut item.submission;
    submission.uri = Some(uri.clone());
    if submission.source.is_none() {
        submission.source.clone_from(&settings.name);
    }
    if submission.language.is_none() {
        submission.language.clone_from(&settings.language);
    }
    let mut topics = settings.topics.clone();
    for topic in submission.topics.take().unwrap_or_default() {
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    submission.topics = Some(topics);
    let brought = Brought {
        uri,
        item,
        new_topics: settings.new_topics,
    };
    let digest = digest(&brought);
    Piece { brought, digest }
}

/// What the story is called in the house. What the source calls it is taken if it can be a name for the whole world; what
/// only the source understands becomes a name that says which source.
fn name(feed: &SourceFeed, submission: &Submission, identity: Option<&str>, list: Option<&str>) -> String {
    let said = [submission.uri.as_deref(), identity];
    let is_list = |said: &str| list.is_some_and(|at| said == at || said == feed.settings.url);
    let own = |said: &&str| !is_list(said) && !said.trim().is_empty();
    let said: Vec<&str> = said.into_iter().flatten().filter(own).collect();
    if let Some(uri) = said.iter().find(|uri| valid_uri(uri).is_ok()) {
        return (*uri).to_owned();
    }
    let mut hash = Sha256::new();
    // A source that is removed and put in again brings the same stories.
    hash.update(&feed.slug);
    hash.update([0]);
    match said.last() {
        Some(identity) => hash.update(identity),
        None => {
            // All that is left to know it by.
            hash.update(submission.headline.as_deref().unwrap_or_default());
            hash.update(submission.first_published.as_deref().unwrap_or_default());
        }
    }
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
}

fn digest(brought: &Brought) -> Vec<u8> {
    let Brought {
        uri: _,
        item,
        new_topics,
    } = brought;
    let Item {
        submission,
        identity: _,
        subjects,
        signal,
        lost: _,
    } = item;
    let mut hash = Sha256::new();
    // Both are plain data, and always can be written.
    hash.update(serde_json::to_vec(&(submission, subjects, new_topics)).unwrap_or_default());
    hash.update(format!("{signal:?}"));
    hash.finalize().to_vec()
}
