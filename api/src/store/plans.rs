//! How the two databases read what is read most, on a filled house.
//!
//! The store itself runs each read while its statements are written down; each is then explained by the database and
//! the plans are compared with a snapshot. Whatever the snapshot says: nothing reads a whole table and nothing is
//! sorted, save where several walks are merged, whose rows are few by then.

pub(super) mod fill;

use super::connect::Place;
use super::{Compass, Pool, Pools, Store, refused};
use crate::config::Store as StoreConfig;
use crate::news::ArticleId;
use crate::news::filter::Selection;
use crate::news::story::{ArticleKey, PubStatus};
use crate::news::visibility::Terms;
use crate::page::{Page, Take};
use crate::store::sql::column;
use dateline_tests::{Backend, in_ci};
use fill::{STORIES, article_id, fill, moment, place, source_id, topic_id};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// Plans are worded differently from one release to the next; elsewhere only the rules are checked.
const POSTGRES: &str = "15";

#[tokio::test]
async fn sqlite_reads_by_covering_indexes() {
    let said = House::build(Backend::Sqlite).await.tell().await;
    insta::assert_snapshot!("sqlite", said);
}

#[tokio::test]
async fn postgres_reads_by_indexes_in_order() {
    if let Some(reason) = Backend::Postgres.missing().filter(|_| !in_ci()) {
        eprintln!("ignored: {reason}");
        return;
    }
    let house = House::build(Backend::Postgres).await;
    let version = house.text("SHOW server_version").await;
    let said = house.tell().await;
    if version.split('.').next() == Some(POSTGRES) {
        insta::assert_snapshot!("postgres", said);
    } else {
        eprintln!("PostgreSQL {version}: the rules hold; the snapshot is of PostgreSQL {POSTGRES}");
    }
}

/// What must hold beside the snapshot.
#[derive(Clone, Copy, Default)]
struct Rules {
    /// Several walks are merged.
    merged: bool,
    /// SQLite reads nothing but the index.
    covered: bool,
}

struct House {
    /// Writes down what it is asked.
    store: Store,
    heard: Arc<Mutex<Vec<Statement>>>,
    plain: DatabaseConnection,
    said: String,
    /// Where a plan breaks the rules.
    faults: Vec<String>,
    // Dropped last.
    _database: dateline_tests::Database,
}

impl House {
    async fn build(backend: Backend) -> House {
        let database = dateline_tests::Database::fresh(backend);
        let config = StoreConfig {
            url: database.url().to_owned(),
            ..StoreConfig::default()
        };
        super::migrate(&config).await.unwrap();
        let store = Store::open(&config).await.unwrap();
        fill(&store).await.unwrap();
        store.close().await.unwrap();

        let plain = Database::connect(database.url()).await.unwrap();
        // SQLite's own way of doing it is not used by the house, so its planner knows no more here than there.
        if backend == Backend::Postgres {
            plain.execute_unprepared("VACUUM (ANALYZE)").await.unwrap();
        }
        let heard = Arc::<Mutex<Vec<Statement>>>::default();
        let mut read = Database::connect(database.url()).await.unwrap();
        let ear = Arc::clone(&heard);
        read.set_metric_callback(move |info| {
            let mut heard = ear.lock().unwrap_or_else(PoisonError::into_inner);
            heard.push(info.statement.clone());
        });
        let write = plain.clone();
        House {
            store: Store {
                rooms: Arc::new(Pools {
                    read: Pool::new(read),
                    write: Pool::new(write),
                    replica: None,
                    tail: Pool::new(plain.clone()),
                    watch: None,
                    compass: Compass::new(false),
                    channels: AtomicBool::new(false),
                    told_life: AtomicBool::new(false),
                    place: Place::of(&config).unwrap(),
                }),
            },
            heard,
            plain,
            said: String::new(),
            faults: Vec::new(),
            _database: database,
        }
    }

    async fn tell(mut self) -> String {
        let covered = Rules {
            covered: true,
            ..Rules::default()
        };
        let merged = Rules {
            merged: true,
            covered: true,
        };
        let first = Page::first(20);
        let deep = Page {
            after: Some(place(STORIES / 2)),
            ..Page::first(20)
        };
        let backward = Page {
            take: Take::Last(20),
            after: None,
            before: Some(place(STORIES / 2)),
        };
        let all = Selection::default();
        self.list("latest, first page", &all, &first, covered).await;
        self.list("latest, deep page", &all, &deep, covered).await;
        self.list("latest, backward", &all, &backward, covered).await;
        let feed = topics(&[&[3]]);
        self.list("topic feed, first page", &feed, &first, covered).await;
        self.list("topic feed, deep page", &feed, &deep, covered).await;
        self.list("topic feed, backward", &feed, &backward, covered).await;
        self.list("two topics (a,b)", &topics(&[&[3], &[4]]), &deep, covered)
            .await;
        self.list("either topic (a|b)", &topics(&[&[3, 4]]), &deep, merged)
            .await;
        let without = Selection {
            without_topics: vec![topic_id(4)],
            ..feed.clone()
        };
        self.list("one topic, not the other (a,-b)", &without, &deep, covered)
            .await;
        let language = Selection {
            languages: vec!["uk".to_owned()],
            ..Selection::default()
        };
        self.list("one language", &language, &deep, covered).await;
        let source = Selection {
            sources: Some(vec![source_id(2)]),
            ..Selection::default()
        };
        self.list("one source", &source, &deep, covered).await;
        let narrowed = Selection {
            languages: vec!["uk".to_owned()],
            ..feed
        };
        self.list("a topic in one language", &narrowed, &deep, Rules::default())
            .await;
        self.rest().await;
        assert!(self.faults.is_empty(), "{}\n\n{}", self.said, self.faults.join("\n"));
        self.said
    }

    async fn rest(&mut self) {
        let sections: Vec<_> = (0..3).map(|n| (topics(&[&[n]]), Page::first(6))).collect();
        self.store.walk(&sections, &terms()).await.unwrap();
        let covered = Rules {
            covered: true,
            ..Rules::default()
        };
        self.explain("MORE ABOUT of three stories at once", covered).await;
        let narrow = Selection {
            languages: vec!["uk".to_owned()],
            urgencies: vec![3],
            without_topics: vec![topic_id(4)],
            ..topics(&[&[3]])
        };
        let proposed: Vec<ArticleId> = (0..40).map(|n| article_id(n * 50)).collect();
        self.store.standing_in(&[(&narrow, proposed)], &terms()).await.unwrap();
        self.explain("which of forty stories stand in a list", Rules::default())
            .await;
        let keys = [
            ("a story by id", ArticleKey::Id(article_id(77))),
            ("a story by uri", ArticleKey::Uri("urn:story:77".to_owned())),
            ("a story by slug", ArticleKey::Slug("story-77".to_owned())),
        ];
        for (what, key) in keys {
            self.store.find_articles(&[key]).await.unwrap();
            self.explain(what, Rules::default()).await;
        }
        let ids: Vec<ArticleId> = (0..20).map(|n| article_id(n * 100)).collect();
        assert_eq!(self.store.load_stories(&ids).await.unwrap().len(), 20);
        // A story's few topics, links and renditions are put in order after they are found.
        let ordered = Rules {
            merged: true,
            ..Rules::default()
        };
        self.explain("twenty stories and their parts", ordered).await;
    }

    async fn list(&mut self, what: &str, selection: &Selection, page: &Page, rules: Rules) {
        let asked = [(selection.clone(), page.clone())];
        let (slices, _) = self.store.walk(&asked, &terms()).await.unwrap();
        assert_eq!(slices[0].edges.len(), 20, "{what}: the house is not full enough");
        self.explain(what, rules).await;
    }

    /// Explains what has been heard since the last time.
    async fn explain(&mut self, what: &str, rules: Rules) {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(!heard.is_empty(), "{what}: nothing was heard");
        writeln!(self.said, "\n## {what}").unwrap();
        for statement in heard {
            let Statement {
                sql,
                values,
                db_backend,
            } = statement;
            let sqlite = db_backend == DbBackend::Sqlite;
            let explain = if sqlite {
                "EXPLAIN QUERY PLAN"
            } else {
                "EXPLAIN (COSTS OFF)"
            };
            let asked = Statement::from_sql_and_values(db_backend, format!("{explain} {sql}"), values.unwrap().0);
            let rows = self.plain.query_all_raw(asked).await.map_err(refused).unwrap();
            let mut depths = BTreeMap::from([(0, 0)]);
            let mut handed_on = Vec::new();
            for row in rows {
                let line = if sqlite {
                    let (id, parent): (i32, i32) = (column(&row, 0).unwrap(), column(&row, 1).unwrap());
                    let depth = depths[&parent];
                    depths.insert(id, depth + 1);
                    format!("{}{}", "  ".repeat(depth), column::<String>(&row, 3).unwrap())
                } else {
                    brief(&column::<String>(&row, 0).unwrap())
                };
                self.faults
                    .extend(fault(&line, rules, sqlite, &handed_on).map(|f| format!("{what}: {f}: {}", line.trim())));
                handed_on.extend(line.trim().strip_prefix("CO-ROUTINE ").map(str::to_owned));
                writeln!(self.said, "{line}").unwrap();
            }
        }
    }

    async fn text(&self, sql: &str) -> String {
        let asked = Statement::from_string(self.plain.get_database_backend(), sql);
        column(&self.plain.query_one_raw(asked).await.unwrap().unwrap(), 0).unwrap()
    }
}

/// `handed_on` are what the lines above have found: to read it is to read no table.
fn fault(line: &str, rules: Rules, sqlite: bool, handed_on: &[String]) -> Option<&'static str> {
    let step = line.trim().trim_start_matches("->").trim();
    let (whole_table, sorts, covered) = if sqlite {
        let table = step.strip_prefix("SCAN ").or(step.strip_prefix("SEARCH "));
        // `SCAN w0`, `SCAN m1` only hand on what a walk has found.
        let table = table.filter(|rest| !rest.starts_with(['w', 'm']) && !handed_on.iter().any(|name| name == rest));
        (
            table.is_some_and(|rest| !rest.contains("INDEX")),
            step.contains("TEMP B-TREE"),
            table.is_none_or(|rest| rest.contains("COVERING INDEX")),
        )
    } else {
        let starts = |kinds: &[&str]| kinds.iter().any(|kind| step.starts_with(kind));
        (
            starts(&["Seq Scan", "Parallel", "Bitmap"]),
            starts(&["Sort", "Incremental Sort"]),
            true,
        )
    };
    if whole_table {
        Some("reads a whole table")
    } else if sorts && !rules.merged {
        Some("sorts")
    } else if rules.covered && !covered {
        Some("reads more than the index")
    } else {
        None
    }
}

/// Without the long lists of ids.
fn brief(line: &str) -> String {
    match (line.find("'{"), line.find("}'")) {
        (Some(from), Some(to)) if from < to => format!("{}'{{…{}", &line[..from], &line[to..]),
        _ => line.to_owned(),
    }
}

fn terms() -> Terms {
    Terms {
        status: PubStatus::Usable,
        expires_after: moment(STORIES),
        channels: None,
    }
}

fn topics(clauses: &[&[u32]]) -> Selection {
    let clauses = clauses.iter().map(|c| c.iter().copied().map(topic_id).collect());
    Selection {
        topics: clauses.collect(),
        ..Selection::default()
    }
}
