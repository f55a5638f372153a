//! Which answers are worth another try, and when.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use memchr::memmem;

use crate::domain::{ErrorClass, Service, ServiceError};

/// Retry rules as data (facts/exchange section 1.6, facts/graph section 8).
#[derive(Clone, Debug)]
pub struct RetryTable {
    /// Statuses of a passing fault, beside 429 which is always one. They mean nothing about whether a write happened.
    pub passing_statuses: &'static [u16],
    /// The same for Graph only, whose 500 is a fault of the service and not of the request.
    pub passing_statuses_of_graph: &'static [u16],
    /// Words that tell a passing fault whatever the status, even 400.
    pub passing_words: &'static [&'static str],
    /// Words that tell a lasting fault even where a passing one is named as well.
    pub lasting_words: &'static [&'static str],
    /// Words of a refusal for the number of requests, whatever the status; such a request was not carried out.
    pub refusal_words: &'static [&'static str],
    /// Retries after passing faults.
    pub passing_retries: u32,
    /// Retries after refusals.
    pub refusal_retries: u32,
    /// The first back-off; each further one doubles.
    pub first_wait: Duration,
    /// The longest back-off.
    pub longest_wait: Duration,
    /// No request waits longer than this for one `Retry-After`: the caller is told. The gate stays closed all the same.
    pub longest_retry_after: Duration,
    /// The gate does not stay closed longer than this, whatever the service asks for.
    pub longest_pause: Duration,
    /// Waiting of one request in sum.
    pub budget: Duration,
}

impl Default for RetryTable {
    fn default() -> Self {
        Self {
            passing_statuses: &[408, 502, 503, 504],
            passing_statuses_of_graph: &[500],
            passing_words: &[
                "DCOverloadedException",
                "SuitabilityDirectoryException",
                "ServerInMMException",
                "ADServerSettingsChangedException",
                "StorageTransientException",
                "CmdletProxyNotAvailableFailure",
                "ServerBusyException",
                "TransientException",
                "BackendCommunicationException",
                "UnableToWriteToAadException",
                "issue may be transient",
            ],
            lasting_words: &[
                "Object reference not set",
                "NullReferenceException",
                "MdbAdminTaskException",
                "Identity is a mandatory value",
            ],
            refusal_words: &["maximum number of concurrent requests"],
            passing_retries: 5,
            refusal_retries: 12,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            longest_retry_after: Duration::from_secs(600),
            longest_pause: Duration::from_secs(86_400),
            budget: Duration::from_secs(900),
        }
    }
}

/// What an answer means for the request that got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer stands, good or bad.
    Final,
    /// The token was refused.
    TokenRefused,
    /// Too many requests; this one was not carried out. Says how long the service asked to wait.
    Refused(Option<Duration>),
    /// A passing fault; the request may have been carried out.
    Passing(Option<Duration>),
}

impl RetryTable {
    /// Judges an answer by status, `Retry-After` and error text. `body` may be any bytes.
    pub fn judge(&self, service: Service, status: u16, wait: Option<Duration>, body: &[u8]) -> Verdict {
        // An error is short; a page of rows is not searched.
        const LONGEST_ERROR: usize = 64 * 1024;
        let text = &body[..body.len().min(LONGEST_ERROR)];
        let says = |words: &[&str]| {
            words
                .iter()
                .any(|word| memmem::find(text, word.as_bytes()).is_some())
        };
        match status {
            // The refusal can come as plain text under any status; a JSON answer of 200 is never one.
            200..=299 => {
                let plain =
                    text.len() < 4096 && !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[') | None);
                if plain && says(self.refusal_words) {
                    Verdict::Refused(wait)
                } else {
                    Verdict::Final
                }
            }
            300..=399 => Verdict::Final,
            401 => Verdict::TokenRefused,
            429 => Verdict::Refused(wait),
            _ if says(self.lasting_words) => Verdict::Final,
            _ if says(self.refusal_words) => Verdict::Refused(wait),
            _ if self.passing_statuses.contains(&status)
                || (service == Service::Graph && self.passing_statuses_of_graph.contains(&status))
                || says(self.passing_words) =>
            {
                Verdict::Passing(wait)
            }
            _ => Verdict::Final,
        }
    }

    /// The back-off before retry number `retry` (from 0): doubled each time, with jitter so that requests that failed
    /// together don't return together.
    pub fn wait_before(&self, retry: u32) -> Duration {
        let doubled = self
            .first_wait
            .saturating_mul(2_u32.saturating_pow(retry.min(16)))
            .min(self.longest_wait);
        doubled.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// The wait before retry number `retry` (from 0) when the service asked for `asked`: never less than that, to the
    /// fraction, and without a word our own back-off. A service that asks for less than a second again and again does
    /// not know how long it will take: from the second time on the back-off is the least.
    pub fn wait_asked(&self, retry: u32, asked: Option<Duration>) -> Duration {
        const A_SECOND: Duration = Duration::from_secs(1);
        match asked {
            None => self.wait_before(retry),
            Some(asked) if asked < A_SECOND && retry > 0 => asked.max(self.wait_before(retry - 1)),
            Some(asked) => asked,
        }
    }

    /// Whether a wait is longer than a request may wait without telling anybody.
    pub fn is_too_long(&self, asked: Option<Duration>) -> bool {
        asked.is_some_and(|asked| asked > self.longest_retry_after)
    }

    /// An error with what to do about a wait that was too long to be waited for: the error is a matter of time, and the
    /// advice names the time. Errors of lost writes stay what they are.
    pub fn with_wait(&self, mut error: ServiceError, asked: Option<Duration>) -> ServiceError {
        let Some(asked) = asked.filter(|_| self.is_too_long(asked)) else {
            return error;
        };
        let asked = asked.min(self.longest_pause);
        let until = Timestamp::now()
            .saturating_add(SignedDuration::try_from(asked).unwrap_or_default())
            .unwrap_or(Timestamp::MAX);
        let advice = format!(
            "The service asks to be left alone for {} min: try again after {}. Nothing is sent to it before.",
            asked.as_secs().div_ceil(60),
            until.strftime("%Y-%m-%d %H:%M UTC")
        );
        if error.class == ErrorClass::Lost {
            error.advice = Some(match error.advice {
                Some(before) => format!("{before} {advice}"),
                None => advice,
            });
            return error;
        }
        if error.class == ErrorClass::Transient {
            error.class = ErrorClass::Throttled;
        }
        error.advice = Some(advice);
        error
    }
}

/// Reads `Retry-After`: seconds, fractions included, or an HTTP date. A past date is no wait; nonsense is nothing.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return if seconds.is_finite() && seconds >= 0.0 {
            Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        } else {
            None
        };
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(date.duration_since(now).try_into().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn judge(status: u16, body: &str) -> Verdict {
        RetryTable::default().judge(Service::Exchange, status, None, body.as_bytes())
    }

    #[test]
    fn classes_of_answers() {
        assert_eq!(judge(200, "{}"), Verdict::Final);
        assert_eq!(judge(401, ""), Verdict::TokenRefused);
        assert_eq!(judge(429, ""), Verdict::Refused(None));
        for status in [408, 502, 503, 504] {
            assert_eq!(judge(status, ""), Verdict::Passing(None), "{status}");
        }
        assert_eq!(
            judge(400, "Ex1|Microsoft.X.ServerBusyException|busy"),
            Verdict::Passing(None)
        );
        assert_eq!(
            judge(500, r#"{"a":"{\"TypeName\":\"DCOverloadedException\"}"}"#),
            Verdict::Passing(None)
        );
        assert_eq!(
            judge(500, "Object reference not set; TransientException"),
            Verdict::Final
        );
        assert_eq!(judge(500, "{}"), Verdict::Final);
        assert_eq!(judge(404, "ManagementObjectNotFoundException"), Verdict::Final);
        let text = "You have reached the maximum number of concurrent requests per tenant. Please wait and try again";
        for status in [200, 400, 403, 500, 503] {
            assert_eq!(judge(status, text), Verdict::Refused(None), "{status}");
        }
        assert_eq!(judge(200, &format!("{{\"value\":\"{text}\"}}")), Verdict::Final);
        let wait = Some(Duration::from_secs(2));
        let table = RetryTable::default();
        // Only 429 and the cap's text say that nothing was carried out.
        for service in [Service::Exchange, Service::Graph] {
            assert_eq!(table.judge(service, 503, wait, b""), Verdict::Passing(wait));
        }
        assert_eq!(
            table.judge(Service::Exchange, 503, wait, text.as_bytes()),
            Verdict::Refused(wait)
        );
        assert_eq!(
            table.judge(Service::Graph, 500, None, b""),
            Verdict::Passing(None)
        );
    }

    #[test]
    fn retry_after_in_every_spelling() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let read = |text| retry_after(text, now);
        assert_eq!(read("37"), Some(Duration::from_secs(37)));
        assert_eq!(read(" 1.73 "), Some(Duration::from_millis(1_730)));
        assert_eq!(
            read("Sun, 22 Nov 2026 10:00:05 GMT"),
            Some(Duration::from_secs(5))
        );
        assert_eq!(read("Sun, 22 Nov 2026 09:00:05 GMT"), Some(Duration::ZERO));
        assert_eq!(read("1e300"), Some(Duration::MAX));
        for nonsense in ["", "-1", "soon", "NaN", "inf"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn back_off_doubles_with_jitter_up_to_a_limit() {
        let table = RetryTable::default();
        for retry in 0..40 {
            let full = Duration::from_secs(1_u64 << retry.min(6)).min(table.longest_wait);
            let wait = table.wait_before(retry);
            assert!(wait >= full / 2 && wait <= full, "{retry}: {wait:?}");
        }
    }

    #[test]
    fn what_is_asked_for_is_the_least_and_repeated_haste_backs_off() {
        let table = RetryTable::default();
        let seconds = Duration::from_secs_f64;
        for asked in [0.0, 0.37, 1.73, 37.0] {
            assert_eq!(table.wait_asked(0, Some(seconds(asked))), seconds(asked));
        }
        for retry in 1..8 {
            assert_eq!(table.wait_asked(retry, Some(seconds(1.73))), seconds(1.73));
            for asked in [0.0, 0.37, 0.999] {
                let wait = table.wait_asked(retry, Some(seconds(asked)));
                let least = seconds(0.5 * f64::from(1 << (retry - 1).min(5)));
                assert!(
                    wait >= least && wait >= seconds(asked),
                    "{retry} {asked}: {wait:?}"
                );
            }
        }
    }

    #[test]
    fn a_wait_too_long_is_named_in_the_advice() {
        let table = RetryTable::default();
        let error = |class| ServiceError::new(class, "no").with_advice("Read again.");
        let day = Some(Duration::from_secs(200_000));
        let told = table.with_wait(error(ErrorClass::Transient), day);
        assert_eq!(told.class, ErrorClass::Throttled);
        assert!(told.advice.unwrap().contains("1440 min"));
        let lost = table.with_wait(error(ErrorClass::Lost), day);
        assert_eq!(lost.class, ErrorClass::Lost);
        assert!(lost.advice.unwrap().starts_with("Read again. The service asks"));
        let short = table.with_wait(error(ErrorClass::Transient), Some(Duration::from_secs(600)));
        assert_eq!(short, error(ErrorClass::Transient));
    }

    proptest! {
        #[test]
        fn any_answer_is_judged(status in 0_u16..1000, body in proptest::collection::vec(any::<u8>(), 0..200), value in ".*") {
            RetryTable::default().judge(Service::Exchange, status, None, &body);
            let _ = retry_after(&value, Timestamp::UNIX_EPOCH);
        }
    }
}
