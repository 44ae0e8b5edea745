//! Every route of this door, in reading order. The OpenAPI document is made from the same table.

use super::params as p;
use super::{
    Door, administration, articles, channels, collections, explain, news_page, search, sources, steps, topics, usage,
    vestibule, viewer, webhooks, wire, writes,
};
use crate::web::{FORMAT, Param};
use axum::routing::{MethodRouter, get, post, put};

/// One operation: what the router and the document need to know of it.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    /// `operationId`.
    pub id: &'static str,
    pub summary: &'static str,
    pub params: &'static [Param],
    /// Schema of the request body.
    pub body: Option<&'static str>,
    pub answer: Shape,
    /// Whether it needs a key.
    pub keyed: bool,
    pub handler: MethodRouter<Door>,
}

impl Route {
    /// One without parameters, for who has a key.
    pub fn keyed(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        body: Option<&'static str>,
        answer: Shape,
        handler: MethodRouter<Door>,
    ) -> Route {
        Route {
            method,
            path,
            id,
            summary,
            params: p::NONE,
            body,
            answer,
            keyed: true,
            handler,
        }
    }

    /// Whether its stories come as ninjs, NewsML-G2 and JSON-LD too.
    pub fn has_forms(&self) -> bool {
        self.params.iter().any(|param| param.about == FORMAT.about)
    }
}

/// What a success looks like.
#[derive(Clone, Copy)]
pub enum Shape {
    One(&'static str),
    ListOf(&'static str),
    Written,
    /// Something new, of this schema. 201.
    Made(&'static str),
    /// It waits under embargo.
    Waits,
    /// Nothing is left to show. 204. `guarded`: whether `If-Match` is asked.
    Removed {
        guarded: bool,
    },
    /// Follows the wire: media type and schema of what it sends.
    Live(&'static str, &'static str),
    /// JSON of this schema, or the same as CSV.
    Table(&'static str),
}

use Shape::{ListOf, Live, One, Table, Written};

pub fn table() -> Vec<Route> {
    let read = |path, id, summary, params, answer, handler| Route {
        method: "get",
        path,
        id,
        summary,
        params,
        body: None,
        answer,
        keyed: false,
        handler,
    };
    let write = |path, id, summary, body, handler| Route {
        method: "put",
        path,
        id,
        summary,
        params: p::NONE,
        body: Some(body),
        answer: Written,
        keyed: true,
        handler,
    };
    let step = |path, id, summary, body, handler| Route {
        method: "post",
        ..write(path, id, summary, body, handler)
    };
    let mut routes = vec![
        read(
            "/v1/articles",
            "listArticles",
            "Stories, newest first",
            p::ARTICLES,
            ListOf("Article"),
            get(articles::list),
        ),
        read(
            "/v1/articles/{key}",
            "article",
            "One story, or its whole news page",
            p::STORY,
            One("Article"),
            get(news_page::one),
        ),
        write(
            "/v1/articles/{key}",
            "putArticle",
            "Publish a story, or a new edition of it",
            "Submission",
            put(writes::put_article),
        ),
        step(
            "/v1/articles/{key}/correct",
            "correctArticle",
            "Put something right, and say so",
            "CorrectionSubmission",
            post(steps::correct),
        ),
        step(
            "/v1/articles/{key}/withhold",
            "withholdArticle",
            "Take a story back; it may return",
            "WithholdSubmission",
            post(steps::withhold),
        ),
        step(
            "/v1/articles/{key}/restore",
            "restoreArticle",
            "Bring a withheld story back",
            "RestoreSubmission",
            post(steps::restore),
        ),
        step(
            "/v1/articles/{key}/cancel",
            "cancelArticle",
            "Kill a story with all its versions, for good",
            "CancelSubmission",
            post(steps::cancel),
        ),
        step(
            "/v1/articles/{key}/rename",
            "renameArticle",
            "Give a story another uri or slug; the former ones lead to it for ever",
            "RenameSubmission",
            post(steps::rename),
        ),
        read(
            "/v1/articles/{key}/related",
            "relatedArticles",
            "What the editor linked, and MORE ABOUT",
            p::RELATED,
            One("Related"),
            get(articles::related),
        ),
        read(
            "/v1/articles/{key}/similar",
            "similarArticles",
            "The stories most like one, each with how much",
            p::SIMILAR,
            One("SimilarList"),
            get(articles::similar),
        ),
        read(
            "/v1/articles/{key}/versions",
            "articleVersions",
            "Its editions, newest first",
            p::VERSIONS,
            ListOf("Article"),
            get(articles::versions),
        ),
        Route {
            keyed: true,
            ..read(
                "/v1/articles/{key}/receipts",
                "killReceipts",
                "Who has been told that a story was canceled, and who has confirmed it, for the publisher",
                p::NONE,
                One("KillReceipts"),
                get(wire::kill),
            )
        },
        read(
            "/v1/articles/{key}/difference",
            "articleDifference",
            "What became of one version in another: the fields that changed, and the text word by word",
            p::DIFFERENCE,
            One("DifferenceView"),
            get(articles::difference),
        ),
        read(
            "/v1/latest",
            "latest",
            "LATEST: the newest stories of all",
            p::PAGE,
            ListOf("Article"),
            get(articles::latest),
        ),
        read(
            "/v1/search",
            "search",
            "Search: ranked, with fragments, and on wish with facets and the total",
            p::SEARCH,
            One("SearchPage"),
            get(search::search),
        ),
        read(
            "/v1/suggest",
            "suggest",
            "Headlines and topics for what somebody is typing",
            p::SUGGEST,
            One("SuggestionsView"),
            get(search::suggest),
        ),
        Route {
            keyed: true,
            ..read(
                "/v1/search/status",
                "searchStatus",
                "How the search index is, for administrators",
                p::NONE,
                One("SearchStatus"),
                get(search::status),
            )
        },
        read(
            "/v1/topics",
            "listTopics",
            "Topics, by slug",
            p::TOPICS,
            ListOf("TopicView"),
            get(topics::list),
        ),
        read(
            "/v1/topics/{key}",
            "topic",
            "One topic with its place in the tree",
            p::NONE,
            One("TopicWhole"),
            get(topics::one),
        ),
        write(
            "/v1/topics/{key}",
            "putTopic",
            "Put a topic in, new or changed",
            "TopicSubmission",
            put(writes::put_topic),
        ),
        Route {
            method: "post",
            ..write(
                "/v1/topics/{key}/merge",
                "mergeTopic",
                "Merge a topic into another one: its names lead there for ever, its stories follow",
                "MergeSubmission",
                post(writes::merge_topic),
            )
        },
        read(
            "/v1/topics/{key}/articles",
            "topicArticles",
            "A topic's feed, newest first",
            p::PAGE,
            ListOf("Article"),
            get(topics::feed),
        ),
        read(
            "/v1/collections/{slug}",
            "collection",
            "An editor's list of stories",
            p::COLLECTION,
            One("CollectionView"),
            get(collections::one),
        ),
        write(
            "/v1/collections/{slug}",
            "putCollection",
            "Put a collection in, new or changed",
            "CollectionSubmission",
            put(writes::put_collection),
        ),
        read(
            "/v1/wire",
            "pollWire",
            "The change feed: every change in order, from a cursor on",
            p::WIRE,
            Live("application/json", "WirePage"),
            get(wire::poll),
        ),
        read(
            "/v1/wire/stream",
            "streamWire",
            "The change feed as server-sent events; `id` is the cursor, `Last-Event-ID` resumes",
            p::STREAM,
            Live("text/event-stream", "EntryView"),
            get(wire::stream),
        ),
        read(
            "/v1/snapshot",
            "snapshot",
            "All stories as NDJSON in id order; the last line gives the cursor to follow from",
            p::SNAPSHOT,
            Live("application/x-ndjson", "SnapshotLine"),
            get(wire::snapshot),
        ),
        Route {
            keyed: true,
            ..read(
                "/v1/wire/receipts",
                "listReceipts",
                "What each key has confirmed, for the publisher",
                p::NONE,
                One("Receipts"),
                get(wire::list),
            )
        },
        Route {
            method: "post",
            path: "/v1/wire/receipts",
            id: "confirmReceipt",
            summary: "Confirm that everything up to a cursor has arrived",
            params: p::NONE,
            body: Some("Confirmation"),
            answer: One("ReceiptView"),
            keyed: true,
            handler: post(wire::confirm),
        },
        read(
            "/v1/me",
            "me",
            "Who am I, and what may I do",
            p::NONE,
            One("Me"),
            get(viewer::me),
        ),
        Route {
            keyed: true,
            ..read(
                "/v1/partners/{slug}/usage",
                "partnerUsage",
                "Which stories a partner was shown on which days, for the publisher's audit",
                p::USAGE,
                Table("UsagePage"),
                get(usage::of_partner),
            )
        },
        Route {
            keyed: true,
            ..read(
                "/v1/keys/{id}/usage",
                "keyUsage",
                "Which stories a key was shown on which days, for the publisher's audit",
                p::USAGE,
                Table("UsagePage"),
                get(usage::of_key),
            )
        },
    ];
    routes.push(Route {
        keyed: true,
        ..read(
            "/v1/explain",
            "explain",
            "Whether somebody may read a story, and by which rule; for the publisher",
            p::EXPLAIN,
            One("Explanation"),
            get(explain::explain),
        )
    });
    routes.extend(channels::table());
    routes.extend(administration::table());
    routes.extend(sources::table());
    routes.extend(webhooks::table());
    routes.extend(vestibule::table());
    routes
}
