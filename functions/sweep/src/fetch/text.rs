//! Reading a list's text, and telling it from what is no list.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek},
};

use lists::BadEntry;
use policy::StoredList;
use store::ListEntry;

/// The most bytes of a line. Entries have 2048 at the most; whatever has longer lines is no list.
const LONGEST_LINE: usize = 8192;

/// The share of lines that may be no entries: one in so many.
const BAD_LINES: u64 = 100;

/// What a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// How many entries, each counted once.
    pub(super) entries: u64,
    /// Lines with an entry, one that another line has too included.
    pub(super) good: u64,
    /// Lines that are no entries.
    pub(super) bad: u64,
}

/// Why a text is no list, or not all of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoList {
    /// It has bytes that are no UTF-8, or NUL.
    Binary,
    /// It begins as web pages and JSON do.
    Page,
    /// It has a line that is longer than any entry.
    LongLine,
    /// It has more entries than a list may have: so many.
    TooManyEntries(usize),
    /// Too many lines are no entries.
    BadLines {
        /// How many.
        bad: u64,
        /// Of how many that are neither blank nor comments.
        of: u64,
        /// The first of them, by its number.
        first: u64,
        /// What is wrong with it.
        why: BadEntry,
    },
    /// It cannot be read again from the file that it was put into.
    Unreadable(String),
}

/// The entries of a text, one after the other.
pub(super) struct Entries {
    list: StoredList,
    source: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    is_first: bool,
}

/// Reads a text to its end, and leaves the file where it was.
pub(super) fn judge(list: &StoredList, file: &mut File, most: usize) -> Result<Contents, NoList> {
    let copy = file.try_clone().map_err(unreadable)?;
    let mut entries = Entries::new(list.clone(), copy);
    let (mut hashes, mut bad, mut first) = (Vec::new(), 0, None);
    while let Some(entry) = entries.next()? {
        match entry {
            Ok(text) if hashes.len() < most => hashes.push(short_hash(&text)),
            Ok(_) => return Err(NoList::TooManyEntries(most)),
            Err(why) => {
                bad += 1;
                first.get_or_insert((entries.number, why));
            }
        }
    }
    let good = hashes.len() as u64;
    if let Some((first, why)) = first.filter(|_| bad * BAD_LINES > good + bad) {
        let of = good + bad;
        return Err(NoList::BadLines { bad, of, first, why });
    }
    hashes.sort_unstable();
    hashes.dedup();
    file.rewind().map_err(unreadable)?;
    let entries = hashes.len() as u64;
    Ok(Contents { entries, good, bad })
}

impl Entries {
    pub(super) fn new(list: StoredList, file: File) -> Entries {
        Entries {
            list,
            source: BufReader::new(file),
            line: Vec::new(),
            number: 0,
            is_first: true,
        }
    }

    /// The next so many entries in normal form; none at the end. What is no entry is left out.
    pub(super) fn batch(&mut self, size: usize) -> Result<Vec<String>, NoList> {
        let mut batch = Vec::new();
        while batch.len() < size
            && let Some(entry) = self.next()?
        {
            batch.extend(entry);
        }
        Ok(batch)
    }

    /// The next line that is neither blank nor a comment, as an entry.
    fn next(&mut self) -> Result<Option<Result<String, BadEntry>>, NoList> {
        while self.read_line()? {
            let text = str::from_utf8(&self.line).map_err(|_| NoList::Binary)?;
            // Editors of Windows put a mark before the first line.
            let text = text
                .strip_prefix('\u{feff}')
                .filter(|_| self.number == 1)
                .unwrap_or(text);
            match text.trim() {
                left_out if left_out.is_empty() || left_out.starts_with('#') => {}
                page if self.is_first && page.starts_with(['<', '{', '[']) => return Err(NoList::Page),
                entry => {
                    self.is_first = false;
                    return Ok(Some(self.list.parse_entry(entry)));
                }
            }
        }
        Ok(None)
    }

    /// False at the end.
    fn read_line(&mut self) -> Result<bool, NoList> {
        self.line.clear();
        let mut source = self.source.by_ref().take(LONGEST_LINE as u64 + 1);
        let read = source.read_until(b'\n', &mut self.line).map_err(unreadable)?;
        self.number += 1;
        match read {
            _ if self.line.contains(&0) => Err(NoList::Binary),
            too_long if too_long > LONGEST_LINE => Err(NoList::LongLine),
            read => Ok(read > 0),
        }
    }
}

/// Enough of a hash to count with: of two million entries two have the same in one of ten million lists.
fn short_hash(text: &str) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *ListEntry::key(text).as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn unreadable(error: io::Error) -> NoList {
    NoList::Unreadable(error.to_string())
}

impl fmt::Display for NoList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoList::Binary => f.write_str("it serves no text in UTF-8"),
            NoList::Page => f.write_str("it serves a web page or JSON, and no text with an entry on each line"),
            NoList::LongLine => write!(f, "it serves a line of more than {LONGEST_LINE} bytes, and no list"),
            NoList::TooManyEntries(most) => write!(f, "it serves more than {most} entries"),
            NoList::BadLines { bad, of, first, why } => {
                write!(
                    f,
                    "{bad} of {of} lines are no entries, more than 1 %; the first is line {first}: {why}"
                )
            }
            NoList::Unreadable(why) => write!(f, "its text cannot be read from the file for temporary files: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use ::lists::Kind;
    use store::ListName;

    use super::*;

    fn judged(kind: Kind, text: &[u8]) -> Result<Contents, NoList> {
        let list = StoredList {
            name: ListName::parse("list").unwrap(),
            kind,
            fetch: None,
        };
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        file.rewind().unwrap();
        let contents = judge(&list, &mut file, 1000);
        if let Ok(contents) = contents {
            let batch = Entries::new(list, file).batch(10_000).unwrap();
            assert_eq!(
                batch.len() as u64,
                contents.good,
                "the second reading reads what was counted"
            );
        }
        contents
    }

    fn contents(entries: u64, good: u64, bad: u64) -> Result<Contents, NoList> {
        Ok(Contents { entries, good, bad })
    }

    #[test]
    fn blank_lines_comments_marks_of_editors_and_repetitions_do_not_count() {
        let text = "\u{feff}# ours\r\nContoso.com\r\n\r\n  # theirs\nfabrikam.com\n CONTOSO.com. \n*.contoso.com";
        assert_eq!(judged(Kind::Domains, text.as_bytes()), contents(3, 4, 0));
        assert_eq!(judged(Kind::Domains, b"# nobody yet\n\n"), contents(0, 0, 0));
        assert_eq!(judged(Kind::Domains, b""), contents(0, 0, 0));
    }

    #[test]
    fn one_line_in_a_hundred_may_be_no_entry() {
        let lines = |good: usize, bad: &str| {
            let mut text: String = (0..good).map(|n| format!("{n}.example\n")).collect();
            text.insert_str(0, bad);
            judged(Kind::Domains, text.as_bytes())
        };
        assert_eq!(lines(99, "localhost\n"), contents(99, 99, 1));
        assert_eq!(lines(198, "# x\n\njane@contoso.com\nnobody\n"), contents(198, 198, 2));
        let refused = lines(98, "# x\n\njane@contoso.com\n").unwrap_err();
        let NoList::BadLines {
            bad: 1,
            of: 99,
            first: 3,
            ..
        } = refused
        else {
            panic!("{refused}")
        };
        assert!(!refused.to_string().contains("jane"), "{refused}");
    }

    #[test]
    fn what_is_no_list_is_told_from_one() {
        for kind in Kind::ALL {
            for (text, why) in [
                (&b"<!DOCTYPE html><html>\n<body>Sorry</body></html>"[..], NoList::Page),
                (b"# list\n\n  <html>\n", NoList::Page),
                (b"{\"domains\":\n[]}", NoList::Page),
                (b"[\n\"contoso.com\"\n]", NoList::Page),
                (b"\x1f\x8b\x08\x00\x00\x00", NoList::Binary),
                (b"contoso.com\nfabrikam.com\0\n", NoList::Binary),
                (b"# \xff\n", NoList::Binary),
                (b"\xff\xfec\0o\0", NoList::Binary),
            ] {
                assert_eq!(judged(kind, text), Err(why), "{kind}: {text:?}");
            }
            let long = format!("# {}\n", "x".repeat(LONGEST_LINE));
            assert_eq!(judged(kind, long.as_bytes()), Err(NoList::LongLine));
        }
        assert_eq!(judged(Kind::Values, b"Sales\n<none>\n"), contents(2, 2, 0));
        let entry = format!("{}\n", "x".repeat(2049));
        assert!(matches!(
            judged(Kind::Values, entry.as_bytes()),
            Err(NoList::BadLines {
                why: BadEntry::TooLong,
                ..
            })
        ));
    }

    #[test]
    fn entries_are_bounded() {
        let lines = |count: usize| (0..count).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(judged(Kind::Values, lines(1000).as_bytes()), contents(1000, 1000, 0));
        assert_eq!(
            judged(Kind::Values, lines(1001).as_bytes()),
            Err(NoList::TooManyEntries(1000))
        );
    }
}
