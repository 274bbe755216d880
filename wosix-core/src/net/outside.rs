//! Hosts outside the container. There is no name server in a browser, and an address alone would not do: the host's gateway
//! needs the name. So a name is given an address of a reserved range, which stands for it wherever it is connected to.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

use crate::errno::{Errno, Result};

/// Network for benchmarks of devices (RFC 2544, section C.2.2): never a real host, so no literal address is taken for a name.
const NETWORK: u32 = u32::from_be_bytes([198, 18, 0, 0]);
/// Addresses in 198.18.0.0/15.
const NETWORK_SIZE: u32 = 1 << 17;
/// The first address that stands for a name; those before it are the network's own and the container's.
const FIRST: u32 = 2;

/// The container's own IPv4 address towards the outside.
pub const OWN_IPV4: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// The container's own IPv6 address towards the outside, of the IPv6 range for benchmarks (RFC 5180, section 8).
pub const OWN_IPV6: Ipv6Addr = Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 1);

/// Longest name in bytes, and longest label (RFC 1035, section 2.3.4).
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// Names that were asked for. An address never changes its name: the table only grows, up to its range.
#[derive(Debug, Default)]
pub struct OutsideNames {
    names: Vec<String>,
    indexes: BTreeMap<String, u32>,
}

impl OutsideNames {
    /// The address that stands for `name`.
    ///
    /// # Errors
    /// `ENOENT` for what names no host outside (not a host name, below `invalid`, or `localhost`), `ENOSPC` when the range is used up.
    pub fn address(&mut self, name: &[u8]) -> Result<Ipv4Addr> {
        let name = normalized(name).ok_or(Errno::ENOENT)?;
        let index = match self.indexes.get(&name) {
            Some(&index) => index,
            None => {
                let index = self.names.len() as u32;
                if FIRST + index >= NETWORK_SIZE {
                    return Err(Errno::ENOSPC);
                }
                self.names.push(name.clone());
                self.indexes.insert(name, index);
                index
            }
        };
        Ok(Ipv4Addr::from_bits(NETWORK + FIRST + index))
    }

    /// The host at an address, as it is written in a URL: the name it stands for, or the address itself.
    ///
    /// # Errors
    /// `ENETUNREACH` for addresses of the reserved range without a name, and for those that are no single host on the internet.
    pub fn host(&self, ip: IpAddr) -> Result<String> {
        match ip.to_canonical() {
            IpAddr::V4(v4) => match v4.to_bits().wrapping_sub(NETWORK) {
                offset @ 0..NETWORK_SIZE => offset
                    .checked_sub(FIRST)
                    .and_then(|index| self.names.get(index as usize))
                    .cloned()
                    .ok_or(Errno::ENETUNREACH),
                _ if v4.is_multicast()
                    || v4.is_broadcast()
                    || v4.is_documentation()
                    || v4.is_link_local() =>
                {
                    Err(Errno::ENETUNREACH)
                }
                _ => Ok(v4.to_string()),
            },
            // 2000::/3 is what may be routed (RFC 4291, section 2.4), 2001:db8::/32 of it is documentation.
            IpAddr::V6(v6) => match v6.segments() {
                [0x2001, 0xdb8 | 2, ..] => Err(Errno::ENETUNREACH),
                [0x2000..=0x3fff, ..] | [0xfc00..=0xfdff, ..] => Ok(format!("[{v6}]")),
                _ => Err(Errno::ENETUNREACH),
            },
        }
    }
}

/// The name in lower case without a trailing dot; `None` if it is no host name or is reserved.
fn normalized(name: &[u8]) -> Option<String> {
    let name = name.strip_suffix(b".").unwrap_or(name);
    if name.len() > NAME_MAX {
        return None;
    }
    let name = core::str::from_utf8(name).ok()?.to_ascii_lowercase();
    let fits = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if !name.split('.').all(fits) {
        return None;
    }
    let last = name.rsplit('.').next()?;
    // RFC 6761: never a host. `localhost` is the container itself; names below it are somebody's choice.
    if last == "invalid" || name == "localhost" || is_number(last) {
        return None;
    }
    Some(name)
}

/// Whether a URL parser would read a host that ends in this label as an IPv4 address (`127.1`, `0x7f000001`).
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_address() {
        let mut names = OutsideNames::default();
        let one = names.address(b"Example.COM.").unwrap();
        let two = names.address(b"registry.example.com").unwrap();
        assert_eq!(one, Ipv4Addr::new(198, 18, 0, 2));
        assert_ne!(one, two);
        assert_eq!(names.address(b"example.com"), Ok(one));
        assert_eq!(names.host(one.into()).as_deref(), Ok("example.com"));
        let mapped = IpAddr::from(two.to_ipv6_mapped());
        assert_eq!(names.host(mapped).as_deref(), Ok("registry.example.com"));
    }

    #[test]
    fn what_names_no_host_outside() {
        let mut names = OutsideNames::default();
        let long = [b'a'; 64];
        for name in [
            &b""[..],
            b".",
            b"a..b",
            b"a b",
            b"a/b",
            b"user@host",
            b"h:80",
            b"x.invalid",
            b"localhost",
            b"LocalHost.",
            b"127.1",
            b"0x7f000001",
            b"2130706433",
            b"a.0x",
            &long,
            b"\xff",
        ] {
            assert_eq!(names.address(name), Err(Errno::ENOENT), "{name:?}");
        }
        assert!(names.address(b"app.localhost").is_ok());
    }

    #[test]
    fn literal_addresses() {
        let names = OutsideNames::default();
        let host = |text: &str| names.host(text.parse().expect("an address"));
        assert_eq!(host("93.184.216.34").as_deref(), Ok("93.184.216.34"));
        assert_eq!(host("::ffff:8.8.8.8").as_deref(), Ok("8.8.8.8"));
        assert_eq!(host("2606:4700::1111").as_deref(), Ok("[2606:4700::1111]"));
        for nowhere in [
            "198.18.0.2",
            "198.19.255.255",
            "192.0.2.1",
            "255.255.255.255",
            "224.0.0.1",
            "2001:db8::1",
            "ff02::1",
            "64:ff9b::1",
        ] {
            assert_eq!(host(nowhere), Err(Errno::ENETUNREACH), "{nowhere}");
        }
    }
}
