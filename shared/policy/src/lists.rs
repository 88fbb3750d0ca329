use claims::{Address, DomainPattern, fold};

use crate::scene::Failure;

/// Domains and patterns of domains.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    exact: Vec<String>,
    below: Vec<String>,
}

impl Domains {
    pub(crate) fn new(patterns: impl IntoIterator<Item = DomainPattern>) -> Domains {
        let mut domains = Domains::default();
        for pattern in patterns {
            match pattern {
                DomainPattern::Exact(domain) => domains.exact.push(domain.as_str().to_owned()),
                DomainPattern::Below(parent) => domains.below.push(parent.as_str().to_owned()),
            }
        }
        domains.exact.sort_unstable();
        domains.below.sort_unstable();
        domains
    }

    /// Whether the domain of an address is listed. Takes as long as the domain has labels, however long the list is.
    pub(crate) fn contain(&self, address: &Address) -> Result<bool, Failure> {
        let domain = address.domain();
        let parents = std::iter::successors(domain.as_str().split_once('.'), |(_, parent)| parent.split_once('.'));
        Ok(holds(&self.exact, domain.as_str()) || parents.into_iter().any(|(_, parent)| holds(&self.below, parent)))
    }
}

/// Values of claims, addresses or issuers, compared without regard to case.
#[derive(Debug, Default)]
pub(crate) struct Values(Vec<String>);

impl Values {
    pub(crate) fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Values {
        let mut folded: Vec<_> = values.into_iter().map(fold).collect();
        folded.sort_unstable();
        Values(folded)
    }

    /// The addresses in normal form.
    pub(crate) fn of_addresses(addresses: impl IntoIterator<Item = Address>) -> Values {
        let mut values: Vec<_> = addresses
            .into_iter()
            .map(|address| address.as_str().to_owned())
            .collect();
        values.sort_unstable();
        Values(values)
    }

    pub(crate) fn contain(&self, value: &str) -> Result<bool, Failure> {
        Ok(holds(&self.0, &fold(value)))
    }

    pub(crate) fn contain_address(&self, address: &Address) -> Result<bool, Failure> {
        Ok(holds(&self.0, address.as_str()))
    }
}

fn holds(sorted: &[String], value: &str) -> bool {
    sorted.binary_search_by(|entry| entry.as_str().cmp(value)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_found_exactly_or_below_a_star() {
        let list = ["contoso.com", "*.fabrikam.com", "BÜCHER.example"];
        let domains = Domains::new(list.iter().map(|text| DomainPattern::parse(text).unwrap()));
        let contains = |address: &str| domains.contain(&Address::parse(address).unwrap()).unwrap();
        for inside in [
            "a@Contoso.com",
            "a@eu.fabrikam.com",
            "a@a.b.fabrikam.com.",
            "a@bücher.example",
        ] {
            assert!(contains(inside), "{inside}");
        }
        for outside in [
            "a@eu.contoso.com",
            "a@fabrikam.com",
            "a@evilcontoso.com",
            "a@contoso.com.evil.test",
        ] {
            assert!(!contains(outside), "{outside}");
        }
    }
}
