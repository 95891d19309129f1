//! Scalars: what they accept, how they write it, and how they refuse.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use proptest::prelude::*;

use super::*;

fn code<T: std::str::FromStr<Err = ScalarError> + fmt::Debug>(text: &str) -> &'static str {
    text.parse::<T>().unwrap_err().code()
}

fn written<T: std::str::FromStr<Err = ScalarError> + Display>(text: &str) -> String {
    text.parse::<T>().map_or_else(|error| panic!("{text:?}: {error}"), |value| value.to_string())
}

#[test]
fn instants_of_any_offset_are_written_in_utc_with_microseconds() {
    for (text, expected) in [
        ("2026-03-31T09:30:00Z", "2026-03-31T09:30:00Z"),
        ("2026-03-31T01:30:00+02:00", "2026-03-30T23:30:00Z"),
        ("2026-03-31T09:30:00.1234569-05:30", "2026-03-31T15:00:00.123456Z"),
        ("2026-03-31T09:30:00.5Z", "2026-03-31T09:30:00.500Z"),
    ] {
        assert_eq!(written::<DateTime>(text), expected);
    }
}

#[test]
fn instants_without_offset_or_sense_are_refused() {
    for text in [
        "",
        "2026-03-31",
        "2026-03-31T09:30:00",
        "2026-02-30T09:30:00Z",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "1774949400",
    ] {
        assert_eq!(code::<DateTime>(text), "bad_date_time", "{text}");
    }
}

#[test]
fn dates_have_one_spelling() {
    assert_eq!(written::<Date>(" 2024-02-29 "), "2024-02-29");
    for text in
        ["2026-02-29", "2026-3-1", "+2026-03-01", "20260301", "2026-03-01T00:00:00Z", "0000-01-01", ""]
    {
        assert_eq!(code::<Date>(text), "bad_date", "{text}");
    }
}

#[test]
fn addresses_are_stored_in_one_form() {
    for (text, expected) in [
        (" Jane.Doe+Tag@Example.COM ", "jane.doe+tag@example.com"),
        ("jose\u{301}@example.com", "josé@example.com"),
        ("mail@BÜCHER.example", "mail@xn--bcher-kva.example"),
        ("mail@xn--bcher-kva.example", "mail@xn--bcher-kva.example"),
        ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
        ("a@b.cd", "a@b.cd"),
    ] {
        assert_eq!(written::<EmailAddress>(text), expected);
    }
}

#[test]
fn texts_that_are_no_addresses_are_refused() {
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long =
        format!("{}@{}.com", "a".repeat(60), ["b".repeat(63), "c".repeat(63), "d".repeat(63)].join("."));
    let huge = "a".repeat(1_000_000);
    for text in [
        "",
        "@",
        "jane",
        "jane@",
        "@example.com",
        "jane@localhost",
        "jane@127.0.0.1",
        "jane@[127.0.0.1]",
        "jane@example..com",
        "jane@-example.com",
        "jane@example.com.",
        "jane@exam_ple.com",
        ".jane@example.com",
        "jane.@example.com",
        "ja..ne@example.com",
        "jane doe@example.com",
        "\"jane doe\"@example.com",
        "jane@doe@example.com",
        "jane@example.com\nbcc: all@example.com",
        "jane\u{0}@example.com",
        "ja\u{200b}ne@example.com",
        "\u{202e}enaj@example.com",
        "jane,john@example.com",
        "Jane <jane@example.com>",
        &long_local,
        &long,
        &huge,
    ] {
        assert_eq!(code::<EmailAddress>(text), "bad_email", "{:.80}", text.escape_debug());
    }
}

#[test]
fn mixed_alphabets_in_an_address_are_refused() {
    // The second letter of each is Cyrillic.
    for text in ["jаne@example.com", "jane@eхample.com", "jane@xn--eample-bsf.com"] {
        assert_eq!(code::<EmailAddress>(text), "email_looks_like_another", "{text}");
    }
}

#[test]
fn address_knows_its_parts() {
    let address: EmailAddress = "jane@bücher.example".parse().unwrap();
    assert_eq!((address.local(), address.domain()), ("jane", "xn--bcher-kva.example"));
}

#[test]
fn web_addresses_are_stored_in_normal_form() {
    for (text, expected) in [
        ("https://Example.COM", "https://example.com/"),
        ("http://bücher.example/ä?q=ü#x", "http://xn--bcher-kva.example/%C3%A4?q=%C3%BC#x"),
        ("https://example.com:443/a/../b", "https://example.com/b"),
    ] {
        assert_eq!(written::<Url>(text), expected);
    }
}

#[test]
fn addresses_of_other_schemes_or_with_credentials_are_refused() {
    let long = format!("https://example.com/{}", "a".repeat(2_048));
    for text in [
        "",
        "example.com",
        "//example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.com",
        "https://",
        "https://user@example.com",
        "https://user:secret@example.com",
        "https://exa mple.com",
        "https://example.com/a\nb",
        "https:\\\\example.com",
        &long,
    ] {
        assert_eq!(code::<Url>(text), "bad_url", "{text:.60}");
    }
}

#[test]
fn integers_of_64_bits_are_read_exactly() {
    assert_eq!("-9223372036854775808".parse(), Ok(Int64(i64::MIN)));
    for text in ["", "-", "+1", "-+1", "1.0", "1e3", " 1", "9223372036854775808"] {
        assert_eq!(code::<Int64>(text), "bad_integer", "{text:?}");
    }
}

#[test]
fn scalars_are_strings_in_json_and_native_types_in_the_database() {
    let time: DateTime = "2026-03-31T09:30:00Z".parse().unwrap();
    assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-03-31T09:30:00Z\"");
    assert_eq!(sea_orm::Value::from(time), sea_orm::Value::from(time.utc()));
    let date: Date = serde_json::from_str("\"2026-03-31\"").unwrap();
    assert_eq!(sea_orm::Value::from(date), sea_orm::Value::from(date.naive()));
    let email: EmailAddress = serde_json::from_str("\"A@b.cd\"").unwrap();
    assert_eq!(sea_orm::Value::from(email), sea_orm::Value::from("a@b.cd"));
    assert!(serde_json::from_str::<Url>("\"ftp://x\"").is_err());
}

#[test]
fn refusal_becomes_an_error_of_its_field_in_both_languages() {
    let error = "x".parse::<EmailAddress>().unwrap_err().at("contact.email");
    assert_eq!((error.path.as_str(), error.code()), ("contact.email", "bad_email"));
    assert!(error.message.render(Language::Fr).starts_with("Ce n'est pas"));
}

proptest! {
    #[test]
    fn no_text_panics_a_scalar(text in "\\PC{0,60}") {
        if let Ok(email) = text.parse::<EmailAddress>() {
            prop_assert_eq!(email.as_str().parse(), Ok(email.clone()));
        }
        if let Ok(url) = text.parse::<Url>() {
            prop_assert_eq!(url.as_str().parse(), Ok(url.clone()));
        }
    }

    #[test]
    fn accepted_addresses_are_their_own_normal_form(text in "[a-zA-Zé.+а-я]{1,12}@[a-zA-Zü-]{1,8}\\.[a-zß]{2,4}") {
        if let Ok(email) = text.parse::<EmailAddress>() {
            prop_assert_eq!(email.as_str().parse(), Ok(email.clone()));
        }
    }

    #[test]
    fn instants_survive_their_text_form(micros in -62_135_596_800_000_000_i64..253_402_300_799_999_999) {
        let time = DateTime::from(chrono::DateTime::from_timestamp_micros(micros).unwrap());
        prop_assert_eq!(time.to_string().parse(), Ok(time));
    }
}

struct Query;

#[Object]
impl Query {
    async fn time(&self, of: DateTime) -> DateTime {
        of
    }

    async fn date(&self, of: Date) -> Date {
        of
    }

    async fn email(&self, of: EmailAddress) -> EmailAddress {
        of
    }

    async fn url(&self, of: Url) -> Url {
        of
    }
}

#[tokio::test]
async fn scalars_have_their_names_and_refuse_with_the_code_invalid() {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    let sdl = schema.sdl();
    for field in [
        "time(of: DateTime!): DateTime!",
        "date(of: Date!): Date!",
        "email(of: EmailAddress!): EmailAddress!",
        "url(of: URL!): URL!",
    ] {
        assert!(sdl.contains(field), "{field} is missing in\n{sdl}");
    }
    for query in
        ["{ time(of: \"noon\") }", "{ date(of: 20260331) }", "{ email(of: \"jane\") }", "{ url(of: \"x\") }"]
    {
        let answer = serde_json::to_value(schema.execute(query).await).unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID", "{answer}");
    }
}
