//! The reader's page: what a story looks like on a news site.
//!
//! Cast: `page` the HTML.
//! Promises: every story's `url` leads somewhere; the page shows only what the gate lets everybody see.

use crate::archive::Archive;
use axum::Router;

pub fn router(archive: Archive) -> Router {
    Router::new().with_state(archive)
}
