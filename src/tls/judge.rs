//! One host's report from what is known of its registry.

use std::collections::BTreeSet;

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
    requirement::{DISABLED_BY_DEFAULT, Part, Requirement, Standing, requirements},
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
    notes.extend(uncovered(&values, &further));
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
        strict: score(&values, |_| true),
        strict_agent: score(&values, |requirement| requirement.agent),
        client_tls12,
        client_reason,
        values,
        further: further.into_iter().map(|value| value.report).collect(),
        endpoints: Vec::new(),
        notes,
    }
}

/// How many are written down and right; `values` stand in the order of the table.
fn score(values: &[ValueReport], counts: fn(&Requirement) -> bool) -> Score {
    let counted = || {
        requirements()
            .iter()
            .zip(values)
            .filter(|(requirement, _)| counts(requirement))
    };
    Score {
        good: counted()
            .filter(|(_, value)| value.verdict == Verdict::Ok)
            .count(),
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
    // What could not be seen is no reason to be calm.
    let unseen = image.lookup(&requirement.key(), requirement.name) == Lookup::NotCovered;
    let verdict = match verdict {
        Verdict::Implicit if unseen => Verdict::Warn,
        verdict => verdict,
    };
    let mut report = report(
        image,
        &requirement.key(),
        requirement.name,
        requirement.expected(),
        verdict,
        reason,
    );
    if standing == Standing::Missing && windows.is_none() && requirement.part == Part::Client {
        report
            .reason
            .push_str(" Which Windows this is was not told; judged as Windows Server 2016 to 2025.");
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
    let covered = lookup != Lookup::NotCovered;
    ValueReport {
        path: key.drive(),
        name: name.to_owned(),
        kind: data.map(RegistryData::type_name),
        value: data.map(shown),
        expected: expected.to_owned(),
        verdict,
        reason: if covered {
            reason.to_owned()
        } else {
            format!("The source does not speak of this key. If the value is missing: {reason}")
        },
        covered,
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
fn uncovered(values: &[ValueReport], further: &[FurtherValue]) -> Option<String> {
    let missing: BTreeSet<String> = requirements()
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.covered)
        .map(|(requirement, _)| requirement.key().long())
        .collect();
    if !missing.is_empty() {
        let list: Vec<String> = missing.into_iter().collect();
        return Some(format!(
            "the source does not speak of these keys, whose values were taken as missing; export them with `reg export KEY FILE /reg:64` and join the files of one host (`copy /b ONE.reg+TWO.reg HOST.reg`): {}",
            list.join("; ")
        ));
    }
    let others: BTreeSet<&str> = further
        .iter()
        .filter(|value| !value.report.covered)
        .map(|value| value.report.path.as_str())
        .collect();
    (!others.is_empty()).then(|| {
        format!(
            "the source says nothing on {} keys beside Microsoft's eight values (cipher suites, .NET release, Windows version); they were taken as Windows leaves them",
            others.len()
        )
    })
}
