#!/usr/bin/env bash
# Draws comments, error texts and log lines of the source at random, to read them without their surroundings: fifty, or
# COUNT=…; SEED=… draws others. With a revision: those of that revision, read from git.
set -euo pipefail
# shellcheck source=scripts/lib/source-tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/source-tree.sh" "$@"

find src -name '*.rs' -print0 | sort -z | xargs -0 awk '
  function flush() { if (text != "") print place ": " text; text = "" }
  FNR == 1 { flush(); wants = 0 }
  /^[ \t]*\/\/[\/!]?( |$)/ {
    line = $0; sub(/^[ \t]*\/\/[\/!]? ?/, "", line)
    if (text == "") place = FILENAME ":" FNR
    text = text (text == "" ? "" : " ") line; next
  }
  { flush() }
  match($0, /#\[error\("([^"\\]|\\.)*"/) { print FILENAME ":" FNR ": error: " substr($0, RSTART + 9, RLENGTH - 10) }
  /tracing::(trace|debug|info|warn|error)!\(/ { wants = 12 }
  wants > 0 {
    wants--
    if (match($0, /"([^"\\]|\\.){12,}"/)) { print FILENAME ":" FNR ": log: " substr($0, RSTART + 1, RLENGTH - 2); wants = 0 }
  }
  END { flush() }' |
  shuf --head-count="${COUNT:-50}" --random-source=<(openssl enc -aes-256-ctr -pass "pass:${SEED:-1}" -nosalt -md sha256 </dev/zero 2>/dev/null)
