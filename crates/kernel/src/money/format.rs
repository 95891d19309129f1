//! Amounts as people write them: digits and grouping by ICU, symbols and their places by the table below, which
//! follows the Unicode CLDR (<https://cldr.unicode.org>) for the languages it knows.

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;

use super::{Currency, Money};
use crate::locale::Locale;

/// Keeps a symbol and its number on one line.
const NO_BREAK_SPACE: char = '\u{a0}';

/// Makes what follows read from right to left, whatever stands around it.
const RIGHT_TO_LEFT_MARK: char = '\u{200f}';

/// Where a language puts the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `€1.00`; a space goes between where the symbol ends in a letter.
    Before,
    /// `€ 1.00`.
    BeforeSpaced,
    /// `1.00 €`.
    After,
}

impl Money {
    /// The amount as readers of a locale write it: their digits, grouping and decimal mark, and the currency's symbol
    /// where they put it; the ISO code where they have no symbol for it.
    #[must_use]
    pub fn format(self, locale: &Locale) -> String {
        let place = place(locale);
        let symbol = symbol(self.currency, locale).unwrap_or_else(|| self.currency.code());
        let negative = self.amount < 0;
        match place {
            Place::After => {
                let mark = if locale.is_rtl() { String::from(RIGHT_TO_LEFT_MARK) } else { String::new() };
                format!("{mark}{}{NO_BREAK_SPACE}{symbol}", digits(self, true, locale))
            }
            Place::Before | Place::BeforeSpaced => {
                let letter = symbol.chars().next_back().is_some_and(char::is_alphabetic);
                let spaced = letter || place == Place::BeforeSpaced;
                let space = if spaced { String::from(NO_BREAK_SPACE) } else { String::new() };
                let sign = if negative { "-" } else { "" };
                format!("{sign}{symbol}{space}{}", digits(self, false, locale))
            }
        }
    }
}

/// The number alone, in the locale's digits, with all places of the currency; without its sign unless `signed`.
fn digits(money: Money, signed: bool, locale: &Locale) -> String {
    let places = -i16::from(money.currency.exponent());
    let mut decimal = match signed {
        true => Decimal::from(money.amount),
        false => Decimal::from(money.amount.unsigned_abs()),
    };
    decimal.multiply_pow10(places);
    decimal.pad_end(places);
    match DecimalFormatter::try_new(locale.identifier().into(), Default::default()) {
        Ok(formatter) => formatter.format(&decimal).to_string(),
        // Reason: the compiled data falls back to its root for any locale; plain digits beat a failed answer.
        Err(_) => decimal.to_string(),
    }
}

fn place(locale: &Locale) -> Place {
    match (locale.language_tag(), locale.region()) {
        ("de", Some("AT" | "CH" | "LI")) => Place::BeforeSpaced,
        ("es", Some("MX" | "US" | "CL" | "CO" | "PE" | "419")) => Place::Before,
        ("fr" | "de" | "es" | "ar", _) => Place::After,
        ("en", _) => Place::Before,
        _ => Place::BeforeSpaced,
    }
}

/// The symbol a locale's readers know a currency by.
fn symbol(currency: Currency, locale: &Locale) -> Option<&'static str> {
    let code = currency.code();
    let dollar = match (code, locale.region()) {
        // Reason: a country's own dollar or peso needs no more than the sign.
        ("CAD", Some("CA")) | ("AUD", Some("AU")) | ("NZD", Some("NZ")) => Some("$"),
        ("USD", Some("US")) | ("MXN", Some("MX")) => Some("$"),
        _ => None,
    };
    dollar.or_else(|| match locale.language_tag() {
        "en" => english(code, locale.region()),
        "fr" => french(code, locale.region()),
        "de" => german(code),
        "es" => spanish(code),
        "ar" => arabic(code),
        _ => None,
    })
}

fn english(code: &str, region: Option<&str>) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "GBP" => "£",
        "USD" if region.is_none() => "$",
        "USD" => "US$",
        "CAD" => "CA$",
        "AUD" => "A$",
        "NZD" => "NZ$",
        "MXN" => "MX$",
        "JPY" => "¥",
        "CNY" => "CN¥",
        "INR" => "₹",
        "KRW" => "₩",
        "ILS" => "₪",
        "BRL" => "R$",
        "VND" => "₫",
        _ => return None,
    })
}

fn french(code: &str, region: Option<&str>) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "USD" if region == Some("CA") => "$\u{a0}US",
        "USD" => "$US",
        "CAD" => "$CA",
        "AUD" => "$AU",
        "GBP" => "£GB",
        "INR" => "₹",
        "KRW" => "₩",
        "ILS" => "₪",
        _ => return None,
    })
}

fn german(code: &str) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "CAD" => "CA$",
        "AUD" => "AU$",
        "CNY" => "CN¥",
        "JPY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        _ => return None,
    })
}

fn spanish(code: &str) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "USD" => "US$",
        "VND" => "₫",
        _ => return None,
    })
}

fn arabic(code: &str) -> Option<&'static str> {
    Some(match code {
        "EUR" => "€",
        "USD" => "US$",
        "GBP" => "UK£",
        "AED" => "د.إ.\u{200f}",
        "EGP" => "ج.م.\u{200f}",
        "SAR" => "ر.س.\u{200f}",
        "KWD" => "د.ك.\u{200f}",
        "MAD" => "د.م.\u{200f}",
        "JOD" => "د.أ.\u{200f}",
        _ => return None,
    })
}
