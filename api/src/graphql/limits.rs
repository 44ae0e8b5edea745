//! What a GraphQL document may ask for: everything that is refused before it costs anything.
//!
//! **Purpose.** The library's own limits are looked at too late: it walks every fragment spread without memory, so
//! that 871 bytes cost half a minute. Here a text is scanned (`super::scan`), parsed once, and each fragment is
//! surveyed once (`survey`); sums are saturating. What is handed on is small however it is expanded.
//!
//! **Cast.** [`Limits`] are the numbers, [`Refusal`] is the answer, [`Checked`] a document that is within the limits
//! that hold for documents, [`Operation`] one of its operations with what it would cost.
//!
//! **Promises.** [`check`] is linear in the text. A checked document has at most `limits.nodes` selections when all
//! its fragments are written out, over all its operations, because validation walks all of them. Limits that speak
//! of the one operation to be run are asked of it alone ([`Operation::within`]).

mod refusal;
mod survey;
#[cfg(test)]
pub(super) mod tests;

use async_graphql::parser::types::{BaseType, ExecutableDocument, OperationType};
use async_graphql::parser::{self, parse_query};
use async_graphql::{Name, Value, Variables};

use super::scan::scan;
pub use refusal::{Code, Refusal};
use survey::{Size, Survey};

/// The deepest nesting of brackets in a document's text. The parser's recursion ends here, so this is no setting.
const NESTING: usize = 64;

/// How many entries an introspection may list, reckoned with a full house of types (see [`survey`]): about twice the
/// standard introspection query. `types { fields { type { fields … } } }` multiplies without any `first`, and is
/// executed in one go that no deadline can interrupt.
const INTROSPECTION: usize = 250_000;

/// The values in the variables times the places where variables are used. The library copies and checks a variable's
/// value at each of them, once more wherever it reckons a cost, and before anybody asks who is calling.
const COPIES: usize = 1_000_000;

/// No cost is reckoned higher, so that sums and products of costs stay far from overflow.
const MOST_COST: usize = 1 << 32;

/// The largest page of any list; more is an error where the page is made, and is not reckoned here.
const MOST_ITEMS: usize = 100;

/// The numbers a document is measured with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Length of the text.
    pub document_bytes: usize,
    /// Names, numbers, strings and punctuators in it.
    pub tokens: usize,
    /// Fields within fields, fragments written out; introspection is exempt.
    pub depth: usize,
    /// Aliases in the operation, fragments written out.
    pub aliases: usize,
    /// Fields at the root of the operation, fragments written out.
    pub root_fields: usize,
    /// Directives in the operation, fragments written out.
    pub directives: usize,
    /// Fields, spreads and inline fragments in all operations, fragments written out.
    pub nodes: usize,
    /// The sum over fields, multiplied along lists by their `first`. The schema reckons it: build it with
    /// `limit_complexity(limits.cost)`; here it is for the message.
    pub cost: usize,
}

impl Limits {
    /// The deepest nesting of selection sets, fragments counted as levels of their own. The library ends its own
    /// recursion there (build the schema with `limit_recursive_depth(limits.levels())`); asked here first, so that
    /// it is refused with a code.
    pub fn levels(&self) -> usize {
        const USUAL: usize = 32;
        self.depth.max(USUAL)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 16 * 1024,
            tokens: 1_000,
            depth: 10,
            aliases: 30,
            root_fields: 20,
            directives: 20,
            nodes: 2_000,
            cost: 20_000,
        }
    }
}

/// A parsed document within the limits for documents, kept to be run again.
#[derive(Debug)]
pub struct Checked {
    pub document: ExecutableDocument,
    operations: Vec<Operation>,
    text_bytes: usize,
}

/// One operation of a document: what it is, and what it would ask for.
#[derive(Debug)]
pub struct Operation {
    pub name: Option<Name>,
    pub kind: OperationType,
    /// Variables that have a default, to be filled in where none is given; numbers that may be left out have null.
    pub defaults: Vec<(Name, Value)>,
    /// Variables that must be given and must not be null.
    pub required: Vec<Name>,
    /// Exactly one field stands at its root, written out there and no introspection.
    pub root_field: bool,
    size: Size,
}

/// Scans, parses and surveys a document's text. It costs time linear in the text, whatever is in it.
pub fn check(text: &str, limits: &Limits) -> Result<Checked, Refusal> {
    length(text, limits)?;
    let scanned = scan(text);
    at_most(
        scanned.tokens,
        limits.tokens,
        Code::TooManyTokens,
        "The document has",
        "tokens",
    )?;
    at_most(
        scanned.nesting,
        NESTING,
        Code::TooDeep,
        "The document's brackets are nested",
        "deep",
    )?;
    if let Some(fault) = scanned.fault {
        return Err(syntax_error(&fault.message).at([fault.at]));
    }
    let document = parse_query(text).map_err(|fault| unparsed(&fault))?;
    let operations = Survey::of(&document, scanned.variables)?.operations()?;
    let nodes = operations
        .iter()
        .fold(0_usize, |sum, operation| sum.saturating_add(operation.size.nodes));
    at_most(
        nodes,
        limits.nodes,
        Code::TooManyFields,
        "With its fragments written out the document has",
        "fields",
    )?;
    Ok(Checked {
        document,
        operations,
        text_bytes: text.len(),
    })
}

/// The one limit that is asked before the text is even looked at.
pub fn length(text: &str, limits: &Limits) -> Result<(), Refusal> {
    at_most(
        text.len(),
        limits.document_bytes,
        Code::DocumentTooLarge,
        "The document is",
        "bytes long",
    )
}

impl Checked {
    /// About how many bytes of memory it takes, for a cache that is bounded in bytes: a tree of small allocations,
    /// a few dozen bytes for each of the text.
    pub fn weight(&self) -> u64 {
        const BYTES_PER_BYTE: u64 = 32;
        1024 + self.text_bytes as u64 * BYTES_PER_BYTE
    }

    /// All its operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The variables that an operation must be given, with their types.
    pub fn required_of(&self, operation: &Operation) -> Vec<(Name, BaseType)> {
        let mut all = self.document.operations.iter();
        let Some((_, found)) = all.find(|(name, _)| *name == operation.name.as_ref()) else {
            return Vec::new();
        };
        let variables = found.node.variable_definitions.iter().map(|variable| &variable.node);
        variables
            .filter(|variable| operation.required.contains(&variable.name.node))
            .map(|variable| (variable.name.node.clone(), variable.var_type.node.base.clone()))
            .collect()
    }

    /// The operation to run, by the specification's `GetOperation`: the named one, or the only one.
    pub fn operation(&self, name: Option<&str>) -> Result<&Operation, Refusal> {
        if let Some(name) = name {
            return self
                .operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name))
                .ok_or_else(|| {
                    Refusal::new(
                        Code::OperationNotFound,
                        format!("The document has no operation `{}`.", excerpt(name)),
                    )
                });
        }
        match self.operations.as_slice() {
            [only] => Ok(only),
            all => Err(Refusal::new(
                Code::OperationNameRequired,
                format!(
                    "The document has {} operations; `operationName` must say which one to run.",
                    all.len()
                ),
            )),
        }
    }
}

impl Operation {
    /// True if it asks for the schema, alone or along with other things.
    pub fn introspects(&self) -> bool {
        self.size.introspects
    }

    /// Whether the operation is within the limits that speak of one operation.
    pub fn within(&self, limits: &Limits) -> Result<(), Refusal> {
        let size = &self.size;
        let only_introspects = size.introspects && !size.reads;
        if !only_introspects {
            at_most(size.depth, limits.depth, Code::TooDeep, "The query is nested", "deep")?;
        }
        at_most(
            size.levels,
            limits.levels(),
            Code::TooDeep,
            "The query's fields and fragments are nested",
            "deep",
        )?;
        at_most(
            size.aliases,
            limits.aliases,
            Code::TooManyAliases,
            "The query has",
            "aliases",
        )?;
        at_most(
            size.width,
            limits.root_fields,
            Code::TooManyRootFields,
            "The query has",
            "fields at its root",
        )?;
        at_most(
            size.directives,
            limits.directives,
            Code::TooManyDirectives,
            "The query has",
            "directives",
        )?;
        at_most(
            size.introspection,
            INTROSPECTION,
            Code::TooComplex,
            "The introspection would list about",
            "entries",
        )
    }

    /// Whether the variables, defaults filled in, are small enough for the places where they are used.
    ///
    /// In a query, and in each event of a subscription, each field's arguments are copied anew for each item of the lists above it, so there a value in a
    /// variable counts as a token in the document does. A mutation carries stories and may be large.
    pub fn fits(&self, variables: &Variables, limits: &Limits) -> Result<(), Refusal> {
        let found = variables.values().map(values_in).fold(0, usize::saturating_add);
        if self.kind != OperationType::Mutation {
            at_most(
                found,
                limits.tokens,
                Code::VariablesTooLarge,
                "The variables hold",
                "values",
            )?;
        }
        let copied = found.saturating_mul(self.size.uses);
        at_most(
            copied,
            COPIES,
            Code::VariablesTooLarge,
            "The variables' values times their uses are",
            "values",
        )
    }
}

/// Scalars, lists and objects in a value, itself included; a text counts once per so many bytes.
fn values_in(value: &Value) -> usize {
    const BYTES: usize = 64;
    match value {
        Value::String(text) => 1 + text.len() / BYTES,
        Value::Binary(bytes) => 1 + bytes.len() / BYTES,
        Value::List(items) => items.iter().map(values_in).fold(1, usize::saturating_add),
        Value::Object(fields) => fields.values().map(values_in).fold(1, usize::saturating_add),
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) => 1,
    }
}

/// What a list costs: each of its items as much as one, and the list itself a point. For the schema's `complexity`
/// attributes, which are reckoned with whatever number stands in the query and would overflow on it.
pub fn page_cost(size: Option<i32>, default: usize, child: usize) -> usize {
    let asked = size.map_or(default, |size| usize::try_from(size).unwrap_or(0));
    list_cost(asked.min(MOST_ITEMS), child)
}

/// What a list of so many items costs, where their number is not the reader's choice.
pub fn list_cost(items: usize, child: usize) -> usize {
    items.saturating_mul(child).saturating_add(1).min(MOST_COST)
}

/// At most so many characters of something the client sent, for a message.
pub fn excerpt(input: &str) -> String {
    const MOST: usize = 64;
    match input.char_indices().nth(MOST) {
        None => input.to_owned(),
        Some((end, _)) => format!("{}…", input.get(..end).unwrap_or_default()),
    }
}

fn at_most(found: usize, limit: usize, code: Code, what: &str, unit: &str) -> Result<(), Refusal> {
    if found <= limit {
        return Ok(());
    }
    // A saturated sum is no number anybody wants to read.
    let found = if found > 1_000_000_000 {
        "more than 1000000000".to_owned()
    } else {
        found.to_string()
    };
    Err(Refusal::new(
        code,
        format!("{what} {found} {unit}; the limit is {limit}."),
    ))
}

fn syntax_error(what: &str) -> Refusal {
    Refusal::new(Code::ParseFailed, format!("Syntax error: {what}."))
}

/// The parser's word for it, without the line of input that it shows along.
fn unparsed(fault: &parser::Error) -> Refusal {
    let text = fault.to_string();
    let what = match fault {
        parser::Error::Syntax { .. } => text.rsplit("= ").next().unwrap_or("the document cannot be read"),
        _ => text.as_str(),
    };
    syntax_error(&excerpt(what.trim())).at(fault.positions())
}
