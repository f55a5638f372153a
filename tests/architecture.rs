//! Keeps the house in order: which layer may know which, top-level files, and words that do not belong here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Layer, and the layers it must not know (design section 1).
const FORBIDDEN: [(&str, &[&str]); 9] = [
    (
        "domain",
        &[
            "cli",
            "tui",
            "engine",
            "cloud",
            "directory",
            "host",
            "tls",
            "journal",
            "sandbox",
        ],
    ),
    (
        "journal",
        &[
            "cli",
            "tui",
            "engine",
            "cloud",
            "directory",
            "host",
            "tls",
            "sandbox",
        ],
    ),
    (
        "directory",
        &[
            "cli", "tui", "engine", "cloud", "host", "tls", "journal", "sandbox",
        ],
    ),
    (
        "cloud",
        &[
            "cli",
            "tui",
            "engine",
            "directory",
            "host",
            "tls",
            "journal",
            "sandbox",
        ],
    ),
    ("engine", &["cli", "tui", "sandbox"]),
    ("tui", &["cli", "sandbox"]),
    (
        "sandbox",
        &[
            "cli",
            "tui",
            "engine",
            "cloud",
            "directory",
            "host",
            "tls",
            "journal",
        ],
    ),
    (
        "host",
        &[
            "cli",
            "tui",
            "engine",
            "cloud",
            "directory",
            "tls",
            "journal",
            "sandbox",
        ],
    ),
    (
        "tls",
        &[
            "cli",
            "tui",
            "engine",
            "cloud",
            "directory",
            "host",
            "journal",
            "sandbox",
        ],
    ),
];

/// What `domain` must not know: it is pure.
const IMPURE: [&str; 6] = ["tokio", "reqwest", "ldap3", "ratatui", "crossterm", "std::fs"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Code lines without comments, with line numbers, up to the file's test module: tests may use any layer.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .map(|(index, line)| (index + 1, line.split("//").next().unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn layers_know_only_what_lies_below_them() {
    let mut violations = Vec::new();
    let mut looked_at = 0;
    for (layer, forbidden) in FORBIDDEN {
        for path in sources(&root().join("src").join(layer)) {
            looked_at += 1;
            let lines = code(&path);
            // `use crate::{a, b::c}` spans lines: look at the whole text once, names only after `crate::`.
            let text = lines
                .iter()
                .map(|(_, line)| line.as_str())
                .collect::<Vec<_>>()
                .join("\n");
            for (start, _) in text.match_indices("crate::") {
                let rest = &text[start + "crate::".len()..];
                let named: Vec<&str> = if let Some(group) = rest.strip_prefix('{') {
                    top_level_names(group)
                } else {
                    vec![
                        rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                            .next()
                            .unwrap_or_default(),
                    ]
                };
                for name in named {
                    if forbidden.contains(&name) {
                        let line = text[..start].matches('\n').count() + 1;
                        violations.push(format!("{}:{line}: {layer} must not know {name}", path.display()));
                    }
                }
            }
            if layer == "domain" {
                for (number, line) in &lines {
                    for impure in IMPURE {
                        if line.contains(&format!("{impure}::")) {
                            violations.push(format!(
                                "{}:{number}: domain must not know {impure}",
                                path.display()
                            ));
                        }
                    }
                }
            }
        }
    }
    assert!(looked_at > 20, "the test looked at {looked_at} files only");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The first names of the members of a `use` group: `domain::{A, B}, engine` gives `domain`, `engine`.
fn top_level_names(group: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut start = 0;
    let mut names = Vec::new();
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(&group[start..index]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&group[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    names
        .into_iter()
        .map(|member| {
            member
                .trim()
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn the_top_level_is_the_given_one() {
    const GIVEN: [&str; 10] = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "src",
        "assets",
        "tests",
        // Made by tools, never committed.
        "target",
        "proptest-regressions",
    ];
    for entry in fs::read_dir(root()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        assert!(
            name.starts_with('.') || GIVEN.contains(&name.as_str()),
            "`{name}` does not belong at the top level"
        );
    }
}

#[test]
fn main_stays_small_and_files_hold_one_concept() {
    let main = fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() < 60);
    let long: Vec<String> = sources(&root().join("src"))
        .into_iter()
        .filter_map(|path| {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            (lines > 600).then(|| format!("{}: {lines} lines", path.display()))
        })
        .collect();
    assert!(long.is_empty(), "split these: {}", long.join(", "));
}
