//! One change, at its position in the wire.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wire_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    pub epoch: i32,
    pub kind: String,
    pub at: i64,
    pub article_id: Option<Uuid>,
    pub version: Option<i32>,
    pub topic_id: Option<Uuid>,
    pub collection_id: Option<Uuid>,
    pub source_id: Option<Uuid>,
    /// JSON array: the fields that changed.
    pub changed: Option<String>,
    /// JSON array of topic ids, implied ones too.
    pub topics_before: Option<String>,
    pub topics_after: Option<String>,
    pub channel_id: Option<Uuid>,
    /// JSON array of channel ids.
    pub channels_before: Option<String>,
    pub channels_after: Option<String>,
    /// Told to this partner alone; the nil id is everybody who reads by right.
    pub partner_id: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
