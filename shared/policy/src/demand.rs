//! What a claim can be asked to be like.

use claims::{ClaimName, Value};
use time::Date;

use crate::{
    characters::Characters,
    dates::{self, Day},
    email::EmailSyntax,
    lists::{List, Values},
    pattern::Pattern,
    places::{country::Country, phone, postal},
    scene::{Failure, Scene},
};

/// One thing that a claim must be like.
#[derive(Debug)]
pub(crate) enum Demand {
    /// In characters that can be seen, without surrounding spaces.
    MinLength(usize),
    /// In characters of the value as it is stored.
    MaxLength(usize),
    Characters(Characters),
    Pattern(Pattern),
    OneOf(Values),
    /// The same of a condition, with the values in their place.
    Is(Values),
    Minimum(Bound<f64>),
    Maximum(Bound<f64>),
    NotBefore(Bound<Day>),
    NotAfter(Bound<Day>),
    Email(EmailSyntax),
    /// A telephone number in E.164.
    Phone,
    PostalCode(CountryFrom),
    SameAs(ClaimName),
    DiffersFrom(ClaimName),
}

/// What a claim is compared with: something fixed, or what another claim says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Bound<T> {
    Fixed(T),
    Claim(ClaimName),
}

/// Which country's rules apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CountryFrom {
    Code(&'static str),
    Claim(ClaimName),
}

impl CountryFrom {
    /// The country; none if the claim names none that is known.
    pub(crate) fn country(&self, claims: &claims::Claims) -> Option<Country> {
        match self {
            CountryFrom::Code(code) => Country::of(code),
            CountryFrom::Claim(claim) => claims.get(claim)?.scalar().and_then(Country::of),
        }
    }
}

impl Demand {
    /// The key that says it in a policy.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Demand::MinLength(_) => "min_length",
            Demand::MaxLength(_) => "max_length",
            Demand::Characters(_) => "characters",
            Demand::Pattern(_) => "pattern",
            Demand::OneOf(_) => "one_of",
            Demand::Is(_) => "is",
            Demand::Minimum(_) => "minimum",
            Demand::Maximum(_) => "maximum",
            Demand::NotBefore(_) => "not_before",
            Demand::NotAfter(_) => "not_after",
            Demand::Email(_) => "email",
            Demand::Phone => "phone",
            Demand::PostalCode(_) => "postal_code",
            Demand::SameAs(_) => "same_as",
            Demand::DiffersFrom(_) => "differs_from",
        }
    }

    /// The list that it looks something up in.
    pub(crate) fn list(&self) -> Option<&List> {
        match self {
            Demand::OneOf(values) | Demand::Is(values) => Some(&values.0),
            _ => None,
        }
    }

    /// The other claim that it compares with.
    pub(crate) fn claim(&self) -> Option<&ClaimName> {
        match self {
            Demand::Minimum(Bound::Claim(claim))
            | Demand::Maximum(Bound::Claim(claim))
            | Demand::NotBefore(Bound::Claim(claim))
            | Demand::NotAfter(Bound::Claim(claim))
            | Demand::PostalCode(CountryFrom::Claim(claim))
            | Demand::SameAs(claim)
            | Demand::DiffersFrom(claim) => Some(claim),
            _ => None,
        }
    }

    /// Whether it asks something else on another day.
    pub(crate) fn counts_from_today(&self) -> bool {
        let bound = match self {
            Demand::NotBefore(bound) | Demand::NotAfter(bound) => bound,
            _ => return false,
        };
        matches!(bound, Bound::Fixed(Day::FromToday(..)))
    }

    /// The regular expression that it matches.
    pub(crate) fn pattern(&self) -> Option<&Pattern> {
        match self {
            Demand::Pattern(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// Whether one text of a claim is like that. What cannot be compared, because either side is missing or of another
    /// type, is not; but it differs from what is missing, and the postal code of an unknown country has any shape.
    pub(crate) fn accepts(&self, text: &str, scene: &Scene<'_>) -> Result<bool, Failure> {
        Ok(match self {
            Demand::MinLength(least) => Value::visible_length(text) >= *least,
            Demand::MaxLength(most) => text.chars().count() <= *most,
            Demand::Characters(characters) => text.chars().all(|c| characters.allow(c)),
            Demand::Pattern(pattern) => pattern.matches(text),
            Demand::OneOf(values) | Demand::Is(values) => return values.contain(text, scene.facts),
            Demand::Minimum(least) => compare(number(text), least.number(scene), |value, least| value >= least),
            Demand::Maximum(most) => compare(number(text), most.number(scene), |value, most| value <= most),
            Demand::NotBefore(first) => compare(dates::date(text), first.date(scene), |day, first| day >= first),
            Demand::NotAfter(last) => compare(dates::date(text), last.date(scene), |day, last| day <= last),
            Demand::Email(syntax) => syntax.fits(text),
            Demand::Phone => phone::is_e164(text),
            Demand::PostalCode(from) => match from.country(scene.claims) {
                Some(country) => postal::fits(&country, text),
                None => postal::could_be_one(text),
            },
            Demand::SameAs(other) => same(scene, other, text),
            Demand::DiffersFrom(other) => !same(scene, other, text),
        })
    }
}

impl Bound<f64> {
    fn number(&self, scene: &Scene<'_>) -> Option<f64> {
        match self {
            Bound::Fixed(bound) => Some(*bound),
            Bound::Claim(claim) => number(scene.claims.get(claim)?.scalar()?),
        }
    }
}

impl Bound<Day> {
    fn date(&self, scene: &Scene<'_>) -> Option<Date> {
        match self {
            Bound::Fixed(day) => day.on(scene.now),
            Bound::Claim(claim) => dates::date(scene.claims.get(claim)?.scalar()?),
        }
    }
}

fn compare<T>(value: Option<T>, bound: Option<T>, fits: impl Fn(T, T) -> bool) -> bool {
    value.zip(bound).is_some_and(|(value, bound)| fits(value, bound))
}

/// Digits with a sign, a point and an exponent, as JSON writes numbers; `inf` and `nan` are none.
fn number(text: &str) -> Option<f64> {
    let digits = |c: u8| c.is_ascii_digit() || matches!(c, b'+' | b'-' | b'.' | b'e' | b'E');
    let number: f64 = text.bytes().all(digits).then(|| text.parse().ok()).flatten()?;
    number.is_finite().then_some(number)
}

/// Without regard to case and to spaces at the ends, as lists compare.
fn same(scene: &Scene<'_>, other: &ClaimName, text: &str) -> bool {
    let folded = claims::fold(text.trim());
    let values = scene.claims.get(other).into_iter().flat_map(Value::scalars);
    values.into_iter().any(|value| claims::fold(value.trim()) == folded)
}
