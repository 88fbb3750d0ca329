//! A packed list answers as a set of the same entries would, or not at all.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use claims::{Address, Domain, DomainPattern};
use lists::{Kind, NoAnswer, OpenError, Packed, pack};
use proptest::prelude::*;

fn bytes_of(kind: Kind, entries: &[impl AsRef<str>]) -> Vec<u8> {
    let source: String = entries.iter().map(|entry| format!("{}\n", entry.as_ref())).collect();
    let mut bytes = Vec::new();
    pack(kind, source.as_bytes(), &mut bytes).unwrap();
    bytes
}

fn packed(kind: Kind, entries: &[impl AsRef<str>]) -> Packed {
    Packed::from_bytes(bytes_of(kind, entries)).unwrap()
}

/// Few letters and labels, so that what is asked is often listed, or nearly.
fn domain() -> impl Strategy<Value = String> {
    "[ab]{1,2}(\\.[ab]{1,2}){1,3}"
}

fn pattern() -> impl Strategy<Value = String> {
    (any::<bool>(), domain()).prop_map(|(star, domain)| if star { format!("*.{domain}") } else { domain })
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-cA-C ]{1,3}", "\\PC{1,12}"].prop_filter("an entry", |text| {
        Kind::Values.parse_entry(text).is_ok() && !text.trim().starts_with('#') && !text.contains('\u{feff}')
    })
}

fn address() -> impl Strategy<Value = String> {
    ("[a-bA-B]{1,2}", domain()).prop_map(|(local, domain)| format!("{local}@{domain}"))
}

proptest! {
    #[test]
    fn a_packed_list_of_domains_has_what_its_patterns_match(
        entries in prop::collection::vec(pattern(), 0..60),
        asked in prop::collection::vec(domain(), 0..60),
    ) {
        let list = packed(Kind::Domains, &entries);
        let patterns: Vec<_> = entries.iter().map(|entry| DomainPattern::parse(entry).unwrap()).collect();
        for domain in asked.iter().map(|domain| Domain::parse(domain).unwrap()) {
            let expected = patterns.iter().any(|pattern| pattern.matches(&domain));
            prop_assert_eq!(list.contains_domain(&domain), Ok(expected), "{}", domain);
        }
    }

    #[test]
    fn a_packed_list_of_addresses_has_just_its_addresses(
        entries in prop::collection::vec(address(), 0..40),
        asked in prop::collection::vec(address(), 0..40),
    ) {
        let list = packed(Kind::Addresses, &entries);
        let set: BTreeSet<_> = entries.iter().map(|entry| Address::parse(entry).unwrap().as_str().to_owned()).collect();
        for address in asked.iter().chain(&entries).map(|address| Address::parse(address).unwrap()) {
            prop_assert_eq!(list.contains_address(&address), Ok(set.contains(address.as_str())));
        }
    }

    #[test]
    fn a_packed_list_of_values_has_just_its_values(
        entries in prop::collection::vec(value(), 0..60),
        asked in prop::collection::vec(".{0,4}", 0..60),
    ) {
        let list = packed(Kind::Values, &entries);
        let set: BTreeSet<_> = entries.iter().map(|entry| claims::fold(entry)).collect();
        for value in asked.iter().chain(&entries) {
            prop_assert_eq!(list.contains_value(value), Ok(set.contains(&claims::fold(value))), "{:?}", value);
        }
        let all: BTreeSet<_> = list.entries().map(|entry| entry.unwrap().to_owned()).collect();
        prop_assert_eq!(list.len(), set.len());
        prop_assert_eq!(all, set);
        prop_assert_eq!(list.verify(), Ok(()));
    }

    #[test]
    fn any_bytes_are_opened_or_refused_and_asked_without_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        entries in prop::collection::vec(domain(), 0..40),
        asked in domain(),
    ) {
        ask(bytes.clone(), &asked);
        // The same behind a head that fits.
        let mut headed = bytes_of(Kind::Domains, &entries);
        for (place, byte) in headed[64..].iter_mut().zip(&bytes) {
            *place = *byte;
        }
        ask(headed, &asked);
    }

    #[test]
    fn a_damaged_list_answers_as_before_or_not_at_all(
        entries in prop::collection::vec(domain(), 0..40),
        asked in prop::collection::vec(domain(), 0..20),
        at in any::<prop::sample::Index>(),
        length in 1_usize..9,
        seed in any::<u64>(),
    ) {
        let sound = bytes_of(Kind::Domains, &entries);
        let mut damaged = sound.clone();
        let begin = at.index(damaged.len());
        let end = (begin + length).min(damaged.len());
        fastrand::Rng::with_seed(seed).fill(&mut damaged[begin..end]);
        let list = Packed::from_bytes(sound).unwrap();
        if let Ok(damaged) = Packed::from_bytes(damaged) {
            for domain in asked.iter().chain(&entries).map(|domain| Domain::parse(domain).unwrap()) {
                let answer = damaged.contains_domain(&domain);
                prop_assert!(answer == Err(NoAnswer::Damaged) || answer == list.contains_domain(&domain));
            }
        }
    }
}

fn ask(bytes: Vec<u8>, domain: &str) {
    if let Ok(list) = Packed::from_bytes(bytes) {
        let _ = list.contains_domain(&Domain::parse(domain).unwrap());
        let _ = list.entries().count();
        let _ = list.verify();
    }
}

#[test]
fn no_changed_byte_makes_a_listed_domain_unlisted() {
    let entries: Vec<_> = (0..50).map(|n| format!("d{n}.example")).collect();
    let sound = bytes_of(Kind::Domains, &entries);
    let domains: Vec<_> = entries.iter().map(|entry| Domain::parse(entry).unwrap()).collect();
    for at in 0..sound.len() {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            let Ok(damaged) = Packed::from_bytes(bytes) else {
                continue;
            };
            assert_eq!(damaged.verify(), Err(NoAnswer::Damaged), "byte {at} bit {bit}");
            for domain in &domains {
                assert_ne!(
                    damaged.contains_domain(domain),
                    Ok(false),
                    "byte {at} bit {bit}, {domain}"
                );
            }
        }
    }
}

#[test]
fn what_is_no_whole_packed_list_is_not_opened() {
    let sound = bytes_of(Kind::Domains, &["contoso.com", "*.fabrikam.com"]);
    for length in 0..sound.len() {
        let opened = Packed::from_bytes(sound[..length].to_vec());
        assert!(opened.is_err(), "{length} bytes");
    }
    let longer = [&sound[..], b"\n"].concat();
    assert!(matches!(Packed::from_bytes(longer), Err(OpenError::Damaged)));
    let text = Packed::from_bytes(&b"contoso.com\nfabrikam.com\n"[..]).unwrap_err();
    assert_eq!(
        text.to_string(),
        "this is no packed list: pack it with `vestibule lists pack`"
    );
    let mut newer = sound;
    newer[8] = 9;
    let newer = Packed::from_bytes(newer).unwrap_err().to_string();
    assert!(
        newer.contains("version 9") && newer.contains("pack it again"),
        "{newer}"
    );
}

#[test]
fn a_list_is_not_asked_for_what_cannot_stand_in_it() {
    let domains = packed(Kind::Domains, &["contoso.com"]);
    let addresses = packed(Kind::Addresses, &["jane@contoso.com"]);
    let (jane, contoso) = (
        Address::parse("jane@contoso.com").unwrap(),
        Domain::parse("contoso.com").unwrap(),
    );
    let other = |has, asked| Err(NoAnswer::OtherKind { has, asked });
    assert_eq!(domains.contains_address(&jane), other(Kind::Domains, Kind::Addresses));
    assert_eq!(
        domains.contains_value("contoso.com"),
        other(Kind::Domains, Kind::Values)
    );
    assert_eq!(
        addresses.contains_domain(&contoso),
        other(Kind::Addresses, Kind::Domains)
    );
}

/// Files outlive programs: whoever changes a byte of the layout gives it another version.
#[test]
fn the_layout_is_the_one_that_files_have() {
    let list = bytes_of(
        Kind::Domains,
        &["contoso.com", "*.contoso.com", "fabrikam.com", "a.example", "b.example"],
    );
    let expected = "7673742d6c6973740100000001000000050000003b00000052b77072e56977c1b04bdb8a281a526a2700c1aa16592dc10358291292ba21995f689b0e0000000018000000a508472b3b000000fb449d3a2a2e636f6e746f736f2e636f6d0a622e6578616d706c650a612e6578616d706c650a636f6e746f736f2e636f6d0a66616272696b616d2e636f6d0a";
    let hex: String = list.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected);
}

/// A word that is a line's end, or a part of a line, or several.
#[test]
fn only_whole_entries_are_found() {
    let list = packed(Kind::Values, &["ab", "cd"]);
    for text in ["", "a", "b", "\n", "ab\n", "ab\ncd", "abcd"] {
        assert_eq!(list.contains(text), Ok(false), "{text:?}");
    }
}

#[test]
fn a_list_shows_none_of_its_entries() {
    let shown = format!("{:?}", packed(Kind::Addresses, &["jane@contoso.com"]));
    assert!(shown.contains("Addresses") && !shown.contains("jane"), "{shown}");
}
