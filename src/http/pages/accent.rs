//! Derives readable colours from an organization's accent colour, for a light and a dark background (WCAG 2.2
//! §1.4.3 and §1.4.11).

use crate::protocol::colour::{Colour, READABLE};

/// Least contrast of borders and focus rings (WCAG 2.2 §1.4.11).
pub const VISIBLE: f64 = 3.0;
/// A fill that differs less from the card than this, in the channel that differs most, would be invisible.
const VANISHES: u8 = 64;
/// Contrast of the replacement for an invisible fill.
const STRONG: f64 = 12.0;

/// The colours of both schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    pub light: AccentTones,
    pub dark: AccentTones,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccentTones {
    /// Background behind the card: neutral with a tint of the accent.
    pub ground: Colour,
    pub card: Colour,
    /// Background of the organization's name and other quiet areas on the card.
    pub wash: Colour,
    /// The main button: the accent itself, unless that would be invisible on the card.
    pub fill: Colour,
    /// Text on the main button, with a contrast of at least [`READABLE`].
    pub on_fill: Colour,
    /// The main button's border, with a contrast of at least [`VISIBLE`] to the card.
    pub edge: Colour,
    /// Links and focus rings, with a contrast of at least [`READABLE`] to `ground`, `card` and `wash`.
    pub link: Colour,
}

/// The fixed colours of a scheme. The template has those of texts.
struct ColourScheme {
    ground: Colour,
    card: Colour,
    /// Percent of the accent in `ground` and in `wash`.
    tint: (u8, u8),
    /// Colours are mixed with this one to get more contrast.
    away: Colour,
}

const LIGHT: ColourScheme = ColourScheme {
    ground: Colour::new(0xf5, 0xf5, 0xf6),
    card: Colour::WHITE,
    tint: (4, 7),
    away: Colour::BLACK,
};
const DARK: ColourScheme = ColourScheme {
    ground: Colour::new(0x0d, 0x0e, 0x10),
    card: Colour::new(0x17, 0x18, 0x1c),
    tint: (3, 10),
    away: Colour::WHITE,
};

impl Accent {
    /// The accent without an organization.
    pub const NEUTRAL: Colour = Colour::new(0x2b, 0x30, 0x3a);

    pub fn of(accent: Colour) -> Self {
        Self { light: LIGHT.tones(accent), dark: DARK.tones(accent) }
    }

    /// Parses an accent colour; [`Self::NEUTRAL`] when it is invalid.
    pub fn read(accent: &str) -> Self {
        Self::of(Colour::parse(accent).unwrap_or(Self::NEUTRAL))
    }
}

impl ColourScheme {
    fn tones(&self, accent: Colour) -> AccentTones {
        let (in_ground, in_wash) = self.tint;
        let vanishes = accent.distance_to(self.card) < VANISHES;
        let fill = if vanishes { self.with_contrast(accent, STRONG, &[self.card]) } else { accent };
        let ground = self.ground.mixed_with(fill, in_ground);
        let wash = self.card.mixed_with(fill, in_wash);
        AccentTones {
            ground,
            card: self.card,
            wash,
            fill,
            on_fill: fill.readable_text(),
            edge: self.with_contrast(fill, VISIBLE, &[self.card]),
            link: self.with_contrast(accent, READABLE, &[ground, self.card, wash]),
        }
    }

    /// Mixes `colour` with [`Self::away`] just enough for this contrast to all of `grounds`.
    fn with_contrast(&self, colour: Colour, contrast: f64, grounds: &[Colour]) -> Colour {
        let enough = |moved: &Colour| grounds.iter().all(|ground| moved.contrast_with(*ground) >= contrast);
        (0..=100).map(|percent| colour.mixed_with(self.away, percent)).find(enough).unwrap_or(self.away)
    }
}

#[cfg(test)]
#[path = "accent_tests.rs"]
mod tests;
