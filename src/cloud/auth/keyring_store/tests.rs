//! The keyring store over keyrings that fail, forget or never answer.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A keyring with the size limit of Windows that can be told to fail.
#[derive(Clone, Default)]
struct FakeKeyring {
    entries: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    fails_after: Arc<Mutex<Option<usize>>>,
}

impl FakeKeyring {
    fn names(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }

    fn spend(&self) -> Result<(), String> {
        match &mut *self.fails_after.lock().unwrap() {
            Some(0) => Err("no logon session".to_owned()),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Entries for FakeKeyring {
    fn available(&self) -> Result<(), String> {
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.entries.lock().unwrap().get(name).cloned())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.spend()?;
        if bytes.len() > 2_560 {
            return Err("too long".to_owned());
        }
        self.entries
            .lock()
            .unwrap()
            .insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.entries.lock().unwrap().remove(name);
        Ok(())
    }
}

const KIND: SecretKind = SecretKind::RefreshToken;

fn load(store: &KeyringStore) -> Option<String> {
    store
        .load("contoso", KIND)
        .unwrap()
        .map(|secret| secret.expose_secret().to_owned())
}

#[test]
fn long_secrets_are_split_and_replaced_whole() {
    let keyring = FakeKeyring::default();
    let store = KeyringStore::over(Arc::new(keyring.clone()));
    for length in [9_000, 2_400, 2_401, 1, 0, 20_000] {
        let secret = "x".repeat(length);
        store.save("contoso", KIND, &secret.clone().into()).unwrap();
        assert_eq!(load(&store), Some(secret));
        assert_eq!(keyring.names().len(), length.div_ceil(PART).max(1), "{length}");
    }
    assert_eq!(store.resting_place(), Resting::Keyring);
    assert!(store.delete("contoso", KIND).unwrap());
    assert_eq!((load(&store), keyring.names().len()), (None, 0));
    assert!(!store.delete("contoso", KIND).unwrap(), "nothing is left");
}

#[test]
fn a_failed_write_leaves_the_old_secret_and_uses_memory() {
    let keyring = FakeKeyring::default();
    let store = KeyringStore::over(Arc::new(keyring.clone()));
    store.save("contoso", KIND, &"old".repeat(2_000).into()).unwrap();
    for fails_after in 0..3 {
        *keyring.fails_after.lock().unwrap() = Some(fails_after);
        store.save("contoso", KIND, &"new".repeat(2_000).into()).unwrap();
        assert_eq!(load(&store), Some("new".repeat(2_000)));
        assert_eq!(
            store.resting_place(),
            Resting::ThisProcess {
                why: "no logon session".into()
            }
        );
        // The next start finds the old one, whole.
        assert_eq!(
            load(&KeyringStore::over(Arc::new(keyring.clone()))),
            Some("old".repeat(2_000))
        );
    }
    *keyring.fails_after.lock().unwrap() = None;
    store.save("contoso", KIND, &"newest".into()).unwrap();
    assert_eq!(store.resting_place(), Resting::Keyring);
    assert_eq!(
        load(&KeyringStore::over(Arc::new(keyring))),
        Some("newest".into())
    );
}

#[test]
fn half_a_secret_is_none() {
    let keyring = FakeKeyring::default();
    let store = KeyringStore::over(Arc::new(keyring.clone()));
    store.save("contoso", KIND, &"x".repeat(5_000).into()).unwrap();
    let part = keyring
        .names()
        .into_iter()
        .find(|name| name.contains('#'))
        .unwrap();
    keyring.entries.lock().unwrap().remove(&part);
    assert_eq!(load(&store), None);
}

#[test]
fn without_a_keyring_memory_remains() {
    let keyring = FakeKeyring::default();
    *keyring.fails_after.lock().unwrap() = Some(0);
    let store = KeyringStore::over(Arc::new(keyring));
    store.save("contoso", KIND, &"secret".into()).unwrap();
    assert_eq!(load(&store), Some("secret".into()));
    assert!(store.delete("contoso", KIND).unwrap());
    assert_eq!(load(&store), None);
}

/// Waits instead of answering, or forgets what it was given.
struct Odd {
    waits: Duration,
}

impl Entries for Odd {
    fn available(&self) -> Result<(), String> {
        Ok(())
    }

    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }

    fn write(&self, _: &str, _: &[u8]) -> Result<(), String> {
        thread::sleep(self.waits);
        Ok(())
    }

    fn remove(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn the_resting_place_is_known_before_anything_was_stored() {
    let keyring = FakeKeyring::default();
    let fresh = KeyringStore::over(Arc::new(keyring.clone()));
    assert_eq!(fresh.resting_place(), Resting::Keyring);
    assert!(keyring.names().is_empty(), "nothing is left behind");
    *keyring.fails_after.lock().unwrap() = Some(0);
    assert_eq!(fresh.resting_place(), Resting::Keyring, "looked once");
    let failing = KeyringStore::over(Arc::new(keyring));
    assert_eq!(
        failing.resting_place(),
        Resting::ThisProcess {
            why: "no logon session".into()
        }
    );
    let forgetful = KeyringStore::over(Arc::new(Odd {
        waits: Duration::ZERO,
    }));
    assert!(matches!(forgetful.resting_place(), Resting::ThisProcess { .. }));
    let stuck = KeyringStore::over(Arc::new(Odd {
        waits: Duration::from_secs(5),
    }));
    let started = std::time::Instant::now();
    let proof = stuck.probe(Duration::from_millis(50));
    assert!(started.elapsed() < Duration::from_secs(3));
    assert!(matches!(proof, Resting::ThisProcess { why } if why.contains("does not answer")));
}

#[test]
fn errors_show_no_secret() {
    let error = keyring::Error::BadEncoding(b"hunter2".to_vec());
    assert!(!reason(&error).contains("hunter2"));
}

proptest! {
    #[test]
    fn foreign_entries_are_no_secret(bytes in proptest::collection::vec(any::<u8>(), 0..60), parts in 0usize..100) {
        let keyring = FakeKeyring::default();
        let store = KeyringStore::over(Arc::new(keyring.clone()));
        let name = entry_name("contoso", KIND);
        keyring.entries.lock().unwrap().insert(name.clone(), bytes);
        let _ = load(&store);
        keyring.entries.lock().unwrap().insert(name, format!("handover1 x {parts}\nrest").into_bytes());
        prop_assert_eq!(load(&store).is_some(), parts == 1);
    }
}

/// The real Credential Manager of this user. Windows takes 2,560 bytes in an entry.
#[cfg(windows)]
#[test]
fn windows_keeps_long_secrets_on_this_machine() {
    let store = KeyringStore::over(Arc::new(SystemKeyring));
    let profile = format!("test-{}", Uuid::new_v4().simple());
    let secret = "geheim-äöü-".repeat(600);
    store
        .save(&profile, KIND, &SecretString::from(secret.clone()))
        .unwrap();
    assert_eq!(store.resting_place(), Resting::Keyring);
    let persistence = entry(&entry_name(&profile, KIND)).map(|entry| entry.inner.get_attributes().unwrap());
    assert_eq!(persistence.unwrap()["persistence"], "Local");
    // Another process finds it.
    let again = KeyringStore::over(Arc::new(SystemKeyring));
    let read = again.load(&profile, KIND).unwrap().unwrap();
    assert_eq!(read.expose_secret(), secret);
    assert!(again.delete(&profile, KIND).unwrap());
    assert!(store.load(&profile, KIND).unwrap().is_none());
}
