//! The head of an HTTP/1 answer, read from bytes: a proxy's answer to CONNECT, a server's to HEAD (RFC 9112, section 2).

use memchr::memchr_iter;

use crate::domain::text::clean_to;

/// No head that matters here is longer.
pub const LONGEST_HEAD: usize = 16 * 1024;

/// What the bytes so far are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadAnswer {
    /// Not enough bytes yet.
    Incomplete,
    /// A whole head.
    Head(Head),
    /// Not HTTP, or longer than [`LONGEST_HEAD`].
    NotHttp,
}

/// Status and fields of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Three digits.
    pub status: u16,
    fields: Vec<(String, String)>,
}

impl Head {
    /// The values of a field, in order; names compare without case. Cleaned of what steers a terminal.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The first value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

const START: &[u8] = b"HTTP/1.";
const LONGEST_VALUE: usize = 512;

/// Reads a head. Lines may end in a bare line feed; lines without a colon are passed over.
pub fn read_head(bytes: &[u8]) -> HeadAnswer {
    let seen = bytes.len().min(START.len());
    if bytes[..seen] != START[..seen] {
        return HeadAnswer::NotHttp;
    }
    let Some(end) = end_of_head(bytes) else {
        return if bytes.len() >= LONGEST_HEAD {
            HeadAnswer::NotHttp
        } else {
            HeadAnswer::Incomplete
        };
    };
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .filter(|code| code.len() == 3)
        .and_then(|code| code.parse().ok());
    let Some(status) = status else {
        return HeadAnswer::NotHttp;
    };
    let fields = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| {
            (
                name.trim().to_owned(),
                clean_to(value.trim(), LONGEST_VALUE).into_owned(),
            )
        })
        .collect();
    HeadAnswer::Head(Head { status, fields })
}

/// Where the line feed before the empty line stands that ends a head.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let bytes = &bytes[..bytes.len().min(LONGEST_HEAD)];
    memchr_iter(b'\n', bytes).find(|at| {
        let next = &bytes[at + 1..];
        next.starts_with(b"\n") || next.starts_with(b"\r\n")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads_are_read_with_either_line_end() {
        for end in ["\r\n", "\n"] {
            let text = [
                "HTTP/1.1 407 Proxy Authentication Required",
                "Proxy-Authenticate: Negotiate",
                "proxy-authenticate: NTLM",
                "",
                "body",
            ]
            .join(end);
            let HeadAnswer::Head(head) = read_head(text.as_bytes()) else {
                panic!("{text}");
            };
            assert_eq!(head.status, 407);
            assert_eq!(
                head.values("Proxy-Authenticate").collect::<Vec<_>>(),
                ["Negotiate", "NTLM"]
            );
            assert_eq!(head.value("Date"), None);
        }
    }

    #[test]
    fn what_is_not_http_is_said_early() {
        assert_eq!(read_head(b"2"), HeadAnswer::NotHttp);
        assert_eq!(read_head(b"HTTP/1.1 "), HeadAnswer::Incomplete);
        assert_eq!(read_head(b"HTTP/1.1 2000 OK\r\n\r\n"), HeadAnswer::NotHttp);
        assert_eq!(read_head(b"HTTP/1.1\r\n\r\n"), HeadAnswer::NotHttp);
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &[b'a'; LONGEST_HEAD]].concat();
        assert_eq!(read_head(&endless), HeadAnswer::NotHttp);
    }

    proptest! {
        #[test]
        fn any_bytes_after_the_start_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = [b"HTTP/1.1 200 OK\r\n".as_slice(), &bytes].concat();
            if let HeadAnswer::Head(head) = read_head(&text) {
                prop_assert_eq!(head.status, 200);
                for (_, value) in &head.fields {
                    prop_assert!(!value.chars().any(char::is_control));
                }
            }
        }

        #[test]
        fn a_head_cut_anywhere_is_incomplete(cut in 0usize..44) {
            let text = b"HTTP/1.1 200 OK\r\nDate: x\r\nServer: abcdef\r\n\r\n";
            let cut = cut.min(text.len() - 2);
            prop_assert_eq!(read_head(&text[..cut]), HeadAnswer::Incomplete);
        }
    }
}
