//! The index as a whole, on disk.

use super::*;
use crate::news::extra::Extra;
use crate::news::filter::Selection;
use crate::news::story::{PubStatus, Story};
use crate::news::visibility::Terms;
use crate::news::wire::Position;
use crate::news::{ArticleId, ChannelId, TopicId, Version};
use uuid::Uuid;

const NOW: &str = "2026-01-12T20:00:00Z";

pub fn story(n: u128, language: &str, headline: &str, body: &str) -> Story {
    let at: jiff::Timestamp = NOW.parse().unwrap();
    let at = at - jiff::SignedDuration::from_mins(i64::try_from(n).unwrap());
    Story {
        id: ArticleId(Uuid::from_u128(n)),
        uri: format!("urn:story:{n}"),
        slug: format!("story-{n}"),
        version: Version::FIRST,
        pub_status: PubStatus::Usable,
        language: language.to_owned(),
        headline: headline.to_owned(),
        summary: None,
        body_html: String::new(),
        body_text: body.to_owned(),
        word_count: 0,
        byline: None,
        dateline: None,
        slugline: None,
        urgency: None,
        genre: None,
        ed_note: None,
        first_published: at,
        published: at,
        version_created: at,
        expires: None,
        source: None,
        topics: Vec::new(),
        related_links: Vec::new(),
        renditions: Vec::new(),
        replaces: None,
        extra: Extra::default(),
        corrections: Vec::new(),
        withdrawal: None,
    }
}

pub(super) struct House {
    _folder: tempfile::TempDir,
    pub(super) index: Index,
    writer: Writer,
}

pub(super) fn house(stories: &[(Story, Vec<TopicId>, Vec<ChannelId>)]) -> House {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::at(folder.path().join("search"), "house".to_owned());
    let _claim = index.claim().unwrap().unwrap();
    let mark = index.first_mark(1, Position(0), 0);
    let mut writer = index.begin(&mark).unwrap();
    for (story, topics, channels) in stories {
        writer
            .put(&Document {
                story,
                topics,
                channels,
            })
            .unwrap();
    }
    writer
        .commit(&Mark {
            scanned: None,
            position: Position(7),
            ..mark
        })
        .unwrap();
    index.adopt(&writer.generation).unwrap();
    House {
        _folder: folder,
        index,
        writer,
    }
}

pub(super) fn terms(channels: Option<Vec<ChannelId>>) -> Terms {
    Terms {
        status: PubStatus::Usable,
        expires_after: NOW.parse().unwrap(),
        channels,
    }
}

impl House {
    pub(super) fn gather(&self, query: &str, channels: Option<Vec<ChannelId>>, order: Order) -> Gathered {
        let terms = terms(channels);
        let looker = Looker {
            terms: &terms,
            hidden: &[],
        };
        let asked = Asked::read(query).unwrap();
        let wanted = Wanted {
            asked: &asked,
            names: &Names::default(),
            selection: &Selection::default(),
            order,
            after: None,
            most: 10,
            facets: &[Facet::Language, Facet::Topic, Facet::Day],
        };
        self.index.view().unwrap().find(&wanted, &looker).unwrap()
    }

    fn find(&self, query: &str) -> Vec<u128> {
        let found = self.gather(query, None, Order::Relevance);
        found.first.iter().map(|r| r.place(Order::Relevance).1).collect()
    }
}

fn languages() -> Vec<(Story, Vec<TopicId>, Vec<ChannelId>)> {
    let all = [
        (
            1,
            "en",
            "Ministers agree on the budget",
            "The U.S. economy and Kyiv's mayor. Covid-19 was discussed.",
        ),
        (2, "uk", "Міністри обговорили бюджет", "П’ять об'єктів у Києві. Ґрунт."),
        (3, "ru", "Министры обсудили бюджет", "Ёлка в городе, выборы прошли"),
        (4, "sv", "Regeringen om får och budget", "Många får på landet"),
        (5, "de", "Minister für Straßen", "Die Häuser in München"),
        (6, "fr", "Les élections législatives", "L’économie du pays, aujourd'hui"),
        (7, "es", "El año de las elecciones", "Los niños de España"),
        (8, "pl", "Wybory w Łodzi", "Premier rozmawiał o wyborach"),
        (9, "ja", "東京都の選挙", "首相は会見した"),
        (10, "zh", "北京会议", "经济增长"),
        (11, "th", "ข่าวประเทศไทย", "เศรษฐกิจ"),
        (12, "bg", "Министрите приеха бюджета", "София"),
        (13, "en", "Far from home", "budgets everywhere, minister"),
    ];
    let doc = |(n, l, h, b): (u128, &str, &str, &str)| (story(n, l, h, b), Vec::new(), Vec::new());
    all.into_iter().map(doc).collect()
}

#[test]
fn each_language_is_found_as_its_readers_expect() {
    let house = house(&languages());
    let cases: &[(&str, &[u128])] = &[
        ("minister budget", &[1, 13]),
        ("міністра бюджет", &[2]),
        ("п'ять", &[2]),
        ("обʼєкт", &[2]),
        ("київ", &[2]),
        ("грунт", &[2]),
        ("елка", &[3]),
        ("выборами", &[3]),
        ("får", &[4, 13]),
        ("far", &[13]),
        ("strasse", &[5]),
        ("munchen", &[5]),
        ("economie", &[6, 1]),
        ("election", &[6]),
        ("niño", &[7]),
        ("wybory lodz*", &[8]),
        ("東京", &[9]),
        ("選挙", &[9]),
        ("京", &[10, 9]),
        ("经济", &[10]),
        ("ไทย", &[11]),
        ("София", &[12]),
        ("US", &[1]),
        ("u.s.", &[1]),
        ("covid-19", &[1]),
        ("\"agree on the budget\"", &[1]),
        ("\"budget the agree\"", &[]),
        ("budget -economy headline:budget", &[4]),
        ("econ* OR Häusern", &[1, 6, 5]),
        ("language:sv", &[4]),
        ("headline:minist*", &[1, 5]),
        ("!!!", &[]),
    ];
    for (query, expected) in cases {
        let mut found = house.find(query);
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(house.find("").len(), 10);
    assert_eq!(house.gather("", None, Order::Oldest).first.len(), 10);
    assert_eq!(house.gather("", None, Order::Newest).total, 13);
}

#[test]
fn a_story_that_is_not_seen_changes_nothing() {
    let (open, closed) = (ChannelId(Uuid::from_u128(1)), ChannelId(Uuid::from_u128(2)));
    let texts = [
        "budget minister vote",
        "the minister resigned over the budget row",
        "budget",
        "a vote on fish",
        "minister of fish",
    ];
    let mut stories: Vec<_> = (1..)
        .zip(texts)
        .map(|(n, text)| (story(n, "en", text, text), Vec::new(), vec![open]))
        .collect();
    let seen = |stories: &[(Story, Vec<TopicId>, Vec<ChannelId>)]| {
        let house = house(stories);
        let found: Vec<Vec<Rank>> = ["budget", "minister fish", "budget OR vote", "min*"]
            .iter()
            .map(|q| house.gather(q, Some(vec![open]), Order::Relevance).first)
            .collect();
        let terms = terms(Some(vec![open]));
        let looker = Looker {
            terms: &terms,
            hidden: &[],
        };
        let asked = Asked::read("ministor budgit").unwrap();
        let wanted = Wanted {
            asked: &asked,
            names: &Names::default(),
            selection: &Selection::default(),
            order: Order::Newest,
            after: None,
            most: 0,
            facets: &[],
        };
        let view = house.index.view().unwrap();
        let better = view.spelling("ministor budgit", &wanted, &looker).unwrap();
        (found, better.map(|better| better.written("ministor budgit", &[])))
    };
    let before = seen(&stories);
    assert_eq!(before.1.as_deref(), Some("minister budget"));
    for n in 100..140 {
        let language = ["en", "sv", "uk"][n % 3];
        stories.push((
            story(
                n as u128,
                language,
                "budget vote ministors budgit",
                "minister fish budget",
            ),
            Vec::new(),
            vec![closed],
        ));
    }
    assert_eq!(seen(&stories), before);
}

#[test]
fn pages_follow_each_other_in_every_order() {
    let stories: Vec<_> = (1..=60)
        .map(|n| {
            (
                story(n, "en", &format!("fish {}", "fish ".repeat(n as usize % 4)), "x"),
                Vec::new(),
                Vec::new(),
            )
        })
        .collect();
    let house = house(&stories);
    for order in [Order::Relevance, Order::Newest, Order::Oldest] {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let asked = Asked::read("fish").unwrap();
            let terms = terms(None);
            let wanted = Wanted {
                asked: &asked,
                names: &Names::default(),
                selection: &Selection::default(),
                order,
                after,
                most: 7,
                facets: &[],
            };
            let page = house
                .index
                .view()
                .unwrap()
                .find(
                    &wanted,
                    &Looker {
                        terms: &terms,
                        hidden: &[ArticleId(Uuid::from_u128(5))],
                    },
                )
                .unwrap();
            assert_eq!(page.total, 59);
            let Some(last) = page.first.last() else { break };
            after = Some(*last);
            all.extend(page.first.iter().map(|r| r.place(order).1));
        }
        assert_eq!(all.len(), 59);
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), 59);
        match order {
            Order::Relevance => {}
            Order::Newest => assert!(all.is_sorted()),
            Order::Oldest => assert!(all.iter().rev().is_sorted()),
        }
    }
}

#[test]
fn what_is_taken_out_is_gone_and_counts_are_right() {
    let topic = TopicId(Uuid::from_u128(9));
    let stories: Vec<_> = (1..=20)
        .map(|n| {
            (
                story(n, "en", "fish", "x"),
                if n % 2 == 0 { vec![topic] } else { Vec::new() },
                Vec::new(),
            )
        })
        .collect();
    let mut house = house(&stories);
    house.writer.remove(ArticleId(Uuid::from_u128(2)));
    let mark = Mark {
        position: Position(8),
        ..house.index.view().unwrap().mark().clone()
    };
    house.writer.commit(&mark).unwrap();
    house.index.show(&house.writer.generation).unwrap();
    let found = house.gather("fish", None, Order::Newest);
    assert_eq!(
        (found.total, house.index.view().unwrap().mark().position),
        (19, Position(8))
    );
    let simple = topic.0.simple().to_string();
    assert_eq!(found.facets["topic"], std::collections::HashMap::from([(simple, 9)]));
    assert_eq!(found.facets["language"]["en"], 19);
    assert_eq!(found.days.values().sum::<u64>(), 19);
}

#[test]
fn fragments_show_where_it_stands_and_nothing_active() {
    let mut one = story(
        1,
        "en",
        "The <b>minister</b> & co",
        "First words. Then a long tale about the ministers' budget, and more.",
    );
    one.summary = Some("Nothing here".to_owned());
    let found = fragments(&one, &Asked::read("minister budg*").unwrap(), &[]);
    let html: Vec<_> = found.iter().map(|f| (f.field, f.html.as_str())).collect();
    assert_eq!(
        html,
        [
            ("headline", "The &lt;b&gt;<mark>minister</mark>&lt;/b&gt; &amp; co"),
            (
                "body",
                "First words. Then a long tale about the <mark>ministers</mark>&#39; <mark>budget</mark>, and more."
            ),
        ]
    );
    // What another language's rules have found is marked as well.
    let other = story(3, "xx", "Le ministr spoke", "");
    let tongues = [Tongue::of("en"), Tongue::of("xx")];
    let asked = Asked::read("ministr ministers").unwrap();
    assert_eq!(
        fragments(&other, &asked, &tongues)[0].html,
        "Le <mark>ministr</mark> spoke"
    );
    let stem = story(4, "xx", "minist", "");
    let asked = Asked::read("ministers").unwrap();
    assert_eq!(fragments(&stem, &asked, &tongues)[0].html, "<mark>minist</mark>");
    assert_eq!(fragments(&stem, &asked, &[]), []);
    let two = story(2, "ja", "東京都の選挙", "");
    assert_eq!(
        fragments(&two, &Asked::read("東京").unwrap(), &[])[0].html,
        "<mark>東</mark><mark>京</mark>都の選挙"
    );
}

#[test]
fn an_index_of_another_house_or_a_damaged_one_is_not_used() {
    let House { _folder, index, writer } = house(&languages());
    writer.close().unwrap();
    let root = _folder.path().join("search");
    assert!(index.open().unwrap().unwrap().is_sound());
    assert!(Index::at(root.clone(), "other".to_owned()).open().unwrap().is_none());
    let name = index.current().unwrap();
    let file = std::fs::read_dir(root.join(&name))
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "term" || e == "pos"))
        .max_by_key(|p| p.metadata().unwrap().len())
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    std::fs::write(&file, bytes).unwrap();
    assert!(!index.open().unwrap().unwrap().is_sound());
    std::fs::write(root.join(&name).join("meta.json"), "{").unwrap();
    assert!(index.open().is_err());
}

#[test]
fn no_query_takes_long() {
    let house = house(&languages());
    let odd = [
        "a*",
        "-a",
        "\"\"",
        "(((",
        "topic:x",
        "urgency:99999999999999999999",
        "urgency:3",
        "* * *",
        "a OR OR b",
        "\u{0}",
    ];
    let long: Vec<String> = vec![
        "minister ".repeat(32),
        format!("\"{}\"", "minister ".repeat(60)),
        "minist* ".repeat(32),
        "mi* OR ".repeat(30),
        "x".repeat(4_000),
        "東".repeat(60),
        "-a ".repeat(32),
    ];
    for query in odd.iter().map(|s| (*s).to_owned()).chain(long) {
        let begun = std::time::Instant::now();
        house.find(&query);
        assert!(begun.elapsed().as_millis() < 100, "{query:.30} {:?}", begun.elapsed());
    }
}

#[test]
fn a_form_that_one_language_makes_weighs_what_the_word_weighs() {
    let mut stories: Vec<_> = (1..40)
        .map(|n| {
            (
                story(n, "en", "Ministers meet", "They met on Monday."),
                Vec::new(),
                Vec::new(),
            )
        })
        .collect();
    // Nothing but a language that stems the word in another way, and a story in which it stands by the way.
    stories.push((
        story(50, "xx", "Fish, ministers, meat, bread, wine and salt", ""),
        Vec::new(),
        Vec::new(),
    ));
    let house = house(&stories);
    assert!(!house.find("ministers").contains(&50));
}

#[test]
fn a_headline_that_has_all_of_it_comes_first_and_one_that_touches_on_it_last() {
    let mut stories = languages();
    let told = [
        (20, "Wheat harvest prices", "They were reported today."),
        (
            21,
            "Market report",
            "Wheat prices: harvest of wheat, prices of wheat, harvest of all wheat.",
        ),
        (
            22,
            "Wheat festival",
            "There was music, and a word of prices after the harvest.",
        ),
    ];
    stories.extend(told.map(|(n, headline, body)| (story(n, "en", headline, body), Vec::new(), Vec::new())));
    let house = house(&stories);
    assert_eq!(house.find("wheat harvest prices"), [20, 21, 22]);
    // Where nothing else is asked for, a headline that has it has all.
    assert_eq!(house.find("wheat").last(), Some(&21));
}

#[test]
fn what_is_proposed_is_written_as_the_stories_write_it() {
    let stories = vec![(
        story(1, "fr", "Une élection à Orléans", "L'élection de dimanche"),
        Vec::new(),
        Vec::new(),
    )];
    let house = house(&stories);
    let view = house.index.view().unwrap();
    let better = |query: &str| {
        let asked = Asked::read(query).unwrap();
        let terms = Terms {
            status: PubStatus::Usable,
            expires_after: NOW.parse().unwrap(),
            channels: None,
        };
        let wanted = Wanted {
            asked: &asked,
            names: &Names::default(),
            selection: &Selection::default(),
            order: Order::Newest,
            after: None,
            most: 0,
            facets: &[],
        };
        let looker = Looker {
            terms: &terms,
            hidden: &[],
        };
        let better = view.spelling(query, &wanted, &looker).unwrap().unwrap();
        assert_eq!(better.seen_in()[0], ArticleId(Uuid::from_u128(1)));
        better.written(query, &[std::sync::Arc::new(stories[0].0.clone())])
    };
    assert_eq!(better("electoin orleens"), "élection orléans");
    assert_eq!(better("Orleens"), "Orléans");
}
