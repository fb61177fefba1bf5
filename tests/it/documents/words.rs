//! The words that the code has, read from its source: the texts in the body of a function.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::support::tables::read;

/// The bodies of all functions of this name in a file.
pub(super) fn body(file: &str, function: &str) -> TokenStream {
    fn find(tokens: TokenStream, function: &str, found: &mut TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        for (place, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                find(group.stream(), function, found);
            }
            let is_name = matches!(token, TokenTree::Ident(name) if name == function);
            if is_name && place > 0 && matches!(&tokens[place - 1], TokenTree::Ident(word) if word == "fn") {
                found.extend(tokens[place..].iter().find_map(|token| match token {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
                    _ => None,
                }));
            }
        }
    }
    let mut found = TokenStream::new();
    find(read(file).parse().unwrap(), function, &mut found);
    assert!(!found.is_empty(), "{file} has no fn {function}");
    found
}

/// The texts in it.
pub(super) fn texts(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                found.extend(
                    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned),
                );
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
    found
}

#[test]
fn a_text_is_found_in_its_function_alone() {
    let written = texts(body("src/http/error_reason.rs", "code"));
    assert_eq!(written, BTreeSet::from(["access_denied".to_owned()]));
}
