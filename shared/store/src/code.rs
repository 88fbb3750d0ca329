//! Codes of invitations: how they are written, and how they are read from what people type.

use std::fmt;

use claims::Hash;

/// Crockford's base 32 (<https://www.crockford.com/base32.html>): digits and letters without `I`, `L`, `O` and `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many characters a code has, of five bits each: 100 bits, which nobody guesses.
const LENGTH: usize = 20;

/// After so many characters there is a dash.
const GROUP: usize = 5;

/// A code that lets people sign up. Whoever has it can: it is shown once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationCode(String);

impl InvitationCode {
    /// The code of 100 random bits: the lowest of these.
    pub fn of_bits(bits: u128) -> InvitationCode {
        let five = |place: usize| (bits >> (5 * place)) as usize % ALPHABET.len();
        let letters = (0..LENGTH).rev().map(|place| char::from(ALPHABET[five(place)]));
        InvitationCode(letters.collect())
    }

    /// Reads what somebody typed: capitals or not, with dashes and spaces anywhere or nowhere, `O` for zero, `I` and `L` for
    /// one. Nothing if it cannot be a code.
    pub fn parse(text: &str) -> Option<InvitationCode> {
        let between = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
        let letters = text.chars().filter(|c| !between(c)).map(letter);
        // One more than a code has tells that it is too long; a claim may be.
        let code: String = letters.take(LENGTH + 1).collect::<Option<_>>()?;
        (code.len() == LENGTH).then_some(InvitationCode(code))
    }

    /// Under which an invitation is kept.
    pub fn hash(&self) -> Hash {
        Hash::of(&["invitation", &self.0])
    }
}

/// In groups: `7ZK0M-3W2QF-9XJ4D-5TB6N`.
impl fmt::Display for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

/// Without the code.
impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(..)")
    }
}

/// The hash of the code that somebody typed; nothing if it cannot be one.
pub fn invitation_code(text: &str) -> Option<Hash> {
    InvitationCode::parse(text).map(|code| code.hash())
}

/// As codes have it; nothing if they have no such character.
fn letter(typed: char) -> Option<char> {
    let letter = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    ALPHABET.contains(&u8::try_from(letter).ok()?).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its letters are the alphabet, in order, without the last twelve.
    fn code() -> InvitationCode {
        InvitationCode::of_bits(0x0443_214c_7425_4b63_5cf8_4653)
    }

    #[test]
    fn a_code_has_a_hundred_bits_in_groups() {
        assert_eq!(code().to_string(), "01234-56789-ABCDE-FGHJK");
        assert_eq!(
            InvitationCode::of_bits(u128::MAX).to_string(),
            "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ"
        );
        assert_eq!(InvitationCode::of_bits(1 << 99).to_string(), "G0000-00000-00000-00000");
        assert_eq!(InvitationCode::of_bits(1 << 100), InvitationCode::of_bits(0));
        assert_eq!(format!("{:?}", code()), "InvitationCode(..)");
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in [
            "01234-56789-ABCDE-FGHJK",
            "0123456789abcdefghjk",
            "  O1234 56789 abcde\u{2013}fghjk\n",
            "oi234-56789-ABCDE-FGHJK",
            "0l23-456789-AB-CDEFGHJK-",
            "0L23456789ABCDEFGHJK",
        ] {
            assert_eq!(InvitationCode::parse(typed), Some(code()), "{typed:?}");
            assert_eq!(invitation_code(typed), Some(code().hash()), "{typed:?}");
        }
    }

    #[test]
    fn what_can_be_no_code_is_none() {
        for typed in [
            "",
            "-",
            "01234-56789-ABCDE-FGHJ",
            "01234-56789-ABCDE-FGHJK-M",
            "01234-56789-ABCDE-FGHJU",
            "01234-56789-ABCDE-FGHJ\u{ff2b}",
            "01234_56789_ABCDE_FGHJK",
            &"0".repeat(100_000),
        ] {
            assert_eq!(InvitationCode::parse(typed), None, "{typed:.40}");
        }
    }
}
