//! A source file as the rules see it: the paths it uses, its texts, statics, test modules.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path that a file uses, `crate::`, `self::` and `super::` resolved: `["crate", "store", "redis"]` for our own
/// modules, else as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    pub(super) in_tests: bool,
}

/// A static item: the words of its type and whether it is `mut`.
#[derive(Debug)]
pub(super) struct Static {
    pub(super) words: Vec<String>,
    pub(super) line: usize,
}

#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) file: String,
    /// `["store", "redis"]` for `src/store/redis/mod.rs`; `["main"]` and `["lib"]` for the roots.
    pub(super) module: Vec<String>,
    pub(super) uses: Vec<Used>,
    /// String literals outside tests.
    pub(super) texts: Vec<(String, usize)>,
    pub(super) statics: Vec<Static>,
    /// Inline test modules: where they begin and how many lines they have.
    pub(super) test_modules: Vec<(usize, usize)>,
    /// Lines with the word `async`.
    pub(super) asyncs: Vec<usize>,
}

/// Where the walk is.
#[derive(Clone)]
struct At {
    module: Vec<String>,
    in_tests: bool,
}

impl Source {
    pub(super) fn parse(file: &str, text: &str) -> Self {
        let path = file.strip_prefix("src/").unwrap_or(file).trim_end_matches(".rs").trim_end_matches("/mod");
        let module: Vec<_> = path.split('/').map(str::to_owned).collect();
        let mut source = Self { file: file.to_owned(), module: module.clone(), ..Self::default() };
        let is_root = module == ["main"] || module == ["lib"];
        let in_tests = module.last().is_some_and(|last| last == "tests");
        let at = At { module: if is_root { Vec::new() } else { module }, in_tests };
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
        source.walk(tokens, &at);
        source
    }

    fn walk(&mut self, tokens: TokenStream, at: &At) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            index += match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => skip_doc(&tokens[index..]),
                // The name of a lifetime: `'static` is no item.
                TokenTree::Ident(_) if after(&tokens, index, '\'') => 1,
                TokenTree::Ident(ident) => match ident.to_string().as_str() {
                    "mod" => self.module(&tokens, index, at),
                    "static" => self.static_item(&tokens[index..]),
                    "async" => {
                        self.asyncs.push(line(token));
                        1
                    }
                    "use" => self.use_item(&tokens[index + 1..], at) + 1,
                    _ => self.path(&tokens[index..], &[], false, at),
                },
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let text = text.trim_start_matches(['r', 'b', '#']);
                    if let Some(inside) = text.strip_prefix('"').filter(|_| !at.in_tests) {
                        self.texts.push((inside.trim_end_matches(['#', '"']).to_owned(), line(token)));
                    }
                    1
                }
                TokenTree::Group(group) => {
                    self.walk(group.stream(), at);
                    1
                }
                TokenTree::Punct(_) => 1,
            };
        }
    }

    /// `mod name { … }`, with `#[cfg(test)]` before it or not.
    fn module(&mut self, tokens: &[TokenTree], index: usize, at: &At) -> usize {
        let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(body))) =
            (tokens.get(index + 1), tokens.get(index + 2))
        else {
            return 1;
        };
        let is_test = index > 0 && is_cfg_test(&tokens[index - 1]);
        if is_test {
            let (first, last) = (body.span_open().start().line, body.span_close().end().line);
            self.test_modules.push((first, last - first + 1));
        }
        let mut inner = At { module: at.module.clone(), in_tests: at.in_tests || is_test };
        inner.module.push(name.to_string());
        self.walk(body.stream(), &inner);
        3
    }

    /// `static NAME: Type =`: takes in the words up to the `=`.
    fn static_item(&mut self, tokens: &[TokenTree]) -> usize {
        let is_end =
            |token: &TokenTree| matches!(token, TokenTree::Punct(p) if ['=', ';'].contains(&p.as_char()));
        let length = tokens.iter().position(is_end).unwrap_or(tokens.len());
        let mut words = Vec::new();
        all_words(&tokens[..length], &mut words);
        self.statics.push(Static { words, line: line(&tokens[0]) });
        1
    }

    fn use_item(&mut self, tokens: &[TokenTree], at: &At) -> usize {
        let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ';');
        let length = tokens.iter().position(is_end).unwrap_or(tokens.len());
        self.use_tree(&tokens[..length], &[], at);
        length
    }

    /// The tree of a `use`, below `prefix`.
    fn use_tree(&mut self, tokens: &[TokenTree], prefix: &[String], at: &At) {
        let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
        for tree in tokens.split(is_comma) {
            let start =
                tree.iter().position(|token| matches!(token, TokenTree::Ident(_) | TokenTree::Group(_)));
            match start.map(|start| &tree[start..]) {
                Some([TokenTree::Group(group), ..]) => self.use_tree(&inside(group), prefix, at),
                Some(path) => {
                    self.path(path, prefix, true, at);
                }
                None => {}
            }
        }
    }

    /// A path that begins with the first token; answers how many tokens it has.
    fn path(&mut self, tokens: &[TokenTree], prefix: &[String], in_use: bool, at: &At) -> usize {
        let mut segments = prefix.to_vec();
        let mut length = 0;
        while let Some(TokenTree::Ident(ident)) = tokens.get(length) {
            segments.push(ident.to_string());
            length += 1;
            let colons = tokens.get(length..length + 2).unwrap_or_default();
            if !colons.iter().all(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == ':'))
                || colons.is_empty()
            {
                break;
            }
            match tokens.get(length + 2) {
                Some(TokenTree::Ident(_)) => length += 2,
                Some(TokenTree::Group(group)) if in_use && group.delimiter() == Delimiter::Brace => {
                    self.use_tree(&inside(group), &segments, at);
                    length += 3;
                    return length;
                }
                _ => break,
            }
        }
        if in_use || segments.len() > 1 {
            let (segments, line) = (resolve(&segments, &at.module), line(&tokens[0]));
            self.uses.push(Used { segments, line, in_tests: at.in_tests });
        }
        length.max(1)
    }
}

fn inside(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// Whether the token before `index` is this character.
fn after(tokens: &[TokenTree], index: usize, character: char) -> bool {
    index > 0 && matches!(&tokens[index - 1], TokenTree::Punct(p) if p.as_char() == character)
}

/// A documentation comment is an attribute with a text: neither is code. Other attributes are walked into.
fn skip_doc(tokens: &[TokenTree]) -> usize {
    let is_doc = |token: &TokenTree| match token {
        TokenTree::Group(group) => {
            matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(ident)) if ident == "doc")
        }
        _ => false,
    };
    tokens.iter().take(3).position(is_doc).map_or(1, |place| place + 1)
}

fn is_cfg_test(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

fn all_words(tokens: &[TokenTree], words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Group(group) => all_words(&inside(group), words),
            _ => {}
        }
    }
}

/// Begins with `crate` whatever is ours, seen from `module`.
fn resolve(segments: &[String], module: &[String]) -> Vec<String> {
    let mut base = module.to_vec();
    let mut rest = segments;
    while let [first, more @ ..] = rest {
        match first.as_str() {
            "crate" | "tiquo_auth" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
            }
            _ => break,
        }
        rest = more;
    }
    if rest.len() == segments.len() {
        return segments.to_vec();
    }
    std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect()
}
