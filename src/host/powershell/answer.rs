//! What comes back: JSON between two marks, complaints beside it.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::clixml;
use crate::{
    domain::text::clean_to,
    host::{HostError, process::Finished},
};

/// Longest text of the far side in a message, in characters.
const LONGEST_DETAIL: usize = 600;

/// What an answer stands between. New for every run, so nothing else can print them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    /// Before the answer.
    pub open: String,
    /// Before the message of a script that failed.
    pub fail: String,
    /// After all of it.
    pub close: String,
    /// A comment as the last line of a script on standard input.
    pub last_line: String,
}

impl Marks {
    /// `token` is unguessable and has letters and digits only.
    pub fn new(token: &str) -> Self {
        Self {
            open: format!("<{token}"),
            fail: format!("!{token}"),
            close: format!("{token}>"),
            last_line: format!("#{token}"),
        }
    }

    /// Whether the script began to answer.
    pub fn opened_in(&self, output: &[u8]) -> bool {
        memchr::memmem::find(output, self.open.as_bytes()).is_some()
    }
}

/// What a script wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its JSON, without line breaks; empty if it wrote nothing.
    pub text: String,
    /// What it said beside its answer (warnings, errors it went on after), as a reader would want it; often empty.
    pub complaint: String,
    host: String,
}

impl Answer {
    /// Reads the JSON. Nothing at all reads as `null`: PowerShell writes nothing for an empty pipeline.
    ///
    /// # Errors
    /// [`HostError::Answer`] if it is no JSON or has another shape.
    pub fn json<Shape: DeserializeOwned>(&self) -> Result<Shape, HostError> {
        let text = if self.text.trim().is_empty() {
            "null"
        } else {
            &self.text
        };
        serde_json::from_str(text).map_err(|error| HostError::Answer {
            host: self.host.clone(),
            detail: format!(
                "the answer can not be read ({})",
                clean_to(&error.to_string(), LONGEST_DETAIL)
            ),
        })
    }
}

/// Takes the answer out of what a finished program wrote.
pub(super) fn read(done: &Finished, marks: &Marks, host: &str) -> Result<Answer, HostError> {
    let complaint = clixml::readable(&String::from_utf8_lossy(&done.complaint));
    let missing = |what: &str| {
        let said = if complaint.is_empty() {
            clean_to(&String::from_utf8_lossy(&done.output), LONGEST_DETAIL)
                .trim()
                .to_owned()
        } else {
            clean_to(&complaint, LONGEST_DETAIL).into_owned()
        };
        let code = done.code.map_or_else(
            || "it was ended by a signal".to_owned(),
            |code| format!("exit code {code}"),
        );
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(": {said}")
        };
        HostError::Answer {
            host: host.to_owned(),
            detail: format!("{what} ({code}){said}"),
        }
    };
    let output: Cow<'_, str> = String::from_utf8_lossy(&done.output);
    let Some((_, behind)) = output.split_once(marks.open.as_str()) else {
        return Err(missing("the script did not run"));
    };
    let Some((inside, _)) = behind.rsplit_once(marks.close.as_str()) else {
        return Err(missing("the answer was cut short"));
    };
    if let Some((_, message)) = inside.rsplit_once(marks.fail.as_str()) {
        return Err(HostError::Script {
            host: host.to_owned(),
            message: clean_to(unescape(message).trim(), LONGEST_DETAIL).into_owned(),
        });
    }
    Ok(Answer {
        // A host that breaks long lines breaks JSON between or inside texts; neither needs a line break.
        text: inside
            .chars()
            .filter(|character| !matches!(character, '\r' | '\n'))
            .collect(),
        complaint,
        host: host.to_owned(),
    })
}

/// Turns `\uXXXX` back into characters in a message that is no JSON. Anything else stays as it is.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\u") {
        units.extend(rest[..at].encode_utf16());
        let behind = &rest[at + 2..];
        match behind
            .get(..4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
        {
            Some(unit) => {
                units.push(unit);
                rest = &behind[4..];
            }
            None => {
                units.extend("\\u".encode_utf16());
                rest = behind;
            }
        }
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks() -> Marks {
        Marks::new("0123abc")
    }

    fn finished(output: &str, complaint: &str) -> Finished {
        Finished {
            code: Some(0),
            output: output.into(),
            complaint: complaint.into(),
        }
    }

    #[test]
    fn noise_around_the_answer_is_ignored() {
        let done = finished(
            "\u{feff}*** Authorised use only ***\r\n<0123abc\r\n{\"a\":\r\n \"x \\u00e4\"}\r\n0123abc>\r\nbye\r\n",
            "",
        );
        let answer = read(&done, &marks(), "h").unwrap();
        let value: serde_json::Value = answer.json().unwrap();
        assert_eq!(value["a"], "x ä");
    }

    #[test]
    fn a_failed_script_says_why() {
        let done = finished(
            "<0123abc\r\n!0123abc\r\nZugriff verweigert f\\u00fcr C:\\users\u{1b}[31m\r\n0123abc>\r\n",
            "",
        );
        assert_eq!(
            read(&done, &marks(), "h").unwrap_err(),
            HostError::Script {
                host: "h".into(),
                message: "Zugriff verweigert für C:\\users[31m".into()
            }
        );
    }

    #[test]
    fn no_answer_tells_what_was_said_instead() {
        let clixml = "#< CLIXML\r\n<Objs xmlns=\"x\"><S S=\"Error\">Nope &amp; no_x000D__x000A_</S></Objs>";
        let error = read(&finished("", clixml), &marks(), "h").unwrap_err();
        assert_eq!(
            error.to_string(),
            "h: the script did not run (exit code 0): Nope & no"
        );
        let error = read(&finished("Welcome", ""), &marks(), "h").unwrap_err();
        assert!(error.to_string().ends_with(": Welcome"), "{error}");
        let error = read(&finished("<0123abc\n{\"a\":", ""), &marks(), "h").unwrap_err();
        assert!(error.to_string().contains("cut short"), "{error}");
    }

    #[test]
    fn nothing_is_null_and_nonsense_is_an_error() {
        let answer = read(&finished("<0123abc\n0123abc>", ""), &marks(), "h").unwrap();
        assert_eq!(answer.json::<Option<u8>>().unwrap(), None);
        let answer = read(&finished("<0123abc\nhello\n0123abc>", ""), &marks(), "h").unwrap();
        assert!(answer.json::<Option<u8>>().is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer_or_an_error(output in any::<Vec<u8>>(), complaint in any::<Vec<u8>>()) {
            let done = Finished { code: None, output, complaint };
            prop_assert!(read(&done, &marks(), "h").is_err());
        }

        #[test]
        fn unescaping_never_fails(text in any::<String>()) {
            let _ = unescape(&text);
            prop_assert_eq!(unescape(&text.replace('\\', "")), text.replace('\\', ""));
        }
    }
}
