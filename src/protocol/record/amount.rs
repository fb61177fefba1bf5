//! Amounts of money.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

/// The greatest absolute value, in hundredths.
const MOST: i64 = 100_000_000_000_000;

/// An amount in hundredths of the currency unit; JSON has a number of whole units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(i64);

impl Amount {
    /// Takes hundredths and limits them to the allowed range.
    pub fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths.clamp(-MOST, MOST))
    }

    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// Reads a number of whole units with at most two decimals.
    fn read(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        // Numbers with an exponent are refused.
        let cents = match decimals.len() {
            0 => Some(0),
            1 => decimals.parse::<i64>().ok()?.checked_mul(10),
            2 => decimals.parse::<i64>().ok(),
            _ => None,
        }?;
        let hundredths = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?;
        (hundredths <= MOST).then(|| Self(if negative { hundredths.saturating_neg() } else { hundredths }))
    }

    fn write(self) -> Option<Number> {
        if self.0 % 100 == 0 {
            return Some(Number::from(self.0 / 100));
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, cents) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        Number::from_f64(format!("{sign}{whole}.{cents:02}").parse().ok()?)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().unwrap_or_else(|| Number::from(0)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(deserializer)?;
        Self::read(&number)
            .ok_or_else(|| serde::de::Error::custom("must be an amount with at most two decimals"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_numbers_of_the_whole_unit() {
        let text = |hundredths| serde_json::to_string(&Amount(hundredths)).unwrap();
        let written = [0, 12_300, 1_999, 1_990, -5, MOST - 1].map(text);
        assert_eq!(written, ["0", "123", "19.99", "19.9", "-0.05", "999999999999.99"]);
    }

    #[test]
    fn what_is_written_reads_back_and_nothing_else_reads() {
        for hundredths in [0, 1, -1, 10, 1_999, 12_300, MOST, MOST - 1, -MOST] {
            let text = serde_json::to_string(&Amount(hundredths)).unwrap();
            assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), Amount(hundredths));
        }
        for bad in ["1.999", "1e30", "1e-7", "\"5\"", "null", "true", "1000000000001"] {
            assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_amount_reads_back(hundredths in -MOST..=MOST) {
            let text = serde_json::to_string(&Amount(hundredths)).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Amount>(&text).unwrap(), Amount(hundredths));
        }
    }
}
