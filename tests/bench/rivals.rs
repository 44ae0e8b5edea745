//! The databases' own full-text search, over the same stories and asked the same: SQLite's FTS5 (Porter's stemmer, `bm25`
//! with the headline at three times the text) and PostgreSQL's `tsvector` under GIN (the configuration of each story's
//! language, headline A and text C, `ts_rank`). Both are told the language of a query where they can use it, which
//! Dateline is not.

use std::borrow::Cow;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, SqliteConnection};
use tokio::runtime::Runtime;

use crate::Outcome;

/// What both are filled with.
pub struct Text<'a> {
    pub headline: Cow<'a, str>,
    pub body: Cow<'a, str>,
    /// BCP 47.
    pub language: Cow<'a, str>,
}

/// What is looked for: words that must all be there, or any of them.
pub struct Sought<'a> {
    pub words: &'a [String],
    pub any: bool,
    pub language: &'a str,
    pub most: usize,
}

pub struct Fts5 {
    runtime: Runtime,
    line: SqliteConnection,
}

pub struct Gin {
    runtime: Runtime,
    line: PgConnection,
}

/// Rows that one statement writes.
const TOGETHER: usize = 500;

fn runtime() -> Outcome<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

impl Fts5 {
    /// A new one in a file. Scripts without spaces are found by three letters, which is the best it has for them.
    pub fn fill<'a>(file: &Path, dense: bool, texts: impl Iterator<Item = Text<'a>>) -> Outcome<(Self, Duration)> {
        let runtime = runtime()?;
        let tokenizer = match dense {
            true => "trigram",
            false => "porter unicode61 remove_diacritics 2",
        };
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        let mut texts = texts;
        let began = Instant::now();
        let line = runtime.block_on(async {
            let mut line = SqliteConnection::connect_with(&options).await?;
            let table = format!("create virtual table story using fts5(headline, body, tokenize = '{tokenizer}')");
            sqlx::raw_sql(AssertSqlSafe(table)).execute(&mut line).await?;
            let mut number = 0_i64;
            loop {
                let chunk: Vec<Text<'a>> = texts.by_ref().take(TOGETHER).collect();
                if chunk.is_empty() {
                    break;
                }
                let mut tx = line.begin().await?;
                for text in &chunk {
                    sqlx::query("insert into story (rowid, headline, body) values (?, ?, ?)")
                        .bind(number)
                        .bind(text.headline.as_ref())
                        .bind(text.body.as_ref())
                        .execute(&mut *tx)
                        .await?;
                    number += 1;
                }
                tx.commit().await?;
            }
            sqlx::raw_sql("insert into story (story) values ('optimize'); pragma wal_checkpoint(truncate)")
                .execute(&mut line)
                .await?;
            Ok::<_, sqlx::Error>(line)
        })?;
        Ok((Self { runtime, line }, began.elapsed()))
    }

    /// The numbers of the stories that fit best.
    pub fn find(&mut self, sought: &Sought<'_>) -> Outcome<Vec<usize>> {
        let words: Vec<String> = sought
            .words
            .iter()
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        let asked = words.join(if sought.any { " OR " } else { " " });
        let (line, most) = (&mut self.line, i64::try_from(sought.most)?);
        let rows = self.runtime.block_on(async {
            sqlx::query("select rowid from story where story match ? order by bm25(story, 3.0, 1.0) limit ?")
                .bind(asked)
                .bind(most)
                .fetch_all(line)
                .await
        })?;
        rows.iter()
            .map(|row| Ok(usize::try_from(row.try_get::<i64, _>(0)?)?))
            .collect()
    }

    pub fn bytes(&mut self) -> Outcome<u64> {
        let line = &mut self.line;
        let row = self.runtime.block_on(async {
            let sum = "select (select page_count from pragma_page_count) * (select page_size from pragma_page_size)";
            sqlx::query(sum).fetch_one(line).await
        })?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?)?)
    }
}

/// What PostgreSQL calls the language.
fn configuration(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or_default() {
        "ar" => "arabic",
        "da" => "danish",
        "de" => "german",
        "el" => "greek",
        "en" => "english",
        "es" => "spanish",
        "fi" => "finnish",
        "fr" => "french",
        "hi" => "hindi",
        "hu" => "hungarian",
        "id" => "indonesian",
        "it" => "italian",
        "lt" => "lithuanian",
        "ne" => "nepali",
        "nl" => "dutch",
        "no" | "nb" => "norwegian",
        "pt" => "portuguese",
        "ro" => "romanian",
        "ru" => "russian",
        "sr" | "hr" => "serbian",
        "sv" => "swedish",
        "tr" => "turkish",
        _ => "simple",
    }
}

impl Gin {
    /// A new table in an empty database.
    pub fn fill<'a>(url: &str, texts: impl Iterator<Item = Text<'a>>) -> Outcome<(Self, Duration)> {
        let runtime = runtime()?;
        let mut texts = texts;
        let began = Instant::now();
        let line = runtime.block_on(async {
            let mut line = PgConnection::connect(url).await?;
            let table =
                "drop table if exists story; create table story (id bigint primary key, found tsvector not null)";
            sqlx::raw_sql(table).execute(&mut line).await?;
            let mut number = 0_i64;
            loop {
                let chunk: Vec<Text<'a>> = texts.by_ref().take(TOGETHER).collect();
                if chunk.is_empty() {
                    break;
                }
                let mut tx = line.begin().await?;
                for text in &chunk {
                    let put = "insert into story values ($1, setweight(to_tsvector($2::regconfig, $3), 'A') \
                               || setweight(to_tsvector($2::regconfig, $4), 'C'))";
                    sqlx::query(put)
                        .bind(number)
                        .bind(configuration(&text.language))
                        .bind(without_nul(&text.headline))
                        .bind(without_nul(&text.body))
                        .execute(&mut *tx)
                        .await?;
                    number += 1;
                }
                tx.commit().await?;
            }
            let index = "create index on story using gin (found); analyze story";
            sqlx::raw_sql(index).execute(&mut line).await?;
            Ok::<_, sqlx::Error>(line)
        })?;
        Ok((Self { runtime, line }, began.elapsed()))
    }

    pub fn find(&mut self, sought: &Sought<'_>) -> Outcome<Vec<usize>> {
        let asked = match sought.any {
            true => sought.words.join(" OR "),
            false => sought.words.join(" "),
        };
        let (line, most) = (&mut self.line, i64::try_from(sought.most)?);
        let rows = self.runtime.block_on(async {
            let find = "select id from story, websearch_to_tsquery($1::regconfig, $2) asked where found @@ asked \
                        order by ts_rank(found, asked) desc, id limit $3";
            sqlx::query(find)
                .bind(configuration(sought.language))
                .bind(without_nul(&asked))
                .bind(most)
                .fetch_all(line)
                .await
        })?;
        rows.iter()
            .map(|row| Ok(usize::try_from(row.try_get::<i64, _>(0)?)?))
            .collect()
    }

    pub fn bytes(&mut self) -> Outcome<u64> {
        let line = &mut self.line;
        let size = "select pg_total_relation_size('story')";
        let row = self
            .runtime
            .block_on(async { sqlx::query(size).fetch_one(line).await })?;
        Ok(u64::try_from(row.try_get::<i64, _>(0)?)?)
    }
}

fn without_nul(text: &str) -> String {
    text.replace('\0', " ")
}
