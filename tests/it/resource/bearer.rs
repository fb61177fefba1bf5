//! The `Authorization` header, and what a refusal says.

use proptest::prelude::*;
use tiquo_auth::protocol::scope::Scope;
use tiquo_auth::resource::{InvalidToken, TokenError, bearer};

#[test]
fn rfc6750_2_1_one_b64token_after_the_scheme() {
    for header in ["Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER   a.b-c_d~e+f/g== "] {
        assert_eq!(bearer(Some(header.as_bytes())), Ok("a.b-c_d~e+f/g=="), "{header}");
    }
    let malformed: [&[u8]; 8] = [
        b"Bearer",
        b"Bearer ",
        b"Bearer a b",
        b"Bearer a,b",
        b"Bearer =",
        b"Bearer a=b",
        b"Bearer \xff\xfe",
        "Bearer ä".as_bytes(),
    ];
    for header in malformed {
        assert_eq!(bearer(Some(header)), Err(TokenError::Malformed), "{header:?}");
    }
}

#[test]
fn rfc6750_3_1_no_token_is_no_error_code() {
    for header in [None, Some(&b"Basic YTpi"[..]), Some(b""), Some(b"Bearerx"), Some(b"\xff")] {
        let error = bearer(header).unwrap_err();
        assert_eq!(error, TokenError::Missing, "{header:?}");
        assert_eq!(error.status(), 401);
        assert_eq!(error.www_authenticate("shop").as_deref(), Some("Bearer realm=\"shop\""));
    }
}

#[test]
fn rfc6750_3_1_codes_and_statuses() {
    let malformed = TokenError::Malformed;
    assert_eq!((malformed.status(), malformed.code()), (400, Some("invalid_request")));
    let expired = TokenError::Invalid(InvalidToken::Expired);
    assert_eq!((expired.status(), expired.code()), (401, Some("invalid_token")));
    assert_eq!(
        expired.www_authenticate("shop").unwrap(),
        "Bearer realm=\"shop\", error=\"invalid_token\", error_description=\"the access token has expired\""
    );
    let scope = TokenError::InsufficientScope { scope: Scope::parse("b a").unwrap() };
    assert_eq!((scope.status(), scope.code()), (403, Some("insufficient_scope")));
    let header = scope.www_authenticate("shop").unwrap();
    assert!(
        header.contains("error=\"insufficient_scope\"") && header.ends_with(", scope=\"a b\""),
        "{header}"
    );
    let away = TokenError::KeysUnavailable("why".to_owned());
    assert_eq!((away.status(), away.code(), away.www_authenticate("shop")), (503, None, None));
}

proptest! {
    #[test]
    fn no_realm_ends_its_quotes_or_the_header(realm in any::<String>()) {
        let header = TokenError::Malformed.www_authenticate(&realm).unwrap();
        prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert_eq!(header.matches('"').count(), 6);
        prop_assert!(!header.contains('\\'));
    }

    #[test]
    fn no_header_panics(bytes in any::<Vec<u8>>(), token in "[!-~]{1,20}") {
        let _ = bearer(Some(&bytes));
        let header = format!("Bearer {token}");
        if let Ok(read) = bearer(Some(header.as_bytes())) {
            prop_assert_eq!(read, token);
        }
    }
}
