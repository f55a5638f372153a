//! A script in the form it travels in.

use base64::{Engine, engine::general_purpose::STANDARD};
use uuid::Uuid;

use super::{Script, answer::Marks};
use crate::host::HostError;

/// Options of both PowerShells: no profile, no questions, errors as text where they can be had so.
const OPTIONS: [&str; 6] = [
    "-NoLogo",
    "-NoProfile",
    "-NonInteractive",
    "-OutputFormat",
    "Text",
    "-EncodedCommand",
];

/// A script, ready to go.
pub(super) struct Delivery {
    /// Arguments for PowerShell: words of letters, digits and `+/=-` only, which neither `cmd.exe` nor PowerShell nor a
    /// POSIX shell takes for its own.
    pub arguments: Vec<String>,
    /// What goes to standard input; empty for nothing.
    pub input: Vec<u8>,
    /// What the answer stands between.
    pub marks: Marks,
}

/// Packs a script. `program_length` and `longest` are characters of the command line.
pub(super) fn deliver(
    script: &Script,
    program_length: usize,
    longest: usize,
    host: &str,
) -> Result<Delivery, HostError> {
    let marks = Marks::new(&Uuid::new_v4().simple().to_string());
    let framed = frame(&script.text(), &marks);
    if !framed.is_ascii() {
        return Err(HostError::ScriptNotPlain {
            host: host.to_owned(),
        });
    }
    let mut arguments: Vec<String> = OPTIONS.iter().map(|option| (*option).to_owned()).collect();
    let options_length: usize = arguments.iter().map(|option| option.len() + 1).sum();
    let encoded = encode(&framed);
    if program_length + 1 + options_length + encoded.len() <= longest {
        arguments.push(encoded);
        return Ok(Delivery {
            arguments,
            input: Vec::new(),
            marks,
        });
    }
    arguments.push(encode(&reader(&marks)));
    Ok(Delivery {
        arguments,
        input: format!("{framed}\n{}\n", marks.last_line).into_bytes(),
        marks,
    })
}

/// Base64 of UTF-16LE, as `-EncodedCommand` wants it.
fn encode(text: &str) -> String {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    STANDARD.encode(bytes)
}

/// The script between its marks.
///
/// Output goes through a filter that writes every character beyond ASCII as `\uXXXX`: the JSON stays the same, and it no
/// longer matters which code page the far console has, nor whether it lets itself be changed (the constrained language
/// and a session without a console do not).
fn frame(script: &str, marks: &Marks) -> String {
    let Marks {
        open, fail, close, ..
    } = marks;
    format!(
        r#"$ErrorActionPreference='Stop'
$ProgressPreference='SilentlyContinue'
try{{[Console]::OutputEncoding=New-Object Text.UTF8Encoding $false}}catch{{}}
filter ToAscii{{$t="$_";if($t -cmatch '[^\x00-\x7e]'){{-join $(foreach($c in [char[]]$t){{if([int]$c -gt 126){{'\u{{0:x4}}' -f [int]$c}}else{{$c}}}})}}else{{$t}}}}
'{open}'
try{{
&{{
{script}
}}|ToAscii
}}catch{{
'{fail}'
"$($_.Exception.Message)"|ToAscii
}}
'{close}'"#
    )
}

/// Reads the script from standard input and runs it, if its last line arrived: a connection that breaks must not run half
/// of it. `Invoke-Expression` and `$input` work in the constrained language, where .NET's readers do not.
fn reader(marks: &Marks) -> String {
    let Marks {
        open,
        fail,
        close,
        last_line,
    } = marks;
    format!(
        "$s=@($input);if($s.Count -and $s[-1] -ceq '{last_line}'){{Invoke-Expression ($s -join \"`n\")}}else{{'{open}','{fail}','the script arrived incomplete','{close}'}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(argument: &str) -> String {
        let bytes = STANDARD.decode(argument).unwrap();
        let units: Vec<u16> = bytes
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).unwrap()
    }

    #[test]
    fn a_short_script_is_an_argument() {
        let script = Script::new("'[1]'").texts("Keys", ["it's", "b"]);
        let delivery = deliver(&script, 14, 8_000, "h").unwrap();
        assert!(delivery.input.is_empty());
        let text = decode(delivery.arguments.last().unwrap());
        assert!(text.contains("$Keys=@('it''s','b')\n'[1]'\n"), "{text}");
    }

    #[test]
    fn a_long_script_goes_through_standard_input_whole() {
        let long = "x".repeat(9_000);
        let script = Script::new("'[1]'").texts("Keys", [long.as_str()]);
        let delivery = deliver(&script, 14, 8_000, "h").unwrap();
        let line: usize = delivery.arguments.iter().map(|argument| argument.len() + 1).sum();
        assert!(line < 8_000);
        let input = String::from_utf8(delivery.input).unwrap();
        assert!(input.contains(&long));
        assert_eq!(input.lines().last(), Some(delivery.marks.last_line.as_str()));
        assert!(decode(delivery.arguments.last().unwrap()).contains(&delivery.marks.last_line));
    }

    #[test]
    fn no_shell_finds_anything_of_its_own_in_the_arguments() {
        for length in [0, 20_000] {
            let long = "&|<>^%!$`\"';(){}*?~\\\n\u{2019}".repeat(length / 20 + 1);
            let script = Script::new("'[1]'").texts("Keys", [long.as_str()]);
            let delivery = deliver(&script, 14, 8_000, "h").unwrap();
            for argument in &delivery.arguments {
                assert!(
                    argument
                        .chars()
                        .all(|character| character.is_ascii_alphanumeric() || "+/=-".contains(character)),
                    "{argument}"
                );
            }
            assert!(delivery.input.is_ascii());
        }
    }

    #[test]
    fn marks_differ_in_each_run() {
        let script = Script::new("1");
        let one = deliver(&script, 14, 8_000, "h").unwrap().marks;
        let two = deliver(&script, 14, 8_000, "h").unwrap().marks;
        assert_ne!(one.open, two.open);
    }

    #[test]
    fn a_script_that_could_change_on_the_way_is_refused() {
        assert!(deliver(&Script::new("'ü'"), 14, 8_000, "h").is_err());
    }
}
