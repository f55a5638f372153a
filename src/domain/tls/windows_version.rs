//! The Windows Server versions that differ in what a missing value means (facts/connect section 5.2).

/// A Windows Server, or a Windows of the same generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowsVersion {
    /// Windows Server 2008 R2, Windows 7.
    Server2008R2,
    /// Windows Server 2012, Windows 8.
    Server2012,
    /// Windows Server 2012 R2, Windows 8.1.
    Server2012R2,
    /// Windows Server 2016.
    Server2016,
    /// Windows Server 2019.
    Server2019,
    /// Windows Server 2022.
    Server2022,
    /// Windows Server 2025.
    Server2025,
}

/// Version, first build number of its generation, the words that name it.
const VERSIONS: [(WindowsVersion, u32, &str); 7] = [
    (WindowsVersion::Server2008R2, 7600, "2008 R2"),
    (WindowsVersion::Server2012, 9200, "2012"),
    (WindowsVersion::Server2012R2, 9600, "2012 R2"),
    (WindowsVersion::Server2016, 10240, "2016"),
    (WindowsVersion::Server2019, 17763, "2019"),
    (WindowsVersion::Server2022, 20348, "2022"),
    (WindowsVersion::Server2025, 26100, "2025"),
];

impl WindowsVersion {
    /// All of them, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        VERSIONS.iter().map(|(version, ..)| *version)
    }

    /// The year as written in output: `2019`, `2012 R2`.
    pub fn word(self) -> &'static str {
        VERSIONS
            .iter()
            .find(|(version, ..)| *version == self)
            .map_or("", |(.., word)| word)
    }

    /// By the year, with or without blanks, with or without `Windows Server` before it: `2012r2`, `Windows Server 2022
    /// Standard`. The longest name that fits wins.
    pub fn named(text: &str) -> Option<Self> {
        let squeeze = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
        let text = squeeze(text);
        VERSIONS
            .iter()
            .filter(|(.., word)| text.contains(&squeeze(word)))
            .max_by_key(|(.., word)| word.len())
            .map(|(version, ..)| *version)
    }

    /// By `CurrentBuild`: the newest generation that is not newer than it. Builds before 2008 R2 are unknown.
    pub fn of_build(build: u32) -> Option<Self> {
        VERSIONS
            .iter()
            .rev()
            .find(|(_, first, _)| *first <= build)
            .map(|(version, ..)| *version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_known_by_year_product_and_build() {
        for version in WindowsVersion::all() {
            assert_eq!(WindowsVersion::named(version.word()), Some(version));
        }
        assert_eq!(
            WindowsVersion::named("2012r2"),
            Some(WindowsVersion::Server2012R2)
        );
        assert_eq!(
            WindowsVersion::named("Windows Server 2022 Standard"),
            Some(WindowsVersion::Server2022)
        );
        assert_eq!(WindowsVersion::named("Windows 11"), None);
        assert_eq!(WindowsVersion::of_build(20348), Some(WindowsVersion::Server2022));
        assert_eq!(WindowsVersion::of_build(14393), Some(WindowsVersion::Server2016));
        assert_eq!(WindowsVersion::of_build(26100), Some(WindowsVersion::Server2025));
        assert_eq!(WindowsVersion::of_build(6002), None);
    }
}
