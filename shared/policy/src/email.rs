use std::net::{Ipv4Addr, Ipv6Addr};

use claims::{Address, Domain};

/// The syntax of e-mail addresses that a rule takes. Without anything set: what [`Address::parse`] takes and SMTP
/// carries, with a dot in the domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EmailSyntax {
    /// `jane@[192.0.2.1]` and `jane@[IPv6:2001:db8::1]` too.
    pub(crate) ip_literal: bool,
    /// `jane@localhost` too.
    pub(crate) dotless: bool,
    /// `"jane doe"@example.com` too.
    pub(crate) quoted: bool,
}

/// In bytes, of an address. A path has 256 with its angle brackets: RFC 5321, 4.5.3.1.3.
const LONGEST: usize = 254;
/// In bytes, of what stands before the `@`: RFC 5321, 4.5.3.1.1.
const LONGEST_LOCAL: usize = 64;

impl EmailSyntax {
    /// Whether a text is an address of this syntax. White space around it does not count.
    pub(crate) fn fits(&self, text: &str) -> bool {
        let text = text.trim();
        let parts = text.rsplit_once('@').filter(|_| text.len() <= LONGEST);
        parts.is_some_and(|(local, domain)| self.takes_local(local) && self.takes_domain(domain))
    }

    fn takes_local(&self, local: &str) -> bool {
        local.len() <= LONGEST_LOCAL && (is_plain(local) || (self.quoted && is_quoted(local)))
    }

    fn takes_domain(&self, domain: &str) -> bool {
        let is_name = |name: Domain| self.dotless || name.as_str().contains('.');
        Domain::parse(domain).is_ok_and(is_name) || (self.ip_literal && is_ip_literal(domain))
    }
}

/// Whether addresses can have this before the `@` without quotes.
fn is_plain(local: &str) -> bool {
    Address::parse(&format!("{local}@example.com")).is_ok()
}

/// A `Quoted-string` of RFC 5321, 4.1.2.
fn is_quoted(local: &str) -> bool {
    let inside = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut escaped = false;
    let mut can_follow = |byte: u8| {
        let fits = matches!(byte, b' '..=b'~') && (escaped || byte != b'"');
        escaped = !escaped && byte == b'\\';
        fits
    };
    inside.is_some_and(|inside| inside.bytes().all(&mut can_follow)) && !escaped
}

/// An `address-literal` of RFC 5321, 4.1.3, of one of the two kinds that there are.
fn is_ip_literal(domain: &str) -> bool {
    let inside = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|address| match address.split_at_checked(5) {
        Some((tag, v6)) if tag.eq_ignore_ascii_case("IPv6:") => v6.parse::<Ipv6Addr>().is_ok(),
        _ => address.parse::<Ipv4Addr>().is_ok(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: EmailSyntax = EmailSyntax {
        ip_literal: false,
        dotless: false,
        quoted: false,
    };
    const EVERYTHING: EmailSyntax = EmailSyntax {
        ip_literal: true,
        dotless: true,
        quoted: true,
    };

    #[test]
    fn plain_addresses_fit_always() {
        for text in [
            "jane@example.com",
            " Jane.Roe+tag@EXAMPLE.co.uk ",
            "o'neil@example.com.",
            "josé@bücher.example",
            "李@例え.jp",
            "a@b.c",
        ] {
            assert!(PLAIN.fits(text) && EVERYTHING.fits(text), "{text}");
        }
    }

    #[test]
    fn what_is_beyond_fits_where_it_is_allowed() {
        let cases = [
            (
                EmailSyntax {
                    ip_literal: true,
                    ..PLAIN
                },
                vec!["jane@[192.0.2.1]", "jane@[IPv6:2001:db8::1]", "jane@[ipv6:::1]"],
            ),
            (
                EmailSyntax { dotless: true, ..PLAIN },
                vec!["jane@localhost", "jane@ai", "jane@localhost."],
            ),
            (
                EmailSyntax { quoted: true, ..PLAIN },
                vec![
                    r#""john doe"@example.com"#,
                    r#""a@b"@example.com"#,
                    r#""a\"b\\"@example.com"#,
                    r#"""@example.com"#,
                ],
            ),
        ];
        for (allowed, texts) in &cases {
            for text in texts {
                assert!(EVERYTHING.fits(text), "{text}");
                for (syntax, _) in &cases {
                    assert_eq!(syntax.fits(text), syntax == allowed, "{text} {syntax:?}");
                }
                assert!(!PLAIN.fits(text), "{text}");
            }
        }
        assert!(EVERYTHING.fits(r#""john doe"@[192.0.2.1]"#) && EVERYTHING.fits(r#""john doe"@localhost"#));
    }

    #[test]
    fn what_is_no_address_never_fits() {
        for text in [
            "",
            "@",
            "jane",
            "@example.com",
            "jane@",
            "jane@.",
            "jane roe@example.com",
            "jane@roe@example.com",
            "jane@exa mple.com",
            "jane@a..b",
            "jane@_",
            "jane@[192.0.2.256]",
            "jane@[192.0.2.1",
            "jane@192.0.2.1]",
            "jane@[2001:db8::1]",
            "jane@[IPv6:192.0.2.1]",
            "jane@[IPv6:]",
            "jane@[x-tag:1]",
            "jane@[]",
            r#""jane@example.com"#,
            r#"jane"@example.com"#,
            r#""@example.com"#,
            r#""a"b"@example.com"#,
            r#""a\"@example.com"#,
            "\"a\tb\"@example.com",
            "\"a\\\nb\"@example.com",
            r#""josé"@example.com"#,
            r#""a".b@example.com"#,
            "Jane <jane@example.com>",
            "jane@example.com, joe@example.com",
        ] {
            assert!(!EVERYTHING.fits(text), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_smtp() {
        let domain = |length: usize| format!("{}.example", vec!["d".repeat(11); 20].join(".").split_at(length - 8).0);
        let address = |local: usize, of_domain: usize| format!("{}@{}", "l".repeat(local), domain(of_domain));
        assert!(PLAIN.fits(&address(64, 189)) && PLAIN.fits(&address(20, 233)));
        assert!(!PLAIN.fits(&address(65, 30)), "a local part of 65 bytes");
        assert!(!PLAIN.fits(&address(64, 190)), "255 bytes in all");
        let quoted = |length: usize| format!("\"{}\"@example.com", "q".repeat(length - 2));
        assert!(EVERYTHING.fits(&quoted(64)) && !EVERYTHING.fits(&quoted(65)));
    }

    proptest! {
        #[test]
        fn plain_is_what_the_directory_of_addresses_takes(text in "\\PC{0,20}|[a-z\"@.\\[\\]: ]{0,12}|[a-zà-ÿ.+]{1,6}@[a-z.-]{1,6}") {
            let parsed = Address::parse(&text).is_ok_and(|address| address.domain().as_str().contains('.'));
            prop_assert_eq!(PLAIN.fits(&text), parsed);
            prop_assert!(!PLAIN.fits(&text) || EVERYTHING.fits(&text));
        }
    }
}
