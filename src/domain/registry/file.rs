//! Registry files, as `regedit` and `reg export` write them (facts/connect section 5.3).

use std::fmt::Write;

use super::{KeyPath, RegistryData, RegistryEdit};

/// Bytes of a binary value on one line.
const BYTES_PER_LINE: usize = 25;

/// A registry file that makes these changes when it is imported: version 5, UTF-16 with a byte order mark, lines ended as
/// Windows wants them. Comments stand before the first key, one line each.
pub fn registry_file(edits: &[RegistryEdit], comments: &[String]) -> Vec<u8> {
    let text = registry_text(edits, comments);
    std::iter::once(0xfeff)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

/// The same as text, for a script that writes the file itself.
pub fn registry_text(edits: &[RegistryEdit], comments: &[String]) -> String {
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    if !comments.is_empty() {
        text.push_str("\r\n");
    }
    for comment in comments {
        text.push_str("; ");
        text.push_str(comment);
        text.push_str("\r\n");
    }
    let mut section: Option<&KeyPath> = None;
    for edit in edits {
        if let RegistryEdit::DeleteKey(key) = edit {
            section = None;
            let _ = write!(text, "\r\n[-{}]\r\n", key.long());
            continue;
        }
        if section != Some(edit.key()) {
            section = Some(edit.key());
            let _ = write!(text, "\r\n[{}]\r\n", edit.key().long());
        }
        match edit {
            RegistryEdit::SetValue { name, data, .. } => push_value(&mut text, name, data),
            RegistryEdit::DeleteValue { name, .. } => {
                push_name(&mut text, name);
                text.push_str("=-\r\n");
            }
            RegistryEdit::CreateKey(_) | RegistryEdit::DeleteKey(_) => {}
        }
    }
    text.push_str("\r\n");
    text
}

fn push_value(text: &mut String, name: &str, data: &RegistryData) {
    let start = text.len();
    push_name(text, name);
    text.push('=');
    match data {
        RegistryData::Dword(number) => {
            let _ = write!(text, "dword:{number:08x}");
        }
        // Anything that could break the line or be taken for an escape goes in as bytes.
        RegistryData::Text(content) if !content.chars().any(char::is_control) => {
            push_quoted(text, content);
        }
        _ => {
            match data.type_number() {
                3 => text.push_str("hex:"),
                number => {
                    let _ = write!(text, "hex({number:x}):");
                }
            }
            push_bytes(text, start, &data.bytes());
        }
    }
    text.push_str("\r\n");
}

fn push_name(text: &mut String, name: &str) {
    if name.is_empty() {
        text.push('@');
    } else {
        push_quoted(text, name);
    }
}

fn push_quoted(text: &mut String, content: &str) {
    text.push('"');
    for character in content.chars() {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
}

/// Two digits per byte, continued on the next line before it grows beyond 80 columns.
fn push_bytes(text: &mut String, line_start: usize, bytes: &[u8]) {
    let used = text.len().saturating_sub(line_start);
    let first = BYTES_PER_LINE.saturating_sub(used / 3).max(1);
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            text.push(',');
            if index >= first && (index - first).is_multiple_of(BYTES_PER_LINE) {
                text.push_str("\\\r\n  ");
            }
        }
        let _ = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_look_as_windows_writes_them() {
        let key = KeyPath::new(r"HKLM\SOFTWARE\Ä");
        let set = |name: &str, data| RegistryEdit::SetValue {
            key: key.clone(),
            name: name.to_owned(),
            data,
        };
        let edits = [
            set("", RegistryData::Text("C:\\a \"b\"".to_owned())),
            set("Enabled", RegistryData::Dword(31)),
            set("Lines", RegistryData::Text("a\nb".to_owned())),
            set("Long", RegistryData::Binary((0..40).collect())),
            RegistryEdit::DeleteValue {
                key: key.clone(),
                name: "Gone".to_owned(),
            },
            RegistryEdit::DeleteKey(key.child("Below")),
        ];
        let expected = concat!(
            "Windows Registry Editor Version 5.00\r\n\r\n; why\r\n\r\n",
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Ä]\r\n",
            "@=\"C:\\\\a \\\"b\\\"\"\r\n",
            "\"Enabled\"=dword:0000001f\r\n",
            "\"Lines\"=hex(1):61,00,0a,00,62,00,00,00\r\n",
            "\"Long\"=hex:00,01,02,03,04,05,06,07,08,09,0a,0b,0c,0d,0e,0f,10,11,12,13,14,15,\\\r\n",
            "  16,17,18,19,1a,1b,1c,1d,1e,1f,20,21,22,23,24,25,26,27\r\n",
            "\"Gone\"=-\r\n\r\n",
            "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Ä\\Below]\r\n\r\n",
        );
        assert_eq!(registry_text(&edits, &["why".to_owned()]), expected);
        assert_eq!(
            registry_file(&edits, &[]).get(..4),
            Some(&[0xff, 0xfe, b'W', 0][..])
        );
    }
}
