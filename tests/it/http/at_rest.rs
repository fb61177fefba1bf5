//! What a reader of the store, or of a backup of it, finds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::app::TestApp;
use crate::support::stores;

const EMAIL: &str = "ana@example.com";

/// Whether bytes stand somewhere in a file, with no digit before or after them: a time of many digits holds many codes.
fn holds(file: &[u8], wanted: &[u8]) -> bool {
    let is_digit =
        |place: Option<usize>| place.and_then(|place| file.get(place)).is_some_and(u8::is_ascii_digit);
    file.windows(wanted.len()).enumerate().any(|(place, window)| {
        window == wanted && !is_digit(place.checked_sub(1)) && !is_digit(Some(place + wanted.len()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_holds_no_token_and_no_code() {
    let store = stores::embedded();
    let app = TestApp::start(store.clone());
    let challenge = app.send_code(EMAIL).await.text("challenge_id");
    let code = app.newest_code(EMAIL).await;
    assert!(!holds(&store.image(), code.as_bytes()), "a code that lives");
    let first = app.verify(&challenge, &code).await;
    let second = app.refresh(&first.text("refresh_token")).await;
    let image = store.image();
    assert!(holds(&image, EMAIL.as_bytes()), "an address is stored, so this looks in the right place");
    for answer in [&first, &second] {
        let (refresh, access) = (answer.text("refresh_token"), answer.text("access_token"));
        let bytes = URL_SAFE_NO_PAD.decode(refresh.trim_start_matches("rt_")).unwrap();
        // Key id and bucket come before the secret, generation and MAC after it.
        let (secret, mac) = (&bytes[3..19], &bytes[23..]);
        assert_eq!(mac.len(), 32);
        for (what, part) in [("refresh token", refresh.as_bytes()), ("secret", secret), ("MAC", mac)] {
            assert!(!holds(&image, part), "{what}");
        }
        assert!(!holds(&image, access.as_bytes()), "access token");
        let signature = access.rsplit('.').next().unwrap();
        assert!(!holds(&image, signature.as_bytes()), "signature");
    }
}
