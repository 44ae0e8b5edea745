//! How large a document is when its fragments are written out, without writing them out: each fragment is measured
//! once, and its measure is added wherever it is spread.

use std::collections::HashMap;
use std::convert::Infallible;

use async_graphql::parser::types::{
    BaseType, Directive, ExecutableDocument, Field, FragmentDefinition, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Value};

use super::{Code, Operation, Refusal, excerpt};

/// Counts the variables in a value of the document. The library does not export that value's type, so it cannot be a
/// function, nor can it look inside; putting something in each variable's place tells how many there were.
macro_rules! variables_in {
    ($value:expr) => {{
        let mut count = 0_usize;
        let replaced = $value.node.clone().into_const_with(|_| {
            count += 1;
            Ok::<_, Infallible>(Value::Null)
        });
        match replaced {
            Ok(_) => count,
        }
    }};
}

/// Ends the survey's own recursion. Every document that comes near is far beyond what is allowed.
const MOST_LEVELS: usize = 128;

/// The measures of a selection set, fragments written out. Sums are saturating.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    /// Fields, spreads and inline fragments.
    pub nodes: usize,
    /// Fields within fields.
    pub depth: usize,
    /// Selection sets within selection sets, those of fragments too.
    pub levels: usize,
    pub aliases: usize,
    pub directives: usize,
    /// Variables in arguments.
    pub uses: usize,
    /// Fields at the top of the set.
    pub width: usize,
    /// True if `__schema` or `__type` is at the top of the set.
    pub introspects: bool,
    /// True if anything but introspection is at the top of the set.
    pub reads: bool,
    /// What the introspection at the top of the set would list.
    pub introspection: usize,
    /// What the set would list if it stood below introspection.
    listed: usize,
}

impl Size {
    /// Takes in the measure of a part that stands beside what is measured so far.
    fn add(&mut self, part: Size) {
        self.nodes = self.nodes.saturating_add(part.nodes);
        self.depth = self.depth.max(part.depth);
        self.levels = self.levels.max(part.levels);
        self.aliases = self.aliases.saturating_add(part.aliases);
        self.directives = self.directives.saturating_add(part.directives);
        self.uses = self.uses.saturating_add(part.uses);
        self.width = self.width.saturating_add(part.width);
        self.introspects |= part.introspects;
        self.reads |= part.reads;
        self.introspection = self.introspection.saturating_add(part.introspection);
        self.listed = self.listed.saturating_add(part.listed);
    }

    /// A fragment, spread or inline: its selections stand at the same depth, one level down, and it is a node itself.
    fn spread(mut self, directives: &[Positioned<Directive>]) -> Size {
        self.nodes = self.nodes.saturating_add(1);
        self.levels = self.levels.saturating_add(1);
        self.directives = self.directives.saturating_add(directives.len());
        self.uses = self.uses.saturating_add(uses_in(directives));
        self
    }

    /// A field with this selection set below it.
    fn under(self, field: &Field) -> Size {
        let name = field.name.node.as_str();
        let listed = items_below(name).saturating_mul(self.listed.saturating_add(1));
        let introspects = matches!(name, "__schema" | "__type");
        Size {
            nodes: self.nodes.saturating_add(1),
            depth: self.depth.saturating_add(1),
            levels: if field.selection_set.node.items.is_empty() {
                0
            } else {
                self.levels.saturating_add(1)
            },
            aliases: self.aliases.saturating_add(usize::from(field.alias.is_some())),
            directives: self.directives.saturating_add(field.directives.len()),
            uses: self.uses.saturating_add(uses_of(field)),
            width: 1,
            introspects,
            reads: !introspects && name != "__typename",
            introspection: if introspects { listed } else { 0 },
            listed,
        }
    }
}

/// Where variables are used in a field's arguments and its directives'.
fn uses_of(field: &Field) -> usize {
    let own = field.arguments.iter().map(|(_, value)| variables_in!(value));
    own.fold(uses_in(&field.directives), usize::saturating_add)
}

fn uses_in(directives: &[Positioned<Directive>]) -> usize {
    let arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
    arguments
        .map(|(_, value)| variables_in!(value))
        .fold(0, usize::saturating_add)
}

/// How many items a list of the introspection schema has in a large house. Only an estimate is needed, and one that
/// does not hang on the schema; what is no list has one.
fn items_below(field: &str) -> usize {
    match field {
        "types" => 100,
        "fields" => 10,
        "directives" => 8,
        "enumValues" | "inputFields" | "locations" => 4,
        "args" | "interfaces" | "possibleTypes" => 2,
        _ => 1,
    }
}

/// A document with all its fragments measured.
pub(super) struct Survey<'a> {
    document: &'a ExecutableDocument,
    /// Variables in the text: what is validated where it stands, whether it is reached or not.
    variables: usize,
    /// `None` while a fragment is being measured: to meet it then is a cycle.
    fragments: HashMap<&'a Name, Option<Size>>,
}

impl<'a> Survey<'a> {
    pub fn of(document: &'a ExecutableDocument, variables: usize) -> Result<Self, Refusal> {
        let mut survey = Self {
            document,
            variables,
            fragments: HashMap::new(),
        };
        // In the order of the text, so that the same document always gets the same answer.
        let mut fragments: Vec<_> = document.fragments.iter().collect();
        fragments.sort_by_key(|(_, fragment)| fragment.pos);
        for (name, fragment) in fragments {
            survey.fragment(name, fragment, 0)?;
        }
        Ok(survey)
    }

    /// The operations in the order of the text.
    pub fn operations(mut self) -> Result<Vec<Operation>, Refusal> {
        let mut found: Vec<_> = self.document.operations.iter().collect();
        found.sort_by_key(|(_, operation)| operation.pos);
        found
            .into_iter()
            .map(|(name, operation)| self.operation(name, &operation.node))
            .collect()
    }

    fn operation(&mut self, name: Option<&Name>, operation: &'a OperationDefinition) -> Result<Operation, Refusal> {
        let mut size = self.selections(&operation.selection_set.node, 0)?;
        let on_variables = operation
            .variable_definitions
            .iter()
            .map(|variable| variable.node.directives.len());
        size.directives = on_variables.fold(size.directives, usize::saturating_add);
        size.directives = size.directives.saturating_add(operation.directives.len());
        size.uses = size.uses.saturating_add(self.variables);

        let int = BaseType::Named(Name::new("Int"));
        let (mut defaults, mut required) = (Vec::new(), Vec::new());
        for variable in &operation.variable_definitions {
            let name = variable.node.name.node.clone();
            match &variable.node.default_value {
                Some(value) => defaults.push((name, value.node.clone())),
                None if !variable.node.var_type.node.nullable => required.push(name),
                // Costs are reckoned from the sizes of pages, and there the library takes a size that is left out
                // for an error. To the fields null and left out are the same.
                None if variable.node.var_type.node.base == int => defaults.push((name, Value::Null)),
                None => {}
            }
        }
        Ok(Operation {
            name: name.cloned(),
            kind: operation.ty,
            defaults,
            required,
            root_field: match operation.selection_set.node.items.as_slice() {
                [only] => matches!(only.node, Selection::Field(_)) && size.reads,
                _ => false,
            },
            size,
        })
    }

    fn fragment(
        &mut self,
        name: &'a Name,
        fragment: &'a Positioned<FragmentDefinition>,
        level: usize,
    ) -> Result<Size, Refusal> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                return Err(invalid(
                    format!("The fragment `{}` spreads itself.", excerpt(name)),
                    fragment.pos,
                ));
            }
            None => {}
        }
        self.fragments.insert(name, None);
        let mut size = self.selections(&fragment.node.selection_set.node, level)?;
        size.directives = size.directives.saturating_add(fragment.node.directives.len());
        self.fragments.insert(name, Some(size));
        Ok(size)
    }

    fn selections(&mut self, set: &'a SelectionSet, level: usize) -> Result<Size, Refusal> {
        if level > MOST_LEVELS {
            let message = format!("The query's fields and fragments are nested more than {MOST_LEVELS} deep.");
            return Err(Refusal::new(Code::TooDeep, message));
        }
        let mut size = Size::default();
        for selection in &set.items {
            size.add(self.selection(&selection.node, level + 1)?);
        }
        Ok(size)
    }

    fn selection(&mut self, selection: &'a Selection, level: usize) -> Result<Size, Refusal> {
        match selection {
            Selection::Field(field) => Ok(self
                .selections(&field.node.selection_set.node, level)?
                .under(&field.node)),
            Selection::InlineFragment(inline) => Ok(self
                .selections(&inline.node.selection_set.node, level)?
                .spread(&inline.node.directives)),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                let Some((name, fragment)) = self.document.fragments.get_key_value(name) else {
                    let message = format!("The document has no fragment `{}`.", excerpt(name));
                    return Err(invalid(message, spread.pos));
                };
                Ok(self.fragment(name, fragment, level)?.spread(&spread.node.directives))
            }
        }
    }
}

fn invalid(message: String, at: Pos) -> Refusal {
    Refusal::new(Code::ValidationFailed, message).at([at])
}
