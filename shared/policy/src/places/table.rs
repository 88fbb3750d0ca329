use std::cmp::Ordering;

/// The line of a table that has this text in its first column. The lines are sorted by it, and tabs stand between columns.
pub(super) fn find(table: &'static str, key: &str) -> Option<&'static str> {
    // Both are where a line begins.
    let (mut low, mut high) = (0, table.len());
    while low < high {
        let (start, end) = line_around(table, low + (high - low) / 2);
        let line = table.get(start..end)?;
        match line.bytes().take_while(|byte| *byte != b'\t').cmp(key.bytes()) {
            Ordering::Equal => return Some(line),
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    None
}

/// The first columns of a line; those that it does not have are empty.
pub(super) fn columns<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut columns = line.split('\t');
    [(); N].map(|()| columns.next().unwrap_or_default())
}

/// Where the line begins and ends that has this byte.
fn line_around(table: &str, at: usize) -> (usize, usize) {
    let is_break = |byte: &u8| *byte == b'\n';
    let (before, after) = table.as_bytes().split_at(at);
    let start = before.iter().rposition(is_break).map_or(0, |last| last + 1);
    let length = after.iter().position(is_break).unwrap_or(after.len());
    (start, at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_found_and_nothing_else() {
        let table = "# head\na\t1\nab\t2\nb\t3\t4\nä\n";
        for (key, line) in [("a", "a\t1"), ("ab", "ab\t2"), ("b", "b\t3\t4"), ("ä", "ä")] {
            assert_eq!(find(table, key), Some(line), "{key}");
        }
        for key in ["", "0", "aa", "abc", "c", "1", "ö", "b\t3"] {
            assert_eq!(find(table, key), None, "{key}");
        }
        assert_eq!((find("", "a"), find("a\t1", "a")), (None, Some("a\t1")));
    }

    #[test]
    fn columns_that_are_not_there_are_empty() {
        assert_eq!(columns("b\t3\t4"), ["b", "3"]);
        assert_eq!(columns("b"), ["b", "", ""]);
    }
}
