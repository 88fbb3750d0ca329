use crate::refusal::Refusal;

/// The longest reason, in characters.
pub(crate) const MAX_REASON_CHARS: usize = 1000;

/// A reviewer's reason as it is kept: without space around it, lines ended by `\n`; nothing if it says nothing.
///
/// # Errors
/// [`Refusal::Input`] if it is too long or holds control characters.
pub(crate) fn parse(text: &str) -> Result<Option<String>, Refusal> {
    // Browsers end the lines of a form's text with CR LF.
    let reason = text.replace("\r\n", "\n");
    if reason.chars().count() > MAX_REASON_CHARS {
        return Err(Refusal::input("A reason has at most 1000 characters."));
    }
    if reason.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Refusal::input(
            "A reason holds no control characters other than line ends.",
        ));
    }
    let reason = reason.trim();
    Ok((!reason.is_empty()).then(|| reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_short_and_plain() {
        assert_eq!(parse(" \r\n "), Ok(None));
        assert_eq!(
            parse(" known\r\nsince 2020 \n"),
            Ok(Some("known\nsince 2020".to_owned()))
        );
        let longest = "ß".repeat(MAX_REASON_CHARS);
        assert_eq!(parse(&longest), Ok(Some(longest.clone())));
        for bad in [
            format!("{longest}ß"),
            "a\rb".to_owned(),
            "a\tb".to_owned(),
            "a\t".to_owned(),
            format!("{longest} "),
            "a\0b".to_owned(),
            "a\u{85}b".to_owned(),
        ] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }
}
