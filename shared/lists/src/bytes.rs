//! The bytes of a packed list, wherever they are.

use std::{borrow::Cow, fs::File, io, ops::Deref};

use memmap2::Mmap;

pub(crate) enum Bytes {
    Mapped(Mmap),
    Held(Cow<'static, [u8]>),
}

impl Bytes {
    /// Maps a file. The system reads its pages when they are first looked at, and shares them among processes.
    #[expect(unsafe_code, reason = "a map is memory that others can change; see SAFETY")]
    pub(crate) fn map(file: &File) -> io::Result<Bytes> {
        // SAFETY: the bytes must not change as long as the map lives. Packed files are put in their place whole, by
        // rename, and never written again: a newer list is another file under the same name, and the map keeps the
        // old one. Whoever writes into one by hand all the same gets answers that do not fit together, which the
        // checks of each read turn into `NoAnswer`; whoever cuts one short while it is mapped ends the process
        // (SIGBUS), which no program can prevent.
        unsafe { Mmap::map(file) }.map(Bytes::Mapped)
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Held(bytes) => bytes,
        }
    }
}
