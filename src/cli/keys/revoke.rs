//! `tiquo-auth keys revoke`: revokes a key, waits until the running servers use the change, and reports its
//! effect.

use std::path::Path;
use std::time::Duration;

use crate::keyring::{KeyCommands, KeyKind, KeyRevocation, SignatureCount, utc};
use crate::protocol::key_life::KeyState;
use crate::system::{SystemClock, SystemEntropy};

/// Attempts to find all running servers up to date, which check the folder every two seconds.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn revoke(folder: &Path, key: &str, end_sessions: bool) -> Result<(), String> {
    let commands = KeyCommands::new(folder, &SystemEntropy, &SystemClock);
    let revoked = commands.revoke(key, end_sessions).map_err(|error| error.to_string())?;
    super::show(&revoked.report);
    let count = wait(&commands, &revoked)?;
    match revoked.name.kind() {
        KeyKind::Signing => tokens(&revoked, &count),
        KeyKind::Mac => {
            println!(
                "Refresh tokens, devices and codes that it made are refused. Tokens of other MAC keys live on."
            );
        }
    }
    servers(&count);
    Ok(())
}

/// Waits until every running server uses the new manifest, so that its count is complete.
fn wait(commands: &KeyCommands<'_>, revoked: &KeyRevocation) -> Result<SignatureCount, String> {
    let count = || {
        commands.count(&revoked.name.to_string(), revoked.report.serial).map_err(|error| error.to_string())
    };
    for _ in 0..TRIES {
        let counted = count()?;
        if counted.caught_up == counted.running {
            return Ok(counted);
        }
        std::thread::sleep(PAUSE);
    }
    count()
}

fn tokens(revoked: &KeyRevocation, count: &SignatureCount) {
    let until = match (count.until, revoked.tokens_until) {
        (Some(counted), Some(latest)) => Some(counted.min(latest)),
        (_, latest) => latest,
    };
    match (revoked.state, until) {
        (KeyState::Next, _) | (_, None) => println!("The key had signed no token that is still valid."),
        (_, Some(until)) => println!(
            "Living tokens it hit: {} (access, ID and other signed tokens, counted to the minute; a server that was \
             killed may have signed some in its last minute). The last would have expired at {} at the latest. Sessions \
             live on: applications get new tokens with their refresh tokens.",
            count.tokens,
            utc(until)
        ),
    }
    println!(
        "Verifiers that cached the JWK Set may accept tokens signed with it until {} at the latest.",
        utc(revoked.cached_until)
    );
}

fn servers(count: &SignatureCount) {
    let (up, running) = (count.caught_up, count.running);
    let text = if running == 0 {
        "No running server has written to the folder lately; servers use this change from their start."
            .to_owned()
    } else if up == running {
        format!("In force in all running servers: {running}.")
    } else {
        format!(
            "WARNING: in force in {up} of {running} servers. Servers check the folder every two seconds; see \
             the log of the others, or whether they were killed within the last three minutes."
        )
    };
    println!("{text}");
}
