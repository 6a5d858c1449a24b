//! IPv4 ranges: what covers what.
//!
//! Lustre speaks IPv4 here, so IPv6 ranges never help.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// An IPv4 block such as `10.0.0.0/16`. A bare address is a block of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr4 {
    first: u32,
    prefix: u8,
}

impl Cidr4 {
    /// Every IPv4 address.
    pub const ALL: Self = Self { first: 0, prefix: 0 };

    /// The first and the last address, as numbers.
    const fn bounds(self) -> (u32, u32) {
        (self.first, self.first | !mask(self.prefix))
    }

    /// The length of the prefix, 0 to 32.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether an address lies inside.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        let (first, last) = self.bounds();
        (first..=last).contains(&u32::from(address))
    }
}

const fn mask(prefix: u8) -> u32 {
    if prefix == 0 { 0 } else { u32::MAX << (32 - prefix as u32) }
}

/// Whether the union of `blocks` covers all of `target`; several blocks may do it together.
pub fn covers(blocks: &[Cidr4], target: Cidr4) -> bool {
    let mut sorted: Vec<(u32, u32)> = blocks.iter().map(|it| it.bounds()).collect();
    sorted.sort_unstable();
    let (first, last) = target.bounds();
    let mut open = Some(first);
    for (from, to) in sorted {
        let Some(next) = open else { break };
        if from > next {
            break;
        }
        if to >= next {
            open = to.checked_add(1).filter(|it| *it <= last);
        }
    }
    open.is_none()
}

/// Whether two addresses share a /16, as EFA wants of a client and a file system.
pub fn same_16(one: Ipv4Addr, other: Ipv4Addr) -> bool {
    u32::from(one) >> 16 == u32::from(other) >> 16
}

/// A text that is no IPv4 block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoCidr(pub String);

impl fmt::Display for NoCidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` is no IPv4 block (expected such as 10.0.0.0/16)", self.0)
    }
}

impl std::error::Error for NoCidr {}

impl FromStr for Cidr4 {
    type Err = NoCidr;

    fn from_str(text: &str) -> Result<Self, NoCidr> {
        let (address, prefix) = text.split_once('/').unwrap_or((text, "32"));
        let digits = !prefix.is_empty() && prefix.bytes().all(|it| it.is_ascii_digit());
        let prefix = prefix.parse::<u8>().ok().filter(|it| digits && *it <= 32);
        match (address.parse::<Ipv4Addr>(), prefix) {
            (Ok(address), Some(prefix)) => Ok(Self { first: u32::from(address) & mask(prefix), prefix }),
            _ => Err(NoCidr(text.to_owned())),
        }
    }
}

impl fmt::Display for Cidr4 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", Ipv4Addr::from(self.first), self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(texts: &[&str]) -> Vec<Cidr4> {
        texts.iter().map(|it| it.parse().unwrap()).collect()
    }

    #[test]
    fn blocks_cover_alone_and_together() {
        let table: [(&[&str], &str, bool); 13] = [
            (&["10.0.0.0/16"], "10.0.3.0/24", true),
            (&["10.0.3.0/24"], "10.0.3.0/24", true),
            (&["10.0.3.0/25"], "10.0.3.0/24", false),
            (&["10.0.3.128/25", "10.0.3.0/25"], "10.0.3.0/24", true),
            (&["10.0.3.0/25", "10.0.3.192/26"], "10.0.3.0/24", false),
            (&["10.0.0.0/8", "10.0.3.0/25"], "10.0.3.0/24", true),
            (&["10.0.3.1/24"], "10.0.3.7/32", true),
            (&["0.0.0.0/0"], "10.0.3.0/24", true),
            (&["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/0", true),
            (&["0.0.0.0/1"], "0.0.0.0/0", false),
            (&["255.255.255.255"], "255.255.255.255/32", true),
            (&[], "10.0.3.0/24", false),
            (&["10.1.0.0/16"], "10.0.3.0/24", false),
        ];
        for (rules, target, covered) in table {
            assert_eq!(covers(&blocks(rules), target.parse().unwrap()), covered, "{rules:?} {target}");
        }
    }

    #[test]
    fn only_ipv4_blocks_are_read() {
        for text in ["", "10.0.0.0/33", "10.0.0/16", "10.0.0.0/", "10.0.0.0/+8", "::/0", "10.0.0.0/8/8"] {
            assert_eq!(text.parse::<Cidr4>(), Err(NoCidr(text.to_owned())));
        }
        assert_eq!("10.0.3.7/16".parse::<Cidr4>().unwrap().to_string(), "10.0.0.0/16");
    }

    #[test]
    fn efa_wants_one_16() {
        assert!(same_16([10, 0, 1, 1].into(), [10, 0, 250, 1].into()));
        assert!(!same_16([10, 0, 1, 1].into(), [10, 1, 1, 1].into()));
        assert!(Cidr4::ALL.contains([1, 2, 3, 4].into()));
    }
}
