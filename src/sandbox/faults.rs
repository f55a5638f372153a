//! Faults that a caller must survive, each with a probability.

use std::str::FromStr;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429, mostly with a fractional `Retry-After`; in a batch also for single answers.
    Throttle,
    /// 429 for single answers of a batch only.
    ItemThrottle,
    /// A passing 500, 503 or 504; in a batch also for single answers.
    Error,
    /// A passing fault for single answers of a batch only.
    ItemError,
    /// The connection drops before or after the request was carried out.
    Reset,
    /// The answer is half a second to two seconds late.
    Slow,
    /// `Set-Mailbox` is carried out, and the answer is an error with an empty message.
    FalseFailure,
    /// An answer is missing from a batch; the request may have been carried out.
    Missing,
    /// 307 to the same host on another port.
    Redirect,
    /// 307 to a host outside.
    ForeignRedirect,
    /// A plain body that claims gzip.
    GzipLie,
    /// JSON that ends too early.
    Malformed,
    /// A next link that leads to the same page again.
    EndlessPages,
    /// A next link to a host outside; also in logs of Cloud Sync.
    ForeignLink,
    /// A gigabyte of body.
    HugeBody,
    /// `IsExchangeCloudManaged` is null or absent in some rows.
    UnknownFlag,
    /// Unknown names in `$select` are ignored instead of refused.
    UnknownSelect,
    /// A flag that was just set to true turns false again about a second later.
    Revert,
    /// Errors of cmdlets arrive inside a 200.
    ErrorInSuccess,
    /// The page warning without a next link.
    Truncated,
    /// Warnings of a page stand in the header only.
    HeaderWarning,
    /// 503 with `Retry-After` although the request was carried out; in a batch also for single answers.
    LateBusy,
    /// 429 that asks for an hour.
    LongWait,
    /// The token inside a batch is refused although the one outside is good. Only the first token that is seen is
    /// refused, so that a new one helps.
    ItemToken,
    /// A passing fault inside a 200; nothing was carried out.
    PassingInSuccess,
    /// A further page of a list has no `value`.
    NoValue,
    /// A redirect to the same host on another port with 301, 302 or 308.
    OddRedirect,
    /// The host that redirects lead to answers 503.
    RegionalDown,
    /// Statuses inside a batch are texts.
    TextStatus,
    /// Cloud Sync answers with members of enumerations and properties that no published type has.
    UnknownWord,
    /// A job of a kind that no document names is listed, as long as the rate is not 0.
    UnknownKind,
    /// 403 with `insufficient_claims` from Cloud Sync: a conditional access policy wants more.
    InsufficientClaims,
    /// 429 of Cloud Sync's published limits does not say how long to wait.
    NoRetryAfter,
    /// A page of a log is empty although more follow.
    EmptyPage,
}

/// Every kind under the word a specification uses.
const WORDS: [(&str, Fault); 34] = [
    ("throttle", Fault::Throttle),
    ("item-throttle", Fault::ItemThrottle),
    ("error", Fault::Error),
    ("item-error", Fault::ItemError),
    ("reset", Fault::Reset),
    ("slow", Fault::Slow),
    ("false-failure", Fault::FalseFailure),
    ("missing", Fault::Missing),
    ("redirect", Fault::Redirect),
    ("foreign-redirect", Fault::ForeignRedirect),
    ("gzip-lie", Fault::GzipLie),
    ("malformed", Fault::Malformed),
    ("endless-pages", Fault::EndlessPages),
    ("foreign-link", Fault::ForeignLink),
    ("huge-body", Fault::HugeBody),
    ("unknown-flag", Fault::UnknownFlag),
    ("unknown-select", Fault::UnknownSelect),
    ("revert", Fault::Revert),
    ("error-in-success", Fault::ErrorInSuccess),
    ("truncated", Fault::Truncated),
    ("header-warning", Fault::HeaderWarning),
    ("late-busy", Fault::LateBusy),
    ("long-wait", Fault::LongWait),
    ("item-token", Fault::ItemToken),
    ("passing-in-success", Fault::PassingInSuccess),
    ("no-value", Fault::NoValue),
    ("odd-redirect", Fault::OddRedirect),
    ("regional-down", Fault::RegionalDown),
    ("text-status", Fault::TextStatus),
    ("unknown-word", Fault::UnknownWord),
    ("unknown-kind", Fault::UnknownKind),
    ("insufficient-claims", Fault::InsufficientClaims),
    ("no-retry-after", Fault::NoRetryAfter),
    ("empty-page", Fault::EmptyPage),
];

/// Why a fault specification is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// A part without `=`.
    #[error("`{0}` is not of the form kind=probability, such as throttle=0.1")]
    NotAPair(String),
    /// A kind that does not exist.
    #[error("there is no fault `{0}`; the kinds are {list}", list = Faults::kinds().join(", "))]
    UnknownKind(String),
    /// A probability outside 0 to 1.
    #[error("`{0}` is not a probability from 0 to 1")]
    NotAProbability(String),
}

/// The probability of each kind of fault; none by default. 1 means always.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults([f64; WORDS.len()]);

impl Default for Faults {
    fn default() -> Self {
        Self([0.0; WORDS.len()])
    }
}

impl Faults {
    /// Reads a comma list such as `throttle=0.1,reset=0.02`; an empty text means no faults.
    pub fn parse(spec: &str) -> Result<Self, FaultsError> {
        let mut faults = Self::default();
        for part in spec.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (word, rate) = part
                .split_once('=')
                .ok_or_else(|| FaultsError::NotAPair(part.to_owned()))?;
            let (_, fault) = WORDS
                .iter()
                .find(|(known, _)| *known == word.trim())
                .ok_or_else(|| FaultsError::UnknownKind(word.trim().to_owned()))?;
            let rate = rate.trim();
            faults.0[*fault as usize] = rate
                .parse::<f64>()
                .ok()
                .filter(|rate| (0.0..=1.0).contains(rate))
                .ok_or_else(|| FaultsError::NotAProbability(rate.to_owned()))?;
        }
        Ok(faults)
    }

    /// The words of all kinds.
    pub fn kinds() -> Vec<&'static str> {
        WORDS.iter().map(|(word, _)| *word).collect()
    }

    /// The probability of one kind, from 0 to 1.
    pub fn rate(&self, fault: Fault) -> f64 {
        self.0[fault as usize]
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(spec: &str) -> Result<Self, Self::Err> {
        Self::parse(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_a_list_of_probabilities() {
        let faults = Faults::parse(" throttle=0.1, reset=1 ,").unwrap();
        assert_eq!(
            (
                faults.rate(Fault::Throttle),
                faults.rate(Fault::Reset),
                faults.rate(Fault::Slow)
            ),
            (0.1, 1.0, 0.0)
        );
        assert_eq!(Faults::parse("").unwrap(), Faults::default());
        for (at, (word, fault)) in WORDS.iter().enumerate() {
            assert_eq!(*fault as usize, at);
            assert_eq!(Faults::parse(&format!("{word}=0.5")).unwrap().rate(*fault), 0.5);
        }
    }

    #[test]
    fn wrong_specifications_say_what_is_wrong() {
        assert_eq!(
            Faults::parse("throttle"),
            Err(FaultsError::NotAPair("throttle".into()))
        );
        assert_eq!(
            Faults::parse("storm=1"),
            Err(FaultsError::UnknownKind("storm".into()))
        );
        for rate in ["1.1", "-0.1", "NaN", "much", ""] {
            assert_eq!(
                Faults::parse(&format!("slow={rate}")),
                Err(FaultsError::NotAProbability(rate.into()))
            );
        }
        assert!(
            Faults::parse("storm=1")
                .unwrap_err()
                .to_string()
                .contains("false-failure")
        );
    }
}
