//! A ClientHello made by hand and the least of reading its answer.
//!
//! rustls speaks TLS 1.2 and 1.3 only and knows no suite without forward secrecy. Whether a server would also take
//! TLS 1.0 or 1.1, or which suite it would choose, is asked with these bytes (RFC 2246, 4346 and 5246, section 7.4.1;
//! extensions by RFC 6066 and 8422). The handshake ends after the server's first message.

use std::{borrow::Cow, net::IpAddr};

/// A protocol version as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// TLS 1.0.
    pub const TLS10: Self = Self(0x0301);
    /// TLS 1.1.
    pub const TLS11: Self = Self(0x0302);
    /// TLS 1.2.
    pub const TLS12: Self = Self(0x0303);
    /// TLS 1.3.
    pub const TLS13: Self = Self(0x0304);

    /// As people write it.
    pub fn name(self) -> Cow<'static, str> {
        match self.0 {
            0x0300 => "SSL 3.0".into(),
            0x0301 => "TLS 1.0".into(),
            0x0302 => "TLS 1.1".into(),
            0x0303 => "TLS 1.2".into(),
            0x0304 => "TLS 1.3".into(),
            other => format!("0x{other:04x}").into(),
        }
    }
}

/// What the first bytes of a server say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not enough bytes yet.
    Incomplete,
    /// It agreed to a version and a suite.
    ServerHello {
        /// The version, from the extension where TLS 1.3 hides it.
        version: Version,
        /// The suite's number.
        suite: u16,
    },
    /// It refused.
    Alert {
        /// Which alert (RFC 8446, section 6).
        code: u8,
    },
    /// These are not the bytes of a TLS server.
    NotTls,
}

/// Suites that a client of the time of TLS 1.0 and 1.1 would offer, best first.
const OLD_SUITES: [u16; 16] = [
    0xc00a, 0xc009, 0xc014, 0xc013, 0x0039, 0x0038, 0x0033, 0x0032, 0x0035, 0x002f, 0xc008, 0xc012, 0x0016,
    0x000a, 0x0005, 0x0004,
];

/// Suites that only TLS 1.2 knows: AEAD first, then CBC with SHA-2, those without forward secrecy last.
const TLS12_SUITES: [u16; 18] = [
    0xc02c, 0xc02b, 0xc030, 0xc02f, 0xcca9, 0xcca8, 0x009f, 0x009e, 0xc024, 0xc023, 0xc028, 0xc027, 0x006b,
    0x0067, 0x009d, 0x009c, 0x003d, 0x003c,
];

/// Says that renegotiation is the safe kind (RFC 5746); servers refuse clients without it.
const SAFE_RENEGOTIATION: u16 = 0x00ff;
/// X25519, P-256, P-384, P-521.
const GROUPS: [u16; 4] = [0x001d, 0x0017, 0x0018, 0x0019];
/// RSA-PSS, ECDSA and RSA with SHA-2, then both with SHA-1.
const SIGNATURES: [u16; 11] = [
    0x0804, 0x0805, 0x0806, 0x0403, 0x0503, 0x0603, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201,
];

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const SUPPORTED_VERSIONS: u16 = 43;
/// The longest record (RFC 5246, section 6.2.3) and the longest ServerHello anyone sends.
const LONGEST: usize = (1 << 14) + 2048;
const WARNING: u8 = 1;

/// A ClientHello, in one record, whose highest version is `version` (TLS 1.2 at most).
pub fn client_hello(version: Version, host: &str) -> Vec<u8> {
    let mut suites = Vec::new();
    if version >= Version::TLS12 {
        suites.extend(TLS12_SUITES);
    }
    suites.extend(OLD_SUITES);
    suites.push(SAFE_RENEGOTIATION);

    let mut extensions = Vec::new();
    // A server name is a name, never an address (RFC 6066, section 3).
    if host.parse::<IpAddr>().is_err() && host.len() <= 255 && host.is_ascii() {
        let name = [&[0][..], &sized(host.as_bytes())].concat();
        extensions.extend(extension(0, &sized(&name)));
    }
    extensions.extend(extension(10, &sized(&words(&GROUPS))));
    extensions.extend(extension(11, &[1, 0]));
    if version >= Version::TLS12 {
        extensions.extend(extension(13, &sized(&words(&SIGNATURES))));
    }

    let mut body = version.0.to_be_bytes().to_vec();
    body.extend(std::iter::repeat_with(|| fastrand::u8(..)).take(32));
    body.push(0); // no session
    body.extend(sized(&words(&suites)));
    body.extend([1, 0]); // no compression
    body.extend(sized(&extensions));

    let mut message = vec![CLIENT_HELLO, 0];
    message.extend(sized(&body));
    // Old servers want a record of TLS 1.0 whatever the hello asks for.
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend(sized(&message));
    record
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

/// The bytes with their length before them, two bytes long. Everything made here is far shorter than 64 KiB.
fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], bytes].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &sized(content)].concat()
}

/// Reads what a server has sent so far. Warnings before the hello are passed over; more bytes never change an answer
/// other than [`Answer::Incomplete`].
pub fn read_answer(bytes: &[u8]) -> Answer {
    let mut rest = bytes;
    let mut handshake: Vec<u8> = Vec::new();
    loop {
        let [kind, before_major @ ..] = rest else {
            return Answer::Incomplete;
        };
        if !matches!(*kind, ALERT | HANDSHAKE) {
            return Answer::NotTls;
        }
        let [major, after_major @ ..] = before_major else {
            return Answer::Incomplete;
        };
        if *major != 3 {
            return Answer::NotTls;
        }
        let [_minor, high, low, content @ ..] = after_major else {
            return Answer::Incomplete;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length == 0 || length > LONGEST {
            return Answer::NotTls;
        }
        match *kind {
            ALERT => match content {
                [WARNING, _, ..] if length == 2 => {}
                [_, code, ..] if length == 2 => return Answer::Alert { code: *code },
                _ if length == 2 => return Answer::Incomplete,
                _ => return Answer::NotTls,
            },
            _ => {
                handshake.extend(&content[..length.min(content.len())]);
                match read_server_hello(&handshake) {
                    Answer::Incomplete => {}
                    decided => return decided,
                }
            }
        }
        let Some(next) = content.get(length..) else {
            return Answer::Incomplete;
        };
        rest = next;
    }
}

/// The first handshake message, which must be a ServerHello.
fn read_server_hello(bytes: &[u8]) -> Answer {
    let [kind, size @ ..] = bytes else {
        return Answer::Incomplete;
    };
    if *kind != SERVER_HELLO {
        return Answer::NotTls;
    }
    let [high, middle, low, body @ ..] = size else {
        return Answer::Incomplete;
    };
    let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
    if length > LONGEST {
        return Answer::NotTls;
    }
    match body.get(..length) {
        Some(body) => server_hello(body).unwrap_or(Answer::NotTls),
        None => Answer::Incomplete,
    }
}

/// The body of a ServerHello: version, random, session, suite, compression, extensions. `None` where it is too short
/// for what it says.
fn server_hello(body: &[u8]) -> Option<Answer> {
    let mut version = Version(u16_at(body, 0)?);
    let session = usize::from(*body.get(34)?);
    let suite = u16_at(body, 35 + session)?;
    let extensions = 35 + session + 2 + 1 + 2;
    let mut rest = body.get(extensions..).unwrap_or_default();
    while let (Some(kind), Some(size)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let content = rest.get(4..4 + usize::from(size))?;
        if kind == SUPPORTED_VERSIONS {
            version = Version(u16_at(content, 0)?);
        }
        rest = &rest[4 + usize::from(size)..];
    }
    Some(Answer::ServerHello { version, suite })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3][..], &sized(content)].concat()
    }

    fn hello(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([2, 9, 9]);
        body.extend(suite.to_be_bytes());
        body.push(0);
        body.extend(sized(extensions));
        [&[SERVER_HELLO, 0][..], &sized(&body)].concat()
    }

    #[test]
    fn alerts_hellos_and_other_talk_are_told_apart() {
        assert_eq!(read_answer(b""), Answer::Incomplete);
        assert_eq!(read_answer(b"220 mail ready\r\n"), Answer::NotTls);
        assert_eq!(read_answer(b"HTTP/1.1 400 Bad Request\r\n"), Answer::NotTls);
        assert_eq!(read_answer(&record(ALERT, &[2, 70])), Answer::Alert { code: 70 });
        let old = record(HANDSHAKE, &hello(0x0301, 0x002f, &[]));
        let expected = Answer::ServerHello {
            version: Version::TLS10,
            suite: 0x002f,
        };
        assert_eq!(read_answer(&old), expected);
        let warned = [record(ALERT, &[WARNING, 112]), old].concat();
        assert_eq!(read_answer(&warned), expected);
        let new = record(
            HANDSHAKE,
            &hello(0x0303, 0x1301, &extension(SUPPORTED_VERSIONS, &[3, 4])),
        );
        let expected = Answer::ServerHello {
            version: Version::TLS13,
            suite: 0x1301,
        };
        assert_eq!(read_answer(&new), expected);
    }

    #[test]
    fn a_hello_names_the_host_but_never_an_address() {
        let named = client_hello(Version::TLS10, "login.example");
        assert!(named.windows(13).any(|part| part == b"login.example"));
        for address in ["192.0.2.1", "2001:db8::1"] {
            let plain = client_hello(Version::TLS12, address);
            assert!(
                !plain
                    .windows(address.len())
                    .any(|part| part == address.as_bytes())
            );
        }
        assert_eq!(named.len(), 5 + usize::from(u16_at(&named, 3).unwrap()));
    }

    proptest! {
        #[test]
        fn a_hello_reads_the_same_in_records_of_any_size(size in 1usize..80, suite: u16, extra in prop::collection::vec(any::<u8>(), 0..40)) {
            let message = hello(0x0302, suite, &extension(0xff01, &extra));
            let whole: Vec<u8> = message.chunks(size).flat_map(|part| record(HANDSHAKE, part)).collect();
            let expected = Answer::ServerHello { version: Version::TLS11, suite };
            prop_assert_eq!(read_answer(&whole), expected);
            for cut in 0..whole.len() {
                prop_assert_eq!(read_answer(&whole[..cut]), Answer::Incomplete);
            }
        }

        #[test]
        fn more_bytes_never_change_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200), steer in 0usize..3) {
            let mut bytes = bytes;
            // Most random bytes are not TLS at the first one; steer some past the header.
            let header: &[u8] = [&[][..], &[HANDSHAKE, 3, 3, 0], &[ALERT, 3, 1, 0, 2]][steer];
            bytes.splice(0..0, header.iter().copied());
            let mut decided = Answer::Incomplete;
            for end in 0..=bytes.len() {
                let now = read_answer(&bytes[..end]);
                if decided != Answer::Incomplete {
                    prop_assert_eq!(&now, &decided);
                }
                decided = now;
            }
        }
    }
}
