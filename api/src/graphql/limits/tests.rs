use std::time::{Duration, Instant};

use async_graphql::Pos;

use super::*;

/// A generous bound: what is not linear takes seconds to years here. (Built with optimisations each takes well under
/// a tenth of a second.)
const AT_ONCE: Duration = Duration::from_millis(500);

fn checked(text: &str) -> Checked {
    check(text, &Limits::default()).unwrap_or_else(|refusal| panic!("{refusal:?} for {text}"))
}

fn size(text: &str) -> Size {
    checked(text).operation(None).expect("one operation").size
}

/// The code and the message with which a text is refused, as a whole or as its only operation.
fn refused(text: &str) -> (&'static str, String) {
    refused_by(text, &Limits::default())
}

fn refused_by(text: &str, limits: &Limits) -> (&'static str, String) {
    let start = Instant::now();
    let verdict = check(text, limits).and_then(|checked| checked.operation(None)?.within(limits));
    let took = start.elapsed();
    assert!(took < AT_ONCE, "{took:?} for {} bytes", text.len());
    let refusal = verdict.expect_err(text);
    assert!(refusal.message.len() < 200, "{}", refusal.message);
    (refusal.code.as_str(), refusal.message)
}

fn refusal(code: &'static str, message: &str) -> (&'static str, String) {
    (code, message.to_owned())
}

/// `{a{a{…}}}`, so many fields deep.
fn nested(depth: usize) -> String {
    format!("{}{}", "{a".repeat(depth), "}".repeat(depth))
}

#[test]
fn a_query_is_measured_with_its_fragments_written_out() {
    let size = size(
        "query Q @d { x: a @d { b ...F } ...F ... on Query @d { c } } \
         fragment F on T @d { y: e { f } ...G } fragment G on T { __typename z: g @d }",
    );
    // a, b, ...F(e, f, ...G(__typename, g)), again ...F(…), ... on, c
    assert_eq!(size.nodes, 2 + 6 + 6 + 2);
    assert_eq!(size.depth, 3);
    assert_eq!(size.levels, 3);
    assert_eq!(size.aliases, 1 + 2 + 2);
    // a, e, __typename, g, c
    assert_eq!(size.width, 5);
    // the query, a, two times (F and g), the inline fragment
    assert_eq!(size.directives, 1 + 1 + 2 + 2 + 1);
    assert!(size.reads && !size.introspects);
}

#[test]
fn each_limit_is_kept_and_told_with_what_was_found() {
    let long = format!("{{a}}#{}", "x".repeat(16 * 1024 - 3));
    assert_eq!(
        refused(&long),
        refusal(
            "DOCUMENT_TOO_LARGE",
            "The document is 16385 bytes long; the limit is 16384."
        )
    );
    checked(&long[1..].replacen("a}", "{a}", 1)[..16_384]);

    assert_eq!(
        refused(&format!("{{{}}}", "a ".repeat(999))),
        refusal("TOO_MANY_TOKENS", "The document has 1001 tokens; the limit is 1000.")
    );
    checked(&format!("{{{}}}", "a ".repeat(998)));

    assert_eq!(
        refused(&format!("{{a(b:{}1{})}}", "[".repeat(63), "]".repeat(63))),
        refusal(
            "QUERY_TOO_DEEP",
            "The document's brackets are nested 65 deep; the limit is 64."
        )
    );
    checked(&format!("{{a(b:{}1{})}}", "[".repeat(62), "]".repeat(62)));

    assert_eq!(
        refused(&nested(11)),
        refusal("QUERY_TOO_DEEP", "The query is nested 11 deep; the limit is 10.")
    );
    assert!(
        checked(&nested(10))
            .operation(None)
            .expect("one")
            .within(&Limits::default())
            .is_ok()
    );

    let aliases = |n: usize| format!("{{a{{{}}}}}", "x:a ".repeat(n));
    assert_eq!(
        refused(&aliases(31)),
        refusal("TOO_MANY_ALIASES", "The query has 31 aliases; the limit is 30.")
    );
    assert!(
        checked(&aliases(30))
            .operation(None)
            .expect("one")
            .within(&Limits::default())
            .is_ok()
    );

    assert_eq!(
        refused(&format!("{{{}}}", "a ".repeat(21))),
        refusal(
            "TOO_MANY_ROOT_FIELDS",
            "The query has 21 fields at its root; the limit is 20."
        )
    );
    assert_eq!(
        refused(&format!("{{...F ...F}} fragment F on Q {{{}}}", "a ".repeat(11))),
        refusal(
            "TOO_MANY_ROOT_FIELDS",
            "The query has 22 fields at its root; the limit is 20."
        )
    );
    assert_eq!(
        refused(&format!("{{a{}}}", "@skip(if:false)".repeat(21))),
        refusal("TOO_MANY_DIRECTIVES", "The query has 21 directives; the limit is 20.")
    );
    assert_eq!(
        refused(&format!("query($v:Int {}){{a(v:$v)}}", "@d".repeat(21))),
        refusal("TOO_MANY_DIRECTIVES", "The query has 21 directives; the limit is 20.")
    );
    let limits = Limits {
        nodes: 30,
        ..Limits::default()
    };
    assert_eq!(
        refused_by(&format!("{{a{{{}}}}}", "b ".repeat(30)), &limits),
        refusal(
            "TOO_MANY_FIELDS",
            "With its fragments written out the document has 31 fields; the limit is 30."
        )
    );
    // All operations are validated, so all are counted.
    assert_eq!(
        check("query A{a b} query B{a b}", &Limits { nodes: 3, ..limits })
            .expect_err("4")
            .message,
        "With its fragments written out the document has 4 fields; the limit is 3."
    );
}

#[test]
fn fragments_nest_as_fields_do() {
    // Deep only when written out.
    let chain = |n: usize| {
        let fragments = (0..n)
            .map(|i| format!("fragment F{i} on T{{a{{...F{}}}}}", i + 1))
            .collect::<String>();
        format!("{{...F0}}{fragments}fragment F{n} on T{{a}}")
    };
    assert_eq!(
        refused(&chain(10)),
        refusal("QUERY_TOO_DEEP", "The query is nested 11 deep; the limit is 10.")
    );
    // Spreads alone make no field deeper, but they are recursion all the same.
    let spreads = |n: usize| {
        let fragments = (0..n)
            .map(|i| format!("fragment F{i} on T{{...F{}}}", i + 1))
            .collect::<String>();
        format!("{{...F0}}{fragments}fragment F{n} on T{{a}}")
    };
    assert!(
        checked(&spreads(31))
            .operation(None)
            .expect("one")
            .within(&Limits::default())
            .is_ok()
    );
    assert_eq!(
        refused(&spreads(32)),
        refusal(
            "QUERY_TOO_DEEP",
            "The query's fields and fragments are nested 33 deep; the limit is 32."
        )
    );
    let limits = Limits {
        tokens: 100_000,
        ..Limits::default()
    };
    assert_eq!(
        refused_by(&spreads(500), &limits),
        refusal(
            "QUERY_TOO_DEEP",
            "The query's fields and fragments are nested more than 128 deep."
        )
    );
    assert!(Limits { depth: 60, ..limits }.levels() == 60);
}

#[test]
fn a_fragment_bomb_is_answered_at_once() {
    // 27 levels, each spreading the next twice: two to the power of 27 fields out of 871 bytes.
    let mut bomb = "{...a00}".to_owned();
    for i in 0..26 {
        bomb += &format!("fragment a{i:02} on Q{{...a{:02}...a{:02}}}", i + 1, i + 1);
    }
    bomb += "fragment a26 on Q{a}";
    assert!(bomb.len() < 1024, "{}", bomb.len());
    assert_eq!(
        refused(&bomb),
        refusal(
            "TOO_MANY_FIELDS",
            "With its fragments written out the document has 201326591 fields; the limit is 2000."
        )
    );
    // And one that overflows every integer.
    let mut bomb = "{...a0}".to_owned();
    for i in 0..60 {
        bomb += &format!("fragment a{i} on Q{{{}}}", format!("...a{}", i + 1).repeat(4));
    }
    bomb += "fragment a60 on Q{a}";
    assert_eq!(
        refused(&bomb),
        refusal(
            "TOO_MANY_FIELDS",
            "With its fragments written out the document has more than 1000000000 fields; the limit is 2000."
        )
    );
}

#[test]
fn broken_fragments_are_refused_before_anything_follows_them() {
    let cases = [
        ("{...A} fragment A on Q{...A}", "The fragment `A` spreads itself."),
        (
            "{...A} fragment A on Q{a{...B}} fragment B on Q{... on Q{...A}}",
            "The fragment `A` spreads itself.",
        ),
        (
            "{a} fragment A on Q{...B} fragment B on Q{...A}",
            "The fragment `A` spreads itself.",
        ),
        ("{...Nowhere}", "The document has no fragment `Nowhere`."),
        ("{a} fragment A on Q{...B}", "The document has no fragment `B`."),
    ];
    for (text, message) in cases {
        assert_eq!(refused(text), refusal("GRAPHQL_VALIDATION_FAILED", message), "{text}");
    }
    let refusal = check("{\n  ...Nowhere}", &Limits::default()).expect_err("no fragment");
    assert_eq!(refusal.at, [Pos { line: 2, column: 3 }]);
}

#[test]
fn syntax_errors_are_short_and_have_a_place() {
    for (text, message, line, column) in [
        ("", "Syntax error: expected executable_definition.", 1, 1),
        (
            "{a} type X{a:Int}",
            "Syntax error: expected EOI or executable_definition.",
            1,
            5,
        ),
        ("{a(b:1)", "Syntax error: the document ends where `}` is missing.", 1, 8),
        (
            "{\n a(b:\"x) }",
            "Syntax error: a string is not closed on its line.",
            2,
            6,
        ),
        ("{a} {b}", "Syntax error: document contains multiple operations.", 1, 5),
        (
            "query A{a} query A{b}",
            "Syntax error: operation A is defined twice.",
            1,
            12,
        ),
    ] {
        let refusal = check(text, &Limits::default()).expect_err(text);
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (Code::ParseFailed, message),
            "{text}"
        );
        assert_eq!(refusal.at.first(), Some(&Pos { line, column }), "{text}");
    }
    let refusal = check("fragment F on Q{a}", &Limits::default()).expect_err("no operation");
    assert_eq!(refusal.message, "Syntax error: document does not contain an operation.");
}

#[test]
fn the_operation_is_chosen_by_the_specification() {
    let one = checked("query A{a}");
    assert_eq!(one.operation(None).expect("the only one").name.as_deref(), Some("A"));
    assert_eq!(one.operation(Some("A")).expect("named").name.as_deref(), Some("A"));
    let unnamed = checked("{a}").operation(Some("A")).expect_err("it has no name");
    assert_eq!(
        (unnamed.code.as_str(), unnamed.message.as_str()),
        ("OPERATION_NOT_FOUND", "The document has no operation `A`.")
    );
    let two = checked("query A{a} mutation B{b}");
    assert_eq!(two.operation(Some("B")).expect("named").kind, OperationType::Mutation);
    let unsaid = two.operation(None).expect_err("which one");
    assert_eq!(
        (unsaid.code.as_str(), unsaid.message.as_str()),
        (
            "OPERATION_NAME_REQUIRED",
            "The document has 2 operations; `operationName` must say which one to run."
        )
    );
    let long = two.operation(Some(&"é".repeat(10_000))).expect_err("no such name");
    assert!(long.message.chars().count() < 120, "{}", long.message);
}

#[test]
fn floods_of_16_kib_are_answered_at_once() {
    let kib16 = |piece: &str| piece.repeat(16 * 1024 / piece.len());
    for (flood, code) in [
        (kib16("["), "TOO_MANY_TOKENS"),
        (kib16("{a"), "TOO_MANY_TOKENS"),
        (kib16("{"), "TOO_MANY_TOKENS"),
        (kib16("("), "TOO_MANY_TOKENS"),
        (kib16("}"), "TOO_MANY_TOKENS"),
        (kib16("a:a "), "TOO_MANY_TOKENS"),
        (kib16("@d"), "TOO_MANY_TOKENS"),
        (kib16("..."), "TOO_MANY_TOKENS"),
        (kib16("\"\" "), "TOO_MANY_TOKENS"),
        (kib16("\"\"\"\"\"\""), "TOO_MANY_TOKENS"),
        (kib16("1 "), "TOO_MANY_TOKENS"),
        (kib16("#\n"), "GRAPHQL_PARSE_FAILED"),
        (kib16(" "), "GRAPHQL_PARSE_FAILED"),
        (kib16("\u{feff},"), "GRAPHQL_PARSE_FAILED"),
        (kib16("a"), "GRAPHQL_PARSE_FAILED"),
        (format!("#{}", kib16("x").split_off(1)), "GRAPHQL_PARSE_FAILED"),
        (format!("\"{}", kib16("x").split_off(1)), "GRAPHQL_PARSE_FAILED"),
        (format!("\"\"\"{}", kib16("x").split_off(3)), "GRAPHQL_PARSE_FAILED"),
        (format!("\"{}", kib16("\\").split_off(1)), "GRAPHQL_PARSE_FAILED"),
        (
            format!("\"\"\"{}", kib16("\\\"\"\"").split_off(4)),
            "GRAPHQL_PARSE_FAILED",
        ),
        ("[".repeat(500), "QUERY_TOO_DEEP"),
        ("{a".repeat(400), "QUERY_TOO_DEEP"),
        (format!("{{a(b:{}", "[".repeat(500)), "QUERY_TOO_DEEP"),
        (format!("{{a(b:{}", "{a:".repeat(300)), "QUERY_TOO_DEEP"),
        (format!("query($v:[Int]={}", "[".repeat(500)), "QUERY_TOO_DEEP"),
        (format!("query($v:{}", "[".repeat(500)), "QUERY_TOO_DEEP"),
        (format!("{{{}}}", "a:a ".repeat(300)), "TOO_MANY_ALIASES"),
        (format!("{{a {}}}", "@d ".repeat(450)), "TOO_MANY_DIRECTIVES"),
        (
            format!("{{a(b:{})}}", format!("\"{}\"", "\\u0041".repeat(2_500)) + ")"),
            "GRAPHQL_PARSE_FAILED",
        ),
    ] {
        assert_eq!(refused(&flood).0, code, "{:.40}", flood);
    }
    // What is long but within the limits is parsed, and that too is quick.
    let start = Instant::now();
    checked(&format!("{{a{}}}", "#\n".repeat(8_000)));
    checked(&format!("{{a{}}}", " ".repeat(16_000)));
    checked(&format!("{{a(b:{}1{})}}", "[".repeat(62), "]".repeat(62)));
    checked(&format!("query($v:Int={}1{}){{a}}", "[".repeat(62), "]".repeat(62)));
    checked(&format!("query($v:{}Int{}){{a}}", "[".repeat(62), "]".repeat(62)));
    checked(&format!("{{a(b:{}1{})}}", "{a:".repeat(62), "}".repeat(62)));
    checked(&nested(64));
    checked(&format!("{{{}a{}}}", "...{".repeat(63), "}".repeat(63)));
    checked(&format!("{{a(b:\"{}\")}}", "\\u0041".repeat(2_500)));
    checked(&format!("{{a(b:\"\"\"{}\"\"\")}}", "\\\"\"\"".repeat(4_000)));
    assert!(start.elapsed() < AT_ONCE * 2, "{:?}", start.elapsed());
}

/// What development tools send, as graphql-js 16 writes it.
pub(in crate::graphql) const INTROSPECTION_QUERY: &str = "
    query IntrospectionQuery { __schema {
      description queryType { name } mutationType { name } subscriptionType { name }
      types { ...FullType }
      directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
    fragment FullType on __Type {
      kind name description specifiedByURL
      fields(includeDeprecated: true) {
        name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
        isDeprecated deprecationReason }
      inputFields(includeDeprecated: true) { ...InputValue }
      interfaces { ...TypeRef }
      enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
      possibleTypes { ...TypeRef } }
    fragment InputValue on __InputValue {
      name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
    fragment TypeRef on __Type {
      kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
        kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[test]
fn introspection_is_exempt_from_depth_but_not_from_multiplying() {
    let document = checked(INTROSPECTION_QUERY);
    let standard = document.operation(None).expect("one");
    assert!(standard.introspects() && standard.size.depth > 10);
    assert_eq!(standard.within(&Limits::default()), Ok(()));
    // Room for twice as much, and no more.
    assert!(
        (INTROSPECTION / 4..INTROSPECTION).contains(&standard.size.introspection),
        "{standard:?}"
    );

    // Not exempt: something else is asked along with it.
    let mixed = "{a __schema{types{fields{type{ofType{ofType{ofType{ofType{ofType{ofType{name}}}}}}}}}}}";
    assert_eq!(
        refused(mixed),
        refusal("QUERY_TOO_DEEP", "The query is nested 11 deep; the limit is 10.")
    );

    // A hundred types times ten fields times ten fields times …
    for text in [
        "{__schema{types{fields{type{fields{type{fields{type{fields{type{name}}}}}}}}}}}",
        "{a __schema{types{fields{args{type{fields{type{fields{name}}}}}}}}}",
        "{__schema{types{fields{type{fields{type{fields{args{name}}}}}}}}}",
        "{...A} fragment A on Q{x:__type(name:\"A\"){...B}} \
         fragment B on __Type{fields{type{fields{type{...C}}}}} fragment C on __Type{fields{type{fields{type{fields{type{fields{name}}}}}}}}",
        "{__schema{types{possibleTypes{possibleTypes{possibleTypes{interfaces{fields{args{type{fields{name}}}}}}}}}}}",
    ] {
        let (code, message) = refused(text);
        assert_eq!(code, "QUERY_TOO_COMPLEX", "{text}");
        assert!(
            message.starts_with("The introspection would list about ") && message.ends_with("; the limit is 250000.")
        );
    }
    // `__typename` alone is no introspection worth the name.
    assert!(!checked("{__typename}").operation(None).expect("one").introspects());
}

#[test]
fn variables_are_told_with_their_defaults() {
    let document = checked("query($a:Int!,$b:Int,$c:Int!=1,$d:[Int]=[2],$e:String,$f:[Int]){a}");
    let operation = document.operation(None).expect("one");
    assert_eq!(operation.required, ["a"]);
    let defaults: Vec<_> = operation
        .defaults
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_string()))
        .collect();
    let expected = [("b", "null"), ("c", "1"), ("d", "[2]")].map(|(name, value)| (name, value.to_owned()));
    assert_eq!(defaults, expected);
}

#[test]
fn variables_fit_the_places_where_they_are_used() {
    let fits = |document: &str, variables: Value| {
        let Value::Object(fields) = variables else {
            panic!("no object")
        };
        let variables: Variables = Variables::from_value(Value::Object(fields));
        checked(document)
            .operation(None)
            .expect("one")
            .fits(&variables, &Limits::default())
    };
    let list = |n: usize| async_graphql::value!({ "v": Value::List(vec![Value::Null; n]) });
    let query = "query($v:[Int]){a(v:$v)}";
    assert_eq!(fits(query, list(999)), Ok(()));
    let refusal = fits(query, list(1_000)).expect_err("too many");
    assert_eq!(refusal.code.as_str(), "VARIABLES_TOO_LARGE");
    assert_eq!(refusal.message, "The variables hold 1001 values; the limit is 1000.");
    let text = |n: usize| async_graphql::value!({ "v": "x".repeat(n) });
    assert_eq!(fits(query, text(63_999)), Ok(()));
    assert_eq!(
        fits(query, text(64_000)).expect_err("too long").message,
        "The variables hold 1001 values; the limit is 1000."
    );

    // A mutation carries a story, but no more copies of it than anybody can pay for.
    let mutation = "mutation($v:[Int]){a(v:$v)}";
    assert_eq!(fits(mutation, text(2 << 20)), Ok(()));
    // Used once and standing in the text twice: three times a third of a million.
    assert_eq!(fits(mutation, list(333_332)), Ok(()));
    let refusal = fits(mutation, list(333_333)).expect_err("too many");
    assert_eq!(
        refusal.message,
        "The variables' values times their uses are 1000002 values; the limit is 1000000."
    );
    // Uses are counted with fragments written out, in lists, objects and directives too.
    let document = "mutation($v:Int){...F ...F} fragment F on M{a(v:[{w:$v}]) @d(v:$v)}";
    assert_eq!(checked(document).operation(None).expect("one").size.uses, 4 + 3);
}

#[test]
fn costs_multiply_without_overflow() {
    assert_eq!(page_cost(None, 20, 3), 61);
    assert_eq!(page_cost(Some(5), 20, 3), 16);
    assert_eq!(page_cost(Some(0), 20, 3), 1);
    assert_eq!(page_cost(Some(-7), 20, 3), 1);
    assert_eq!(page_cost(Some(i32::MAX), 20, 3), 301);
    let mut cost = 1;
    for _ in 0..64 {
        cost = page_cost(Some(100), 20, cost);
    }
    assert_eq!(cost, MOST_COST);
    assert_eq!(list_cost(usize::MAX, usize::MAX), MOST_COST);
}
