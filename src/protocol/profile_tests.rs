use super::*;

fn set(field: ProfileField, text: &str) -> Result<Option<String>, ProfileError> {
    let mut change = ProfileChange::default();
    change.set(field, Some(text))?;
    let mut profile = Profile::default();
    change.apply(&mut profile);
    Ok(profile.slot(field).clone())
}

#[test]
fn names_are_kept_without_white_space_around_them() {
    for name in ["Ana", "José María", "Zoë O’Connor-Smith", "李小龍", "محمد", "🙂"] {
        assert_eq!(set(ProfileField::FirstName, &format!(" {name}\t")), Ok(Some(name.to_owned())));
    }
}

#[test]
fn invalid_names_are_refused() {
    let refused = |text: &str| set(ProfileField::DisplayName, text).unwrap_err();
    assert_eq!(refused("  "), ProfileError::Empty);
    let longest = "x".repeat(ProfileField::DisplayName.longest());
    assert_eq!(refused(&format!("\u{a0}{longest}")), ProfileError::TooLong(200));
    assert_eq!(refused("a\0b"), ProfileError::Control);
    assert_eq!(refused("a\nb"), ProfileError::Control);
    assert_eq!(refused("a\u{7f}b"), ProfileError::Control);
    assert_eq!(refused("a\u{202e}b"), ProfileError::Control);
    assert_eq!(refused(&"é".repeat(201)), ProfileError::TooLong(200));
    assert!(set(ProfileField::DisplayName, &"é".repeat(200)).is_ok());
}

#[test]
fn phones_are_digits_with_usual_punctuation() {
    for good in ["112", "+34 600 123 456", "(020) 7946/0958", "020-7946.0958"] {
        assert!(set(ProfileField::Phone, good).is_ok(), "{good}");
    }
    for bad in ["12", "call me", "1".repeat(21).as_str(), "<b>123</b>"] {
        assert_eq!(set(ProfileField::Phone, bad), Err(ProfileError::Phone), "{bad}");
    }
}

#[test]
fn a_photo_is_an_https_url() {
    let kept = set(ProfileField::ProfilePhoto, "HTTPS://Example.com/a b\".png").unwrap();
    assert_eq!(kept.as_deref(), Some("https://example.com/a%20b%22.png"));
    let bad = [
        "http://example.com/a.png",
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:image/png;base64,AAAA",
        "//example.com/a.png",
        "https://",
        "https://user:secret@example.com/a.png",
        "photo.png",
    ];
    for url in bad {
        assert_eq!(set(ProfileField::ProfilePhoto, url), Err(ProfileError::Url), "{url}");
    }
}

#[test]
fn only_what_is_named_changes() {
    let mut profile =
        Profile { first_name: Some("Ana".to_owned()), phone: Some("112".to_owned()), ..Profile::default() };
    let mut change = ProfileChange::default();
    assert!(change.is_empty());
    change.set(ProfileField::Phone, None).unwrap();
    change.set(ProfileField::LastName, Some("Lopez")).unwrap();
    change.apply(&mut profile);
    let expected = Profile {
        first_name: Some("Ana".to_owned()),
        last_name: Some("Lopez".to_owned()),
        ..Profile::default()
    };
    assert_eq!(profile, expected);
}
