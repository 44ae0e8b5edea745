//! The schema, as it tells of itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::protocol::refused;
use crate::press::Press;
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("the standard introspection query tells the whole schema", introspection),
        test("introspection can be switched off", no_introspection).set("graphql.introspection", false),
        test("suggestions can be switched off", no_suggestions).set("graphql.suggestions", false),
    ]
}

/// What graphql-js and every tool on top of it asks.
const STANDARD: &str = r"
query IntrospectionQuery {
  __schema {
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } }
}";

/// Every type by its name, from the standard query.
async fn types(press: &Press) -> BTreeMap<String, Value> {
    let answer = press.graphql(STANDARD, json!({})).await;
    let mut schema = answer.data()["__schema"].take();
    assert_eq!(schema["queryType"]["name"], "Query");
    assert_eq!(schema["mutationType"]["name"], "Mutation");
    let directives: BTreeSet<_> = schema["directives"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|d| d["name"].as_str())
        .collect();
    for name in ["include", "skip", "deprecated", "specifiedBy", "oneOf"] {
        assert!(directives.contains(name), "no @{name}: {directives:?}");
    }
    let types = schema["types"].take();
    let types = types.as_array().unwrap().iter();
    types
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one.clone()))
        .collect()
}

/// Every name of a type that stands anywhere in this.
fn named(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("ofType") || (fields.len() == 2 && fields.contains_key("kind")) {
                names.extend(fields["name"].as_str().map(str::to_owned));
            }
            fields.values().for_each(|value| named(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| named(value, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn introspection(press: Press) {
    let types = types(&press).await;
    let mut used = BTreeSet::new();
    types.values().for_each(|one| named(one, &mut used));
    for name in &used {
        assert!(types.contains_key(name), "{name} is used and not described");
    }
    // What the text of the schema says and what the server says are the same types with the same fields.
    let sdl = press.get("/schema.graphql").await.expect(200).text().to_owned();
    let mut told: BTreeMap<String, Value> = types
        .iter()
        .filter(|(name, one)| !name.starts_with("__") && one["kind"] != "SCALAR")
        .map(|(name, one)| (name.clone(), one.clone()))
        .collect();
    for (name, (_, fields)) in written(&sdl) {
        let one = told
            .remove(name)
            .unwrap_or_else(|| panic!("{name} is in the text alone"));
        let lists =
            ["fields", "inputFields", "enumValues"].map(|list| one[list].as_array().cloned().unwrap_or_default());
        let told: BTreeSet<&str> = lists
            .iter()
            .flatten()
            .filter_map(|field| field["name"].as_str())
            .collect();
        assert_eq!(told, fields, "{name}");
    }
    assert_eq!(
        told.keys().collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in the text"
    );
    for name in ["ArticleBy", "TopicBy"] {
        assert_eq!(types[name]["isOneOf"], true, "{name}");
    }
    assert_eq!(types["URL"]["specifiedByURL"], "https://www.rfc-editor.org/rfc/rfc3986");
    let nodes: Vec<_> = types["Node"]["possibleTypes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str())
        .collect();
    assert_eq!(nodes, [Some("Article"), Some("Topic"), Some("Collection")]);
}

/// Types, inputs, interfaces and enums of a schema's text by name: the word before the name, and the names of their
/// fields or values.
pub fn written(sdl: &str) -> BTreeMap<&str, (&str, BTreeSet<&str>)> {
    let mut types = BTreeMap::new();
    let mut open = None;
    let (mut in_description, mut in_arguments) = (false, false);
    for line in sdl.lines().map(str::trim) {
        let mut words = line.split([' ', '(', ':', '{', '@']);
        let first = words.next().unwrap_or_default();
        if line.starts_with("\"\"\"") {
            in_description = !in_description && line.matches("\"\"\"").count() == 1;
        } else if in_description || line.is_empty() {
        } else if in_arguments {
            in_arguments = !line.starts_with(')');
        } else if matches!(first, "type" | "input" | "interface" | "enum") && open.is_none() {
            open = words.next();
            types.insert(open.unwrap_or_default(), (first, BTreeSet::new()));
        } else if first == "}" {
            open = None;
        } else if let Some((_, fields)) = open.and_then(|name| types.get_mut(name)) {
            fields.insert(first);
            in_arguments = line.ends_with('(');
        }
    }
    types
}

async fn no_introspection(press: Press) {
    let message = "Introspection is switched off here; the schema is at /schema.graphql.";
    for query in [
        STANDARD,
        "{ __schema { queryType { name } } }",
        "{ __type(name: \"Article\") { name } site { name } }",
    ] {
        refused(
            &press.graphql(query, json!({})).await,
            400,
            "INTROSPECTION_DISABLED",
            message,
        );
    }
    let answer = press.graphql("{ __typename site { __typename } }", json!({})).await;
    assert_eq!(
        answer.data(),
        json!({ "__typename": "Query", "site": { "__typename": "Site" } })
    );
    press.get("/schema.graphql").await.expect(200);
}

async fn no_suggestions(press: Press) {
    let answer = press.graphql("{ site { nam } }", json!({})).await;
    refused(
        &answer,
        400,
        "GRAPHQL_VALIDATION_FAILED",
        "Unknown field \"nam\" on type \"Site\".",
    );
}
