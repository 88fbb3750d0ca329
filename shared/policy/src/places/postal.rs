use super::country::Country;

/// In bytes. A directory keeps 40 characters of a postal code.
const LONGEST: usize = 40;

/// Whether a text has the shape of the country's postal codes, whatever the case, with or without spaces and hyphens, and
/// with or without the country's code before it (`SE-114 55`). Where no shape is known, or there are no postal codes,
/// whatever could be one fits: 2 to 12 letters, digits, spaces and hyphens.
pub(crate) fn fits(country: &Country, text: &str) -> bool {
    let text = text.trim();
    if text.len() > LONGEST {
        return false;
    }
    if country.postal_shapes.is_empty() {
        return could_be_one(text);
    }
    let code = compact(text);
    let bare = code.strip_prefix(&country.code.to_ascii_lowercase());
    let mut shapes = country.postal_shapes.split('|');
    shapes.any(|shape| has_shape(&code, shape) || bare.is_some_and(|bare| has_shape(bare, shape)))
}

/// Whether a text could be the postal code of some country.
pub(crate) fn could_be_one(text: &str) -> bool {
    let is_usual = |c: char| c.is_alphanumeric() || is_separator(c);
    text.chars().all(is_usual) && text.chars().any(char::is_alphanumeric) && (2..=12).contains(&text.chars().count())
}

fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| !is_separator(*c))
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-')
}

fn has_shape(code: &str, shape: &str) -> bool {
    code.len() == shape.len()
        && code
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, wanted)| is_one_of(byte, wanted))
}

/// The small language of shapes: `N` is a digit, `A` a letter, `X` one of both, anything else itself.
fn is_one_of(byte: u8, wanted: u8) -> bool {
    match wanted {
        b'N' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_alphabetic(),
        b'X' => byte.is_ascii_alphanumeric(),
        itself => byte == itself,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits_in(country: &str, text: &str) -> bool {
        fits(&Country::of(country).unwrap(), text)
    }

    #[test]
    fn real_codes_fit() {
        for (country, codes) in [
            ("AD", "AD500, ad 700"),
            ("AR", "C1070AAM, 1070, B1636"),
            ("AT", "1010, AT-1010"),
            ("AU", "2060, 0800"),
            ("BE", "1000, BE-4000"),
            ("BR", "40301-110, 70002900"),
            ("CA", "K1A 0B1, h3z2y7, H3Z-2Y7"),
            ("CH", "8001, CH-3030"),
            ("CL", "8340457, 834-0457"),
            ("CN", "100096"),
            ("CZ", "110 00, 53087"),
            ("DE", "10115, DE-53225"),
            ("DK", "1566, DK-8660"),
            ("ES", "28039"),
            ("FI", "00550, FI-00011"),
            ("FR", "75001, 33 380"),
            (
                "GB",
                "SW1A 1AA, M1 1AE, B33 8TH, CR2 6XH, DN55 1PT, W1A 0AX, EC1A1BB, gir 0aa, BFPO 61",
            ),
            ("GR", "151 24"),
            ("HU", "1037"),
            ("IE", "A65 F4E2, D6W XY00, d02af30"),
            ("IL", "9614303, 96143"),
            ("IN", "110034, 110 034"),
            ("IT", "00144"),
            ("JP", "154-0023, 1540023"),
            ("KR", "03051"),
            ("LT", "LT-04340, 04340"),
            ("LU", "L-4750, 4750"),
            ("LV", "LV-1073"),
            ("MT", "NXR 01, BZN 1130"),
            ("MX", "02860"),
            ("NL", "1234 AB, 2490AA, NL-1234 AB"),
            ("NO", "0025"),
            ("PL", "00-950, 00950"),
            ("PT", "2725-079, 2725079"),
            ("RU", "247112"),
            ("SE", "114 55, SE-114 55, 11455"),
            ("SG", "546080"),
            ("TW", "104, 10603, 106-409"),
            ("US", "95014, 22162-1010, 221621010, 22162 1010"),
            ("ZA", "0083"),
        ] {
            for code in codes.split(", ") {
                assert!(fits_in(country, code), "{country} {code}");
            }
        }
    }

    #[test]
    fn others_do_not() {
        for (country, codes) in [
            ("AR", "C107, 1070AAM1, C1070AA, 107"),
            ("BR", "40301, 40301-11O"),
            ("CA", "K1A 0B, 11A 0B1, KA1 0B1, K1A 0B1 2"),
            ("DE", "1011, 101155, D0115, FR-10115, １０１１５, 10115_"),
            ("GB", "SW1A, 1AA SW1A, SW1A 1A1, ABC1 1AA, 12345"),
            ("IE", "A65, D02 AF3, 6WD XY00, D6X XY00"),
            ("JP", "154-002"),
            ("NL", "1234, 1234 A, AB 1234, 1234 12"),
            ("PL", "00-95, 00-9500"),
            ("PT", "2725, 2725-07"),
            ("SE", "1145, 114 555"),
            ("US", "9501, 95014-12, 9501A, 95014.1010"),
        ] {
            for code in codes.split(", ") {
                assert!(!fits_in(country, code), "{country} {code}");
            }
        }
        for country in ["DE", "GB", "HK"] {
            for code in ["", " ", "-", "--", "\n", "1"] {
                assert!(!fits_in(country, code), "{country} {code:?}");
            }
        }
        assert!(fits_in("DE", &format!("1{}0115", "-".repeat(35))));
        assert!(
            !fits_in("DE", &format!("1{}0115", "-".repeat(36))),
            "longer than any directory keeps"
        );
    }

    #[test]
    fn without_a_known_shape_whatever_could_be_one_fits() {
        for country in ["AE", "HK", "JM", "QA"] {
            for code in ["00", "000000", "Kowloon 12", "999-077"] {
                assert!(fits_in(country, code), "{country} {code}");
            }
            for code in ["N/A", "x", "1234567890123", "<b>12"] {
                assert!(!fits_in(country, code), "{country} {code}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_for(text in "\\PC{0,12}|[A-Za-z0-9 -]{0,12}", country in "GB|DE|HK|IE|AR") {
            prop_assert_eq!(fits_in(&country, &text), fits_in(&country, &format!(" {} ", text.to_ascii_lowercase())));
        }
    }
}
