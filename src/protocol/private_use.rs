//! Private-use schemes (RFC 8252 §7.1), which the operating system maps to an installed application. A scheme
//! that browsers or systems give a meaning is excluded: the answer would run as a program, open a file, be
//! sent as a mail or reach another handler instead of the application.

/// Which private-use schemes a dynamically registered client may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrivateUseSchemes {
    #[default]
    Any,
    /// Reverse domain names, such as `com.example.app` (RFC 8252 §7.1).
    ReverseDomain,
}

impl PrivateUseSchemes {
    pub fn has(self, scheme: &str) -> bool {
        match self {
            Self::Any => true,
            Self::ReverseDomain => scheme.contains('.'),
        }
    }
}

/// Schemes with a meaning, in lower case, grouped by their origin.
const TAKEN: [&str; 7] = [
    // Browsers: code, embedded content, internal pages.
    "about applet blob brave chrome content data devtools edge feed file filesystem firefox \
     googlechrome googlechromes http https intent isolated-app jar javascript livescript mhtml mk \
     mocha opera resource safari vbscript view-source vivaldi wyciwyg",
    // Schemes for which any page may register itself as the handler (HTML, registerProtocolHandler).
    "bitcoin ethereum ftp ftps geo im irc ircs magnet mailto matrix mms news nntp openpgp4fpr sftp \
     sip sms smsto ssh tel urn webcal wtai xmpp",
    // Network protocols.
    "afp cifs dav davs dict dns fish git gopher imap imaps ldap ldaps nfs pop pop3 rdp rlogin rsync \
     rtmp rtsp scp smb smtp snews svn telnet tftp tn3270 vnc webcals webdav ws wss",
    // Calls and messages.
    "callto facetime facetime-audio facetime-prompt mmsto rcs sips videotel",
    // Microsoft's systems.
    "bingmaps calculator explorer hcp help knownfolder ldapi microsoft mswindowsmusic \
     res search search-ms shell stssync wab windowsdefender wmi",
    // Apple's and Google's systems.
    "addressbook android-app android.resource app-prefs app-settings applescript applewebdata \
     diagnostics doi itms itmss macappstore macappstores man maps market message mobilenotes music \
     package photos-redirect podcast podcasts prefs shortcuts shoebox vnd.youtube webkit-fake-url \
     x-apple x-help-script x-man-page x-web-search",
    // Programs and credentials of every system.
    "cid fido jnlp jnlps mid openid4vp otpauth otpauth-migration passkey tag uuid webauthn",
];

/// Prefixes of groups of such schemes.
const TAKEN_BEGINNINGS: &str = "about- android- apple- chrome- com.apple. edge- googlechrome- intent- itms- microsoft- \
     microsoft. moz- ms- opera- view-source- web+ webkit- windows. x-apple";

/// Suffix of the schemes of browser extensions.
const TAKEN_ENDING: &str = "-extension";

/// Whether a lower-case scheme can be an application's own. A single letter is a drive of Windows.
pub fn is_private_use(scheme: &str) -> bool {
    scheme.len() > 1
        && !TAKEN.iter().any(|names| names.split(' ').any(|name| name == scheme))
        && !TAKEN_BEGINNINGS.split(' ').any(|begin| scheme.starts_with(begin))
        && !scheme.ends_with(TAKEN_ENDING)
}

/// Whether two URIs are equal, ignoring the case of the scheme (RFC 3986 §3.1).
pub fn is_same(one: &str, other: &str) -> bool {
    match (one.split_once(':'), other.split_once(':')) {
        (Some((scheme, rest)), Some((other_scheme, other_rest))) => {
            scheme.eq_ignore_ascii_case(other_scheme) && rest == other_rest
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8252_7_1_what_is_an_application_s_own() {
        for own in
            ["myapp", "cursor", "vscode", "vscode-insiders", "claude", "zed", "com.example.app", "app", "a1"]
        {
            assert!(is_private_use(own), "{own}");
        }
        for taken in [
            "javascript",
            "ms-settings",
            "ms-windows-store",
            "ms-office.example",
            "itms-appss",
            "chrome-extension",
            "safari-web-extension",
            "any-extension",
            "x-apple.systempreferences",
            "microsoft.windows.camera",
            "web+anything",
            "c",
        ] {
            assert!(!is_private_use(taken), "{taken}");
        }
    }

    #[test]
    fn every_name_is_in_lower_case_and_a_scheme() {
        let is_scheme = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
        };
        for name in TAKEN.iter().copied().chain([TAKEN_BEGINNINGS]).flat_map(|names| names.split(' ')) {
            assert!(is_scheme(name), "RFC 3986 §3.1: {name}");
            assert!(!is_private_use(name), "{name}");
        }
    }

    #[test]
    fn rfc8252_7_1_reverse_domain_names() {
        assert!(PrivateUseSchemes::Any.has("cursor"));
        assert!(PrivateUseSchemes::ReverseDomain.has("com.example.app"));
        assert!(!PrivateUseSchemes::ReverseDomain.has("cursor"));
    }

    #[test]
    fn rfc3986_3_1_only_the_scheme_has_no_case() {
        assert!(is_same("MyApp://a", "myapp://a"));
        assert!(!is_same("myapp://a", "myapp://A") && !is_same("myapp", "myapp") && !is_same("a:b", "c:b"));
    }
}
