//! One host's report from what is known of its registry.

use serde_json::Value;

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryImage},
    text::clean_to,
    tls::{HostReport, HostSource, Score, ValueReport, Verdict, WindowsVersion},
};

use super::{
    algorithm, cipher_suite,
    client::{ClientValues, judge_client},
    matrix, platform,
    requirement::{
        DISABLED_BY_DEFAULT, Part, Requirement, Standing, required_keys, requirements, wanted_keys,
    },
};

/// Characters of a text that a report shows: a long list of cipher suites fits.
const SHOWN: usize = 4000;

/// A value beside the eight, and whether it keeps TLS 1.2 from working whatever the eight say.
pub(super) struct FurtherValue {
    pub(super) report: ValueReport,
    pub(super) obstacle: bool,
}

/// Judges what is known of one host's registry. `windows` says which Windows it is where the administrator knows better than
/// the image; without either, verdicts are those of Windows Server 2016 to 2025 and say so.
pub fn judge(
    host: &str,
    origin: &str,
    source: HostSource,
    image: &RegistryImage,
    windows: Option<WindowsVersion>,
) -> HostReport {
    let found = platform::windows_version(image);
    let windows = windows.or(found);
    let client = ClientValues::of(image);
    // Microsoft's script prints numbers without their type.
    let typed = source != HostSource::MicrosoftScript;
    let values: Vec<ValueReport> = requirements()
        .iter()
        .map(|requirement| {
            let mut report = judge_value(requirement, image, &client, windows);
            if !typed {
                report.kind = None;
            }
            report
        })
        .collect();
    let further: Vec<FurtherValue> = cipher_suite::judge(image, windows)
        .into_iter()
        .chain(algorithm::judge(image))
        .chain(platform::judge(image, windows))
        .collect();
    let obstacles: Vec<&ValueReport> = further
        .iter()
        .filter(|value| value.obstacle)
        .map(|value| &value.report)
        .collect();
    let (client_tls12, client_reason) = judge_client(&client, &obstacles, windows, image);
    let mut notes = Vec::new();
    notes.extend(uncovered(image));
    if let (Some(told), Some(found)) = (windows, found)
        && told != found
    {
        notes.push(format!(
            "the source says Windows Server {}, judged as {} as told",
            found.word(),
            told.word()
        ));
    }
    HostReport {
        host: host.to_owned(),
        source,
        origin: origin.to_owned(),
        windows: windows.map(|windows| windows.word().to_owned()),
        strict: score(image, |_| true),
        strict_agent: score(image, |requirement| requirement.agent),
        client_tls12,
        client_reason,
        values,
        further: further.into_iter().map(|value| value.report).collect(),
        endpoints: Vec::new(),
        notes,
    }
}

fn score(image: &RegistryImage, counts: fn(&Requirement) -> bool) -> Score {
    let counted = || requirements().iter().filter(|requirement| counts(requirement));
    Score {
        good: counted().filter(|requirement| requirement.is_met(image)).count(),
        of: counted().count(),
    }
}

fn judge_value(
    requirement: &Requirement,
    image: &RegistryImage,
    client: &ClientValues,
    windows: Option<WindowsVersion>,
) -> ValueReport {
    let standing = requirement.standing(image);
    let asked = requirement.part == Part::Client
        && requirement.name == DISABLED_BY_DEFAULT
        && standing == Standing::Off
        && client.asks_by_name();
    let (verdict, reason) = if asked {
        matrix::off_unless_asked()
    } else {
        matrix::cell(requirement.part, standing, windows)
    };
    let mut report = report(
        image,
        &requirement.key(),
        requirement.name,
        requirement.expected(),
        verdict,
        reason,
    );
    if standing == Standing::Missing {
        if !report.covered {
            report.reason = format!(
                "The source does not speak of this key. If it is missing: {}",
                report.reason
            );
        }
        if windows.is_none() && requirement.part == Part::Client {
            report
                .reason
                .push_str(" Which Windows this is was not told; judged as Windows Server 2016 to 2025.");
        }
    }
    report
}

/// A value beside the eight that is no obstacle.
pub(super) fn further(
    image: &RegistryImage,
    key: &KeyPath,
    name: &str,
    expected: &str,
    verdict: Verdict,
    reason: &str,
) -> FurtherValue {
    FurtherValue {
        report: report(image, key, name, expected, verdict, reason),
        obstacle: false,
    }
}

fn report(
    image: &RegistryImage,
    key: &KeyPath,
    name: &str,
    expected: &str,
    verdict: Verdict,
    reason: &str,
) -> ValueReport {
    let lookup = image.lookup(key, name);
    let data = match lookup {
        Lookup::Found(value) => Some(&value.data),
        _ => None,
    };
    ValueReport {
        path: key.drive(),
        name: name.to_owned(),
        kind: data.map(RegistryData::type_name),
        value: data.map(shown),
        expected: expected.to_owned(),
        verdict,
        reason: reason.to_owned(),
        covered: lookup != Lookup::NotCovered,
    }
}

/// A number for numeric types, a text that is safe to show for all others.
fn shown(data: &RegistryData) -> Value {
    match data {
        RegistryData::Dword(number) => Value::from(*number),
        RegistryData::Qword(number) => Value::from(*number),
        RegistryData::Text(text) | RegistryData::ExpandableText(text) => Value::from(clean_to(text, SHOWN)),
        other => Value::from(clean_to(&other.to_string(), SHOWN)),
    }
}

/// One note on all keys that the source does not speak of.
fn uncovered(image: &RegistryImage) -> Option<String> {
    let missing: Vec<KeyPath> = required_keys()
        .into_iter()
        .filter(|key| {
            requirements()
                .iter()
                .filter(|requirement| requirement.key() == *key)
                .any(|requirement| image.lookup(key, requirement.name) == Lookup::NotCovered)
        })
        .collect();
    let required = required_keys();
    let others = wanted_keys()
        .iter()
        .filter(|key| !required.contains(key) && !image.has_key(key))
        .filter(|key| image.key_exists(key).is_none())
        .count();
    let list = |keys: &[KeyPath]| keys.iter().map(KeyPath::long).collect::<Vec<_>>().join("; ");
    match (missing.is_empty(), others) {
        (true, 0) => None,
        (true, others) => Some(format!(
            "the source says nothing on {others} keys beside Microsoft's eight values (cipher suites, .NET release, Windows version); they were taken as Windows leaves them"
        )),
        (false, _) => Some(format!(
            "the source does not speak of these keys, whose values were taken as missing; export them with `reg export KEY FILE /reg:64`: {}",
            list(&missing)
        )),
    }
}
