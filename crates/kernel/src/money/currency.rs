//! Currencies of ISO 4217 that have a minor unit.

use std::fmt::{self, Debug, Display};
use std::str::FromStr;

use crate::error::Text;
use crate::scalar::{ScalarError, text_scalar};

/// A currency of ISO 4217. Codes without a minor unit (metals, bond market units, test codes) are none: no amount can
/// be counted in them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String", column_type = "Text")]
pub struct Currency(iso_currency::Currency);

/// The text is no currency code.
pub const BAD_CURRENCY: Text = Text::new(
    "bad_currency",
    "This is not a currency code of ISO 4217, such as EUR.",
    "Ce n'est pas un code de devise ISO 4217, comme EUR.",
);

impl Currency {
    /// Euro.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    /// United States dollar.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The three letters of ISO 4217.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// Decimal places of the minor unit by ISO 4217: 2 for most, 0 for JPY, 3 for KWD, 4 for CLF.
    #[must_use]
    pub fn exponent(self) -> u8 {
        // Invariant: `from_str`, the only way in for codes that are not constants, refuses codes without one.
        self.0.exponent().and_then(|places| u8::try_from(places).ok()).unwrap_or(2)
    }
}

/// Euro, until somebody chooses.
impl Default for Currency {
    fn default() -> Self {
        Self::EUR
    }
}

impl FromStr for Currency {
    type Err = ScalarError;

    fn from_str(text: &str) -> Result<Self, ScalarError> {
        let code = text.trim().to_ascii_uppercase();
        match iso_currency::Currency::from_code(&code) {
            Some(currency) if currency.exponent().is_some() => Ok(Self(currency)),
            _ => Err(BAD_CURRENCY.into()),
        }
    }
}

impl Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

text_scalar! {
    /// A currency code of ISO 4217 with a minor unit, such as `EUR`.
    Currency, "Currency", "https://www.iso.org/iso-4217-currency-codes.html"
}
