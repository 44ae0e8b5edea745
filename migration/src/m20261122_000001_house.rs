//! The first house: stories, topics, links, the wire, keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbErr;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_house"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::run(manager, TABLES).await
    }
}

const TABLES: &str = r#"
CREATE TABLE source (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  name text NOT NULL,
  url text
);

CREATE TABLE topic (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('subject', 'place', 'person', 'organisation', 'event')),
  parent_id ID REFERENCES topic (id),
  code text BYTEWISE UNIQUE,
  version integer NOT NULL
);
CREATE INDEX topic_by_parent ON topic (parent_id, slug);

CREATE TABLE topic_name (
  topic_id ID NOT NULL REFERENCES topic (id),
  language text NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (topic_id, language)
);

CREATE TABLE article (
  id ID NOT NULL PRIMARY KEY,
  uri text BYTEWISE NOT NULL UNIQUE,
  slug text BYTEWISE NOT NULL UNIQUE,
  version integer NOT NULL,
  pub_status text NOT NULL CHECK (pub_status IN ('usable', 'withheld', 'canceled')),
  language text NOT NULL,
  headline text NOT NULL,
  summary text,
  body_html text NOT NULL,
  body_text text NOT NULL,
  word_count integer NOT NULL,
  byline text,
  dateline text,
  slugline text,
  urgency smallint CHECK (urgency BETWEEN 1 AND 9),
  genre text,
  ed_note text,
  first_published BIG NOT NULL,
  published BIG NOT NULL,
  version_created BIG NOT NULL,
  expires BIG,
  source_id ID REFERENCES source (id),
  digest BYTES NOT NULL
);
CREATE INDEX article_latest ON article (first_published, id, version, expires) WHERE pub_status = 'usable';
CREATE INDEX article_by_language ON article (language, first_published, id, version, expires) WHERE pub_status = 'usable';
CREATE INDEX article_by_source ON article (source_id, first_published, id, version, expires) WHERE pub_status = 'usable';
CREATE INDEX article_by_genre ON article (genre, first_published, id, version, expires)
  WHERE pub_status = 'usable' AND genre IS NOT NULL;
CREATE INDEX article_by_urgency ON article (urgency, first_published, id, version, expires)
  WHERE pub_status = 'usable' AND urgency IS NOT NULL;

CREATE TABLE article_version (
  article_id ID NOT NULL REFERENCES article (id),
  version integer NOT NULL,
  version_created BIG NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (article_id, version)
);

CREATE TABLE article_alias (
  kind text NOT NULL CHECK (kind IN ('slug', 'uri')),
  name text BYTEWISE NOT NULL,
  article_id ID NOT NULL REFERENCES article (id),
  PRIMARY KEY (kind, name)
);
CREATE INDEX article_alias_by_article ON article_alias (article_id);

CREATE TABLE article_topic (
  article_id ID NOT NULL REFERENCES article (id),
  topic_id ID NOT NULL REFERENCES topic (id),
  rank smallint NOT NULL,
  implied boolean NOT NULL,
  first_published BIG NOT NULL,
  version integer NOT NULL,
  expires BIG,
  listed boolean NOT NULL,
  PRIMARY KEY (article_id, topic_id)
);
CREATE INDEX article_topic_feed ON article_topic (topic_id, first_published, article_id, version, expires) WHERE listed = true;

CREATE TABLE related_link (
  article_id ID NOT NULL REFERENCES article (id),
  position smallint NOT NULL,
  kind text NOT NULL,
  target_uri text BYTEWISE,
  url text,
  title text,
  PRIMARY KEY (article_id, position)
);
CREATE INDEX related_link_by_target ON related_link (target_uri) WHERE target_uri IS NOT NULL;

CREATE TABLE rendition (
  article_id ID NOT NULL REFERENCES article (id),
  position smallint NOT NULL,
  name text NOT NULL,
  href text NOT NULL,
  media_type text,
  width integer,
  height integer,
  size BIG,
  digest text,
  focal_x double precision,
  focal_y double precision,
  credit text,
  alt text,
  caption text,
  PRIMARY KEY (article_id, position)
);

CREATE TABLE collection (
  id ID NOT NULL PRIMARY KEY,
  slug text BYTEWISE NOT NULL UNIQUE,
  name text NOT NULL,
  version integer NOT NULL
);

CREATE TABLE collection_item (
  collection_id ID NOT NULL REFERENCES collection (id),
  position smallint NOT NULL,
  article_id ID NOT NULL REFERENCES article (id),
  PRIMARY KEY (collection_id, position)
);
CREATE INDEX collection_item_by_article ON collection_item (article_id);

CREATE TABLE wire_entry (
  position BIG NOT NULL PRIMARY KEY,
  epoch integer NOT NULL,
  kind text NOT NULL,
  at BIG NOT NULL,
  article_id ID,
  version integer,
  topic_id ID,
  collection_id ID,
  changed text,
  topics_before text,
  topics_after text
);

CREATE TABLE wire_head (
  id integer NOT NULL PRIMARY KEY CHECK (id = 1),
  epoch integer NOT NULL,
  position BIG NOT NULL
) HOT;
INSERT INTO wire_head (id, epoch, position) VALUES (1, 1, 0);

CREATE TABLE api_key (
  id text BYTEWISE NOT NULL PRIMARY KEY,
  secret_hash BYTES NOT NULL,
  name text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('read', 'publish', 'admin')),
  created BIG NOT NULL
);

CREATE TABLE idempotency_key (
  owner text BYTEWISE NOT NULL,
  key text BYTEWISE NOT NULL,
  fingerprint BYTES NOT NULL,
  answer text NOT NULL,
  at BIG NOT NULL,
  PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_key_by_age ON idempotency_key (at);
"#;
