//! Others' validators: xmllint (libxml2-utils), Python's feedparser and jsonschema, with schemas that are not ours.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use dateline_tests::corpus;
use serde_json::Value;

/// The system's Python: that is where the packages are.
static PYTHON: LazyLock<&str> = LazyLock::new(|| match Path::new("/usr/bin/python3").exists() {
    true => "/usr/bin/python3",
    false => "python3",
});

/// What is missing here to hold a format against others' rules.
pub fn missing() -> Option<&'static str> {
    static MISSING: LazyLock<Option<&str>> = LazyLock::new(|| {
        let works = |program: &str, arguments: &[&str]| {
            let ended = Command::new(program)
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            ended.is_ok_and(|status| status.success())
        };
        if !works("xmllint", &["--version"]) {
            return Some("no xmllint here");
        }
        match works(&PYTHON, &["-c", "import feedparser, jsonschema"]) {
            true => None,
            false => Some("no feedparser or jsonschema for Python here"),
        }
    });
    *MISSING
}

/// A schema of ours, or of the corpus.
pub fn schema(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(name);
    if own.exists() {
        return own;
    }
    corpus().expect("a corpus").join(name)
}

fn run(program: &str, arguments: &[&str], input: &[u8]) -> (bool, String) {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let fed = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = fed.join();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[track_caller]
fn holds(about: &str, (success, said): (bool, String), document: &[u8]) {
    assert!(success, "{about}: {said}\n{}", String::from_utf8_lossy(document));
}

/// Well-formed, and valid by a RELAX NG.
#[track_caller]
pub fn relax_ng(document: &[u8], schema: &Path) {
    let arguments = ["--noout", "--nonet", "--relaxng", schema.to_str().unwrap(), "-"];
    holds("RELAX NG", run("xmllint", &arguments, document), document);
}

/// Well-formed, and valid by an XML Schema.
#[track_caller]
pub fn xml_schema(document: &[u8], schema: &Path) {
    let arguments = ["--noout", "--nonet", "--schema", schema.to_str().unwrap(), "-"];
    holds("XML Schema", run("xmllint", &arguments, document), document);
}

/// What there is to say against many files at once.
pub fn xml_schemas(files: &[PathBuf], schema: &Path) -> String {
    let mut arguments = vec!["--noout", "--nonet", "--schema", schema.to_str().unwrap()];
    arguments.extend(files.iter().map(|file| file.to_str().unwrap()));
    let (success, said) = run("xmllint", &arguments, b"");
    let faults: Vec<&str> = said.lines().filter(|line| !line.ends_with(" validates")).collect();
    assert!(success || !faults.is_empty(), "xmllint failed and says nothing");
    faults.join("\n")
}

/// What a program in Python says, and whether it ended well.
pub fn python(program: &str, arguments: &[&str]) -> (bool, String) {
    let mut all = vec!["-W", "ignore", "-c", program];
    all.extend(arguments);
    run(&PYTHON, &all, b"")
}

/// Well-formed.
#[track_caller]
pub fn well_formed(document: &[u8]) {
    holds("XML", run("xmllint", &["--noout", "--nonet", "-"], document), document);
}

const JSON_SCHEMA: &str = "
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
others = [json.load(open(path)) for path in sys.argv[2:]]
store = {other.get('$id', '').rstrip('#'): other for other in others}
store.update({other.get('$id', ''): other for other in others})
kind = jsonschema.validators.validator_for(schema)
resolver = jsonschema.RefResolver.from_schema(schema, store=store)
checker = jsonschema.FormatChecker()
import urllib.parse
@checker.checks('uri')
def uri(value):
    # rfc3987 is not installed by default: what it would find is a missing scheme or a letter that is not allowed.
    return not isinstance(value, str) or (value.isascii() and ' ' not in value and bool(urllib.parse.urlparse(value).scheme))
import datetime
@checker.checks('date-time', ValueError)
def date_time(value):
    return not isinstance(value, str) or bool(datetime.datetime.fromisoformat(value[:19]) and (value.endswith('Z') or value[-6] in '+-'))
faults = list(kind(schema, resolver=resolver, format_checker=checker).iter_errors(json.load(sys.stdin)))
for fault in faults[:10]:
    print(list(fault.absolute_path), fault.message[:300])
sys.exit(1 if faults else 0)
";

/// Valid by a JSON Schema, formats too. `others` are schemas that it refers to.
#[track_caller]
pub fn json_schema(document: &Value, schema: &Path, others: &[&Path]) {
    let mut arguments = vec!["-W", "ignore", "-c", JSON_SCHEMA, schema.to_str().unwrap()];
    arguments.extend(others.iter().map(|path| path.to_str().unwrap()));
    let document = document.to_string().into_bytes();
    holds("JSON Schema", run(&PYTHON, &arguments, &document), &document);
}

const FEEDPARSER: &str = "
import feedparser, json, sys
feedparser.SANITIZE_HTML = 0
feed = feedparser.parse(sys.stdin.buffer.read())
text = lambda entry, *names: next((entry[name] for name in names if name in entry), None)
print(json.dumps({
    'bozo': int(feed.bozo), 'why': str(feed.get('bozo_exception', '')), 'version': feed.version,
    'title': feed.feed.get('title'), 'links': [[l.get('rel'), l.get('href')] for l in feed.feed.get('links', [])],
    'entries': [{
        'id': e.get('id'), 'title': e.get('title'), 'link': e.get('link'), 'summary': e.get('summary'),
        'content': [c.value for c in e.get('content', [])], 'language': e.get('title_detail', {}).get('language'),
        'published': list(e.get('published_parsed') or [])[:6], 'updated': e.get('updated'),
        'tags': [t.get('label') or t.get('term') for t in e.get('tags', [])], 'author': e.get('author'),
        'media': [m.get('url') for m in e.get('media_content', [])],
        'links': [[l.get('rel'), l.get('href')] for l in e.get('links', [])],
    } for e in feed.entries],
}))
";

/// What feedparser makes of it; anything that it has to say against it fails.
#[track_caller]
pub fn feedparser(document: &[u8]) -> Value {
    let (success, said) = run(&PYTHON, &["-W", "ignore", "-c", FEEDPARSER], document);
    holds("feedparser", (success, said.clone()), document);
    let feed: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(
        feed["bozo"],
        0,
        "{}\n{}",
        feed["why"],
        String::from_utf8_lossy(document)
    );
    feed
}
