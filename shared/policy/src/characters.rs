use crate::mistakes::suggestion;

/// Allowed characters: classes and single ones. A matcher of its own because the same as a regular expression takes
/// milliseconds to compile.
#[derive(Debug, Default)]
pub(crate) struct Characters {
    letters: bool,
    digits: bool,
    spaces: bool,
    single: Vec<char>,
}

impl Characters {
    const CLASSES: [&str; 3] = ["letters", "digits", "spaces"];

    /// Adds a class by its name, or every character of any other text.
    ///
    /// # Errors
    /// What to write instead of a text that was meant as something else: the name of no class, a range, or nothing.
    pub(crate) fn add(&mut self, text: &str) -> Result<(), String> {
        match text {
            "letters" => self.letters = true,
            "digits" => self.digits = true,
            "spaces" => self.spaces = true,
            "" => return Err("no character stands here".to_owned()),
            word if is_word(word) => {
                let near = suggestion(&word.trim().to_lowercase(), Self::CLASSES);
                return Err(format!(
                    "`{word}` is no class of characters; there are `letters`, `digits` and `spaces`{near}"
                ));
            }
            range if has_range(range) => {
                return Err(format!(
                    "`{range}` would be these characters and a hyphen, not a range; write a class, each character, or a `pattern`"
                ));
            }
            characters => self.single.extend(characters.chars()),
        }
        Ok(())
    }

    /// Letters are those of any script, and the marks that belong to them.
    pub(crate) fn allow(&self, c: char) -> bool {
        (self.digits && c.is_ascii_digit())
            || (self.spaces && c == ' ')
            || (self.letters && (c.is_alphabetic() || is_mark(c)))
            || self.single.contains(&c)
    }
}

/// Whether a text is meant as the name of a class: a word in small letters, or one near a name in any spelling.
/// `ABCDEF` is six characters.
fn is_word(text: &str) -> bool {
    let rest = text.strip_prefix(|c: char| c.is_ascii_uppercase()).unwrap_or(text);
    let small = text.chars().count() > 2 && rest.chars().all(|c| c.is_ascii_lowercase());
    small || !suggestion(&text.trim().to_lowercase(), Characters::CLASSES).is_empty()
}

/// Whether a text has something like `a-z` in it.
fn has_range(text: &str) -> bool {
    let is_end = u8::is_ascii_alphanumeric;
    text.as_bytes()
        .windows(3)
        .any(|three| three[1] == b'-' && is_end(&three[0]) && is_end(&three[2]))
}

/// A combining mark, by its canonical combining class: what follows a letter in decomposed text.
fn is_mark(c: char) -> bool {
    use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
    CanonicalCombiningClassMapBorrowed::new().get_u8(c) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_those_of_any_script_with_their_marks() {
        let mut characters = Characters::default();
        for text in ["letters", "'’.-", "spaces"] {
            characters.add(text).unwrap();
        }
        let allowed = |text: &str| text.chars().all(|c| characters.allow(c));
        assert!(allowed("José-María O’Neil") && allowed("Jose\u{301}") && allowed("李小龍") && allowed("Ωμέγα"));
        assert!(!allowed("a1") && !allowed("<b>") && !allowed("a\nb") && !allowed("a\u{202e}b"));
    }

    #[test]
    fn names_of_no_class_and_ranges_are_refused() {
        for (text, wanted) in [
            ("Letters", "did you mean `letters`?"),
            ("letter", "did you mean `letters`?"),
            ("LETTERS", "did you mean `letters`?"),
            (" digits", "did you mean `digits`?"),
            ("Digit", "did you mean `digits`?"),
            ("space", "did you mean `spaces`?"),
            ("punctuation", "no class"),
            ("Punctuation", "no class"),
            ("a-z", "not a range"),
            ("A-Za-z0-9", "not a range"),
            ("", "no character"),
        ] {
            let said = Characters::default().add(text).unwrap_err();
            assert!(said.contains(wanted), "{text}: {said}");
        }
        for text in ["a", "-", "'’.-", "ABCDEF", "x-", "()", "äöü", "1234", "...", " "] {
            assert_eq!(Characters::default().add(text), Ok(()), "{text}");
        }
    }
}
