//! How a CDN is told to forget: one request, made from the templates of the configuration.

use crate::config;
use crate::outbound::{Address, Ask, Bounds, Failure, Outbound, retry_after};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use std::time::Duration;

/// What it answers is read so far, and waited for so long.
const BOUNDS: Bounds = Bounds {
    time: Duration::from_secs(5),
    bytes: 64 * 1024,
};
/// Nobody is left alone for longer because he says so: what is old is shown meanwhile.
const LONGEST: Duration = Duration::from_secs(60);
/// Where words are put in.
const KEYS: &str = "{keys}";
const JSON: &str = "{json}";
const COMMAS: &str = "{commas}";
const SECRET: &str = "{secret}";

#[derive(Clone)]
pub struct Call {
    outbound: Outbound,
    address: Address,
    method: Method,
    headers: Vec<(HeaderName, String)>,
    body: String,
    secret: String,
    /// Keys in one request.
    pub most: usize,
}

/// It was not told. Nothing here shows what it was told with.
#[derive(Debug)]
pub struct Trouble {
    pub why: String,
    /// How long it wants to be left alone.
    pub rest: Option<Duration>,
}

impl Call {
    /// None where nobody is to be told. Says what is wrong with the configuration.
    pub fn new(config: &config::Config, agent: &str) -> Result<Option<Call>, String> {
        let config::Purge {
            url,
            method,
            headers,
            body,
            secret,
            most_keys,
            again_seconds: _,
        } = &config.purge;
        if url.is_empty() {
            return Ok(None);
        }
        let outbound = Outbound::new(&own(&config.outbound, url), agent)?;
        let address = outbound.address(url).map_err(|failure| failure.to_string())?;
        let named = |line: &String| {
            let (name, value) = line.split_once(':')?;
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, value.trim().to_owned()))
        };
        let headers: Option<Vec<_>> = headers.iter().map(named).collect();
        Ok(Some(Call {
            outbound,
            address,
            method: Method::from_bytes(method.as_bytes()).map_err(|e| e.to_string())?,
            headers: headers.ok_or("each header must be a name, a colon and a value")?,
            body: body.clone(),
            secret: secret.clone(),
            most: *most_keys,
        }))
    }

    /// Tells it to forget what carries one of these.
    pub async fn post(&self, keys: &[String], now: Timestamp) -> Result<(), Trouble> {
        let answer = self.outbound.send(Ask {
            method: self.method.clone(),
            address: self.address.clone(),
            headers: self.filled_headers(keys)?,
            body: Bytes::from(self.filled(&self.body, keys)),
            redirects: 0,
            bounds: BOUNDS,
        });
        match answer.await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(Trouble {
                why: format!("it answered {}", answer.status.as_u16()),
                rest: retry_after(&answer.headers, now, LONGEST),
            }),
            Err(failure @ (Failure::Refused(_) | Failure::Nameless(_) | Failure::Unreachable(_))) => {
                Err(failure.into())
            }
            Err(failure @ (Failure::Untrusted(_) | Failure::TooLate | Failure::TooLarge(_))) => Err(failure.into()),
            Err(failure @ Failure::Astray(_)) => Err(failure.into()),
        }
    }

    fn filled_headers(&self, keys: &[String]) -> Result<HeaderMap, Trouble> {
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let value = HeaderValue::from_str(&self.filled(template, keys));
            let mut value = value.map_err(|_| Trouble {
                why: format!("its header {name} holds what no header may hold"),
                rest: None,
            })?;
            value.set_sensitive(true);
            headers.append(name.clone(), value);
        }
        Ok(headers)
    }

    fn filled(&self, template: &str, keys: &[String]) -> String {
        // The secret first: what stands in it is no template.
        let pieces: Vec<String> = template
            .split(SECRET)
            .map(|piece| {
                piece
                    .replace(KEYS, &keys.join(" "))
                    .replace(COMMAS, &keys.join(","))
                    .replace(JSON, &serde_json::Value::from(keys.to_vec()).to_string())
            })
            .collect();
        pieces.join(&self.secret)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble {
            why: failure.to_string(),
            rest: None,
        }
    }
}

/// Who runs the house says where its own CDN is: what holds for addresses that others give does not hold for this one.
fn own(world: &config::Outbound, url: &str) -> config::Outbound {
    let port = url::Url::parse(url).ok().and_then(|url| url.port_or_known_default());
    config::Outbound {
        allow: ["0.0.0.0/0", "::/0"].map(str::to_owned).to_vec(),
        ports: port.into_iter().collect(),
        allow_http: true,
        ca_file: world.ca_file.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(headers: &[&str], body: &str) -> Call {
        let purge = config::Purge {
            url: "https://cdn.example/purge".to_owned(),
            headers: headers.iter().map(|h| (*h).to_owned()).collect(),
            body: body.to_owned(),
            secret: "{keys}\"".to_owned(),
            ..config::Purge::default()
        };
        let config = config::Config {
            purge,
            ..config::Config::default()
        };
        Call::new(&config, "test").unwrap().unwrap()
    }

    #[test]
    fn words_are_put_where_the_templates_want_them() {
        let keys = ["article-1", "latest"].map(str::to_owned);
        let call = call(
            &["Surrogate-Key: {keys}", "Authorization: Bearer {secret}"],
            "{\"tags\": {json}, \"also\": \"{commas}\"}",
        );
        let headers = call.filled_headers(&keys).unwrap();
        assert_eq!(headers["surrogate-key"], "article-1 latest");
        assert_eq!(headers["authorization"], "Bearer {keys}\"");
        assert!(!format!("{headers:?}").contains("Bearer"));
        assert_eq!(
            call.filled(&call.body, &keys),
            "{\"tags\": [\"article-1\",\"latest\"], \"also\": \"article-1,latest\"}"
        );
    }

    #[test]
    fn nobody_is_told_where_no_address_is_given() {
        assert!(Call::new(&config::Config::default(), "test").unwrap().is_none());
    }
}
