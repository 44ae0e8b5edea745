//! Dateline's rows. One file a table; no behaviour. Times are microseconds since 1970 in UTC.
//! The tables are made by the crate `migration`, which does not read these files: a step that
//! has been released never changes.

pub mod advance_copy;
pub mod api_key;
pub mod article;
pub mod article_alias;
pub mod article_channel;
pub mod article_topic;
pub mod article_version;
pub mod bookmark;
pub mod channel;
pub mod chore;
pub mod collection;
pub mod collection_item;
pub mod hub_request;
pub mod hub_subscription;
pub mod idempotency_key;
pub mod key_use;
pub mod kill;
pub mod kill_receipt;
pub mod lease;
pub mod partner;
pub mod partner_channel;
pub mod pending_article;
pub mod receipt;
pub mod related_link;
pub mod rendition;
pub mod secret;
pub mod source;
pub mod source_feed;
pub mod source_hub;
pub mod source_item;
pub mod topic;
pub mod topic_name;
pub mod usage;
pub mod webhook_attempt;
pub mod webhook_endpoint;
pub mod webhook_kill;
pub mod webhook_resend;
pub mod wire_entry;
pub mod wire_head;
pub mod wire_past;
