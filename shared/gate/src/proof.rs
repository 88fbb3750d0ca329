use std::fmt;

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

/// The most pairs: two are needed while a password is changed, per connector.
const MOST_PAIRS: usize = 8;

/// Padding is demanded by RFC 7617 and forgotten by clients.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The user names and passwords of which a call must show one by HTTP Basic. Holds digests only.
#[derive(Clone)]
pub struct Credentials(Vec<Pair>);

#[derive(Clone)]
struct Pair {
    name: [u8; 32],
    secret: [u8; 32],
    is_plain: bool,
}

impl Credentials {
    /// Reads one to eight lines of `name:secret`, where the secret is plain or `sha256:` and the 64 hex digits of its
    /// digest. The name ends at the first `:`.
    ///
    /// # Errors
    /// [`BadCredentials`], by line; no text of a secret is in it.
    pub fn parse(lines: &str) -> Result<Credentials, BadCredentials> {
        let lines: Vec<_> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() || lines.len() > MOST_PAIRS {
            return Err(BadCredentials::Count(lines.len()));
        }
        let pairs = lines
            .iter()
            .zip(1..)
            .map(|(line, number)| Pair::parse(line).ok_or(BadCredentials::Line(number)));
        pairs.collect::<Result<_, _>>().map(Credentials)
    }

    /// Whether any secret is given in plain text, which a console would show.
    pub fn any_plain(&self) -> bool {
        self.0.iter().any(|pair| pair.is_plain)
    }

    /// Whether an `Authorization` header shows one of the pairs. The time taken depends on the header's length alone.
    pub(crate) fn accept(&self, header: Option<&[u8]>) -> bool {
        let Some((name, secret)) = header.and_then(decode) else {
            return false;
        };
        // Which character set the service uses is unknown: the bytes count as they are and as Latin-1.
        let readings = [
            (name.clone(), secret.clone()),
            (from_latin1(&name), from_latin1(&secret)),
        ];
        let digests = readings.map(|(name, secret)| (digest(&name), digest(&secret)));
        let mut accepted = Choice::from(0);
        for pair in &self.0 {
            for (name, secret) in &digests {
                accepted |= pair.name.ct_eq(name) & pair.secret.ct_eq(secret);
            }
        }
        accepted.into()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({} pairs)", self.0.len())
    }
}

impl Pair {
    fn parse(line: &str) -> Option<Pair> {
        let (name, secret) = line
            .split_once(':')
            .filter(|(name, secret)| !name.is_empty() && !secret.is_empty())?;
        let name = digest(name.as_bytes());
        match secret.strip_prefix("sha256:") {
            Some(hex) => {
                let mut secret = [0; 32];
                hex::decode_to_slice(hex.trim(), &mut secret).ok()?;
                // The digest of nothing would let in an empty password.
                (secret != digest(b"")).then_some(Pair {
                    name,
                    secret,
                    is_plain: false,
                })
            }
            None => Some(Pair {
                name,
                secret: digest(secret.as_bytes()),
                is_plain: true,
            }),
        }
    }
}

/// What is wrong with configured credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCredentials {
    /// None, or more than eight.
    Count(usize),
    /// This line, from 1, is no pair.
    Line(usize),
}

impl fmt::Display for BadCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadCredentials::Count(count) => write!(f, "{count} lines (secrets are not shown)"),
            BadCredentials::Line(line) => write!(f, "something else in line {line} (secrets are not shown)"),
        }
    }
}

impl std::error::Error for BadCredentials {}

/// Name and secret of a header: the scheme in any case, split at the first `:`.
fn decode(header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, token) = header.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let pair = BASE64.decode(token.trim_ascii()).ok()?;
    let colon = pair.iter().position(|byte| *byte == b':')?;
    let (name, secret) = (pair[..colon].to_vec(), pair[colon + 1..].to_vec());
    (!name.is_empty() && !secret.is_empty()).then_some((name, secret))
}

fn from_latin1(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .map(|byte| char::from(*byte))
        .collect::<String>()
        .into_bytes()
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(pair: &[u8]) -> Vec<u8> {
        format!("Basic {}", BASE64.encode(pair)).into_bytes()
    }

    fn accepts(lines: &str, pair: &[u8]) -> bool {
        Credentials::parse(lines).unwrap().accept(Some(&header(pair)))
    }

    #[test]
    fn any_of_the_pairs_is_accepted() {
        let hashed = format!("new:sha256:{}", hex::encode(digest(b"s3cret")));
        let lines = format!("entra:a:b:c\n\n  {hashed}\n");
        assert!(accepts(&lines, b"entra:a:b:c") && accepts(&lines, b"new:s3cret"));
        for wrong in [
            &b"entra:a:b"[..],
            b"entra:s3cret",
            b"new:a:b:c",
            b"entra:",
            b":",
            b"",
            b"new",
            b"new:s3cret ",
        ] {
            assert!(!accepts(&lines, wrong), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn schemes_and_paddings_vary() {
        let credentials = Credentials::parse("a:bc").unwrap();
        for header in ["basic YTpiYw==", "BASIC  YTpiYw==", "Basic YTpiYw", "Basic YTpiYw== "] {
            assert!(credentials.accept(Some(header.as_bytes())), "{header}");
        }
        for header in ["Bearer YTpiYw==", "Basic", "Basic ", "BasicYTpiYw==", "Basic !!!!", ""] {
            assert!(!credentials.accept(Some(header.as_bytes())), "{header}");
        }
        assert!(!credentials.accept(None));
    }

    #[test]
    fn latin1_and_utf8_are_both_understood() {
        let lines = format!("müller:sha256:{}", hex::encode(digest("pässword".as_bytes())));
        assert!(accepts(&lines, "müller:pässword".as_bytes()));
        assert!(accepts(&lines, b"m\xfcller:p\xe4ssword"));
    }

    #[test]
    fn nothing_configured_is_refused() {
        let nine = "a:b\n".repeat(9);
        for (lines, error) in [
            ("", BadCredentials::Count(0)),
            ("\n \n", BadCredentials::Count(0)),
            (nine.as_str(), BadCredentials::Count(9)),
            ("a:b\nnocolon", BadCredentials::Line(2)),
            (":b", BadCredentials::Line(1)),
            ("a:", BadCredentials::Line(1)),
            ("a:sha256:12", BadCredentials::Line(1)),
            (
                &format!("a:sha256:{}", hex::encode(digest(b""))),
                BadCredentials::Line(1),
            ),
        ] {
            assert_eq!(Credentials::parse(lines).err(), Some(error), "{lines}");
        }
    }

    proptest! {
        #[test]
        fn only_the_pair_itself_is_accepted(header in prop::collection::vec(any::<u8>(), 0..40)) {
            let credentials = Credentials::parse("entra:a-long-generated-password").unwrap();
            prop_assert!(!credentials.accept(Some(&header)));
        }
    }
}
