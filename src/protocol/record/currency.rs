//! Currencies by ISO 4217.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A currency code of ISO 4217, present or former, as older orders may use former ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(iso_currency::Currency);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a currency code of ISO 4217 in capital letters, like EUR or USD")]
pub struct CurrencyError;

impl Currency {
    /// Reads a code.
    ///
    /// # Errors
    /// [`CurrencyError`], also for the codes of metals, of tests and of no currency, which are not used for
    /// payment.
    pub fn parse(code: &str) -> Result<Self, CurrencyError> {
        let known = iso_currency::Currency::from_code(code);
        known.filter(|currency| !currency.is_special()).map(Self).ok_or(CurrencyError)
    }

    /// The code: three capital letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

/// The euro, in which amounts were shown before the currency could be configured.
impl Default for Currency {
    fn default() -> Self {
        Self(iso_currency::Currency::EUR)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso4217_a_code_of_money_is_a_currency_also_one_that_was_replaced() {
        // The last three are former currencies, which older orders may name.
        for code in ["EUR", "USD", "GBP", "CHF", "JPY", "KWD", "XOF", "BGN", "HRK", "ZWL"] {
            assert_eq!(Currency::parse(code).unwrap().to_string(), code);
        }
        assert_eq!(Currency::default().code(), "EUR");
    }

    #[test]
    fn iso4217_other_texts_are_no_currency() {
        for code in ["", "EU", "EURO", "eur", "Eur", " EUR", "EUR ", "€", "978", "ABC", "XXX", "XTS", "XAU"]
        {
            assert_eq!(Currency::parse(code), Err(CurrencyError), "{code}");
        }
        assert!(serde_json::from_str::<Currency>("\"eur\"").is_err());
        assert!(serde_json::from_str::<Currency>("978").is_err());
    }
}
