//! Hosts against lists and rules.

use super::*;
use crate::rules::RuleSource;

fn hosts(allowed: &[&str], denied: &[&str]) -> Hosts {
    let owned = |list: &[&str]| {
        list.iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    Hosts::new(&owned(allowed), &owned(denied))
}

fn verdict(hosts: &Hosts, host: &str, port: u16) -> Verdict {
    hosts.judge(&Rules::default(), host, port).0
}

#[test]
fn names_are_compared_whole() {
    let hosts = hosts(&["example.com", "*.cdn.example", "one.example:443"], &[]);
    for (host, port, expected) in [
        ("example.com", 443, Verdict::Allow),
        ("example.com.evil.example", 443, Verdict::Ask),
        ("evilexample.com", 443, Verdict::Ask),
        ("sub.example.com", 443, Verdict::Ask),
        ("a.cdn.example", 80, Verdict::Allow),
        ("cdn.example", 80, Verdict::Ask),
        ("one.example", 443, Verdict::Allow),
        ("one.example", 22, Verdict::Ask),
    ] {
        assert_eq!(verdict(&hosts, host, port), expected, "{host}:{port}");
    }
}

#[test]
fn what_is_denied_stays_denied() {
    let hosts = hosts(&["*"], &["bad.example", "10.0.0.1"]);
    assert_eq!(verdict(&hosts, "good.example", 443), Verdict::Allow);
    assert_eq!(verdict(&hosts, "bad.example", 443), Verdict::Deny);
    assert_eq!(verdict(&hosts, "10.0.0.1", 443), Verdict::Deny);
}

#[test]
fn rules_for_hosts_count_and_the_strictest_holds() {
    let mut rules = Rules::default();
    let source = RuleSource::default();
    rules.add(Verdict::Allow, "WebFetch(domain:*.example)", &source);
    rules.add(Verdict::Deny, "WebFetch(domain:bad.example)", &source);
    rules.add(Verdict::Ask, "WebFetch(domain:new.example)", &source);
    let hosts = hosts(&["bad.example", "new.example"], &[]);
    let of = |host: &str| hosts.judge(&rules, host, 443).0;
    assert_eq!(of("good.example"), Verdict::Allow);
    assert_eq!(of("bad.example"), Verdict::Deny);
    assert_eq!(of("new.example"), Verdict::Ask);
}

#[test]
fn an_inner_address_is_granted_by_its_own_name_alone() {
    let hosts = hosts(&["*", "127.0.0.1:8080", "[::1]:443", "10.0.0.5"], &[]);
    let grants = |address: &str, port| hosts.grants(address.parse().unwrap(), port);
    assert!(grants("127.0.0.1", 8080));
    assert!(!grants("127.0.0.1", 22));
    assert!(grants("::1", 443));
    assert!(grants("10.0.0.5", 1));
    assert!(!grants("10.0.0.6", 1));
    assert!(!grants("169.254.169.254", 80));
}

#[test]
fn a_strict_list_leaves_nothing_to_ask() {
    let mut hosts = hosts(&["example.com"], &[]);
    hosts.strict = true;
    assert_eq!(verdict(&hosts, "other.example", 443), Verdict::Deny);
}
