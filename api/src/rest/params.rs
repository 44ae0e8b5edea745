//! The query parameters, as the readers get them explained.

use crate::error::Result;
use crate::news::filter::{DateField, DateRange, Filter, TopicExpression};
use crate::news::language;
use crate::page::{self, Order, Page};
use crate::web::{self, AFTER, BEFORE, FORMAT, LIMIT, Param, ParamKind as Kind, Params};

pub const TOTAL: Param = Param {
    name: "total",
    about: "`true` counts all that the list holds; it costs more than the page.",
    kind: Kind::Flag,
};
pub const TIME_ZONE: Param = Param {
    name: "timeZone",
    about: "IANA time zone, such as Europe/Kyiv: adds `local` with times in that zone.",
    kind: Kind::Text,
};
pub const TOPIC: Param = Param {
    name: "topic",
    about: "Topic slugs or codes: `a|b` any of, `a,b` all of, `-a` not. May be repeated, which is the same as a comma. \
            A parent's topic includes its children's stories.",
    kind: Kind::Repeated,
};
pub const LANGUAGE: Param = Param {
    name: "language",
    about: "One or more BCP 47 tags, divided by commas.",
    kind: Kind::List,
};
pub const SOURCE: Param = Param {
    name: "source",
    about: "One or more slugs of sources, divided by commas.",
    kind: Kind::List,
};
pub const GENRE: Param = Param {
    name: "genre",
    about: "One or more genres, divided by commas.",
    kind: Kind::List,
};
pub const URGENCY: Param = Param {
    name: "urgency",
    about: "One or more urgencies, 1 (highest) to 9, divided by commas.",
    kind: Kind::List,
};
pub const FROM: Param = Param {
    name: "from",
    about: "Only from this time on (RFC 3339 with offset); which time is said by `dateField`.",
    kind: Kind::Time,
};
pub const TO: Param = Param {
    name: "to",
    about: "Only before this time.",
    kind: Kind::Time,
};
pub const DATE_FIELD: Param = Param {
    name: "dateField",
    about: "The time that `from` and `to` mean; `firstPublished` when it is left out. Lists are always ordered by \
            `firstPublished`, newest first.",
    kind: Kind::Choice(&["firstPublished", "published", "versionCreated"]),
};
pub const LIST_INCLUDE: Param = Param {
    name: "include",
    about: "`body` adds `body` and `paragraphs` to each story.",
    kind: Kind::Choices(&["body"]),
};
pub const STORY_INCLUDE: Param = Param {
    name: "include",
    about: "Any of `relatedLinks`, `moreAbout`, `latest`, divided by commas: the whole news page in one request. \
            Also `replacedBy`, the newest story that takes this one's place, `translations`, and `storyline`, the stories on \
            the same event.",
    kind: Kind::Choices(&[
        "relatedLinks",
        "moreAbout",
        "latest",
        "replacedBy",
        "translations",
        "storyline",
    ]),
};
pub const VERSION: Param = Param {
    name: "version",
    about: "An earlier version, by its number.",
    kind: Kind::Integer(1, i32::MAX as i64),
};
pub const AS_OF: Param = Param {
    name: "asOf",
    about: "The version that stood then: at a cursor of the wire, exactly, or at a time (RFC 3339 with offset). Not found \
            when the story was not public then.",
    kind: Kind::Text,
};
pub const DIFFERENCE_FROM: Param = Param {
    name: "from",
    about: "The number of the older version; the one before `to` when it is left out.",
    kind: Kind::Integer(1, i32::MAX as i64),
};
pub const DIFFERENCE_TO: Param = Param {
    name: "to",
    about: "The number of the newer version; the current one when it is left out.",
    kind: Kind::Integer(1, i32::MAX as i64),
};
pub const KIND: Param = Param {
    name: "kind",
    about: "Only topics of this kind.",
    kind: Kind::Choice(&["subject", "place", "person", "organisation", "event"]),
};
pub const PARENT: Param = Param {
    name: "parent",
    about: "Only children of the topic with this slug; `none`: only roots.",
    kind: Kind::Text,
};

pub const WIRE_AFTER: Param = Param {
    name: "after",
    about: "Go on behind this cursor: the `next` of the last answer, or the `cursor` of an entry. `latest` begins now; \
            left out, it begins with the oldest entry that is kept.",
    kind: Kind::Text,
};
pub const STREAM_AFTER: Param = Param {
    name: "after",
    about: "Go on behind this cursor; left out, or `latest`, it begins now. `Last-Event-ID` comes first.",
    kind: Kind::Text,
};
pub const WIRE_LIMIT: Param = Param {
    name: "limit",
    about: "Most entries in one answer, 1 to 500; 100 when it is left out.",
    kind: Kind::Integer(1, 500),
};
pub const WAIT: Param = Param {
    name: "wait",
    about: "When there is nothing yet, wait so many seconds for something, 0 to 30, and answer at once when it comes.",
    kind: Kind::Integer(0, 30),
};
pub const PAYLOAD: Param = Param {
    name: "payload",
    about: "How much of a story comes along: `full` all of it, `meta` without its text, `id` nothing but id and uri; `ninjs` all of it as \
            ninjs 3.1.",
    kind: Kind::Choice(super::wire::PAYLOADS),
};
pub const WIRE_TOPIC: Param = Param {
    name: "topic",
    about: "Only what concerns the feeds of these topics, slugs or codes divided by commas, any of them: stories that \
            stand in one or leave the last of them.",
    kind: Kind::List,
};
pub const SNAPSHOT_AFTER: Param = Param {
    name: "after",
    about: "To resume: the id of the last story that you have. Send `from` too.",
    kind: Kind::Text,
};
pub const SNAPSHOT_FROM: Param = Param {
    name: "from",
    about: "To resume: the cursor of the first line of the snapshot that broke off.",
    kind: Kind::Text,
};

pub const CHANNEL: Param = Param {
    name: "channel",
    about: "One or more slugs of channels, divided by commas.",
    kind: Kind::List,
};
pub const WIRE_CHANNEL: Param = Param {
    name: "channel",
    about: "Only what concerns these channels, slugs divided by commas, any of them: stories that are in one, come in or \
            leave the last of them.",
    kind: Kind::List,
};

pub const QUERY: Param = Param {
    name: "q",
    about: "What is looked for: words that must all be there, `\"a phrase\"`, `-not`, `a OR b`, `begin*`, `field:value` with the \
            fields headline, summary, byline, text, topic, source, language, genre, urgency. Any text is a query. Left out: \
            all stories. At most 4,096 bytes, 32 conditions, 64 words.",
    kind: Kind::Text,
};
pub const ORDER: Param = Param {
    name: "order",
    about: "`relevance` (when it is left out), `newest` or `oldest` by `firstPublished`.",
    kind: Kind::Choice(&["relevance", "newest", "oldest"]),
};
pub const FACETS: Param = Param {
    name: "facets",
    about: "How what is found spreads, by any of these, divided by commas: the 20 most frequent topics, languages and sources, \
            the 31 newest days (UTC).",
    kind: Kind::Choices(&["topic", "language", "source", "day"]),
};
pub const TYPED: Param = Param {
    name: "q",
    about: "What has been typed so far: words of a headline or a topic's name, the last perhaps only begun.",
    kind: Kind::Text,
};
pub const SUGGESTIONS: Param = Param {
    name: "limit",
    about: "Most headlines and most topics, 1 to 20; 5 when it is left out.",
    kind: Kind::Integer(1, 20),
};
pub const MOST_SIMILAR: Param = Param {
    name: "limit",
    about: "Most stories, 1 to 100; 5 when it is left out.",
    kind: Kind::Integer(1, 100),
};

pub const SEARCH: &[Param] = &[
    QUERY, TOPIC, LANGUAGE, SOURCE, GENRE, URGENCY, CHANNEL, FROM, TO, DATE_FIELD, ORDER, FACETS, LIMIT, AFTER, TOTAL,
    TIME_ZONE,
];
pub const SUGGEST: &[Param] = &[TYPED, LANGUAGE, SUGGESTIONS];

pub const EXPLAIN: &[Param] = &[
    Param {
        name: "article",
        about: "Which story: its id, uri or slug.",
        kind: Kind::Text,
    },
    Param {
        name: "partner",
        about: "For which partner, by his slug; left out: for who has no key.",
        kind: Kind::Text,
    },
];

pub const NONE: &[Param] = &[];
pub const WIRE: &[Param] = &[WIRE_AFTER, WIRE_LIMIT, WAIT, PAYLOAD, WIRE_TOPIC, WIRE_CHANNEL];
pub const STREAM: &[Param] = &[STREAM_AFTER, PAYLOAD, WIRE_TOPIC, WIRE_CHANNEL];
pub const SNAPSHOT: &[Param] = &[SNAPSHOT_AFTER, SNAPSHOT_FROM, WIRE_TOPIC, WIRE_CHANNEL];
pub const ARTICLES: &[Param] = &[
    TOPIC,
    LANGUAGE,
    SOURCE,
    GENRE,
    URGENCY,
    CHANNEL,
    FROM,
    TO,
    DATE_FIELD,
    LIMIT,
    AFTER,
    BEFORE,
    TOTAL,
    TIME_ZONE,
    LIST_INCLUDE,
    FORMAT,
];
/// The list of a topic: the same without its own parameter's place.
pub const PAGE: &[Param] = &[LIMIT, AFTER, BEFORE, TOTAL, TIME_ZONE, LIST_INCLUDE, FORMAT];
pub const STORY: &[Param] = &[STORY_INCLUDE, VERSION, AS_OF, TIME_ZONE, FORMAT];
pub const DIFFERENCE: &[Param] = &[DIFFERENCE_FROM, DIFFERENCE_TO];
pub const RELATED: &[Param] = &[TIME_ZONE];
pub const SIMILAR: &[Param] = &[MOST_SIMILAR, TIME_ZONE];
pub const VERSIONS: &[Param] = &[LIMIT, AFTER, BEFORE, TIME_ZONE, FORMAT];
pub const VESTIBULE: &[Param] = &[LIMIT, AFTER, BEFORE];
pub const ADVANCE: &[Param] = &[LIMIT, AFTER, BEFORE, FORMAT];
pub const TOPICS: &[Param] = &[KIND, PARENT, LIMIT, AFTER, BEFORE, TOTAL];
pub const COLLECTION: &[Param] = &[TIME_ZONE, FORMAT];
pub const USAGE: &[Param] = &[
    Param {
        name: "from",
        about: "Only from this day on, such as 2026-01-12 (UTC).",
        kind: Kind::Text,
    },
    Param {
        name: "to",
        about: "Only up to this day, itself among them.",
        kind: Kind::Text,
    },
    Param {
        name: "article",
        about: "Only this story: id, uri or slug.",
        kind: Kind::Text,
    },
    Param {
        name: "limit",
        about: "Most items in one page, 1 to 1,000; 100 when it is left out. CSV comes whole.",
        kind: Kind::Integer(1, 1_000),
    },
    AFTER,
    Param {
        name: "format",
        about: "`csv` or `json`; without it, `Accept` says which.",
        kind: Kind::Choice(&["json", "csv"]),
    },
];

/// The page that is asked for; faults are added to the others.
pub fn page(params: &mut Params<'_>, order: Order) -> Option<Page> {
    web::page(params, order, page::DEFAULT)
}

/// The page after a cursor, of a list that is read in one direction only.
pub fn page_after(params: &mut Params<'_>, order: Order) -> Option<Page> {
    let (first, after) = (params.integer("limit"), params.text("after"));
    let asked = page::Asked {
        first,
        after: after.as_deref(),
        ..page::Asked::default()
    };
    params.add(Page::read(asked, order, page::REST))
}

/// The languages that are asked for.
pub fn languages(params: &mut Params<'_>) -> Vec<String> {
    let tags = params.list("language");
    tags.iter().filter_map(|tag| tag_of(params, tag)).collect()
}

/// The filter of a list.
pub fn filter(params: &mut Params<'_>) -> Filter {
    let topics = match TopicExpression::read(params.all("topic").iter().map(String::as_str)) {
        Ok(topics) => topics,
        Err(message) => {
            params.refuse("topic", message);
            TopicExpression::default()
        }
    };
    let languages = languages(params);
    let urgencies = params
        .list("urgency")
        .iter()
        .filter_map(|u| urgency(params, u))
        .collect();
    let field = match params.choice("dateField").as_deref() {
        Some("published") => DateField::Published,
        Some("versionCreated") => DateField::VersionCreated,
        _ => DateField::FirstPublished,
    };
    let dates = DateRange {
        field,
        from: params.time("from"),
        to: params.time("to"),
    };
    if dates.from.zip(dates.to).is_some_and(|(from, to)| from >= to) {
        params.refuse("to", "must be after `from`");
    }
    Filter {
        topics,
        languages,
        sources: params.list("source"),
        genres: params.list("genre"),
        urgencies,
        dates,
        channels: params.list("channel"),
    }
}

fn tag_of(params: &mut Params<'_>, tag: &str) -> Option<String> {
    match language::normalise(tag) {
        Ok(tag) => Some(tag),
        Err(message) => {
            params.refuse("language", message);
            None
        }
    }
}

fn urgency(params: &mut Params<'_>, text: &str) -> Option<u8> {
    let urgency = text.parse().ok().filter(|u| (1..=9).contains(u));
    if urgency.is_none() {
        params.refuse("urgency", "must be numbers from 1 to 9, divided by commas");
    }
    urgency
}

/// A request without parameters of its own.
pub fn none(query: Option<&str>) -> Result<()> {
    Params::read(query, NONE).finish()
}
