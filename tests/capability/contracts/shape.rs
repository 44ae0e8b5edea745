//! Schemas of the OpenAPI document, as far as ours use JSON Schema, and values held against them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The document, and which properties of its schemas have been met in answers.
pub struct Shapes<'a> {
    pub document: &'a Value,
    pub met: BTreeSet<(String, String)>,
}

/// What a schema says of an object.
#[derive(Default)]
pub struct Members<'a> {
    pub properties: BTreeMap<&'a str, (&'a str, &'a Value)>,
    pub required: BTreeSet<&'a str>,
}

impl<'a> Shapes<'a> {
    pub fn of(document: &'a Value) -> Self {
        Self {
            document,
            met: BTreeSet::new(),
        }
    }

    /// What a reference leads to, with its name.
    pub fn resolve(&self, schema: &'a Value) -> (&'a str, &'a Value) {
        match schema["$ref"].as_str() {
            None => ("", schema),
            Some(reference) => {
                let name = reference
                    .strip_prefix("#/components/schemas/")
                    .expect("a schema of ours");
                let found = &self.document["components"]["schemas"][name];
                assert!(found.is_object(), "{reference} leads nowhere");
                (name, found)
            }
        }
    }

    /// The members of an object, those of its parts (`allOf`) too.
    pub fn members(&self, schema: &'a Value) -> Members<'a> {
        let (name, schema) = self.resolve(schema);
        let mut members = Members::default();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = self.members(part);
            members.properties.extend(part.properties);
            members.required.extend(part.required);
        }
        for (property, of) in schema["properties"].as_object().into_iter().flatten() {
            members.properties.insert(property, (name, of));
        }
        let required = schema["required"].as_array().into_iter().flatten();
        members.required.extend(required.filter_map(Value::as_str));
        members
    }

    /// Panics where a value is not what the schema says, or says more.
    pub fn hold(&mut self, schema: &'a Value, value: &Value, place: &str) {
        let (_, schema) = self.resolve(schema);
        // A schema that says nothing takes every value (JSON Schema 2020-12, 4.3.2).
        if schema.as_object().is_some_and(serde_json::Map::is_empty) {
            return;
        }
        if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
            // Objects that say which of several they are: by their `type`.
            let says = |choice: &'a Value| {
                let members = self.members(choice);
                let said = members.properties.get("type").map(|(_, of)| &of["enum"]);
                said.is_none_or(|names| names.as_array().is_none_or(|names| names.contains(&value["type"])))
            };
            let fits = |choice: &&'a Value| {
                types(self.resolve(choice).1).contains(type_of(value)) && (!value.is_object() || says(choice))
            };
            let choice = choices.iter().find(fits);
            let choice = choice.unwrap_or_else(|| panic!("{place}: {value} is none of {schema}"));
            return self.hold(choice, value, place);
        }
        let types = types(schema);
        let fits = types.contains(type_of(value)) || types.contains("number") && type_of(value) == "integer";
        assert!(fits, "{place}: {value} is not of type {types:?}");
        match value {
            Value::Array(items) => {
                for item in items {
                    self.hold(&schema["items"], item, &format!("{place}[]"));
                }
            }
            Value::Object(fields) => self.hold_object(schema, fields, place),
            Value::String(text) => {
                if schema["format"] == "date-time" {
                    assert!(text.parse::<jiff::Timestamp>().is_ok(), "{place}: {text} is no time");
                }
                if schema["format"] == "uuid" {
                    assert!(uuid::Uuid::parse_str(text).is_ok(), "{place}: {text} is no UUID");
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn hold_object(&mut self, schema: &'a Value, fields: &serde_json::Map<String, Value>, place: &str) {
        let members = self.members(schema);
        for name in &members.required {
            assert!(fields.contains_key(*name), "{place}.{name} is missing");
        }
        for (name, value) in fields {
            let inner = format!("{place}.{name}");
            match members.properties.get(name.as_str()) {
                Some((_, of)) => {
                    self.met.insert((place_of(place), name.clone()));
                    self.hold(of, value, &inner);
                }
                None if schema["additionalProperties"].is_object() => {
                    self.hold(&schema["additionalProperties"], value, &inner);
                }
                None => panic!("{inner} is not documented"),
            }
        }
    }
}

/// Where in an answer a member was met, without the positions in lists.
fn place_of(place: &str) -> String {
    place.replace("[]", "")
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::String(one) => BTreeSet::from([one.as_str()]),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ if schema["allOf"].is_array() || schema["properties"].is_object() => BTreeSet::from(["object"]),
        other => panic!("a schema without a type: {other} in {schema}"),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
