//! The favicon: a ticket with a code on it.

use super::accent::Accent;

/// The icon as SVG in an accent colour, neutral when the colour is invalid. In dark mode it has the dark
/// page's colours.
pub fn icon(accent: &str) -> String {
    let Accent { light, dark } = Accent::read(accent);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><style>.a{{fill:{}}}.b{{fill:{}}}\
         @media (prefers-color-scheme:dark){{.a{{fill:{}}}.b{{fill:{}}}}}</style>\
         <rect class=\"a\" width=\"32\" height=\"32\" rx=\"8\"/>\
         <path class=\"b\" d=\"M6 9h20v4.5a2.5 2.5 0 0 0 0 5V23H6v-4.5a2.5 2.5 0 0 0 0-5z\"/>\
         <path class=\"a\" d=\"M10.5 14.5h3v3h-3zM14.5 14.5h3v3h-3zM18.5 14.5h3v3h-3z\"/></svg>",
        light.fill, light.on_fill, dark.link, dark.card
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_has_the_accent_colour_and_nothing_else_of_an_accent_gets_in() {
        assert!(icon("#1d5a4b").contains(".a{fill:#1d5a4b}"));
        assert_eq!(icon("red}</style><script>"), icon(""));
    }
}
