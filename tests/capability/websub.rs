//! WebSub: the house tells readers of its feeds as soon as they change, and has itself told of the sources that it pulls.

mod hub;
mod subscriber;

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::runner::Test;
use crate::sources::reaching;

pub fn all() -> Vec<Test> {
    [hub::all(), subscriber::all()]
        .into_iter()
        .flatten()
        .map(reaching)
        .collect()
}

/// As `X-Hub-Signature` says it.
fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let tag: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("sha256={tag}")
}

fn form(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
