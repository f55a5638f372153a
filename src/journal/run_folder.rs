//! The folder of one run: created at once or not at all, found by name, opened for appending.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Counts, JournalError, JournalWriter, Manifest, Record, Replay, Storage, TenantLock,
    manifest::FORMAT,
    replay::first_link,
    snapshot::whole_lines,
    storage::{create_private_folder, replace, sync_folder, write_new},
    writer::Sink,
};
use crate::domain::{Plan, Target, TenantName};

const PLAN: &str = "plan.json";
const MANIFEST: &str = "manifest.json";
const SNAPSHOT: &str = "snapshot.jsonl";
const JOURNAL: &str = "journal.jsonl";
/// Folders with this beginning were not finished: a crash came first, and nothing was sent.
const UNFINISHED: &str = ".new-";

/// What a new run is made of.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// Name, from [`RunFolder::new_name`].
    pub name: &'a str,
    /// The plan file, byte for byte.
    pub plan_bytes: &'a [u8],
    /// Its hash.
    pub plan_sha256: &'a str,
    /// The tenant.
    pub tenant: &'a TenantName,
    /// Where the authority goes.
    pub target: Target,
    /// Subjects of the plan.
    pub items: u64,
    /// Who applies.
    pub who: &'a str,
    /// When it begins.
    pub started_at: Timestamp,
}

/// The folder of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
    name: String,
}

impl RunFolder {
    /// `<data-dir>/runs`.
    pub fn all(data_dir: &Path) -> PathBuf {
        data_dir.join("runs")
    }

    /// A name for a run that begins now: time, then a random part, so that names sort by age.
    pub fn new_name(now: Timestamp) -> String {
        let random = uuid::Uuid::new_v4().simple().to_string();
        format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), &random[..8])
    }

    /// Creates the folder with all its files. A crash leaves all of it or nothing that counts as a run.
    pub fn create(data_dir: &Path, run: NewRun<'_>) -> Result<Self, JournalError> {
        let all = Self::all(data_dir);
        create_private_folder(&all).map_err(|error| JournalError::storage("create", &all, &error))?;
        let draft = all.join(format!("{UNFINISHED}{}", run.name));
        let path = all.join(run.name);
        let manifest = Manifest {
            format: FORMAT.into(),
            run: run.name.into(),
            plan: run.plan_sha256.into(),
            tenant: run.tenant.clone(),
            target: run.target,
            items: run.items,
            who: run.who.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            started_at: run.started_at,
            dropped_attributes: Vec::new(),
            closed: None,
            abandoned: false,
        };
        let written = (|| {
            create_private_folder(&draft)?;
            write_new(&draft.join(PLAN), run.plan_bytes)?;
            write_new(&draft.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
            write_new(&draft.join(SNAPSHOT), b"")?;
            write_new(&draft.join(JOURNAL), b"")?;
            sync_folder(&draft)?;
            fs::rename(&draft, &path)?;
            sync_folder(&all)
        })();
        written.map_err(|error| {
            // Best effort: an unfinished folder is never taken for a run.
            let _ = fs::remove_dir_all(&draft);
            JournalError::storage("create", &path, &error)
        })?;
        Ok(Self {
            path,
            name: run.name.into(),
        })
    }

    /// Every run's folder, in no order. An absent data folder holds no runs.
    pub fn list(data_dir: &Path) -> Result<Vec<Self>, JournalError> {
        let all = Self::all(data_dir);
        let failed = |error: &std::io::Error| JournalError::storage("list", &all, error);
        let entries = match fs::read_dir(&all) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut folders = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed(&error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') && entry.path().is_dir() {
                folders.push(Self {
                    path: entry.path(),
                    name,
                });
            }
        }
        Ok(folders)
    }

    /// The folder with this name, or the only one whose name begins or ends with it.
    pub fn find(data_dir: &Path, run: &str) -> Result<Self, JournalError> {
        let run = run.trim();
        let mut folders = Self::list(data_dir)?;
        if let Some(position) = folders.iter().position(|folder| folder.name == run) {
            return Ok(folders.swap_remove(position));
        }
        // Short pieces would fit by accident.
        folders
            .retain(|folder| run.len() >= 4 && (folder.name.starts_with(run) || folder.name.ends_with(run)));
        match folders.len() {
            0 => Err(JournalError::NoSuchRun(run.to_owned())),
            1 => Ok(folders.swap_remove(0)),
            _ => Err(JournalError::AmbiguousRun(run.to_owned())),
        }
    }

    /// Name of the run.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where its snapshots lie, for [`super::SnapshotReader`].
    pub fn snapshot_path(&self) -> PathBuf {
        self.path.join(SNAPSHOT)
    }

    /// What the run is.
    pub fn manifest(&self) -> Result<Manifest, JournalError> {
        let path = self.path.join(MANIFEST);
        let bytes = fs::read(&path).map_err(|error| JournalError::storage("read", &path, &error))?;
        let unreadable = |reason: &str| JournalError::unreadable(&path, reason);
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(&error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(unreadable(&format!(
                "it has format `{}`, this version reads `{FORMAT}`",
                manifest.format
            )));
        }
        Ok(manifest)
    }

    /// The plan file as applied.
    pub fn plan_bytes(&self) -> Result<Vec<u8>, JournalError> {
        let path = self.path.join(PLAN);
        fs::read(&path).map_err(|error| JournalError::storage("read", &path, &error))
    }

    /// The plan, its hash checked against content and manifest.
    pub fn plan(&self) -> Result<Plan, JournalError> {
        let unreadable = |reason: &str| JournalError::unreadable(&self.path.join(PLAN), reason);
        let plan = Plan::parse(&self.plan_bytes()?).map_err(|error| unreadable(&error.to_string()))?;
        if plan.sha256 != self.manifest()?.plan {
            return Err(unreadable("it is another plan than the run's manifest names"));
        }
        Ok(plan)
    }

    /// Reads the journal back.
    pub fn replay(&self) -> Result<Replay, JournalError> {
        Replay::read(&self.path.join(JOURNAL), &self.manifest()?.plan)
    }

    /// Starts the writer of a run that was just created, with its first line.
    pub async fn open_new(
        &self,
        storage: &dyn Storage,
        lock: TenantLock,
        opened: Record,
    ) -> Result<JournalWriter, JournalError> {
        let previous = match &opened {
            Record::Opened { plan, .. } => first_link(plan),
            _ => first_link(&self.manifest()?.plan),
        };
        let writer = self.writer(storage, lock, 0, previous)?;
        writer.append(Vec::new(), vec![opened]).await?;
        Ok(writer)
    }

    /// Cuts torn last lines off and starts the writer behind the last whole line. The replay must have been made
    /// under this lock.
    pub fn open_again(
        &self,
        storage: &dyn Storage,
        lock: TenantLock,
        replay: &Replay,
    ) -> Result<JournalWriter, JournalError> {
        truncate(&self.path.join(JOURNAL), |_| Ok(replay.length))?;
        truncate(&self.snapshot_path(), whole_lines)?;
        self.writer(storage, lock, replay.lines, replay.previous.clone())
    }

    /// Puts the counts of a closed run into the manifest; nothing reopens it.
    pub fn set_closed(&self, closed: Option<Counts>) -> Result<(), JournalError> {
        self.amend(|manifest| manifest.closed = closed)
    }

    /// The same for a run that was given up.
    pub fn set_abandoned(&self, counts: Counts) -> Result<(), JournalError> {
        self.amend(|manifest| {
            manifest.closed = Some(counts);
            manifest.abandoned = true;
        })
    }

    /// Adds attributes that the tenant turned out not to know, so that everybody sees what the snapshots lack.
    pub fn add_dropped_attributes(&self, dropped: Vec<String>) -> Result<(), JournalError> {
        if dropped.is_empty() {
            return Ok(());
        }
        self.amend(|manifest| {
            manifest.dropped_attributes.extend(dropped);
            manifest.dropped_attributes.sort_unstable();
            manifest.dropped_attributes.dedup();
        })
    }

    fn amend(&self, change: impl FnOnce(&mut Manifest)) -> Result<(), JournalError> {
        let path = self.path.join(MANIFEST);
        let failed = |error: &std::io::Error| JournalError::storage("write", &path, error);
        let mut manifest = self.manifest()?;
        change(&mut manifest);
        let bytes = serde_json::to_vec_pretty(&manifest).map_err(|error| failed(&error.into()))?;
        replace(&path, &bytes).map_err(|error| failed(&error))
    }

    fn writer(
        &self,
        storage: &dyn Storage,
        lock: TenantLock,
        lines: u64,
        previous: String,
    ) -> Result<JournalWriter, JournalError> {
        let sink = |name: &str| {
            let path = self.path.join(name);
            match storage.append(&path) {
                Ok(file) => Ok(Sink { path, file }),
                Err(error) => Err(JournalError::storage("open", &path, &error)),
            }
        };
        JournalWriter::start(sink(SNAPSHOT)?, sink(JOURNAL)?, lines, previous, lock)
    }
}

fn truncate(path: &Path, length: impl FnOnce(&Path) -> std::io::Result<u64>) -> Result<(), JournalError> {
    let shortened = (|| {
        let length = length(path)?;
        let file = OpenOptions::new().write(true).open(path)?;
        if file.metadata()?.len() != length {
            file.set_len(length)?;
            file.sync_all()?;
        }
        Ok(())
    })();
    shortened.map_err(|error: std::io::Error| JournalError::storage("repair", path, &error))
}
