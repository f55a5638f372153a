//! The values of the host under the cursor: verdict, which value, what was found, why.

use ratatui::layout::Rect;

use crate::{
    domain::tls::ValueReport,
    tui::{
        model::{Model, Reading, TlsPane},
        widget::Canvas,
    },
};

use super::{GUTTER, heading, style, word};

const VERDICT: u16 = 8;
const FOUND: u16 = 10;
/// Cells of the longest label.
const LABEL: u16 = 38;
/// A reason in fewer cells says nothing.
const REASON: u16 = 16;

/// Draws the list.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let theme = canvas.theme;
    let tab = &model.tls;
    let total = tab.length(TlsPane::Values);
    heading(canvas, area, model, TlsPane::Values, "Values", total);
    let inside = Rect {
        x: area.x + GUTTER,
        width: area.width.saturating_sub(GUTTER),
        ..area
    };
    let Some(row) = tab.host() else {
        return;
    };
    match &row.reading {
        Reading::Waiting => {
            canvas.text(
                inside.x,
                area.y + 1,
                inside.width,
                "reading the registry...",
                theme.info,
            );
            return;
        }
        Reading::Unread(unread) => {
            let below = Rect {
                y: area.y + 1,
                height: area.height.saturating_sub(1),
                ..inside
            };
            let taken = canvas.paragraph(below, &unread.message, theme.bad);
            let advice = Rect {
                y: below.y + taken,
                height: below.height.saturating_sub(taken),
                ..below
            };
            canvas.paragraph(advice, unread.advice.as_deref().unwrap_or_default(), theme.text);
            return;
        }
        Reading::Read(_) => {}
    }
    let label_at = inside.x + VERDICT + 1;
    let rest = inside.right().saturating_sub(label_at);
    let label_cells = LABEL.min(rest.saturating_sub(FOUND + 1));
    let found_at = label_at + label_cells + 1;
    let reason_at = found_at + FOUND + 1;
    let reason_cells = inside.right().saturating_sub(reason_at);
    let with_reason = reason_cells >= REASON;
    let found_cells = if with_reason {
        FOUND
    } else {
        inside.right().saturating_sub(found_at)
    };
    let scroll = tab.scroll(TlsPane::Values);
    let active = tab.pane == TlsPane::Values;
    let rows = tab.values().enumerate().skip(scroll.top);
    for (y, (place, value)) in (area.y + 1..area.bottom()).zip(rows) {
        let under_cursor = active && place == scroll.cursor;
        if under_cursor {
            canvas.sign(area.x, y, canvas.glyphs.cursor, theme.key);
        }
        let verdict_style = style(theme, value.verdict);
        canvas.text(inside.x, y, VERDICT, word(value.verdict), verdict_style);
        let label_style = canvas.selected(theme.text, under_cursor);
        canvas.text(label_at, y, label_cells, &label(value), label_style);
        canvas.text(found_at, y, found_cells, &found(value), theme.text);
        if with_reason {
            canvas.text(reason_at, y, reason_cells, &value.reason, theme.muted);
        }
    }
}

/// From here on a number is known by its hexadecimal form, such as `Enabled` with all bits set; smaller ones, such as the
/// release of .NET, by the decimal one.
const HEXADECIMAL: u64 = 0x0100_0000;

/// What was found, in a word.
pub fn found(value: &ValueReport) -> String {
    match &value.value {
        None => "missing".to_owned(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => match number.as_u64() {
            Some(number) if number >= HEXADECIMAL => format!("0x{number:x}"),
            _ => number.to_string(),
        },
        Some(other) => other.to_string(),
    }
}

/// Ends of paths that are better known by another name than by their own.
const KNOWN_AS: [(&str, &str, &str); 4] = [
    (
        r"Policies\Microsoft\Cryptography\Configuration\SSL\00010002",
        "Functions",
        "Cipher suites by policy",
    ),
    (r"Local\SSL\00010002", "Functions", "Cipher suites"),
    (r"NDP\v4\Full", "Release", ".NET Framework release"),
    (r"Windows NT\CurrentVersion", "CurrentBuild", "Windows build"),
];

/// A value without the long path: the last folders that tell it from others, then its name.
pub fn label(value: &ValueReport) -> String {
    let known = KNOWN_AS
        .iter()
        .find(|(path, name, _)| value.path.ends_with(path) && value.name == *name);
    if let Some((.., label)) = known {
        return (*label).to_owned();
    }
    let parts: Vec<&str> = value.path.split('\\').collect();
    let framework = parts
        .iter()
        .position(|part| part.eq_ignore_ascii_case(".NETFramework"));
    if let Some(version) = framework.and_then(|at| parts.get(at + 1)) {
        let view = match parts.iter().any(|part| part.eq_ignore_ascii_case("WOW6432Node")) {
            true => "32",
            false => "64",
        };
        let major = version
            .trim_start_matches(['v', 'V'])
            .split('.')
            .next()
            .unwrap_or(version);
        return format!(".NET {major} {view}-bit {}", value.name);
    }
    let from = match parts
        .iter()
        .position(|part| part.eq_ignore_ascii_case("SCHANNEL"))
    {
        // `Protocols` goes without saying.
        Some(at)
            if parts
                .get(at + 1)
                .is_some_and(|part| part.eq_ignore_ascii_case("Protocols")) =>
        {
            at + 2
        }
        Some(at) => at + 1,
        None => parts.len().saturating_sub(1),
    };
    let folders = parts.get(from..).unwrap_or_default().join(" ");
    format!("{folders} {}", value.name).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use crate::domain::tls::Verdict;

    use super::*;

    #[test]
    fn labels_tell_values_apart_in_a_few_cells() {
        let named = |path: &str, name: &str| {
            let value = ValueReport {
                path: path.to_owned(),
                name: name.to_owned(),
                kind: None,
                value: None,
                expected: String::new(),
                verdict: Verdict::Ok,
                reason: String::new(),
                covered: true,
            };
            label(&value)
        };
        let dot_net = r"HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319";
        assert_eq!(
            named(dot_net, "SystemDefaultTlsVersions"),
            ".NET 4 32-bit SystemDefaultTlsVersions"
        );
        let client =
            r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";
        assert_eq!(
            named(client, "DisabledByDefault"),
            "TLS 1.2 Client DisabledByDefault"
        );
        let cipher = r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Ciphers\AES 128/128";
        assert_eq!(named(cipher, "Enabled"), "Ciphers AES 128/128 Enabled");
        assert_eq!(
            named(r"HKLM:\SYSTEM\Lsa\FIPSAlgorithmPolicy", "Enabled"),
            "FIPSAlgorithmPolicy Enabled"
        );
    }
}
