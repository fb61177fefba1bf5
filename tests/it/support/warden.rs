//! Ends what this process started, and says its last line, when the process is over: also when it is killed.
//!
//! The test harness runs nothing at the end of a process, and nothing runs in one that is killed. So a shell reads what we
//! tell it from a pipe; however this process ends, the pipe is closed, and the shell does what is left to do.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A line is a word and what it is about. Signals from a terminal go to the shell too; it waits for the pipe's end.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
pids= line=
while read -r word rest; do
  pid=${rest%% *}
  case $word in
    watch) pids="$pids $pid"; eval "folder_$pid=\${rest#* }" ;;
    forget) eval "folder_$pid=" ;;
    say) line=$rest ;;
  esac
done
if [ -n "$line" ]; then printf '%s\n' "$line" >&2; fi
for pid in $pids; do
  eval "folder=\$folder_$pid"
  if [ -n "$folder" ]; then kill -9 "$pid"; fi
done 2>/dev/null
for pid in $pids; do
  eval "folder=\$folder_$pid"
  if [ -n "$folder" ]; then rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }; fi
done 2>/dev/null
"#;

/// Ends the process `pid` and removes its folder after us.
pub(crate) fn watch(pid: u32, folder: &Path) {
    tell(&format!("watch {pid} {}", folder.display()));
}

/// Takes that back. It is told before the process is waited for, as its number may be another's after that.
pub(crate) fn forget(pid: u32) {
    tell(&format!("forget {pid}"));
}

/// The last line, on the standard error of this process; it replaces the one that was to be said before.
pub(crate) fn say(line: &str) {
    tell(&format!("say {line}"));
}

fn tell(line: &str) {
    static SHELL: OnceLock<Mutex<Child>> = OnceLock::new();
    let shell = SHELL.get_or_init(|| {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::null());
        Mutex::new(shell.spawn().expect("the tests need /bin/sh"))
    });
    let mut shell = shell.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(shell.stdin.as_mut().unwrap(), "{line}").expect("the shell reads until we end");
}
