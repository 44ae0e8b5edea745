//! The OpenAPI 3.1 document, made from the table of routes and the types that are really sent.

use super::administration;
use super::channels;
use super::explain;
use super::routes::{Route, Shape, table};
use super::search;
use super::sources;
use super::steps::RestoreSubmission;
use super::vestibule;
use super::view;
use super::viewer::Me;
use super::webhooks;
use super::wire;
use super::writes::Written;
use crate::format::{MEDIA_TYPES, newsml, ninjs, schema_org};
use crate::news::channel::ChannelSubmission;
use crate::news::partner::{KeyChange, KeySubmission, PartnerSubmission, Rotation};
use crate::news::source::SourceSubmission;
use crate::news::submission::{
    CancelSubmission, CollectionSubmission, CorrectionSubmission, MergeSubmission, RenameSubmission,
    RescheduleSubmission, Submission, TopicSubmission, WithholdSubmission,
};
use crate::news::webhook::{EndpointChange, EndpointSubmission, ResendSubmission, SecretRotation};
use crate::web::{Field, Operation, Param, ParamKind, Problem};
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// `others`: readings of other doors, which the reference names too.
pub fn document(others: &[Operation]) -> Value {
    let mut paths = Map::new();
    for route in table() {
        let item = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(route.method.to_owned(), operation(&route));
        }
    }
    for other in others {
        let item = match other.form {
            [] => json!({ "get": foreign(other) }),
            fields => json!({ "post": form(other, fields) }),
        };
        paths.insert(other.path.to_owned(), item);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dateline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "A key from `dateline key issue`. Reading needs none; writing needs scope `publish` or `admin`, administration `admin`.",
            }},
        },
    })
}

const ABOUT: &str = "Stories, topics and lists of a news publication. Every list is `{items, next, previous}` and is paged \
    by cursors that stay valid for ever. Every error is a problem (RFC 9457) with a stable `code`. Every GET has an ETag; \
    send it back in `If-None-Match` and an unchanged answer costs 304. Times are RFC 3339 in UTC. What is unknown or said \
    twice in a query string is refused by name.";

/// Media types of a story in other forms, and what they are to who reads JSON.
const STORY_FORMS: &[(&str, &str)] = &[
    (ninjs::MEDIA_TYPE, "object"),
    (newsml::MEDIA_TYPE, "string"),
    (schema_org::MEDIA_TYPE, "object"),
];
/// The same of a list: of ninjs it is `items`, `next` and `previous` too, of schema.org an `ItemList`.
const LIST_FORMS: &[(&str, &str)] = &[
    (ninjs::MEDIA_TYPE, "object"),
    (newsml::LIST_MEDIA_TYPE, "string"),
    (schema_org::MEDIA_TYPE, "object"),
];

const KNOWN: &str = "The ETag of an earlier answer: 304 when nothing changed.";
const UNCHANGED: &str = "Unchanged since the ETag in `If-None-Match`";
const MALFORMED: &str = "The request is malformed or a parameter is wrong";
const MISSING: &str = "There is no such thing, or not for you";
const LIMITED: &str = "The key's limit is used up: come again after `Retry-After` seconds";

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = places(route.path);
    parameters.extend(route.params.iter().map(query));
    let (desk, made) = (is_desk(route), matches!(route.answer, Shape::Made(_)));
    if desk || matches!(route.answer, Shape::Removed { guarded: true }) {
        parameters.push(header(
            "If-Match",
            "ETags of which one must be current, or `*`; otherwise 412.",
        ));
    }
    if desk {
        parameters.push(header("If-None-Match", "`*`: it must not exist yet; otherwise 412."));
    }
    if desk || made {
        parameters.push(header(
            "Idempotency-Key",
            "Your name for this request: repeated with it, the request has one effect and gets the same answer for 7 days.",
        ));
    }
    let conditional = route.method == "get"
        && !is_vestibule(route)
        && !matches!(
            route.answer,
            Shape::Live("text/event-stream" | "application/x-ndjson", _)
        );
    if conditional {
        parameters.push(header("If-None-Match", KNOWN));
    }
    let mut responses = Map::new();
    match route.answer {
        Shape::One(name) => success(&mut responses, "200", "The answer", reference(name)),
        Shape::ListOf(name) => success(&mut responses, "200", "A page", list(name)),
        Shape::Live(media, name) => {
            let content = json!({ media: { "schema": reference(name) } });
            responses.insert(
                "200".to_owned(),
                json!({ "description": "The answer", "content": content }),
            );
        }
        Shape::Table(name) => {
            let content = json!({
                "application/json": { "schema": reference(name) },
                "text/csv": { "schema": { "type": "string" } },
            });
            responses.insert(
                "200".to_owned(),
                json!({ "description": "A page, or all of it as CSV", "content": content }),
            );
        }
        Shape::Written => {
            success(
                &mut responses,
                "200",
                "Changed, or the same as before",
                reference("Written"),
            );
            success(&mut responses, "201", "Created", reference("Written"));
            if route.id == "putArticle" {
                let about = "It waits until its embargo is over";
                success(&mut responses, "202", about, reference("PendingWritten"));
            }
        }
        Shape::Waits => success(
            &mut responses,
            "200",
            "Changed, or the same as before",
            reference("PendingWritten"),
        ),
        Shape::Made(name) => success(&mut responses, "201", "Created", reference(name)),
        Shape::Removed { .. } => {
            responses.insert("204".to_owned(), json!({ "description": "It is gone" }));
        }
    }
    if conditional {
        responses.insert("304".to_owned(), json!({ "description": UNCHANGED }));
    }
    for (status, about) in problems(route) {
        let content = json!({ "application/problem+json": { "schema": reference("Problem") } });
        responses.insert(status.to_owned(), json!({ "description": about, "content": content }));
    }
    if route.has_forms() {
        for (status, kinds) in [("200", STORY_FORMS), ("410", STORY_FORMS)] {
            let kinds = match route.answer {
                Shape::ListOf(_) | Shape::One("CollectionView") => LIST_FORMS,
                _ => kinds,
            };
            let known = responses
                .get_mut(status)
                .and_then(|r| r.get_mut("content")?.as_object_mut());
            if let Some(content) = known {
                content.extend(
                    kinds
                        .iter()
                        .map(|(kind, of)| ((*kind).to_owned(), json!({ "schema": { "type": of } }))),
                );
            }
        }
    }
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "tags": [tag(route)],
        "parameters": parameters,
        "responses": responses,
    });
    if let (Some(body), Some(operation)) = (route.body, operation.as_object_mut()) {
        let mut content = json!({ "application/json": { "schema": reference(body) } });
        if let (true, Some(content)) = (route.id == "putArticle", content.as_object_mut()) {
            let document = json!({ "schema": { "type": "string" } });
            content.extend(MEDIA_TYPES.map(|kind| (kind.to_owned(), document.clone())));
        }
        operation.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": content }),
        );
    }
    if let (true, Some(operation)) = (route.keyed, operation.as_object_mut()) {
        operation.insert("security".to_owned(), json!([{ "key": [] }]));
    }
    operation
}

/// A reading of another door.
fn foreign(operation: &Operation) -> Value {
    let Operation {
        path,
        id,
        summary,
        params,
        kinds,
        form: _,
    } = operation;
    let mut parameters: Vec<Value> = places(path);
    parameters.extend(params.iter().map(query));
    parameters.push(header("If-None-Match", KNOWN));
    let text = json!({ "schema": { "type": "string" } });
    let content: Map<String, Value> = kinds.iter().map(|kind| ((*kind).to_owned(), text.clone())).collect();
    json!({
        "operationId": id,
        "summary": summary,
        "tags": ["Feeds"],
        "parameters": parameters,
        "responses": {
            "200": { "description": "The document", "content": content },
            "304": { "description": UNCHANGED },
            "400": refused(MALFORMED),
            "404": refused(MISSING),
            "429": refused(LIMITED),
        },
    })
}

/// A form that is posted to another door, and answered later.
fn form(operation: &Operation, fields: &[Field]) -> Value {
    let Operation {
        path: _,
        id,
        summary,
        params: _,
        kinds: _,
        form: _,
    } = operation;
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let schema = json!({ "type": "string", "description": field.about });
            (field.name.to_owned(), schema)
        })
        .collect();
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({
        "operationId": id,
        "summary": summary,
        "tags": ["Feeds"],
        "parameters": [],
        "requestBody": {
            "required": true,
            "content": { "application/x-www-form-urlencoded": { "schema": schema } },
        },
        "responses": {
            "202": { "description": "Taken up; the callback is asked whether it wished this" },
            "400": refused(MALFORMED),
            "415": refused("The body is no form"),
            "429": refused(LIMITED),
            "503": refused("There is no room for another; try again later"),
        },
    })
}

fn refused(about: &str) -> Value {
    json!({ "description": about, "content": { "application/problem+json": { "schema": reference("Problem") } } })
}

fn tag(route: &Route) -> &'static str {
    match route.method {
        _ if is_administration(route) => "Administration",
        _ if is_vestibule(route) => "Desk",
        "get" => "Archive",
        _ => "Desk",
    }
}

fn is_administration(route: &Route) -> bool {
    ["/v1/partners", "/v1/keys", "/v1/sources", "/v1/webhooks"]
        .iter()
        .any(|p| route.path.starts_with(p))
}

fn is_desk(route: &Route) -> bool {
    matches!(route.answer, Shape::Written | Shape::Waits)
}

/// What is looked at there is kept by nobody.
fn is_vestibule(route: &Route) -> bool {
    ["/v1/pending", "/v1/advance"].iter().any(|p| route.path.starts_with(p))
}

fn problems(route: &Route) -> Vec<(&'static str, &'static str)> {
    let (desk, administration) = (is_desk(route), is_administration(route) || is_vestibule(route));
    let mut problems = vec![("400", MALFORMED)];
    if route.path.contains('{') && (route.body.is_none() || administration) {
        problems.push(("404", MISSING));
    }
    if let Shape::Live(..) = route.answer {
        problems.push((
            "410",
            "The wire does not reach back to this cursor any more: take a snapshot",
        ));
    }
    if route.path.contains("/articles/{key}") && (route.body.is_none() || route.method == "post") {
        problems.push(if route.body.is_none() {
            ("410", "The story was canceled: take it down; `tombstone` says why")
        } else {
            ("404", "There is no such story")
        });
    }
    if route.has_forms() {
        problems.push((
            "406",
            "There is none of what `Accept` asks for; the detail names what there is",
        ));
    }
    if route.keyed {
        problems.push(("401", "No key, or not a valid one"));
    }
    if route.keyed && (desk || administration || route.method == "get") {
        problems.push(("403", "The key's scope does not allow it"));
    }
    problems.push(("429", LIMITED));
    if desk || matches!(route.answer, Shape::Made(_)) {
        problems.push(("409", "It contradicts what is there"));
    }
    if desk || matches!(route.answer, Shape::Removed { guarded: true }) {
        problems.push(("412", "Somebody was faster"));
    }
    if route.body.is_some() {
        problems.extend([
            ("413", "The body is too large"),
            ("415", "The body is of none of the types that are taken"),
            ("422", "The content breaks rules; `errors` lists all of them"),
        ]);
    }
    problems
}

/// The parameters in the path.
fn places(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let about = match (name, path.contains("/articles/{")) {
                ("key", true) => "Id, slug, or uri percent-encoded in one segment; to publish, the uri.",
                ("id", _) => "The key's public part: what stands between `dl_` and the second underscore.",
                ("feed", _) => "Its slug (of LATEST: `latest`) and behind it `.atom`, `.rss` or `.json`.",
                ("uri", _) => "Its uri, percent-encoded in one segment.",
                ("key", false) => "Slug, code or id of the topic; to write, the slug.",
                _ => "Its slug.",
            };
            json!({ "name": name, "in": "path", "required": true, "description": about, "schema": { "type": "string" } })
        })
        .collect()
}

fn query(param: &Param) -> Value {
    let text = json!({ "type": "string" });
    let (schema, explode) = match param.kind {
        ParamKind::Integer(least, most) => (json!({ "type": "integer", "minimum": least, "maximum": most }), None),
        ParamKind::Text => (text, None),
        ParamKind::Time => (json!({ "type": "string", "format": "date-time" }), None),
        ParamKind::Flag => (json!({ "type": "boolean" }), None),
        ParamKind::Choice(known) => (json!({ "type": "string", "enum": known }), None),
        ParamKind::Choices(known) => (
            json!({ "type": "array", "items": { "type": "string", "enum": known } }),
            Some(false),
        ),
        ParamKind::List => (json!({ "type": "array", "items": text }), Some(false)),
        ParamKind::Repeated => (json!({ "type": "array", "items": text }), Some(true)),
    };
    let mut query = json!({ "name": param.name, "in": "query", "description": param.about, "schema": schema });
    if let (Some(explode), Some(query)) = (explode, query.as_object_mut()) {
        query.insert("style".to_owned(), json!("form"));
        query.insert("explode".to_owned(), json!(explode));
    }
    query
}

fn header(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } })
}

fn success(responses: &mut Map<String, Value>, status: &str, about: &str, schema: Value) {
    let content = json!({ "application/json": { "schema": schema } });
    responses.insert(status.to_owned(), json!({ "description": about, "content": content }));
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn list(name: &str) -> Value {
    let cursor = json!({ "type": ["string", "null"] });
    json!({
        "type": "object",
        "required": ["items", "next", "previous"],
        "properties": {
            "items": { "type": "array", "items": reference(name) },
            "next": cursor,
            "previous": cursor,
            "total": { "type": "integer", "description": "With `total=true`." },
        },
    })
}

fn schemas() -> Map<String, Value> {
    let mut found: Vec<(String, RefOr<Schema>)> = Vec::new();
    add::<view::Article>(&mut found);
    add::<view::Related>(&mut found);
    add::<view::BesideView>(&mut found);
    add::<view::StorylineView>(&mut found);
    add::<view::SimilarList>(&mut found);
    add::<view::DifferenceView>(&mut found);
    add::<search::SearchPage>(&mut found);
    add::<search::SuggestionsView>(&mut found);
    add::<search::SearchStatus>(&mut found);
    add::<view::TopicWhole>(&mut found);
    add::<view::CollectionView>(&mut found);
    add::<Me>(&mut found);
    add::<wire::WirePage>(&mut found);
    add::<vestibule::PendingView>(&mut found);
    add::<vestibule::PendingWritten>(&mut found);
    add::<vestibule::ReleaseSubmission>(&mut found);
    add::<RescheduleSubmission>(&mut found);
    add::<wire::SnapshotLine>(&mut found);
    add::<wire::Confirmation>(&mut found);
    add::<wire::ReceiptView>(&mut found);
    add::<wire::Receipts>(&mut found);
    add::<channels::Channels>(&mut found);
    add::<explain::Explanation>(&mut found);
    add::<ChannelSubmission>(&mut found);
    add::<administration::Partners>(&mut found);
    add::<administration::Keys>(&mut found);
    add::<sources::PulledSources>(&mut found);
    add::<SourceSubmission>(&mut found);
    add::<webhooks::Webhooks>(&mut found);
    add::<webhooks::NewWebhook>(&mut found);
    add::<webhooks::WebhookAttempts>(&mut found);
    add::<EndpointSubmission>(&mut found);
    add::<EndpointChange>(&mut found);
    add::<SecretRotation>(&mut found);
    add::<ResendSubmission>(&mut found);
    add::<administration::NewKey>(&mut found);
    add::<PartnerSubmission>(&mut found);
    add::<KeySubmission>(&mut found);
    add::<KeyChange>(&mut found);
    add::<Rotation>(&mut found);
    add::<wire::KillReceipts>(&mut found);
    add::<super::usage::UsagePage>(&mut found);
    add::<Written>(&mut found);
    add::<Problem>(&mut found);
    add::<Submission>(&mut found);
    add::<CorrectionSubmission>(&mut found);
    add::<WithholdSubmission>(&mut found);
    add::<RestoreSubmission>(&mut found);
    add::<CancelSubmission>(&mut found);
    add::<RenameSubmission>(&mut found);
    add::<TopicSubmission>(&mut found);
    add::<MergeSubmission>(&mut found);
    add::<CollectionSubmission>(&mut found);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter().map(|(name, schema)| (name, json!(schema))).collect()
}

fn add<T: ToSchema + PartialSchema>(found: &mut Vec<(String, RefOr<Schema>)>) {
    found.push((T::name().into_owned(), T::schema()));
    T::schemas(found);
}
