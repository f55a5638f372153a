//! What a person has to do or wait for while signing in.

use std::{sync::Arc, time::Duration};

use url::Url;

/// One thing to show; the next replaces it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPrompt {
    /// Type the code on the page, on any device.
    DeviceCode {
        /// What to type.
        user_code: String,
        /// Where to type it.
        verification_uri: String,
        /// How long the code lives from now.
        expires_in: Duration,
        /// The service's own sentence, in its language.
        message: String,
    },
    /// Sign in in the browser of this machine.
    Browser {
        /// The page; show it, so that it can be opened by hand. It holds no secret but may be used once only.
        url: Url,
        /// Whether a browser was started.
        opened: bool,
    },
    /// Nothing to do; says what is going on.
    Waiting(String),
    /// Over, whichever way: take the dialog away.
    Done,
}

/// Where prompts are shown: a dialog in the cockpit, stderr on the command line.
pub trait SignInDisplay: Send + Sync {
    /// Shows a prompt. Must return at once: sign-in waits for it.
    fn show(&self, prompt: SignInPrompt);
}

/// Takes the prompt away however the sign-in ends, a dropped future included.
pub(super) struct OpenPrompt(pub(super) Arc<dyn SignInDisplay>);

impl OpenPrompt {
    pub(super) fn show(&self, prompt: SignInPrompt) {
        self.0.show(prompt);
    }
}

impl Drop for OpenPrompt {
    fn drop(&mut self) {
        self.0.show(SignInPrompt::Done);
    }
}
