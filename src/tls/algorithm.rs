//! Ciphers, key exchange and hashes that Windows' own TLS may have turned off one by one (facts/connect section 5.2).

use crate::domain::{
    registry::{KeyPath, Lookup, RegistryData, RegistryImage},
    tls::Verdict,
};

use super::{
    judge::{FurtherValue, further},
    requirement::{ENABLED, SCHANNEL},
};

/// Something that can be turned off.
struct Algorithm {
    key: &'static str,
    /// What is lost without it.
    loss: &'static str,
    /// Whether another of the table does the same service.
    replaceable: bool,
}

/// Ciphers of the suites that the services take, below SCHANNEL.
pub(super) const AES_128: &str = r"Ciphers\AES 128/128";
pub(super) const AES_256: &str = r"Ciphers\AES 256/256";

const ALGORITHMS: [Algorithm; 5] = [
    Algorithm {
        key: AES_128,
        loss: "AES with 128 bits is turned off: every suite with it is lost.",
        replaceable: true,
    },
    Algorithm {
        key: AES_256,
        loss: "AES with 256 bits is turned off: every suite with it is lost.",
        replaceable: true,
    },
    Algorithm {
        key: r"KeyExchangeAlgorithms\ECDH",
        loss: "ECDHE is turned off, which every suite that the services take needs.",
        replaceable: false,
    },
    Algorithm {
        key: r"KeyExchangeAlgorithms\PKCS",
        loss: "RSA is turned off, which the services' certificates need.",
        replaceable: false,
    },
    Algorithm {
        key: r"Hashes\SHA256",
        loss: "SHA-256 is turned off, which suites and certificates of the services need.",
        replaceable: false,
    },
];

const EXPECTED: &str = "missing, or any but 0";

/// The keys, as full paths.
pub(super) fn keys() -> impl Iterator<Item = KeyPath> {
    let schannel = KeyPath::new(SCHANNEL);
    ALGORITHMS
        .iter()
        .map(move |algorithm| schannel.child(algorithm.key))
}

/// Whether one of them, named by its key below SCHANNEL, is turned off.
pub(super) fn is_off(image: &RegistryImage, key: &str) -> bool {
    let key = KeyPath::new(SCHANNEL).child(key);
    image.data(&key, ENABLED) == Some(&RegistryData::Dword(0))
}

pub(super) fn judge(image: &RegistryImage) -> Vec<FurtherValue> {
    let schannel = KeyPath::new(SCHANNEL);
    let mut replaceable = ALGORITHMS.iter().filter(|one| one.replaceable);
    let all_replaceable_off = replaceable.all(|one| is_off(image, one.key));
    ALGORITHMS
        .iter()
        .map(|algorithm| {
            let key = schannel.child(algorithm.key);
            let (verdict, reason) = match image.lookup(&key, ENABLED) {
                Lookup::Found(value) => match value.data {
                    RegistryData::Dword(0) if algorithm.replaceable && !all_replaceable_off => {
                        (Verdict::Warn, algorithm.loss)
                    }
                    RegistryData::Dword(0) => (Verdict::Fail, algorithm.loss),
                    RegistryData::Dword(_) => (Verdict::Ok, "Turned on."),
                    _ => (
                        Verdict::Warn,
                        "Wrong type: it must be a REG_DWORD. What Windows makes of it is not known.",
                    ),
                },
                Lookup::Unreadable => (Verdict::Warn, "The value could not be read: look at the notes."),
                Lookup::Denied => (Verdict::Warn, "Access to this key was denied."),
                Lookup::Missing | Lookup::NotCovered => (Verdict::Implicit, "Not turned off."),
            };
            FurtherValue {
                obstacle: verdict == Verdict::Fail,
                ..further(image, &key, ENABLED, EXPECTED, verdict, reason)
            }
        })
        .collect()
}
