//! Which addresses are the world's: the IANA registries of special-purpose addresses, and IPv4 in IPv6's clothes.

use ipnet::{Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(a: u16, b: u16, c: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// RFC 6890 and what came after it. What is globally reachable in them is no news server.
const NOT_THE_WORLD_4: [(Ipv4Net, &str); 18] = [
    (v4(0, 0, 0, 0, 8), "this network"),
    (v4(10, 0, 0, 0, 8), "a private network"),
    (v4(100, 64, 0, 0, 10), "a carrier's own network"),
    (v4(127, 0, 0, 0, 8), "this machine"),
    (v4(169, 254, 0, 0, 16), "link-local"),
    (v4(172, 16, 0, 0, 12), "a private network"),
    (v4(192, 0, 0, 0, 24), "for protocols"),
    (v4(192, 0, 2, 0, 24), "for documentation"),
    (v4(192, 31, 196, 0, 24), "for protocols"),
    (v4(192, 52, 193, 0, 24), "for protocols"),
    (v4(192, 88, 99, 0, 24), "a relay to IPv6"),
    (v4(192, 168, 0, 0, 16), "a private network"),
    (v4(192, 175, 48, 0, 24), "for protocols"),
    (v4(198, 18, 0, 0, 15), "for measurements"),
    (v4(198, 51, 100, 0, 24), "for documentation"),
    (v4(203, 0, 113, 0, 24), "for documentation"),
    (v4(224, 0, 0, 0, 4), "for many at once"),
    (v4(240, 0, 0, 0, 4), "reserved"),
];

/// All there is of the world in IPv6, and what is not of it.
const THE_WORLD_6: Ipv6Net = v6(0x2000, 0, 0, 3);
const NOT_THE_WORLD_6: [(Ipv6Net, &str); 4] = [
    (v6(0x2001, 0, 0, 23), "for protocols"),
    (v6(0x2001, 0xdb8, 0, 32), "for documentation"),
    (v6(0x2620, 0x4f, 0x8000, 48), "for protocols"),
    (v6(0x3fff, 0, 0, 20), "for documentation"),
];

/// IPv4 inside IPv6, whatever the IPv4 address is: there is always an honest way to write it.
const DISGUISED: [(Ipv6Net, &str); 5] = [
    (v6(0, 0, 0, 80), "an IPv4 address inside an IPv6 address"),
    (
        v6(0x64, 0xff9b, 0, 96),
        "an IPv4 address inside an IPv6 address (NAT64)",
    ),
    (
        v6(0x64, 0xff9b, 1, 48),
        "an IPv4 address inside an IPv6 address (NAT64)",
    ),
    (v6(0x2002, 0, 0, 16), "an IPv4 address inside an IPv6 address (6to4)"),
    (v6(0x2001, 0, 0, 32), "an IPv4 address inside an IPv6 address (Teredo)"),
];

/// What an address is if it is not of the world. Only networks that are allowed by name may hold it.
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => {
            let mut ranges = NOT_THE_WORLD_4.iter();
            ranges
                .find(|(range, _)| range.contains(&address))
                .map(|(_, what)| *what)
        }
        IpAddr::V6(address) if !THE_WORLD_6.contains(&address) => Some("not a public address"),
        IpAddr::V6(address) => {
            let mut ranges = NOT_THE_WORLD_6.iter();
            ranges
                .find(|(range, _)| range.contains(&address))
                .map(|(_, what)| *what)
        }
    }
}

/// What an address hides: not to be allowed by anybody. `::1` and `::` hide nothing.
pub fn disguised(address: IpAddr) -> Option<&'static str> {
    let IpAddr::V6(address) = address else { return None };
    if address.is_loopback() || address.is_unspecified() {
        return None;
    }
    // ISATAP (RFC 5214) hides it behind any prefix: `…:0:5efe:a.b.c.d`, `…:200:5efe:a.b.c.d`.
    let [.., e, f, _, _] = address.segments();
    if e & !0x0200 == 0 && f == 0x5efe {
        return Some("an IPv4 address inside an IPv6 address (ISATAP)");
    }
    let mut ranges = DISGUISED.iter();
    ranges
        .find(|(range, _)| range.contains(&address))
        .map(|(_, what)| *what)
}
