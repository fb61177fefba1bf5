#!/usr/bin/env bash
# Plays fresh histories on both stores for so many hours, and prints their sums as rows for docs/evidence.md:
#   bash scripts/simulate.sh HOURS [--store embedded|redis|both]
# A history that breaks a rule ends it: it is shrunk, told, and left in target/simulation/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# -lt 1 ]; then
  echo "say for how many hours: bash scripts/simulate.sh HOURS" >&2
  exit 2
fi
hours=$1
shift
# What cannot be meant is said before anything is built.
if ! [[ $hours =~ ^([0-9]+([.][0-9]+)?|[.][0-9]+)$ ]]; then
  echo "$hours is no number of hours: it is above 0, for example 0.5" >&2
  exit 2
fi

cargo build --locked --quiet --profile simulate --test simulate
version=$(git describe --always --dirty 2>/dev/null || echo unknown)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
code=0
cargo test --locked --quiet --profile simulate --test simulate -- --hours "$hours" "$@" | tee "$log" || code=$?
echo
sed -nE "s/^(embedded|redis): ([0-9]+) histories, ([0-9]+) steps, ([0-9]+) faults in ([0-9]+) s$/| $(date -u +%Y-%m-%d) | $version | \1 | \2 | \3 | \4 | \5 |/p" "$log"
exit "$code"
