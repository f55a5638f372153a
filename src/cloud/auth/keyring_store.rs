//! The keyring of the operating system as a secret store, within its size limits, with memory as the way out.

use std::{
    env,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    error::clean,
    resting::Resting,
    secret_store::{MemoryStore, SecretKind, SecretStore, StoreError},
};

/// The service name of Handover's keyring entries.
pub const KEYRING_SERVICE: &str = "handover";
/// Largest part of one entry in bytes: the Windows Credential Manager takes 2,560 (facts/crates section 1, keyring).
const PART: usize = 2_400;
/// More parts than any real token needs; a longer secret is refused.
const MOST_PARTS: usize = 64;
/// First word of an entry Handover wrote.
const MARK: &str = "handover1";

/// Plain named entries of some keyring. A missing entry reads as nothing and deletes without error.
trait Entries: Send + Sync {
    /// Whether there is a keyring at all.
    fn available(&self) -> Result<(), String>;
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String>;
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String>;
    fn remove(&self, name: &str) -> Result<(), String>;
}

/// The keyring of this platform: Credential Manager, Keychain or Secret Service.
struct SystemKeyring;

impl Entries for SystemKeyring {
    fn available(&self) -> Result<(), String> {
        keyring::Entry::store_status()
            .as_ref()
            .map(|_| ())
            .map_err(reason)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(reason(&error)),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        entry(name)?.set_secret(bytes).map_err(|error| reason(&error))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        match entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(reason(&error)),
        }
    }
}

fn entry(name: &str) -> Result<keyring::Entry, String> {
    SystemKeyring.available()?;
    new_entry(name).map_err(|error| reason(&error))
}

#[cfg(not(windows))]
fn new_entry(name: &str) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(KEYRING_SERVICE, name)
}

/// Kept on this machine: by default a credential roams with the profile of a user of a domain, to every server they sign
/// in to (facts/crates section 1, keyring).
#[cfg(windows)]
fn new_entry(name: &str) -> keyring::Result<keyring::Entry> {
    let modifiers = std::collections::HashMap::from([("persistence", "Local")]);
    let inner = keyring_core::Entry::new_with_modifiers(KEYRING_SERVICE, name, &modifiers)?;
    Ok(keyring::Entry { inner })
}

/// A keyring error without any secret: the variants that carry data are named, not printed.
fn reason(error: &keyring::Error) -> String {
    match error {
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            "the keyring's entry is damaged".to_owned()
        }
        other => clean(&other.to_string()),
    }
}

/// The operating system's keyring; a secret that it does not take stays in memory, and
/// [`resting_place`](SecretStore::resting_place) says why.
///
/// Secrets longer than one entry holds are split over several. A new secret is written beside the old one and takes its
/// place with a single entry, so a crash or a second process never leaves a mixture.
pub struct KeyringStore {
    entries: Arc<dyn Entries>,
    /// One owner at a time: same-entry access from several threads is not ordered on Windows.
    turn: Mutex<()>,
    memory: MemoryStore,
    /// What the last use of the keyring showed; nothing before anything was written to it.
    proof: Mutex<Option<Resting>>,
}

/// Longer than any keyring needs that asks nobody, shorter than sign-in waits for one.
const PROBE_WITHIN: Duration = Duration::from_secs(10);
/// First word of the name of an entry that is written and deleted to see whether that works.
const PROBE: &str = "probe";

impl KeyringStore {
    /// The platform's keyring, or memory when `HANDOVER_NO_KEYRING=1` is set. Touches the keyring only when it is used.
    pub fn open() -> Arc<dyn SecretStore> {
        if env::var_os("HANDOVER_NO_KEYRING").is_some_and(|value| !value.is_empty() && value != "0") {
            return Arc::new(MemoryStore::new("HANDOVER_NO_KEYRING is set"));
        }
        Arc::new(Self::over(Arc::new(SystemKeyring)))
    }

    fn over(entries: Arc<dyn Entries>) -> Self {
        Self {
            entries,
            turn: Mutex::default(),
            memory: MemoryStore::new(""),
            proof: Mutex::default(),
        }
    }

    fn note_trouble(&self, why: String) {
        self.note(Resting::ThisProcess { why });
    }

    fn note(&self, proof: Resting) {
        *self.proof.lock().unwrap_or_else(PoisonError::into_inner) = Some(proof);
    }

    /// Writes an entry, reads it and deletes it, on a thread of its own: a keyring that asks its user something on a
    /// screen nobody sees never answers.
    fn probe(&self, within: Duration) -> Resting {
        let entries = Arc::clone(&self.entries);
        let (sender, receiver) = mpsc::channel();
        let started = thread::Builder::new()
            .name("keyring-probe".to_owned())
            .spawn(move || {
                // Nobody listens any more when it took too long.
                let _ = sender.send(write_and_delete(entries.as_ref()));
            });
        let result = match started {
            Ok(_) => receiver
                .recv_timeout(within)
                .unwrap_or_else(|_| Err("the keyring does not answer".to_owned())),
            Err(error) => Err(clean(&error.to_string())),
        };
        match result {
            Ok(()) => Resting::Keyring,
            Err(why) => Resting::ThisProcess { why },
        }
    }

    fn read_whole(&self, name: &str) -> Result<Option<SecretString>, String> {
        let Some(head) = self.entries.read(name)? else {
            return Ok(None);
        };
        let Some((generation, parts, first)) = parse_head(&head) else {
            return Ok(None);
        };
        let mut bytes = first.to_vec();
        for part in 1..parts {
            match self.entries.read(&part_name(name, generation, part))? {
                Some(more) => bytes.extend_from_slice(&more),
                // Half a secret is none: the caller signs in again.
                None => return Ok(None),
            }
        }
        Ok(String::from_utf8(bytes).ok().map(SecretString::from))
    }

    fn write_whole(&self, name: &str, secret: &SecretString) -> Result<(), String> {
        let bytes = secret.expose_secret().as_bytes();
        let mut parts: Vec<&[u8]> = bytes.chunks(PART).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        if parts.len() > MOST_PARTS {
            return Err("the secret is too long for the keyring".to_owned());
        }
        let before = self.entries.read(name)?;
        let generation = Uuid::new_v4().simple().to_string();
        let generation = generation.get(..8).unwrap_or(&generation);
        for (number, part) in parts.iter().enumerate().skip(1) {
            if let Err(why) = self.entries.write(&part_name(name, generation, number), part) {
                self.remove_parts(name, generation, parts.len());
                return Err(why);
            }
        }
        let mut head = format!("{MARK} {generation} {}\n", parts.len()).into_bytes();
        head.extend_from_slice(parts.first().copied().unwrap_or_default());
        if let Err(why) = self.entries.write(name, &head) {
            self.remove_parts(name, generation, parts.len());
            return Err(why);
        }
        if let Some((old, count, _)) = before.as_deref().and_then(parse_head) {
            self.remove_parts(name, old, count);
        }
        Ok(())
    }

    fn remove_whole(&self, name: &str) -> Result<bool, String> {
        let head = self.entries.read(name)?;
        self.entries.remove(name)?;
        if let Some((generation, parts, _)) = head.as_deref().and_then(parse_head) {
            self.remove_parts(name, generation, parts);
        }
        Ok(head.is_some())
    }

    /// Takes parts away; one that stays is unreadable without its head, so a failure is no error.
    fn remove_parts(&self, name: &str, generation: &str, parts: usize) {
        for part in 1..parts {
            let _ = self.entries.remove(&part_name(name, generation, part));
        }
    }
}

impl SecretStore for KeyringStore {
    fn load(&self, profile: &str, kind: SecretKind) -> Result<Option<SecretString>, StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = self.memory.load(profile, kind)? {
            return Ok(Some(secret));
        }
        self.read_whole(&entry_name(profile, kind)).or_else(|why| {
            self.note_trouble(why);
            Ok(None)
        })
    }

    fn save(&self, profile: &str, kind: SecretKind, secret: &SecretString) -> Result<(), StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        match self.write_whole(&entry_name(profile, kind), secret) {
            Ok(()) => {
                self.note(Resting::Keyring);
                self.memory.delete(profile, kind).map(|_| ())
            }
            Err(why) => {
                self.note_trouble(why);
                self.memory.save(profile, kind, secret)
            }
        }
    }

    fn delete(&self, profile: &str, kind: SecretKind) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let in_memory = self.memory.delete(profile, kind)?;
        // A machine without keyring holds nothing to delete; one that does not open may.
        if let Err(why) = self.entries.available() {
            self.note_trouble(why);
            return Ok(in_memory);
        }
        let in_keyring = self
            .remove_whole(&entry_name(profile, kind))
            .map_err(StoreError)?;
        Ok(in_memory || in_keyring)
    }

    fn resting_place(&self) -> Resting {
        let known = self.proof.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.unwrap_or_else(|| {
            let proof = self.probe(PROBE_WITHIN);
            self.note(proof.clone());
            proof
        })
    }
}

/// Whether a keyring keeps what it is given. The name is new each time: another process may look at the same moment.
fn write_and_delete(entries: &dyn Entries) -> Result<(), String> {
    entries.available()?;
    let name = format!("{PROBE}/{}", Uuid::new_v4().simple());
    entries.write(&name, PROBE.as_bytes())?;
    let kept = entries.read(&name);
    // Deleted whatever the read brought.
    entries.remove(&name)?;
    match kept? {
        Some(bytes) if bytes == PROBE.as_bytes() => Ok(()),
        _ => Err("the keyring does not keep what is written to it".to_owned()),
    }
}

fn entry_name(profile: &str, kind: SecretKind) -> String {
    format!("{profile}/{}", kind.word())
}

fn part_name(name: &str, generation: &str, part: usize) -> String {
    format!("{name}#{generation}.{part}")
}

/// Generation, number of parts and first part of a head entry; nothing when Handover did not write it.
fn parse_head(head: &[u8]) -> Option<(&str, usize, &[u8])> {
    let end = memchr::memchr(b'\n', head)?;
    let (line, first) = (head.get(..end)?, head.get(end + 1..)?);
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    if words.next() != Some(MARK) {
        return None;
    }
    let generation = words.next()?;
    let parts = words
        .next()?
        .parse()
        .ok()
        .filter(|parts| (1..=MOST_PARTS).contains(parts))?;
    Some((generation, parts, first))
}

#[cfg(test)]
mod tests;
