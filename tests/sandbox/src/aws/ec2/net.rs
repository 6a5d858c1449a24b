//! IPv4 arithmetic and the addresses of subnets: what a CIDR covers, which addresses are taken.
//! Nothing here changes the world.

use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde_json::Value;

use super::value::{list, text};
use crate::state::State;

/// An IPv4 block; host bits are cleared when it is read, as EC2 does with a rule's CIDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cidr {
    first: u32,
    bits: u32,
}

impl Cidr {
    /// How many addresses the block has.
    pub fn size(self) -> u64 {
        1_u64 << (32 - self.bits)
    }

    fn last(self) -> u32 {
        self.first | u32::try_from(self.size() - 1).unwrap_or(u32::MAX)
    }

    /// Whether an address lies in the block.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        (self.first..=self.last()).contains(&u32::from(address))
    }

    /// The addresses that an interface may get: all but the first four and the last one.
    pub fn usable(self) -> impl Iterator<Item = Ipv4Addr> {
        let first = u64::from(self.first) + 4;
        let last = u64::from(self.last());
        (first..last).filter_map(|address| u32::try_from(address).ok()).map(Ipv4Addr::from)
    }
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) = text.split_once('/').ok_or(())?;
        let address: Ipv4Addr = address.parse().map_err(|_| ())?;
        let bits: u32 = bits.parse().map_err(|_| ())?;
        if bits > 32 {
            return Err(());
        }
        let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        Ok(Self { first: u32::from(address) & mask, bits })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", Ipv4Addr::from(self.first), self.bits)
    }
}

/// Whether the union of `ranges` covers every address of `target`.
pub fn covered(target: Cidr, ranges: &[Cidr]) -> bool {
    let mut ranges = ranges.to_vec();
    ranges.sort_unstable();
    let mut next = u64::from(target.first);
    for range in ranges {
        if u64::from(range.first) <= next {
            next = next.max(u64::from(range.last()) + 1);
        }
    }
    next > u64::from(target.last())
}

/// The subnet's IPv4 block.
pub fn block(subnet: &Value) -> Option<Cidr> {
    text(subnet, "CidrBlock").parse().ok()
}

/// The addresses that interfaces hold in a subnet.
pub fn taken(state: &State, subnet: &str) -> BTreeSet<Ipv4Addr> {
    let mut taken = BTreeSet::new();
    for interface in state.rows("ec2.NetworkInterfaces").iter().filter(|row| text(row, "SubnetId") == subnet)
    {
        let secondary = list(interface, "PrivateIpAddresses").iter().map(|row| text(row, "PrivateIpAddress"));
        taken.extend(
            std::iter::once(text(interface, "PrivateIpAddress"))
                .chain(secondary)
                .filter_map(|address| address.parse::<Ipv4Addr>().ok()),
        );
    }
    taken
}

/// `AvailableIpAddressCount`: the given number, else the block's size less AWS's five and what interfaces hold.
pub fn available(state: &State, subnet: &Value) -> u64 {
    if let Some(given) = subnet.get("AvailableIpAddressCount").and_then(Value::as_u64) {
        return given;
    }
    let Some(block) = block(subnet) else { return 0 };
    let id = text(subnet, "SubnetId");
    let held = u64::try_from(taken(state, id).len()).unwrap_or(u64::MAX);
    block.size().saturating_sub(5).saturating_sub(held)
}

/// Free addresses of a subnet, fewer than `count` when there are not so many.
pub fn free(state: &State, subnet: &Value, count: usize) -> Vec<Ipv4Addr> {
    let Some(block) = block(subnet) else { return Vec::new() };
    let taken = taken(state, text(subnet, "SubnetId"));
    block.usable().filter(|address| !taken.contains(address)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_clears_host_bits() {
        let table = [
            ("10.20.0.0/16", Some("10.20.0.0/16")),
            ("100.68.0.18/18", Some("100.68.0.0/18")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("10.0.0.1/32", Some("10.0.0.1/32")),
            ("10.0.0.1/33", None),
            ("10.0.0.1", None),
            ("::/0", None),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Cidr>().ok().map(|c| c.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn unions_cover() {
        let table: [(&str, &[&str], bool); 6] = [
            ("10.0.0.0/24", &["10.0.0.0/16"], true),
            ("10.0.0.0/24", &["10.0.0.128/25", "10.0.0.0/25"], true),
            ("10.0.0.0/24", &["10.0.0.128/25", "10.0.0.0/26"], false),
            ("10.0.0.0/24", &["10.0.0.1/32"], false),
            ("10.0.0.0/24", &["0.0.0.0/0"], true),
            ("10.0.0.0/24", &[], false),
        ];
        for (target, ranges, expected) in table {
            let ranges: Vec<Cidr> = ranges.iter().map(|text| cidr(text)).collect();
            assert_eq!(covered(cidr(target), &ranges), expected, "{target} in {ranges:?}");
        }
    }

    #[test]
    fn counts_addresses() {
        let mut state = State::new("111122223333", "us-west-2");
        let subnet = json!({"SubnetId": "subnet-1", "CidrBlock": "10.0.0.0/28"});
        assert_eq!(available(&state, &subnet), 11);
        state.rows_mut("ec2.NetworkInterfaces").push(json!({
            "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.0.4",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.4"}, {"PrivateIpAddress": "10.0.0.6"}]
        }));
        assert_eq!(available(&state, &subnet), 9);
        let free: Vec<String> = free(&state, &subnet, 100).iter().map(ToString::to_string).collect();
        assert_eq!(free.len(), 9);
        assert_eq!(free[..2], ["10.0.0.5", "10.0.0.7"]);
        let given = json!({"SubnetId": "subnet-1", "CidrBlock": "10.0.0.0/28", "AvailableIpAddressCount": 2});
        assert_eq!(available(&state, &given), 2);
    }
}
