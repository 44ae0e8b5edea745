//! Codes for the library's errors, which come without, and a length that can be read.

use async_graphql::ServerError;

use crate::graphql::limits::{Code, Limits, Refusal, excerpt};

/// Validation can find a fault in every word; a reader has seen enough after some.
const MOST_FAULTS: usize = 20;

/// Gives the errors of validation their codes, and ends the list where it becomes a flood.
pub(super) fn invalid(mut errors: Vec<ServerError>, limits: &Limits) -> Vec<ServerError> {
    let left_off = errors.len().saturating_sub(MOST_FAULTS);
    errors.truncate(MOST_FAULTS);
    for error in &mut errors {
        if has_code(error) {
            continue;
        }
        // The library has no codes; these are its words for its own limits.
        let code = match error.message.as_str() {
            "Query is too complex." => {
                let limit = limits.cost;
                error.message = format!(
                    "The document costs more than the limit of {limit}; ask for shorter lists (`first`) or for fewer \
                     lists within lists."
                );
                Code::TooComplex
            }
            "Query is nested too deep." => Code::TooDeep,
            message if message.starts_with("The recursion depth of the query") => Code::TooDeep,
            message if message.starts_with("The number of directives on the field") => Code::TooManyDirectives,
            message if message.starts_with("The amount of aliases of the query") => Code::TooManyAliases,
            _ => Code::ValidationFailed,
        };
        error.message = brief(&error.message);
        set_code(error, code);
    }
    if left_off > 0 {
        errors.push(Refusal::new(Code::ValidationFailed, format!("… and {left_off} more faults.")).into());
    }
    errors
}

/// Sees to it that every error of execution has a code, and that none tells what was not meant to be told.
pub(super) fn told(errors: &mut [ServerError]) {
    let mut hidden = 0_usize;
    for error in errors.iter_mut().filter(|error| !has_code(error)) {
        let fault_of_input = [
            "Failed to parse",
            "Expected input type",
            "Invalid value for argument",
            "Variable ",
        ];
        if fault_of_input.iter().any(|start| error.message.starts_with(start)) {
            error.message = brief(&error.message);
            set_code(error, Code::BadUserInput);
            continue;
        }
        if hidden == 0 {
            tracing::error!(graphql.error = error.message, graphql.path = ?error.path, "a resolver failed without a code");
        }
        hidden += 1;
        error.message = "An internal error; it has been noted.".to_owned();
        set_code(error, Code::Internal);
    }
    if hidden > 1 {
        tracing::error!(
            graphql.errors = hidden,
            "further resolvers of the same request failed without a code"
        );
    }
}

fn has_code(error: &ServerError) -> bool {
    error
        .extensions
        .as_ref()
        .is_some_and(|extensions| extensions.get("code").is_some())
}

fn set_code(error: &mut ServerError, code: Code) {
    error.extensions.get_or_insert_default().set("code", code.as_str());
}

/// A message of the library, in which the client's own names and values stand, cut to a length to be read.
fn brief(message: &str) -> String {
    const MOST: usize = 256;
    let words: Vec<String> = message.split(' ').map(excerpt).collect();
    let message = words.join(" ");
    match message.char_indices().nth(MOST) {
        None => message,
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
    }
}
