//! The text form of keys, networks, and bounds within bounds.

use chrono::TimeDelta;
use platform::crypto::{Token, token};
use proptest::prelude::*;

use super::*;
use crate::testing::noon;

fn nets(texts: &[&str]) -> Vec<IpNet> {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    networks(&texts, "ipAllow").unwrap()
}

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

#[test]
fn drawn_key_is_found_by_its_prefix() {
    let key = Token::generate("atk_ab12cd34", &mut rand::rng());
    assert_eq!(prefix_of(key.expose()), Some("atk_ab12cd34"));
    assert!(token::matches(key.expose(), &key.hash()));
}

#[test]
fn text_that_is_no_key_has_no_prefix() {
    let secret = "s".repeat(43);
    let bad = [
        String::new(),
        "atk_".to_owned(),
        format!("atk_short_{secret}"),
        format!("atr_ab12cd34_{secret}"),
        format!("atk_AB12CD34_{secret}"),
        format!("atk_ab12cd3é_{secret}"),
        format!("atk_ab12cd34-{secret}"),
        "atk_ab12cd34_short".to_owned(),
        format!("atk_ab12cd34_{}", "s".repeat(500)),
        format!(" atk_ab12cd34_{secret}"),
    ];
    for text in bad {
        assert_eq!(prefix_of(&text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_search_for_a_prefix(text in "\\PC{0,80}") {
        if let Some(prefix) = prefix_of(&text) {
            prop_assert!(text.starts_with(prefix) && prefix.starts_with("atk_"));
        }
    }

    #[test]
    fn single_address_admits_itself_alone(one in any::<u32>(), other in any::<u32>()) {
        let (one, other) = (IpAddr::V4(one.into()), IpAddr::V4(other.into()));
        let bounds = Bounds { networks: networks(&[one.to_string()], "ipAllow").unwrap(), ..Bounds::default() };
        prop_assert!(bounds.admit(Some(one)));
        prop_assert_eq!(bounds.admit(Some(other)), one == other);
    }
}

#[test]
fn networks_are_read_and_kept_once() {
    assert_eq!(
        nets(&["203.0.113.7/24", " 203.0.113.0/24 ", "2001:db8::1/32"]),
        nets(&["203.0.113.0/24", "2001:db8::/32"])
    );
    assert_eq!(nets(&["198.51.100.4"])[0].to_string(), "198.51.100.4/32");
    let wrong = networks(&["10.0.0.0/8".to_owned(), "10.0.0.0/33".to_owned()], "ipAllow").unwrap_err();
    assert_eq!((wrong.path.as_str(), wrong.code()), ("ipAllow.1", "bad_network"));
    let many = vec!["10.0.0.0/8".to_owned(); MAX_NETWORKS + 1];
    assert_eq!(networks(&many, "ipAllow").unwrap_err().code(), "too_many");
}

#[test]
fn key_without_networks_works_everywhere_and_with_them_only_there() {
    assert!(Bounds::default().admit(None));
    let bounds = Bounds { networks: nets(&["203.0.113.0/24", "2001:db8::/32"]), ..Bounds::default() };
    assert!(bounds.admit(address("203.0.113.200")));
    assert!(bounds.admit(address("::ffff:203.0.113.200")));
    assert!(bounds.admit(address("2001:db8:1::9")));
    assert!(!bounds.admit(address("203.0.114.1")));
    assert!(!bounds.admit(address("2001:db9::1")));
    assert!(!bounds.admit(None));
}

fn complaints(inner: &Bounds, outer: &Bounds) -> Vec<String> {
    let mut fields = Fields::new();
    inner.check_within(outer, &mut fields);
    match fields.check() {
        Err(kernel::Error::Invalid(fields)) => fields.into_iter().map(|field| field.path).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn bounds_are_within_themselves_and_anything_is_within_none() {
    let tight = Bounds { expires_at: Some(noon()), networks: nets(&["10.1.0.0/16"]), rate: Some(10) };
    assert!(complaints(&tight, &tight).is_empty());
    assert!(complaints(&tight, &Bounds::default()).is_empty());
    assert!(complaints(&Bounds::default(), &Bounds::default()).is_empty());
}

#[test]
fn key_cannot_give_another_key_more_than_it_has() {
    let outer = Bounds { expires_at: Some(noon()), networks: nets(&["10.1.0.0/16"]), rate: Some(10) };
    assert_eq!(complaints(&Bounds::default(), &outer), ["expiresAt", "ipAllow", "requestsPerMinute"]);
    let wider = Bounds {
        expires_at: Some(noon() + TimeDelta::seconds(1)),
        networks: nets(&["10.1.2.0/24", "10.0.0.0/8"]),
        rate: Some(11),
    };
    assert_eq!(complaints(&wider, &outer), ["expiresAt", "ipAllow", "requestsPerMinute"]);
    let tighter = Bounds {
        expires_at: Some(noon() - TimeDelta::days(1)),
        networks: nets(&["10.1.2.0/24"]),
        rate: Some(1),
    };
    assert!(complaints(&tighter, &outer).is_empty());
}

#[test]
fn rates_and_ends_are_bounded() {
    assert_eq!(rate(1, "requestsPerMinute").unwrap(), 1);
    for wrong in [0, -1, MAX_RATE + 1] {
        assert_eq!(rate(wrong, "requestsPerMinute").unwrap_err().code(), "bad_rate");
    }
    assert!(end(noon() + TimeDelta::microseconds(1), noon(), "expiresAt").is_ok());
    assert_eq!(end(noon(), noon(), "expiresAt").unwrap_err().code(), "in_the_past");
}
