use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use regex::{Regex, RegexBuilder};
use regex_syntax::{
    ast::parse::Parser,
    hir::{Class, Hir, HirKind},
};

/// A regular expression that must match the whole value; linear in its length. Parsed with the policy, compiled when
/// first used: compiling can take longer than everything else at start.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The longest pattern, in bytes.
    const MAX_BYTES: usize = 1024;

    /// The largest pattern, as [`weight`] counts.
    const MAX_WEIGHT: usize = 100_000;

    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it: its syntax, its size, or that no value could match it.
    pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
        if text.len() > Pattern::MAX_BYTES {
            return Err(format!(
                "a pattern has at most {} bytes, this one {}",
                Pattern::MAX_BYTES,
                text.len()
            ));
        }
        let parsed = regex_syntax::parse(text).map_err(|error| last_line(&error.to_string()))?;
        check(&parsed)?;
        let whole = format!("{OPENING}{text}{CLOSING}");
        // By itself `(?x)a # b` is a pattern; inside a group, the comment hides what closes the group.
        Parser::new().parse(&whole).map_err(|error| {
            let error = last_line(&error.to_string());
            format!("a pattern stands in a group, and there this is none ({error}); a comment cannot end it")
        })?;
        Ok(Pattern {
            text: whole,
            compiled: OnceLock::new(),
        })
    }

    /// A pattern that is too large to compile matches nothing: closed by default. [`Pattern::parse`] refuses it, but
    /// by its own count.
    pub(crate) fn matches(&self, value: &str) -> bool {
        self.compiled
            .get_or_init(|| self.compile())
            .as_ref()
            .is_some_and(|regex| regex.is_match(value))
    }

    /// The pattern as the policy has it.
    pub(crate) fn written(&self) -> &str {
        self.text
            .strip_prefix(OPENING)
            .and_then(|text| text.strip_suffix(CLOSING))
            .unwrap_or(&self.text)
    }

    /// How long compiling takes here and now. The shortest of a few times: others may use the processor too.
    pub(crate) fn time_to_compile(&self) -> Duration {
        let time = |_| {
            let begun = Instant::now();
            drop(self.compile());
            begun.elapsed()
        };
        (0..3).map(time).min().unwrap_or_default()
    }

    fn compile(&self) -> Option<Regex> {
        RegexBuilder::new(&self.text).build().ok()
    }
}

/// What makes a pattern match a value as a whole.
const OPENING: &str = r"\A(?:";
const CLOSING: &str = r")\z";

/// The syntax errors of the crate show the whole pattern and a mark below; one line is enough here.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or_default().to_owned()
}

fn check(pattern: &Hir) -> Result<(), String> {
    let properties = pattern.properties();
    if properties.minimum_len().is_none() {
        return Err("nothing can match this pattern".to_owned());
    }
    if properties.maximum_len() == Some(0) {
        return Err("only an empty value could match this pattern, and that is absent".to_owned());
    }
    if weight(pattern) > Pattern::MAX_WEIGHT {
        let what = "the pattern is too large: repetitions count by their number, classes by their ranges; \
            `min_length`, `max_length` and `characters` say the same in no time";
        return Err(what.to_owned());
    }
    Ok(())
}

/// About how many states the compiled pattern has, and rather more: measured, each counted takes up to 42 bytes, and
/// at the limit of the crate, 10 MiB, it would be 104. Compiling repeats what stands before `{64}` 64 times.
fn weight(pattern: &Hir) -> usize {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => 2,
        HirKind::Literal(literal) => literal.0.len() + 1,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() + WIDE_RANGE,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() + 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.saturating_add(1));
            let once = weight(&repetition.sub).saturating_add(2);
            once.saturating_mul(usize::try_from(times).unwrap_or(usize::MAX))
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(4),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts
            .iter()
            .map(|part| weight(part).saturating_add(1))
            .fold(1, usize::saturating_add),
    }
}

/// What a range of characters costs that are one to four bytes long.
const WIDE_RANGE: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_the_whole_value() {
        let pattern = Pattern::parse("[0-9]{5}|x").unwrap();
        assert!(pattern.matches("12345") && pattern.matches("x"));
        assert!(!pattern.matches("123456") && !pattern.matches("a12345") && !pattern.matches("12345\n"));
        assert!(Pattern::parse("[0-9").unwrap_err().contains("unclosed character class"));
    }

    #[test]
    fn a_pattern_cannot_open_its_group() {
        assert!(Pattern::parse("a)|(?:b").unwrap_err().contains("unopened group"));
        let said = Pattern::parse("(?x) a # the first").unwrap_err();
        assert!(said.contains("a comment cannot end it"), "{said}");
        let commented = Pattern::parse("(?x) a # the first\n b").unwrap();
        assert!(commented.matches("ab") && !commented.matches("ab "));
        assert!(Pattern::parse("a(?x: b # c\n)").unwrap().matches("ab"));
    }

    #[test]
    fn what_nothing_can_match_is_refused() {
        for text in [r"\P{any}", "a[a&&b]"] {
            assert!(
                Pattern::parse(text).unwrap_err().contains("nothing can match"),
                "{text}"
            );
        }
        for text in ["", "^$", "a{0}"] {
            assert!(
                Pattern::parse(text).unwrap_err().contains("only an empty value"),
                "{text}"
            );
        }
        assert!(Pattern::parse("a*").is_ok());
    }

    #[test]
    fn a_pattern_that_is_too_large_is_refused() {
        for text in [
            r"(?:\pL{1000}){1000}",
            r"\pL{500}",
            "(?:a{1000}){1000}",
            r"((\w{99}){99}){99999}",
        ] {
            assert!(Pattern::parse(text).unwrap_err().contains("too large"), "{text}");
        }
    }

    /// The heaviest patterns of each kind that are taken do compile.
    #[test]
    fn a_pattern_that_is_taken_compiles() {
        for part in [
            "a",
            "[a-z]",
            ".",
            "[^a]",
            r"\d",
            r"\w",
            r"\pL",
            r"\p{Han}",
            r"\p{any}",
            "(?i)[aß]",
            r"(a|bc|[^d])",
            r"\b.",
            "(a)?",
        ] {
            let taken = |times: usize| Pattern::parse(&format!("(?:{part}){{{times}}}")).ok();
            let most = (1..=20)
                .rev()
                .map(|bits| 1 << bits)
                .find_map(|times| taken(times).or_else(|| taken(times - times / 4)));
            let pattern = most.unwrap_or_else(|| panic!("{part}"));
            assert!(RegexBuilder::new(&pattern.text).build().is_ok(), "{}", pattern.text);
        }
    }
}
