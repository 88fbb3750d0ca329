use std::{
    fmt,
    io::{self, BufRead, Write},
    ops::Range,
};

use sha2::{Digest, Sha256};

use crate::{
    BadEntry, Kind, SourceHash,
    layout::{Header, INDEX_BYTES, block_of, blocks_for, checksum},
};

/// Packs a list: an entry a line, blank lines and lines that begin with `#` left out. The same list gives the same bytes.
///
/// All entries are held in memory meanwhile, about 70 bytes each.
///
/// # Errors
/// [`PackError`], with all lines that are no entries, if there are any; then nothing was written.
pub fn pack(kind: Kind, source: impl BufRead, out: &mut impl Write) -> Result<Summary, PackError> {
    let mut lines = Lines::read(kind, source)?;
    lines
        .spans
        .sort_unstable_by(|a, b| lines.text[a.clone()].cmp(&lines.text[b.clone()]));
    let read = lines.spans.len();
    lines
        .spans
        .dedup_by(|a, b| lines.text[a.clone()] == lines.text[b.clone()]);
    let (header, index, text) = lay_out(kind, lines)?;
    [&header.encode()[..], &index, &text]
        .into_iter()
        .try_for_each(|part| out.write_all(part))
        .and_then(|()| out.flush())
        .map_err(PackError::Target)?;
    Ok(Summary {
        entries: header.entries,
        duplicates: read - header.entries as usize,
        source: header.source,
    })
}

/// What was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many entries the packed list has.
    pub entries: u32,
    /// How many lines said what another line says.
    pub duplicates: usize,
    /// The hash of the source text.
    pub source: SourceHash,
}

/// Why a list was not packed.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackError {
    /// The source cannot be read.
    Source(io::Error),
    /// Lines are no entries.
    BadLines {
        /// The first of them, 20 at most.
        first: Vec<BadLine>,
        /// How many there are besides.
        more: usize,
    },
    /// The entries have more than the 4 GiB that the layout can address.
    TooLarge,
    /// The packed list would take the place of its source.
    OntoItself,
    /// The packed list cannot be written.
    Target(io::Error),
    /// What was written does not read as it should: the disk or the memory is broken.
    NotAsWritten,
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackError::Source(error) => write!(f, "cannot read the list: {error}"),
            PackError::BadLines { first, more } => {
                f.write_str("lines are no entries")?;
                first.iter().try_for_each(|line| write!(f, "\n{line}"))?;
                match more {
                    0 => Ok(()),
                    more => write!(f, "\nand {more} more"),
                }
            }
            PackError::TooLarge => f.write_str("the list has more than 4 GiB of entries: split it"),
            PackError::OntoItself => {
                f.write_str("the packed list would overwrite the list itself: give it another name")
            }
            PackError::Target(error) => write!(f, "cannot write the packed list: {error}"),
            PackError::NotAsWritten => {
                f.write_str("the packed list reads otherwise than it was written: the disk or the memory is broken")
            }
        }
    }
}

impl std::error::Error for PackError {}

/// A line that is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub number: usize,
    /// What is wrong with it.
    pub why: BadEntry,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.number, self.why)
    }
}

/// How many bad lines are told.
const MOST_TOLD: usize = 20;

/// The entries of a source in normal form, one after the other, and where each stands: a million strings of their own
/// would take twice the memory.
struct Lines {
    text: String,
    spans: Vec<Range<usize>>,
    source: SourceHash,
}

impl Lines {
    fn read(kind: Kind, source: impl BufRead) -> Result<Lines, PackError> {
        let (mut text, mut spans) = (String::new(), Vec::new());
        let source = each_entry(source, |entry| {
            let entry = kind.parse_entry(entry)?;
            spans.push(text.len()..text.len() + entry.len());
            text.push_str(&entry);
            Ok(())
        })?;
        Ok(Lines { text, spans, source })
    }
}

/// Takes the entries of a text one after the other, as they are written: an entry a line, blank lines and lines that
/// begin with `#` left out. Goes to the end, whatever is wrong on the way.
///
/// # Errors
/// [`PackError::Source`], or [`PackError::BadLines`] with all lines that are no entries.
pub fn each_entry(
    mut source: impl BufRead,
    mut take: impl FnMut(&str) -> Result<(), BadEntry>,
) -> Result<SourceHash, PackError> {
    let (mut first, mut more, mut hasher) = (Vec::new(), 0, Sha256::new());
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if source.read_until(b'\n', &mut line).map_err(PackError::Source)? == 0 {
            break;
        }
        hasher.update(&line);
        let taken = match entry(&line, number == 1) {
            Ok(Some(entry)) => take(entry),
            Ok(None) => Ok(()),
            Err(why) => Err(why),
        };
        match taken {
            Ok(()) => {}
            Err(why) if first.len() < MOST_TOLD => first.push(BadLine { number, why }),
            Err(_) => more += 1,
        }
    }
    match first.is_empty() {
        true => Ok(SourceHash(hasher.finalize().into())),
        false => Err(PackError::BadLines { first, more }),
    }
}

fn entry(line: &[u8], is_first: bool) -> Result<Option<&str>, BadEntry> {
    let line = str::from_utf8(line).map_err(|_| BadEntry::NotText)?;
    // Editors of Windows put a mark before the first line.
    let line = line.strip_prefix('\u{feff}').filter(|_| is_first).unwrap_or(line);
    match line.trim() {
        comment if comment.is_empty() || comment.starts_with('#') => Ok(None),
        entry => Ok(Some(entry)),
    }
}

/// The three parts of a packed list, from entries that are sorted and of which none stands there twice.
fn lay_out(kind: Kind, lines: Lines) -> Result<(Header, Vec<u8>, Vec<u8>), PackError> {
    let entries = u32::try_from(lines.spans.len()).map_err(|_| PackError::TooLarge)?;
    let blocks = blocks_for(entries);
    let place = |span: Range<usize>| (block_of(&lines.text[span.clone()], blocks), span);
    let mut placed: Vec<_> = lines.spans.into_iter().map(place).collect();
    // Stable, so that the bytes do not depend on how a library sorts.
    placed.sort_by_key(|(block, _)| *block);

    let mut text = Vec::with_capacity(lines.text.len() + placed.len());
    let mut index = Vec::with_capacity(blocks as usize * INDEX_BYTES);
    let mut rest = &placed[..];
    for number in 0..blocks {
        let begin = text.len();
        let (block, after) = rest.split_at(rest.partition_point(|(block, _)| *block == number));
        for (_, span) in block {
            text.extend_from_slice(lines.text[span.clone()].as_bytes());
            text.push(b'\n');
        }
        let end = u32::try_from(text.len()).map_err(|_| PackError::TooLarge)?;
        index.extend_from_slice(&end.to_le_bytes());
        index.extend_from_slice(&checksum(number, &text[begin..]).to_le_bytes());
        rest = after;
    }
    let header = Header {
        kind,
        entries,
        text_bytes: text.len() as u32, // Each end fitted.
        source: lines.source,
    };
    Ok((header, index, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(kind: Kind, source: &[u8]) -> Result<Summary, PackError> {
        pack(kind, source, &mut io::sink())
    }

    #[test]
    fn blank_lines_comments_and_marks_of_editors_are_no_entries() {
        let source = "\u{feff}# ours\r\ncontoso.com\r\n\r\n  # theirs\nfabrikam.com\n CONTOSO.com. \n*.contoso.com";
        let summary = packed(Kind::Domains, source.as_bytes()).unwrap();
        assert_eq!((summary.entries, summary.duplicates), (3, 1));
        let empty = packed(Kind::Domains, b"# nobody yet\n").unwrap();
        assert_eq!((empty.entries, empty.duplicates), (0, 0));
    }

    #[test]
    fn all_bad_lines_are_told_by_number_and_none_by_its_text() {
        let source = b"contoso.com\nlocalhost\n\njane@contoso.com\nb\xffd.example\n";
        let error = packed(Kind::Domains, source).unwrap_err();
        let PackError::BadLines { first, more: 0 } = &error else {
            panic!("{error}")
        };
        let numbers: Vec<_> = first.iter().map(|line| (line.number, line.why)).collect();
        let wrong = [
            (2, BadEntry::NotADomain),
            (4, BadEntry::AddressAmongDomains),
            (5, BadEntry::NotText),
        ];
        assert_eq!(numbers, wrong);
        let told = error.to_string();
        assert!(
            told.starts_with("lines are no entries\nline 2: no domain: write one like"),
            "{told}"
        );
        assert!(!told.contains("jane") && !told.contains("localhost"), "{told}");
    }

    #[test]
    fn of_many_bad_lines_the_first_are_told() {
        let error = packed(Kind::Addresses, "nobody\n".repeat(25).as_bytes()).unwrap_err();
        let told = error.to_string();
        assert_eq!(told.lines().count(), 22);
        assert!(
            told.ends_with("line 20: no e-mail address with exactly one `@`, a plain name and a domain\nand 5 more")
        );
    }

    #[test]
    fn nothing_is_written_of_a_list_with_bad_lines() {
        let mut out = Vec::new();
        pack(Kind::Domains, &b"contoso.com\nlocalhost\n"[..], &mut out).unwrap_err();
        assert_eq!(out, b"");
    }

    #[test]
    fn the_order_of_lines_makes_no_difference_but_in_the_hash_of_the_source() {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        pack(Kind::Values, &b"de\nfr\nit\nes\nat\n"[..], &mut one).unwrap();
        pack(Kind::Values, &b"at\nes\nDE\nit\nfr\n"[..], &mut other).unwrap();
        assert_eq!(one[64..], other[64..]);
        assert_ne!(one[24..56], other[24..56]);
    }
}
