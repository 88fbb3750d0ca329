use std::{collections::HashMap, fmt};

use approvals::{GroupClaim, Groups, Terms};
use host::StartError;
use sha2::{Digest, Sha256};
use store::Person;
use subtle::{ConditionallySelectable, ConstantTimeEq};

/// What the setting wants, in its error.
const WANTS: &str = "lines of `name:token`, `name:sha256:HEX` or `name[claim; claim]:token`; each name once, 1 to 80 \
                     characters without `[` and `]`; each token once, of at least 128 random bits (`openssl rand -hex 16`)";

/// How many different characters a random token has at least: fewer are somebody's idea of one.
const FEWEST_CHARACTERS: usize = 6;

/// A token needs this many bits, as far as its length and its characters tell.
const FEWEST_BITS: f64 = 128.0;

/// Longer tokens would not fit into headers everywhere.
const LONGEST: usize = 512;

/// Who may decide, by name. Holds digests of the tokens only.
#[derive(Clone)]
pub struct Reviewers(Vec<Reviewer>);

/// One person who may decide.
#[derive(Clone)]
pub(crate) struct Reviewer {
    pub(crate) name: String,
    /// What the log-in claims about groups.
    claims: Vec<GroupClaim>,
    /// The SHA-256 digest of the token.
    pub(crate) digest: [u8; 32],
}

/// How many hex digits of a name's digest stand in the log.
const TAG_DIGITS: usize = 12;

impl Reviewers {
    /// Reads one `name:token` a line. The name ends at the first `:`. Between the two there may be, in brackets, what the
    /// log-in claims about groups: `name[hr-approvers; security]:token`. Instead of a token there may be `sha256:` and the
    /// 64 hex digits of its digest, so that whoever reads the setting cannot show the token. They can still make a
    /// session of it: a session's key comes from the digest, since a function has no other secret.
    ///
    /// # Errors
    /// [`BadReviewers`], by line; no text of a line is in it.
    pub fn parse(lines: &str) -> Result<Reviewers, BadReviewers> {
        let mut reviewers = Vec::new();
        let (mut names, mut tokens) = (HashMap::new(), HashMap::new());
        for (line, number) in lines.lines().map(str::trim).zip(1..) {
            if line.is_empty() {
                continue;
            }
            let bad = |what| BadReviewers { line: number, what };
            let reviewer = Reviewer::parse(line).map_err(bad)?;
            if let Some(first) = names.insert(reviewer.name.to_lowercase(), number) {
                return Err(bad(Wrong::SameName(first)));
            }
            if let Some(first) = tokens.insert(reviewer.digest, number) {
                return Err(bad(Wrong::SameToken(first)));
            }
            reviewers.push(reviewer);
        }
        let none = BadReviewers {
            line: 0,
            what: Wrong::Nobody,
        };
        (!reviewers.is_empty()).then_some(Reviewers(reviewers)).ok_or(none)
    }

    /// Who decides with this token, to requests; nothing if it is nobody's.
    pub fn decider(&self, token: &str, terms: &Terms) -> Option<approvals::Reviewer> {
        Some(self.by_token(token.as_bytes())?.as_decider(terms))
    }

    /// Whose token this is. The time taken depends on the token's length and on how many reviewers there are.
    pub(crate) fn by_token(&self, token: &[u8]) -> Option<&Reviewer> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let mut place = u32::MAX;
        for (reviewer, own) in self.0.iter().zip(0..) {
            place.conditional_assign(&own, reviewer.digest.ct_eq(&digest));
        }
        self.0.get(usize::try_from(place).ok()?)
    }

    /// Whether somebody can log in, in whatever letters their name is written.
    pub fn has(&self, person: &Person) -> bool {
        self.0.iter().any(|reviewer| Person::of(&reviewer.name) == *person)
    }

    /// The groups with all who can log in and belong to them, by name or by claim, and nobody else.
    pub fn in_groups(&self, groups: &Groups) -> Groups {
        groups.among(self.0.iter().map(|reviewer| (&*reviewer.name, &*reviewer.claims)))
    }

    /// The reviewer with this name.
    pub(crate) fn by_name(&self, name: &str) -> Option<&Reviewer> {
        self.0.iter().find(|reviewer| reviewer.name == name)
    }
}

impl fmt::Debug for Reviewers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reviewers({})", self.0.len())
    }
}

impl Reviewer {
    /// Who this is to requests.
    pub(crate) fn as_decider(&self, terms: &Terms) -> approvals::Reviewer {
        approvals::Reviewer::named(&self.name, terms.groups.of(&self.name, &self.claims))
    }

    /// Who this is in the log, where a name may not stand: it may be an address. The first digits of the SHA-256 digest of
    /// the name in lower case, which anybody who knows the name can make.
    pub(crate) fn tag(&self) -> String {
        let mut digits = hex::encode(Sha256::digest(self.name.to_lowercase()));
        digits.truncate(TAG_DIGITS);
        digits
    }

    fn parse(line: &str) -> Result<Reviewer, Wrong> {
        let (who, token) = line.split_once(':').ok_or(Wrong::Shape)?;
        let (name, claims) = read_claims(who.trim())?;
        let token = token.trim();
        if !(1..=80).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Wrong::Name);
        }
        let digest = match token.strip_prefix("sha256:") {
            Some(hex) => read_digest(hex).ok_or(Wrong::Digest)?,
            None if is_strong(token) => Sha256::digest(token).into(),
            None => return Err(Wrong::Token),
        };
        let name = name.to_owned();
        Ok(Reviewer { name, claims, digest })
    }
}

/// A name, and what stands in brackets behind it.
fn read_claims(who: &str) -> Result<(&str, Vec<GroupClaim>), Wrong> {
    let (name, claims) = match who.split_once('[') {
        None => (who, Vec::new()),
        Some((name, claims)) => {
            let claims = claims.strip_suffix(']').ok_or(Wrong::Claims)?.split(';');
            let claims = claims.map(|claim| GroupClaim::parse(claim.trim()).ok_or(Wrong::Claims));
            (name.trim(), claims.collect::<Result<_, _>>()?)
        }
    };
    match name.contains(']') {
        true => Err(Wrong::Claims),
        false => Ok((name, claims)),
    }
}

/// A digest, except that of nothing: a script that lost the token makes it.
fn read_digest(hex: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(hex, &mut digest).ok()?;
    (digest[..] != Sha256::digest("")[..]).then_some(digest)
}

/// Whether a token can hold 128 random bits, and does not look made up.
fn is_strong(token: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.~+/=".contains(&b);
    token.len() <= LONGEST
        && token.bytes().all(legal)
        && bits(token) >= FEWEST_BITS
        && different(token) >= FEWEST_CHARACTERS
        && !repeats(token)
}

/// How many random bits a text of such characters can hold.
fn bits(token: &str) -> f64 {
    let all = |is: fn(u8) -> bool| token.bytes().filter(u8::is_ascii_alphanumeric).all(is);
    let alphabet = if all(|b| b.is_ascii_digit()) {
        10.0_f64
    } else if all(|b| b.is_ascii_hexdigit()) {
        16.0
    } else if all(|b| !b.is_ascii_uppercase()) || all(|b| !b.is_ascii_lowercase()) {
        // Base 32, or something like it.
        32.0
    } else {
        return 6.0 * token.len() as f64;
    };
    // Here a hyphen stands between groups, as in a UUID, and says nothing.
    let length = token.bytes().filter(u8::is_ascii_alphanumeric).count();
    alphabet.log2() * length as f64
}

fn different(token: &str) -> usize {
    token.bytes().collect::<std::collections::HashSet<_>>().len()
}

/// Whether a text is a shorter one over and over again.
fn repeats(token: &str) -> bool {
    let bytes = token.as_bytes();
    (1..=bytes.len() / 2).any(|period| bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b))
}

/// What is wrong with the configured reviewers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReviewers {
    /// From 1; 0 where no line is to blame.
    line: usize,
    what: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nobody,
    Shape,
    Name,
    Claims,
    Token,
    Digest,
    SameName(usize),
    SameToken(usize),
}

impl BadReviewers {
    /// As the setting's mistake.
    pub fn into_start_error(self) -> StartError {
        StartError::setting("VESTIBULE_REVIEWERS", self, WANTS)
    }
}

impl fmt::Display for BadReviewers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match self.what {
            Wrong::Nobody => f.write_str("without a line that names anybody"),
            Wrong::Shape => write!(f, "no `name:token` in line {line} (tokens are not shown)"),
            Wrong::Name => write!(f, "no usable name in line {line} (tokens are not shown)"),
            Wrong::Claims => write!(
                f,
                "no list of claims in the brackets of line {line} (tokens are not shown)"
            ),
            Wrong::Token => write!(f, "a token that can be guessed in line {line} (tokens are not shown)"),
            Wrong::Digest => write!(
                f,
                "no digest of a token after `sha256:` in line {line} (it is not shown)"
            ),
            Wrong::SameName(first) => write!(f, "the name of line {first} again in line {line}"),
            Wrong::SameToken(first) => write!(f, "the token of line {first} again in line {line}"),
        }
    }
}

impl std::error::Error for BadReviewers {}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015";
    const BASE64: &str = "n4bQgYhMfWWaL-qgxVrQFa";

    fn wrong(lines: &str) -> Option<(usize, Wrong)> {
        Reviewers::parse(lines).err().map(|bad| (bad.line, bad.what))
    }

    #[test]
    fn tokens_are_judged_by_what_they_can_hold() {
        for token in [
            HEX,
            BASE64,
            "jbswy3dpehpk3pxpjbswy4dpeh",
            "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        ] {
            assert!(is_strong(token), "{token}");
        }
        let long = "aB3-".repeat(200);
        for token in [
            "",
            "hunter2",
            &HEX[1..],
            &BASE64[1..],
            "123456789012345678901234567890123456789",
            "0123456789abcdef0123456789abcdef",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "abababababababababababababababababababababab",
            "n4bQgYhMfWWaL qgxVrQFa",
            "n4bQgYhMfWWaL:qgxVrQFa",
            &long,
        ] {
            assert!(!is_strong(token), "{token}");
        }
    }

    #[test]
    fn errors_name_the_line_and_show_no_secret() {
        for (lines, expected) in [
            (String::new(), (0, Wrong::Nobody)),
            (" \n\n".to_owned(), (0, Wrong::Nobody)),
            (format!("rita:{HEX}\n\nnobody"), (3, Wrong::Shape)),
            (format!(":{HEX}"), (1, Wrong::Name)),
            (format!("{}:{HEX}", "n".repeat(81)), (1, Wrong::Name)),
            (format!("ri\u{7}ta:{HEX}"), (1, Wrong::Name)),
            (format!("[hr]:{HEX}"), (1, Wrong::Name)),
            (format!("rita[]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr:{HEX}"), (1, Wrong::Claims)),
            (format!("rita hr]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr]x:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr][it]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr;]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr, it]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[h:r]:{HEX}"), (1, Wrong::Claims)),
            (format!("rita[hr]:{HEX}\nRita:{BASE64}"), (2, Wrong::SameName(1))),
            ("rita:hunter2".to_owned(), (1, Wrong::Token)),
            ("rita:sha256:9f86d0".to_owned(), (1, Wrong::Digest)),
            (
                format!("rita:sha256:{}", hex::encode(Sha256::digest(""))),
                (1, Wrong::Digest),
            ),
            (
                format!("rita:{HEX}\nrob:sha256:{}", hex::encode(Sha256::digest(HEX))),
                (2, Wrong::SameToken(1)),
            ),
            (format!("rita:{HEX}\nRITA:{BASE64}"), (2, Wrong::SameName(1))),
            (format!("rita:{HEX}\nrob:{HEX}"), (2, Wrong::SameToken(1))),
        ] {
            assert_eq!(wrong(&lines), Some(expected), "{lines:?}");
            let shown = Reviewers::parse(&lines).unwrap_err().into_start_error().to_string();
            assert!(shown.starts_with("VESTIBULE_REVIEWERS is "), "{shown}");
            assert!(
                expected.0 == 0 || shown.contains(&format!("line {}", expected.0)),
                "{shown}"
            );
            assert!(
                !shown.contains(HEX) && !shown.contains("hunter2") && !shown.contains("ri\u{7}ta"),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_token_tells_who_it_is() {
        let digest = hex::encode(Sha256::digest(BASE64));
        let reviewers = Reviewers::parse(&format!("rita : {HEX} \r\n\n  rob:sha256:{digest}\n")).unwrap();
        let name = |token: &str| {
            reviewers
                .by_token(token.as_bytes())
                .map(|reviewer| reviewer.name.as_str())
        };
        assert_eq!((name(HEX), name(BASE64)), (Some("rita"), Some("rob")));
        for token in [
            "",
            &HEX[1..],
            &HEX.to_uppercase(),
            &format!("{HEX} "),
            "rita",
            &digest,
            &format!("sha256:{digest}"),
        ] {
            assert_eq!(name(token), None, "{token}");
        }
        assert_eq!(format!("{reviewers:?}"), "Reviewers(2)");
    }
}
