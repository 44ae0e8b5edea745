//! The answer to a request that is not executed: a code for programs, a sentence for people, and a place.

use async_graphql::{Pos, ServerError};

/// Every code with which this door itself answers, as `extensions.code`. Resolvers have their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    AnswerTooLarge,
    BadRequest,
    BadUserInput,
    BatchingNotSupported,
    DeadlineExceeded,
    DocumentNotTrusted,
    DocumentTooLarge,
    Internal,
    IntrospectionDisabled,
    MutationNeedsPost,
    OperationNameRequired,
    OperationNotFound,
    ParseFailed,
    PersistedQueryMismatch,
    PersistedQueryNotFound,
    RateLimited,
    SubscriptionNotSupported,
    TooComplex,
    TooDeep,
    TooManyAliases,
    TooManyDirectives,
    TooManyFields,
    TooManyOperations,
    TooManyRootFields,
    TooManyTokens,
    ValidationFailed,
    VariablesTooLarge,
}

impl Code {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AnswerTooLarge => "ANSWER_TOO_LARGE",
            Self::BadRequest => "BAD_REQUEST",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::BatchingNotSupported => "BATCHING_NOT_SUPPORTED",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::DocumentNotTrusted => "DOCUMENT_NOT_TRUSTED",
            Self::DocumentTooLarge => "DOCUMENT_TOO_LARGE",
            Self::Internal => "INTERNAL_SERVER_ERROR",
            Self::IntrospectionDisabled => "INTROSPECTION_DISABLED",
            Self::MutationNeedsPost => "MUTATION_NEEDS_POST",
            Self::OperationNameRequired => "OPERATION_NAME_REQUIRED",
            Self::OperationNotFound => "OPERATION_NOT_FOUND",
            Self::ParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::PersistedQueryMismatch => "PERSISTED_QUERY_MISMATCH",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::RateLimited => "RATE_LIMITED",
            Self::SubscriptionNotSupported => "SUBSCRIPTION_NOT_SUPPORTED",
            Self::TooComplex => "QUERY_TOO_COMPLEX",
            Self::TooDeep => "QUERY_TOO_DEEP",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::TooManyDirectives => "TOO_MANY_DIRECTIVES",
            Self::TooManyFields => "TOO_MANY_FIELDS",
            Self::TooManyOperations => "TOO_MANY_OPERATIONS",
            Self::TooManyRootFields => "TOO_MANY_ROOT_FIELDS",
            Self::TooManyTokens => "TOO_MANY_TOKENS",
            Self::ValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::VariablesTooLarge => "VARIABLES_TOO_LARGE",
        }
    }
}

/// A request that is not executed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    pub message: String,
    pub at: Vec<Pos>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            at: Vec::new(),
        }
    }

    pub(super) fn at(mut self, places: impl IntoIterator<Item = Pos>) -> Self {
        self.at.extend(places);
        self
    }
}

impl From<Refusal> for ServerError {
    fn from(refusal: Refusal) -> Self {
        let mut error = ServerError::new(refusal.message, None);
        error.locations = refusal.at;
        error
            .extensions
            .get_or_insert_default()
            .set("code", refusal.code.as_str());
        error
    }
}
