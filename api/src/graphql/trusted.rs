//! Trusted documents: those that a publisher's own clients were built with, read when the house opens. They are kept
//! apart from what comes by the way and are never forgotten; a house can be told to run nothing else.
//!
//! Two manifests are read: `{"<sha256>": "query …", …}` (`sha256:` may stand before the digits), and Apollo's
//! `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": …, "body": …}, …]}`. Each document
//! must be one that would be answered, within all limits: what is wrong is found now and not by a reader.

use super::limits::{self, Checked, Limits, excerpt};
use async_graphql::parser::types::{BaseType, OperationType};
use async_graphql::{Executor, Request, Value};
use futures::{FutureExt, StreamExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The registered documents.
#[derive(Default)]
pub struct Trusted {
    /// By the SHA-256 of the text, and by an id that looks like one.
    by_hash: HashMap<[u8; 32], Registered>,
    /// By an id of another kind.
    by_name: HashMap<String, Registered>,
    /// Whether nothing else is run.
    pub only: bool,
}

/// A document, and the SHA-256 of its text.
pub type Registered = ([u8; 32], Arc<Checked>);

impl Trusted {
    /// `Err` names the entry that is wrong, and says what is wrong with it.
    pub fn read(text: &str, schema: &impl Executor, limits: &Limits, only: bool) -> Result<Trusted, String> {
        let mut trusted = Trusted {
            only,
            ..Trusted::default()
        };
        for entry in entries(text)? {
            let wrong = |why: String| format!("the entry `{}` {why}", excerpt(&entry.id));
            trusted.register(&entry, schema, limits).map_err(wrong)?;
        }
        Ok(trusted)
    }

    fn register(&mut self, entry: &Entry, schema: &impl Executor, limits: &Limits) -> Result<(), String> {
        let hash: [u8; 32] = Sha256::digest(&entry.text).into();
        let id = digits(&entry.id);
        if entry.is_hash && id != Some(hash) {
            return Err("is not named by the SHA-256 of its text, in 64 hexadecimal digits".to_owned());
        }
        let checked =
            limits::check(&entry.text, limits).map_err(|refusal| format!("is refused: {}", refusal.message))?;
        valid(&checked, schema, limits)?;
        let registered = (hash, Arc::new(checked));
        let before = match id {
            Some(id) => self.by_hash.insert(id, registered.clone()),
            None => self.by_name.insert(entry.id.clone(), registered.clone()),
        };
        if before.is_some_and(|(before, _)| before != hash) {
            return Err("is there twice, with different texts".to_owned());
        }
        self.by_hash.entry(hash).or_insert(registered);
        Ok(())
    }

    /// The document with this text.
    pub fn with_text(&self, hash: [u8; 32]) -> Option<Registered> {
        self.by_hash.get(&hash).filter(|(own, _)| *own == hash).cloned()
    }

    /// The document with this id.
    pub fn with_hash(&self, id: [u8; 32]) -> Option<Registered> {
        self.by_hash.get(&id).cloned()
    }

    /// The document with this id of another kind.
    pub fn with_name(&self, id: &str) -> Option<Registered> {
        self.by_name.get(id).cloned()
    }
}

/// A SHA-256 in hexadecimal digits, with or without `sha256:` before it.
pub fn digits(text: &str) -> Option<[u8; 32]> {
    let hex = text.strip_prefix("sha256:").unwrap_or(text);
    let nibbles: Vec<u8> = hex
        .chars()
        .map(|c| c.to_digit(16).and_then(|n| u8::try_from(n).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = nibbles
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, nibble| byte << 4 | nibble))
        .collect();
    (nibbles.len() == 64).then_some(bytes)?.try_into().ok()
}

struct Entry {
    id: String,
    text: String,
    /// The id must be the text's hash.
    is_hash: bool,
}

fn entries(text: &str) -> Result<Vec<Entry>, String> {
    #[derive(Deserialize)]
    struct Apollo {
        version: u32,
        operations: Vec<Operation>,
    }
    #[derive(Deserialize)]
    struct Operation {
        id: String,
        body: String,
    }
    let manifest: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|fault| format!("is not a JSON object: {fault}"))?;
    let Some(format) = manifest.get("format") else {
        let entry = |(id, text): (String, serde_json::Value)| match text {
            serde_json::Value::String(text) => Ok(Entry {
                id,
                text,
                is_hash: true,
            }),
            _ => Err(format!("the entry `{}` is not the text of a document", excerpt(&id))),
        };
        return manifest.into_iter().map(entry).collect();
    };
    if format != "apollo-persisted-query-manifest" {
        return Err("has a `format` that is not known: apollo-persisted-query-manifest is".to_owned());
    }
    let Apollo { version, operations } =
        serde_json::from_str(text).map_err(|fault| format!("is not a manifest of Apollo's: {fault}"))?;
    if version != 1 {
        return Err(format!("is of version {version} of Apollo's manifests: 1 is known"));
    }
    let entry = |Operation { id, body }| Entry {
        id,
        text: body,
        is_hash: false,
    };
    Ok(operations.into_iter().map(entry).collect())
}

/// Whether the schema takes every operation of it. Nothing is executed, so nothing is waited for.
fn valid(checked: &Checked, schema: &impl Executor, limits: &Limits) -> Result<(), String> {
    for operation in checked.operations() {
        operation
            .within(limits)
            .map_err(|refusal| format!("is refused: {}", refusal.message))?;
        let mut request = Request::new("").only_introspection();
        request.operation_name = operation.name.as_ref().map(ToString::to_string);
        request.set_parsed_query(checked.document.clone());
        // What costs are reckoned from must be there.
        request.variables.extend(operation.defaults.iter().cloned());
        for (name, shape) in checked.required_of(operation) {
            let value = match shape {
                BaseType::Named(name) if name == "Int" => Value::from(1),
                BaseType::List(_) => Value::List(Vec::new()),
                BaseType::Named(_) => continue,
            };
            request.variables.insert(name, value);
        }
        let response = if operation.kind == OperationType::Subscription {
            schema.execute_stream(request, None).next().now_or_never().flatten()
        } else {
            schema.execute(request).now_or_never()
        };
        // A subscription that is found valid is then refused, because it is not executed.
        let fault = |message: &&str| !message.starts_with("Schema is not configured");
        let errors = response.map(|response| response.errors).unwrap_or_default();
        if let Some(message) = errors
            .iter()
            .filter(|error| error.path.is_empty())
            .map(|error| error.message.as_str())
            .find(fault)
        {
            return Err(format!("does not fit the schema: {message}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Graphql;
    use serde_json::json;

    const QUERY: &str = "query Page($slug: String!, $first: Int!, $ids: [ID!]!) { article(by: {slug: $slug}) { headline } \
                         latest(first: $first) { nodes { id } } nodes(ids: $ids) { id } }";
    const SUBSCRIPTION: &str = "subscription Wire($after: String) { wire(after: $after) { cursor } }";
    const MUTATION: &str = "mutation { publishArticle(input: {uri: \"urn:x:1\", headline: \"One\"}) { outcome } }";

    fn read(manifest: &serde_json::Value) -> Result<Trusted, String> {
        Trusted::read(
            &manifest.to_string(),
            &crate::graphql::schema(&Graphql::default()),
            &Limits::default(),
            true,
        )
    }

    fn hex(text: &str) -> String {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn apollo(operations: serde_json::Value) -> serde_json::Value {
        json!({ "format": "apollo-persisted-query-manifest", "version": 1, "operations": operations })
    }

    #[test]
    fn both_manifests_are_read() {
        let plain = read(&json!({ hex(QUERY): QUERY, format!("sha256:{}", hex(MUTATION)): MUTATION })).unwrap();
        let both = read(&apollo(json!([
            { "id": hex(QUERY), "body": QUERY, "name": "Page", "type": "query" },
            { "id": "wire", "body": SUBSCRIPTION },
        ])))
        .unwrap();
        let hash: [u8; 32] = Sha256::digest(QUERY).into();
        assert!(plain.with_text(hash).is_some() && plain.with_hash(hash).is_some());
        assert!(both.with_text(hash).is_some());
        let named = both.with_name("wire").unwrap();
        assert_eq!(both.with_text(Sha256::digest(SUBSCRIPTION).into()).unwrap().0, named.0);
        assert!(both.with_hash(Sha256::digest(MUTATION).into()).is_none());
        assert!(read(&json!({})).is_ok());
    }

    #[test]
    fn another_id_names_a_text_and_is_none() {
        let other = hex("another text");
        let trusted = read(&apollo(json!([{ "id": other, "body": QUERY }]))).unwrap();
        let id = digits(&other).unwrap();
        assert!(trusted.with_hash(id).is_some());
        assert!(trusted.with_text(id).is_none());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let deep = format!(
            "{{ topic(by: {{slug: \"a\"}}) {} {{ id }} {} }}",
            "{ parent ".repeat(12),
            "}".repeat(12)
        );
        for (manifest, fault) in [
            (json!([]), "is not a JSON object"),
            (json!({ hex("x"): QUERY }), "is not named by the SHA-256 of its text"),
            (json!({ "wire": QUERY }), "the entry `wire` is not named"),
            (json!({ "wire": 1 }), "the entry `wire` is not the text of a document"),
            (json!({ hex("{ a"): "{ a" }), "is refused: Syntax error"),
            (json!({ hex(&deep): deep }), "is refused: The query is nested"),
            (
                json!({ hex("{ nonsense }"): "{ nonsense }" }),
                "does not fit the schema: Unknown field",
            ),
            (
                json!({ hex("subscription { wire { a } }"): "subscription { wire { a } }" }),
                "does not fit the schema: Unknown field",
            ),
            (json!({ "format": "other" }), "has a `format` that is not known"),
            (
                json!({ "format": "apollo-persisted-query-manifest" }),
                "is not a manifest of Apollo's",
            ),
            (
                apollo(json!([{ "id": "a", "body": QUERY }, { "id": "a", "body": MUTATION }])),
                "the entry `a` is there twice",
            ),
        ] {
            let told = read(&manifest).err().unwrap();
            assert!(told.contains(fault), "{told} for {manifest}");
        }
    }
}
