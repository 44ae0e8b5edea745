//! What may not be asked, in all its spellings, and names that change what they say.

use super::*;
use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn config(allow: &[&str], ports: &[u16]) -> config::Outbound {
    config::Outbound {
        allow: allow.iter().map(|s| (*s).to_owned()).collect(),
        ports: ports.to_vec(),
        allow_http: true,
        ..config::Outbound::default()
    }
}

fn outbound(config: &config::Outbound) -> Outbound {
    Outbound::new(config, "test").unwrap()
}

/// Each is an address of a machine that only the house can reach, or no address at all. The doors are tested with them, too.
fn forbidden() -> Vec<String> {
    let groups: BTreeMap<String, Vec<String>> = serde_json::from_str(include_str!("forbidden.json")).unwrap();
    groups.into_values().flatten().collect()
}

#[test]
fn no_spelling_of_a_forbidden_address_is_taken() {
    let house = outbound(&config(&[], &[80, 443]));
    let forbidden = forbidden();
    assert!(forbidden.len() >= 150, "{}", forbidden.len());
    let mut taken = BTreeMap::new();
    for text in &forbidden {
        if let Ok(address) = house.address(text) {
            taken.insert(text.as_str(), address.to_string());
        }
        // A redirect is read by the same rules; what is no whole address is a path there.
        let from = house.address("https://example.com/feed").unwrap();
        match house.policy.next(&from, text) {
            Ok(next) if next.host() == from.host() => {}
            Ok(next) => {
                taken.insert(text.as_str(), format!("redirect: {next}"));
            }
            Err(_) => {}
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn the_world_may_be_asked() {
    let house = outbound(&config(&[], &[80, 443]));
    for text in [
        "https://example.com/",
        "https://example.com",
        "https://example.com:443/feed?a=b#c",
        "http://example.com/",
        "https://93.184.215.14/",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
        "https://новини.укр/стрічка",
        "https://1.1.1.1/",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://localhost.example.com/",
    ] {
        let address = house.address(text);
        assert!(address.is_ok(), "{text}: {address:?}");
    }
    let careful = outbound(&config::Outbound {
        allow_http: false,
        ..config(&[], &[443])
    });
    assert!(careful.address("http://example.com/").is_err());
    assert!(careful.address("https://example.com/").is_ok());
}

#[test]
fn what_is_allowed_is_a_network_and_no_disguise_of_it() {
    let house = outbound(&config(&["127.0.0.2/32", "fd00::/8"], &[443]));
    for (text, allowed) in [
        ("https://127.0.0.2/", true),
        ("https://127.0.0.1/", false),
        ("https://127.0.0.3/", false),
        ("https://[fd00::1]/", true),
        ("https://[fc00::1]/", false),
        ("https://[::ffff:127.0.0.2]/", false),
        ("https://[::127.0.0.2]/", false),
        ("https://[64:ff9b::127.0.0.2]/", false),
        ("https://0x7f000002/", false),
        ("https://127.2/", false),
    ] {
        assert_eq!(house.address(text).is_ok(), allowed, "{text}");
    }
}

#[test]
fn a_redirect_does_not_leave_tls() {
    let house = outbound(&config(&[], &[80, 443]));
    let from = house.address("https://example.com/feed").unwrap();
    assert!(house.policy.next(&from, "http://example.com/feed").is_err());
    assert_eq!(
        house.policy.next(&from, "other?a").unwrap().as_str(),
        "https://example.com/other?a"
    );
    assert_eq!(
        house.policy.next(&from, "//www.example.com/").unwrap().as_str(),
        "https://www.example.com/"
    );
}

/// Answers every request with this, and counts them.
async fn server(at: &str, answer: &'static str) -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *counted.lock().unwrap() += 1;
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (port, count)
}

fn get(address: Address) -> Ask {
    Ask {
        method: Method::GET,
        address,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        redirects: 3,
        bounds: Bounds {
            time: Duration::from_secs(5),
            bytes: 1000,
        },
    }
}

/// A house whose names say these, one after the other.
fn told(port: u16, answers: &[&[&str]]) -> Outbound {
    let ip = |text: &&str| text.parse::<IpAddr>().unwrap();
    let answers = answers.iter().map(|a| a.iter().map(ip).collect()).collect();
    Outbound {
        names: Names::Told(Arc::new(Mutex::new(answers))),
        ..outbound(&config(&["127.0.0.2/32"], &[port]))
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";

#[tokio::test]
async fn a_name_is_resolved_once_and_what_was_checked_is_connected_to() {
    let (port, asked) = server("127.0.0.2", HELLO).await;
    let house = told(port, &[&["127.0.0.2"]]);
    let address = house.address(&format!("http://rebinding.example:{port}/")).unwrap();
    // A second resolution would find nothing left to say, and panic.
    let answer = house.send(get(address)).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"hello"[..]));
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[tokio::test]
async fn one_forbidden_address_among_several_is_enough() {
    let (port, asked) = server("127.0.0.2", HELLO).await;
    for answers in [
        &["127.0.0.2", "127.0.0.1"][..],
        &["127.0.0.1"],
        &["::ffff:127.0.0.2"],
        &["127.0.0.2", "10.0.0.1"],
        &["::1"],
        &["169.254.169.254"],
    ] {
        let house = told(port, &[answers]);
        let address = house.address(&format!("http://rebinding.example:{port}/")).unwrap();
        let refused = house.send(get(address)).await;
        assert!(matches!(refused, Err(Failure::Refused(_))), "{answers:?}: {refused:?}");
    }
    assert_eq!(*asked.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_line_is_opened_to_what_was_checked_and_to_nothing_else() {
    let (port, asked) = server("127.0.0.2", "HTTP/1.1 204 Told\r\nconnection: close\r\n\r\n").await;
    let house = told(
        port,
        &[&["127.0.0.2"], &["127.0.0.1"], &["169.254.169.254", "127.0.0.2"]],
    );
    let address = house.address(&format!("http://rebinding.example:{port}/")).unwrap();
    let mut line = house.open(&address).await.unwrap();
    let reply = line.ask(Method::POST, &HeaderMap::new(), Bytes::new()).await.unwrap();
    assert_eq!(reply.status.as_u16(), 204);
    // It was closed: the name is asked again, and says something else by now.
    assert!(!line.leads_to(&address).await);
    for _ in 0..2 {
        let refused = house.open(&address).await.err();
        assert!(matches!(refused, Some(Failure::Refused(_))), "{refused:?}");
    }
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_name_that_says_something_else_at_the_redirect_is_checked_again() {
    let (port, asked) = server(
        "127.0.0.2",
        "HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    let house = told(port, &[&["127.0.0.2"], &["127.0.0.1"]]);
    let address = house.address(&format!("http://rebinding.example:{port}/")).unwrap();
    let refused = house.send(get(address)).await;
    assert!(matches!(refused, Err(Failure::Refused(_))), "{refused:?}");
    assert_eq!(*asked.lock().unwrap(), 1);
}

/// A server behind TLS, known by these names to whoever trusts its authority, which is in the file.
async fn behind_tls(at: &str, names: &[&str], folder: &Path) -> (u16, PathBuf) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).unwrap();
    let file = folder.join("authority.pem");
    std::fs::write(&file, cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(HELLO.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, file)
}

#[tokio::test]
async fn who_answers_must_prove_the_name_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (port, file) = behind_tls("127.0.0.2", &["news.example", "127.0.0.2"], folder.path()).await;
    for (host, ca_file, trusted) in [
        ("news.example", &file, true),
        ("NEWS.example", &file, true),
        ("127.0.0.2", &file, true),
        ("other.example", &file, false),
        ("news.example", &PathBuf::new(), false),
    ] {
        let config = config::Outbound {
            allow_http: false,
            ca_file: ca_file.clone(),
            ..config(&["127.0.0.2/32"], &[port])
        };
        let here = vec!["127.0.0.2".parse().unwrap()];
        let house = Outbound {
            names: Names::Told(Arc::new(Mutex::new(vec![here]))),
            ..outbound(&config)
        };
        let answer = house
            .send(get(house.address(&format!("https://{host}:{port}/")).unwrap()))
            .await;
        match answer {
            Ok(answer) => assert!(trusted && &answer.body[..] == b"hello", "{host}"),
            Err(failure) => assert!(
                !trusted && matches!(failure, Failure::Untrusted(_)),
                "{host}: {failure:?}"
            ),
        }
    }
}

#[test]
fn a_file_of_authorities_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nothing.pem");
    let told = |ca_file: &Path| {
        let config = config::Outbound {
            ca_file: ca_file.to_owned(),
            ..config(&[], &[443])
        };
        Outbound::new(&config, "test").err()
    };
    assert!(told(&file).is_some_and(|why| why.contains("nothing.pem")));
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(told(&file).is_some_and(|why| why.contains("nothing.pem")));
    std::fs::write(&file, "no certificate").unwrap();
    assert!(told(&file).is_some_and(|why| why.contains("holds no certificate")));
}

/// Answers every request by sending these pieces, with pauses, for ever.
async fn dripping(at: &str, first: &'static str, piece: &'static str) -> u16 {
    let listener = TcpListener::bind((at, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(first.as_bytes()).await;
                while stream.write_all(piece.as_bytes()).await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn who_takes_his_time_is_given_so_much_and_no_more() {
    for (first, piece) in [
        ("", ""),
        ("HTTP/1.1 200 OK\r\n", "x: y\r\n"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ] {
        let port = dripping("127.0.0.2", first, piece).await;
        let house = told(port, &[]);
        let bounds = Bounds {
            time: Duration::from_millis(400),
            bytes: 1_000_000,
        };
        let address = house.address(&format!("http://127.0.0.2:{port}/")).unwrap();
        let began = std::time::Instant::now();
        let failed = house.send(Ask { bounds, ..get(address) }).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(3), "{first}{piece}");
        // Too many header fields are no answer either.
        assert!(
            matches!(failed, Failure::TooLate | Failure::Unreachable(_)),
            "{failed:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_is_read_so_far_and_no_further() {
    let port = dripping(
        "127.0.0.2",
        "HTTP/1.1 200 OK\r\n\r\n",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    )
    .await;
    let house = told(port, &[]);
    let address = house.address(&format!("http://127.0.0.2:{port}/")).unwrap();
    assert_eq!(house.send(get(address)).await.unwrap_err(), Failure::TooLarge(1000));
}
