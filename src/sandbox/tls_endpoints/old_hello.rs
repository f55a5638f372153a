//! The first answer of a server that speaks TLS 1.0 or 1.1, written by hand: no library of today offers it
//! (RFC 2246 and RFC 4346, section 7.4.1.3; the record layer in section 6.2.1).

/// Type of a handshake record.
const HANDSHAKE: u8 = 22;
/// Type of an alert record.
const ALERT: u8 = 21;
/// `fatal`, `protocol_version`.
const PROTOCOL_VERSION: [u8; 2] = [2, 70];
/// `TLS_RSA_WITH_AES_128_CBC_SHA`, which every server of that time had.
const SUITE: [u8; 2] = [0x00, 0x2f];

/// A protocol version as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u8, pub u8);

impl Version {
    pub const TLS10: Self = Self(3, 1);
    pub const TLS11: Self = Self(3, 2);
}

/// The version a ClientHello asks for at most, by its old field; nothing where the bytes are no ClientHello yet.
///
/// Clients of TLS 1.2 and later say 3.3 there. Record header of 5 bytes, handshake header of 4, then the version.
pub fn asked(bytes: &[u8]) -> Option<Version> {
    match bytes {
        [HANDSHAKE, 3, _, _, _, 1, _, _, _, major, minor, ..] => Some(Version(*major, *minor)),
        _ => None,
    }
}

/// A ServerHello of this version.
pub fn server_hello(version: Version) -> Vec<u8> {
    let mut hello = vec![version.0, version.1];
    // Random bytes that nobody relies on, an empty session id, the suite, no compression.
    hello.extend([0x5a; 32]);
    hello.push(0);
    hello.extend(SUITE);
    hello.push(0);
    let mut handshake = vec![2, 0, 0, hello.len() as u8];
    handshake.extend(hello);
    record(HANDSHAKE, version, &handshake)
}

/// The refusal of a version that is too old or too new.
pub fn refusal(version: Version) -> Vec<u8> {
    record(ALERT, version, &PROTOCOL_VERSION)
}

fn record(kind: u8, version: Version, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, version.0, version.1, 0, content.len() as u8];
    bytes.extend(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_hello_is_known_by_its_head() {
        let head = [22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 2, 0];
        assert_eq!(asked(&head), Some(Version::TLS11));
        assert_eq!(asked(&head[..10]), None);
        assert_eq!(asked(b"GET / HTTP/1.1\r\n"), None);
    }

    #[test]
    fn lengths_fit_what_follows() {
        let hello = server_hello(Version::TLS10);
        assert_eq!(hello.len(), 5 + usize::from(hello[4]));
        assert_eq!(hello.len(), 9 + usize::from(hello[8]));
        assert_eq!(refusal(Version::TLS11), [21, 3, 2, 0, 2, 2, 70]);
    }
}
