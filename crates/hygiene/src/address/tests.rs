//! Which addresses are asked.

use super::closed;
use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn why(address: &str) -> Option<&'static str> {
    closed(address.parse().unwrap())
}

#[test]
fn what_is_not_the_public_internet_is_closed() {
    let closed = [
        "0.0.0.0",
        "0.1.2.3",
        "10.255.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in closed {
        assert!(why(address).is_some(), "{address}");
    }
}

#[test]
fn the_public_internet_is_open() {
    let open = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "126.255.255.255",
        "128.0.0.1",
        "168.63.129.17",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2606:4700::1111",
        "2a00:1450:4001::1",
        "2001:4860:4860::8888",
    ];
    for address in open {
        assert_eq!(why(address), None, "{address}");
    }
}

#[test]
fn the_reason_names_what_it_is() {
    assert_eq!(why("127.0.0.1"), Some("this machine"));
    assert_eq!(why("::1"), Some("this machine"));
    assert_eq!(why("fd00:ec2::254"), Some("a private network"));
}

proptest! {
    #[test]
    fn an_address_of_version_4_is_no_more_open_inside_one_of_version_6(bits: u32) {
        let inner = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = inner.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let plain = closed(IpAddr::V4(inner));
        let mapped = closed(IpAddr::V6(inner.to_ipv6_mapped()));
        let translated = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low);
        let tunnelled = Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1);
        prop_assert_eq!(plain, mapped);
        prop_assert_eq!(plain, closed(IpAddr::V6(translated)));
        prop_assert!(closed(IpAddr::V6(tunnelled)).is_some());
    }
}
