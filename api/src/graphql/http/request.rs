//! Reading a GraphQL request out of an HTTP request: the query string of a GET, the JSON body of a POST.

use async_graphql::Variables;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::accept::is_utf8;
use crate::graphql::limits::{Code, Refusal, excerpt};
use crate::graphql::trusted::digits;

/// What the client asks to be run.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The document's text; absent when it is named by its hash alone.
    pub text: Option<String>,
    /// SHA-256 of the document, from `extensions.persistedQuery` or as `documentId`.
    pub hash: Option<[u8; 32]>,
    /// A `documentId` that is no SHA-256.
    pub name: Option<String>,
    pub operation_name: Option<String>,
    pub variables: Variables,
}

/// The parameters as they stand in the request, JSON not yet read.
#[derive(Default)]
struct Parameters {
    query: Option<String>,
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

/// True if a POST may be read: it says `application/json`, in UTF-8, and says it once. Everything else a form on
/// another site could send without the browser asking first.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    parts
        .next()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
        && parts
            .filter_map(|part| part.split_once('='))
            .all(|(name, value)| !name.trim().eq_ignore_ascii_case("charset") || is_utf8(value.trim()))
}

impl Asked {
    /// Reads a GET by its query string and a POST by its body. The body's size is limited before this.
    pub fn read(method: &Method, query: Option<&str>, body: &[u8]) -> Result<Self, Refusal> {
        let parameters = match *method {
            Method::GET => Parameters::from_query(query.unwrap_or_default())?,
            _ => Parameters::from_body(body)?,
        };
        let variables = match parameters.variables {
            None => Variables::default(),
            Some(json) => object("variables", &json)?,
        };
        let hash = match parameters.extensions {
            None => None,
            Some(json) => persisted(&json)?,
        };
        let (hash, name) = match parameters.document_id {
            None => (hash, None),
            Some(_) if parameters.query.is_some() || hash.is_some() => {
                return Err(bad(
                    "A document is named once: by `documentId`, by `query`, or by its hash.",
                ));
            }
            Some(id) => match digits(&id) {
                Some(hash) => (Some(hash), None),
                None => (None, Some(id)),
            },
        };
        if parameters.query.is_none() && hash.is_none() && name.is_none() {
            return Err(bad("The parameter `query` is missing."));
        }
        let operation_name = parameters.operation_name.filter(|name| !name.is_empty());
        Ok(Self {
            text: parameters.query,
            hash,
            name,
            operation_name,
            variables,
        })
    }
}

impl Parameters {
    fn from_query(query: &str) -> Result<Self, Refusal> {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "query" => &mut read.query,
                "documentId" => &mut read.document_id,
                "operationName" => &mut read.operation_name,
                "variables" => &mut read.variables,
                "extensions" => &mut read.extensions,
                _ => continue,
            };
            if place.is_some() {
                return Err(bad(format!("The parameter `{name}` is given twice.")));
            }
            // What is not UTF-8 was replaced while it was decoded.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(bad(format!("The parameter `{name}` is not UTF-8.")));
            }
            *place = Some(value.into_owned());
        }
        // The specification: an optional parameter that is empty is as good as none.
        read.variables.take_if(|json| json.is_empty());
        read.extensions.take_if(|json| json.is_empty());
        Ok(read)
    }

    fn from_body(body: &[u8]) -> Result<Self, Refusal> {
        /// Only what is known is read; the specification says to pass over the rest.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", expecting = "an object")]
        struct Body<'a> {
            #[serde(borrow, default)]
            query: Option<&'a RawValue>,
            #[serde(borrow, default)]
            document_id: Option<&'a RawValue>,
            #[serde(borrow, default)]
            operation_name: Option<&'a RawValue>,
            #[serde(borrow, default)]
            variables: Option<&'a RawValue>,
            #[serde(borrow, default)]
            extensions: Option<&'a RawValue>,
        }
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => return Err(bad("The body is empty; it must be a JSON object.")),
            Some(b'[') => {
                let message = "Batches are not supported: send one operation as one JSON object.";
                return Err(Refusal::new(Code::BatchingNotSupported, message));
            }
            Some(_) => {}
        }
        let body: Body = serde_json::from_slice(body).map_err(|fault| unreadable("The body", &fault))?;
        Ok(Self {
            query: body.query.map(|raw| string("query", raw)).transpose()?,
            document_id: body.document_id.map(|raw| string("documentId", raw)).transpose()?,
            operation_name: body
                .operation_name
                .map(|raw| string("operationName", raw))
                .transpose()?,
            variables: body.variables.map(|raw| raw.get().to_owned()),
            extensions: body.extensions.map(|raw| raw.get().to_owned()),
        })
    }
}

/// The hash of Apollo's persisted queries: `{"persistedQuery": {"version": 1, "sha256Hash": "…"}}`.
fn persisted(json: &str) -> Result<Option<[u8; 32]>, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Extensions {
        persisted_query: Option<PersistedQuery>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct PersistedQuery {
        version: u32,
        sha256_hash: String,
    }
    let extensions: Extensions = object("extensions", json)?;
    let Some(persisted) = extensions.persisted_query else {
        return Ok(None);
    };
    if persisted.version != 1 {
        return Err(bad("`extensions.persistedQuery.version` must be 1."));
    }
    let hash = digits(&persisted.sha256_hash).filter(|_| persisted.sha256_hash.len() == 64);
    hash.map(Some)
        .ok_or_else(|| bad("`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits."))
}

fn string(name: &str, raw: &RawValue) -> Result<String, Refusal> {
    if !raw.get().starts_with('"') {
        return Err(bad(format!("`{name}` must be a string.")));
    }
    serde_json::from_str(raw.get()).map_err(|fault| unreadable(&format!("`{name}`"), &fault))
}

/// Reads a parameter that must be a JSON object (or null, which is as good as none).
fn object<T: DeserializeOwned + Default>(name: &str, json: &str) -> Result<T, Refusal> {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => serde_json::from_str(json).map_err(|fault| unreadable(&format!("`{name}`"), &fault)),
        _ if json.trim() == "null" => Ok(T::default()),
        _ => Err(bad(format!("`{name}` must be a JSON object."))),
    }
}

fn unreadable(what: &str, fault: &serde_json::Error) -> Refusal {
    bad(format!(
        "{what} cannot be read as JSON: {}.",
        excerpt(&fault.to_string())
    ))
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::BadRequest, message)
}
