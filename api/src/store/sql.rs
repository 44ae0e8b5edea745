//! SQL text with its values, for the statements that a query builder would only obscure.

use crate::error::{Error, Result};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, QueryResult, Statement, TryGetable, Value};

/// A statement in the making. `$1`, `$2` … are understood by both databases.
#[derive(Clone, Debug, Default)]
pub struct Sql {
    pub text: String,
    pub values: Vec<Value>,
}

impl Sql {
    pub fn new(text: impl Into<String>) -> Sql {
        Sql {
            text: text.into(),
            values: Vec::new(),
        }
    }

    pub fn push(&mut self, text: &str) -> &mut Sql {
        self.text.push_str(text);
        self
    }

    /// Adds a value and its place holder. Nothing in the house holds a NUL, and PostgreSQL refuses to look for one: a
    /// text with one becomes a text that nothing is called either.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Sql {
        let mut value = value.into();
        if let Value::String(Some(text)) = &mut value
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{FFFD}");
        }
        self.values.push(value);
        self.text.push_str(&format!("${}", self.values.len()));
        self
    }

    /// `($1, $2, …)`. The list is filled up with its last value to a power of two, so that lists of any length make
    /// only a few statements for the database to prepare.
    pub fn bind_list<V: Into<Value> + Clone>(&mut self, values: &[V]) -> &mut Sql {
        let Some(last) = values.last() else {
            return self.push("(NULL)");
        };
        let fill = values.len().next_power_of_two() - values.len();
        self.push("(");
        for (i, value) in values.iter().chain(std::iter::repeat_n(last, fill)).enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.bind(value.clone());
        }
        self.push(")")
    }

    fn statement(&mut self, connection: &impl ConnectionTrait) -> Statement {
        let Sql { text, values } = std::mem::take(self);
        Statement::from_sql_and_values(connection.get_database_backend(), text, values)
    }

    pub async fn all(&mut self, connection: &impl ConnectionTrait) -> Result<Vec<QueryResult>> {
        connection
            .query_all_raw(self.statement(connection))
            .await
            .map_err(super::refused)
    }

    pub async fn one(&mut self, connection: &impl ConnectionTrait) -> Result<Option<QueryResult>> {
        connection
            .query_one_raw(self.statement(connection))
            .await
            .map_err(super::refused)
    }

    pub async fn run(&mut self, connection: &impl ConnectionTrait) -> Result<u64> {
        let done = connection
            .execute_raw(self.statement(connection))
            .await
            .map_err(super::refused)?;
        Ok(done.rows_affected())
    }
}

pub fn column<T: TryGetable>(row: &QueryResult, index: usize) -> Result<T> {
    row.try_get_by_index(index).map_err(super::refused)
}

/// A time out of its column.
pub fn time(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}
