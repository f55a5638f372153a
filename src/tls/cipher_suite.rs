//! The order of cipher suites: whether one that the services take is left in it (facts/connect section 5.2).

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryImage},
    tls::{Verdict, WindowsVersion},
};

use super::{
    algorithm::{self, AES_128, AES_256},
    judge::{FurtherValue, further},
};

/// A policy, which overrides the machine's own list below it.
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002";
const LOCAL: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Configuration\Local\SSL\00010002";
const NAME: &str = "Functions";

pub(super) const KEYS: [&str; 2] = [POLICY, LOCAL];

/// At least one of them has to be there.
const REQUIRED: [&str; 2] = [
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
];

/// What suites of TLS 1.3 begin with.
const TLS13: &str = "TLS_AES_";

const EXPECTED: &str = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/// The list that is in force and the one below it.
pub(super) fn judge(image: &RegistryImage, windows: Option<WindowsVersion>) -> Vec<FurtherValue> {
    let (policy, local) = (KeyPath::new(POLICY), KeyPath::new(LOCAL));
    let policy_list = list(image, &policy);
    let policy_rules = policy_list.as_ref().is_some_and(|suites| !suites.is_empty());
    let mut values = vec![if let Some(unseen) = unseen(image, &policy) {
        unseen
    } else if policy_list.as_ref().is_some_and(Vec::is_empty) {
        further(
            image,
            &policy,
            NAME,
            EXPECTED,
            Verdict::Warn,
            "The policy is there and names no suite: what Windows makes of that is not known.",
        )
    } else if policy_rules || matches!(image.lookup(&policy, NAME), Lookup::Found(_)) {
        judge_list(image, &policy, policy_list.as_deref())
    } else {
        further(
            image,
            &policy,
            NAME,
            EXPECTED,
            Verdict::Implicit,
            "No policy sets the order of cipher suites.",
        )
    }];
    values.push(if policy_rules {
        further(
            image,
            &local,
            NAME,
            EXPECTED,
            Verdict::Info,
            "Not in force: a policy sets the order of cipher suites.",
        )
    } else if let Some(unseen) = unseen(image, &local) {
        unseen
    } else if matches!(image.lookup(&local, NAME), Lookup::Found(_)) {
        judge_list(image, &local, list(image, &local).as_deref())
    } else if windows.is_some_and(|windows| windows < WindowsVersion::Server2016) {
        further(
            image,
            &local,
            NAME,
            EXPECTED,
            Verdict::Warn,
            "Not in the source. Windows older than Server 2016 has no ECDHE suite with RSA certificates and AES-GCM of its own.",
        )
    } else {
        further(
            image,
            &local,
            NAME,
            EXPECTED,
            Verdict::Implicit,
            "Not in the source: Windows' own order holds suites that the services take.",
        )
    });
    values
}

/// A list that is there, or may be, and could not be seen.
fn unseen(image: &RegistryImage, key: &KeyPath) -> Option<FurtherValue> {
    let reason = match image.lookup(key, NAME) {
        Lookup::Unreadable => "The list could not be read: look at the notes.",
        Lookup::Denied => "Access to this key was denied.",
        _ => return None,
    };
    Some(further(image, key, NAME, EXPECTED, Verdict::Warn, reason))
}

fn judge_list(image: &RegistryImage, key: &KeyPath, suites: Option<&[String]>) -> FurtherValue {
    let Some(suites) = suites else {
        return further(
            image,
            key,
            NAME,
            EXPECTED,
            Verdict::Warn,
            "Not a list of names: it must be a REG_MULTI_SZ, or a REG_SZ with commas.",
        );
    };
    let has = |wanted: &dyn Fn(&str) -> bool| suites.iter().any(|suite| wanted(suite));
    let verdict = if has(&|suite| is_required(suite) && !is_cipher_off(image, suite)) {
        (Verdict::Ok, "Holds a suite of TLS 1.2 that the services take.")
    } else if has(&is_required) {
        (
            Verdict::Fail,
            "holds suites that the services take only with a cipher that is turned off under Ciphers.",
        )
    } else if has(&|suite| suite.starts_with(TLS13)) {
        (
            Verdict::Fail,
            "holds suites of TLS 1.3, but none of TLS 1.2 that the services take.",
        )
    } else {
        (
            Verdict::Fail,
            "holds none of the suites that the services take: put one of them back.",
        )
    };
    FurtherValue {
        obstacle: verdict.0 == Verdict::Fail,
        ..further(image, key, NAME, EXPECTED, verdict.0, verdict.1)
    }
}

/// Whether the cipher of one of the required suites is turned off by itself.
fn is_cipher_off(image: &RegistryImage, suite: &str) -> bool {
    let cipher = if suite.contains("AES_256") {
        AES_256
    } else {
        AES_128
    };
    algorithm::is_off(image, cipher)
}

/// Older Windows names the curve behind the suite: `…_P384`.
fn is_required(suite: &str) -> bool {
    REQUIRED.iter().any(|required| {
        suite
            .strip_prefix(required)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("_P"))
    })
}

/// The suites of a list, in capitals. `None` where there is nothing, or no list.
fn list(image: &RegistryImage, key: &KeyPath) -> Option<Vec<String>> {
    let texts = match image.data(key, NAME)? {
        RegistryData::Text(text) | RegistryData::ExpandableText(text) => vec![text.clone()],
        RegistryData::Texts(texts) => texts.clone(),
        _ => return None,
    };
    let suites = texts
        .iter()
        .flat_map(|text| text.split([',', ' ', '\r', '\n', '\0']))
        .filter(|suite| !suite.is_empty())
        .map(str::to_ascii_uppercase);
    Some(suites.collect())
}
