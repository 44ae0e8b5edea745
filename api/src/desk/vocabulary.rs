//! Concepts of a controlled vocabulary as topics, found again by their code.

use super::{Desk, Outcome};
use crate::error::{Error, Result};
use crate::format::vocabulary::Entry;
use crate::news::slug;
use crate::news::submission::TopicSubmission;
use crate::news::topic::TopicKey;
use crate::news::viewer::Viewer;

impl Desk {
    /// Puts a concept in, new or changed. A topic that has the code keeps its slug, and names in languages that the
    /// vocabulary does not have; so does one of that name without a code, which takes it.
    pub async fn put_concept(&self, by: &Viewer, entry: Entry) -> Result<Outcome> {
        Desk::allowed(by)?;
        let Entry {
            code,
            parent,
            mut names,
        } = entry;
        let named = names.get("en").or_else(|| names.values().next());
        let tail = code.rsplit(':').next().unwrap_or_default().to_owned();
        let own = named
            .and_then(|name| slug::slugify(name, "en"))
            .unwrap_or_else(|| slug::slugify(&code.replace(':', " "), "").unwrap_or_default());
        let longer = slug::slugify(&format!("{own} {tail}"), "").unwrap_or_default();
        let (by_code, by_slug) = (TopicKey::Code(code.clone()), TopicKey::Slug(own.clone()));
        let above = parent.map(TopicKey::Code);
        let keys: Vec<TopicKey> = [Some(by_code.clone()), Some(by_slug.clone()), above.clone()]
            .into_iter()
            .flatten()
            .collect();
        let tx = self.store.begin().await?;
        let found = tx.find_topics(&keys).await?;
        drop(tx);
        let there = found.get(&by_code);
        let namesake = found.get(&by_slug);
        let slug = match (there, namesake) {
            (Some(topic), _) => topic.slug.clone(),
            (None, Some(topic)) if topic.code.is_some() || topic.slug != own => longer,
            (None, Some(_) | None) => own,
        };
        let kept = there.or_else(|| namesake.filter(|t| t.slug == slug));
        for (language, name) in kept.into_iter().flat_map(|t| &t.names) {
            names.entry(language.clone()).or_insert_with(|| name.clone());
        }
        let parent = match above {
            Some(key) => {
                let topic = found
                    .get(&key)
                    .ok_or_else(|| Error::internal("a concept before its parent"))?;
                Some(topic.slug.clone())
            }
            None => None,
        };
        let topic = TopicSubmission {
            slug: Some(slug),
            kind: kept.map(|t| t.kind.as_str().to_owned()),
            code: Some(code),
            parent,
            names: Some(names),
        };
        Ok(self.put_topic(by, topic, None, None, None).await?.outcome)
    }
}
