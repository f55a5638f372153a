//! Where secrets rest, and how to ask without waiting for ever.

use std::{fmt, sync::Arc, thread, time::Duration};

use tokio::sync::oneshot;

use super::secret_store::SecretStore;

/// Where secrets rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resting {
    /// In the keyring of the operating system; they outlive this process.
    Keyring,
    /// In the memory of this process; the next start signs in again.
    ThisProcess {
        /// Why not in a keyring, in words.
        why: String,
    },
}

impl fmt::Display for Resting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => formatter.write_str("the operating system's keyring"),
            Self::ThisProcess { why } => write!(formatter, "memory, for this process only ({why})"),
        }
    }
}

/// How long someone who only wants to know waits for an answer.
pub const ASK_WITHIN: Duration = Duration::from_secs(5);

/// Asks a store where secrets rest; nothing when it did not answer within `within`.
///
/// On a thread of its own. Not on the runtime's blocking pool: a keyring that never answers would keep the process from
/// ending. `open` is called there too.
pub async fn resting_within(
    open: impl FnOnce() -> Arc<dyn SecretStore> + Send + 'static,
    within: Duration,
) -> Option<Resting> {
    let (sender, receiver) = oneshot::channel();
    let started = thread::Builder::new()
        .name("secret-store".to_owned())
        .spawn(move || {
            // Nobody listens any more when it took too long.
            let _ = sender.send(open().resting_place());
        });
    if let Err(error) = started {
        return Some(Resting::ThisProcess {
            why: error.to_string(),
        });
    }
    match tokio::time::timeout(within, receiver).await {
        Ok(Ok(resting)) => Some(resting),
        Ok(Err(_)) => Some(Resting::ThisProcess {
            why: "the keyring failed".to_owned(),
        }),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::cloud::auth::{MemoryStore, SecretKind, StoreError};

    /// A store behind a question on a screen nobody sees.
    struct Silent;

    impl SecretStore for Silent {
        fn load(&self, _: &str, _: SecretKind) -> Result<Option<SecretString>, StoreError> {
            Ok(None)
        }

        fn save(&self, _: &str, _: SecretKind, _: &SecretString) -> Result<(), StoreError> {
            Ok(())
        }

        fn delete(&self, _: &str, _: SecretKind) -> Result<bool, StoreError> {
            Ok(false)
        }

        fn resting_place(&self) -> Resting {
            thread::sleep(Duration::from_secs(60));
            Resting::Keyring
        }
    }

    #[test]
    fn a_store_that_does_not_answer_holds_nothing_up() {
        let started = std::time::Instant::now();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let silent = resting_within(|| Arc::new(Silent), Duration::from_millis(20));
        assert_eq!(runtime.block_on(silent), None);
        let memory = resting_within(|| Arc::new(MemoryStore::new("a test")), ASK_WITHIN);
        let why = "a test".to_owned();
        assert_eq!(runtime.block_on(memory), Some(Resting::ThisProcess { why }));
        // The end of the runtime must not wait for the silent one either.
        drop(runtime);
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
