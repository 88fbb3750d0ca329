//! The two filters that look accounts up.

/// A filter on users.
pub(crate) enum Filter {
    /// `identities/any(i:i/issuerAssignedId eq '…' and i/issuer eq '…')`
    Identity { issuer: String, id: String },
    /// `mail eq '…'`
    Mail(String),
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Option<Filter> {
        if let Some(rest) = text.strip_prefix("mail eq ") {
            let (mail, rest) = literal(rest)?;
            return rest.is_empty().then_some(Filter::Mail(mail));
        }
        let rest = text.strip_prefix("identities/any(i:i/issuerAssignedId eq ")?;
        let (id, rest) = literal(rest)?;
        let (issuer, rest) = literal(rest.strip_prefix(" and i/issuer eq ")?)?;
        (rest == ")").then_some(Filter::Identity { issuer, id })
    }
}

/// A text in quotes, in which each quote is doubled, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('\'')?;
    let mut value = String::new();
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(more) => {
                value.push('\'');
                rest = more;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_end_at_a_single_quote() {
        assert_eq!(literal("'a''b'x"), Some(("a'b".to_owned(), "x")));
        assert_eq!(literal("'a'b'"), Some(("a".to_owned(), "b'")));
        assert_eq!(literal("'a''b"), None);
        assert!(Filter::parse("mail eq 'o'neill@a.example'").is_none());
        assert!(Filter::parse("identities/any(i:i/issuerAssignedId eq '1' or true) and i/issuer eq 'mail')").is_none());
    }
}
