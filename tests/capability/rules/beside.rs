//! What it leads to: topics, links, pictures and other media.

use serde_json::{Value, json};

use super::{URI, put, refuse};
use crate::exact::breaks_rules;
use crate::press::Press;

pub async fn topics(press: Press) {
    press.topic("world", "World", None).await;
    let unknown = |name: &str| format!("there is no topic {name}; put it in first with PUT /v1/topics/{{slug}}");
    let answer = put(
        &press,
        json!({ "topics": ["ghost", "world", "medtop:1", "0190a5c4-7b1e-7d2a-8f00-0123456789ab"] }),
    )
    .await;
    breaks_rules(
        &answer,
        &[
            ("topics[0]", "unknown_topic", &unknown("`ghost`")),
            ("topics[2]", "unknown_topic", &unknown("with the code `medtop:1`")),
            (
                "topics[3]",
                "unknown_topic",
                &unknown("with the id 0190a5c4-7b1e-7d2a-8f00-0123456789ab"),
            ),
        ],
    );
    refuse(
        &press,
        [
            (
                json!({ "topics": vec!["world"; 51] }),
                ("topics", "too_many", "at most 50, not 51"),
            ),
            (
                json!({ "topics": ["world", " "] }),
                ("topics[1]", "required", "must be a topic's slug or code"),
            ),
        ],
    )
    .await;
    assert_eq!(
        put(&press, json!({ "topics": vec![" world "; 50] }))
            .await
            .expect(201)
            .json()["version"],
        1
    );
    let story = press.get("/v1/articles/urn%3Ax%3A1").await.json();
    assert_eq!(story["topics"].as_array().unwrap().len(), 1);
    let id = &story["topics"][0]["id"];
    assert_eq!(
        put(&press, json!({ "topics": [id] })).await.expect(200).json()["outcome"],
        "unchanged"
    );
}

pub async fn links(press: Press) {
    let link = |link: Value| json!({ "relatedLinks": [link] });
    let kinds = "must be one of background, follow_up, correction_of, translation_of, external";
    let required = "is required and must not be empty";
    refuse(
        &press,
        [
            (
                link(json!({ "kind": "EXTERNAL" })),
                ("relatedLinks[0].kind", "unknown_value", kinds),
            ),
            (
                link(json!({ "kind": "background" })),
                ("relatedLinks[0].uri", "required", required),
            ),
            (
                link(json!({ "kind": "background", "uri": URI })),
                ("relatedLinks[0].uri", "self_link", "must be another story"),
            ),
            (
                link(json!({ "kind": "background", "uri": "story-2" })),
                (
                    "relatedLinks[0].uri",
                    "invalid_uri",
                    "has no scheme; write for example urn:example:story-2",
                ),
            ),
            (
                link(json!({ "kind": "follow_up", "uri": "urn:x:2", "url": "https://x.example" })),
                (
                    "relatedLinks[0].url",
                    "conflict",
                    "a link to a story has its `uri`; for a page elsewhere use kind external",
                ),
            ),
            (
                link(json!({ "kind": "external", "title": "Elsewhere" })),
                ("relatedLinks[0].url", "required", required),
            ),
            (
                link(json!({ "kind": "external", "url": "https://x.example" })),
                ("relatedLinks[0].title", "required", "an external link needs a title"),
            ),
            (
                link(json!({ "kind": "external", "url": "javascript:alert(1)", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].url",
                    "invalid_url",
                    "is no web address; it has to begin with https:// or http://",
                ),
            ),
            (
                link(json!({ "kind": "external", "url": "https://me:pw@x.example", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].url",
                    "invalid_url",
                    "holds a user name or password; leave it out, everybody will read it",
                ),
            ),
            (
                link(json!({ "kind": "external", "url": "https://x.example", "uri": "urn:x:2", "title": "Elsewhere" })),
                (
                    "relatedLinks[0].uri",
                    "conflict",
                    "an external link has `url` and `title`, no `uri`",
                ),
            ),
            (
                link(json!({ "kind": "background", "uri": "urn:x:2", "title": "x".repeat(501) })),
                (
                    "relatedLinks[0].title",
                    "too_long",
                    "must be at most 500 characters, not 501",
                ),
            ),
            (
                json!({ "relatedLinks": vec![json!({ "kind": "background", "uri": "urn:x:2" }); 51] }),
                ("relatedLinks", "too_many", "at most 50, not 51"),
            ),
        ],
    )
    .await;
    put(
        &press,
        json!({ "relatedLinks": vec![json!({ "kind": "translation_of", "uri": "urn:x:2" }); 50] }),
    )
    .await
    .expect(201);
}

pub async fn renditions(press: Press) {
    let rendition = |fields: Value| {
        let mut rendition = json!({ "name": "main", "href": "https://x.example/a.jpg" });
        rendition
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        json!({ "renditions": [rendition] })
    };
    let no_address = "is no web address; it has to begin with https:// or http://";
    let one = |field: &str, value: Value| rendition(json!({ field: value }));
    let media_type = "must be a media type such as image/jpeg";
    let point = "x and y must be between 0 and 1";
    refuse(
        &press,
        [
            (
                one("href", json!("/a.jpg")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("data:image/png;base64,")),
                ("renditions[0].href", "invalid_url", no_address),
            ),
            (
                one("href", json!("https:///a.jpg")),
                ("renditions[0].href", "invalid_url", "has no host"),
            ),
            (
                one("href", json!("https://x.example/a b.jpg")),
                ("renditions[0].href", "invalid_url", "holds ' '; write it as %20"),
            ),
            (
                one("name", json!(" ")),
                ("renditions[0].name", "required", "is required and must not be empty"),
            ),
            (
                one("name", json!("x".repeat(101))),
                (
                    "renditions[0].name",
                    "too_long",
                    "must be at most 100 characters, not 101",
                ),
            ),
            (
                one("width", json!(0)),
                ("renditions[0].width", "out_of_range", "must be 1 pixel or more"),
            ),
            (
                one("height", json!(0)),
                ("renditions[0].height", "out_of_range", "must be 1 pixel or more"),
            ),
            (
                one("size", json!(-1)),
                ("renditions[0].size", "out_of_range", "must be 0 bytes or more"),
            ),
            (
                one("mediaType", json!("image")),
                ("renditions[0].mediaType", "invalid_media_type", media_type),
            ),
            (
                one("mediaType", json!("image/")),
                ("renditions[0].mediaType", "invalid_media_type", media_type),
            ),
            (
                one("focalPoint", json!({ "x": 1.01, "y": 0.5 })),
                ("renditions[0].focalPoint", "out_of_range", point),
            ),
            (
                one("focalPoint", json!({ "x": 0.5, "y": -0.01 })),
                ("renditions[0].focalPoint", "out_of_range", point),
            ),
            (
                json!({ "renditions": vec![json!({ "name": "main", "href": "https://x.example" }); 51] }),
                ("renditions", "too_many", "at most 50, not 51"),
            ),
        ],
    )
    .await;
    let edge = json!({ "width": 1, "height": 1, "size": 0, "mediaType": "image/svg+xml",
        "focalPoint": { "x": 0, "y": 1 } });
    put(&press, rendition(edge)).await.expect(201);
}
