use super::*;

fn colour(text: &str) -> Colour {
    Colour::parse(text).unwrap()
}

#[test]
fn a_colour_that_can_be_read_is_left_alone() {
    let tones = Accent::read("#1d4ed8").light;
    assert_eq!((tones.fill, tones.on_fill), (colour("#1d4ed8"), Colour::WHITE));
    assert_eq!((tones.edge, tones.link), (colour("#1d4ed8"), colour("#1d4ed8")));
}

#[test]
fn yellow_stays_the_button_but_not_the_link() {
    let tones = Accent::read("#facc15").light;
    assert_eq!((tones.fill, tones.on_fill), (colour("#facc15"), Colour::BLACK));
    assert_ne!(tones.link, colour("#facc15"));
}

#[test]
fn a_button_does_not_vanish() {
    for (accent, white_ground, black_ground) in
        [("#ffffff", false, true), ("#111111", true, false), ("#e11d48", true, true)]
    {
        let tones = Accent::read(accent);
        assert_eq!(tones.light.fill == colour(accent), white_ground, "{accent}");
        assert_eq!(tones.dark.fill == colour(accent), black_ground, "{accent}");
    }
}

#[test]
fn a_text_that_is_no_colour_gives_the_neutral_accent() {
    for text in ["", "red", "#fff", "#ffffff;}body{display:none"] {
        assert_eq!(Accent::read(text), Accent::of(Accent::NEUTRAL), "{text}");
    }
}

/// A colour of the style sheet, which must be readable on a tinted background.
fn of_the_template(scheme: usize, name: &str) -> Colour {
    let css = include_str!("../../../templates/signin/style.css");
    let value = css.split(&format!("--{name}:")).nth(scheme.saturating_add(1)).unwrap();
    colour(&value[..7])
}

fn holds(tones: &AccentTones, scheme: usize) {
    assert!(tones.fill.contrast_with(tones.on_fill) >= READABLE, "button: {tones:?}");
    assert!(tones.edge.contrast_with(tones.card) >= VISIBLE, "border: {tones:?}");
    for ground in [tones.ground, tones.card, tones.wash] {
        assert!(tones.link.contrast_with(ground) >= READABLE, "link: {tones:?}");
        for ink in ["ink", "soft"] {
            let text = of_the_template(scheme, ink);
            assert!(text.contrast_with(ground) >= READABLE, "{ink} {text} on {ground}: {tones:?}");
        }
    }
    assert!(of_the_template(scheme, "field").contrast_with(tones.card) >= VISIBLE, "field: {tones:?}");
    for notice in ["bad", "good"] {
        let (mark, wash) =
            (of_the_template(scheme, notice), of_the_template(scheme, &format!("{notice}-wash")));
        assert!(mark.contrast_with(wash) >= READABLE, "{notice}");
        assert!(mark.contrast_with(tones.card) >= READABLE, "{notice}");
        assert!(of_the_template(scheme, "ink").contrast_with(wash) >= READABLE, "{notice}");
    }
}

proptest::proptest! {
    #[test]
    fn wcag_1_4_3_and_1_4_11_hold_for_every_accent(red: u8, green: u8, blue: u8) {
        let accent = Accent::of(Colour::new(red, green, blue));
        holds(&accent.light, 0);
        holds(&accent.dark, 1);
    }
}

#[test]
fn wcag_1_4_3_and_1_4_11_hold_at_the_corners() {
    for part in 0..8_u8 {
        let full = |bit: u8| if part & bit == 0 { 0 } else { 255 };
        let accent = Accent::of(Colour::new(full(1), full(2), full(4)));
        holds(&accent.light, 0);
        holds(&accent.dark, 1);
    }
}
