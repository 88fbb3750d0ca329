//! How far a long command is.

use std::io::{self, IsTerminal, Write};

/// How many there are from line to line where nobody watches.
const STEP: usize = 100_000;

/// Told on standard error: one line that changes on a terminal, a line now and then elsewhere.
pub(crate) struct Progress {
    done: usize,
    total: Option<usize>,
    watched: bool,
}

impl Progress {
    /// `total` is how many there are, where somebody knows.
    pub(crate) fn of(total: Option<usize>) -> Progress {
        let (done, watched) = (0, io::stderr().is_terminal());
        Progress { done, total, watched }
    }

    pub(crate) fn advance(&mut self, by: usize) -> io::Result<()> {
        let before = self.done;
        self.done += by;
        let so_far = match self.total {
            // What is counted lags behind.
            Some(total) => format!("{} of {}", self.done, total.max(self.done)),
            None => self.done.to_string(),
        };
        match self.watched {
            true => write!(io::stderr(), "\r{so_far}"),
            false if self.done / STEP > before / STEP => writeln!(io::stderr(), "{so_far}"),
            false => Ok(()),
        }
    }

    pub(crate) fn end(self) -> io::Result<()> {
        match self.watched {
            true => writeln!(io::stderr()),
            false => Ok(()),
        }
    }
}
