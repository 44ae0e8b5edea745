//! Content codings (RFC 9110 §8.4.1) of answers that are kept: each made once.

use axum::http::{HeaderMap, header};
use bytes::Bytes;
use std::io::Write;

/// Bytes. What is shorter fits into one packet as it is, and the shortest would grow.
pub const WORTH_PACKING: usize = 512;

/// In the order that we like them: the smallest result first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Brotli,
    Zstd,
    Gzip,
}

impl Packing {
    pub const COUNT: usize = 3;
    const ALL: [Packing; Packing::COUNT] = [Packing::Brotli, Packing::Zstd, Packing::Gzip];

    pub fn name(self) -> &'static str {
        match self {
            Packing::Brotli => "br",
            Packing::Zstd => "zstd",
            Packing::Gzip => "gzip",
        }
    }

    /// What the asker likes best of what we can do (RFC 9110 §12.5.3); none for bytes as they are.
    pub fn wanted(asked: &HeaderMap, bytes: usize) -> Option<Packing> {
        if bytes < WORTH_PACKING {
            return None;
        }
        let said = asked
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|v| v.to_str().ok());
        let said: Vec<(&str, f32)> = said.flat_map(|v| v.split(',')).map(weighed).collect();
        let liked = |name: &str| {
            let own = said.iter().find(|(coding, _)| coding.eq_ignore_ascii_case(name));
            own.or_else(|| said.iter().find(|(coding, _)| *coding == "*"))
                .map(|(_, weight)| *weight)
        };
        // `identity` is always welcome unless something is said of it.
        let as_it_is = said
            .iter()
            .find(|(coding, _)| coding.eq_ignore_ascii_case("identity"))
            .map_or(0.0, |(_, weight)| *weight);
        let mut best = None;
        for packing in Packing::ALL {
            let weight = liked(packing.name()).unwrap_or(0.0);
            if weight > 0.0 && weight >= as_it_is && best.is_none_or(|(_, most)| weight > most) {
                best = Some((packing, weight));
            }
        }
        best.map(|(packing, _)| packing)
    }
}

fn weighed(item: &str) -> (&str, f32) {
    let mut parts = item.split(';').map(str::trim);
    let coding = parts.next().unwrap_or_default();
    let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
    let weight = weight.map_or(Some(1.0), |q| q.parse().ok()).unwrap_or(0.0);
    (coding, weight)
}

/// None when it cannot be done; the answer goes out as it is then.
pub fn pack(packing: Packing, bytes: &[u8]) -> Option<Bytes> {
    let packed = match packing {
        Packing::Brotli => {
            let mut packed = Vec::with_capacity(bytes.len() / 3);
            let settings = brotli::enc::BrotliEncoderParams {
                quality: 5,
                size_hint: bytes.len(),
                ..Default::default()
            };
            brotli::BrotliCompress(&mut &*bytes, &mut packed, &settings).ok()?;
            packed
        }
        Packing::Zstd => zstd::bulk::compress(bytes, 3).ok()?,
        Packing::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(bytes).ok()?;
            gzip.finish().ok()?
        }
    };
    Some(packed.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn wanted(accept: &'static str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
        Packing::wanted(&headers, 10_000).map(Packing::name)
    }

    #[test]
    fn the_coding_that_is_liked_best_is_chosen() {
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(wanted("gzip"), Some("gzip"));
        assert_eq!(wanted("br;q=0.5, gzip"), Some("gzip"));
        assert_eq!(wanted("*"), Some("br"));
        assert_eq!(wanted("br;q=0, *;q=0.1"), Some("zstd"));
        assert_eq!(wanted("identity, gzip;q=0.5"), None);
        assert_eq!(wanted("deflate"), None);
        assert_eq!(wanted("gzip;q=rubbish"), None);
        assert_eq!(wanted(""), None);
        assert_eq!(Packing::wanted(&HeaderMap::new(), 10_000), None);
    }

    #[test]
    fn short_answers_stay_as_they_are() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br"));
        assert_eq!(Packing::wanted(&headers, WORTH_PACKING - 1), None);
    }
}
