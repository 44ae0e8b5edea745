//! Answers kept as ready bytes, good until something they read moves.
//!
//! While an answer is made, it notes the tags of what it reads and when the first of it expires. It is kept with these
//! and with the wire's position from *before* it began, in the encodings that were asked for; as long as none of its
//! tags has moved past that position, it is what making it again would give. So are 304s: they need neither database
//! nor rendering. The same request asked by many at once is made once. What may not be seen by all of an audience,
//! what failed, and what is about the asker himself is never kept nor shared.
//!
//! Nobody is given an answer that began before he asked, if something of it has moved since: whoever was told of a
//! change never reads what was before it.

use super::answer::{Policy, matches};
use super::caller::Caller;
use super::forms::{Chosen, Form};
use super::measure::{request_seconds, requests};
use super::packing::{Packing, pack};
use super::problem::panicked;
use crate::news::ArticleId;
use crate::news::tags::{EVERYTHING, Readings, Seen, Tag};
use crate::news::wire::Position;
use crate::wire::Wire;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Requests that come together may each have looked at the clock a little earlier or later.
const MOMENT: SignedDuration = SignedDuration::from_secs(1);

/// Longest `Surrogate-Key`, in bytes: what proxies take by default in one line.
const MOST_SURROGATE_BYTES: usize = 7_000;

const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// Bytes of an ordinary answer, to guess how many there will be.
const ORDINARY: u64 = 16 * 1024;

/// What an answer is asked by: everything that makes it what it is, save the time.
pub type Key = Arc<[u8]>;

/// What answers, as the metrics call it: method and route. Goes with the response that is made.
#[derive(Clone)]
pub struct Route(pub String);

/// Another name of an answer: what the request looked like before anybody read it.
#[derive(Clone)]
pub struct Alias(pub Key);

/// The stories that an answer shows. Goes with the response, for whoever notes who has read what.
#[derive(Clone)]
pub struct Shown(pub Arc<[ArticleId]>);

/// The answer to who waits for something new: there is nothing. Goes with the response, and makes it cheap.
#[derive(Clone, Copy)]
pub struct NothingNew;

/// The answers of this process. Clones are the same.
#[derive(Clone)]
pub struct Kept(Arc<Inner>);

struct Inner {
    wire: Wire,
    answers: Option<Cache<Key, Entry, Weight>>,
    flights: Mutex<HashMap<Key, Arc<OnceCell<Arc<Answer>>>>>,
    surrogate_keys: bool,
    // Taken up when they are first needed: there is no recorder yet when this is put together.
    found: LazyLock<metrics::Counter>,
    made: LazyLock<metrics::Counter>,
    joined: LazyLock<metrics::Counter>,
}

/// What is kept under a name.
#[derive(Clone)]
enum Entry {
    Answer(Arc<Answer>),
    /// The name that the answer is kept under: it is held once, however it is called.
    Alias(Key),
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Entry> for Weight {
    fn weight(&self, key: &Key, entry: &Entry) -> u64 {
        let held = match entry {
            // Packed copies come later; they are smaller than the answer, all of them together.
            Entry::Answer(answer) => {
                answer.body.len() * 2 + answer.tags.len() * size_of::<Tag>() + answer.shown.len() * 16 + 1_024
            }
            // Its bytes are the answer's.
            Entry::Alias(_) => 64,
        };
        (key.len() + held) as u64
    }
}

/// One finished answer.
pub struct Answer {
    /// What it was asked by.
    key: Key,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    packed: [OnceLock<Option<Bytes>>; Packing::COUNT],
    tags: Box<[Tag]>,
    /// The stories in it.
    shown: Arc<[ArticleId]>,
    /// From when on, save a moment, and until when it is good.
    made: Timestamp,
    until: Option<Timestamp>,
    /// The position from before it began, or that of what it was read from, where that was behind.
    began: Position,
    /// The position from before it was made.
    asked: Position,
    /// The freshness's generation at which it was last found good.
    good_at: AtomicU64,
    personal: bool,
    /// What answered it, as the metrics call it.
    route: String,
    meter: OnceLock<Meter>,
    /// The headers it is sent with again and again: to GET, and to POST.
    public_head: OnceLock<HeaderMap>,
    private_head: OnceLock<HeaderMap>,
}

/// Where the metrics count an answer that is sent again.
struct Meter {
    whole: metrics::Counter,
    unchanged: metrics::Counter,
    seconds: metrics::Histogram,
}

impl Answer {
    /// Counts that it was sent.
    pub fn count(answer: &Answer, status: StatusCode, took: Duration) {
        let meter = answer.meter.get_or_init(|| {
            let (method, route) = answer.route.split_once(' ').unwrap_or(("GET", "none"));
            Meter {
                whole: requests(method, route, StatusCode::OK),
                unchanged: requests(method, route, StatusCode::NOT_MODIFIED),
                seconds: request_seconds(route),
            }
        });
        match status {
            StatusCode::NOT_MODIFIED => meter.unchanged.increment(1),
            _ => meter.whole.increment(1),
        }
        meter.seconds.record(took.as_secs_f64());
    }

    /// The bytes, whatever they say.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The stories in it.
    pub fn shown(&self) -> &[ArticleId] {
        &self.shown
    }

    /// The bytes of a success.
    pub fn whole(&self) -> Option<&Bytes> {
        (self.status == StatusCode::OK).then_some(&self.body)
    }

    async fn of(key: Key, response: Response, seen: Seen, began: Position, made: Timestamp) -> Answer {
        let (head, body) = response.into_parts();
        // Answers are made of whole bytes; there is no stream that could fail.
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Answer {
            key,
            status: head.status,
            headers: head.headers,
            body,
            packed: Default::default(),
            tags: seen.tags.into_iter().collect(),
            shown: seen.shown.into_iter().collect(),
            made,
            until: seen.until,
            began: seen.began.map_or(began, |behind| behind.min(began)),
            asked: began,
            good_at: AtomicU64::new(0),
            personal: seen.personal,
            route: head
                .extensions
                .get::<Route>()
                .map_or_else(String::new, |route| route.0.clone()),
            meter: OnceLock::new(),
            public_head: OnceLock::new(),
            private_head: OnceLock::new(),
        }
    }

    fn is_worth_keeping(&self) -> bool {
        self.status == StatusCode::OK && !self.personal && !self.is_never_kept()
    }

    /// Nobody is to keep it: an error, or only a part of what was asked for.
    fn is_never_kept(&self) -> bool {
        self.headers.get(header::CACHE_CONTROL).is_none_or(|v| v == "no-store")
    }

    /// Whether nothing of it has expired. A clock that was set back makes something visible again.
    fn is_of(&self, now: Timestamp) -> bool {
        now.duration_since(self.made) > -MOMENT && self.until.is_none_or(|until| until > now)
    }

    /// The bytes in this packing, made once.
    fn packed(&self, packing: Packing) -> Option<Bytes> {
        self.packed
            .get(packing as usize)?
            .get_or_init(|| pack(packing, &self.body).filter(|packed| packed.len() < self.body.len()))
            .clone()
    }
}

impl Kept {
    /// `megabytes` is what kept answers may take up; with 0 none are kept, but equal requests are still made once.
    pub fn new(wire: Wire, megabytes: u64, surrogate_keys: bool) -> Kept {
        let bytes = megabytes.saturating_mul(1024 * 1024);
        let count = usize::try_from(bytes / ORDINARY).unwrap_or(usize::MAX);
        Kept(Arc::new(Inner {
            wire,
            answers: (bytes > 0).then(|| Cache::with_weighter(count.clamp(16, 1_000_000), bytes, Weight)),
            flights: Mutex::default(),
            surrogate_keys,
            found: LazyLock::new(|| metrics::counter!("dateline_answers_total", "outcome" => "kept")),
            made: LazyLock::new(|| metrics::counter!("dateline_answers_total", "outcome" => "made")),
            joined: LazyLock::new(|| metrics::counter!("dateline_answers_total", "outcome" => "joined")),
        }))
    }

    /// The answer to this request, kept or made. `make` is called at most once, and notes what it reads.
    pub async fn answer(&self, key: Key, now: Timestamp, make: impl AsyncFnOnce(Readings) -> Response) -> Arc<Answer> {
        if let Some(kept) = self.find(&key, now) {
            return kept;
        }
        let arrived = self.0.wire.freshness().due();
        let mut make = Some(make);
        loop {
            let flight = self.flight(&key);
            let mut own = false;
            let landed = flight.cell.get_or_init(async || {
                own = true;
                match make.take() {
                    Some(make) => self.make(&key, now, make).await,
                    // Not to be met: whoever has made one has left with it.
                    None => {
                        let (key, failed) = (Arc::clone(&key), panicked(Box::new(())));
                        Arc::new(Answer::of(key, failed, Seen::default(), Position(-1), now).await)
                    }
                }
            });
            let answer = Arc::clone(landed.await);
            drop(flight);
            if own {
                return answer;
            }
            // It may have begun long ago: what has expired since does not come along.
            let recent = answer.asked >= arrived && answer.is_of(now);
            if !answer.personal && (recent || self.is_good(&answer, now)) {
                self.0.joined.increment(1);
                return answer;
            }
            if answer.personal
                && let Some(make) = make.take()
            {
                return self.make(&key, now, make).await;
            }
        }
    }

    async fn make(&self, key: &Key, now: Timestamp, make: impl AsyncFnOnce(Readings) -> Response) -> Arc<Answer> {
        let began = self.0.wire.freshness().due();
        let readings = Readings::noted();
        let response = make(readings.clone()).await;
        let answer = Arc::new(Answer::of(Arc::clone(key), response, readings.take(), began, now).await);
        self.0.made.increment(1);
        if let Some(answers) = &self.0.answers
            && answer.is_worth_keeping()
        {
            answers.insert(Arc::clone(key), Entry::Answer(Arc::clone(&answer)));
        }
        answer
    }

    /// An answer that is kept under this name and still good.
    pub fn find(&self, key: &[u8], now: Timestamp) -> Option<Arc<Answer>> {
        let answers = self.0.answers.as_ref()?;
        let kept = match answers.get(key)? {
            Entry::Answer(answer) => answer,
            Entry::Alias(key) => match answers.get(&key)? {
                Entry::Answer(answer) => answer,
                Entry::Alias(_) => return None,
            },
        };
        let good = self.is_good(&kept, now).then_some(kept)?;
        self.0.found.increment(1);
        Some(good)
    }

    fn is_good(&self, answer: &Answer, now: Timestamp) -> bool {
        let freshness = self.0.wire.freshness();
        if !answer.is_of(now) || !freshness.sound() {
            return false;
        }
        let generation = freshness.generation();
        if answer.good_at.load(Ordering::Relaxed) == generation {
            return true;
        }
        let good = freshness.holds(&answer.tags, answer.began);
        if good {
            answer.good_at.store(generation, Ordering::Relaxed);
        }
        good
    }

    fn flight(&self, key: &Key) -> Flight<'_> {
        let mut flights = self.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = Arc::clone(flights.entry(Arc::clone(key)).or_default());
        Flight {
            kept: self,
            key: Arc::clone(key),
            cell,
        }
    }

    /// Keeps an answer under another name too.
    pub fn alias(&self, alias: Alias, answer: &Arc<Answer>) {
        if let Some(answers) = &self.0.answers
            && answer.is_worth_keeping()
        {
            answers.insert(alias.0, Entry::Alias(Arc::clone(&answer.key)));
        }
    }

    /// What is asked by GET is called by its address.
    pub fn name_of_get(audience: &str, address: &str) -> Key {
        [b"get ", audience.as_bytes(), b" ", address.as_bytes()].concat().into()
    }

    /// Writes an answer for one asker. `conditional`: whether his `If-None-Match` counts.
    pub fn write(&self, answer: &Answer, asked: &HeaderMap, policy: Policy, conditional: bool) -> Response {
        let head = self.head(answer, policy);
        let mut response = write(answer, asked, head, conditional);
        if !answer.shown.is_empty() {
            response.extensions_mut().insert(Shown(Arc::clone(&answer.shown)));
        }
        response
    }

    /// Writes an answer for one of the many who may share it, with headers that all of them get besides. These must be
    /// the same at every call: what is the same is put together once.
    pub fn write_shared(
        &self,
        answer: &Answer,
        asked: &HeaderMap,
        policy: Policy,
        besides: &[(HeaderName, HeaderValue)],
    ) -> Response {
        let conditional = policy == Policy::Public;
        let place = if conditional {
            &answer.public_head
        } else {
            &answer.private_head
        };
        let head = place.get_or_init(|| {
            let mut head = self.head(answer, policy);
            head.extend(besides.iter().cloned());
            head
        });
        write(answer, asked, head.clone(), conditional)
    }

    /// The headers of an answer under a policy.
    fn head(&self, answer: &Answer, policy: Policy) -> HeaderMap {
        let mut head = answer.headers.clone();
        // What says that it is for nobody to keep stays so, whoever asks.
        if answer.is_never_kept() {
            return head;
        }
        head.insert(header::CACHE_CONTROL, policy.cache_control());
        if answer.status == StatusCode::OK
            && self.0.surrogate_keys
            && !answer.personal
            && let Ok(keys) = HeaderValue::from_str(&surrogate_keys(&answer.tags, &answer.shown))
        {
            head.insert(SURROGATE_KEY, keys);
        }
        head
    }
}

fn write(answer: &Answer, asked: &HeaderMap, head: HeaderMap, conditional: bool) -> Response {
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = head;
    let may_match = conditional && answer.status == StatusCode::OK && !answer.is_never_kept();
    let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
    if may_match && etag.is_some_and(|etag| matches(asked, etag)) {
        response.headers_mut().remove(header::CONTENT_TYPE);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    *response.status_mut() = answer.status;
    let packed = Packing::wanted(asked, answer.body.len()).and_then(|p| Some((p, answer.packed(p)?)));
    let body = match packed {
        Some((packing, bytes)) => {
            let name = HeaderValue::from_static(packing.name());
            response.headers_mut().insert(header::CONTENT_ENCODING, name);
            bytes
        }
        None => answer.body.clone(),
    };
    *response.body_mut() = Body::from(body);
    response
}

/// The tags as a CDN knows them, one word each; where they are too many, the words that stand for all of a kind. A story that
/// was looked at and is not shown has no name here: there may be a reason why it is not. It stands under all.
fn surrogate_keys(tags: &[Tag], shown: &[ArticleId]) -> String {
    let joined = |keys: BTreeSet<String>| {
        let keys: Vec<String> = keys.into_iter().collect();
        format!("{EVERYTHING} {}", keys.join(" ")).trim_end().to_owned()
    };
    let shown: HashSet<&ArticleId> = shown.iter().collect();
    let named = |tag: &Tag| match tag {
        Tag::Article(id) if !shown.contains(id) => tag.kin(),
        _ => *tag,
    };
    let keys = joined(tags.iter().map(|tag| named(tag).surrogate_key()).collect());
    if keys.len() <= MOST_SURROGATE_BYTES {
        return keys;
    }
    joined(tags.iter().map(|tag| tag.kin().surrogate_key()).collect())
}

/// One request that is being made, and those who wait for it. The last to leave takes it out of the list.
struct Flight<'a> {
    kept: &'a Kept,
    key: Key,
    cell: Arc<OnceCell<Arc<Answer>>>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = self.kept.0.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = flights.get(&self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell));
        // Once it has landed, whoever comes next begins anew; before, it stays for those who wait.
        if ours && (self.cell.initialized() || Arc::strong_count(&self.cell) <= 2) {
            flights.remove(&self.key);
        }
    }
}

/// Keeps what a door answers to GET. It stands inside of what recognises the caller and of what negotiates.
pub async fn keep(State(kept): State<Kept>, caller: Caller, mut request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let address = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let mut key = Kept::name_of_get(&caller.sight.audience(), address);
    if let Some(Chosen(form)) = request.extensions().get::<Chosen>()
        && *form != Form::Json
    {
        // No address has a zero in it.
        key = [&*key, b"\0", form.name().as_bytes()].concat().into();
    }
    let route = request.extensions().get::<MatchedPath>();
    let route = format!("GET {}", route.map_or("none", MatchedPath::as_str));
    let policy = Policy::of(&caller);
    let asked = request.headers().clone();
    // What is made is whole, whatever this one has already.
    request.headers_mut().remove(header::IF_NONE_MATCH);
    let now = caller.now;
    let make = async move |readings| {
        request.extensions_mut().insert(Caller { readings, ..caller });
        let mut response = next.run(request).await;
        response.extensions_mut().insert(Route(route));
        response
    };
    let answer = kept.answer(key, now, make).await;
    kept.write(&answer, &asked, policy, true)
}
