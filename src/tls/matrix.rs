//! What a value means: the verdict matrix as a table (facts/connect section 5.2).

use crate::domain::tls::{Verdict, WindowsVersion};

use super::requirement::{Part, Standing};

/// One row: what was found, and what it means on Windows Server 2008 R2 and on all later ones.
struct Row {
    /// Nothing: it means the same for every part.
    part: Option<Part>,
    standing: Standing,
    early: (Verdict, &'static str),
    later: (Verdict, &'static str),
}

const fn everywhere(standing: Standing, verdict: Verdict, reason: &'static str) -> Row {
    Row {
        part: None,
        standing,
        early: (verdict, reason),
        later: (verdict, reason),
    }
}

const fn same(part: Part, standing: Standing, verdict: Verdict, reason: &'static str) -> Row {
    Row {
        part: Some(part),
        standing,
        early: (verdict, reason),
        later: (verdict, reason),
    }
}

const OK: &str = "Set as Microsoft's script wants it.";
const WRONG_TYPE: &str =
    "Wrong type: it must be a REG_DWORD. Windows does not read the number out of another type.";
const UNREADABLE: &str =
    "The value is there, but what the source says of it could not be read: look at the notes.";
const DENIED: &str = "Access to this key was denied: read it as an administrator.";

const ROWS: [Row; 11] = [
    everywhere(Standing::Good, Verdict::Ok, OK),
    everywhere(Standing::WrongType, Verdict::Fail, WRONG_TYPE),
    everywhere(Standing::Unreadable, Verdict::Warn, UNREADABLE),
    everywhere(Standing::Denied, Verdict::Warn, DENIED),
    Row {
        part: Some(Part::Client),
        standing: Standing::Missing,
        early: (
            Verdict::Fail,
            "Missing, and Windows Server 2008 R2 leaves TLS 1.2 off for clients unless it is turned on here.",
        ),
        later: (
            Verdict::Implicit,
            "Missing: this Windows allows TLS 1.2 to clients by itself. Microsoft's script prints `Not Found`.",
        ),
    },
    same(
        Part::Client,
        Standing::Off,
        Verdict::Fail,
        "Turns TLS 1.2 off for clients, such as Connect and the agent.",
    ),
    same(
        Part::Server,
        Standing::Missing,
        Verdict::Info,
        "Missing: this steers TLS servers on this host; Connect and the agent are clients. Microsoft's script prints `Not Found`.",
    ),
    same(
        Part::Server,
        Standing::Off,
        Verdict::Warn,
        "Turns TLS 1.2 off for servers on this host. Connect and the agent are clients, but Microsoft's check asks for it.",
    ),
    same(
        Part::Framework,
        Standing::Missing,
        Verdict::Warn,
        "Missing: programs made for .NET 4.7 and later do without; set it to be sure. Setup of Connect 2.3.20 to 2.4.129 refuses without it.",
    ),
    same(
        Part::Framework,
        Standing::Off,
        Verdict::Fail,
        "Tells .NET not to use TLS 1.2; only the other of the two values can make up for it.",
    ),
    same(
        Part::Framework,
        Standing::Odd,
        Verdict::Warn,
        "Only 0 and 1 are documented for this value: what .NET makes of this number is not known. Set 1.",
    ),
];

/// Off by default is no obstacle to a program that asks for TLS 1.2 by name.
const OFF_UNLESS_ASKED: (Verdict, &str) = (
    Verdict::Warn,
    "Turns TLS 1.2 off for clients that do not ask for it by name. 64-bit .NET programs here ask (SystemDefaultTlsVersions=0, SchUseStrongCrypto=1); others do not.",
);

/// Verdict and reason. An unknown Windows is taken for one that the products support.
pub(super) fn cell(
    part: Part,
    standing: Standing,
    windows: Option<WindowsVersion>,
) -> (Verdict, &'static str) {
    ROWS.iter()
        .find(|row| row.part.is_none_or(|own| own == part) && row.standing == standing)
        .map_or((Verdict::Warn, UNREADABLE), |row| {
            if windows == Some(WindowsVersion::Server2008R2) {
                row.early
            } else {
                row.later
            }
        })
}

/// The one cell that depends on another value: `DisabledByDefault` where programs ask by name.
pub(super) fn off_unless_asked() -> (Verdict, &'static str) {
    OFF_UNLESS_ASKED
}
