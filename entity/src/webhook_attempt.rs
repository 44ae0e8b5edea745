//! One request to a webhook endpoint, and what became of it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempt")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub endpoint_id: Uuid,
    pub at: i64,
    /// `delivery`, `resend`, `test`.
    pub manner: String,
    pub kind: String,
    /// In the wire; 0 of a test.
    pub position: i64,
    pub epoch: i32,
    pub article_id: Option<Uuid>,
    /// The how-many-th try, counted from 1.
    pub number: i32,
    pub took_ms: i64,
    pub status: Option<i32>,
    pub error: Option<String>,
    /// The first bytes of the answer.
    pub answer: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
