//! In which form a story or a list is wanted: by `?format=`, else by `Accept` (RFC 9110 §12.5.1).

use super::params::{Kind, Param};
use super::problem::Problem;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;

/// The forms of stories and of lists of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The house's own words.
    #[default]
    Json,
    /// ninjs 3.1
    Ninjs,
    /// ninjs 2.1
    Ninjs2,
    /// NewsML-G2 2.35
    Newsml,
    /// schema.org
    JsonLd,
}

pub const FORMAT: Param = Param {
    name: "format",
    about: "The form of the answer; without it, `Accept` says which: `json` (application/json), `ninjs` 3.1 \
            (application/ninjs+json) or `ninjs-2.1` (application/ninjs+json;version=2.1), `newsml-g2` 2.35 \
            (application/vnd.iptc.g2.newsitem+xml, of lists application/vnd.iptc.g2.newsmessage+xml), `json-ld` \
            (application/ld+json).",
    kind: Kind::Choice(&["json", "ninjs", "ninjs-2.1", "newsml-g2", "json-ld"]),
};

/// The form that `Accept` has chosen, and so a part of what the answer is asked by.
#[derive(Clone, Copy)]
pub struct Chosen(pub Form);

impl Form {
    pub const ALL: [Form; 5] = [Form::Json, Form::Ninjs, Form::Ninjs2, Form::Newsml, Form::JsonLd];

    /// As `format` names it.
    pub fn name(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Ninjs => "ninjs",
            Form::Ninjs2 => "ninjs-2.1",
            Form::Newsml => "newsml-g2",
            Form::JsonLd => "json-ld",
        }
    }

    /// Media types that ask for it.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Form::Json => &["application/json"],
            Form::Ninjs | Form::Ninjs2 => &["application/ninjs+json"],
            Form::Newsml => &[
                "application/vnd.iptc.g2.newsitem+xml",
                "application/vnd.iptc.g2.newsmessage+xml",
            ],
            Form::JsonLd => &["application/ld+json"],
        }
    }

    /// The form that is wanted most; of several, the one that is named more closely, then the first of `ALL`. None where
    /// there is none that would be taken.
    pub fn accepted(headers: &HeaderMap) -> Option<Form> {
        let mut said = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|v| v.to_str().ok())
            .peekable();
        if said.peek().is_none() {
            return Some(Form::Json);
        }
        let ranges: Vec<Range> = said.flat_map(|v| v.split(',')).map(Range::read).collect();
        let mut best: Option<(u16, u8, Form)> = None;
        for form in Form::ALL {
            let closest = ranges
                .iter()
                .filter_map(|range| Some((range.fits(form)?, range.weight)))
                .max();
            if let Some((close, weight)) = closest
                && weight > 0
                && best.is_none_or(|(w, c, _)| (weight, close) > (w, c))
            {
                best = Some((weight, close, form));
            }
        }
        best.map(|(_, _, form)| form)
    }
}

/// One media range with its weight, in thousandths.
struct Range {
    kind: String,
    version: Option<String>,
    weight: u16,
}

impl Range {
    fn read(text: &str) -> Range {
        let mut parts = text.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (mut version, mut weight) = (None, 1_000);
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => {
                    let q: f32 = value.trim().parse().unwrap_or(1.0);
                    weight = (q.clamp(0.0, 1.0) * 1_000.0).round() as u16;
                }
                "version" => version = Some(value.trim().trim_matches('"').to_owned()),
                _ => {}
            }
        }
        Range { kind, version, weight }
    }

    /// How closely it names this form; none where it does not.
    fn fits(&self, form: Form) -> Option<u8> {
        match self.kind.as_str() {
            "*/*" => Some(1),
            "application/*" => Some(2),
            kind if form.kinds().contains(&kind) => match (form, self.version.as_deref()) {
                (Form::Ninjs2, Some("2.1" | "2.0" | "2")) => Some(4),
                (Form::Ninjs2, _) => None,
                (Form::Ninjs, Some("3.1" | "3.0" | "3")) => Some(4),
                (Form::Ninjs, Some(_)) => None,
                (Form::Ninjs | Form::Json | Form::Newsml | Form::JsonLd, _) => Some(3),
            },
            _ => None,
        }
    }
}

/// Finds out the form before anything else is done. A handler asks for it as `Form`.
pub async fn choose(mut request: Request, next: Next) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let named = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "format");
    let form = match named {
        // What is no form is told with all else that is wrong.
        Some((_, named)) => Form::ALL
            .into_iter()
            .find(|form| form.name() == named)
            .unwrap_or_default(),
        None => match Form::accepted(request.headers()) {
            Some(form) => {
                request.extensions_mut().insert(Chosen(form));
                form
            }
            None => return refused().into_response(),
        },
    };
    request.extensions_mut().insert(form);
    next.run(request).await
}

fn refused() -> Problem {
    let known: Vec<&str> = Form::ALL.iter().flat_map(|form| form.kinds()).copied().collect();
    let mut known: Vec<&str> = known;
    known.dedup();
    let detail = format!(
        "There is none of what `Accept` asks for. There are {}; `?format=` asks for them by name.",
        known.join(", ")
    );
    Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail)
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Form, Infallible> {
        Ok(parts.extensions.get::<Form>().copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &str) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        Form::accepted(&headers)
    }

    #[test]
    fn the_form_that_is_wanted_most_is_given() {
        for (accept, form) in [
            ("*/*", Some(Form::Json)),
            ("text/html, */*;q=0.1", Some(Form::Json)),
            ("application/ninjs+json", Some(Form::Ninjs)),
            ("application/ninjs+json, */*", Some(Form::Ninjs)),
            ("application/ninjs+json, application/json", Some(Form::Json)),
            ("application/ninjs+json, application/json;q=0.9", Some(Form::Ninjs)),
            ("application/ninjs+json;version=2.1", Some(Form::Ninjs2)),
            ("Application/NINJS+JSON; Version=\"3.1\"", Some(Form::Ninjs)),
            ("application/ninjs+json;version=9", None),
            ("application/vnd.iptc.g2.newsmessage+xml", Some(Form::Newsml)),
            ("application/ld+json;q=0.5, application/json;q=0.4", Some(Form::JsonLd)),
            ("application/json;q=0, */*", Some(Form::Ninjs)),
            ("application/json;q=0", None),
            ("text/html", None),
            ("", None),
        ] {
            assert_eq!(accepted(accept), form, "{accept}");
        }
        assert_eq!(Form::accepted(&HeaderMap::new()), Some(Form::Json));
    }
}
