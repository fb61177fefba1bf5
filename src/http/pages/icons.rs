//! SVG paths of small line drawings in the text's colour, on a field of 24 by 24.

pub(super) const ALERT: &str = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V13M12 16.4v.1";
pub(super) const CHECK: &str = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.3l2.8 2.8L16 9.6";
pub(super) const CLOCK: &str = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3.5 2";
/// A shield with a question mark.
pub(super) const UNCHECKED: &str = "M12 3l7.5 2.8v5.7c0 4.4-3 7.9-7.5 9.5-4.5-1.6-7.5-5.1-7.5-9.5V5.8ZM9.9 9.6a2.2 2.2 0 1 1 3.2 2c-.8.4-1.1.8-1.1 1.6M12 16.1v.1";
pub(super) const CODE: &str = "M8.5 7.5 4 12l4.5 4.5M15.5 7.5 20 12l-4.5 4.5";
const BAG: &str = "M5.5 8h13l1 12.5h-15zM9 11V7a3 3 0 0 1 6 0v4";
const CALENDAR: &str = "M4 6h16v14.5H4zM4 10.5h16M8.5 3.5V8M15.5 3.5V8";
const CARD: &str = "M3.5 5.5h17v13h-17zM8.5 12a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6ZM5.8 15.6c.5-1.4 1.5-2 2.7-2s2.2.6 2.7 \
                    2M14.5 10h3M14.5 14h3";
const CHAT: &str = "M4 5h16v11.5h-8L7.5 20v-3.5H4z";
const KNOWN: &str =
    "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM3 20.5c.7-3.6 3.4-5.5 7-5.5 1.1 0 2.2.2 3.1.6M15 18.5l2 2 4-4.5";
const MAIL: &str = "M3.5 6h17v12.5h-17zM4 7l8 6.2L20 7";
pub(super) const PEN: &str = "M4.5 19.5l1-4L16 5l3 3L8.5 18.5zM13.5 7.5l3 3";
const PERSON: &str = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5";
const PHONE: &str = "M7 3h10v18H7zM11 18h2";
const PIN: &str = "M12 21c4-4.5 6.5-7.8 6.5-11a6.5 6.5 0 1 0-13 0c0 3.2 2.5 6.5 6.5 11ZM12 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 \
                   0 0 4.4Z";

/// The drawing for a scope token of ours.
pub(super) fn of_scope(token: &str) -> Option<&'static str> {
    Some(match token {
        "openid" => KNOWN,
        "profile" => PERSON,
        "email" => MAIL,
        "phone" => PHONE,
        "address" => PIN,
        "offline_access" => CLOCK,
        "profile:read" => CARD,
        "profile:write" => PEN,
        "orders:read" => BAG,
        "bookings:read" => CALENDAR,
        "enquiries:read" => CHAT,
        _ => return None,
    })
}
