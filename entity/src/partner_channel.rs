//! That a partner may read a channel, or could.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "partner_channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The nil id for everybody.
    pub partner_id: Uuid,
    /// The channel may be gone since.
    pub channel_id: Uuid,
    /// The wire's position when it was granted, and when it was taken back.
    pub since: i64,
    pub until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
