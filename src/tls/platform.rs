//! What the registry tells of the platform: Windows version, .NET release, .NET 2, FIPS mode.

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryImage},
    tls::{Verdict, WindowsVersion},
};

use super::{
    judge::{FurtherValue, further},
    requirement::{STRONG, SYSTEM_DEFAULT},
};

const WINDOWS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const FRAMEWORK_SETUP: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full";
const FIPS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Lsa\FIPSAlgorithmPolicy";
/// .NET 2 to 3.5, which neither product uses.
const FRAMEWORK_2: [&str; 2] = [
    r"HKLM\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v2.0.50727",
    r"HKLM\SOFTWARE\Microsoft\.NETFramework\v2.0.50727",
];

pub(super) const KEYS: [&str; 5] = [WINDOWS, FRAMEWORK_SETUP, FIPS, FRAMEWORK_2[0], FRAMEWORK_2[1]];

/// The first release that leaves the choice of protocols to Windows: 4.7.
pub(super) const FIRST_WITH_SYSTEM_DEFAULT: u32 = 460_798;

/// The least that the agent and Connect need (facts/connect section 3).
const LEAST_FOR_AGENT: u32 = 461_308;
const LEAST_FOR_CONNECT: u32 = 461_808;

/// The smallest release number of each version, newest first (Microsoft, "Determine which .NET Framework versions are
/// installed").
const RELEASES: [(u32, &str); 11] = [
    (533_320, "4.8.1"),
    (528_040, "4.8"),
    (461_808, "4.7.2"),
    (461_308, "4.7.1"),
    (460_798, "4.7"),
    (394_802, "4.6.2"),
    (394_254, "4.6.1"),
    (393_295, "4.6"),
    (379_893, "4.5.2"),
    (378_675, "4.5.1"),
    (378_389, "4.5"),
];

/// The release number of .NET Framework 4.
pub(super) fn framework_release(image: &RegistryImage) -> Option<u32> {
    match image.data(&KeyPath::new(FRAMEWORK_SETUP), "Release")? {
        RegistryData::Dword(release) => Some(*release),
        _ => None,
    }
}

/// Which Windows the image was read from, by its build or else its product name.
pub(super) fn windows_version(image: &RegistryImage) -> Option<WindowsVersion> {
    let key = KeyPath::new(WINDOWS);
    let text = |name: &str| match image.data(&key, name)? {
        RegistryData::Text(text) => Some(text.clone()),
        _ => None,
    };
    let build = |name: &str| text(name)?.trim().parse().ok().and_then(WindowsVersion::of_build);
    build("CurrentBuild")
        .or_else(|| build("CurrentBuildNumber"))
        .or_else(|| WindowsVersion::named(&text("ProductName")?))
}

pub(super) fn judge(image: &RegistryImage, windows: Option<WindowsVersion>) -> Vec<FurtherValue> {
    let mut values = vec![judge_fips(image), judge_release(image)];
    values.extend(judge_windows(image, windows));
    for key in FRAMEWORK_2.map(KeyPath::new) {
        for name in [SYSTEM_DEFAULT, STRONG] {
            values.push(further(
                image,
                &key,
                name,
                "1",
                Verdict::Info,
                "For programs of .NET 2.0 to 3.5; neither product is one.",
            ));
        }
    }
    values
}

fn judge_fips(image: &RegistryImage) -> FurtherValue {
    let key = KeyPath::new(FIPS);
    let (verdict, reason) = match image.lookup(&key, "Enabled") {
        Lookup::Found(value) => match value.data {
            RegistryData::Dword(0) => (Verdict::Ok, "FIPS mode is off."),
            _ => (
                Verdict::Warn,
                "FIPS mode is on: it does not touch TLS 1.2, but password hash sync needs enforceFIPSPolicy=false in the program's .exe.config.",
            ),
        },
        Lookup::Unreadable => (Verdict::Warn, "The value could not be read: look at the notes."),
        Lookup::Denied => (Verdict::Warn, "Access to this key was denied."),
        Lookup::Missing | Lookup::NotCovered => (Verdict::Implicit, "FIPS mode is not turned on here."),
    };
    further(image, &key, "Enabled", "0", verdict, reason)
}

fn judge_release(image: &RegistryImage) -> FurtherValue {
    let key = KeyPath::new(FRAMEWORK_SETUP);
    let expected = "461808 (.NET 4.7.2) or later";
    let Some(release) = framework_release(image) else {
        return further(
            image,
            &key,
            "Release",
            expected,
            Verdict::Info,
            "Which .NET is there was not told. Connect needs 4.7.2 and the agent 4.7.1.",
        );
    };
    let version = RELEASES
        .iter()
        .find(|(first, _)| *first <= release)
        .map_or("older than 4.5", |(_, version)| version);
    let (verdict, meaning) = if release < LEAST_FOR_AGENT {
        (Verdict::Fail, "too old: Connect needs 4.7.2 and the agent 4.7.1.")
    } else if release < LEAST_FOR_CONNECT {
        (
            Verdict::Warn,
            "enough for the agent; current builds of Connect need 4.7.2.",
        )
    } else {
        (Verdict::Ok, "enough for Connect and the agent.")
    };
    further(
        image,
        &key,
        "Release",
        expected,
        verdict,
        &format!(".NET Framework {version}: {meaning}"),
    )
}

/// The build, where it is told.
fn judge_windows(image: &RegistryImage, windows: Option<WindowsVersion>) -> Option<FurtherValue> {
    let key = KeyPath::new(WINDOWS);
    let name = ["CurrentBuild", "CurrentBuildNumber", "ProductName"]
        .into_iter()
        .find(|name| matches!(image.lookup(&key, name), Lookup::Found(_)))?;
    let expected = "Windows Server 2016 to 2022; 2025 for the agent";
    let (verdict, reason) = match windows {
        Some(windows) if windows < WindowsVersion::Server2016 => (
            Verdict::Warn,
            format!(
                "Windows Server {}: neither Connect 2 nor the agent supports it as a host.",
                windows.word()
            ),
        ),
        Some(WindowsVersion::Server2025) => (
            Verdict::Info,
            "Windows Server 2025: the agent supports it, Connect Sync was documented not to (September 2025).".to_owned(),
        ),
        Some(windows) => (
            Verdict::Ok,
            format!("Windows Server {}, or a Windows of its generation.", windows.word()),
        ),
        None => (Verdict::Info, "A Windows that is not in the table.".to_owned()),
    };
    Some(further(image, &key, name, expected, verdict, &reason))
}
