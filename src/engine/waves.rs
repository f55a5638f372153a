//! Waves: sets of mailboxes saved by name, to be handed over together later.
//!
//! One file per wave in `<data-dir>/waves/<tenant>/`, holding object ids: rows move, ids don't. The file name is a hash
//! of the wave's name, so that no name can leave the folder or clash with what a file system forbids.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    domain::{ObjectId, TenantName},
    journal::{private_folder, write_private},
};

/// Name and version of the file format.
const FORMAT: &str = "handover-wave/1";
/// Longest name, in characters.
const LONGEST_NAME: usize = 80;
/// Files larger than this are no waves of ours: 600,000 ids take 24 MB.
const LARGEST_FILE: u64 = 64 * 1024 * 1024;

/// A saved wave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wave {
    format: String,
    /// Its name.
    pub name: String,
    /// Tenant id it belongs to.
    pub tenant: String,
    /// When it was saved.
    pub saved_at: Timestamp,
    /// Its mailboxes, without duplicates, in the order in which they were marked.
    pub mailboxes: Vec<ObjectId>,
}

/// Why a wave can't be saved or read.
#[derive(Debug, thiserror::Error)]
pub enum WaveError {
    /// An empty name, or one with characters that can't be seen.
    #[error("a wave needs a name of 1 to {LONGEST_NAME} visible characters")]
    Name,
    /// Nothing to save.
    #[error("the wave has no mailboxes. Mark some first")]
    Empty,
    /// No such wave.
    #[error("there is no wave called `{0}` in this tenant")]
    Missing(String),
    /// The file is not what was saved.
    #[error("the wave file `{}` can't be read: {reason}. Delete the file and save the wave again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The operating system refused.
    #[error("`{}` can't be used: {source}. Check folder, rights and free space", path.display())]
    System {
        /// File or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The saved waves of one tenant.
#[derive(Clone, Debug)]
pub struct Waves {
    tenant: String,
    folder: PathBuf,
}

/// The waves of a tenant, and the files that hold none.
#[derive(Debug, Default)]
pub struct WaveList {
    /// By name.
    pub waves: Vec<Wave>,
    /// What is wrong with the other files.
    pub unreadable: Vec<WaveError>,
}

impl Waves {
    /// The waves of a tenant. Nothing is read or made yet.
    pub fn of(data_dir: &Path, tenant: &TenantName) -> Self {
        Self {
            tenant: tenant.id.clone(),
            folder: data_dir.join("waves").join(file_key(&tenant.id)),
        }
    }

    /// Every wave, by name.
    pub fn list(&self) -> Result<WaveList, WaveError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(WaveList::default()),
            Err(source) => return Err(self.failed(&self.folder, source)),
        };
        let mut list = WaveList::default();
        for entry in entries {
            let path = entry.map_err(|source| self.failed(&self.folder, source))?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                match self.read(&path) {
                    Ok(wave) => list.waves.push(wave),
                    Err(error) => list.unreadable.push(error),
                }
            }
        }
        list.waves.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(list)
    }

    /// Saves mailboxes under a name; a wave of that name is replaced, whole or not at all.
    pub fn save(&self, name: &str, mailboxes: &[ObjectId], now: Timestamp) -> Result<(), WaveError> {
        let name = checked_name(name)?;
        let mut seen = std::collections::HashSet::new();
        let mailboxes: Vec<ObjectId> = mailboxes.iter().copied().filter(|id| seen.insert(*id)).collect();
        if mailboxes.is_empty() {
            return Err(WaveError::Empty);
        }
        let wave = Wave {
            format: FORMAT.to_owned(),
            name: name.to_owned(),
            tenant: self.tenant.clone(),
            saved_at: now,
            mailboxes,
        };
        let path = self.path(name);
        let system = |source| self.failed(&path, source);
        private_folder(&self.folder).map_err(|source| self.failed(&self.folder, source))?;
        let bytes = serde_json::to_vec(&wave).map_err(|error| system(error.into()))?;
        write_private(&path, &bytes).map_err(system)
    }

    /// The wave of a name.
    pub fn load(&self, name: &str) -> Result<Wave, WaveError> {
        let name = checked_name(name)?;
        let path = self.path(name);
        if !path.exists() {
            return Err(WaveError::Missing(name.to_owned()));
        }
        self.read(&path)
    }

    /// Deletes the wave of a name.
    pub fn delete(&self, name: &str) -> Result<(), WaveError> {
        let name = checked_name(name)?;
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(WaveError::Missing(name.to_owned())),
            other => other.map_err(|source| self.failed(&path, source)),
        }
    }

    fn read(&self, path: &Path) -> Result<Wave, WaveError> {
        let unreadable = |reason: String| WaveError::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let length = fs::metadata(path)
            .map_err(|source| self.failed(path, source))?
            .len();
        if length > LARGEST_FILE {
            return Err(unreadable(format!("it is {length} bytes long")));
        }
        let bytes = fs::read(path).map_err(|source| self.failed(path, source))?;
        let wave: Wave = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if wave.format != FORMAT {
            return Err(unreadable("it has another format".to_owned()));
        }
        if wave.tenant != self.tenant {
            return Err(unreadable("it belongs to another tenant".to_owned()));
        }
        if checked_name(&wave.name)
            .ok()
            .map(|name| self.path(name))
            .as_deref()
            != Some(path)
        {
            return Err(unreadable("its name was changed".to_owned()));
        }
        Ok(wave)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(file_key(name)).with_extension("json")
    }

    fn failed(&self, path: &Path, source: io::Error) -> WaveError {
        WaveError::System {
            path: path.to_owned(),
            source,
        }
    }
}

/// A name people can tell from another: trimmed, not empty, nothing invisible.
fn checked_name(name: &str) -> Result<&str, WaveError> {
    let name = name.trim();
    let visible = |character: char| {
        !character.is_control()
            && !matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(visible) {
        return Err(WaveError::Name);
    }
    Ok(name)
}

/// A file name for any text: half a SHA-256 in hexadecimal.
fn file_key(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(folder: &Path, tenant: &str) -> Waves {
        let tenant = TenantName {
            id: tenant.to_owned(),
            domain: "contoso.com".to_owned(),
        };
        Waves::of(folder, &tenant)
    }

    fn id(number: u128) -> ObjectId {
        ObjectId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn saved_listed_loaded_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let waves = waves(folder.path(), "tenant");
        assert!(waves.list().unwrap().waves.is_empty());
        waves
            .save(" pilot ", &[id(2), id(1), id(2)], Timestamp::UNIX_EPOCH)
            .unwrap();
        waves
            .save("../../etc/passwd", &[id(3)], Timestamp::UNIX_EPOCH)
            .unwrap();
        waves.save("CON", &[id(4)], Timestamp::UNIX_EPOCH).unwrap();
        let names: Vec<String> = waves
            .list()
            .unwrap()
            .waves
            .into_iter()
            .map(|wave| wave.name)
            .collect();
        assert_eq!(names, ["../../etc/passwd", "CON", "pilot"]);
        assert_eq!(waves.load("pilot").unwrap().mailboxes, [id(2), id(1)]);
        waves.save("pilot", &[id(9)], Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(waves.load("pilot").unwrap().mailboxes, [id(9)]);
        waves.delete("pilot").unwrap();
        assert!(matches!(waves.load("pilot"), Err(WaveError::Missing(_))));
        assert!(matches!(waves.delete("pilot"), Err(WaveError::Missing(_))));
    }

    #[test]
    fn tenants_do_not_see_each_other() {
        let folder = tempfile::tempdir().unwrap();
        waves(folder.path(), "one")
            .save("pilot", &[id(1)], Timestamp::UNIX_EPOCH)
            .unwrap();
        assert!(waves(folder.path(), "../one").list().unwrap().waves.is_empty());
    }

    #[test]
    fn bad_names_and_bad_files_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let waves = waves(folder.path(), "tenant");
        for name in ["", "  ", "a\u{202e}b", "a\nb", &"x".repeat(81)] {
            assert!(
                matches!(
                    waves.save(name, &[id(1)], Timestamp::UNIX_EPOCH),
                    Err(WaveError::Name)
                ),
                "{name:?}"
            );
        }
        assert!(matches!(
            waves.save("pilot", &[], Timestamp::UNIX_EPOCH),
            Err(WaveError::Empty)
        ));
        waves.save("pilot", &[id(1)], Timestamp::UNIX_EPOCH).unwrap();
        fs::write(waves.path("cut"), b"{\"format\":").unwrap();
        fs::copy(waves.path("pilot"), waves.path("another")).unwrap();
        let list = waves.list().unwrap();
        assert_eq!(list.waves.len(), 1);
        assert_eq!(list.unreadable.len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let waves = waves(folder.path(), "tenant");
        waves.save("pilot", &[id(1)], Timestamp::UNIX_EPOCH).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&waves.path("pilot")), 0o600);
        assert_eq!(mode(&waves.folder), 0o700);
    }
}
