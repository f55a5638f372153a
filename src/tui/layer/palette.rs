//! The command palette: any action by a few of its letters, with its argument, and what was typed before.

use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::tui::{
    action::{ACTIONS, Action, Why},
    context::Context,
    model::Model,
    widget::{Scroll, TextField},
};

/// The palette on screen.
#[derive(Clone, Debug)]
pub struct Palette {
    /// The line.
    pub field: TextField,
    /// The entry with the cursor.
    pub scroll: Scroll,
    /// Where it was opened: the actions of that context come with the global ones.
    pub context: Context,
    /// The entries that match, best first.
    pub entries: Vec<PaletteEntry>,
    /// Place in the history, counted from the newest; nothing while typing something new.
    pub recalled: Option<usize>,
}

/// An entry.
#[derive(Clone, Debug)]
pub struct PaletteEntry {
    /// The action.
    pub action: Action,
    /// Whether it can be done now.
    pub enabled: Result<(), Why>,
}

impl Palette {
    /// A palette with every action that means something in a context.
    pub fn new(model: &Model, context: Context) -> Self {
        let mut palette = Self {
            field: TextField::default(),
            scroll: Scroll::default(),
            context,
            entries: Vec::new(),
            recalled: None,
        };
        palette.find(model);
        palette
    }

    /// What was typed, as an action's name (or part of a title) and its argument.
    pub fn parts(&self) -> (&str, &str) {
        let line = self.field.text().trim_start();
        match line.split_once(' ') {
            Some((name, argument)) if Action::named(name).is_some() => (name, argument.trim()),
            _ => (line.trim_end(), ""),
        }
    }

    /// Finds the entries for what was typed.
    pub fn find(&mut self, model: &Model) {
        let (typed, _) = self.parts();
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut found: Vec<(u32, PaletteEntry)> = ACTIONS
            .iter()
            .filter(|info| info.contexts.contains(&Context::Global) || info.contexts.contains(&self.context))
            .filter(|info| !matches!(info.action, Action::Interrupt | Action::Palette | Action::Back))
            .filter(|info| !is_move(info.action))
            .filter_map(|info| {
                let mut score = |text: &str| {
                    pattern.score(nucleo_matcher::Utf32Str::new(text, &mut buffer), &mut matcher)
                };
                let exact = if info.name == typed { 10_000 } else { 0 };
                let score = score(info.name).max(score(info.title))? + exact;
                let enabled = (info.enabled)(model);
                Some((
                    score,
                    PaletteEntry {
                        action: info.action,
                        enabled,
                    },
                ))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.entries = found.into_iter().map(|(_, entry)| entry).collect();
        self.scroll = Scroll::default();
    }
}

/// Whether an action only moves the cursor: not worth a palette entry.
pub fn is_move(action: Action) -> bool {
    matches!(
        action,
        Action::Down
            | Action::Up
            | Action::PageDown
            | Action::PageUp
            | Action::First
            | Action::Last
            | Action::ExtendDown
            | Action::ExtendUp
            | Action::HistoryBack
            | Action::HistoryForward
    )
}
