use std::net::IpAddr;

/// A range of addresses, such as `192.0.2.0/24`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    base: u128,
    /// How many bits at the beginning of an IPv6 address are the network's; an IPv4 address is `::ffff:a.b.c.d`.
    prefix: u32,
}

impl Network {
    /// An address, or an address and the number of its bits that count. Bits that do not count are zero.
    pub(crate) fn parse(text: &str) -> Option<Network> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().ok()?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let prefix: u32 = match prefix {
            None => width,
            Some(text) if digits(text) => text.parse().ok().filter(|prefix| *prefix <= width)?,
            Some(_) => return None,
        };
        let network = Network {
            base: bits(address),
            prefix: 128 - width + prefix,
        };
        (network.base & !network.mask() == 0).then_some(network)
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask() == self.base
    }

    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - self.prefix).unwrap_or(0)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_addresses_in_either_spelling() {
        let holds = |network: &str, address: &str| Network::parse(network).unwrap().contains(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.255") && holds("192.0.2.0/24", "::ffff:192.0.2.1"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1") && !holds("2001:db8::/32", "2001:db9::"));
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
        for bad in [
            "192.0.2.1/24",
            "192.0.2.0/33",
            "192.0.2.0/+8",
            "192.0.2.0/",
            "x",
            "2001:db8::/129",
        ] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }
}
