//! The principal name of a guest, a function of the request.

use claims::{Address, Domain, Hash};

/// What Entra marks guests with.
const MARK: &str = "#EXT#";
/// Before the last `@`; after it at most [`MAX_DOMAIN`], 113 in all:
/// <https://learn.microsoft.com/microsoft-365/enterprise/prepare-for-directory-synchronization>.
const MAX_BEFORE_AT: usize = 64;
/// The longest domain of a tenant that a principal name can end in.
pub(super) const MAX_DOMAIN: usize = 48;

/// The names to try, in order: `local_domain#EXT#@tenant`, and the same with 8 digits of the key's hash, for when
/// somebody else has the first. Where the address does not fit as it is, only the second: two addresses could look
/// alike after a cut.
pub(super) fn names(address: &Address, key: &Hash, tenant: &Domain) -> Vec<String> {
    let domain = tenant.as_str();
    let room = MAX_BEFORE_AT - MARK.len();
    let (local, at) = mapped(address);
    let plain = (local == at && local.len() <= room).then(|| local.clone());
    let hash = format!("_{}", &key.to_string()[..8]);
    let with_hash = format!("{}{hash}", &local[..local.len().min(room - hash.len())]);
    let names = plain.into_iter().chain([with_hash]);
    names.map(|name| format!("{name}{MARK}@{domain}")).collect()
}

/// The address with `_` for its `@`; first with `_` for everything that a name may not hold, then as it is.
fn mapped(address: &Address) -> (String, String) {
    let as_is = address.as_str().replacen('@', "_", 1);
    let legal = |(place, c): (usize, char)| match c {
        // A name that begins with a dot is refused.
        '.' => place > 0,
        c => c.is_ascii_alphanumeric() || "'-_!#^~".contains(c),
    };
    let chars = as_is.chars().enumerate();
    let mapped = chars
        .map(|(place, c)| if legal((place, c)) { c } else { '_' })
        .collect();
    (mapped, as_is)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names_of(address: &str) -> Vec<String> {
        let tenant = Domain::parse("contoso.onmicrosoft.com").unwrap();
        names(&Address::parse(address).unwrap(), &Hash::of(&[address]), &tenant)
    }

    #[test]
    fn an_address_that_fits_comes_as_it_is_and_then_with_the_hash() {
        let hash = &Hash::of(&["Jane.Roe@fabrikam.example"]).to_string()[..8];
        assert_eq!(
            names_of("Jane.Roe@fabrikam.example"),
            [
                "jane.roe_fabrikam.example#EXT#@contoso.onmicrosoft.com".to_owned(),
                format!("jane.roe_fabrikam.example_{hash}#EXT#@contoso.onmicrosoft.com"),
            ]
        );
    }

    #[test]
    fn what_was_mapped_or_cut_has_the_hash() {
        for address in [
            "jane+tag@a.example",
            "josé@a.example",
            ".jane@a.example",
            "jane.with.a.very.long.name.indeed@a.very.long.domain.name.example",
        ] {
            let names = names_of(address);
            let hash = format!("_{}#EXT#@", &Hash::of(&[address]).to_string()[..8]);
            assert!(names.len() == 1 && names[0].contains(&hash), "{names:?}");
        }
        assert_eq!(names_of("a@b.example")[0].matches("_b.example#EXT#@").count(), 1);
    }

    proptest! {
        #[test]
        fn every_name_is_one_that_graph_takes(
            local in "[^@\\s\\p{Cc}]{1,80}", domain in "[a-z0-9]{1,30}(\\.[a-zé]{2,20}){1,4}",
            tenant in "[a-z0-9]{1,32}\\.onmicrosoft\\.com", key in any::<String>(),
        ) {
            let Ok(address) = Address::parse(&format!("{local}@{domain}")) else { return Ok(()) };
            let (key, tenant) = (Hash::of(&[&key]), Domain::parse(&tenant).unwrap());
            let all = names(&address, &key, &tenant);
            prop_assert_eq!(&all, &names(&address, &key, &tenant));
            for name in &all {
                let (before, after) = name.rsplit_once('@').unwrap();
                prop_assert!(before.len() <= 64 && name.len() <= 113, "{name}");
                prop_assert!(before.chars().all(|c| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c)), "{name}");
                prop_assert!(before.ends_with("#EXT#") && after == tenant.as_str());
                prop_assert!(!name.starts_with('.'));
            }
            let with_hash = format!("_{}#EXT#@", &key.to_string()[..8]);
            prop_assert!(all.last().unwrap().contains(&with_hash));
            let as_is = address.as_str().replacen('@', "_", 1);
            if all.len() == 2 {
                prop_assert_eq!(all[0].split("#EXT#@").next().unwrap(), as_is.as_str());
            }
        }
    }
}
