//! The IANA special-purpose registries, each range with its first and last address, and the neighbours.

use super::*;

fn of(text: &str) -> Reach {
    reach(text.parse().unwrap())
}

fn letter(text: &str) -> char {
    match of(text) {
        Reach::Public => 'p',
        Reach::Internal(_) => 'i',
        Reach::Never(_) => 'n',
    }
}

fn all_are(expected: char, addresses: &[&str]) {
    for address in addresses {
        assert_eq!(letter(address), expected, "{address}: {}", of(address).name());
    }
}

#[test]
fn rfc6890_2_2_2_the_ipv4_special_purpose_registry() {
    all_are(
        'i',
        &[
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.0",
            "127.0.0.1",
            "127.255.255.255",
            "172.16.0.0",
            "172.31.255.255",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
        ],
    );
    all_are(
        'n',
        &[
            "0.0.0.0",
            "0.255.255.255",
            "169.254.0.0",
            "169.254.255.255",
            "192.0.0.0",
            "192.0.0.255",
            "192.0.2.0",
            "192.0.2.255",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.0",
            "192.88.99.255",
            "192.175.48.1",
            "198.51.100.0",
            "198.51.100.255",
            "203.0.113.0",
            "203.0.113.255",
            "240.0.0.0",
            "255.255.255.254",
            "255.255.255.255",
        ],
    );
}

#[test]
fn rfc5771_multicast() {
    all_are(
        'n',
        &["224.0.0.0", "224.0.0.251", "239.255.255.255", "ff00::", "ff02::1", "ff0e::1", "ffff::ffff"],
    );
}

#[test]
fn the_neighbours_of_special_ipv4_networks_are_public() {
    all_are(
        'p',
        &[
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
        ],
    );
}

#[test]
fn the_metadata_of_clouds_is_never_reached() {
    all_are(
        'n',
        &[
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd20:ce::254",
        ],
    );
}

#[test]
fn rfc6890_2_2_3_the_ipv6_special_purpose_registry() {
    all_are('i', &["::1", "fc00::", "fd12:3456::1", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]);
    all_are(
        'n',
        &[
            "::",
            "64:ff9b:1::",
            "64:ff9b:1:ffff::1",
            "100::",
            "100::1",
            "100:0:0:1::1",
            "2001::1",
            "2001:0:ffff::1",
            "2001:1::1",
            "2001:2::1",
            "2001:3::1",
            "2001:4:112::1",
            "2001:10::1",
            "2001:20::1",
            "2001:30::1",
            "2001:1ff:ffff::1",
            "2001:db8::1",
            "2002::1",
            "2620:4f:8000::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "5f00::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "4000::1",
            "1fff::1",
        ],
    );
    all_are(
        'p',
        &[
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2a00::1",
            "3ffe::1",
        ],
    );
}

#[test]
fn rfc4291_2_5_5_addresses_with_an_ipv4_address_inside() {
    all_are('i', &["::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::192.168.1.1"]);
    all_are(
        'n',
        &[
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "64:ff9b::169.254.169.254",
            "64:ff9b::224.0.0.1",
            // IPv4-compatible, IPv4-translated (RFC 2765), 6to4 and Teredo, whatever IPv4 address they
            // contain.
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:0:8.8.8.8",
            "2002:7f00:1::1",
            "2002:808:808::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ],
    );
    // RFC 6052 §2.1: hosts without IPv4 reach the public internet by these.
    all_are('p', &["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]);
}

#[test]
fn only_hosts_that_the_operator_named_may_be_internal_and_none_may_be_never() {
    let table = [("8.8.8.8", [true, true]), ("10.0.0.1", [false, true]), ("169.254.169.254", [false, false])];
    for (address, [outside, inside]) in table {
        assert_eq!(of(address).allows(false), outside, "{address}");
        assert_eq!(of(address).allows(true), inside, "{address}");
    }
    assert_eq!(of("10.0.0.1").name(), "private use (RFC 1918)");
}
