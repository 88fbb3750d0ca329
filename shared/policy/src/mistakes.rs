use std::{fmt, ops::Range};

/// Everything that is wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// The mistakes in the order of the file; never empty.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The line as it stands in the file.
    pub source: String,
    /// What was wanted, what came, and what to do.
    pub what: String,
}

/// `12:7: what is wrong`, the line, and a mark under the place, for each mistake.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n" };
            write!(f, "{gap}{mistake}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mistake {
            line,
            column,
            source,
            what,
        } = self;
        let indent = " ".repeat(column - 1);
        write!(f, "{line}:{column}: {what}\n    {source}\n    {indent}^")
    }
}

impl std::error::Error for Mistakes {}

/// Gathers mistakes while a file that administrators write is read.
pub struct Collector<'t> {
    text: &'t str,
    found: Vec<(usize, String)>,
}

impl<'t> Collector<'t> {
    /// Nothing is wrong yet with this text of a file.
    pub fn new(text: &'t str) -> Collector<'t> {
        Collector {
            text,
            found: Vec::new(),
        }
    }

    /// Notes what is wrong at a place, in bytes of the text.
    pub fn add(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.found.push((span.start, what.into()));
    }

    /// How many were found so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// The value if nothing was wrong.
    ///
    /// # Errors
    /// [`Mistakes`]: everything that was added.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Mistakes> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => {
                if self.found.is_empty() {
                    self.add(0..0, "the file cannot be read");
                }
                Err(Mistakes(self.located()))
            }
        }
    }

    /// Everything that was found, with its place, in the order of the file.
    pub(crate) fn located(mut self) -> Vec<Mistake> {
        // A named list is read wherever it is used, and its mistakes are found as often.
        self.found.sort();
        self.found.dedup();
        self.found.iter().map(|(at, what)| self.locate(*at, what)).collect()
    }

    fn locate(&self, at: usize, what: &str) -> Mistake {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Mistake {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            source: self.text[line_start..]
                .lines()
                .next()
                .unwrap_or_default()
                .replace('\t', " "),
            what: what.to_owned(),
        }
    }
}

/// `; did you mean …?` if one of the known names is near, else nothing.
pub fn suggestion<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(name, known)
        .map(|known| format!("; did you mean `{known}`?"))
        .unwrap_or_default()
}

/// The known name that was probably meant.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let nearest = known.into_iter().map(|k| (distance(name, k), k)).min();
    let (_, near) = nearest.filter(|(d, k)| *d <= 1 + k.len() / 4)?;
    Some(near)
}

/// The number of letters to change, add or leave out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        assert_eq!(
            suggestion("otherwhise", ["otherwise", "step"]),
            "; did you mean `otherwise`?"
        );
        assert_eq!(suggestion("colour", ["otherwise", "step"]), "");
    }
}
