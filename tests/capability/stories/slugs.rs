//! The word a story has in addresses.

use serde_json::Value;

use crate::exact::{breaks_rules, refused};
use crate::press::{Press, segment};
use crate::runner::{Test, test};

pub fn all() -> Vec<Test> {
    vec![
        test("a slug is made from the headline in whatever script", scripts),
        test("a slug stays when the headline changes", stays),
        test("an older slug leads to the story for ever", older),
        test("two stories of one headline get two slugs", collision),
        test("a slug that belongs to another story is refused", taken),
    ]
}

async fn scripts(press: Press) {
    let long = "word ".repeat(40);
    for (number, (language, headline, slug)) in [
        (
            "en",
            "Grain deal: extended by 60 days!",
            "grain-deal-extended-by-60-days",
        ),
        (
            "uk",
            "Зернову угоду продовжено на п’ять днів",
            "zernovu-uhodu-prodovzheno-na-piat-dniv",
        ),
        ("ru", "Зерновую сделку продлили", "zernovuyu-sdelku-prodlili"),
        ("de", "Größte Übung über der Straße", "grosste-ubung-uber-der-strasse"),
        ("ja", "東京の天気", "dong-jing-no-tian-qi"),
        (
            "en",
            long.as_str(),
            "word-word-word-word-word-word-word-word-word-word-word-word-word-word-word-word",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let story = press.story(&format!("urn:x:{number}")).language(language);
        assert_eq!(story.headline(headline).await.slug, slug);
    }
    // Nothing to make one from: a word and the end of the id have to do.
    let nameless = press.story("urn:x:nameless").headline("…").await;
    assert_eq!(nameless.slug, format!("story-{}", tail(&nameless.id)));
    let found = press
        .get(&format!("/v1/articles/{}", nameless.slug))
        .await
        .expect(200)
        .json();
    assert_eq!(found["id"], nameless.id);
}

/// The last eight digits of an id.
fn tail(id: &str) -> &str {
    &id[id.len() - 8..]
}

async fn stays(press: Press) {
    let story = press.story("urn:x:1").headline("First headline");
    story.clone().await;
    let updated = story.clone().headline("Second headline").await;
    assert_eq!((updated.slug.as_str(), updated.version), ("first-headline", 2));
    let updated = story.headline("Third headline").with("slug", Value::Null).await;
    assert_eq!((updated.slug.as_str(), updated.version), ("first-headline", 3));
    press.get("/v1/articles/second-headline").await.expect(404);
}

async fn older(press: Press) {
    let story = press.story("urn:x:1");
    for slug in ["one", "two", "three"] {
        assert_eq!(story.clone().slug(slug).await.slug, slug);
    }
    let now = press.get("/v1/articles/three").await.expect(200);
    assert_eq!(now.json()["slug"], "three");
    for slug in ["one", "two"] {
        assert_eq!(
            press.get(&format!("/v1/articles/{slug}")).await.expect(200).bytes,
            now.bytes
        );
    }
    let by_graphql = press
        .graphql(r#"{ article(by: {slug: "one"}) { slug version } }"#, Value::Null)
        .await;
    assert_eq!(by_graphql.data()["article"]["slug"], "three");

    // Its own older slug it may have back, and then the newer one leads to it.
    let back = story.clone().slug("one").await;
    assert_eq!((back.slug.as_str(), back.version), ("one", 4));
    let now = press.get("/v1/articles/one").await.expect(200);
    assert_eq!(now.json()["slug"], "one");
    for slug in ["two", "three"] {
        assert_eq!(
            press.get(&format!("/v1/articles/{slug}")).await.expect(200).bytes,
            now.bytes
        );
    }
    press.reopen().await;
    assert_eq!(press.get("/v1/articles/two").await.expect(200).bytes, now.bytes);
}

async fn collision(press: Press) {
    let first = press.story("urn:x:1").headline("Storm").await;
    let second = press.story("urn:x:2").headline("Storm!").await;
    assert_eq!(first.slug, "storm");
    assert_eq!(second.slug, format!("storm-{}", tail(&second.id)));
    // One that has only been a story's name before is taken too.
    press.story("urn:x:1").headline("Storm").slug("gale").await;
    let third = press.story("urn:x:3").headline("Storm").await;
    assert_eq!(third.slug, format!("storm-{}", tail(&third.id)));
    let found = press.get("/v1/articles/storm").await.expect(200).json();
    assert_eq!(found["id"], first.id);

    // Also when they come at the same moment.
    let puts = (0..8).map(|n| press.story(&format!("urn:y:{n}")).headline("Flood").into_future());
    let put = futures::future::join_all(puts).await;
    assert_eq!(put.iter().filter(|p| p.slug == "flood").count(), 1);
    for story in put {
        let found = press
            .get(&format!("/v1/articles/{}", story.slug))
            .await
            .expect(200)
            .json();
        assert_eq!((&found["id"], &found["uri"]), (&story.id.into(), &story.uri.into()));
    }
}

async fn taken(press: Press) {
    press.story("urn:x:1").slug("storm").await;
    press.story("urn:x:1").slug("gale").await;
    press.story("urn:x:2").slug("flood").await;
    // By a new story and by an old one; now and formerly.
    for uri in ["urn:x:2", "urn:x:3"] {
        for slug in ["storm", "gale"] {
            let story = press.story(uri).slug(slug);
            let answer = press.put(&story.path(), &story.json()).await;
            let fault = (
                "slug",
                "taken",
                "belongs to another story; choose another or leave it out",
            );
            let detail = "The slug belongs to another story; see `errors`.";
            refused(&answer, 409, "slug_taken", detail, &[fault]);
        }
    }
    assert_eq!(press.get("/v1/articles/flood").await.expect(200).json()["version"], 1);
    press
        .get(&format!("/v1/articles/{}", segment("urn:x:3")))
        .await
        .expect(404);

    // A slug that reads as an id would never be found.
    let story = press.story("urn:x:3").slug("0190a5c4-7b1e-7d2a-8f00-0123456789ab");
    let answer = press.put(&story.path(), &story.json()).await;
    let message = "reads as an id, under which the story would never be found; use words";
    breaks_rules(&answer, &[("slug", "invalid_slug", message)]);
}
