//! Connections that broke.
//!
//! Promise: a connection that the database cut, because it was restarted, took over from another or was put back from a
//! backup, costs nobody an answer. What is asked outside of a transaction changes nothing and is asked once more on the
//! next connection; a transaction that could not even begin begins on the next one.

use super::fault::{connection_lost, refused};
use crate::error::{Error, Result};
use sea_orm::prelude::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionOptions, TransactionTrait,
};

/// How many broken connections are passed over for one question; a pool seldom holds more.
const BROKEN: usize = 32;

/// A pool that readings are asked of and transactions begin on.
pub struct Pool(DatabaseConnection);

impl Pool {
    pub fn new(connection: DatabaseConnection) -> Pool {
        Pool(connection)
    }

    /// Begins in a task of its own, because whoever asks may go away half-way: sqlx forgets a `BEGIN` whose answer
    /// nobody waits for, and the connection would go back into its pool with a transaction in it that nobody ends.
    pub async fn begin(&self, options: TransactionOptions) -> Result<DatabaseTransaction> {
        let connection = self.0.clone();
        let begun = tokio::spawn(async move {
            let mut broken = 0;
            loop {
                match connection.begin_with_options(options).await {
                    Err(error) if broken < BROKEN && connection_lost(&error) => broken += 1,
                    answer => return answer,
                }
            }
        });
        begun.await.map_err(Error::internal)?.map_err(refused)
    }

    /// Open and idle connections.
    pub fn size(&self) -> (u32, u32) {
        let (open, idle) = match self.0.get_database_backend() {
            DbBackend::Postgres => {
                let pool = self.0.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
            _ => {
                let pool = self.0.get_sqlite_connection_pool();
                (pool.size(), pool.num_idle())
            }
        };
        (open, u32::try_from(idle).unwrap_or(u32::MAX))
    }

    pub async fn close(&self) -> Result<()> {
        self.0.clone().close().await.map_err(refused)
    }

    /// What asks again when a connection broke; SQLite's never do.
    async fn asked<T>(
        &self,
        statement: Statement,
        ask: impl AsyncFn(&DatabaseConnection, Statement) -> std::result::Result<T, DbErr>,
    ) -> std::result::Result<T, DbErr> {
        if self.0.get_database_backend() != DbBackend::Postgres {
            return ask(&self.0, statement).await;
        }
        for _ in 0..BROKEN {
            match ask(&self.0, statement.clone()).await {
                Err(error) if connection_lost(&error) => {}
                answer => return answer,
            }
        }
        ask(&self.0, statement).await
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> std::result::Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        self.asked(statement, async |connection, statement| {
            connection.query_one_raw(statement).await
        })
        .await
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        self.asked(statement, async |connection, statement| {
            connection.query_all_raw(statement).await
        })
        .await
    }
}
