//! Asking a running Dateline over HTTP, and looking at what it answers, byte for byte: nothing is decompressed,
//! followed or added on the way.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, redirect};
use serde_json::{Value, json};

/// The doors of one server, and the key to them.
#[derive(Clone)]
pub struct Doors {
    client: Client,
    admin_key: String,
    address: Arc<Mutex<Option<SocketAddr>>>,
}

impl Doors {
    pub(super) fn new(admin_key: String) -> Self {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd();
        Self {
            client: client.build().expect("an HTTP client"),
            admin_key,
            address: Arc::default(),
        }
    }

    pub(super) fn lead_to(&self, address: SocketAddr) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    pub(super) fn shut(&self) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether there is a server to ask.
    pub fn is_open(&self) -> bool {
        self.address.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Where the server listens.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        let address = *self.address.lock().unwrap_or_else(PoisonError::into_inner);
        address.expect("open doors")
    }

    pub fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// Any request, without any header but those that HTTP itself wants.
    #[track_caller]
    pub fn ask(&self, method: Method, path: &str) -> Ask {
        let url = format!("http://{}{path}", self.address());
        Ask {
            doors: self.clone(),
            method,
            path: path.to_owned(),
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// Reads, without a key.
    #[track_caller]
    pub fn get(&self, path: &str) -> Ask {
        self.ask(Method::GET, path)
    }

    /// What a client gets that asks for this packing and unpacks by itself.
    pub async fn unpacked(&self, path: &str, packing: &str) -> Bytes {
        let client = Client::builder()
            .no_proxy()
            .gzip(packing == "gzip")
            .brotli(packing == "br")
            .zstd(packing == "zstd");
        let request = client.build().unwrap().get(format!("http://{}{path}", self.address()));
        request.send().await.unwrap().bytes().await.unwrap()
    }

    /// A story as readers get it.
    pub async fn read(&self, uri: &str) -> Value {
        let answer = self.get(&format!("/v1/articles/{}", segment(uri))).await;
        answer.expect(200).json()
    }

    /// Writes, with the admin key.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Ask {
        self.ask(Method::PUT, path).admin().json(body)
    }

    /// Writes, with the admin key.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Ask {
        self.ask(Method::POST, path).admin().json(body)
    }

    /// Deletes, with the admin key.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Ask {
        self.ask(Method::DELETE, path).admin()
    }

    /// One GraphQL operation by POST, without a key; a mutation wants `.admin()`.
    #[track_caller]
    pub fn graphql(&self, query: &str, variables: Value) -> Ask {
        self.ask(Method::POST, "/graphql")
            .header(ACCEPT, "application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }))
    }
}

/// A request in the making; `.await` sends it.
#[must_use = "a request is sent by .await"]
pub struct Ask {
    doors: Doors,
    method: Method,
    path: String,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Ask {
    /// Sets a header, in place of one of that name.
    #[track_caller]
    pub fn header(mut self, name: impl TryInto<HeaderName>, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// Adds a header to those of that name.
    #[track_caller]
    pub fn another_header(mut self, name: impl TryInto<HeaderName>, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.headers.append(name, value);
        self
    }

    /// Takes a header away.
    #[track_caller]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn key(self, key: &str) -> Self {
        self.header(AUTHORIZATION, &format!("Bearer {key}"))
    }

    pub fn admin(self) -> Self {
        let key = self.doors.admin_key.clone();
        self.key(&key)
    }

    /// A JSON body, named as such.
    pub fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE, "application/json").body(body.to_string())
    }

    /// A body as it is.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it to a server that may die meanwhile; the status, if there is an answer.
    pub async fn attempt(self) -> Option<u16> {
        let Self {
            doors,
            method,
            url,
            headers,
            body,
            ..
        } = self;
        let sent = doors.client.request(method, url).headers(headers).body(body).send();
        let answer = sent.await.ok()?;
        let status = answer.status().as_u16();
        answer.bytes().await.ok()?;
        Some(status)
    }

    /// Sends it and waits for the head of the answer only.
    pub(super) async fn open(self) -> reqwest::Response {
        let Self {
            doors,
            method,
            path,
            url,
            headers,
            body,
        } = self;
        let about = format!("{method} {path}");
        let mut request = doors.client.request(method, url).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        let sent = request.send().await;
        sent.unwrap_or_else(|error| panic!("{about}: {error:?}"))
    }

    async fn send(self) -> Answer {
        let about = format!("{} {}", self.method, self.path);
        let response = self.open().await;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response
            .bytes()
            .await
            .unwrap_or_else(|error| panic!("{about}: {error:?}"));
        Answer {
            about,
            status,
            headers,
            bytes,
        }
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

#[track_caller]
fn header(name: impl TryInto<HeaderName>, value: &str) -> (HeaderName, HeaderValue) {
    let name = name.try_into().unwrap_or_else(|_| panic!("not the name of a header"));
    (name, value.parse().expect("the value of a header"))
}

/// What came back, exactly.
#[derive(Clone)]
pub struct Answer {
    about: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    /// The status is this one; anything else fails and shows the whole answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// A header's value; empty where there is none.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("a header of plain text"))
    }

    #[track_caller]
    pub fn etag(&self) -> &str {
        let etag = self.header(ETAG.as_str());
        assert!(!etag.is_empty(), "no ETag: {self}");
        etag
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// GraphQL: what was asked for, without any error.
    #[track_caller]
    pub fn data(&self) -> Value {
        let mut answer = self.json();
        assert!(self.status == 200 && answer.get("errors").is_none(), "{self}");
        answer["data"].take()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} → {}", self.about, self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.bytes))
    }
}

/// Text as one segment of a path, everything escaped that could be taken for something else.
pub fn segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
