//! Which of the two media types an answer is written in (RFC 9110 §12.5.1).

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue};

/// The media types of GraphQL answers. They differ in the status of a refused request, see [`super`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/graphql-response+json`, what the specification wants.
    GraphqlResponse,
    /// `application/json`, for clients from before it.
    Json,
}

impl Media {
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        })
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }
}

/// The media type the client likes best of the two, or `None` if it takes neither.
///
/// No `Accept`, or one that is empty, is as good as any: the specification leaves it to the server. At equal weight
/// a type that is named goes before one that only a wildcard lets in (`application/json, text/plain, */*`, as many
/// libraries send it, means JSON), and then `application/graphql-response+json` goes first.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Media> {
    let accept: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let ranges: Vec<Range> = accept
        .iter()
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    if accept.iter().all(|value| value.trim().is_empty()) {
        return if headers.contains_key(ACCEPT) && accept.is_empty() {
            None
        } else {
            Some(Media::GraphqlResponse)
        };
    }
    let json = rank(&ranges, Media::Json);
    let graphql = rank(&ranges, Media::GraphqlResponse);
    match (graphql, json) {
        (None, None) => None,
        (graphql, json) if graphql >= json => Some(Media::GraphqlResponse),
        _ => Some(Media::Json),
    }
}

/// Whether a client wants its answer as a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    No,
    /// It takes one where there is no other way: for subscriptions.
    IfNeeded,
    /// It takes nothing else, or likes it best.
    Always,
}

/// Only a client that names `text/event-stream` gets one; wildcards mean JSON.
pub fn streams(headers: &HeaderMap) -> Stream {
    let accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<Range> = accept
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
        .collect();
    let named = ranges
        .iter()
        .filter(|range| range.kind.eq_ignore_ascii_case("text") && range.subtype.eq_ignore_ascii_case("event-stream"));
    let weight = named.map(|range| range.weight).max().unwrap_or(0);
    let other = rank(&ranges, Media::Json).max(rank(&ranges, Media::GraphqlResponse));
    match other {
        _ if weight == 0 => Stream::No,
        Some(other) if other >= (weight, 2) => Stream::IfNeeded,
        _ => Stream::Always,
    }
}

/// The weight and the precision of the most precise range a media type falls in; `None` if it is not wanted.
fn rank(ranges: &[Range], media: Media) -> Option<(u16, u8)> {
    let precise = ranges
        .iter()
        .filter_map(|range| Some((range.precision(media)?, range.weight)));
    let (precision, weight) = precise.max()?;
    (weight > 0).then_some((weight, precision))
}

/// One range of an `Accept` header, with its weight in thousandths.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` for what is malformed, and for a charset that is not written here.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = match parts.next()? {
            "*" => ("*", "*"), // old Java's way
            range => range.split_once('/')?,
        };
        let mut weight = 1000;
        for parameter in parts {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if name.eq_ignore_ascii_case("q") {
                let q: f32 = value.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
                weight = (q * 1000.0) as u16;
            } else if name.eq_ignore_ascii_case("charset") && !is_utf8(value) {
                return None;
            }
        }
        Some(Self { kind, subtype, weight })
    }

    fn precision(&self, media: Media) -> Option<u8> {
        if self.kind == "*" && self.subtype == "*" {
            return Some(0);
        }
        if !self.kind.eq_ignore_ascii_case("application") {
            return None;
        }
        if self.subtype == "*" {
            return Some(1);
        }
        self.subtype.eq_ignore_ascii_case(media.subtype()).then_some(2)
    }
}

/// True for the one charset that is read and written here.
pub(super) fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(accept: &[&'static str]) -> Option<Media> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, HeaderValue::from_static(value));
        }
        negotiate(&headers)
    }

    #[test]
    fn the_best_liked_type_is_chosen() {
        use Media::{GraphqlResponse, Json};
        for (accept, expected) in [
            (&[][..], Some(GraphqlResponse)),
            (&[""], Some(GraphqlResponse)),
            (&["*/*"], Some(GraphqlResponse)),
            (&["*"], Some(GraphqlResponse)),
            (&["application/*"], Some(GraphqlResponse)),
            (&["application/graphql-response+json"], Some(GraphqlResponse)),
            (
                &["Application/GraphQL-Response+JSON; Charset=\"UTF-8\""],
                Some(GraphqlResponse),
            ),
            (&["application/json"], Some(Json)),
            (&["application/json; charset=utf-8"], Some(Json)),
            (
                &["application/graphql-response+json, application/json;q=0.9"],
                Some(GraphqlResponse),
            ),
            (
                &["application/graphql-response+json;q=0.8, application/json;q=0.9"],
                Some(Json),
            ),
            (
                &["application/json, application/graphql-response+json"],
                Some(GraphqlResponse),
            ),
            (
                &["application/json", "application/graphql-response+json"],
                Some(GraphqlResponse),
            ),
            (&["application/json, text/plain, */*"], Some(Json)),
            (
                &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
                Some(GraphqlResponse),
            ),
            (&["application/graphql-response+json;q=0, */*"], Some(Json)),
            (&["application/json;q=0, */*;q=.2"], Some(GraphqlResponse)),
            (&["application/*;q=0.5, application/json;q=0.4"], Some(GraphqlResponse)),
            (&["text/html"], None),
            (&["text/*"], None),
            (&["application/xml"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["application/json;q=2"], None),
            (&["application/json;q=nan"], None),
            (&["application/json; charset=iso-8859-1"], None),
            (&["rubbish"], None),
            (&["application/graphql+json"], None),
        ] {
            assert_eq!(best(accept), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_stream_is_only_for_those_who_name_it() {
        for (accept, expected) in [
            ("*/*", Stream::No),
            ("text/*", Stream::No),
            ("application/json", Stream::No),
            ("text/event-stream;q=0", Stream::No),
            ("text/event-stream", Stream::Always),
            ("Text/Event-Stream, */*", Stream::Always),
            ("text/event-stream, application/json;q=0.9", Stream::Always),
            (
                "application/graphql-response+json, application/json, text/event-stream, multipart/mixed",
                Stream::IfNeeded,
            ),
            ("text/event-stream;q=0.5, application/json", Stream::IfNeeded),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(streams(&headers), expected, "{accept}");
        }
        assert_eq!(streams(&HeaderMap::new()), Stream::No);
    }

    #[test]
    fn an_unreadable_header_accepts_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_bytes(b"\xff").expect("a header value"));
        assert_eq!(negotiate(&headers), None);
    }
}
