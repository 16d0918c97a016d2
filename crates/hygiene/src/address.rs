//! Which addresses belong to the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of version 4 that are not the public internet, or that answer what concerns this
/// machine alone.
const CLOSED_V4: &[([u8; 4], u32, &str)] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "a private network"),
    ([100, 64, 0, 0], 10, "a provider's inner network"),
    ([127, 0, 0, 0], 8, "this machine"),
    ([168, 63, 129, 16], 32, "a cloud's metadata"),
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "a private network"),
    ([192, 0, 0, 0], 24, "reserved"),
    ([192, 0, 2, 0], 24, "for examples"),
    ([192, 88, 99, 0], 24, "reserved"),
    ([192, 168, 0, 0], 16, "a private network"),
    ([198, 18, 0, 0], 15, "for measurements"),
    ([198, 51, 100, 0], 24, "for examples"),
    ([203, 0, 113, 0], 24, "for examples"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// The same of version 6, as far as they lie in what is public or have a name of their own.
const CLOSED_V6: &[([u16; 8], u32, &str)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "this machine"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "a private network"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
    // Protocol assignments, Teredo's tunnels among them.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "reserved"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "for examples"),
    // Tunnels whose end is an address of version 4, whichever.
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "a tunnel"),
    ([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, "reserved"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "for examples"),
];

/// All that is public in version 6, but for the exceptions above.
const PUBLIC_V6: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// Where a translator puts addresses of version 4.
const TRANSLATED: ([u16; 8], u32) = ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Why an address is not asked; `None` for one of the public internet.
pub fn closed(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => closed_v4(address),
        IpAddr::V6(address) => closed_v6(address),
    }
}

fn closed_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    CLOSED_V4
        .iter()
        .find(|(net, length, _)| {
            let mask = u32::MAX << (32 - length);
            bits & mask == Ipv4Addr::from(*net).to_bits()
        })
        .map(|(_, _, what)| *what)
}

fn closed_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(inner) = address.to_ipv4_mapped() {
        return closed_v4(inner);
    }
    if is_in(address, TRANSLATED) {
        let [.., a, b, c, d] = address.octets();
        return closed_v4(Ipv4Addr::new(a, b, c, d));
    }
    let named = CLOSED_V6
        .iter()
        .find(|(net, length, _)| is_in(address, (*net, *length)))
        .map(|(_, _, what)| *what);
    named.or((!is_in(address, PUBLIC_V6)).then_some("reserved"))
}

fn is_in(address: Ipv6Addr, (net, length): ([u16; 8], u32)) -> bool {
    let mask = u128::MAX << (128 - length);
    address.to_bits() & mask == Ipv6Addr::from(net).to_bits()
}

#[cfg(test)]
mod tests;
