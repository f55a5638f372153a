//! Keymaps and themes of users: what a keymap says about an action is what its keys do, and keys read back as written.
#![no_main]

use handover::tui::{ACTIONS, CONTEXTS, Chord, Keymap, Theme};
use handover_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    bounded(text.len(), || {
        if let Ok(chord) = text.parse::<Chord>() {
            assert_eq!(chord.to_string().parse(), Ok(chord));
        }
        let _ = Theme::from_toml(text, "dark");
        let keymap = match Keymap::with_user(text) {
            Ok(keymap) => keymap,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                return;
            }
        };
        for info in ACTIONS {
            for context in info.contexts {
                for chord in keymap.keys(*context, info.action) {
                    assert_eq!(keymap.action(*context, *chord), Some(info.action), "{chord}");
                    assert_eq!(chord.to_string().parse(), Ok(*chord));
                }
            }
        }
        let _ = CONTEXTS.len();
    });
});
