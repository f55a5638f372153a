//! How long an access token may be used, whatever the clocks do.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::claims::Claims;

/// A token with less time than this is renewed.
const MARGIN: Duration = Duration::from_secs(300);
/// Assumed when neither the answer nor the token says; tokens live 60 to 90 minutes (facts/exchange section 1.10).
const ASSUMED: Duration = Duration::from_secs(600);
/// No longer life is believed.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The moments until which a token counts as fresh.
///
/// The monotonic clock may stand still while the machine sleeps and the wall clock may be set; both deadlines count from the
/// same moment of arrival, so a wrong clock neither shortens nor stretches the life, and a jump costs one early renewal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    fresh_until: Instant,
    fresh_until_wall: Timestamp,
    ends: Instant,
    ends_wall: Timestamp,
}

impl Lifetime {
    /// The life of a token that arrived just now, from `expires_in` and its claims.
    pub(super) fn starting(
        expires_in: Option<Duration>,
        claims: Option<&Claims>,
        wall: Timestamp,
    ) -> (Self, Timestamp) {
        let expires = claims.and_then(|claims| claims.expires);
        let between = |from: i64| {
            let seconds = expires?.checked_sub(from)?;
            u64::try_from(seconds)
                .ok()
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs)
        };
        let stated = claims.and_then(|claims| claims.issued).and_then(between);
        let life = match (expires_in, stated) {
            (Some(answer), Some(token)) => answer.min(token),
            (Some(life), None) | (None, Some(life)) => life,
            (None, None) => between(wall.as_second()).unwrap_or(ASSUMED),
        }
        .min(LONGEST);
        // A token that lives shorter than the margin would be renewed for every request.
        let fresh = life - MARGIN.min(life / 2);
        let lifetime = Self {
            fresh_until: Instant::now() + fresh,
            fresh_until_wall: later(wall, fresh),
            ends: Instant::now() + life,
            ends_wall: later(wall, life),
        };
        let expires_at = expires
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .unwrap_or_else(|| later(wall, life));
        (lifetime, expires_at)
    }

    /// Whether the token needs no renewal yet.
    pub(super) fn is_fresh(&self, wall: Timestamp) -> bool {
        Instant::now() < self.fresh_until && wall < self.fresh_until_wall
    }

    /// Whether the token may still be used when a renewal fails for a passing reason.
    pub(super) fn is_alive(&self, wall: Timestamp) -> bool {
        Instant::now() < self.ends && wall < self.ends_wall
    }
}

/// A point in time later by `by`, or the end of time.
fn later(from: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| from.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn after(start: Timestamp, seconds: i64) -> Timestamp {
        at(start.as_second() + seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn renews_five_minutes_before_the_end() {
        let start = at(1_800_000_000);
        let (lifetime, expires_at) = Lifetime::starting(Some(HOUR), None, start);
        assert_eq!(expires_at, after(start, 3_600));
        tokio::time::advance(Duration::from_secs(3_299)).await;
        assert!(lifetime.is_fresh(after(start, 3_299)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(
            !lifetime.is_fresh(after(start, 3_299)),
            "the wall clock was set back"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_wrong_clock_does_not_shorten_the_life() {
        let issuer = Claims {
            issued: Some(1_800_000_000),
            expires: Some(1_800_003_600),
            ..Claims::default()
        };
        // This machine's clock is two hours ahead of the issuer's.
        let (lifetime, expires_at) = Lifetime::starting(None, Some(&issuer), at(1_800_007_200));
        assert_eq!(expires_at, at(1_800_003_600));
        assert!(lifetime.is_fresh(at(1_800_007_201)));
        assert!(!lifetime.is_fresh(at(1_800_010_600)), "the machine slept");
    }

    #[tokio::test(start_paused = true)]
    async fn short_tokens_are_used_for_half_their_life() {
        let (lifetime, _) = Lifetime::starting(Some(Duration::from_secs(60)), None, at(0));
        assert!(lifetime.is_fresh(at(29)));
        assert!(!lifetime.is_fresh(at(30)));
    }

    proptest! {
        #[test]
        fn any_number_is_taken(answer in proptest::option::of(any::<u64>()), expires in any::<Option<i64>>(), issued in any::<Option<i64>>()) {
            let claims = Claims { issued, expires, ..Claims::default() };
            let _ = Lifetime::starting(answer.map(Duration::from_secs), Some(&claims), at(1_800_000_000));
        }
    }
}
