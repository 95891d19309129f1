//! Arithmetic that loses nothing, rounding, text forms and the API's shape.

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn amounts(shares: &[Money]) -> Vec<i64> {
    shares.iter().map(|share| share.amount).collect()
}

#[test]
fn halves_go_to_the_even_neighbour_on_both_sides_of_zero() {
    for (dividend, divisor, expected) in [
        (5, 10, 0),
        (15, 10, 2),
        (25, 10, 2),
        (-5, 10, 0),
        (-15, 10, -2),
        (-25, 10, -2),
        (15, -10, -2),
        (-25, -10, 2),
        (14, 10, 1),
        (16, 10, 2),
        (-16, 10, -2),
        (7, 7, 1),
        (0, 3, 0),
    ] {
        assert_eq!(divide_half_even(dividend, divisor), Some(expected), "{dividend}/{divisor}");
    }
    assert_eq!(divide_half_even(1, 0), None);
    assert_eq!(divide_half_even(i128::MIN, -1), None);
    assert_eq!(divide_half_even(i128::MIN, i128::MIN), Some(1));
}

#[test]
fn vat_of_twenty_per_cent_is_taken_in_basis_points() {
    assert_eq!(eur(1_999).basis_points(2_000), Ok(eur(400)));
    assert_eq!(eur(1_234_567).ppm(55_000), Ok(eur(67_901)));
}

#[test]
fn amounts_of_two_currencies_do_not_mix() {
    let yen = Money::new(1, currency("JPY"));
    let mismatch = MoneyError::Mismatch { expected: Currency::EUR, got: currency("JPY") };
    assert_eq!(eur(1).checked_add(yen), Err(mismatch));
    assert_eq!(eur(1).checked_sub(yen), Err(mismatch));
    assert_eq!(Money::sum(Currency::EUR, [eur(1), yen]), Err(mismatch));
    assert_eq!(mismatch.at("lines.0").code(), "currency_mismatch");
}

#[test]
fn results_beyond_64_bits_are_errors() {
    assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).checked_sub(eur(1)), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).checked_neg(), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).mul_ratio(i64::MIN, 1), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).mul_ratio(i64::MIN, i64::MIN), Ok(eur(i64::MIN)));
    assert_eq!(eur(1).mul_ratio(1, 0), Err(MoneyError::ZeroDivisor));
}

#[test]
fn sum_may_pass_the_limit_on_its_way_to_a_total_that_fits() {
    let lines = [eur(i64::MAX), eur(i64::MAX), eur(-i64::MAX)];
    assert_eq!(Money::sum(Currency::EUR, lines), Ok(eur(i64::MAX)));
    assert_eq!(Money::sum(Currency::EUR, []), Ok(eur(0)));
}

#[test]
fn left_over_cents_go_to_the_largest_remainders_then_the_earliest() {
    assert_eq!(amounts(&eur(100).split(3).unwrap()), [34, 33, 33]);
    assert_eq!(amounts(&eur(-100).split(3).unwrap()), [-34, -33, -33]);
    assert_eq!(amounts(&eur(10).allocate(&[1, 2, 3]).unwrap()), [2, 3, 5]);
    assert_eq!(amounts(&eur(5).allocate(&[0, 1, 0]).unwrap()), [0, 5, 0]);
    assert_eq!(eur(5).allocate(&[0, 0]), Err(MoneyError::ZeroDivisor));
    assert_eq!(eur(5).split(0), Err(MoneyError::ZeroDivisor));
}

#[test]
fn exponents_follow_iso_4217() {
    for (code, places) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("UYW", 4), ("MRU", 2)]
    {
        assert_eq!(currency(code).exponent(), places, "{code}");
    }
}

#[test]
fn codes_without_minor_units_are_no_currencies() {
    for code in ["XAU", "XTS", "XXX", "AAA", "EU", "", "€"] {
        assert_eq!(code.parse::<Currency>().unwrap_err().code(), "bad_currency", "{code}");
    }
    assert_eq!("eur".parse(), Ok(Currency::EUR));
}

#[test]
fn decimals_are_read_and_written_with_the_currency_s_places() {
    for (code, units, text) in [
        ("EUR", 123_450, "1234.50"),
        ("EUR", -5, "-0.05"),
        ("JPY", 1_234, "1234"),
        ("KWD", 1, "0.001"),
        ("EUR", i64::MIN, "-92233720368547758.08"),
    ] {
        let money = Money::new(units, currency(code));
        assert_eq!(money.to_decimal(), text);
        assert_eq!(Money::parse_decimal(text, money.currency), Ok(money));
    }
    assert_eq!(Money::parse_decimal("7.5", Currency::EUR), Ok(eur(750)));
}

#[test]
fn texts_that_are_no_plain_decimals_are_refused() {
    for text in ["", "-", ".5", "5.", "1,5", "1 000", "+1", "1.005", "--1", "1e3", "٣", "1.-5"] {
        let expected = Err(MoneyError::Unreadable(Currency::EUR));
        assert_eq!(Money::parse_decimal(text, Currency::EUR), expected, "{text:?}");
    }
    let huge = "9".repeat(60);
    assert_eq!(Money::parse_decimal(&huge, Currency::EUR), Err(MoneyError::Overflow));
}

#[test]
fn amounts_are_written_as_readers_of_the_locale_do() {
    for (tag, code, units, expected) in [
        ("en", "EUR", 123_456_789, "€1,234,567.89"),
        ("en", "USD", -123_450, "-$1,234.50"),
        ("en-GB", "USD", 100, "US$1.00"),
        ("en-US", "USD", 100, "$1.00"),
        ("en-CA", "CAD", 100, "$1.00"),
        ("en", "CHF", 123_450, "CHF\u{a0}1,234.50"),
        ("en", "JPY", 123_450, "¥123,450"),
        ("en", "KWD", 1_234_500, "KWD\u{a0}1,234.500"),
        ("en-IN", "INR", 123_456_789, "₹12,34,567.89"),
        ("fr", "EUR", 123_450, "1\u{202f}234,50\u{a0}€"),
        ("fr", "EUR", -123_450, "-1\u{202f}234,50\u{a0}€"),
        ("fr-CA", "CAD", 123_450, "1\u{a0}234,50\u{a0}$"),
        ("fr", "USD", 0, "0,00\u{a0}$US"),
        ("de", "EUR", 123_450, "1.234,50\u{a0}€"),
        ("de-CH", "CHF", 123_450, "CHF\u{a0}1'234.50"),
        ("es", "EUR", 12_345_050, "123.450,50\u{a0}€"),
        ("es-MX", "MXN", 123_450, "$1,234.50"),
        ("sw", "TZS", 123_450, "TZS\u{a0}1,234.50"),
    ] {
        let money = Money::new(units, currency(code));
        assert_eq!(money.format(&tag.parse().unwrap()), expected, "{tag} {code}");
    }
}

#[test]
fn arabic_amounts_read_from_right_to_left_in_the_region_s_digits() {
    let pounds = Money::new(123_450, currency("EGP"));
    let written = pounds.format(&"ar-EG".parse().unwrap());
    assert_eq!(written, "\u{200f}١٬٢٣٤٫٥٠\u{a0}ج.م.\u{200f}");
    let dirhams = Money::new(123_450, currency("AED"));
    let written = dirhams.format(&"ar-AE".parse().unwrap());
    assert_eq!(written, "\u{200f}1,234.50\u{a0}د.إ.\u{200f}");
}

proptest! {
    #[test]
    fn allocation_loses_nothing_and_strays_less_than_one_unit(
        amount: i64, weights in vec(any::<u64>(), 1..20),
    ) {
        let total: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
        prop_assume!(total > 0);
        let shares = eur(amount).allocate(&weights).unwrap();
        prop_assert_eq!(Money::sum(Currency::EUR, shares.iter().copied()), Ok(eur(amount)));
        for (share, weight) in shares.iter().zip(&weights) {
            let exact = u128::from(amount.unsigned_abs()) * u128::from(*weight);
            let share = u128::from(share.amount.unsigned_abs());
            prop_assert!(share == exact / total || share == exact / total + u128::from(exact % total > 0));
        }
    }

    #[test]
    fn equal_parts_differ_by_one_unit_at_most(amount: i64, parts in 1_usize..50) {
        let shares = eur(amount).split(parts).unwrap();
        let sizes: Vec<u64> = shares.iter().map(|share| share.amount.unsigned_abs()).collect();
        prop_assert!(sizes[0] - sizes[parts - 1] <= 1);
        prop_assert!(sizes.is_sorted_by(|one, two| one >= two));
    }

    #[test]
    fn total_is_the_sum_of_its_lines_in_any_order(lines in vec(-1_000_000_000_i64..1_000_000_000, 0..50)) {
        let forward = Money::sum(Currency::EUR, lines.iter().map(|line| eur(*line)));
        let one_by_one = lines.iter().rev().try_fold(eur(0), |sum, line| sum.checked_add(eur(*line)));
        prop_assert_eq!(forward, one_by_one);
        prop_assert_eq!(forward, Ok(eur(lines.iter().sum())));
    }

    #[test]
    fn quotient_is_never_more_than_half_away(dividend: i64, divisor: i64) {
        prop_assume!(divisor != 0);
        let (dividend, divisor) = (i128::from(dividend), i128::from(divisor));
        let quotient = divide_half_even(dividend, divisor).unwrap();
        let off = (dividend - quotient * divisor).abs() * 2;
        prop_assert!(off < divisor.abs() || (off == divisor.abs() && quotient % 2 == 0));
    }

    #[test]
    fn no_calculation_panics(one: i64, two: i64, three: i64) {
        let results = [
            eur(one).checked_add(eur(two)),
            eur(one).checked_sub(eur(two)),
            eur(one).checked_neg(),
            eur(one).mul_ratio(two, three),
            eur(one).basis_points(two),
            eur(one).ppm(two),
        ];
        for result in results {
            let expected = matches!(result, Ok(_) | Err(MoneyError::Overflow | MoneyError::ZeroDivisor));
            prop_assert!(expected, "{:?}", result);
        }
    }

    #[test]
    fn ratio_of_one_changes_nothing(amount: i64, over: i64) {
        prop_assume!(over != 0);
        prop_assert_eq!(eur(amount).mul_ratio(over, over), Ok(eur(amount)));
    }

    #[test]
    fn decimals_survive_a_round_trip(amount: i64, code in prop::sample::select(vec!["EUR", "JPY", "KWD", "CLF"])) {
        let money = Money::new(amount, currency(code));
        prop_assert_eq!(Money::parse_decimal(&money.to_decimal(), money.currency), Ok(money));
    }

    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,30}") {
        if let Ok(money) = Money::parse_decimal(&text, Currency::EUR) {
            prop_assert_eq!(money.currency, Currency::EUR);
        }
    }

    #[test]
    fn every_amount_can_be_written_in_any_locale(amount: i64, tag in "[a-z]{2}(-[A-Z]{2})?") {
        if let Ok(locale) = tag.parse() {
            prop_assert!(!eur(amount).format(&locale).is_empty());
        }
    }
}

struct Query;

#[Object]
impl Query {
    async fn echo(&self, input: MoneyInput) -> Money {
        input.into()
    }
}

async fn run(query: &str) -> serde_json::Value {
    let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
    serde_json::to_value(schema.execute(query).await).unwrap()
}

#[tokio::test]
async fn amount_goes_in_as_string_or_integer_and_out_as_string() {
    for input in ["9007199254740993", "\"9007199254740993\""] {
        let query = format!(
            "{{ echo(input: {{ amount: {input}, currency: \"eur\" }}) {{ amount currency formatted }} }}"
        );
        let answer = run(&query).await;
        let echo = &answer["data"]["echo"];
        assert_eq!(echo["amount"], "9007199254740993", "{answer}");
        assert_eq!(echo["currency"], "EUR");
        assert_eq!(echo["formatted"], "€90,071,992,547,409.93");
    }
}

#[tokio::test]
async fn formatted_follows_the_locale_asked_for() {
    let answer =
        run(r#"{ echo(input: { amount: 150, currency: "EUR" }) { formatted(locale: "de") } }"#).await;
    assert_eq!(answer["data"]["echo"]["formatted"], "1,50\u{a0}€");
}

#[tokio::test]
async fn unreadable_amounts_and_currencies_are_invalid() {
    for input in [
        r#"{ amount: 1.5, currency: "EUR" }"#,
        r#"{ amount: "1e3", currency: "EUR" }"#,
        r#"{ amount: 9223372036854775808, currency: "EUR" }"#,
        r#"{ amount: 1, currency: "XXX" }"#,
        r#"{ amount: 1, currency: 978 }"#,
    ] {
        let answer = run(&format!("{{ echo(input: {input}) {{ amount }} }}")).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID", "{input} {answer}");
    }
}
