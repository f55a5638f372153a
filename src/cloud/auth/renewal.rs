//! One renewal for all who wait, and the access token it leaves behind.

use std::{
    sync::{Mutex as StdMutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, time::Instant};

use super::{AuthError, AuthErrorKind, grant::Held};
use crate::cloud::AccessToken;

/// After a renewal failed for a passing reason, the token in use serves this long before the next attempt.
const RETRY_AFTER: Duration = Duration::from_secs(15);

/// The access token of one service and the right to renew it.
#[derive(Default)]
pub(super) struct Slot {
    /// Held by whoever renews. A dropped future lets go, and the next in line renews.
    flight: Mutex<()>,
    state: StdMutex<SlotState>,
}

#[derive(Default)]
struct SlotState {
    held: Option<Held>,
    /// Renewals finished so far, well or badly.
    renewals: u64,
    failure: Option<AuthError>,
    failed_at: Option<Instant>,
}

impl Slot {
    fn state(&self) -> std::sync::MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known: the token in use and why the last renewal failed.
    pub(super) fn known(&self) -> (Option<Held>, Option<AuthError>) {
        let state = self.state();
        (state.held.clone(), state.failure.clone())
    }

    /// Drops the token in use and what was remembered of failures.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.held = None;
        state.failure = None;
        state.failed_at = None;
    }

    /// [`forget`](Self::forget) that a renewal under way cannot undo.
    pub(super) async fn clear(&self) {
        let _flight = self.flight.lock().await;
        self.forget();
    }

    /// The token in use, unless it is due or was just refused.
    fn usable(&self, rejected: Option<&AccessToken>) -> Option<Held> {
        let state = self.state();
        let held = state.held.as_ref().filter(|held| !is_same(held, rejected))?;
        let now = Timestamp::now();
        let failed_lately = state.failed_at.is_some_and(|at| at.elapsed() < RETRY_AFTER);
        let usable = held.lifetime.is_fresh(now) || (failed_lately && held.lifetime.is_alive(now));
        usable.then(|| held.clone())
    }

    /// A usable token, renewed by `obtain` where needed. All who wait for the same renewal share its result.
    pub(super) async fn token<F>(
        &self,
        rejected: Option<&AccessToken>,
        obtain: impl FnOnce() -> F,
    ) -> Result<Held, AuthError>
    where
        F: Future<Output = Result<Held, AuthError>>,
    {
        if let Some(held) = self.usable(rejected) {
            return Ok(held);
        }
        let seen = self.state().renewals;
        let _flight = self.flight.lock().await;
        if let Some(held) = self.usable(rejected) {
            return Ok(held);
        }
        {
            let state = self.state();
            if state.renewals != seen
                && let Some(failure) = &state.failure
            {
                return Err(failure.clone());
            }
        }
        let obtained = obtain().await.and_then(|held| {
            if is_same(&held, rejected) {
                return Err(AuthError::new(
                    AuthErrorKind::SignInAgain,
                    format!(
                        "The token for {} was refused, and the sign-in gave the same one again",
                        held.token.service.word()
                    ),
                ));
            }
            Ok(held)
        });
        self.finish(rejected, obtained)
    }

    /// Runs `obtain`, a person's sign-in, in place of a renewal.
    pub(super) async fn replace<F>(&self, obtain: impl FnOnce() -> F) -> Result<Held, AuthError>
    where
        F: Future<Output = Result<Held, AuthError>>,
    {
        let _flight = self.flight.lock().await;
        let obtained = obtain().await;
        self.finish(None, obtained)
    }

    fn finish(
        &self,
        rejected: Option<&AccessToken>,
        obtained: Result<Held, AuthError>,
    ) -> Result<Held, AuthError> {
        let mut state = self.state();
        state.renewals += 1;
        match obtained {
            Ok(held) => {
                state.failure = None;
                state.failed_at = None;
                state.held = Some(held.clone());
                Ok(held)
            }
            Err(error) => {
                state.failure = Some(error.clone());
                let passing = matches!(error.kind, AuthErrorKind::Network | AuthErrorKind::Busy);
                state.failed_at = passing.then(Instant::now);
                // A token with minutes left outlives a passing fault of the login host.
                match &state.held {
                    Some(held)
                        if passing
                            && !is_same(held, rejected)
                            && held.lifetime.is_alive(Timestamp::now()) =>
                    {
                        Ok(held.clone())
                    }
                    _ => Err(error),
                }
            }
        }
    }
}

fn is_same(held: &Held, rejected: Option<&AccessToken>) -> bool {
    rejected.is_some_and(|rejected| rejected.secret.expose_secret() == held.token.secret.expose_secret())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::{cloud::auth::lifetime::Lifetime, domain::Service};

    fn held(secret: &str, seconds: u64) -> Held {
        let (lifetime, expires_at) =
            Lifetime::starting(Some(Duration::from_secs(seconds)), None, Timestamp::now());
        Held {
            lifetime,
            rights_known: false,
            token: AccessToken {
                secret: secret.into(),
                service: Service::Graph,
                tenant_id: String::new(),
                subject: String::new(),
                app_only: false,
                rights: Vec::new(),
                expires_at,
            },
        }
    }

    async fn slow(result: Result<Held, AuthError>) -> Result<Held, AuthError> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        result
    }

    fn network() -> AuthError {
        AuthError::new(AuthErrorKind::Network, "down")
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_share_one_renewal() {
        for fails in [false, true] {
            let (slot, calls) = (Slot::default(), AtomicU32::new(0));
            let one = || {
                slot.token(None, || {
                    calls.fetch_add(1, Ordering::SeqCst);
                    slow(if fails {
                        Err(network())
                    } else {
                        Ok(held("a", 3_600))
                    })
                })
            };
            let results = tokio::join!(one(), one(), one());
            assert_eq!(calls.load(Ordering::SeqCst), 1);
            assert!(
                [results.0.is_err(), results.1.is_err(), results.2.is_err()]
                    .iter()
                    .all(|error| *error == fails)
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_renewal_is_taken_over() {
        let slot = Slot::default();
        let leader = tokio::time::timeout(
            Duration::from_millis(100),
            slot.token(None, || slow(Ok(held("a", 3_600)))),
        );
        let follower = slot.token(None, || slow(Ok(held("b", 3_600))));
        let (leader, follower) = tokio::join!(leader, follower);
        assert!(leader.is_err());
        assert_eq!(follower.unwrap().token.secret.expose_secret(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_not_given_again() {
        let slot = Slot::default();
        let first = slot
            .token(None, || slow(Ok(held("a", 3_600))))
            .await
            .unwrap()
            .token;
        let same = slot.token(Some(&first), || slow(Ok(held("a", 3_600)))).await;
        assert_eq!(same.err().unwrap().kind, AuthErrorKind::SignInAgain);
        let second = slot
            .token(Some(&first), || slow(Ok(held("b", 3_600))))
            .await
            .unwrap()
            .token;
        assert_eq!(second.secret.expose_secret(), "b");
        // A late caller with the old token gets the new one without a further renewal.
        let late = slot
            .token(Some(&first), || slow(Err(network())))
            .await
            .unwrap()
            .token;
        assert_eq!(late.secret.expose_secret(), "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_fault_does_not_stop_a_token_with_time_left() {
        let slot = Slot::default();
        slot.token(None, || slow(Ok(held("a", 600)))).await.unwrap();
        tokio::time::advance(Duration::from_secs(400)).await;
        assert!(slot.token(None, || slow(Err(network()))).await.is_ok());
        assert!(slot.known().1.is_some());
        tokio::time::advance(Duration::from_secs(200)).await;
        assert!(slot.token(None, || slow(Err(network()))).await.is_err());
    }
}
