//! Which PowerShell this machine has.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Places below a folder that an environment variable names, best first. Windows PowerShell comes first because modules
/// such as ADSync need it. A 32-bit program sees the real System32 as Sysnative.
const PLACES: [(&str, &str); 3] = [
    ("SystemRoot", r"Sysnative\WindowsPowerShell\v1.0\powershell.exe"),
    ("SystemRoot", r"System32\WindowsPowerShell\v1.0\powershell.exe"),
    ("ProgramFiles", r"PowerShell\7\pwsh.exe"),
];

/// The PowerShell that scripts on this machine run in.
pub fn find() -> Option<PathBuf> {
    find_in(&|name| std::env::var_os(name), &|path| path.is_file())
}

/// [`find`] with the environment and the file system given: `is_file` says whether a program stands at a path.
pub fn find_in(
    environment: &dyn Fn(&str) -> Option<OsString>,
    is_file: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let known = PLACES.iter().filter_map(|(variable, place)| {
        let folder = environment(variable).filter(|folder| !folder.is_empty())?;
        let mut path = PathBuf::from(folder);
        path.extend(place.split('\\'));
        Some(path)
    });
    let searched = environment("PATH").unwrap_or_default();
    let name = if cfg!(windows) { "pwsh.exe" } else { "pwsh" };
    let in_path = std::env::split_paths(&searched)
        // An empty or relative entry would run whatever lies in the current folder.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name));
    known.chain(in_path).find(|path| is_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_powershell_comes_before_the_newer_one() {
        let root = if cfg!(windows) { r"C:\" } else { "/" };
        let environment = |name: &str| match name {
            "SystemRoot" => Some(OsString::from(format!("{root}Windows"))),
            "ProgramFiles" => Some(OsString::from(format!("{root}Program Files"))),
            "PATH" => std::env::join_paths(["", ".", &format!("{root}tools")]).ok(),
            _ => None,
        };
        let both = find_in(&environment, &|path| {
            !path.to_string_lossy().contains("Sysnative")
        })
        .unwrap();
        assert!(both.ends_with("powershell.exe") && both.to_string_lossy().contains("System32"));
        let newer = find_in(&environment, &|path| {
            path.to_string_lossy().contains("Program Files")
        })
        .unwrap();
        assert!(newer.ends_with("pwsh.exe"));
        let path = find_in(&environment, &|path| {
            path.file_stem().is_some_and(|name| name == "pwsh")
                && !path.to_string_lossy().contains("Program Files")
        })
        .unwrap();
        assert!(path.starts_with(format!("{root}tools")), "{}", path.display());
        assert_eq!(find_in(&environment, &|_| false), None);
        assert_eq!(find_in(&|_| None, &|_| true), None);
    }
}
