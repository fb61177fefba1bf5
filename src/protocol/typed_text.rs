//! Text that people type or paste: invisible characters, separators and digits (Unicode, UAX 44).

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The text without surrounding white space (`White_Space`) and invisible format characters (general category
/// `Cf`), such as a line end, U+00A0, U+200B or a direction mark, which pasting adds.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_blank)
}

pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || category(c) == GeneralCategory::Format
}

/// Whether the character has no visible form: a format character, or a default-ignorable one
/// (`Default_Ignorable_Code_Point`), such as a variation selector or a Hangul filler.
pub fn is_invisible(c: char) -> bool {
    category(c) == GeneralCategory::Format || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether the character combines with the one before it (general category `M`).
pub fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether the character may separate the groups of a code: white space, a format character, punctuation of
/// any script, the minus sign, and the long mark that Japanese keyboards have in place of a dash.
pub fn is_separator(c: char) -> bool {
    is_blank(c)
        || matches!(c, '\u{2212}' | '\u{30fc}')
        || GeneralCategoryGroup::Punctuation.contains(category(c))
}

/// The value of a decimal digit of any script (general category `Nd`).
pub fn decimal_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    if !is_decimal_digit(c) {
        return None;
    }
    // The ten digits of a script are consecutive (Unicode Standard §4.6), so an unbroken run of digits before
    // this one has whole tens and the smaller digits of its own script; a run never exceeds fifty.
    let before = (1..50).map_while(|back| char::from_u32(u32::from(c).checked_sub(back)?));
    let smaller = before.take_while(|c| is_decimal_digit(*c)).count();
    char::from_digit(u32::try_from(smaller % 10).ok()?, 10)
}

fn is_decimal_digit(c: char) -> bool {
    category(c) == GeneralCategory::DecimalNumber
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_format_characters_around_a_text_are_dropped() {
        let around = "\u{a0}\u{200b}\u{feff}\u{2060}\u{200e}\u{202e}\u{ad}\u{2028}\u{3000}\t\r\n ";
        assert_eq!(trimmed(&format!("{around}a{around}b{around}")), format!("a{around}b"));
        assert_eq!(trimmed(around), "");
        assert_eq!(trimmed("\0a\u{301}"), "\0a\u{301}", "control characters and marks are no white space");
    }

    #[test]
    fn a_decimal_digit_of_every_script_has_its_value() {
        for zero in [
            '0',
            '\u{660}',
            '\u{6f0}',
            '\u{966}',
            '\u{e50}',
            '\u{1040}',
            '\u{ff10}',
            '\u{1d7ce}',
            '\u{1d7f6}',
            '\u{1fbf0}',
        ] {
            for value in 0..10 {
                let digit = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(decimal_digit(digit), char::from_digit(value, 10), "{digit:?}");
            }
        }
        for other in ['a', '²', '①', '½', '一', '\u{0}', '\u{10ffff}'] {
            assert_eq!(decimal_digit(other), None, "{other:?}");
        }
    }

    #[test]
    fn what_is_invisible_is_told_from_marks_and_letters() {
        for invisible in ['\u{200b}', '\u{200d}', '\u{fe0f}', '\u{34f}', '\u{115f}', '\u{3164}', '\u{e0041}']
        {
            assert!(is_invisible(invisible), "{invisible:?}");
        }
        for visible in ['a', 'é', '\u{301}', '\u{94d}', ' '] {
            assert!(!is_invisible(visible), "{visible:?}");
        }
        assert!(is_mark('\u{301}') && is_mark('\u{94d}') && !is_mark('a'));
        assert!(is_separator('-') && is_separator('\u{2011}') && is_separator('、') && is_separator('.'));
        assert!(!is_separator('a') && !is_separator('1') && !is_separator('+'));
    }
}
