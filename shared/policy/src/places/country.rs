use icu_normalizer::DecomposingNormalizerBorrowed;

use super::table;

/// Alpha-2 code, calling code, shapes of postal codes.
const COUNTRIES: &str = include_str!("countries.tsv");
/// A name as [`fold`] makes it, or an alpha-3 code, and the alpha-2 code.
const NAMES: &str = include_str!("names.tsv");

/// More bytes than any name has. Nobody can make us fold a whole book.
const LONGEST: usize = 120;

/// A country of ISO 3166-1, or Kosovo, which has a code of its own in directories (`XK`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) code: &'static str,
    /// What follows the `+` in numbers of the country; others may share it.
    pub(super) calling_code: &'static str,
    /// Alternatives with `|` between them, in the small language of `postal.rs`; empty where none are known.
    pub(super) postal_shapes: &'static str,
}

impl Country {
    /// The country that a text names: by an ISO code of two or three letters, in English, or as it is called in the
    /// country's own languages. Capitals, accents, spaces and punctuation do not matter.
    pub(crate) fn of(text: &str) -> Option<Country> {
        if text.len() > LONGEST {
            return None;
        }
        let name = fold(text);
        let by_code = (name.len() == 2).then(|| Country::with_code(&name.to_ascii_uppercase()));
        // `uk` is a name: in the ISO codes it is reserved and not assigned.
        by_code.flatten().or_else(|| Country::named(&name))
    }

    fn named(folded: &str) -> Option<Country> {
        let [_, code] = table::columns(table::find(NAMES, folded)?);
        Country::with_code(code)
    }

    fn with_code(code: &str) -> Option<Country> {
        let [code, calling_code, postal_shapes] = table::columns(table::find(COUNTRIES, code)?);
        Some(Country {
            code,
            calling_code,
            postal_shapes,
        })
    }
}

/// The alpha-2 code of the country that a text names, as [`Country::of`] reads it. What it returns names itself.
pub(crate) fn iso_code(text: &str) -> Option<&'static str> {
    Country::of(text).map(|country| country.code)
}

/// What is left of a name to compare: letters and digits without accents, in lower case, without the article.
/// `scripts/places` does the same to the names of the table.
fn fold(name: &str) -> String {
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(name);
    let folded = apart
        .replace('&', "and")
        .chars()
        .filter(counts)
        .flat_map(char::to_lowercase)
        .collect::<String>();
    match folded.strip_prefix("the") {
        Some(rest) => rest.to_owned(),
        None => folded,
    }
}

/// Whether a character of a decomposed name tells it from others: no space, punctuation or accent, and none of the
/// joiners that nobody sees.
fn counts(c: &char) -> bool {
    !(c.is_whitespace()
        || matches!(c, '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '’' | '‘' | 'ʻ')
        || (c.is_ascii() && !c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_and_names_become_alpha_2() {
        for (text, code) in [
            ("DE", "DE"),
            (" de ", "DE"),
            ("DEU", "DE"),
            ("Germany", "DE"),
            ("DEUTSCHLAND", "DE"),
            ("Oesterreich", "AT"),
            ("Österreich", "AT"),
            ("O\u{308}sterreich", "AT"),
            ("España", "ES"),
            ("espana", "ES"),
            ("日本", "JP"),
            ("ＪＰ", "JP"),
            ("中国", "CN"),
            ("臺灣", "TW"),
            ("Россия", "RU"),
            ("Russian Federation", "RU"),
            ("ΕΛΛΆΔΑ", "GR"),
            ("Κύπρος", "CY"),
            ("ΚΥΠΡΟΣ", "CY"),
            ("مصر", "EG"),
            ("भारत", "IN"),
            ("대한민국", "KR"),
            ("Korea, Republic of", "KR"),
            ("South Korea", "KR"),
            ("Korea", "KR"),
            ("North Korea", "KP"),
            ("United States", "US"),
            ("United States of America", "US"),
            ("U.S.A.", "US"),
            ("u.s.", "US"),
            ("UK", "GB"),
            ("England", "GB"),
            ("The Netherlands", "NL"),
            ("Holland", "NL"),
            ("Côte d'Ivoire", "CI"),
            ("Cote d’Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Türkiye", "TR"),
            ("TÜRKİYE", "TR"),
            ("Turkey", "TR"),
            ("Česko", "CZ"),
            ("Czech Republic", "CZ"),
            ("Trinidad & Tobago", "TT"),
            ("Trinidad and Tobago", "TT"),
            ("St. Lucia", "LC"),
            ("Saint Lucia", "LC"),
            ("Hong Kong SAR", "HK"),
            ("Macao SAR", "MO"),
            ("Congo (DRC)", "CD"),
            ("Congo", "CG"),
            ("Schweiz", "CH"),
            ("Suisse", "CH"),
            ("Svizzera", "CH"),
            ("Viet Nam", "VN"),
            ("Việt Nam", "VN"),
            ("Guinea-Bissau", "GW"),
            ("Guinea", "GN"),
            ("Thailand", "TH"),
            ("Kosovo", "XK"),
            ("Curaçao", "CW"),
            ("São Tomé and Príncipe", "ST"),
            ("Eswatini", "SZ"),
            ("Swaziland", "SZ"),
            ("Holy See (Vatican City State)", "VA"),
        ] {
            assert_eq!(iso_code(text), Some(code), "{text}");
        }
    }

    #[test]
    fn what_names_no_country_is_none() {
        for text in [
            "",
            " ",
            "the",
            "XX",
            "ZZ",
            "EU",
            "Europe",
            "Germanyy",
            "# Made by",
            "DE\t49",
            "4",
            "Ger many\n\tDE",
        ] {
            assert_eq!(iso_code(text), None, "{text:?}");
        }
        assert_eq!(iso_code(&" ".repeat(119)), None);
        assert_eq!(
            iso_code(&format!("{}DE", " ".repeat(199))),
            None,
            "too long to be looked at"
        );
    }

    fn rows(table: &'static str) -> impl Iterator<Item = [&'static str; 3]> {
        table.lines().skip(1).map(table::columns)
    }

    #[test]
    fn every_name_in_the_table_is_found_as_its_country() {
        for [name, code, _] in rows(NAMES) {
            assert_eq!(fold(name), name, "the script folds differently");
            assert_eq!(iso_code(name), Some(code), "{name}");
            assert_eq!(iso_code(&name.to_uppercase()), Some(code), "{name} in capitals");
        }
    }

    #[test]
    fn every_code_names_itself() {
        let codes = rows(COUNTRIES).map(|[code, ..]| code).collect::<Vec<_>>();
        assert_eq!(codes.len(), 250, "249 of ISO 3166-1, and Kosovo");
        for code in codes {
            assert_eq!(iso_code(code), Some(code));
            let alpha_3 = |[name, of, _]: [&str; 3]| of == code && name.len() == 3;
            assert!(rows(NAMES).any(alpha_3), "{code} has no alpha-3 code");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_for(text in "\\PC{0,30}|[a-zA-Z .&']{0,8}|[A-Za-z]{2,3}") {
            if let Some(code) = iso_code(&text) {
                prop_assert_eq!(iso_code(code), Some(code));
            }
        }
    }
}
