//! How far a long command is.

use std::io::{self, IsTerminal, Write};

/// How many entries there are from line to line where nobody watches.
const STEP: usize = 100_000;

/// Told on standard error: one line that changes on a terminal, a line now and then elsewhere.
pub(super) struct Progress {
    done: usize,
    total: usize,
    watched: bool,
}

impl Progress {
    pub(super) fn of(total: usize) -> Progress {
        let (done, watched) = (0, io::stderr().is_terminal());
        Progress { done, total, watched }
    }

    pub(super) fn advance(&mut self, by: usize) -> io::Result<()> {
        let before = self.done;
        self.done += by;
        let Progress { done, total, watched } = *self;
        match watched {
            true => write!(io::stderr(), "\r{done} of {total}"),
            false if done / STEP > before / STEP => writeln!(io::stderr(), "{done} of {total}"),
            false => Ok(()),
        }
    }

    pub(super) fn end(self) -> io::Result<()> {
        match self.watched {
            true => writeln!(io::stderr()),
            false => Ok(()),
        }
    }
}
