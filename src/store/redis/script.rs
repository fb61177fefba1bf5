//! The Lua scripts, one for each verb that decides something. They are called by the hash of their text.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use redis::{Cmd, ToRedisArgs, cmd};

/// The field with a row's format mark; rows of the first format lack it.
pub(super) const MARK: &str = "#";

/// A Lua script, and the SHA-1 that Redis knows it by.
pub(super) struct Script {
    text: String,
    sha1: String,
    /// Whether the script reads keys that only a row names and whose absence has a meaning. Such a script
    /// must not follow `ASK`: on the other node a key that has not migrated yet looks like one that does not
    /// exist.
    pub(super) waits_for_slot: bool,
}

impl Script {
    fn new(text: &'static str) -> Self {
        let text = format!("{READING_ROWS}{text}");
        Self { sha1: sha1_hex(&text), text, waits_for_slot: false }
    }

    fn waiting(text: &'static str) -> Self {
        Self { waits_for_slot: true, ..Self::new(text) }
    }

    /// The command that loads the script into a server.
    pub(super) fn load(&self) -> Cmd {
        let mut load = cmd("SCRIPT");
        load.arg("LOAD").arg(&self.text);
        load
    }
}

/// The same as `redis.sha1hex` in a script. The hash only identifies; nothing relies on its strength.
pub(super) fn sha1_hex(text: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(40), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A command to send, with the information to route it.
pub(super) struct RedisCall<'a> {
    pub(super) cmd: Cmd,
    /// One of its keys, whose hash slot selects the node.
    pub(super) key: String,
    pub(super) script: Option<&'a Script>,
    /// Whether it reads a row, whose format mark follows the fields.
    pub(super) reads_row: bool,
    /// Whether it may be repeated after a lost answer, although it may have been carried out.
    pub(super) retries: bool,
    /// As [`Script::waits_for_slot`], for scripts that need it only with some arguments.
    pub(super) waits_for_slot: bool,
}

impl<'a> RedisCall<'a> {
    /// A call of a script with at least one key.
    pub(super) fn script(script: &'a Script, keys: &[&str]) -> Self {
        let mut evalsha = Cmd::with_capacity(keys.len().saturating_add(16), 512);
        evalsha.arg("EVALSHA").arg(&script.sha1).arg(keys.len()).arg(keys);
        let key = keys.first().copied().unwrap_or_default().to_owned();
        Self {
            cmd: evalsha,
            key,
            script: Some(script),
            reads_row: false,
            retries: true,
            waits_for_slot: script.waits_for_slot,
        }
    }

    pub(super) fn plain(name: &str, key: &str) -> Self {
        let mut plain = cmd(name);
        plain.arg(key);
        Self {
            cmd: plain,
            key: key.to_owned(),
            script: None,
            reads_row: false,
            retries: true,
            waits_for_slot: false,
        }
    }

    pub(super) fn row(key: &str, fields: &[&str]) -> Self {
        let call = Self::plain("HMGET", key).arg(fields).arg(MARK);
        Self { reads_row: true, ..call }
    }

    /// Forbids repeating the call after a lost answer.
    pub(super) fn once(self) -> Self {
        Self { retries: false, ..self }
    }

    /// Forbids following `ASK`: [`Script::waits_for_slot`].
    pub(super) fn waiting_for_slot(self) -> Self {
        Self { waits_for_slot: true, ..self }
    }

    pub(super) fn arg(mut self, arg: impl ToRedisArgs) -> Self {
        self.cmd.arg(arg);
        self
    }
}

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("scripts/", $name, ".lua"))
    };
}

/// The text that precedes every script.
const READING_ROWS: &str = file!("format");

/// A script with the functions of `events.lua`.
macro_rules! counting {
    ($name:literal) => {
        concat!(include_str!("scripts/events.lua"), include_str!(concat!("scripts/", $name, ".lua")))
    };
}

/// A script that removes a grant from the index of its end-user's grants.
macro_rules! ending {
    ($name:literal) => {
        concat!(include_str!("scripts/index_of.lua"), file!($name))
    };
}

/// A script that makes a grant, and room for it in the index.
macro_rules! indexing {
    ($text:expr) => {
        concat!(include_str!("scripts/grant_index.lua"), $text)
    };
}

/// A script that checks `DPoP` proofs.
macro_rules! proving {
    ($text:expr) => {
        concat!(include_str!("scripts/proofs.lua"), $text)
    };
}

#[cfg(test)]
#[test]
fn scripts_know_the_formats_that_we_know() {
    let newest = crate::protocol::row_format::RowFormat::NEWEST;
    assert!(READING_ROWS.contains(&format!("local newest = {newest}\n")));
}

pub(super) struct Scripts {
    pub(super) open_grant: Script,
    pub(super) rotate_refresh: Script,
    pub(super) revoke_grant: Script,
    pub(super) present_access: Script,
    pub(super) admit: Script,
    pub(super) change_profile: Script,
    pub(super) put_claims: Script,
    pub(super) put_customer: Script,
    pub(super) assign_customer: Script,
    pub(super) put_records: Script,
    pub(super) list_records: Script,
    pub(super) open_interaction: Script,
    pub(super) advance_interaction: Script,
    pub(super) open_sso_session: Script,
    pub(super) end_sso_session: Script,
    pub(super) peek_sso_session: Script,
    pub(super) touch_sso_session: Script,
    pub(super) issue_code: Script,
    pub(super) redeem_code: Script,
    pub(super) remember_assertion: Script,
    pub(super) open_device: Script,
    pub(super) decide_device: Script,
    pub(super) poll_device: Script,
    pub(super) open_challenge: Script,
    pub(super) resend_code: Script,
    pub(super) try_code: Script,
    pub(super) ensure_account: Script,
    pub(super) link_customer: Script,
    pub(super) admit_events: Script,
    pub(super) admit_stranger: Script,
    pub(super) give_place_back: Script,
    pub(super) count_organization: Script,
    pub(super) record_opening: Script,
    pub(super) register_client: Script,
    pub(super) put_client: Script,
    pub(super) replace_client: Script,
    pub(super) touch_client: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            open_grant: Script::waiting(proving!(indexing!(file!("open_grant")))),
            rotate_refresh: Script::new(proving!(ending!("rotate_refresh"))),
            revoke_grant: Script::new(ending!("revoke_grant")),
            present_access: Script::new(file!("present_access")),
            admit: Script::new(file!("admit")),
            change_profile: Script::new(file!("change_profile")),
            put_claims: Script::new(file!("put_claims")),
            put_customer: Script::new(file!("put_customer")),
            assign_customer: Script::new(file!("assign_customer")),
            put_records: Script::new(file!("put_records")),
            list_records: Script::new(file!("list_records")),
            open_interaction: Script::new(file!("open_interaction")),
            advance_interaction: Script::new(file!("advance_interaction")),
            open_sso_session: Script::waiting(file!("open_sso_session")),
            end_sso_session: Script::waiting(ending!("end_sso_session")),
            peek_sso_session: Script::waiting(file!("peek_sso_session")),
            touch_sso_session: Script::new(file!("touch_sso_session")),
            issue_code: Script::new(file!("issue_code")),
            redeem_code: Script::waiting(indexing!(ending!("redeem_code"))),
            remember_assertion: Script::new(file!("remember_assertion")),
            open_device: Script::new(file!("open_device")),
            decide_device: Script::new(file!("decide_device")),
            poll_device: Script::new(file!("poll_device")),
            open_challenge: Script::new(counting!("open_challenge")),
            resend_code: Script::waiting(counting!("resend_code")),
            try_code: Script::waiting(counting!("try_code")),
            link_customer: Script::new(file!("link_customer")),
            ensure_account: Script::new(file!("ensure_account")),
            admit_events: Script::new(counting!("admit_events")),
            admit_stranger: Script::new(counting!("admit_stranger")),
            give_place_back: Script::new(file!("give_place_back")),
            count_organization: Script::new(file!("count_organization")),
            record_opening: Script::new(file!("record_opening")),
            register_client: Script::new(file!("register_client")),
            put_client: Script::new(file!("put_client")),
            replace_client: Script::new(file!("replace_client")),
            touch_client: Script::new(file!("touch_client")),
        }
    }
}
