//! Parses the pages more strictly than a browser, which would repair mistakes.

#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    /// The element's own text and that of its descendants.
    pub(super) text: String,
}

impl Element {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// All elements of a page, in document order.
pub(super) struct Markup(pub(super) Vec<Element>);

const VOID: [&str; 7] = ["meta", "input", "img", "br", "link", "path", "hr"];

impl Markup {
    /// Panics when an element is not closed, is closed by another end tag, or has a repeated or unquoted
    /// attribute.
    pub(super) fn read(page: &str) -> Self {
        let mut rest = page.strip_prefix("<!doctype html>").expect("a doctype");
        let (mut all, mut open) = (Vec::<Element>::new(), Vec::<usize>::new());
        while let Some(start) = rest.find('<') {
            add_text(&mut all, &open, &rest[..start]);
            let from = &rest[start..];
            let (tag, after) = from.split_at(end_of_tag(from));
            let tag = &tag[1..];
            rest = &after[1..];
            if let Some(name) = tag.strip_prefix('/') {
                let closed = open.pop().map(|index| all[index].name.clone());
                assert_eq!(closed.as_deref(), Some(name), "the end of another element, before {rest}");
                continue;
            }
            let element = element(tag.strip_suffix('/').unwrap_or(tag));
            let is_void = VOID.contains(&element.name.as_str());
            let end = format!("</{}>", element.name);
            let is_raw = ["style", "script"].contains(&element.name.as_str());
            let index = all.len();
            all.push(element);
            if is_raw {
                let (inside, after) = rest.split_once(&end).expect("its end");
                all.last_mut().expect("it").text = inside.to_owned();
                rest = after;
                continue;
            }
            if !is_void {
                open.push(index);
            }
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "not closed: {open:?} {rest}");
        Self(all)
    }

    pub(super) fn all(&self, name: &str) -> Vec<&Element> {
        self.0.iter().filter(|element| element.name == name).collect()
    }

    pub(super) fn only(&self, name: &str) -> &Element {
        let found = self.all(name);
        assert_eq!(found.len(), 1, "<{name}>");
        found[0]
    }

    pub(super) fn with(&self, attribute: &str, value: &str) -> Option<&Element> {
        self.0.iter().find(|element| element.get(attribute) == Some(value))
    }

    /// The visible text of the page.
    pub(super) fn text(&self) -> &str {
        &self.only("body").text
    }
}

fn add_text(all: &mut [Element], open: &[usize], text: &str) {
    let text = unescaped(text);
    for index in open {
        all[*index].text.push_str(&text);
    }
}

/// Index of the end of the tag at the start of `text`; `>` may be inside a quoted value.
fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '>' && !quoted
        })
        .expect("the end of a tag")
        .0
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "an element: {tag}");
    let mut attributes = Vec::<(String, String)>::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix('=') {
            let quoted = quoted.strip_prefix('"').expect("quotes");
            let (inside, after) = quoted.split_once('"').expect("the end of quotes");
            (value, rest) = (unescaped(inside), after);
        }
        assert!(!attributes.iter().any(|(own, _)| *own == name), "{name} twice: {tag}");
        attributes.push((name, value));
    }
    Element { name: name.to_owned(), attributes, text: String::new() }
}

/// Decodes the references that the templates write for escaped characters. All others are ours.
fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#160;", "\u{a0}"), ("&#38;", "&")]
        .into_iter()
        .fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}
