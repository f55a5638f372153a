//! The tabs of the cockpit. Those of other areas come with their own work; what does nothing is not shown.

use super::context::Context;

/// A tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    /// Cloud Sync: agents and synchronization jobs, live.
    Agents,
    /// The mailboxes and who masters them.
    #[default]
    Mailboxes,
    /// TLS 1.2: registry values of hosts, endpoints on the wire.
    Tls,
}

/// What the table says about a tab.
pub struct TabInfo {
    /// Which tab.
    pub tab: Tab,
    /// The number that switches to it.
    pub number: u8,
    /// Its title; in lower case its name on the command line.
    pub title: &'static str,
    /// The context of its keys while nothing lies over it.
    pub context: Context,
}

/// Every tab there is so far, in the order of their numbers.
pub static TABS: [TabInfo; 3] = [
    TabInfo {
        tab: Tab::Agents,
        number: 2,
        title: "Agents",
        context: Context::Agents,
    },
    TabInfo {
        tab: Tab::Mailboxes,
        number: 4,
        title: "Mailboxes",
        context: Context::Table,
    },
    TabInfo {
        tab: Tab::Tls,
        number: 5,
        title: "TLS",
        context: Context::Tls,
    },
];

impl Tab {
    /// What the table says about it.
    pub fn info(self) -> &'static TabInfo {
        // Every tab has one row; a test keeps it so. The first row stands in rather than a panic.
        TABS.iter().find(|info| info.tab == self).unwrap_or(&TABS[0])
    }

    /// By its name on the command line, whatever the case.
    pub fn named(name: &str) -> Option<Self> {
        TABS.iter()
            .find(|info| info.title.eq_ignore_ascii_case(name))
            .map(|info| info.tab)
    }

    /// The one beside it; the row of tabs is a ring.
    pub fn beside(self, forward: bool) -> Self {
        let at = TABS.iter().position(|info| info.tab == self).unwrap_or(0);
        let step = if forward { 1 } else { TABS.len() - 1 };
        TABS[(at + step) % TABS.len()].tab
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_found_by_name_and_form_a_ring() {
        for info in &TABS {
            assert_eq!(Tab::named(info.title), Some(info.tab));
            assert_eq!(info.tab.info().number, info.number);
            assert_eq!(info.tab.beside(true).beside(false), info.tab);
        }
        assert_eq!(Tab::named("agents"), Some(Tab::Agents));
        assert_eq!(Tab::named("nothing"), None);
    }
}
