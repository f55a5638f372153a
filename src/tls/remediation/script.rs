//! The PowerShell script: one command of `reg.exe` per change, each with a look at its exit code.

use crate::domain::registry::{RegistryData, RegistryEdit, registry_text};

use super::command;

/// What has to happen before the values count.
pub(super) const REBOOT: &str = "Restart Windows: TLS settings count from the next start on.";

/// The script, in ASCII with lines ended as Windows wants them, since PowerShell reads files without a byte order mark in the
/// machine's code page.
pub(super) fn powershell(what: &str, edits: &[RegistryEdit], comments: &[String]) -> Vec<u8> {
    let mut lines = vec![
        format!("# {what}"),
        "# Run as an administrator. Nothing changes until this file is run.".to_owned(),
        "# Each command works in PowerShell 2 and later, and on its own in cmd.".to_owned(),
    ];
    lines.extend(comments.iter().map(|comment| format!("#   {comment}")));
    lines.push("$failed = 0".to_owned());
    for edit in edits {
        const CHECK: &str = "if ($LASTEXITCODE -ne 0) { $failed++ }";
        match command::line(edit) {
            Some(command) => lines.extend([command, CHECK.to_owned()]),
            None => {
                lines.extend(import(edit));
                lines.push(CHECK.to_owned());
                lines.push("[System.IO.File]::Delete($file)".to_owned());
            }
        }
    }
    lines.push("if ($failed -gt 0) {".to_owned());
    lines.push(format!(
        "    Write-Warning \"$failed of {} changes failed: see the messages above. Was this run as an administrator?\"",
        edits.len()
    ));
    lines.push("    exit 1".to_owned());
    lines.push("}".to_owned());
    lines.push(format!("Write-Output '{REBOOT}'"));
    let mut script = lines.join("\r\n");
    script.push_str("\r\n");
    script.into_bytes()
}

/// Data that no command line can hold goes through a registry file, written as bytes so that every one is kept.
fn import(edit: &RegistryEdit) -> Vec<String> {
    let mut edit = edit.clone();
    if let RegistryEdit::SetValue { data, .. } = &mut edit {
        *data = RegistryData::Other(data.type_number(), data.bytes());
    }
    let content: Vec<String> = registry_text(&[edit], &[])
        .lines()
        .map(|line| format!("'{}'", ascii(line).replace('\'', "''")))
        .collect();
    vec![
        "# No command line can hold this value: it is imported from a file. For PowerShell only.".to_owned(),
        "$file = [System.IO.Path]::GetTempFileName()".to_owned(),
        format!("$lines = @({})", content.join(", ")),
        "[System.IO.File]::WriteAllLines($file, [string[]]$lines, [System.Text.Encoding]::Unicode)"
            .to_owned(),
        "reg.exe import $file /reg:64".to_owned(),
    ]
}

/// Everything beyond printable ASCII becomes a question mark; comments alone may hold such.
pub(super) fn ascii(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' '..='~' => character,
            _ => '?',
        })
        .collect()
}
