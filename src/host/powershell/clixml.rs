//! PowerShell's serialised streams (`#< CLIXML`), read for the texts that a person should see.
//!
//! PowerShell writes them to standard error when it takes the far side for another PowerShell; progress records come that
//! way even when nothing is wrong.

/// The line that starts a serialised stream.
const HEADER: &str = "#< CLIXML";
/// Streams whose texts are worth reading.
const STREAMS: [&str; 2] = ["S=\"Error\"", "S=\"Warning\""];
/// Entities of XML.
const ENTITIES: [(&str, char); 5] = [
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("amp;", '&'),
];

/// Whether a text holds a serialised stream.
pub fn is_clixml(text: &str) -> bool {
    text.to_ascii_lowercase().contains(&HEADER.to_ascii_lowercase())
}

/// What a person should see of standard error: plain lines as they are, of serialised streams the errors and warnings.
/// Colour codes that PowerShell 7 puts into texts are left out; the rest is for `domain::text::clean` to take away.
pub fn readable(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(HEADER) {
        shown.push_str(&rest[..at]);
        let stream = &rest[at + HEADER.len()..];
        // The document ends where its root closes; a cut one goes to the end.
        let end = stream
            .find("</Objs>")
            .map_or(stream.len(), |found| found + "</Objs>".len());
        texts(&stream[..end], &mut shown);
        rest = &stream[end..];
    }
    shown.push_str(rest);
    without_colours(&shown).trim().to_owned()
}

/// Adds the content of every `<S S="Error">` and `<S S="Warning">`.
fn texts(stream: &str, shown: &mut String) {
    let mut rest = stream;
    while let Some(at) = rest.find("<S ") {
        let tag = &rest[at..];
        let Some(end) = tag.find('>') else { return };
        let content = &tag[end + 1..];
        let close = content.find("</S>").unwrap_or(content.len());
        if STREAMS.iter().any(|stream| tag[..end].contains(stream)) {
            shown.push_str(&unescape(&content[..close]));
        }
        rest = &content[close..];
    }
}

/// `_xHHHH_` and XML entities back to characters. What is neither stays as it is.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['_', '&']) {
        units.extend(rest[..at].encode_utf16());
        let behind = &rest[at..];
        if let Some(unit) = code_unit(behind) {
            units.push(unit);
            rest = &behind["_xHHHH_".len()..];
            continue;
        }
        let entity = ENTITIES
            .iter()
            .find(|(name, _)| behind[1..].starts_with(name) && behind.starts_with('&'));
        if let Some((name, character)) = entity {
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
            rest = &behind[1 + name.len()..];
        } else {
            units.extend(behind[..1].encode_utf16());
            rest = &behind[1..];
        }
    }
    units.extend(rest.encode_utf16());
    String::from_utf16_lossy(&units)
}

fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("_x")?.get(..5)?.strip_suffix('_')?;
    u16::from_str_radix(digits, 16).ok()
}

/// Takes out `ESC [ … m`.
fn without_colours(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        kept.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let end = behind.find(|character: char| !character.is_ascii_digit() && character != ';');
        rest = match end {
            Some(end) if behind[end..].starts_with('m') => &behind[end + 1..],
            _ => behind,
        };
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: &str = "#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj S=\"progress\" RefId=\"0\"><TN RefId=\"0\"><T>System.Management.Automation.PSCustomObject</T></TN><MS><I64 N=\"SourceId\">1</I64><PR N=\"Record\"><AV>Preparing modules for first use.</AV></PR></MS></Obj><S S=\"Error\">Import-Module : Das Modul \"ADSync\" wurde nicht geladen &lt;x&gt;._x000D__x000A_</S><S S=\"Error\">    + CategoryInfo_x000D__x000A_</S><S S=\"verbose\">chatter</S></Objs>";

    #[test]
    fn errors_are_read_and_progress_is_not() {
        assert!(is_clixml(SAMPLE));
        assert_eq!(
            readable(SAMPLE),
            "Import-Module : Das Modul \"ADSync\" wurde nicht geladen <x>.\r\n    + CategoryInfo"
        );
    }

    #[test]
    fn plain_lines_stay() {
        let mixed = format!("warning: x\n{SAMPLE}\nlast \u{1b}[31;1mred\u{1b}[0m");
        let shown = readable(&mixed);
        assert!(shown.starts_with("warning: x\nImport-Module"), "{shown}");
        assert!(shown.ends_with("last red"), "{shown}");
        assert_eq!(readable("nothing special"), "nothing special");
    }

    #[test]
    fn every_cut_is_read_without_trouble() {
        for end in (0..SAMPLE.len()).filter(|end| SAMPLE.is_char_boundary(*end)) {
            let shown = readable(&SAMPLE[..end]);
            assert!(!shown.contains("Preparing"), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let _ = readable(&format!("#< CLIXML{text}"));
            let _ = readable(&format!("#< CLIXML<S S=\"Error\">_x{text}</S>&{text}\u{1b}[{text}"));
        }
    }
}
