//! What claims are asked to be like.

use std::ops::Range;

use claims::ClaimName;
use toml::de::DeValue;

use super::{Node, Reader, Section, quoted_list};
use crate::{
    characters::Characters,
    dates::Day,
    demand::{Bound, CountryFrom, Demand},
    email::EmailSyntax,
    mistakes::suggestion,
    pattern::Pattern,
    places::country::Country,
    require::Requirement,
};

impl Reader<'_> {
    pub(super) fn requirement(&mut self, node: &Node<'_>) -> Option<Requirement> {
        let mut section = self.section(Some(node))?;
        let claim = self.claim_of(&mut section);
        let optional = section
            .take("optional")
            .and_then(|node| self.boolean(node))
            .unwrap_or(false);
        if optional && !DEMANDS.iter().any(|key| section.table.contains_key(*key)) {
            let what = "an optional claim of which nothing is required; say what it must be like when it is there";
            self.mistakes.add(section.span.clone(), what);
        }
        let demands = self.demands(&mut section);
        self.end(section);
        Some(Requirement {
            claim: claim?,
            optional,
            demands,
        })
    }

    /// Everything that a table demands of a claim, in the order in which it is asked: what is cheap comes first.
    pub(super) fn demands(&mut self, section: &mut Section<'_, '_>) -> Vec<Demand> {
        let demands: Vec<_> = DEMANDS
            .iter()
            .filter_map(|key| section.take(key).and_then(|node| self.demand(key, node)))
            .collect();
        self.refuse_contradictions(&demands, &section.span);
        demands
    }

    fn demand(&mut self, key: &str, node: &Node<'_>) -> Option<Demand> {
        Some(match key {
            "min_length" => Demand::MinLength(self.count(node)?),
            "max_length" => Demand::MaxLength(self.count(node)?),
            "characters" => Demand::Characters(self.characters(node)),
            "pattern" => Demand::Pattern(self.pattern(node)?),
            "one_of" => Demand::OneOf(self.values(node)),
            "minimum" => Demand::Minimum(self.number(node)?),
            "maximum" => Demand::Maximum(self.number(node)?),
            "not_before" => Demand::NotBefore(self.day(node)?),
            "not_after" => Demand::NotAfter(self.day(node)?),
            "email" => Demand::Email(self.email_syntax(node)?),
            "phone" => self.only_true(node, "phone").then_some(Demand::Phone)?,
            "postal_code" => Demand::PostalCode(self.country(node)?),
            "same_as" => Demand::SameAs(self.claim(node)?),
            _ => Demand::DiffersFrom(self.claim(node)?),
        })
    }

    fn refuse_contradictions(&mut self, demands: &[Demand], span: &Range<usize>) {
        let (mut min_length, mut max_length, mut minimum, mut maximum) = (None, None, None, None);
        let (mut not_before, mut not_after) = (None, None);
        for demand in demands {
            match demand {
                Demand::MinLength(least) => min_length = Some(*least),
                Demand::MaxLength(most) => max_length = Some(*most),
                Demand::Minimum(Bound::Fixed(least)) => minimum = Some(*least),
                Demand::Maximum(Bound::Fixed(most)) => maximum = Some(*most),
                Demand::NotBefore(Bound::Fixed(Day::Fixed(first))) => not_before = Some(*first),
                Demand::NotAfter(Bound::Fixed(Day::Fixed(last))) => not_after = Some(*last),
                _ => {}
            }
        }
        let crossed = [
            (
                "min_length",
                "max_length",
                min_length.zip(max_length).is_some_and(|(min, max)| min > max),
            ),
            (
                "minimum",
                "maximum",
                minimum.zip(maximum).is_some_and(|(min, max)| min > max),
            ),
            (
                "not_before",
                "not_after",
                not_before.zip(not_after).is_some_and(|(first, last)| first > last),
            ),
        ];
        for (least, most, _) in crossed.iter().filter(|(_, _, crossed)| *crossed) {
            let what = format!("`{least}` is greater than `{most}`: nothing could meet this");
            self.mistakes.add(span.clone(), what);
        }
    }

    fn characters(&mut self, node: &Node<'_>) -> Characters {
        let mut characters = Characters::default();
        for (text, span) in self.some_texts(node) {
            if let Err(what) = characters.add(&text) {
                self.mistakes.add(span, what);
            }
        }
        characters
    }

    fn pattern(&mut self, node: &Node<'_>) -> Option<Pattern> {
        let text = self.text(node)?;
        Pattern::parse(&text)
            .map_err(|error| self.mistakes.add(node.span(), error))
            .ok()
    }

    fn number(&mut self, node: &Node<'_>) -> Option<Bound<f64>> {
        if let Some(claim) = self.claim_in_table(node) {
            return claim.map(Bound::Claim);
        }
        let number = |value: &DeValue<'_>| match value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            DeValue::Float(number) => number.as_str().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        self.expect(node, "a number, or `{ claim = \"…\" }`", number)
            .map(Bound::Fixed)
    }

    fn day(&mut self, node: &Node<'_>) -> Option<Bound<Day>> {
        if let Some(claim) = self.claim_in_table(node) {
            return claim.map(Bound::Claim);
        }
        let day = |value: &DeValue<'_>| match value {
            DeValue::String(text) => Day::parse(text),
            DeValue::Datetime(day) if day.time.is_none() => Day::parse(&day.to_string()),
            _ => None,
        };
        let wanted = "a day such as `\"2026-01-31\"`, `\"today\"`, `\"18 years ago\"`, `\"in 30 days\"`, or `{ claim = \"…\" }`,";
        self.expect(node, wanted, day).map(Bound::Fixed)
    }

    fn email_syntax(&mut self, node: &Node<'_>) -> Option<EmailSyntax> {
        let mut syntax = EmailSyntax::default();
        if let DeValue::Boolean(_) = node.get_ref() {
            return self.only_true(node, "email").then_some(syntax);
        }
        let mut section = self.section(Some(node))?;
        let allowed = section.take("allow").map(|node| self.some_texts(node));
        if allowed.is_none() {
            let what = "`email` is `true`, or `{ allow = [ … ] }` with what is taken beyond plain addresses";
            section.lacks(["allow"], section.span.clone(), what);
        }
        self.end(section);
        for (name, span) in allowed? {
            match name.as_str() {
                "ip-literal" => syntax.ip_literal = true,
                "dotless" => syntax.dotless = true,
                "quoted" => syntax.quoted = true,
                _ => {
                    const KNOWN: [&str; 3] = ["ip-literal", "dotless", "quoted"];
                    let what = format!("`{name}` is no syntax of addresses; there are {}", quoted_list(&KNOWN));
                    self.mistakes.add(span, what + &suggestion(&name, KNOWN));
                }
            }
        }
        Some(syntax)
    }

    /// A country by its code or name, or by the claim that names it.
    pub(super) fn country(&mut self, node: &Node<'_>) -> Option<CountryFrom> {
        if let Some(claim) = self.claim_in_table(node) {
            return claim.map(CountryFrom::Claim);
        }
        let country = |value: &DeValue<'_>| value.as_str().and_then(Country::of);
        let wanted = "a country such as `\"DE\"`, or `{ claim = \"country\" }`,";
        let country = self.expect(node, wanted, country)?;
        Some(CountryFrom::Code(country.code))
    }

    /// `{ claim = "…" }`; nothing if it is something else.
    fn claim_in_table(&mut self, node: &Node<'_>) -> Option<Option<ClaimName>> {
        let table = node.get_ref().as_table()?;
        let mut section = Section::new(table, node.span());
        let claim = self.claim_of(&mut section);
        self.end(section);
        Some(claim)
    }

    pub(super) fn only_true(&mut self, node: &Node<'_>, key: &str) -> bool {
        let is = self.boolean(node);
        if is == Some(false) {
            let what = format!("`{key} = false` asks nothing; leave it out");
            self.mistakes.add(node.span(), what);
        }
        is == Some(true)
    }
}

/// What a claim can be asked to be like.
pub(super) const DEMANDS: [&str; 14] = [
    "min_length",
    "max_length",
    "characters",
    "one_of",
    "minimum",
    "maximum",
    "not_before",
    "not_after",
    "email",
    "phone",
    "postal_code",
    "same_as",
    "differs_from",
    "pattern",
];
