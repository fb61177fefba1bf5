//! Confusable names (UTS 39 §4): whether a person could take one name for another, whatever characters they
//! are written with.

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

/// The visual form of a name. Case, spaces, punctuation and invisible characters make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    /// Skeletons of the name as written, in capitals and in small letters. `I` looks like `l` while its small
    /// letter is `i`, so no single skeleton finds all look-alikes.
    skeletons: [String; 3],
}

impl Appearance {
    pub fn of(name: &str) -> Self {
        // Compatibility characters first (UAX 15): circled, mathematical and full-width letters.
        let visible = name.nfkc().filter(|c| !is_ignorable(*c)).collect::<String>();
        let lower_skeleton = |name: &str| reduced(&skeleton(name).collect::<String>().to_lowercase());
        let capitals = lower_skeleton(&visible.to_uppercase());
        Self { skeletons: [lower_skeleton(&visible), capitals, reduced(&visible.to_lowercase())] }
    }

    /// Whether the two names look alike. A name without visible characters is like no other.
    pub fn is_like(&self, other: &Self) -> bool {
        self.skeletons.iter().any(|one| !one.is_empty() && other.skeletons.contains(one))
    }
}

/// The skeleton of a lower-case text, reduced to letters and digits; without any of these, all its
/// characters.
fn reduced(lower: &str) -> String {
    let whole = skeleton(lower).collect::<String>();
    let letters = whole.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    if letters.is_empty() { whole.split_whitespace().collect() } else { letters }
}

/// Characters that show nothing (Unicode, `Default_Ignorable_Code_Point`).
const fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(one: &str, other: &str) -> bool {
        let (a, b) = (Appearance::of(one), Appearance::of(other));
        assert_eq!(a.is_like(&b), b.is_like(&a), "{one} {other}");
        a.is_like(&b)
    }

    #[test]
    fn uts39_4_names_that_look_alike_are_alike() {
        for other in [
            "Demo Shop",
            "DEMO SHOP",
            "demo  shop",
            "DemoShop",
            "Demo-Shop",
            "Demo Shop!",
            "Dem\u{43e} Shop",             // Cyrillic o
            "D\u{435}m\u{43e} Sh\u{43e}p", // Cyrillic e and o
            "Demo \u{405}hop",             // Cyrillic S
            "Demo Sh0p",
            "De\u{ad}mo\u{200d} Shop\u{e0041}",
            "\u{ff24}\u{ff45}\u{ff4d}\u{ff4f} Shop", // full width
            "\u{1d403}emo Shop",                     // mathematical D
            "D\u{3164}emo Shop",
        ] {
            assert!(like("Demo Shop", other), "{other:?}");
        }
        for (one, other) in [
            ("Illiac", "lIIiac"),
            ("ACME Inc", "acme lnc"),
            ("ACME INC", "ACME lNC"),
            ("Second Firing", "SECOND FIRlNG"),
            ("Corn", "Com"),
        ] {
            assert!(like(one, other), "{one} {other}");
        }
    }

    #[test]
    fn uts39_4_names_that_do_not_look_alike_are_not() {
        for other in ["Demo Store", "Daybook", "Demo Shop Planner", "", " ", "!", "\u{200b}"] {
            assert!(!like("Demo Shop", other), "{other:?}");
        }
        assert!(!like("", "") && !like("\u{200b}", "\u{200b}"), "what shows nothing is nobody's name");
        assert!(like("\u{2615}", "\u{2615}\u{fe0f}") && !like("\u{2615}", "\u{2606}"));
    }
}
