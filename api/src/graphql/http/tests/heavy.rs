//! The heaviest that is let through, and whatever else may come.

use super::*;

/// The library recurses with the query: some 40 kB of stack a level where nothing is optimised. At the default
/// limits that fits a thread of tokio's own size (tests run on such); a house that sets `depth` higher needs larger ones.
#[test]
fn the_deepest_query_a_house_can_allow_overflows_no_stack() {
    deepest(33, 2 << 20);
    deepest(60, 8 << 20);
}

fn deepest(depth: usize, stack: usize) {
    let limits = Limits {
        depth,
        ..Limits::default()
    };
    let mut house = House::new();
    house.door.schema = Schema::build(Query, Mutation, Feed)
        .limit_complexity(limits.cost)
        .limit_recursive_depth(limits.levels())
        .finish();
    house.door.limits = limits;
    let nested = |n: usize| format!("{{{}hello{}}}", "query{".repeat(n - 1), "}".repeat(n - 1));
    let asks = async move {
        let data = house.data(json!({"query": nested(depth)})).await;
        assert!(data["data"]["query"]["query"].is_object());
        let message = format!("The query is nested {} deep; the limit is {depth}.", depth + 1);
        assert_eq!(
            house.refuses(&nested(depth + 1)).await,
            pair("QUERY_TOO_DEEP", &message)
        );
    };
    let thread = std::thread::Builder::new().stack_size(stack).spawn(|| {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime")
            .block_on(asks)
    });
    thread.expect("a thread").join().expect("no panic");
}

/// A few milliseconds each with optimisations, and a tenth of a second at most without.
#[tokio::test]
async fn the_costliest_documents_that_are_let_through_are_cheap() {
    let house = House::new();
    let inline = format!(
        "{{query{{{}{}{}}}}}",
        "...{few(n:1) few(n:2) ".repeat(30),
        "few(n:3) few(n:4) ".repeat(40),
        "}".repeat(30)
    );
    let every = (0..39).map(|i| format!("...F{i} ")).collect::<String>();
    let crossed = (0..39)
        .map(|i| format!("fragment F{i} on Query{{query{{query{{hello item(id:{i}){{id}}}} hello}}}}"))
        .collect::<String>();
    let used = format!("query($f:Filter){{query{{{}}}}}", "items(filter:$f){id}".repeat(90));
    let wide = format!("{{queries(first:100){{{}}}}}", "hello ".repeat(190));
    let lists = "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}";
    for (name, document, variables) in [
        ("conflicts in inline fragments", inline, json!({})),
        ("crossed fragments", format!("{{query{{{every}}}}}{crossed}"), json!({})),
        (
            "a large variable, used often",
            used,
            json!({"f": {"within": vec![1; 990]}}),
        ),
        ("a wide list", wide, json!({})),
        ("nested introspection", lists.to_owned(), json!({})),
        (
            "standard introspection",
            crate::graphql::limits::tests::INTROSPECTION_QUERY.to_owned(),
            json!({}),
        ),
        (
            "unknown fields",
            format!("{{query{{{}}}}}", "helo ".repeat(900)),
            json!({}),
        ),
    ] {
        let body = json!({"query": document, "variables": variables}).to_string();
        let start = Instant::now();
        let got = house.post(GRAPHQL, &body).await;
        let took = start.elapsed();
        assert!(took < Duration::from_secs(1), "{name}: {took:?}");
        assert!(
            got.status == 200 || got.code(0) == "GRAPHQL_VALIDATION_FAILED",
            "{name}: {}",
            got.text
        );
    }
}

proptest::proptest! {
    /// Whatever is put together from the pieces of the language, and whatever else comes along, is answered.
    #[test]
    fn no_document_makes_it_panic(pieces in proptest::collection::vec(piece(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let house = House::new();
        let got = runtime.block_on(house.post(GRAPHQL, &json!({"query": pieces.concat()}).to_string()));
        let errors = got.json()["errors"].as_array().map_or(0, Vec::len);
        proptest::prop_assert!(got.status == 200 || got.status == 400 && errors > 0, "{}", got.text);
        for index in 0..errors {
            got.code(index);
        }
    }
}

fn piece() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    prop_oneof![
        12 => prop::sample::select(vec![
            "{", "}", "(", ")", "[", "]", ":", "!", "$", "@", "=", "|", "&", "...", "... on Query", "\"", "\"\"\"", "\\", "#",
            "\n", "\r\n", ",", "1", "-0.5e10", "9e999", "true", "null", "RED", "fragment F on Query", "...F", "query",
            "query Q($v:Int=1)", "mutation", "subscription", "hello", "{hello}", "query{", "x:", "item(id:$v)", "{id}",
            "items(first:2)", "@include(if:$v)", "@skip(if:true)", "__typename", "__schema{types{name}}", "(filter:{within:[1]})",
            "\u{feff}", "type Query", "extend", "\"\\ud800\"", "\"\\u0041\"", "{a:1}", "[1,2]", "publish", "wire", "few(n:9)",
        ]).prop_map(str::to_owned),
        2 => Just(" ".to_owned()),
        1 => ".{0,3}",
    ]
}
