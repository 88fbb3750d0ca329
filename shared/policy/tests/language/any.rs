use proptest::prelude::*;

use crate::common::*;

proptest! {
    #[test]
    fn reading_is_total(text in "\\PC{0,200}|[\\[\\]a-z=\"{}\\n ,.#0-9-]{0,200}") {
        let _ = Policy::parse(&text);
    }

    #[test]
    fn reading_is_total_on_broken_policies(at in 0_usize..3000, cut in 0_usize..40, insert in "[\\[\\]{}\"=\\n,.é]{0,3}") {
        let text = include_str!("../../../../policy.toml");
        let boundary = |i: usize| (0..=i.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let (start, end) = (boundary(at), boundary(at + cut).max(boundary(at)));
        if let Err(mistakes) = Policy::parse(&format!("{}{insert}{}", &text[..start], &text[end..])) {
            prop_assert!(!mistakes.to_string().is_empty());
        }
    }

    #[test]
    fn deciding_never_panics(body in "[\\{\\}\\[\\]\":,a-zA-Z@.é0-9]{0,60}", email in "\\PC{0,30}") {
        let policy = Policy::parse(include_str!("../../../../policy.toml")).unwrap();
        if let Ok(sign_up) = parse(SECOND, body.as_bytes()) {
            let _ = policy.decide(&sign_up, NOW);
        }
        let body = format!("{{\"email\":{email:?},\"displayName\":{email:?}}}");
        if let Ok(sign_up) = parse(SECOND, body.as_bytes()) {
            let _ = policy.decide(&sign_up, NOW);
        }
    }
}
