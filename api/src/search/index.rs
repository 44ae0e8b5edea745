//! The index on disk: a folder with one generation that is in use, and perhaps one that is being made.
//!
//! Each commit carries in its payload how far the wire is followed, so the index and its bookmark are one file and cannot
//! differ. The file `current` names the generation in use; a new one takes its place by a rename. A process writes while it
//! holds `lock`; others that share the folder only read, and see what it has committed.

use super::document::{Document, id_term};
use super::find::View;
use super::lists::Charts;
use super::schema::{Fields, NUMBER, schema};
use crate::error::{Error, Result};
use crate::news::ArticleId;
use crate::news::wire::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use tantivy::index::SegmentComponent;
use tantivy::{IndexReader, IndexWriter, ReloadPolicy};
use uuid::Uuid;

/// How far the index is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub(super) schema: u32,
    /// Which database it is of.
    pub(super) house: String,
    pub epoch: i32,
    pub position: Position,
    /// While it is made: up to which story, by id, the database has been read.
    pub scanned: Option<Uuid>,
    /// Stories that have been read, and those there were when it began.
    pub built: u64,
    pub of: u64,
    /// When a story was last left out because its time was over: it may be missed by whoever looks with a clock that was set
    /// back behind that.
    #[serde(default)]
    pub expired: Option<Timestamp>,
}

impl Mark {
    /// A story is left out at this moment, because its time is over.
    pub fn leaves_out(&mut self, now: Timestamp) {
        self.expired = self.expired.max(Some(now));
    }

    /// Whether all is there that is visible at this moment.
    pub fn is_whole_at(&self, now: Timestamp) -> bool {
        self.scanned.is_none() && self.expired.is_none_or(|expired| now >= expired)
    }

    /// While it is made: how much of it is there, 0 to 1.
    pub fn progress(&self) -> Option<f64> {
        self.scanned
            .map(|_| (self.built as f64 / self.of.max(1) as f64).min(1.0))
    }
}

/// The index of a house. Clones are the same.
#[derive(Clone)]
pub struct Index(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    house: String,
    view: RwLock<Option<Arc<View>>>,
    /// Something in it could not be read.
    suspect: AtomicBool,
}

/// One whole index.
pub struct Generation {
    name: String,
    path: PathBuf,
    index: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    charts: Arc<Charts>,
}

/// The right to write. It ends with the value, or with the process.
pub struct Claim(#[expect(dead_code, reason = "it is held, and let go by being dropped")] File);

/// One who writes in a generation.
pub struct Writer {
    pub generation: Arc<Generation>,
    writer: IndexWriter,
}

const CURRENT: &str = "current";
const LOCK: &str = "lock";
const REBUILD: &str = "rebuild";

/// What a writer takes up before it puts a segment on disk.
const MEMORY: usize = 50_000_000;

impl Index {
    /// `house` says which database it is of: an index of another one is none.
    pub fn at(folder: PathBuf, house: String) -> Index {
        let view = RwLock::default();
        let suspect = AtomicBool::new(false);
        Index(Arc::new(Inner {
            folder,
            house,
            view,
            suspect,
        }))
    }

    /// The index as it stands; none where there is none yet.
    pub fn view(&self) -> Option<Arc<View>> {
        self.0.view.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The right to write, if nobody has it.
    pub fn claim(&self) -> Result<Option<Claim>> {
        fs::create_dir_all(&self.0.folder).map_err(Error::internal)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path(LOCK));
        let file = file.map_err(Error::internal)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Claim(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(why)) => Err(Error::internal(why)),
        }
    }

    pub fn first_mark(&self, epoch: i32, position: Position, of: u64) -> Mark {
        let house = self.0.house.clone();
        Mark {
            schema: NUMBER,
            house,
            epoch,
            position,
            scanned: Some(Uuid::nil()),
            built: 0,
            of,
            expired: None,
        }
    }

    /// The name of the generation in use.
    pub fn current(&self) -> Option<String> {
        let name = fs::read_to_string(self.path(CURRENT)).ok()?;
        let name = name.trim();
        let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| name.to_owned())
    }

    /// Opens the generation in use. None where there is none, or it is another database's or of another layout; an error
    /// where it cannot be read.
    pub fn open(&self) -> Result<Option<Generation>> {
        let Some(name) = self.current() else { return Ok(None) };
        let path = self.path(&name);
        if !path.join("meta.json").exists() {
            return Ok(None);
        }
        let index = tantivy::Index::open_in_dir(&path).map_err(Error::internal)?;
        let (wanted, _) = schema();
        if index.schema() != wanted {
            return Ok(None);
        }
        let generation = Generation::of(name, path, index)?;
        let mark = generation.mark()?;
        Ok(mark
            .filter(|m| m.schema == NUMBER && m.house == self.0.house)
            .map(|_| generation))
    }

    /// Begins a new generation. It is not in use before it is adopted.
    pub fn begin(&self, mark: &Mark) -> Result<Writer> {
        let name = format!("{NUMBER}-{}", Uuid::new_v4().simple());
        let path = self.path(&name);
        fs::create_dir_all(&path).map_err(Error::internal)?;
        let index = tantivy::Index::create_in_dir(&path, schema().0).map_err(Error::internal)?;
        let mut writer = Writer::of(Arc::new(Generation::of(name, path, index)?))?;
        writer.commit(mark)?;
        Ok(writer)
    }

    /// Takes a generation into use, and removes the others. Only for who holds the claim.
    pub fn adopt(&self, generation: &Generation) -> Result<()> {
        let draft = self.path("current.new");
        fs::write(&draft, &generation.name).map_err(Error::internal)?;
        File::open(&draft).and_then(|f| f.sync_all()).map_err(Error::internal)?;
        fs::rename(&draft, self.path(CURRENT)).map_err(Error::internal)?;
        self.show(generation)?;
        self.sweep(&generation.name);
        Ok(())
    }

    /// Removes what is not in use. What cannot be removed now is removed the next time.
    pub fn sweep(&self, kept: &str) {
        let Ok(entries) = fs::read_dir(&self.0.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name
                .to_str()
                .is_some_and(|n| n.split_once('-').is_some_and(|(n, _)| n.parse::<u32>().is_ok()));
            if ours && name != kept && entry.path().is_dir() {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Lets readers see what a generation has committed.
    pub fn show(&self, generation: &Generation) -> Result<()> {
        let view = generation.view()?;
        *self.0.view.write().unwrap_or_else(PoisonError::into_inner) = view.map(Arc::new);
        Ok(())
    }

    /// Asks whoever writes to make the index anew.
    pub fn ask_rebuild(&self) -> Result<()> {
        fs::create_dir_all(&self.0.folder).map_err(Error::internal)?;
        fs::write(self.path(REBUILD), "").map_err(Error::internal)
    }

    /// Whether somebody has asked for it.
    pub fn rebuild_asked(&self) -> bool {
        self.path(REBUILD).exists()
    }

    pub fn rebuild_begun(&self) {
        let _ = fs::remove_file(self.path(REBUILD));
    }

    /// Whether nobody writes. Only a look: who wants to claims.
    pub fn is_unclaimed(&self) -> bool {
        matches!(self.claim(), Ok(Some(_)))
    }

    /// Something in it could not be read: whoever writes should look through it.
    pub fn suspect(&self) {
        self.0.suspect.store(true, Ordering::Relaxed);
    }

    /// Whether it should be looked through. Says it once.
    pub fn is_suspect(&self) -> bool {
        self.0.suspect.swap(false, Ordering::Relaxed)
    }

    /// Bytes on disk.
    pub fn size(&self) -> u64 {
        fn size(path: &Path) -> u64 {
            let Ok(entries) = fs::read_dir(path) else { return 0 };
            let sizes = entries.flatten().map(|entry| match entry.metadata() {
                Ok(data) if data.is_dir() => size(&entry.path()),
                Ok(data) => data.len(),
                Err(_) => 0,
            });
            sizes.sum()
        }
        size(&self.0.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.folder.join(name)
    }
}

impl Generation {
    fn of(name: String, path: PathBuf, index: tantivy::Index) -> Result<Generation> {
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into();
        let reader = reader.map_err(Error::internal)?;
        let (_, fields) = schema();
        Ok(Generation {
            name,
            path,
            index,
            reader,
            fields,
            charts: Arc::default(),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// How far what was committed last is.
    pub fn mark(&self) -> Result<Option<Mark>> {
        let metas = self.index.load_metas().map_err(Error::internal)?;
        Ok(metas.payload.and_then(|payload| serde_json::from_str(&payload).ok()))
    }

    fn view(&self) -> Result<Option<View>> {
        // The mark first: what was committed meanwhile is then newer than it says, and never older.
        let Some(mark) = self.mark()? else { return Ok(None) };
        self.reader.reload().map_err(Error::internal)?;
        let searcher = self.reader.searcher();
        self.charts.keep(searcher.segment_readers());
        Ok(Some(View {
            searcher,
            fields: self.fields,
            mark,
            charts: Arc::clone(&self.charts),
        }))
    }

    /// Whether all files are as they were written. Reads all of them, through a look of its own that is let go of: the pages
    /// of those that stay open would count as this process's memory from then on.
    pub fn is_sound(&self) -> bool {
        let looked_at = tantivy::Index::open_in_dir(&self.path).and_then(|index| Ok((files(&index)?, index)));
        looked_at.is_ok_and(|(files, index)| files.iter().all(|file| is_whole(&index, file)))
    }
}

/// What the segments stand in that the index consists of now.
fn files(index: &tantivy::Index) -> tantivy::Result<HashSet<PathBuf>> {
    let known = index.directory().list_managed_files();
    let segments = index.load_metas()?.segments;
    let named = segments.iter().flat_map(|segment| {
        let parts = [
            SegmentComponent::Postings,
            SegmentComponent::Positions,
            SegmentComponent::Terms,
            SegmentComponent::Store,
            SegmentComponent::FastFields,
            SegmentComponent::FieldNorms,
            SegmentComponent::Delete,
        ];
        parts.map(|part| segment.relative_path(part))
    });
    Ok(named.filter(|file| known.contains(file)).collect())
}

/// A file that is gone because its segment was merged with others meanwhile is no damage: it is being written all the time.
fn is_whole(index: &tantivy::Index, file: &PathBuf) -> bool {
    let read = index.directory().validate_checksum(file);
    read.unwrap_or_else(|_| files(index).is_ok_and(|now| !now.contains(file)))
}

impl Writer {
    pub fn of(generation: Arc<Generation>) -> Result<Writer> {
        let writer = generation
            .index
            .writer_with_num_threads(1, MEMORY)
            .map_err(Error::internal)?;
        Ok(Writer { generation, writer })
    }

    /// Puts a story in, in the place of what was there of it.
    pub fn put(&mut self, document: &Document<'_>) -> Result<()> {
        let fields = self.generation.fields;
        self.remove(document.story.id);
        self.writer
            .add_document(document.write(&fields))
            .map_err(Error::internal)?;
        Ok(())
    }

    pub fn remove(&mut self, id: ArticleId) {
        self.writer.delete_term(id_term(&self.generation.fields, id));
    }

    /// Commits what was put in and taken out, together with how far it is.
    pub fn commit(&mut self, mark: &Mark) -> Result<()> {
        let mark = serde_json::to_string(mark).map_err(Error::internal)?;
        let mut commit = self.writer.prepare_commit().map_err(Error::internal)?;
        commit.set_payload(&mark);
        commit.commit().map_err(Error::internal)?;
        Ok(())
    }

    /// Ends the writing. What is being merged is finished first.
    pub fn close(self) -> Result<()> {
        self.writer.wait_merging_threads().map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::story;
    use super::*;

    #[test]
    fn what_is_merged_while_it_is_looked_through_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::at(folder.path().join("search"), "house".to_owned());
        let _claim = index.claim().unwrap().unwrap();
        let mark = index.first_mark(1, Position(0), 0);
        let mut writer = index.begin(&mark).unwrap();
        for n in 1..=3 {
            let story = &story(n, "en", "Fish", "Soup");
            let (topics, channels) = (&[], &[]);
            let document = Document {
                story,
                topics,
                channels,
            };
            writer.put(&document).unwrap();
            writer.commit(&mark).unwrap();
        }
        // Somebody has begun to look through it.
        let looked_at = tantivy::Index::open_in_dir(&writer.generation.path).unwrap();
        let before = files(&looked_at).unwrap();
        let segments = writer.generation.index.searchable_segment_ids().unwrap();
        assert_eq!(segments.len(), 3);
        writer.writer.merge(&segments).wait().unwrap();
        writer.writer.garbage_collect_files().wait().unwrap();
        let path = writer.generation.path.clone();
        assert!(before.iter().any(|file| !path.join(file).exists()));
        assert!(before.iter().all(|file| is_whole(&looked_at, file)));
        assert!(writer.generation.is_sound());
        // What is gone and still belongs to it is missed.
        let now = files(&tantivy::Index::open_in_dir(&path).unwrap()).unwrap();
        let lost = now
            .iter()
            .find(|file| file.extension().is_some_and(|e| e == "fast"))
            .unwrap();
        fs::remove_file(path.join(lost)).unwrap();
        assert!(!writer.generation.is_sound());
    }
}
