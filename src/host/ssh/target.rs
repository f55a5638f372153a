//! What may be given to ssh as a target.

use std::fmt;

use thiserror::Error;

use crate::domain::text::clean_to;

/// Longest target. DNS names end at 253 characters, account names in Active Directory at 256.
const LONGEST: usize = 512;
/// Characters beside letters and digits: of names, of `DOMAIN\user`, of IPv6 addresses with zones. None of them means
/// anything to a shell, because a ProxyCommand may put the target into a command line.
const OTHERS: &str = "._-@\\:[]%+/";

/// `user@host`, `host` or a name from ssh's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target(String);

impl Target {
    /// Checks a target.
    ///
    /// # Errors
    /// When it is empty, too long, would be read as an option, or has characters that no host and no account has.
    pub fn new(text: &str) -> Result<Self, TargetError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(TargetError::Empty);
        }
        let shown = || clean_to(text, 80).into_owned();
        if text.len() > LONGEST {
            return Err(TargetError::TooLong(shown()));
        }
        // Both halves reach programs as arguments of their own.
        let (user, host) = text.rsplit_once('@').unwrap_or(("x", text));
        if user.is_empty() || host.is_empty() {
            return Err(TargetError::Incomplete(shown()));
        }
        if user.starts_with('-') || host.starts_with('-') {
            return Err(TargetError::Option(shown()));
        }
        let odd = text
            .chars()
            .find(|character| !character.is_alphanumeric() && !OTHERS.contains(*character));
        match odd {
            Some(_) => Err(TargetError::Character(shown())),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without user, for names in lists.
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(_, host)| host)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Why a text is no target. The text itself is cleaned and cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Nothing.
    #[error("the ssh target is empty")]
    Empty,
    /// Longer than names can be.
    #[error("the ssh target `{0}…` is too long")]
    TooLong(String),
    /// `@host` or `user@`.
    #[error("the ssh target `{0}` lacks its user or its host")]
    Incomplete(String),
    /// ssh would take it for an option.
    #[error("the ssh target `{0}` would be read as an option")]
    Option(String),
    /// A blank, a quote, a shell's character.
    #[error("the ssh target `{0}` has characters that no host and no account has")]
    Character(String),
}

impl TargetError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        "Write user@host, host, or a name from ~/.ssh/config; ports, keys and jump hosts belong into ~/.ssh/config."
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_targets_are_taken() {
        for target in [
            "aadc01",
            "admin@aadc01.contoso.local",
            r"contoso\admin@aadc01",
            "admin@contoso.local@aadc01",
            "admin@[fe80::1%eth0]",
            "jörg@server-ä",
            "ssh://admin@aadc01:2222",
        ] {
            assert_eq!(Target::new(target).unwrap().as_str(), target);
        }
        assert_eq!(
            Target::new("admin@contoso.local@aadc01").unwrap().host(),
            "aadc01"
        );
    }

    #[test]
    fn options_and_shell_characters_are_refused() {
        for target in [
            "",
            "  ",
            "-oProxyCommand=touch /tmp/x",
            "-oProxyCommand=x",
            "user@-oProxyCommand=x",
            "-l@host",
            "@host",
            "user@",
            "host;reboot",
            "host `id`",
            "$(id)@host",
            "host\nhost",
            "a b",
            "host|x",
            "host'x",
            "host\u{202e}x",
        ] {
            assert!(Target::new(target).is_err(), "{target:?}");
        }
        assert!(Target::new(&"a".repeat(600)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_harmless(text in "\\PC{0,40}") {
            if let Ok(target) = Target::new(&text) {
                prop_assert!(!target.as_str().starts_with('-'));
                prop_assert!(!target.host().starts_with('-'));
                prop_assert!(!target.as_str().contains(['$', '`', '\'', '"', ';', '&', '|', '<', '>', '(', ')', ' ']));
            }
        }
    }
}
