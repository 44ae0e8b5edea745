//! Requests that nobody should send: whatever comes, the server answers, blames the sender, and gives nothing back as
//! it came in.

use crate::press::Press;
use crate::runner::{Test, test};
use crate::socket::{Heard, Socket};

pub fn all() -> Vec<Test> {
    vec![
        test(
            "no odd request is answered with a fault of ours or with its own markup",
            odd_requests,
        ),
        test(
            "a request's id is kept if it is plain, and given otherwise",
            request_ids,
        ),
        test(
            "nothing that is asked for can be too far or too early for a clock",
            odd_times,
        ),
    ]
}

const REQUESTS: u64 = 2_000;

/// What would do harm if it came back unescaped.
const MARKUP: &str = "<svg/onload=x9>";

async fn odd_requests(press: Press) {
    press.topic("war", "War", None).await;
    press.story("urn:x:1").slug("one").topics(["war"]).await;
    let mut by_kind = std::collections::BTreeMap::new();
    for seed in 0..REQUESTS {
        let (request, is_whole) = Dice(seed).request(press.admin_key());
        let mut socket = Socket::open(&press).await;
        socket.say(&request).await;
        if !is_whole {
            socket.say_no_more().await;
        }
        let heard = socket.hear().await;
        let shown = || format!("seed {seed}: {:?} → {heard:?}", String::from_utf8_lossy(&request));
        let hung_up = !is_whole && heard.status == 0;
        assert!((200..500).contains(&heard.status) || hung_up, "{}", shown());
        *by_kind.entry(heard.status).or_insert(0) += 1;
        assert!(!heard.head.contains("x9"), "a header gives it back: {}", shown());
        let kind = heard.header("content-type");
        if kind.starts_with("text/html") || kind.starts_with("text/css") || kind.contains("javascript") {
            assert!(!heard.text().contains(MARKUP), "{}", shown());
        }
        // What hyper refuses before it is a request of ours has no body and no type.
        if !kind.is_empty() {
            assert_eq!(heard.header("x-content-type-options"), "nosniff", "{}", shown());
        }
        if heard.status >= 400 && !heard.body.is_empty() {
            assert!(is_error_of_ours(&kind, &heard), "{}", shown());
        }
    }
    // The requests are odd in many ways, not in one.
    assert!(by_kind.len() >= 7, "{by_kind:?}");
    press.get("/v1/articles/one").await.expect(200);
}

fn is_error_of_ours(kind: &str, heard: &Heard) -> bool {
    let json = kind == "application/problem+json"
        || kind.starts_with("application/graphql-response+json")
        || kind.starts_with("application/json")
        // A page for people.
        || kind.starts_with("text/html");
    json || !heard.header("content-encoding").is_empty()
}

async fn request_ids(press: Press) {
    let kept = press.get("/livez").header("x-request-id", "proxy-7.a_B").await;
    assert_eq!(kept.header("x-request-id"), "proxy-7.a_B");
    for odd in [MARKUP, "", "a b", "\u{e9}", &"a".repeat(101)] {
        let given = press.get("/livez").header("x-request-id", odd).await.expect(200);
        assert_eq!(given.header("x-request-id").len(), 36, "{odd}: {given}");
        assert_ne!(given.header("x-request-id"), odd);
    }
}

async fn odd_times(press: Press) {
    press.story("urn:x:1").published_at("1850-06-01T12:00:00.123456Z").await;
    for (range, count) in [
        ("from=-009999-01-02T01:59:59Z&to=9999-12-30T22:00:00Z", 1),
        ("from=9999-12-30T22:00:00Z", 0),
        ("to=-009999-01-03T00:00:00Z", 0),
        ("from=1850-06-01T12:00:00.123456Z&to=1850-06-01T12:00:00.123457Z", 1),
    ] {
        let answer = press
            .get(&format!("/v1/articles?{range}&timeZone=Africa/Monrovia"))
            .await
            .expect(200);
        assert_eq!(
            answer.json()["items"].as_array().unwrap().len(),
            count,
            "{range}: {answer}"
        );
    }
}

/// The same numbers for the same seed on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    /// A request, and whether its body is as long as it says.
    #[rustfmt::skip]
    fn request(&mut self, key: &str) -> (Vec<u8>, bool) {
        let method = self.of(&[
            "GET", "GET", "GET", "GET", "GET", "GET", "HEAD", "PUT", "PUT", "POST", "POST", "DELETE", "OPTIONS",
            "PATCH", "TRACE", "BREW", "get", "CONNECT",
        ]);
        let mut request = format!("{method} ").into_bytes();
        request.extend(self.target());
        request.extend(self.of(&[" HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n"]).as_bytes());
        if !self.one_in(20) {
            request.extend(b"host: localhost\r\n");
        }
        request.extend(b"connection: close\r\n");
        if self.one_in(2) {
            request.extend(format!("authorization: Bearer {key}\r\n").as_bytes());
        }
        for _ in 0..self.below(4) {
            request.extend(self.header());
        }
        let mut is_whole = true;
        let body = if matches!(method, "PUT" | "POST" | "PATCH") { self.body() } else { Vec::new() };
        if !body.is_empty() {
            let kind = self.of(&["application/json", "application/json", "application/json", "text/plain"]);
            if self.one_in(10) {
                is_whole = false;
            }
            let length = body.len() + if is_whole { 0 } else { 7 };
            request.extend(format!("content-type: {kind}\r\ncontent-length: {length}\r\n").as_bytes());
        }
        request.extend(b"\r\n");
        request.extend(body);
        (request, is_whole)
    }

    /// A path and a query string.
    #[rustfmt::skip]
    fn target(&mut self) -> Vec<u8> {
        let mut target = self
            .of(&[
                "/v1/articles", "/v1/articles/", "/v1/articles/one", "/v1/articles/urn%3Ax%3A1", "/v1/articles/urn:x:",
                "/v1/articles/one/versions", "/v1/articles/one/related", "/v1/latest", "/v1/topics", "/v1/topics/war",
                "/v1/topics/war/articles", "/v1/topics/", "/v1/collections/", "/v1/me", "/graphql", "/graphiql/",
                "/docs/", "/articles/", "/topics/", "/", "//", "/..", "/.%2e/", "*", "http://other.example/v1/latest",
                "/v1", "", "/schema.graphql", "/openapi.json", "/metrics",
            ])
            .as_bytes()
            .to_vec();
        for _ in 0..self.below(3) {
            target.extend(self.piece());
        }
        if self.one_in(2) {
            target.push(b'?');
            for _ in 0..=self.below(4) {
                let name = self.of(&[
                    "limit", "after", "before", "total", "timeZone", "include", "topic", "language", "source", "genre",
                    "urgency", "from", "to", "dateField", "version", "kind", "parent", "query", "variables", "x",
                ]);
                target.extend(name.as_bytes());
                target.push(b'=');
                for _ in 0..self.below(3) {
                    target.extend(self.piece());
                }
                target.push(b'&');
            }
        }
        target
    }

    /// Something to stand in a path, in a query string or in a header.
    #[rustfmt::skip]
    fn piece(&mut self) -> Vec<u8> {
        const PIECES: &[&str] = &[
            "%00", "%0d%0aset-cookie:%20x9=1", "%ff", "%c3%28", "%ed%a0%80", "%F0%9F%97%9E", "%", "%zz", "%2", "%2f",
            "%2e%2e%2f", "<svg/onload=x9>", "%3Csvg/onload=x9%3E", "'%20OR%201=1--", "\\", "{}", "[]", "|", "-", ",",
            "a|b", "-a", "war", "one", "en", "true", "1", "0", "-1", "9223372036854775808", "1e999", "NaN", "null",
            "2026-01-12T00:00:00Z", "2026-02-30T25:61:61Z", "Europe/Kyiv", "../../etc/passwd", "relatedLinks,moreAbout",
            "AXMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "0198c0de-0000-7000-8000-000000000000", "urn%3Ax%3A1",
            "%7B__typename%7D", "%7Barticle(by:%7Bslug:%22%5Cu0000%22%7D)%7Bid%7D%7D", "%E2%80%AE", "%EF%BF%BF", ";", "+",
        ];
        match self.below(24) {
            0 => "a".repeat(self.below(3_000)).into_bytes(),
            1 => "%25".repeat(self.below(400)).into_bytes(),
            2 => "x,".repeat(self.below(300)).into_bytes(),
            3 => vec![u8::try_from(33 + self.below(223)).unwrap()],
            _ => self.of(PIECES).as_bytes().to_vec(),
        }
    }

    #[rustfmt::skip]
    fn header(&mut self) -> Vec<u8> {
        let name = self.of(&[
            "accept", "accept-encoding", "accept-language", "authorization", "if-none-match", "if-match",
            "if-modified-since", "idempotency-key", "x-request-id", "origin", "access-control-request-method",
            "range", "expect", "cookie", "content-encoding", "x-forwarded-host", "te", "content-type", "x<x9>", "upgrade",
        ]);
        let value = self.of(&[
            "", "*", "*/*", "application/json", "text/html", "gzip, br;q=0, *;q=0.5", "\"v1\"", "W/\"v999999999999\"", "W/",
            "<svg/onload=x9>", "\u{e9}", "Bearer", "Bearer dl_\u{1}_x", "bytes=0-0,5-", "100-continue", "null", "a\tb",
            "q=1;q=2;,,,;", "https://x9.example", "h2c", "trailers",
        ]);
        let mut header = format!("{name}: {value}").into_bytes();
        if self.one_in(8) {
            header.extend(self.piece());
        }
        if self.one_in(40) {
            header.extend("z".repeat(20_000).bytes());
        }
        header.extend(b"\r\n");
        header
    }

    #[rustfmt::skip]
    fn body(&mut self) -> Vec<u8> {
        const BODIES: &[&str] = &[
            "{}", "[]", "null", "\"\"", "{", "{\"headline\":\"<svg/onload=x9>\"}", "{\"headline\":\"A\",\"topics\":[\"war\"]}",
            "{\"headline\":\"\\u0000\"}", "{\"headline\":\"A\",\"headline\":\"B\"}", "{\"headline\":\"A\",\"urgency\":1e999}",
            "{\"<svg/onload=x9>\":1}", "{\"headline\":\"A\",\"body\":\"<svg/onload=x9><p><table><a href=//x9>\"}",
            "{\"headline\":\"A\",\"expires\":\"9999-12-31T23:59:59Z\"}", "{\"names\":{\"en\":\"War\"},\"parent\":\"war\"}",
            "{\"name\":\"Front\",\"items\":[\"one\",\"\\u0000\"]}", "{\"query\":\"{__typename}\"}", "{\"query\":\"{\"}",
            "{\"query\":\"{ article(by:{slug:\\\"\\\\u0000\\\"}) { id } topic(by:{code:\\\"\\\\u0000\\\"}) { id } }\"}",
            "{\"query\":\"mutation($i:PublishArticleInput!){publishArticle(input:$i){outcome userErrors{code}}}\",\
              \"variables\":{\"i\":{\"uri\":\"urn:x:2\",\"headline\":\"<svg/onload=x9>\"}}}",
            "{\"query\":\"{__typename}\",\"variables\":[]}", "[{\"query\":\"{__typename}\"}]",
        ];
        match self.below(6) {
            0 => "[".repeat(self.below(5_000)).into_bytes(),
            1 => (0..self.below(300)).map(|_| u8::try_from(self.below(256)).unwrap()).collect(),
            _ => self.of(BODIES).as_bytes().to_vec(),
        }
    }
}
