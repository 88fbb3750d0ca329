//! Long lists of domains, addresses and values that policy rules look up.
//!
//! A list is a text file with an entry a line. Read at start, a million entries take half a second and a hundred
//! megabytes; so a list is packed ahead ([`pack_file`], or [`cache`] on a machine of one's own), and what serves maps
//! the packed file ([`Packed::open`]) and looks entries up where they lie.
//!
//! An allow list that wrongly says no turns somebody away, a deny list that wrongly says no lets somebody in. So there
//! is a third answer, [`NoAnswer`], and whoever asks fails closed on it.

mod bytes;
mod files;
mod kind;
mod layout;
mod pack;
mod packed;

pub use files::{cache, make_private, pack_file, write_whole};
pub use kind::{BadEntry, Kind, NotAKind};
pub use layout::SourceHash;
pub use pack::{BadLine, PackError, Summary, each_entry, pack};
pub use packed::{NoAnswer, OpenError, Packed};
