//! Whether somebody may read a story, and by which rule: for the publisher who is asked why.

use super::{Door, Question, params};
use crate::archive::Explained;
use crate::error::{Error, Fault, Kind, Result};
use crate::news::story::ArticleKey;
use crate::news::viewer::{Scope, Viewer};
use crate::news::visibility::Standing;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether a story is to be seen, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Null for what waits under embargo: there is no story yet.
    pub article_id: Option<Uuid>,
    pub uri: String,
    /// The partner's slug; null for who has no key.
    pub partner: Option<String>,
    pub visible: bool,
    /// The rule that decides: `all` everybody reads everything, `channel` it comes through a channel, `no_channel` through
    /// none, `withheld`, `canceled` (there is a tombstone), `expired`, `embargoed` it waits, `disabled` the partner's keys
    /// are refused.
    pub rule: &'static str,
    /// The same in one sentence.
    pub reason: &'static str,
    /// Slugs of the channels that the story is in.
    pub channels: Vec<String>,
    /// Those of them through which it comes.
    pub through: Vec<String>,
}

pub async fn explain(question: Question) -> Result<Response> {
    let Question { door, caller, .. } = &question;
    caller.readings.personal();
    let mut params = question.params(params::EXPLAIN);
    let (article, partner) = (params.text("article"), params.text("partner"));
    params.finish()?;
    door.desk.admit(&caller.viewer)?;
    let article = article.ok_or_else(|| {
        let fault = Fault::new("article", "required", "say which: id, uri or slug");
        Error::parameters(vec![fault])
    })?;
    let (sight, disabled) = match &partner {
        Some(slug) => door.access.sight_of_partner(slug).await?,
        None => (door.access.sight(&Viewer::Public).await?, false),
    };
    let scope = Scope::unnoted(Viewer::Public, sight, caller.now);
    let view = match door.archive.explain(&scope, &ArticleKey::read(&article)).await? {
        Some(found) => of(found, &scope, partner, disabled),
        // What waits has no id yet, only the uri that it will have.
        None => waiting(door, &caller.scope(), &article, partner).await?,
    };
    question.answer(None, &view)
}

async fn waiting(door: &Door, scope: &Scope, uri: &str, partner: Option<String>) -> Result<Explanation> {
    let (pending, _) = door
        .archive
        .find_pending(scope, uri)
        .await
        .map_err(|error| match error.kind {
            Kind::NotFound => Error::not_found("story"),
            _ => error,
        })?;
    Ok(Explanation {
        article_id: None,
        uri: pending.uri,
        partner,
        visible: false,
        rule: "embargoed",
        reason: "It waits until its embargo is over.",
        channels: Vec::new(),
        through: Vec::new(),
    })
}

fn of(found: Explained, scope: &Scope, partner: Option<String>, disabled: bool) -> Explanation {
    let Explained {
        story,
        standing,
        channels,
        through,
    } = found;
    let (rule, reason) = match standing {
        _ if disabled => ("disabled", "The partner is disabled: his keys are refused."),
        Standing::Visible if scope.sight.is_all() => ("all", "Everybody reads every story (access.public)."),
        Standing::Visible => ("channel", "It is in a channel that he may read."),
        Standing::Foreign => ("no_channel", "It is in none of the channels that he may read."),
        Standing::Withheld => ("withheld", "It is withheld."),
        Standing::Canceled => ("canceled", "It is canceled; he finds its tombstone."),
        Standing::Expired => ("expired", "It has expired."),
    };
    Explanation {
        article_id: Some(story.id.0),
        uri: story.uri.clone(),
        partner,
        visible: standing == Standing::Visible && !disabled,
        rule,
        reason,
        channels,
        through,
    }
}
