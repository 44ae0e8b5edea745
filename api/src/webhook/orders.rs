//! What may be said of an endpoint; all that is wrong is said at once.

use super::Webhooks;
use crate::error::{Error, Fault, Result};
use crate::news::channel::Sight;
use crate::news::topic::TopicKey;
use crate::news::webhook::{EndpointChange, EndpointSettings, Named};
use crate::news::wire::{Kind, Payload};
use crate::news::{ChannelId, TopicId};

/// Names of channels, and of topics.
const MOST_NAMES: usize = 50;
const LONGEST_ABOUT: usize = 200;

impl Webhooks {
    /// What becomes of the settings by what is said. `sight` is what who says it may see: a channel that he may not see is
    /// none.
    pub(super) async fn order(
        &self,
        old: Option<EndpointSettings>,
        said: EndpointChange,
        sight: &Sight,
    ) -> Result<EndpointSettings> {
        let EndpointChange {
            url,
            about,
            channels,
            topics,
            kinds,
            payload,
        } = said;
        let mut faults = Vec::new();
        let was = |of: fn(&EndpointSettings) -> String| old.as_ref().map(of).unwrap_or_default();
        let url = url.unwrap_or_else(|| was(|old| old.url.clone()));
        if let Err(failure) = self.0.outbound.address(&url) {
            faults.push(Fault::new("url", "invalid_url", failure.to_string()));
        }
        let about = match about {
            Some(about) => Some(about.trim().to_owned()).filter(|about| !about.is_empty()),
            None => old.as_ref().and_then(|old| old.about.clone()),
        };
        let too_long = |about: &String| about.chars().count() > LONGEST_ABOUT || about.contains(char::is_control);
        if about.as_ref().is_some_and(too_long) {
            let message = format!("must be one line of at most {LONGEST_ABOUT} characters");
            faults.push(Fault::new("about", "too_long", message));
        }
        let channels = match channels {
            Some(channels) => self.channels(&channels, sight, &mut faults).await?,
            None => old.as_ref().map(|old| old.channels.clone()).unwrap_or_default(),
        };
        let topics = match topics {
            Some(topics) => self.topics(&topics, &mut faults).await?,
            None => old.as_ref().map(|old| old.topics.clone()).unwrap_or_default(),
        };
        let kinds = match kinds {
            Some(kinds) => known_kinds(kinds, &mut faults),
            None => old.as_ref().map(|old| old.kinds.clone()).unwrap_or_default(),
        };
        let payload = match payload {
            Some(name) => {
                if !Payload::NAMES.contains(&name.as_str()) {
                    let message = format!("must be one of {}", Payload::NAMES.join(", "));
                    faults.push(Fault::new("payload", "invalid_value", message));
                }
                Payload::read(Some(&name))
            }
            None => old.as_ref().map_or(Payload::Full, |old| old.payload),
        };
        if !faults.is_empty() {
            return Err(Error::content(faults));
        }
        Ok(EndpointSettings {
            url,
            about,
            channels,
            topics,
            kinds,
            payload,
        })
    }

    async fn channels(
        &self,
        slugs: &[String],
        sight: &Sight,
        faults: &mut Vec<Fault>,
    ) -> Result<Vec<Named<ChannelId>>> {
        let mut found = Vec::new();
        if slugs.is_empty() || too_many("channels", slugs.len(), faults) {
            return Ok(found);
        }
        let all = self.0.store.list_channels().await?;
        for (i, slug) in slugs.iter().enumerate() {
            let channel = all.iter().find(|c| c.slug == *slug && sight.shows(c.id));
            match channel.filter(|c| c.definition().is_some()) {
                Some(channel) => found.push(Named {
                    id: channel.id,
                    name: slug.clone(),
                }),
                None => {
                    let message = "is no channel's slug";
                    faults.push(Fault::new(format!("channels[{i}]"), "unknown_channel", message));
                }
            }
        }
        Ok(found)
    }

    async fn topics(&self, names: &[String], faults: &mut Vec<Fault>) -> Result<Vec<Named<TopicId>>> {
        let mut topics = Vec::new();
        if names.is_empty() || too_many("topics", names.len(), faults) {
            return Ok(topics);
        }
        let keys: Vec<TopicKey> = names.iter().map(|name| TopicKey::read(name)).collect();
        let found = self.0.store.find_topics(&keys).await?;
        for (i, (key, name)) in keys.iter().zip(names).enumerate() {
            match found.get(key) {
                Some(topic) => topics.push(Named {
                    id: topic.id,
                    name: name.clone(),
                }),
                None => {
                    let message = "is no topic's slug or code";
                    faults.push(Fault::new(format!("topics[{i}]"), "unknown_topic", message));
                }
            }
        }
        Ok(topics)
    }
}

fn too_many(field: &str, count: usize, faults: &mut Vec<Fault>) -> bool {
    if count > MOST_NAMES {
        faults.push(Fault::new(field, "too_many", format!("at most {MOST_NAMES}")));
    }
    count > MOST_NAMES
}

fn known_kinds(kinds: Vec<String>, faults: &mut Vec<Fault>) -> Vec<String> {
    let told: Vec<&str> = Kind::ALL
        .into_iter()
        .filter(|k| k.is_told())
        .map(Kind::as_str)
        .collect();
    for (i, kind) in kinds.iter().enumerate() {
        if !told.contains(&kind.as_str()) {
            let message = format!("must be one of {}", told.join(", "));
            faults.push(Fault::new(format!("kinds[{i}]"), "invalid_value", message));
        }
    }
    kinds
}
