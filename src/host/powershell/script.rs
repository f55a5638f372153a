//! A script and its arguments.

use super::literal::quote;

/// A reading script whose output is JSON, and the texts it is given.
///
/// The body is ASCII and runs as one block, with `$ErrorActionPreference` at `Stop`: what it throws comes back as
/// [`HostError::Script`](crate::host::HostError::Script). Arguments stand before it as variables, quoted as literals, so
/// nothing in them can become code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    body: &'static str,
    variables: String,
}

impl Script {
    /// A script without arguments.
    pub fn new(body: &'static str) -> Self {
        Self {
            body,
            variables: String::new(),
        }
    }

    /// Gives it a list of texts as the variable `$name`; always an array, also of one or none. `name` is a plain word.
    #[must_use]
    pub fn texts<'text>(mut self, name: &'static str, texts: impl IntoIterator<Item = &'text str>) -> Self {
        let texts: Vec<String> = texts.into_iter().map(quote).collect();
        self.variables
            .push_str(&format!("${name}=@({})\n", texts.join(",")));
        self
    }

    /// The script as it runs, without the frame around it: what a reader may look at before.
    pub fn text(&self) -> String {
        format!("{}{}", self.variables, self.body)
    }
}
