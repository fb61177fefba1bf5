//! Colours, and whether text can be read on them (WCAG 2.2 §1.4.3).

use std::fmt;

/// The least contrast between text and its background (WCAG 2.2 §1.4.3, level AA).
pub const READABLE: f64 = 4.5;

/// An sRGB colour without transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a colour is written #rrggbb, for example #0b5fff")]
pub struct ColourError;

impl Colour {
    pub const BLACK: Self = Self::new(0, 0, 0);
    pub const WHITE: Self = Self::new(255, 255, 255);

    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`, in small or capital letters.
    ///
    /// # Errors
    /// [`ColourError`] for every other text, short forms and names of colours too.
    pub fn parse(text: &str) -> Result<Self, ColourError> {
        let hex = text.strip_prefix('#').ok_or(ColourError)?;
        if hex.len() != 6 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(ColourError);
        }
        let part = |from: usize, to: usize| {
            hex.get(from..to).and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or(ColourError)
        };
        Ok(Self::new(part(0, 2)?, part(2, 4)?, part(4, 6)?))
    }

    /// The contrast ratio of two colours in either order, from 1 (equal) to 21 (black and white).
    pub fn contrast_with(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// White if it is readable on this colour, else black. The contrast is never below [`READABLE`], because
    /// the worst grey has 4.58 to both.
    #[must_use]
    pub fn readable_text(self) -> Self {
        if self.contrast_with(Self::WHITE) >= READABLE { Self::WHITE } else { Self::BLACK }
    }

    /// This colour with `percent` (at most 100) of `other` mixed in.
    #[must_use]
    pub fn mixed_with(self, other: Self, percent: u8) -> Self {
        let share = u32::from(percent.min(100));
        let mix = |own: u8, added: u8| {
            let rest = u32::from(own).saturating_mul(100_u32.saturating_sub(share));
            let sum = u32::from(added).saturating_mul(share).saturating_add(rest);
            u8::try_from(sum.saturating_add(50) / 100).unwrap_or(u8::MAX)
        };
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// The difference of the colour component that differs most, 0 to 255.
    pub fn distance_to(self, other: Self) -> u8 {
        let red = self.red.abs_diff(other.red);
        red.max(self.green.abs_diff(other.green)).max(self.blue.abs_diff(other.blue))
    }

    /// Relative luminance as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let value = f64::from(part) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_contrasts() {
        assert!((Colour::BLACK.contrast_with(Colour::WHITE) - 21.0).abs() < 1e-9);
        assert!((Colour::WHITE.contrast_with(Colour::WHITE) - 1.0).abs() < 1e-9);
        // #767676 is known as the lightest grey that passes on white; #777777 fails.
        let grey = Colour::parse("#767676").unwrap();
        assert!((4.54..4.55).contains(&grey.contrast_with(Colour::WHITE)));
        assert!(Colour::parse("#777777").unwrap().contrast_with(Colour::WHITE) < READABLE);
    }

    #[test]
    fn text_is_white_where_it_can_be_and_black_elsewhere() {
        for (background, text) in
            [("#0b5fff", "#ffffff"), ("#ffd500", "#000000"), ("#767676", "#ffffff"), ("#777777", "#000000")]
        {
            assert_eq!(Colour::parse(background).unwrap().readable_text().to_string(), text, "{background}");
        }
    }

    #[test]
    fn colours_mix() {
        let blue = Colour::new(0, 0, 255);
        assert_eq!(Colour::WHITE.mixed_with(blue, 0), Colour::WHITE);
        assert_eq!(Colour::WHITE.mixed_with(blue, 20), Colour::new(204, 204, 255));
        assert_eq!(Colour::WHITE.mixed_with(blue, 100), blue);
        assert_eq!(Colour::WHITE.mixed_with(blue, 255), blue);
        assert_eq!(Colour::WHITE.distance_to(blue), 255);
        assert_eq!(Colour::new(1, 9, 5).distance_to(Colour::new(3, 4, 5)), 5);
    }

    #[test]
    fn only_rrggbb_is_a_colour() {
        for bad in ["", "#", "#fff", "0b5fff", "#0b5ff", "#0b5ffff", "#0b5ffg", "#+b5fff", "#é5fff", "red"] {
            assert_eq!(Colour::parse(bad), Err(ColourError), "{bad}");
        }
        assert_eq!(Colour::parse("#0B5fFf"), Ok(Colour::new(0x0b, 0x5f, 0xff)));
    }

    proptest::proptest! {
        #[test]
        fn text_can_be_read_on_every_colour(red: u8, green: u8, blue: u8) {
            let colour = Colour::new(red, green, blue);
            assert!(colour.contrast_with(colour.readable_text()) >= READABLE);
            assert_eq!(Colour::parse(&colour.to_string()), Ok(colour));
        }
    }
}
