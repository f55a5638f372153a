//! What the reading script may do, read off its syntax tree.
//!
//! No PowerShell runs where these tests do: a grammar of PowerShell says whether the script is well-formed and which
//! commands, methods and types it names. Everything is refused that is not in the lists here.

use handover::host::collector::SCRIPT;
use tree_sitter::{Node, Parser, Tree};

/// Commands that only read, and the script's own functions.
const COMMANDS: [&str; 8] = [
    "Get-Item",
    "Test-Path",
    "reg.exe",
    "Format-Text",
    "Format-Data",
    "Find-Gone",
    "Read-Key",
    "Read-KeyLines",
];
/// Methods, each with the number of arguments: `OpenSubKey` with a second one could open for writing.
const METHODS: [(&str, usize); 6] = [
    ("OpenBaseKey", 2),
    ("OpenSubKey", 1),
    ("GetValueNames", 0),
    ("GetValueKind", 1),
    ("GetValue", 3),
    ("GetBaseException", 0),
];
/// Types that are named.
const TYPES: [&str; 9] = [
    "int",
    "string",
    "array",
    "char[]",
    "byte[]",
    "Microsoft.Win32.RegistryKey",
    "Microsoft.Win32.Registry",
    "System.Security.SecurityException",
    "System.UnauthorizedAccessException",
];
fn parse(script: &str) -> Tree {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_powershell::LANGUAGE.into())
        .unwrap();
    parser.parse(script, None).unwrap()
}

/// Whether PowerShell's grammar takes a script.
#[cfg(unix)]
pub fn is_well_formed(script: &str) -> bool {
    !parse(script).root_node().has_error()
}

fn walk<'tree>(node: Node<'tree>, visit: &mut impl FnMut(Node<'tree>)) {
    visit(node);
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        walk(child, visit);
    }
}

/// What a script does beyond the lists, in words.
fn objections(script: &str) -> Vec<String> {
    let tree = parse(script);
    let mut found = Vec::new();
    walk(tree.root_node(), &mut |node| {
        let text = &script[node.byte_range()];
        let refused = match node.kind() {
            _ if node.is_error() || node.is_missing() => true,
            "command_name" => !COMMANDS.contains(&text),
            "command" if text.starts_with("reg.exe") => !text.starts_with("reg.exe query "),
            // Called through a variable or an expression: nobody knows what.
            "command_name_expr" => {
                let mut cursor = node.walk();
                node.children(&mut cursor)
                    .all(|child| child.kind() != "command_name")
            }
            "type_spec" => !TYPES.contains(&text),
            "invokation_expression" => !is_reading_call(node, script),
            kind => kind == "redirection",
        };
        if refused {
            found.push(format!("{}: {text}", node.kind()));
        }
    });
    found
}

fn is_reading_call(node: Node<'_>, script: &str) -> bool {
    let mut name = None;
    let mut arguments = 0;
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "member_name" => name = Some(&script[child.byte_range()]),
            "argument_list" => {
                walk(child, &mut |inner| {
                    // Arguments of calls inside this one do not count; there are none.
                    if inner.kind() == "argument_expression" {
                        arguments += 1;
                    }
                });
            }
            _ => {}
        }
    }
    name.is_some_and(|name| METHODS.contains(&(name, arguments)))
}

#[test]
fn the_script_is_well_formed_and_only_reads() {
    assert_eq!(objections(SCRIPT), Vec::<String>::new());
    assert!(SCRIPT.is_ascii());
}

#[test]
fn every_way_to_write_would_be_noticed() {
    for line in [
        "Set-ItemProperty -Path HKLM:\\x -Name a -Value 1",
        "New-Item HKLM:\\x",
        "sp HKLM:\\x a 1",
        "reg.exe add HKLM\\x /f",
        "& $Command",
        "& 'reg.exe' add x",
        ". ./x.ps1",
        "Invoke-Expression $x",
        "$Base.OpenSubKey($Rest, $true)",
        "$Key.SetValue('a', 1)",
        "[Microsoft.Win32.Registry]::SetValue('a', 'b', 1)",
        "[IO.File]::Delete('x')",
        "$Data > 'file'",
        "Start-Process x",
        "if ($x) { Remove-Item x }",
        "\"$(Remove-Item x)\"",
        "foreach ($a in Remove-Item x) { }",
    ] {
        let script = SCRIPT.replace("$Language = ", &format!("{line}\n$Language = "));
        assert_ne!(script, SCRIPT);
        assert!(!objections(&script).is_empty(), "{line}");
    }
}

#[test]
fn a_script_that_is_not_well_formed_would_be_noticed() {
    for (part, broken) in [
        ("function Read-Key($Path) {", "function Read-Key($Path) "),
        ("' + $State + '", "' + $State + "),
        ("@($Found)", "@($Found"),
    ] {
        assert!(SCRIPT.contains(part), "{part}");
        assert!(
            !objections(&SCRIPT.replacen(part, broken, 1)).is_empty(),
            "{part}"
        );
    }
}
