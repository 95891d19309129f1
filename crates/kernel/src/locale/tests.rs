//! Tags, fallback, negotiation, and days across clock changes.

use proptest::prelude::*;

use super::*;

fn locale(tag: &str) -> Locale {
    tag.parse().unwrap()
}

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn tags_are_written_in_normal_case_without_extensions() {
    assert_eq!(locale("FR-ca").to_string(), "fr-CA");
    assert_eq!(locale("zh-hant-tw").to_string(), "zh-Hant-TW");
    assert_eq!(locale(" de-DE-u-co-phonebk ").to_string(), "de-DE");
}

#[test]
fn nonsense_is_no_locale() {
    for text in ["", "und", "x", "french!", "en_US", "fr--CA", "en-u", "a\u{0}", &"en-".repeat(40)] {
        assert_eq!(text.parse::<Locale>().unwrap_err().code(), "bad_locale", "{text:?}");
    }
}

#[test]
fn fallback_goes_from_the_narrow_to_english() {
    let chain = |tag| locale(tag).fallbacks().map(|one| one.to_string()).collect::<Vec<_>>();
    assert_eq!(chain("zh-Hant-TW"), ["zh-Hant-TW", "zh-Hant", "zh", "en"]);
    assert_eq!(chain("fr-CA"), ["fr-CA", "fr", "en"]);
    assert_eq!(chain("en-GB"), ["en-GB", "en"]);
    assert_eq!(chain("ca-ES-valencia"), ["ca-ES-valencia", "ca-ES", "ca", "en"]);
}

#[test]
fn message_language_follows_the_locale() {
    assert_eq!(locale("fr-CA").language(), Language::Fr);
    assert_eq!(locale("ar-EG").language(), Language::En);
}

#[test]
fn accept_language_is_answered_by_quality_then_order() {
    for (header, expected) in [
        ("fr", Some(Language::Fr)),
        ("fr-CH, en;q=0.9", Some(Language::Fr)),
        ("en;q=0.5, fr;q=0.8", Some(Language::Fr)),
        ("en;q=0.8,fr;q=0.8", Some(Language::En)),
        ("de, ja;q=0.9", None),
        ("de, *;q=0.1", Some(Language::En)),
        ("en;q=0, *", Some(Language::Fr)),
        ("fr;q=0", None),
        ("fr;q=1.5, en;q=0.1", Some(Language::En)),
        ("fr;q=0.8888, en;q=0.1", Some(Language::En)),
        ("FR ; Q=0.7 , , ;;, en;q=0.2", Some(Language::Fr)),
        ("", None),
    ] {
        assert_eq!(negotiate(header, &Language::ALL), expected, "{header}");
    }
}

#[test]
fn missing_or_unspoken_header_means_english() {
    assert_eq!(Language::negotiate(None), Language::En);
    assert_eq!(Language::negotiate(Some("ja")), Language::En);
}

#[test]
fn right_to_left_follows_script_before_language() {
    assert!(locale("ar").is_rtl() && locale("az-Arab").is_rtl());
    assert!(!locale("fr").is_rtl() && !locale("ar-Latn").is_rtl());
}

#[test]
fn zones_are_known_by_name_alone() {
    assert_eq!(zone("Europe/Paris").name(), "Europe/Paris");
    for text in ["Paris", "+02:00", "", "europe/paris"] {
        assert_eq!(text.parse::<TimeZone>().unwrap_err().code(), "bad_time_zone", "{text}");
    }
}

#[test]
fn date_depends_on_the_zone() {
    let instant = "2026-03-31T23:30:00Z".parse().unwrap();
    assert_eq!(zone("Europe/Paris").date_at(instant), date("2026-04-01"));
    assert_eq!(zone("America/New_York").date_at(instant), date("2026-03-31"));
}

#[test]
fn days_with_a_clock_change_are_shorter_or_longer() {
    let hours = |name, day| {
        let (start, end) = zone(name).day(date(day));
        (end - start).num_hours()
    };
    assert_eq!(hours("Europe/Paris", "2026-03-29"), 23);
    assert_eq!(hours("Europe/Paris", "2026-10-25"), 25);
    assert_eq!(hours("Europe/Paris", "2026-06-01"), 24);
}

#[test]
fn day_without_midnight_starts_at_its_first_minute() {
    let start = zone("America/Sao_Paulo").start_of(date("2018-11-04"));
    assert_eq!(start.to_rfc3339(), "2018-11-04T03:00:00+00:00");
}

#[test]
fn day_skipped_by_the_zone_is_empty() {
    let (start, end) = zone("Pacific/Apia").day(date("2011-12-30"));
    assert_eq!(start, end);
}

#[test]
fn locale_and_zone_are_text_in_json_and_database() {
    let value = sea_orm::Value::from(locale("fr-ca"));
    assert_eq!(value, sea_orm::Value::from("fr-CA"));
    assert_eq!(sea_orm::Value::from(zone("Asia/Tokyo")), sea_orm::Value::from("Asia/Tokyo"));
    assert_eq!(serde_json::from_str::<Locale>("\"FR\"").unwrap(), locale("fr"));
    assert_eq!(serde_json::to_string(&zone("Asia/Tokyo")).unwrap(), "\"Asia/Tokyo\"");
}

proptest! {
    #[test]
    fn no_header_panics_the_negotiation(header in "\\PC{0,80}") {
        let chosen = negotiate(&header, &Language::ALL);
        prop_assert!(chosen.is_none_or(|language| Language::ALL.contains(&language)));
    }

    #[test]
    fn accepted_locales_are_their_own_normal_form(text in "[a-zA-Z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?") {
        if let Ok(locale) = text.parse::<Locale>() {
            prop_assert_eq!(locale.to_string().parse(), Ok(locale));
        }
    }
}
