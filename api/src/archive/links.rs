//! What editors linked: a story's links with the stories they lead to.

use super::Archive;
use crate::error::Result;
use crate::news::filter::ResolvedLink;
use crate::news::story::{ArticleKey, LinkKind, RelatedLink, Story};
use crate::news::viewer::Scope;
use std::sync::Arc;

impl Archive {
    /// The links of each of these, which may be several editions of one story, in the editor's order. A link to a story that this viewer may not see, or that is not
    /// in the house, is not there for him.
    pub async fn resolve_links(&self, scope: &Scope, stories: &[Arc<Story>]) -> Result<Vec<Vec<ResolvedLink>>> {
        let uris = stories
            .iter()
            .flat_map(|s| s.related_links.iter().filter_map(|l| l.uri.clone()));
        let mut keys: Vec<ArticleKey> = uris.map(ArticleKey::Uri).collect();
        keys.dedup();
        let targets = self.load_stories(scope, &keys).await?;
        let resolve = |link: &RelatedLink| {
            if link.kind == LinkKind::External {
                let title = link.title.clone().or_else(|| link.url.clone()).unwrap_or_default();
                return Some(ResolvedLink {
                    kind: link.kind,
                    title,
                    url: link.url.clone(),
                    story: None,
                });
            }
            let story = targets.get(&ArticleKey::Uri(link.uri.clone()?))?;
            scope.readings.showed(story.id);
            let title = link.title.clone().unwrap_or_else(|| story.headline.clone());
            let url = Some(self.site.story_url(&story.slug));
            Some(ResolvedLink {
                kind: link.kind,
                title,
                url,
                story: Some(Arc::clone(story)),
            })
        };
        Ok(stories
            .iter()
            .map(|s| s.related_links.iter().filter_map(resolve).collect())
            .collect())
    }
}
