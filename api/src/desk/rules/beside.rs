//! The rules of what stands beside a story's text: links to other stories, pictures and other media.

use super::Rules;
use crate::news::story::{LinkKind, RelatedLink, Rendition};
use crate::news::submission::LinkSubmission;
use crate::news::uri;

const MOST_LINKS: usize = 50;
const MOST_RENDITIONS: usize = 50;

impl Rules {
    pub(super) fn links(&mut self, links: Vec<LinkSubmission>, own: Option<&str>) -> Vec<RelatedLink> {
        self.each("relatedLinks", MOST_LINKS, links, |rules, path, link| {
            rules.link(path, link, own)
        })
    }

    /// Each of a list that may have so many, looked at by itself.
    fn each<T, U>(
        &mut self,
        name: &str,
        most: usize,
        all: Vec<T>,
        mut look: impl FnMut(&mut Self, &str, T) -> Option<U>,
    ) -> Vec<U> {
        if all.len() > most {
            self.fault(name, "too_many", format!("at most {most}, not {}", all.len()));
            return Vec::new();
        }
        let looked = all.into_iter().enumerate();
        looked
            .filter_map(|(i, one)| look(self, &format!("{name}[{i}]"), one))
            .collect()
    }

    fn link(&mut self, path: &str, link: LinkSubmission, own: Option<&str>) -> Option<RelatedLink> {
        let LinkSubmission { kind, uri, url, title } = link;
        let Some(kind) = LinkKind::parse(&kind) else {
            let known = LinkKind::ALL.map(LinkKind::as_str).join(", ");
            self.fault(
                &format!("{path}.kind"),
                "unknown_value",
                format!("must be one of {known}"),
            );
            return None;
        };
        let title = self.line(&format!("{path}.title"), title, 500);
        if kind == LinkKind::External {
            if uri.is_some() {
                self.fault(
                    &format!("{path}.uri"),
                    "conflict",
                    "an external link has `url` and `title`, no `uri`",
                );
            }
            let url = self.required(&format!("{path}.url"), url);
            let url = url.filter(|u| self.said(&format!("{path}.url"), "invalid_url", uri::web_url(u)));
            if title.is_none() {
                self.fault(&format!("{path}.title"), "required", "an external link needs a title");
            }
            return Some(RelatedLink {
                kind,
                uri: None,
                url,
                title,
            });
        }
        if url.is_some() {
            self.fault(
                &format!("{path}.url"),
                "conflict",
                "a link to a story has its `uri`; for a page elsewhere use kind external",
            );
        }
        let uri = self.required(&format!("{path}.uri"), uri);
        let uri = uri.filter(|u| self.said(&format!("{path}.uri"), "invalid_uri", uri::valid_uri(u)));
        if uri.is_some() && uri.as_deref() == own {
            self.fault(&format!("{path}.uri"), "self_link", "must be another story");
        }
        Some(RelatedLink {
            kind,
            uri,
            url: None,
            title,
        })
    }

    pub(super) fn renditions(&mut self, renditions: Vec<Rendition>) -> Vec<Rendition> {
        self.each("renditions", MOST_RENDITIONS, renditions, |rules, path, rendition| {
            Some(rules.rendition(path, rendition))
        })
    }

    fn rendition(&mut self, path: &str, r: Rendition) -> Rendition {
        let at = |name: &str| format!("{path}.{name}");
        let Rendition {
            name,
            href,
            media_type,
            width,
            height,
            size,
            digest,
            focal_point,
            credit,
            alt,
            caption,
        } = r;
        let name = self.required(&at("name"), Some(name)).unwrap_or_default();
        let name = self.line(&at("name"), Some(name), 100).unwrap_or_default();
        self.said(&at("href"), "invalid_url", uri::web_url(&href));
        for (field, pixels) in [("width", width), ("height", height)] {
            if pixels.is_some_and(|p| p < 1) {
                self.fault(&at(field), "out_of_range", "must be 1 pixel or more");
            }
        }
        if size.is_some_and(|s| s < 0) {
            self.fault(&at("size"), "out_of_range", "must be 0 bytes or more");
        }
        if focal_point.is_some_and(|p| !p.inside()) {
            self.fault(&at("focalPoint"), "out_of_range", "x and y must be between 0 and 1");
        }
        let media_type = self.line(&at("mediaType"), media_type, 100);
        if media_type
            .as_deref()
            .is_some_and(|m| m.split('/').filter(|p| !p.is_empty()).count() != 2)
        {
            self.fault(
                &at("mediaType"),
                "invalid_media_type",
                "must be a media type such as image/jpeg",
            );
        }
        Rendition {
            name,
            href,
            media_type,
            width,
            height,
            size,
            digest: self.line(&at("digest"), digest, 200),
            focal_point,
            credit: self.line(&at("credit"), credit, 500),
            alt: self.line(&at("alt"), alt, 2_000),
            caption: self.line(&at("caption"), caption, 2_000),
        }
    }
}
