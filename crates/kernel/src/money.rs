//! Money: whole minor units of one currency, and every rule of arithmetic on them. Nothing here is a float.

use async_graphql::{Context, InputObject, Object};

use crate::error::{Error, FieldError, Said, Text};
use crate::locale::Locale;
use crate::scalar::Int64;
use crate::viewer::Viewer;

pub use currency::{BAD_CURRENCY, Currency};

mod currency;
mod format;

/// An amount of one currency in its minor units (cents, or whole yen).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Minor units; negative for credits.
    pub amount: i64,
    /// What the units are of.
    pub currency: Currency,
}

/// Why a calculation with money has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// Two amounts are of different currencies.
    Mismatch {
        /// The currency calculated in.
        expected: Currency,
        /// The other one.
        got: Currency,
    },
    /// The result does not fit 64 bits of minor units.
    Overflow,
    /// A ratio over zero, or an allocation to nobody.
    ZeroDivisor,
    /// The text is no amount of the currency.
    Unreadable(Currency),
}

/// Two currencies met.
pub const CURRENCY_MISMATCH: Text = Text::new(
    "currency_mismatch",
    "Amounts in {expected} and {got} cannot be put together.",
    "Des montants en {expected} et en {got} ne peuvent pas être réunis.",
);

/// The amount is too large.
pub const AMOUNT_TOO_LARGE: Text = Text::new(
    "amount_too_large",
    "The amount is too large to calculate with.",
    "Le montant est trop grand pour le calcul.",
);

/// Nothing to divide by.
pub const NOTHING_TO_SHARE_BY: Text = Text::new(
    "nothing_to_share_by",
    "An amount cannot be divided by zero or shared among nobody.",
    "Un montant ne peut être divisé par zéro ni réparti entre personne.",
);

/// The text is no amount.
pub const BAD_AMOUNT: Text = Text::new(
    "bad_amount",
    "This is not an amount in {currency}, such as {example}.",
    "Ce n'est pas un montant en {currency}, comme {example}.",
);

impl MoneyError {
    /// The reason in words.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Mismatch { expected, got } => CURRENCY_MISMATCH.with("expected", expected).with("got", got),
            Self::Overflow => AMOUNT_TOO_LARGE.into(),
            Self::ZeroDivisor => NOTHING_TO_SHARE_BY.into(),
            Self::Unreadable(currency) => {
                let example = Money::new(123_456, currency).to_decimal();
                BAD_AMOUNT.with("currency", currency).with("example", example)
            }
        }
    }

    /// The error as one of the input field at `path`.
    pub fn at(self, path: impl Into<String>) -> FieldError {
        FieldError::new(path, self.said())
    }
}

/// For amounts that no single input field names.
impl From<MoneyError> for Error {
    fn from(error: MoneyError) -> Self {
        error.at("amount").into()
    }
}

/// `dividend / divisor` to the nearest whole number, and to the even one where two are as near. The only rounding of
/// money there is. None for a divisor of zero or a quotient beyond 128 bits.
#[must_use]
pub fn divide_half_even(dividend: i128, divisor: i128) -> Option<i128> {
    let quotient = dividend.checked_div_euclid(divisor)?;
    let remainder = dividend.checked_rem_euclid(divisor)?;
    // Invariant: 0 <= remainder < |divisor|, so the gap to the next quotient is positive and nothing overflows.
    let gap = divisor.unsigned_abs() - remainder.unsigned_abs();
    let further = if divisor > 0 { 1 } else { -1 };
    match remainder.unsigned_abs().cmp(&gap) {
        std::cmp::Ordering::Less => Some(quotient),
        std::cmp::Ordering::Greater => quotient.checked_add(further),
        std::cmp::Ordering::Equal if quotient % 2 == 0 => Some(quotient),
        std::cmp::Ordering::Equal => quotient.checked_add(further),
    }
}

impl Money {
    /// An amount in minor units.
    #[must_use]
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, of a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.amount == 0
    }

    /// The sum of two amounts.
    ///
    /// # Errors
    /// Another currency, or overflow.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.amount.checked_add(other.amount))
    }

    /// The difference of two amounts.
    ///
    /// # Errors
    /// Another currency, or overflow.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.with(self.amount.checked_sub(other.amount))
    }

    /// The same amount owed the other way.
    ///
    /// # Errors
    /// Overflow, for the least amount alone.
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with(self.amount.checked_neg())
    }

    /// The amount times `numerator / denominator`, rounded half-even once: a quantity of hundredths of hours, a
    /// discount, a tax.
    ///
    /// # Errors
    /// A denominator of zero, or overflow of the result.
    pub fn mul_ratio(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        if denominator == 0 {
            return Err(MoneyError::ZeroDivisor);
        }
        // Invariant: the product of two 64-bit numbers fits 127 bits and a sign.
        let product = i128::from(self.amount) * i128::from(numerator);
        let rounded = divide_half_even(product, i128::from(denominator));
        self.with(rounded.and_then(|amount| i64::try_from(amount).ok()))
    }

    /// So many basis points (hundredths of a per cent) of the amount.
    ///
    /// # Errors
    /// Overflow.
    pub fn basis_points(self, points: i64) -> Result<Self, MoneyError> {
        self.mul_ratio(points, 10_000)
    }

    /// So many parts per million of the amount.
    ///
    /// # Errors
    /// Overflow.
    pub fn ppm(self, parts: i64) -> Result<Self, MoneyError> {
        self.mul_ratio(parts, 1_000_000)
    }

    /// The sum of any number of amounts; nothing, of `currency`, for none. Only the total must fit.
    ///
    /// # Errors
    /// An amount of another currency, or overflow of the total.
    pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Result<Self, MoneyError> {
        let zero = Self::zero(currency);
        let mut total: i128 = 0;
        for money in amounts {
            zero.same_currency(money)?;
            // Invariant: no list in memory has the 2^64 entries that would overflow 128 bits.
            total += i128::from(money.amount);
        }
        zero.with(i64::try_from(total).ok())
    }

    /// Shares the amount by weights without losing a minor unit: each share is its exact part cut down, and the units
    /// left over go to the largest remainders, the earlier share first where they are equal. Shares of weight zero get
    /// nothing.
    ///
    /// # Errors
    /// No weights, or all of them zero.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyError> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        if total == 0 {
            return Err(MoneyError::ZeroDivisor);
        }
        let whole = u128::from(self.amount.unsigned_abs());
        // Invariant: the product of two 64-bit numbers fits 128 bits.
        let exact = weights.iter().map(|weight| whole * u128::from(*weight));
        let mut shares: Vec<(u128, u128)> = exact.map(|part| (part / total, part % total)).collect();
        let given: u128 = shares.iter().map(|(share, _)| share).sum();
        let mut order: Vec<usize> = (0..shares.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(shares[*index].1));
        // Invariant: the remainders add up to (units left over) × total and each is below total, so more shares have
        // a remainder than there are units left.
        let left_over = usize::try_from(whole - given).unwrap_or(usize::MAX);
        for index in order.into_iter().take(left_over) {
            shares[index].0 += 1;
        }
        shares.into_iter().map(|(share, _)| self.with(signed(share, self.amount < 0))).collect()
    }

    /// Shares the amount into `parts` equal ones that differ by one minor unit at most, the larger first.
    ///
    /// # Errors
    /// Zero parts.
    pub fn split(self, parts: usize) -> Result<Vec<Self>, MoneyError> {
        self.allocate(&vec![1; parts])
    }

    /// The amount as plain decimals of the major unit with all its places: `-1234.50`, `1235` for yen.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let places = usize::from(self.currency.exponent());
        let sign = if self.amount < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.amount.unsigned_abs(), width = places + 1);
        let (major, minor) = digits.split_at(digits.len() - places);
        let point = if places == 0 { "" } else { "." };
        format!("{sign}{major}{point}{minor}")
    }

    /// Reads plain decimals of the major unit: an optional `-`, digits, and after a `.` no more places than the
    /// currency has.
    ///
    /// # Errors
    /// Anything else, grouping included, and overflow.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let unreadable = MoneyError::Unreadable(currency);
        let places = usize::from(currency.exponent());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (major, minor) = match digits.split_once('.') {
            Some((_, "")) => return Err(unreadable),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if major.is_empty() || minor.len() > places || !all_digits(major) || !all_digits(minor) {
            return Err(unreadable);
        }
        let units = format!("{major}{minor:0<places$}");
        // Reason: digits that do not fit 128 bits do not fit 64 either.
        let units: u128 = units.parse().map_err(|_| MoneyError::Overflow)?;
        Self::zero(currency).with(signed(units, text.starts_with('-')))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mismatch { expected: self.currency, got: other.currency })
        }
    }

    /// The same currency with a calculated amount.
    fn with(self, amount: Option<i64>) -> Result<Self, MoneyError> {
        amount.map(|amount| Self { amount, ..self }).ok_or(MoneyError::Overflow)
    }
}

/// A magnitude with a sign, if it fits 64 bits.
fn signed(magnitude: u128, negative: bool) -> Option<i64> {
    let magnitude = i128::try_from(magnitude).ok()?;
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

/// An amount of money in the minor units of its currency.
#[Object]
impl Money {
    /// Minor units (cents, or whole yen); negative for credits.
    async fn amount(&self) -> Int64 {
        Int64(self.amount)
    }

    /// Currency of the amount.
    async fn currency(&self) -> Currency {
        self.currency
    }

    /// The amount as people write it, such as `€1,234.50`.
    async fn formatted(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Locale to write in, such as `fr-CA`; the tenant's when left out.")] locale: Option<
            Locale,
        >,
    ) -> String {
        let tenant = || ctx.data_opt::<Viewer>().map(|viewer| viewer.tenant.locale.clone());
        self.format(&locale.or_else(tenant).unwrap_or_default())
    }
}

/// An amount of money in the minor units of a currency.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct MoneyInput {
    /// Minor units (cents, or whole yen); negative for credits.
    pub amount: Int64,
    /// Currency of the amount.
    pub currency: Currency,
}

impl From<MoneyInput> for Money {
    fn from(MoneyInput { amount: Int64(amount), currency }: MoneyInput) -> Self {
        Self { amount, currency }
    }
}

#[cfg(test)]
mod tests;
