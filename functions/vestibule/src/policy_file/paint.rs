//! Colours, for terminals only.

use std::{
    env, fmt,
    io::{self, IsTerminal},
};

/// Whether what is printed may have colours.
#[derive(Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// Colours if standard output is a terminal and nobody asked for none (<https://no-color.org>).
    pub(super) fn for_terminal() -> Paint {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Paint(io::stdout().is_terminal() && !refused)
    }

    pub(super) fn bold(self, text: impl fmt::Display) -> String {
        self.with("1", &text)
    }

    pub(super) fn dim(self, text: impl fmt::Display) -> String {
        self.with("2", &text)
    }

    pub(super) fn red(self, text: impl fmt::Display) -> String {
        self.with("31", &text)
    }

    pub(super) fn green(self, text: impl fmt::Display) -> String {
        self.with("32", &text)
    }

    /// By the codes of ECMA-48, "select graphic rendition".
    fn with(self, code: &str, text: &dyn fmt::Display) -> String {
        match self.0 {
            true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            false => text.to_string(),
        }
    }
}
