//! Output of Microsoft's script in every shape: whole, wrapped, broken by a console, cut.

use crate::{
    domain::{
        registry::{KeyPath, Lookup, RegistryData},
        tls::HostSource,
    },
    host::registry_file::{ReadRegistry, read},
};

const CLIENT: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client";
const FRAMEWORK: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework\v4.0.30319";

fn told(text: &str) -> ReadRegistry {
    read(text.as_bytes()).unwrap()
}

fn data(told: &ReadRegistry, key: &str, name: &str) -> Option<RegistryData> {
    told.image.data(&KeyPath::new(key), name).cloned()
}

fn dword(number: u32) -> Option<RegistryData> {
    Some(RegistryData::Dword(number))
}

/// Four of the eight values, in Microsoft's order.
const SCRIPT: [(&str, &str, &str); 4] = [
    (
        r"HKLM:\SOFTWARE\WOW6432Node\Microsoft\.NETFramework\v4.0.30319",
        "SystemDefaultTlsVersions",
        "1",
    ),
    (
        r"HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319",
        "SchUseStrongCrypto",
        "Not Found",
    ),
    (
        r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
        "Enabled",
        "-1",
    ),
    (
        r"HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client",
        "DisabledByDefault",
        "0",
    ),
];

fn assert_script(output: &str) {
    let told = told(output);
    assert_eq!(told.source, HostSource::MicrosoftScript, "{output}");
    assert_eq!(told.notes.len(), 1, "{output}\n{:?}", told.notes);
    assert!(told.notes[0].contains("no types"));
    assert_eq!(
        data(&told, SCRIPT[0].0, "SystemDefaultTlsVersions"),
        dword(1),
        "{output}"
    );
    let framework = KeyPath::new(FRAMEWORK);
    assert_eq!(
        told.image.lookup(&framework, "SchUseStrongCrypto"),
        Lookup::Missing
    );
    assert_eq!(
        told.image.lookup(&framework, "SystemDefaultTlsVersions"),
        Lookup::NotCovered
    );
    assert_eq!(data(&told, CLIENT, "Enabled"), dword(u32::MAX), "{output}");
    assert_eq!(data(&told, CLIENT, "DisabledByDefault"), dword(0), "{output}");
}

#[test]
fn the_script_is_read_as_csv() {
    for (separator, quote) in [(',', "\""), (';', "\""), ('\t', ""), (',', ""), (';', "")] {
        let line = |row: (&str, &str, &str)| {
            format!(
                "{quote}{}{quote}{separator}{quote}{}{quote}{separator}{quote}{}{quote}\r\n",
                row.0, row.1, row.2
            )
        };
        let rows: String = SCRIPT.iter().map(|row| line(*row)).collect();
        let header = line(("Path", "Name", "Value"));
        assert_script(&format!("{header}{rows}"));
        assert_script(&format!(
            "#TYPE Selected.System.Management.Automation.PSCustomObject\r\n{header}{rows}"
        ));
        // Columns in another order, one more from `Invoke-Command`.
        let moved: String = [("Path", "Name", "Value")]
            .iter()
            .chain(&SCRIPT)
            .map(|row| format!("x{separator}{}{separator}{}{separator}{}\n", row.2, row.0, row.1))
            .collect();
        assert_script(&moved);
    }
}

/// As `Format-Table` prints it: numbers to the right in one of the two.
fn table(right: bool) -> String {
    let cell = |value: &str| {
        if right {
            format!("{value:>9}")
        } else {
            value.to_owned()
        }
    };
    let mut text = format!("\r\n{:92} {:24} {}\r\n", "Path", "Name", cell("Value"));
    text.push_str(&format!("{:92} {:24} {}\r\n", "----", "----", cell("-----")));
    for (path, name, value) in SCRIPT {
        text.push_str(&format!("{path:92} {name:24} {}\r\n", cell(value)));
    }
    text.push_str("\r\n\r\n");
    text
}

#[test]
fn the_script_is_read_as_table() {
    assert_script(&table(false));
    assert_script(&table(true));
    // Header not copied.
    let rows: Vec<String> = table(false).lines().skip(3).map(str::to_owned).collect();
    assert_script(&rows.join("\n"));
}

#[test]
fn a_table_broken_by_the_console_is_joined() {
    for width in [80, 100, 117, 120] {
        for trimmed in [false, true] {
            let mut broken = String::new();
            for line in table(false).lines() {
                let characters: Vec<char> = line.chars().collect();
                for piece in characters.chunks(width) {
                    let piece: String = piece.iter().collect();
                    broken.push_str(if trimmed { piece.trim_end() } else { &piece });
                    broken.push('\n');
                }
            }
            assert_script(&broken);
        }
    }
}

#[test]
fn a_table_wrapped_in_its_columns_is_joined() {
    for (path_width, name_width) in [(40, 12), (30, 24), (60, 10)] {
        let mut text = format!("{:path_width$} {:name_width$} Value\n", "Path", "Name");
        text.push_str(&format!("{:path_width$} {:name_width$} -----\n", "----", "----"));
        for (path, name, value) in SCRIPT {
            let pieces = |text: &str, width: usize| -> Vec<String> {
                let characters: Vec<char> = text.chars().collect();
                characters
                    .chunks(width)
                    .map(|piece| piece.iter().collect())
                    .collect()
            };
            let (paths, names) = (pieces(path, path_width), pieces(name, name_width));
            let values: Vec<&str> = value.split(' ').collect();
            for index in 0..paths.len().max(names.len()).max(values.len()) {
                let at = |pieces: &[String]| pieces.get(index).cloned().unwrap_or_default();
                let line = format!(
                    "{:path_width$} {:name_width$} {}",
                    at(&paths),
                    at(&names),
                    values.get(index).unwrap_or(&"")
                );
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        assert_script(&text);
    }
}

#[test]
fn a_table_cut_by_a_narrow_console_is_said() {
    let told = told(
        "Path                                  Name                     Value\n----                                  ----                     -----\nHKLM:\\SYSTEM\\CurrentControlSet\\Contr... Enabled                      1\nHKLM:\\SOFTWARE\\Microsoft\\.NETFrame\u{2026} SchUseStrongCrypto           1\n",
    );
    assert!(told.image.is_empty());
    let cut = told.notes.iter().filter(|note| note.contains("Format-List"));
    assert_eq!(cut.count(), 2);
}

#[test]
fn the_script_is_read_as_list() {
    let whole: String = SCRIPT
        .iter()
        .map(|(path, name, value)| {
            format!("Path           : {path}\r\nName           : {name}\r\nValue          : {value}\r\nPSComputerName : aadc01\r\n\r\n")
        })
        .collect();
    assert_script(&whole);
    // Broken at 60 columns, continued below the content.
    let mut wrapped = String::new();
    for (path, name, value) in SCRIPT {
        for (property, content) in [("Path ", path), ("Name ", name), ("Value", value)] {
            let characters: Vec<char> = content.chars().collect();
            for (index, piece) in characters.chunks(52).enumerate() {
                let piece: String = piece.iter().collect();
                let start = if index == 0 { property } else { "     " };
                let mark = if index == 0 { ": " } else { "  " };
                wrapped.push_str(&format!("{start} {mark}{piece}\n"));
            }
        }
        wrapped.push('\n');
    }
    assert_script(&wrapped);
}

#[test]
fn cut_output_of_the_script_is_said() {
    for (output, expected) in [
        (
            "Path,Name,Value\nHKLM:\\A,Enabled\n",
            "line 2: columns are missing",
        ),
        (
            "Path,Name,Value\nHKLM:\\A,Enabled,Not Fo\n",
            "line 2: the value `Enabled` could not be read",
        ),
        ("Path,Name,Value\n\"HKLM:\\A,Enabled,1\nHKLM:\\B,\n", "line 2"),
        ("Path : HKLM:\\A\nName : Enabled\nVal", "line 3: not understood"),
        ("Path,Name,Value\nC:\\A,Enabled,1\n", "begins with no hive"),
    ] {
        let told = told(output);
        assert!(
            told.notes.iter().any(|note| note.contains(expected)),
            "{output}: {:?}",
            told.notes
        );
        assert_eq!(told.image.values().count(), 0, "{output}");
    }
    let told = told("Path;Name;Value\nHKLM:\\A;Enabled;on\n");
    assert_eq!(
        data(&told, r"HKLM\A", "Enabled"),
        Some(RegistryData::Text("on".to_owned()))
    );
}
