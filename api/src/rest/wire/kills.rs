//! `GET /v1/articles/{key}/receipts`: who knows that a story was canceled.

use crate::access::KillReceipt;
use crate::error::Result;
use crate::news::story::ArticleKey;
use crate::rest::Question;
use crate::web::Segment;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// How far everybody is with a cancellation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KillReceipts {
    pub article_id: Uuid,
    pub canceled_at: Timestamp,
    /// Readers' keys and webhooks that have been told, those that have confirmed, and those that have not been told yet.
    pub told: usize,
    pub confirmed: usize,
    pub waiting: usize,
    pub items: Vec<KillReceiptView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KillReceiptView {
    /// Of a webhook, its id.
    pub key_id: String,
    /// Of a webhook, `webhook` and the host that it is posted to.
    pub name: String,
    /// The partner's slug; null for a key of the house itself.
    pub partner: Option<String>,
    /// `confirmed`, `told` or `waiting`.
    pub state: &'static str,
    pub told_at: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
}

pub async fn kill(Segment(key): Segment, question: Question) -> Result<Response> {
    let Question { door, caller, .. } = &question;
    caller.readings.personal();
    question.plain()?;
    door.desk.admit(&caller.viewer)?;
    let kill = door.access.kill(&ArticleKey::read(&key)).await?;
    let items: Vec<KillReceiptView> = kill.receipts.into_iter().map(view).collect();
    let count = |state: &str| items.iter().filter(|r| r.state == state).count();
    let receipts = KillReceipts {
        article_id: kill.article.0,
        canceled_at: kill.at,
        told: count("told") + count("confirmed"),
        confirmed: count("confirmed"),
        waiting: count("waiting"),
        items,
    };
    question.answer(None, &receipts)
}

fn view(receipt: KillReceipt) -> KillReceiptView {
    let KillReceipt {
        key_id,
        key_name,
        partner,
        told,
        confirmed,
    } = receipt;
    KillReceiptView {
        key_id,
        name: key_name,
        partner,
        state: match (told, confirmed) {
            (_, Some(_)) => "confirmed",
            (Some(_), None) => "told",
            (None, None) => "waiting",
        },
        told_at: told,
        confirmed_at: confirmed,
    }
}
