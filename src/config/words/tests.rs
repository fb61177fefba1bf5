use super::*;

#[test]
fn the_suggestion_is_the_nearest_known_word_if_it_is_near_enough() {
    let known = ["address", "trusted_proxies", "tls", "workers"];
    assert_eq!(closest("addres", &known), Some("address"));
    assert_eq!(closest("adress", &known), Some("address"));
    assert_eq!(closest("Trusted-Proxies", &known), Some("trusted_proxies"));
    assert_eq!(closest("tsl", &known), Some("tls"), "two letters changed places");
    assert_eq!(closest("organisations", &["organizations", "clients"]), Some("organizations"));
    assert_eq!(closest("port", &known), None);
    assert_eq!(closest("", &known), None);
    assert_eq!(closest("address", &[]), None);
}

#[test]
fn each_serde_error_is_translated() {
    let said = [
        (
            "unknown field `addres`, expected one of `address`, `tls`",
            "there is no such setting",
            "Did you mean address?",
        ),
        (
            "unknown field `x`, expected `certificate_file` or `key_file`",
            "there is no such setting",
            "Known here: certificate_file, key_file",
        ),
        (
            "unknown variant `starttsl`, expected one of `starttls`, `tls`, `plain`",
            "\"starttsl\" is not known",
            "Did you mean \"starttls\"? Known here: starttls, tls, plain",
        ),
        (
            "unknown variant `ssl`, expected `JWT` or `at+jwt`",
            "\"ssl\" is not known",
            "Known here: JWT, at+jwt",
        ),
        (
            "invalid type: string \"hunter2\", expected u64",
            "text stands where a whole number, 0 or more belongs",
            "Write a whole number, 0 or more",
        ),
        (
            "invalid value: integer `-5`, expected u64",
            "a number below 0 stands where a whole number, 0 or more belongs",
            "Write a whole number, 0 or more",
        ),
        (
            "invalid type: floating point `1.5`, expected u64",
            "a number with a point stands where",
            "Write a whole",
        ),
        (
            "invalid type: boolean `true`, expected a string",
            "true or false stands where text in quotes belongs",
            "Write text in quotes",
        ),
        (
            "invalid type: sequence, expected struct Listen",
            "a list stands where a section belongs",
            "Write a section",
        ),
        (
            "invalid type: map, expected a sequence",
            "a section stands where a list in brackets belongs",
            "Write a list",
        ),
        (
            "invalid type: something else, expected a string",
            "something else stands where text in quotes belongs",
            "Write",
        ),
        ("integer number overflowed", "the number is too large", "Write a smaller one"),
        ("what nobody has seen yet", "this cannot be read", "config/default.toml"),
    ];
    for (raw, message, remedy) in said {
        let refusal = EntryRefusal::of_value(raw);
        assert!(refusal.message.starts_with(message), "{raw}: {}", refusal.message);
        assert!(refusal.remedy.starts_with(remedy), "{raw}: {}", refusal.remedy);
    }
}

/// Mistakes of people who know other formats or are in a hurry. No message repeats the parser's.
#[test]
fn each_parser_error_is_translated() {
    let written = [
        ("a = One", "the value is no text in quotes"),
        ("a = 'x\nb=1", "a text does not end"),
        ("a = \"x", "a text does not end"),
        ("a = \"\"\"x\nb=1", "a text does not end"),
        ("a = \"\\q\"", "a backslash stands before"),
        ("[listen\nx = 1", "the name of a section does not end"),
        ("[[listen]\nx = 1", "the name of a section does not end"),
        ("a\nb = 1", "a key has no value"),
        ("a: 1", "a key has no value"),
        ("// comment", "a key has no value"),
        ("= 1", "there is no valid key here"),
        ("[]", "there is no valid key here"),
        ("a = [1, 2\nb = 3", "a list is incomplete"),
        ("a = [1,,2]", "a list is incomplete"),
        ("a = {b = 1\nc = 2", "a section in braces is incomplete"),
        ("a = 1\na = 2", "this was set before"),
        ("[a]\n[a]", "this was set before"),
        ("a.b = 1\n[a]\nc = 1", "this was set before"),
        ("a = 01", "the number is not written"),
        ("a = 1__0", "the number is not written"),
        ("a = 1e", "the number is not written"),
        ("a = tru", "the value is neither true nor false"),
        ("a = 2020-13-01", "the value looks like a date"),
        ("a = 1,", "there is text after the end"),
        ("[a]]", "there is text after the end"),
        ("{\"a\": 1}", "there is no valid key here"),
    ];
    for (text, meaning) in written {
        let (_, errors) = toml::de::DeTable::parse_recoverable(text);
        // The report shows the first error of a line.
        let first = errors.first().unwrap_or_else(|| panic!("{text} is TOML")).message();
        let (message, _) = of_syntax(first);
        assert!(message.starts_with(meaning), "{text}: {first} is {message}");
    }
}
