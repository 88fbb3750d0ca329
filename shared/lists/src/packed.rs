use std::{borrow::Cow, fmt, fs::File, io, path::Path};

use claims::{Address, Domain, fold};

use crate::{
    Kind, SourceHash,
    bytes::Bytes,
    layout::{BadHeader, HEADER_BYTES, Header, INDEX_BYTES, block_of, checksum, u32_at},
};

/// A packed list, ready to be asked.
pub struct Packed {
    bytes: Bytes,
    header: Header,
}

impl Packed {
    /// Maps a packed list. Looks at its head and its length alone, so that it takes no longer for a long one; each answer
    /// checks what it reads.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be read, or is not a whole packed list of this version.
    pub fn open(path: &Path) -> Result<Packed, OpenError> {
        let file = File::open(path).map_err(OpenError::Read)?;
        Packed::over(Bytes::map(&file).map_err(OpenError::Read)?)
    }

    /// A packed list that is in memory.
    ///
    /// # Errors
    /// [`OpenError`] as [`Packed::open`].
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Packed, OpenError> {
        Packed::over(Bytes::Held(bytes.into()))
    }

    fn over(bytes: Bytes) -> Result<Packed, OpenError> {
        let header = Header::parse(&bytes)?;
        let packed = Packed { bytes, header };
        let (text_bytes, last) = (header.text_bytes as usize, header.blocks() - 1);
        let is_whole = packed.bytes.len() == header.text_at() + text_bytes && packed.end_of(last) == Some(text_bytes);
        is_whole.then_some(packed).ok_or(OpenError::Damaged)
    }

    /// How the entries are compared.
    pub fn kind(&self) -> Kind {
        self.header.kind
    }

    /// How many entries the list has.
    pub fn len(&self) -> usize {
        self.header.entries as usize
    }

    /// Whether the list has no entries.
    pub fn is_empty(&self) -> bool {
        self.header.entries == 0
    }

    /// The hash of the text that was packed.
    pub fn source_hash(&self) -> SourceHash {
        self.header.source
    }

    /// Whether the domain is listed, exactly or below a star. Takes as long as it has labels.
    ///
    /// # Errors
    /// [`NoAnswer`]: fail closed.
    pub fn contains_domain(&self, domain: &Domain) -> Result<bool, NoAnswer> {
        self.must_have(Kind::Domains)?;
        let name = domain.as_str();
        let mut found = self.contains(name)?;
        let mut rest = name;
        let mut pattern = String::with_capacity(name.len() + 1);
        while let (false, Some((_, parent))) = (found, rest.split_once('.')) {
            pattern.clear();
            pattern.extend(["*.", parent]);
            found = self.contains(&pattern)?;
            rest = parent;
        }
        Ok(found)
    }

    /// Whether the address is listed.
    ///
    /// # Errors
    /// [`NoAnswer`]: fail closed.
    pub fn contains_address(&self, address: &Address) -> Result<bool, NoAnswer> {
        self.must_have(Kind::Addresses)?;
        self.contains(address.as_str())
    }

    /// Whether the value is listed, without regard to case.
    ///
    /// # Errors
    /// [`NoAnswer`]: fail closed.
    pub fn contains_value(&self, value: &str) -> Result<bool, NoAnswer> {
        self.must_have(Kind::Values)?;
        self.contains(&fold(value))
    }

    /// Whether the list has just this entry, in the form that [`Kind::parse_entry`] gives it.
    ///
    /// # Errors
    /// [`NoAnswer`]: fail closed.
    pub fn contains(&self, entry: &str) -> Result<bool, NoAnswer> {
        let block = self.block(block_of(entry, self.header.blocks()))?;
        Ok(lines(block).any(|line| line == entry.as_bytes()))
    }

    /// Every entry, in the order of the file, which is nobody's.
    pub fn entries(&self) -> impl Iterator<Item = Result<&str, NoAnswer>> {
        let lines_of = |number| {
            let (block, damage) = match self.block(number) {
                Ok(block) => (block, None),
                Err(damage) => (&[][..], Some(Err(damage))),
            };
            let entry = |line| str::from_utf8(line).map_err(|_| NoAnswer::Damaged);
            damage.into_iter().chain(lines(block).map(entry))
        };
        (0..self.header.blocks()).flat_map(lines_of)
    }

    /// Reads all of the list, and makes sure that each entry is where a look-up looks for it.
    ///
    /// # Errors
    /// [`NoAnswer::Damaged`] if a look-up would not find an entry, or would not answer.
    pub fn verify(&self) -> Result<(), NoAnswer> {
        let mut found = 0;
        for number in 0..self.header.blocks() {
            for line in lines(self.block(number)?) {
                let entry = str::from_utf8(line).map_err(|_| NoAnswer::Damaged)?;
                found += usize::from(block_of(entry, self.header.blocks()) == number);
            }
        }
        (found == self.len()).then_some(()).ok_or(NoAnswer::Damaged)
    }

    fn must_have(&self, kind: Kind) -> Result<(), NoAnswer> {
        let has = self.header.kind;
        (has == kind)
            .then_some(())
            .ok_or(NoAnswer::OtherKind { has, asked: kind })
    }

    /// The lines of a block below `blocks()`.
    fn block(&self, number: u32) -> Result<&[u8], NoAnswer> {
        self.checked_block(number).ok_or(NoAnswer::Damaged)
    }

    fn checked_block(&self, number: u32) -> Option<&[u8]> {
        let begin = match number.checked_sub(1) {
            Some(before) => self.end_of(before)?,
            None => 0,
        };
        let text = self.bytes.get(self.header.text_at()..)?;
        let block = text.get(begin..self.end_of(number)?)?;
        let written = u32_at(&self.bytes, index_at(number) + 4)?;
        (checksum(number, block) == written).then_some(block)
    }

    /// Where a block ends in the text.
    fn end_of(&self, number: u32) -> Option<usize> {
        u32_at(&self.bytes, index_at(number)).map(|end| end as usize)
    }
}

/// Prints no entries: addresses are personal data.
impl fmt::Debug for Packed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Packed").field(&self.header).finish()
    }
}

/// A packed list cannot say whether it has an entry. Whoever asked must not take that for a no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoAnswer {
    /// What would answer is damaged.
    Damaged,
    /// The list is of another kind, and what was asked cannot stand in it.
    OtherKind {
        /// What the list has.
        has: Kind,
        /// What it was asked for.
        asked: Kind,
    },
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoAnswer::Damaged => f.write_str("the packed list is damaged: pack it again"),
            NoAnswer::OtherKind { has, asked } => {
                write!(
                    f,
                    "the packed list has {has} and was asked for {asked}: pack it as {asked}"
                )
            }
        }
    }
}

impl std::error::Error for NoAnswer {}

/// Why a packed list was not opened.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be read.
    Read(io::Error),
    /// The file is something else, as the text that should be packed.
    NotPacked,
    /// It has a version of the layout that this program does not know.
    Version(u32),
    /// It is not whole, or its head is damaged.
    Damaged,
}

impl From<BadHeader> for OpenError {
    fn from(bad: BadHeader) -> OpenError {
        match bad {
            BadHeader::NotPacked => OpenError::NotPacked,
            BadHeader::Version(version) => OpenError::Version(version),
            BadHeader::Damaged => OpenError::Damaged,
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Read(error) => write!(f, "cannot read the packed list: {error}"),
            OpenError::NotPacked => f.write_str("this is no packed list: pack it with `vestibule lists pack`"),
            OpenError::Version(version) => write!(
                f,
                "the packed list has version {version}, and this program reads version {}: pack it again",
                crate::layout::VERSION
            ),
            OpenError::Damaged => NoAnswer::Damaged.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

fn index_at(number: u32) -> usize {
    HEADER_BYTES + number as usize * INDEX_BYTES
}

/// Each line without its end; what has no end is none.
fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    block
        .split_inclusive(|byte| *byte == b'\n')
        .filter_map(|line| line.strip_suffix(b"\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::blocks_for;

    /// A list with all its entries in one of its two blocks, sealed as it should be.
    fn all_in(number: u32) -> Packed {
        let header = Header {
            kind: Kind::Values,
            // So many that there are two blocks.
            entries: 4,
            text_bytes: 8,
            source: SourceHash([0; 32]),
        };
        let mut bytes = header.encode().to_vec();
        let text = b"a\nb\nc\nd\n";
        for block in 0..2 {
            let (end, lines) = match block == number {
                true => (8, &text[..]),
                false => (8 * block, &[][..]),
            };
            bytes.extend(end.to_le_bytes());
            bytes.extend(checksum(block, lines).to_le_bytes());
        }
        bytes.extend(text);
        Packed::from_bytes(bytes).unwrap()
    }

    #[test]
    fn a_list_whose_entries_no_look_up_finds_is_damaged() {
        let places = ["a", "b", "c", "d"].map(|entry| block_of(entry, blocks_for(4)));
        assert!(
            places.contains(&0) && places.contains(&1),
            "some are misplaced either way"
        );
        for number in 0..2 {
            assert_eq!(all_in(number).verify(), Err(NoAnswer::Damaged));
        }
    }
}
