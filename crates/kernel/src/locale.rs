//! Languages, locales and time zones: what people read, how it is written, and which day it is for them.

use std::fmt::{self, Display};
use std::str::FromStr;

use chrono::{DateTime, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use icu_locale_core::LanguageIdentifier;
use icu_locale_core::subtags::Variants;

use crate::error::Text;
use crate::scalar::{ScalarError, text_scalar};

/// A language that the platform's own messages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, the language of last resort.
    #[default]
    En,
    /// French.
    Fr,
}

impl Language {
    /// Every language, the one of last resort first.
    pub const ALL: [Self; 2] = [Self::En, Self::Fr];

    /// The language's BCP-47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
        }
    }

    /// The language with a tag, in exactly our spelling.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// The language for an `Accept-Language` header; the one of last resort when there is no header, or none in it
    /// that we speak.
    #[must_use]
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        accept_language.and_then(|header| negotiate(header, &Self::ALL)).unwrap_or_default()
    }
}

/// The best of `supported` for an `Accept-Language` header (RFC 9110, section 12.5.4, by the lookup scheme of RFC
/// 4647): ranges by descending quality, each shortened until something matches; `*` takes the first language that is
/// not refused with `q=0`. Ranges that cannot be read, and all after the 32nd, are skipped.
#[must_use]
pub fn negotiate(header: &str, supported: &[Language]) -> Option<Language> {
    let mut ranges: Vec<(&str, u16)> = header.split(',').take(32).filter_map(parse_range).collect();
    // Invariant: the sort is stable, so ranges of one quality keep the order of the header.
    ranges.sort_by_key(|(_, quality)| std::cmp::Reverse(*quality));
    let refused = |language: &Language| {
        ranges.iter().any(|(range, quality)| *quality == 0 && range.eq_ignore_ascii_case(language.tag()))
    };
    let wanted = ranges.iter().filter(|(_, quality)| *quality > 0);
    wanted.into_iter().find_map(|(range, _)| {
        let mut candidates = supported.iter().copied().filter(|language| !refused(language));
        if *range == "*" {
            return candidates.next();
        }
        let locale: Locale = range.parse().ok()?;
        let chain: Vec<String> = locale.parents().map(|tag| tag.to_string()).collect();
        // Invariant: tags of languages have no parents of their own, so at most one candidate matches.
        candidates.find(|language| chain.iter().any(|tag| tag == language.tag()))
    })
}

/// A language range and its quality in thousandths.
fn parse_range(entry: &str) -> Option<(&str, u16)> {
    let mut parts = entry.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let mut quality = 1_000;
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            quality = parse_quality(value.trim())?;
        }
    }
    Some((range, quality))
}

/// `0`, `1`, or up to three decimals between them, in thousandths.
fn parse_quality(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimals: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(decimals),
        "1" if decimals == 0 => Some(1_000),
        _ => None,
    }
}

/// The text is no locale we can use.
pub const BAD_LOCALE: Text = Text::new(
    "bad_locale",
    "This is not a language tag such as en or fr-CA.",
    "Ce n'est pas une étiquette de langue comme en ou fr-CA.",
);

/// A BCP-47 language tag: language, script, region and variants in normal case (`fr-CA`, `zh-Hant-TW`). Extensions
/// are read and dropped: digits, calendars and the like follow from the language and region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct Locale(LanguageIdentifier);

/// Longest tag accepted, the bound RFC 5646 recommends for buffers.
const LOCALE_MAX: usize = 35;

impl Locale {
    /// English without a region.
    #[must_use]
    pub fn en() -> Self {
        Language::En.into()
    }

    /// The language to write messages in for a reader of this locale: the first of its fallback
    /// chain that the platform speaks.
    #[must_use]
    pub fn language(&self) -> Language {
        self.fallbacks().find_map(|locale| Language::from_tag(&locale.to_string())).unwrap_or_default()
    }

    /// The language subtag, such as `fr`.
    #[must_use]
    pub fn language_tag(&self) -> &str {
        self.0.language.as_str()
    }

    /// The region subtag, such as `CA`, if the locale names one.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.0.region.as_ref().map(|region| region.as_str())
    }

    /// Whether the locale is written from right to left.
    #[must_use]
    pub fn is_rtl(&self) -> bool {
        match &self.0.script {
            Some(script) => matches!(script.as_str(), "Arab" | "Hebr" | "Thaa" | "Syrc" | "Nkoo" | "Adlm"),
            None => matches!(
                self.language_tag(),
                "ar" | "he" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "dv" | "ckb"
            ),
        }
    }

    /// The locale, then what it falls back to, ending in English: `fr-CA`, `fr`, `en`.
    pub fn fallbacks(&self) -> impl Iterator<Item = Self> + use<> {
        let last = Self::en();
        let chain: Vec<Self> = self.parents().collect();
        let ends = (!chain.contains(&last)).then_some(last);
        chain.into_iter().chain(ends)
    }

    /// The locale, then each with its last subtag removed: `zh-Hant-TW`, `zh-Hant`, `zh`.
    fn parents(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), |locale| {
            let mut id = locale.0.clone();
            if !id.variants.is_empty() {
                id.variants = Variants::new();
            } else if id.region.take().is_none() {
                id.script.take()?;
            }
            Some(Self(id))
        })
    }

    /// The identifier for the formatting libraries.
    pub(crate) fn identifier(&self) -> &LanguageIdentifier {
        &self.0
    }
}

impl FromStr for Locale {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let text = text.trim();
        if text.len() > LOCALE_MAX {
            return Err(BAD_LOCALE.into());
        }
        match icu_locale_core::Locale::try_from_str(text) {
            Ok(locale) if !locale.id.language.is_unknown() => Ok(Self(locale.id)),
            _ => Err(BAD_LOCALE.into()),
        }
    }
}

impl Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self::en()
    }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        Self(match language {
            Language::En => icu_locale_core::langid!("en"),
            Language::Fr => icu_locale_core::langid!("fr"),
        })
    }
}

text_scalar! {
    /// A BCP-47 language tag such as `en` or `fr-CA`. Extensions are dropped.
    Locale, "Locale", "https://www.rfc-editor.org/rfc/rfc5646"
}

/// The text names no time zone.
pub const BAD_TIME_ZONE: Text = Text::new(
    "bad_time_zone",
    "This is not a time zone such as Europe/Paris.",
    "Ce n'est pas un fuseau horaire comme Europe/Paris.",
);

/// A time zone of the IANA database, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct TimeZone(Tz);

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The zone for chrono's calculations.
    #[must_use]
    pub fn tz(self) -> Tz {
        self.0
    }

    /// The calendar date in this zone at an instant.
    #[must_use]
    pub fn date_at(self, instant: DateTime<Utc>) -> NaiveDate {
        instant.with_timezone(&self.0).date_naive()
    }

    /// The first instant of a calendar date in this zone: midnight, or where clocks skip midnight, the first minute
    /// that exists after it; a date that the zone skipped whole begins with the next one.
    #[must_use]
    pub fn start_of(self, date: NaiveDate) -> DateTime<Utc> {
        let midnight = date.and_time(NaiveTime::MIN);
        // Reason: no gap in the database is longer than a day (Samoa skipped 30 December 2011).
        let minutes =
            (0..=24 * 60).filter_map(|minute| midnight.checked_add_signed(TimeDelta::minutes(minute)));
        let first = minutes.into_iter().find_map(|local| match self.0.from_local_datetime(&local) {
            LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.with_timezone(&Utc)),
            LocalResult::None => None,
        });
        first.unwrap_or_else(|| midnight.and_utc())
    }

    /// The instants of a calendar date in this zone, from the first to before the returned end.
    #[must_use]
    pub fn day(self, date: NaiveDate) -> (DateTime<Utc>, DateTime<Utc>) {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        (self.start_of(date), self.start_of(next))
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for TimeZone {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        text.trim().parse().map(Self).map_err(|_| BAD_TIME_ZONE.into())
    }
}

impl Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

text_scalar! {
    /// The name of a time zone of the IANA database, such as `Europe/Paris`.
    TimeZone, "TimeZone", "https://www.iana.org/time-zones"
}

#[cfg(test)]
mod tests;
