//! Documents that are asked for by their hash.

use super::*;

#[tokio::test]
async fn a_document_can_be_asked_for_by_its_hash() {
    let house = House::new();
    let document = "{hello}";
    let hash = Sha256::digest(document)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    let extensions = json!({"persistedQuery": {"version": 1, "sha256Hash": hash}});
    let by_hash = json!({ "extensions": extensions }).to_string();
    let unknown = pair("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    assert_eq!(house.refuses_body(&by_hash).await, unknown);
    assert_eq!(
        house.data(json!({"query": document, "extensions": extensions})).await["data"]["hello"],
        "world"
    );
    assert_eq!(
        house.post(GRAPHQL, &by_hash).await.text,
        r#"{"data":{"hello":"world"}}"#
    );
    let query = encoded(&[("extensions", &extensions.to_string())]);
    assert_eq!(house.get(GRAPHQL, &query).await.text, r#"{"data":{"hello":"world"}}"#);

    let mismatch = json!({"query": "{viewer}", "extensions": extensions}).to_string();
    assert_eq!(house.refuses_body(&mismatch).await.0, "PERSISTED_QUERY_MISMATCH");
    for (wrong, message) in [
        (
            json!({"version": 1, "sha256Hash": "abc"}),
            "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits.",
        ),
        (
            json!({"version": 1, "sha256Hash": "é".repeat(64)}),
            "`extensions.persistedQuery.sha256Hash` must be 64 hexadecimal digits.",
        ),
        (
            json!({"version": 2, "sha256Hash": hash}),
            "`extensions.persistedQuery.version` must be 1.",
        ),
    ] {
        let body = json!({"extensions": {"persistedQuery": wrong}}).to_string();
        assert_eq!(house.cannot_read(&body).await, pair("BAD_REQUEST", message));
    }
    // What is invalid is not kept, nor can it be asked for.
    let invalid = "{nothing}";
    let hash = Sha256::digest(invalid)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    house.refuses(invalid).await;
    let body = json!({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash}}}).to_string();
    assert_eq!(house.refuses_body(&body).await, unknown);
}

#[tokio::test]
async fn kept_documents_are_bounded_in_bytes() {
    let house = House {
        door: GraphqlDoor {
            trusted: Trusted::default(),
            documents: Documents::holding(200_000),
            ..House::new().door
        },
        ..House::new()
    };
    for i in 0..500 {
        house.data(json!({"query": format!("{{x{i}:hello}}")})).await;
    }
    assert!(house.door.documents.0.weight() <= 200_000);
    assert!(house.door.documents.0.len() < 200);
}
