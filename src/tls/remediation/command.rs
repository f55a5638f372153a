//! Changes as command lines of `reg.exe` that PowerShell and cmd read the same way.

use std::fmt::Write;

use crate::domain::registry::{RegistryData, RegistryEdit};

/// Characters that neither shell nor `reg.exe` gives a meaning inside double quotes.
const PLAIN: &str = " ._:,+()-={}[]#@~";

/// The command line, or nothing where the data cannot be said on one in every shell.
pub(super) fn line(edit: &RegistryEdit) -> Option<String> {
    let key = quoted(edit.key().as_str(), true)?;
    match edit {
        RegistryEdit::CreateKey(_) => Some(format!("reg.exe add {key} /f /reg:64")),
        RegistryEdit::DeleteKey(_) => Some(format!("reg.exe delete {key} /f /reg:64")),
        RegistryEdit::DeleteValue { name, .. } => Some(format!(
            "reg.exe delete {key} /v {} /f /reg:64",
            value_name(name)?
        )),
        RegistryEdit::SetValue { name, data, .. } => Some(format!(
            "reg.exe add {key} /v {} /t {} /d {} /f /reg:64",
            value_name(name)?,
            data.type_name(),
            argument(data)?
        )),
    }
}

/// The key's default value has no name, and another switch.
fn value_name(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| quoted(name, false))?
}

fn argument(data: &RegistryData) -> Option<String> {
    match data {
        RegistryData::Dword(number) => Some(number.to_string()),
        RegistryData::Qword(number) => Some(number.to_string()),
        RegistryData::Binary(bytes) if !bytes.is_empty() => {
            let digits = bytes.iter().fold(String::new(), |mut digits, byte| {
                let _ = write!(digits, "{byte:02x}");
                digits
            });
            // In quotes: PowerShell might take bare digits for a number.
            Some(format!("\"{digits}\""))
        }
        RegistryData::Text(text) | RegistryData::ExpandableText(text) => quoted(text, false),
        RegistryData::Texts(texts) if !texts.is_empty() => {
            let texts: Option<Vec<&str>> = texts
                .iter()
                .map(|text| is_plain(text, false).then_some(text.as_str()))
                .collect();
            Some(format!("\"{}\"", texts?.join("\\0")))
        }
        // Empty arguments get lost on the way from PowerShell, and other types have no name.
        RegistryData::Binary(_) | RegistryData::Texts(_) | RegistryData::Other(..) => None,
    }
}

fn quoted(text: &str, in_key: bool) -> Option<String> {
    is_plain(text, in_key).then(|| format!("\"{text}\""))
}

/// Not empty, and without a character that a shell may take for its own. Dollar and grave accent are PowerShell's, percent,
/// caret and exclamation mark cmd's; a backslash before the closing quote and a slash at the start mean something to `reg.exe`,
/// which keys do not have there.
fn is_plain(text: &str, in_key: bool) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || PLAIN.as_bytes().contains(&byte)
                || (in_key && matches!(byte, b'\\' | b'/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry::KeyPath;

    #[test]
    fn only_what_every_shell_reads_alike_becomes_a_line() {
        let set = |data| {
            line(&RegistryEdit::SetValue {
                key: KeyPath::new(r"HKLM\SYSTEM\TLS 1.2\Client"),
                name: "Enabled".to_owned(),
                data,
            })
        };
        let text = |text: &str| RegistryData::Text(text.to_owned());
        assert_eq!(
            set(RegistryData::Dword(u32::MAX)).unwrap(),
            r#"reg.exe add "HKLM\SYSTEM\TLS 1.2\Client" /v "Enabled" /t REG_DWORD /d 4294967295 /f /reg:64"#
        );
        assert_eq!(
            set(RegistryData::Texts(vec!["a".to_owned(), "b c".to_owned()])).unwrap(),
            r#"reg.exe add "HKLM\SYSTEM\TLS 1.2\Client" /v "Enabled" /t REG_MULTI_SZ /d "a\0b c" /f /reg:64"#
        );
        assert!(set(text("1")).is_some());
        for awkward in [
            "", "50%", "$x", "a\"b", "a`b", "a\\", "é", "a\nb", "!x!", "a^b", "a;b&c",
        ] {
            assert_eq!(set(text(awkward)), None, "{awkward}");
        }
        assert_eq!(set(RegistryData::Binary(Vec::new())), None);
        assert_eq!(set(RegistryData::Other(1, vec![1])), None);
    }
}
