use std::fs;

use toml::Table;

use super::rules::{RULES, Rule, Shape};
use super::*;

fn faults(file: &str, settings: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    fs::write(&path, file).unwrap();
    let settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let faults = Config::read(Some(&path), settings).unwrap_err().to_string();
    faults
        .replace(&folder.path().display().to_string(), "DIR")
        .replace('\\', "/")
}

fn read(file: &str, settings: &[(&str, &str)]) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.toml");
    fs::write(&path, file).unwrap();
    let settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::read(Some(&path), settings).unwrap()
}

#[test]
fn the_manual_the_rules_and_the_defaults_name_the_same_settings_and_values() {
    let manual: Table = MANUAL.parse().unwrap();
    assert_eq!(manual, Table::try_from(Config::default()).unwrap());
    assert_eq!(Config::from_toml(MANUAL), Ok(Config::default()));
    assert_eq!(Config::from_toml(""), Ok(Config::default()));

    let named = |(section, keys): (&String, &toml::Value)| -> Vec<String> {
        keys.as_table()
            .unwrap()
            .keys()
            .map(|key| format!("{section}.{key}"))
            .collect()
    };
    let mut ruled: Vec<String> = RULES.iter().map(Rule::path).collect();
    ruled.sort();
    assert_eq!(manual.iter().flat_map(named).collect::<Vec<_>>(), ruled);
}

/// Both ends of every range pass through the types, so a rule is never wider than its field.
#[test]
fn what_the_rules_allow_the_types_can_hold() {
    let ends = |rule: &Rule| match &rule.shape {
        Shape::Number(range) => vec![range.start().to_string(), range.end().to_string()],
        Shape::Flag => vec!["true".to_owned(), "false".to_owned()],
        Shape::OneOf(words) => words.iter().map(|word| format!("{word:?}")).collect(),
        Shape::Numbers(range) => vec![format!("[{}, {}]", range.start(), range.end())],
        Shape::Text(_) | Shape::List(_) => Vec::new(),
    };
    for rule in RULES {
        for value in ends(rule) {
            let text = format!("{} = {value}", rule.path());
            let told = Config::from_toml(&text).map_err(|faults| faults.to_string());
            // Only the rules between settings may object here.
            let fine = told
                .as_ref()
                .map_or_else(|told| told.contains("lower it or raise"), |_| true);
            assert!(fine, "{text}: {told:?}");
        }
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_command_line_over_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\nstop_seconds = 1\n[store]\nurl = \"sqlite://file.db\"\n\
                [site]\nlanguages = [\"uk\"]\ntime_zone = \"europe/kyiv\"";
    let config = read(
        file,
        &[
            ("--listen", "[::1]:0"),
            ("--data", "/srv/news"),
            ("DATELINE__SERVER__LISTEN", "127.0.0.1:2"),
            ("DATELINE__STORE__URL", "postgres://one/two"),
            ("DATABASE_URL", "postgres://three/four"),
            ("DATELINE__SERVER__STOP_SECONDS", "2_0"),
            (
                "DATELINE__SERVER__CORS_ORIGINS",
                "https://a.example, http://b.example:81",
            ),
            ("DATELINE__GRAPHQL__GRAPHIQL", "false"),
            ("DATELINE__SITE__LANGUAGES", "[\"en\", \"pt-BR\"]"),
            ("DATELINE__OUTBOUND__PORTS", "443, 8443"),
            ("DATELINE__LOG__FORMAT", "json"),
            ("DATELINE_CONFIG", "not ours"),
            ("PATH", "not ours"),
        ],
    );
    let expected = Config {
        server: Server {
            listen: "[::1]:0".parse().unwrap(),
            stop_seconds: 20,
            cors_origins: vec!["https://a.example".to_owned(), "http://b.example:81".to_owned()],
            ..Server::default()
        },
        store: Store {
            url: "postgres://one/two".to_owned(),
            data_dir: PathBuf::from("/srv/news"),
            ..Store::default()
        },
        wire: Wire::default(),
        search: Search::default(),
        site: Site {
            time_zone: TimeZone::get("Europe/Kyiv").unwrap(),
            languages: vec!["en".to_owned(), "pt-BR".to_owned()],
            ..Site::default()
        },
        access: Access::default(),
        graphql: Graphql {
            graphiql: false,
            ..Graphql::default()
        },
        limits: Limits::default(),
        usage: Usage::default(),
        outbound: Outbound {
            ports: vec![443, 8443],
            ..Outbound::default()
        },
        purge: Purge::default(),
        log: Log {
            format: LogFormat::Json,
            ..Log::default()
        },
    };
    assert_eq!(config, expected);
    assert_eq!(config.site.time_zone.iana_name(), Some("Europe/Kyiv"));
}

#[test]
fn an_empty_database_url_changes_nothing_and_an_empty_list_is_a_list() {
    let config = read(
        "[store]\nurl = \"sqlite://file.db\"",
        &[("DATABASE_URL", ""), ("DATELINE__SERVER__CORS_ORIGINS", "")],
    );
    assert_eq!(config.store.url, "sqlite://file.db");
    assert_eq!(config.server.cors_origins, Vec::<String>::new());
}

#[test]
fn all_faults_of_all_layers_are_told_at_once() {
    let file = r#"listen = "127.0.0.1:8080"
site = 3
[serve]
anything = 1
[server]
lisen = "127.0.0.1:8080"
url = "sqlite://x"
frobnicate = true
body_limit = "2 MB"
header_seconds = 0
stop_seconds = 1.5
cors_origins = ["https://www.example.com/"]
public_url = "news.example.com"
[store]
read_connections = = 3
data_dir = ""
[graphql]
introspection = "yes"
max_body_bytes = 1_024
[log]
filter = "dateline=loud"
format = "xml"
[quux]
"#;
    let told = faults(
        file,
        &[
            ("--listen", "localhost:8080"),
            ("DATELINE__GRAPHQL__MAX_DEPTH", "deep"),
            ("DATELINE__GRAPHQL__INTROSPECTION", "on"),
            ("DATELINE__SITE__LANGUAGES", "en,en-gb"),
            ("DATELINE__SITE__TIME_ZONE", "Europe/Kyjiv"),
            ("DATELINE__SITE__NAMES", "x"),
            ("DATELINE__LISTEN", "x"),
            ("DATELINE__SERVER", "x"),
            ("DATELINE__SERVE__LISTEN", "x"),
            ("DATELINE_SERVER_LISTEN", "x"),
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn a_password_is_in_no_fault_and_in_no_debug_output() {
    let url = "postgres://dateline:s3cret@db/news";
    let config = read("", &[("DATABASE_URL", url)]);
    assert_eq!(config.store.url, url);
    assert!(!format!("{config:?} {config:#?}").contains("s3cret"));

    let wrong = [
        "url = postgres://dateline:s3cret@db/news",
        "url = \"postgres://dateline:s3cret@db/news",
        "url = \"mysql://dateline:s3cret@db/news\"",
        "url = \"postgres://dateline:s3cret#@db:x/news\"",
        "url = [\"postgres://dateline:s3cret@db/news\"]",
        "data_dir = 1\n\"postgres://dateline:s3cret@db/news\" = 1",
        "url = \"\"\n[server]\nlisten = \"postgres://dateline:s3cret@db/news\"",
        "url = \"\"\n[log]\nfilter = \"x=postgres://dateline:s3cret@db/news\"\nformat = \"a:s3cret@db\"",
        "url = \"\"\n[server]\ncors_origins = [\"postgres://dateline:s3cret@db/news\"]",
    ];
    for lines in wrong {
        let faults = Config::from_toml(&format!("[store]\n{lines}")).unwrap_err();
        assert!(!format!("{faults} {faults:?}").contains("s3cret"), "{faults}");
    }
    let shown = faults(
        "",
        &[
            ("DATABASE_URL", "mysql://u:s3cret@db"),
            ("DATELINE__STORE__READ_CONNECTIONS", url),
        ],
    );
    assert!(!shown.contains("s3cret"), "{shown}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_beside_the_others() {
    let settings = [("DATELINE__LOG__FORMAT".to_owned(), "xml".to_owned())];
    let faults = Config::read(Some(Path::new("no/such.toml")), settings.into_iter())
        .unwrap_err()
        .to_string();
    let (first, second) = (faults.lines().nth(1).unwrap(), faults.lines().nth(2).unwrap());
    assert!(first.starts_with("  no/such.toml: cannot be read ("), "{first}");
    assert_eq!(
        second,
        "  DATELINE__LOG__FORMAT: log.format is \"xml\": write text or json"
    );
}

#[test]
fn links_begin_with_the_public_url_or_the_bound_address() {
    let bound = "127.0.0.1:4321".parse().unwrap();
    assert_eq!(Server::default().base(bound), "http://127.0.0.1:4321");
    let public = Server {
        public_url: "https://news.example.com/wire/".to_owned(),
        ..Server::default()
    };
    assert_eq!(public.base(bound), "https://news.example.com/wire");
}
