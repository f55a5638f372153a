//! Reads registry keys of a Windows host, this one or another one over ssh, without changing anything there.

mod reply;

use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{HostError, Limits, Via, local_registry, powershell};
use crate::domain::{
    registry::{KeyPath, RegistryData, RegistryImage},
    tls::WindowsVersion,
};
use reply::Reply;

/// The script that reads, as it is sent; for showing it before it runs.
pub const SCRIPT: &str = include_str!("registry.ps1");

/// Hosts asked at once. Each costs an ssh and, with a jump host, a second one.
pub const AT_ONCE: usize = 8;

/// Says which Windows it is.
const CURRENT_VERSION: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// What is kept of it. The rest of the key is none of our business; the product key stands there too.
const VERSION_VALUES: [&str; 9] = [
    "ProductName",
    "CurrentBuild",
    "CurrentBuildNumber",
    "UBR",
    "DisplayVersion",
    "ReleaseId",
    "EditionID",
    "InstallationType",
    "CurrentVersion",
];

/// What a host told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedHost {
    /// Its own name for itself; the target's where it does not say. Cleaned.
    pub name: String,
    /// Which Windows Server it is, by its build number.
    pub windows: Option<WindowsVersion>,
    /// Build number (`20348`).
    pub build: Option<u32>,
    /// Product name as Windows spells it (`Windows Server 2022 Standard`). Cleaned.
    pub product: Option<String>,
    /// The keys asked for, and what says which Windows it is. Only values of these very keys: nothing below them was read.
    pub image: RegistryImage,
    /// What a reader should know: keys that failed, a fall-back that was taken. Cleaned.
    pub notes: Vec<String>,
}

/// Reads these keys of a host. For the true view of a 32-bit program name the key below `WOW6432Node`.
///
/// # Errors
/// When the host can not be reached or gives no answer. Keys that are missing or may not be read are no error: the image
/// tells them apart.
pub async fn collect(
    via: &Via,
    keys: &[KeyPath],
    limits: Limits,
    cancel: &CancellationToken,
) -> Result<CollectedHost, HostError> {
    let wanted = wanted(keys);
    match via {
        Via::Local => {
            let (name, image, notes) = local_registry::read(&wanted, &is_kept)?;
            Ok(collected(name, image, notes))
        }
        Via::Ssh(ssh) => {
            let paths: Vec<String> = wanted.iter().map(KeyPath::long).collect();
            let script = powershell::Script::new(SCRIPT).texts("Keys", paths.iter().map(String::as_str));
            let answer = powershell::run(via, &script, limits, cancel).await?;
            let reply: Reply = answer.json()?;
            let (name, image, notes) = reply.read(&wanted, via.host())?;
            let name = name.unwrap_or_else(|| ssh.target().host().to_owned());
            Ok(collected(name, image, notes))
        }
    }
}

/// [`collect`] for many hosts, at most [`AT_ONCE`] at a time. Results come as they arrive, each with the place of its host
/// in `hosts`; a cancellation makes the rest [`HostError::Cancelled`].
pub fn collect_all<'all>(
    hosts: &'all [Via],
    keys: &'all [KeyPath],
    limits: Limits,
    cancel: &'all CancellationToken,
) -> impl Stream<Item = (usize, Result<CollectedHost, HostError>)> + 'all {
    stream::iter(hosts.iter().enumerate())
        .map(move |(place, via)| async move {
            let collected = if cancel.is_cancelled() {
                Err(HostError::Cancelled {
                    host: via.host().to_owned(),
                })
            } else {
                collect(via, keys, limits, cancel).await
            };
            (place, collected)
        })
        .buffer_unordered(AT_ONCE)
}

/// The keys to read: those with a hive, each once, and the one that says which Windows it is.
fn wanted(keys: &[KeyPath]) -> Vec<KeyPath> {
    let mut wanted: Vec<KeyPath> = Vec::with_capacity(keys.len() + 1);
    for key in keys.iter().chain([&KeyPath::new(CURRENT_VERSION)]) {
        if key.has_hive() && key.as_str().contains('\\') && !wanted.contains(key) {
            wanted.push(key.clone());
        }
    }
    wanted
}

/// Whether a value is kept.
fn is_kept(key: &KeyPath, name: &str) -> bool {
    *key != KeyPath::new(CURRENT_VERSION) || VERSION_VALUES.iter().any(|kept| kept.eq_ignore_ascii_case(name))
}

fn collected(name: String, image: RegistryImage, notes: Vec<String>) -> CollectedHost {
    let key = KeyPath::new(CURRENT_VERSION);
    let text = |name: &str| match image.data(&key, name) {
        Some(RegistryData::Text(text)) if !text.is_empty() => {
            Some(crate::domain::text::clean_to(text, 120).into_owned())
        }
        _ => None,
    };
    let build: Option<u32> = text("CurrentBuild")
        .or_else(|| text("CurrentBuildNumber"))
        .and_then(|build| build.parse().ok());
    let product = text("ProductName");
    CollectedHost {
        windows: build
            .and_then(WindowsVersion::of_build)
            .or_else(|| product.as_deref().and_then(WindowsVersion::named)),
        build,
        product,
        name,
        image,
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_read_once_and_the_version_always() {
        let keys = [
            KeyPath::new(r"HKLM\SOFTWARE\A"),
            KeyPath::new(r"HKEY_LOCAL_MACHINE\software\a"),
            KeyPath::new("nonsense"),
            KeyPath::new("HKLM"),
        ];
        let wanted = wanted(&keys);
        assert_eq!(
            wanted,
            [KeyPath::new(r"HKLM\SOFTWARE\A"), KeyPath::new(CURRENT_VERSION)]
        );
    }

    #[test]
    fn the_product_key_is_not_kept() {
        let key = KeyPath::new(CURRENT_VERSION);
        assert!(is_kept(&key, "productname"));
        assert!(!is_kept(&key, "DigitalProductId"));
        assert!(is_kept(&KeyPath::new(r"HKLM\SOFTWARE\A"), "DigitalProductId"));
    }
}
