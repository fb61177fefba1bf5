//! One accent colour, chosen by an organization for a look on paper, made into colours that can be read on our light
//! and our dark ground (WCAG 2.2 §1.4.3 and §1.4.11).

use crate::protocol::colour::{Colour, READABLE};

/// The least contrast of what must be seen but is not text: borders and focus rings (WCAG 2.2 §1.4.11).
pub const VISIBLE: f64 = 3.0;
/// Nearer to the ground than this, in the part of the colour that differs most, and a button would not stand out.
const VANISHES: u8 = 64;
/// The contrast that the button has instead.
const STRONG: f64 = 12.0;

/// What an accent colour becomes on the two grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// On the light ground.
    pub light: AccentTones,
    /// On the dark ground.
    pub dark: AccentTones,
}

/// The colours of one ground that come from the accent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccentTones {
    /// Behind the card: the neutral ground with a breath of the accent.
    pub ground: Colour,
    pub card: Colour,
    /// Behind the organization's name and other quiet areas on the card.
    pub wash: Colour,
    /// The main button: the accent itself, unless it would vanish against the card.
    pub fill: Colour,
    /// Text on the main button, at least [`READABLE`].
    pub on_fill: Colour,
    /// The main button's border, at least [`VISIBLE`] against the card.
    pub edge: Colour,
    /// Links and focus rings, at least [`READABLE`] against `ground`, `card` and `wash`.
    pub link: Colour,
}

/// What does not come from the accent. The template has the texts' colours.
struct ColourScheme {
    ground: Colour,
    card: Colour,
    /// How much of the accent is in the ground and in the wash, in percent.
    tint: (u8, u8),
    /// Where a colour moves when it needs more contrast.
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
    /// Where there is no organization.
    pub const NEUTRAL: Colour = Colour::new(0x2b, 0x30, 0x3a);

    /// The tones of an accent colour.
    #[must_use]
    pub fn of(accent: Colour) -> Self {
        Self { light: LIGHT.tones(accent), dark: DARK.tones(accent) }
    }

    /// The same for a colour that is still text; [`Self::NEUTRAL`] when it is none.
    #[must_use]
    pub fn read(accent: &str) -> Self {
        Self::of(Colour::parse(accent).unwrap_or(Self::NEUTRAL))
    }
}

impl ColourScheme {
    fn tones(&self, accent: Colour) -> AccentTones {
        let (in_ground, in_wash) = self.tint;
        let vanishes = accent.distance_to(self.card) < VANISHES;
        let fill = if vanishes { self.moved(accent, STRONG, &[self.card]) } else { accent };
        let ground = self.ground.mixed_with(fill, in_ground);
        let wash = self.card.mixed_with(fill, in_wash);
        AccentTones {
            ground,
            card: self.card,
            wash,
            fill,
            on_fill: fill.readable_text(),
            edge: self.moved(fill, VISIBLE, &[self.card]),
            link: self.moved(accent, READABLE, &[ground, self.card, wash]),
        }
    }

    /// `colour`, moved no further than it takes to have this contrast with all of `grounds`.
    fn moved(&self, colour: Colour, contrast: f64, grounds: &[Colour]) -> Colour {
        let enough = |moved: &Colour| grounds.iter().all(|ground| moved.contrast_with(*ground) >= contrast);
        (0..=100).map(|percent| colour.mixed_with(self.away, percent)).find(enough).unwrap_or(self.away)
    }
}

#[cfg(test)]
#[path = "accent_tests.rs"]
mod tests;
