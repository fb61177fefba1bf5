//! `tiquo-auth keys revoke`: does it, waits until the running servers go by it, and says what it hit.

use std::path::Path;
use std::time::Duration;

use crate::keyring::{KeyCommands, KeyKind, KeyRevocation, SignatureCount, utc};
use crate::protocol::key_life::KeyState;
use crate::system::{SystemClock, SystemEntropy};

/// How long running servers are waited for: they look every two seconds.
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

/// Waits until every running server goes by the new manifest: then its count is complete.
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
        (KeyState::Next, _) | (_, None) => println!("It had signed nothing."),
        (_, Some(until)) => println!(
            "Living tokens it hit: {} (access, ID and other signed tokens, counted to the minute; a server that was \
             killed may have signed some in its last minute). The last would have expired at {} at the latest. Sessions \
             live on: applications get new tokens with their refresh tokens.",
            count.tokens,
            utc(until)
        ),
    }
    println!(
        "Verifiers elsewhere that keep the JWK Set may take what it signed until {} at the latest.",
        utc(revoked.cached_until)
    );
}

fn servers(count: &SignatureCount) {
    let (up, running) = (count.caught_up, count.running);
    let text = if running == 0 {
        "No running server has written to the folder lately; one that starts goes by this.".to_owned()
    } else if up == running {
        format!("In force in all running servers: {running}.")
    } else {
        format!(
            "WARNING: in force in {up} of {running} servers. One that can read the folder looks every two seconds; see \
             the log of the others, or whether they were killed within the last three minutes."
        )
    };
    println!("{text}");
}
