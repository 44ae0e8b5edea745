//! A key: its public part and the hash of its secret part.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub secret_hash: Vec<u8>,
    pub name: String,
    pub scope: String,
    pub created: i64,
    /// Null for a key of the house itself.
    pub partner_id: Option<Uuid>,
    pub expires: Option<i64>,
    /// JSON array of networks; null for all.
    pub networks: Option<String>,
    /// JSON array of origins, of a browser's key; null for any other.
    pub origins: Option<String>,
    pub disabled: bool,
    /// To the minute.
    pub last_used: Option<i64>,
    pub per_second: Option<i64>,
    pub burst: Option<i64>,
    pub per_day: Option<i64>,
    /// The first of the keys that took each other's place; null for one that took nobody's.
    pub reader: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
