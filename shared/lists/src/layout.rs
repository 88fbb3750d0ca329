//! What a packed list looks like.
//!
//! ```text
//! header   64 bytes, see `Header`
//! index    for each block: where it ends in the text, its checksum        2 x u32
//! text     the entries, a line each, block by block
//! ```
//! Numbers are little-endian. An entry's hash says in which block it stands, if it is listed; the block, about four lines,
//! is then compared letter by letter, so a hash alone never decides. Two places of the file are read for an answer, however
//! long the list is, where a search in sorted lines would visit twenty. Each block has a checksum, since a damaged list must
//! not say no: to check one takes some ten nanoseconds, to check them all at start a tenth of a second.

use std::fmt;

use crate::Kind;

pub(crate) const HEADER_BYTES: usize = 64;
pub(crate) const INDEX_BYTES: usize = 8;
pub(crate) const MAGIC: [u8; 8] = *b"vst-list";
/// Another number for another layout: what reads this one refuses it.
pub(crate) const VERSION: u32 = 1;
/// More make the index smaller and every answer slower.
const ENTRIES_A_BLOCK: u32 = 4;

/// SHA-256 of a list's source text, as it stood in the file: whether a packed list is that of a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceHash(pub(crate) [u8; 32]);

impl fmt::Display for SourceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SourceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Magic, version, kind, how many entries, how long the text is, the source's hash, a checksum of all
/// that, and four bytes that are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) entries: u32,
    pub(crate) text_bytes: u32,
    pub(crate) source: SourceHash,
}

/// Why bytes do not begin as a packed list of this version does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    NotPacked,
    Version(u32),
    Damaged,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Header, BadHeader> {
        if !bytes.starts_with(&MAGIC) {
            return Err(BadHeader::NotPacked);
        }
        let number = |at| u32_at(bytes, at).ok_or(BadHeader::Damaged);
        match number(8)? {
            VERSION => {}
            other => return Err(BadHeader::Version(other)),
        }
        let source = array_at(bytes, 24).ok_or(BadHeader::Damaged)?;
        let header = Header {
            kind: kind_of(number(12)?).ok_or(BadHeader::Damaged)?,
            entries: number(16)?,
            text_bytes: number(20)?,
            source: SourceHash(source),
        };
        let is_sound = bytes.starts_with(&header.encode());
        is_sound.then_some(header).ok_or(BadHeader::Damaged)
    }

    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        let numbers = [VERSION, number_of(self.kind), self.entries, self.text_bytes];
        for (place, number) in bytes[8..24].chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes[24..56].copy_from_slice(&self.source.0);
        let checksum = hash(0, &bytes[..56]);
        bytes[56..60].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(crate) fn blocks(&self) -> u32 {
        blocks_for(self.entries)
    }

    /// Where the text begins.
    pub(crate) fn text_at(&self) -> usize {
        HEADER_BYTES + self.blocks() as usize * INDEX_BYTES
    }
}

/// At least one.
pub(crate) fn blocks_for(entries: u32) -> u32 {
    entries / ENTRIES_A_BLOCK + 1
}

/// The block in which an entry stands if it is listed. Who writes a list could fill one block with a thousand entries
/// and make it slow, and has nothing from it.
pub(crate) fn block_of(entry: &str, blocks: u32) -> u32 {
    hash(0, entry.as_bytes()) % blocks
}

/// A block's checksum. Its number is in it, so that no block passes for another.
pub(crate) fn checksum(number: u32, block: &[u8]) -> u32 {
    hash(number, block)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn number_of(kind: Kind) -> u32 {
    match kind {
        Kind::Domains => 1,
        Kind::Addresses => 2,
        Kind::Values => 3,
    }
}

fn kind_of(number: u32) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| number_of(*kind) == number)
}

/// The hash of the layout: the step of FxHash, eight bytes at a time, begun with a seed and the length, and folded. It has
/// to be the same for ever, quick on few bytes and different after damage; it need not withstand anybody.
fn hash(seed: u32, bytes: &[u8]) -> u32 {
    const FACTOR: u64 = 0x517c_c1b7_2722_0a95;
    let step = |state: u64, word: u64| (state.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    let begin = step(u64::from(seed), bytes.len() as u64);
    let state = words.fold(begin, step);
    (state >> 32) as u32 ^ state as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_short_whatever_is_listed() {
        let texts: [fn(u32) -> String; 5] = [
            |n| format!("d{n}.example"),
            |n| format!("*.{n:x}.mail.example.com"),
            |n| format!("user{n}@contoso.com"),
            |n| format!("{n}"),
            |n| format!("{n:08}-0000-4000-8000-000000000000"),
        ];
        for text in texts {
            for entries in [200, 4_096 * 4, 100_000] {
                let mut lengths = vec![0; blocks_for(entries) as usize];
                for entry in (0..entries).map(text) {
                    lengths[block_of(&entry, blocks_for(entries)) as usize] += 1;
                }
                let longest = lengths.into_iter().max().unwrap();
                assert!(longest <= 20, "{longest} of {entries} like {}", text(7));
            }
        }
    }

    #[test]
    fn a_header_with_any_byte_changed_is_none() {
        let header = Header {
            kind: Kind::Values,
            entries: 9,
            text_bytes: 70,
            source: SourceHash([7; 32]),
        };
        let bytes = header.encode();
        assert_eq!(Header::parse(&bytes), Ok(header));
        for at in 0..HEADER_BYTES {
            let mut damaged = bytes;
            damaged[at] ^= 1 << (at % 8);
            assert!(Header::parse(&damaged).is_err(), "byte {at}");
            assert!(Header::parse(&bytes[..at]).is_err(), "cut at {at}");
        }
        let mut newer = bytes;
        newer[8] = 2;
        assert_eq!(Header::parse(&newer), Err(BadHeader::Version(2)));
    }
}
