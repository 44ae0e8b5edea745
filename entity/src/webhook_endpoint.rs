//! Where a partner wants to be told of changes, and how far he is told.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoint")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// None for one of the house itself.
    pub partner_id: Option<Uuid>,
    /// JSON: what is said of it.
    pub settings: String,
    /// JSON: what it is signed with, the newest first.
    pub secrets: String,
    /// Of all that somebody says of it, counted from 1.
    pub version: i32,
    pub created: i64,
    /// `active`, `paused`, `off`.
    pub state: String,
    /// Why it is not active.
    pub notice: Option<String>,
    /// Up to where it has everything.
    pub position: i64,
    /// JSON: positions behind that which it has already.
    pub ahead: String,
    /// When the change was made that it waits for.
    pub waiting: Option<i64>,
    /// Of what is next, in vain.
    pub tries: i32,
    pub failing: Option<i64>,
    /// When it is tried next, where something failed.
    pub due: Option<i64>,
    pub last_tried: Option<i64>,
    pub last_ok: Option<i64>,
    pub last_error: Option<String>,
    /// The process that is at it, and until when it has the right.
    pub leased_by: Option<Uuid>,
    pub leased_until: i64,
    /// How often somebody has said where it is to go on.
    pub turn: i32,
}

impl ActiveModelBehavior for ActiveModel {}
