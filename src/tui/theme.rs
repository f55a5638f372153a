//! Colours by role. State is always a word too; a theme only makes it quicker to see.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

/// The themes that ship with Handover.
const BUILT_IN: &str = include_str!("../../assets/themes.toml");

/// Styles by role. Backgrounds stay the terminal's own; the selection is reverse video in every theme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Theme {
    pub text: Style,
    pub muted: Style,
    pub title: Style,
    pub heading: Style,
    pub border: Style,
    pub key: Style,
    pub good: Style,
    pub warn: Style,
    pub bad: Style,
    pub info: Style,
    pub marked: Style,
}

/// Why a theme can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// The file has a mistake.
    #[error("the themes can't be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// No theme has this name.
    #[error("there is no theme `{name}`; there are {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Roles {
    text: Paint,
    muted: Paint,
    title: Paint,
    heading: Paint,
    border: Paint,
    key: Paint,
    good: Paint,
    warn: Paint,
    bad: Paint,
    info: Paint,
    marked: Paint,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Paint {
    fg: Option<Color>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

impl Paint {
    fn style(self) -> Style {
        let mut style = Style::new();
        style.fg = self.fg;
        for (wanted, modifier) in [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.underlined, Modifier::UNDERLINED),
        ] {
            if wanted {
                style = style.add_modifier(modifier);
            }
        }
        style
    }
}

impl Theme {
    /// A theme of the built-in file: `dark`, `light`, `colour-blind`, `mono`.
    pub fn named(name: &str) -> Result<Self, ThemeError> {
        Self::from_toml(BUILT_IN, name)
    }

    /// A theme of a themes file.
    pub fn from_toml(text: &str, name: &str) -> Result<Self, ThemeError> {
        let mut themes: BTreeMap<String, Roles> = toml::from_str(text)?;
        let Some(roles) = themes.remove(name) else {
            let known: Vec<String> = themes.into_keys().map(|known| format!("`{known}`")).collect();
            return Err(ThemeError::Unknown {
                name: name.to_owned(),
                known: known.join(", "),
            });
        };
        Ok(Self {
            text: roles.text.style(),
            muted: roles.muted.style(),
            title: roles.title.style(),
            heading: roles.heading.style(),
            border: roles.border.style(),
            key: roles.key.style(),
            good: roles.good.style(),
            warn: roles.warn.style(),
            bad: roles.bad.style(),
            info: roles.info.style(),
            marked: roles.marked.style(),
        })
    }

    /// The style of what the cursor is on.
    pub fn selection(&self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_reads_and_sets_no_background() {
        for name in ["dark", "light", "colour-blind", "mono"] {
            let theme = Theme::named(name).unwrap();
            for style in [
                theme.text,
                theme.muted,
                theme.good,
                theme.bad,
                theme.marked,
                theme.selection(),
            ] {
                assert_eq!(style.bg, None, "{name}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour() {
        let theme = Theme::named("mono").unwrap();
        assert!(
            [theme.title, theme.good, theme.warn, theme.bad]
                .iter()
                .all(|style| style.fg.is_none())
        );
    }

    #[test]
    fn an_unknown_theme_names_the_known_ones() {
        let error = Theme::named("neon").unwrap_err().to_string();
        assert!(error.contains("`dark`"), "{error}");
    }
}
