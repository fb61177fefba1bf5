#!/usr/bin/env bash
# Changes the rules in one place at a time and reports the changes that no unit test notices: mutation testing of
# src/protocol, with cargo-mutants.
#
#   bash scripts/mutants.sh [RULE…]   for example: bash scripts/mutants.sh grant window
#
# The rules are pure, so they are built alone: a crate of src/protocol and what it uses, in the versions of Cargo.lock, in a
# temporary folder. Each file is held to its own unit tests: first to the quick ones, and what those do not notice to all of
# them, which play whole histories. All rules take the better part of an hour.
#
# Exits 0 when every change is noticed or listed in scripts/mutants.allow with a reason, 1 when one is not, 2 when nothing
# could be told.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin" CARGO_TERM_COLOR=never

die() {
  echo "$*" >&2
  exit 2
}

command -v cargo >/dev/null || die "cargo is missing: install Rust from https://rustup.rs"
command -v cargo-mutants >/dev/null || die "cargo-mutants is missing: cargo install cargo-mutants --locked"

rules=("$@")
[ $# -gt 0 ] || rules=(grant challenge budget window key_life strangers authorization_code)
for rule in "${rules[@]}"; do
  [ -f "src/protocol/$rule.rs" ] || die "$rule is no rule: there is no src/protocol/$rule.rs"
done
allow=scripts/mutants.allow
awk '/^#/ { reason = 1; next } NF { if (!reason) bad = 1; reason = 0 } END { exit bad }' "$allow" ||
  die "$allow: every change needs the reason why nothing can notice it, in a comment before it"

temp=$(mktemp -d)
finish() {
  local code=$?
  trap - EXIT
  # shellcheck disable=SC2046 # one number each
  kill $(jobs -p) 2>/dev/null && wait || true
  rm -rf "$temp"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
crate="$temp/crate"
unset CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR

# uses CRATE: whether src/protocol names it.
uses() {
  grep -rqE "(^|[^:[:alnum:]_])${1//-/_}(::|!)" --include='*.rs' src/protocol
}

# dependencies SECTION: its lines in Cargo.toml, of what src/protocol uses.
dependencies() {
  local line
  echo "[$1]"
  awk -v section="[$1]" '/^\[/ { on = $0 == section } on && /^[a-z]/' Cargo.toml | while IFS= read -r line; do
    if uses "${line%% *}"; then printf '%s\n' "$line"; fi
  done
}

# versions LOCK: every package with its version.
versions() {
  awk '/^name = / { name = $3 } /^version = "/ { print name, $3 }' "$1" | sort -u
}

make_crate() {
  mkdir -p "$crate/src"
  cp -R src/protocol "$crate/src/"
  printf '//! The rules alone.\n\npub mod protocol;\n' >"$crate/src/lib.rs"
  {
    awk '/^\[/ { on = $0 == "[package]" } on && NF' Cargo.toml
    dependencies dependencies
    dependencies dev-dependencies
    printf '[profile.dev]\ndebug = false\n'
  } >"$crate/Cargo.toml"
  cp Cargo.lock "$crate/"
  # Takes out of the lock file what is not used here.
  cargo metadata --manifest-path "$crate/Cargo.toml" --format-version 1 >/dev/null || return 1
  local others
  others=$(comm -23 <(versions "$crate/Cargo.lock") <(versions Cargo.lock))
  [ -z "$others" ] || die "the rules would be built with other versions than Cargo.lock has: ${others//$'\n'/, }"
}

# The packages take minutes once, the crate seconds each time.
build() {
  cargo test --manifest-path "$crate/Cargo.toml" --lib --no-run --quiet
}

# lines FILE: how many it has.
lines() {
  wc -l <"$1"
}

# mutate RULE ARGUMENT…: changes one file in every place, the arguments are those of `cargo test`. Answers by $code.
mutate() {
  local rule=$1
  shift
  code=0
  cargo mutants --dir "$crate" --output "$temp/$rule" --in-place --iterate --no-config --no-shuffle --file "src/protocol/$rule.rs" \
    -- --lib "protocol::$rule::" "$@" >"$temp/$rule.log" 2>&1 &
  # A signal is heard while this waits.
  wait $! || code=$?
  # 2 and 3 are survivors and timeouts.
  case $code in
    0 | 2 | 3) ;;
    *)
      tail -n 20 "$temp/$rule.log" >&2
      die "cargo-mutants failed at $rule"
      ;;
  esac
}

# examine RULE: adds a line to the table, and what survived to the survivors.
examine() {
  local rule=$1 code began=$SECONDS out="$temp/$1/mutants.out" caught=0 unviable=0 timeouts missed
  mutate "$rule" -- --skip history_tests
  if [ "$code" != 0 ]; then
    # These are not tried again.
    caught=$(lines "$out/caught.txt") unviable=$(lines "$out/unviable.txt")
    mutate "$rule"
  fi
  caught=$((caught + $(lines "$out/caught.txt"))) unviable=$((unviable + $(lines "$out/unviable.txt")))
  timeouts=$(lines "$out/timeout.txt") missed=$(lines "$out/missed.txt")
  cat "$out/missed.txt" >>"$temp/survivors"
  echo "$rule $((caught + timeouts + unviable + missed)) $caught $timeouts $unviable $missed" \
    "$(awk -v seconds=$((SECONDS - began)) 'BEGIN { printf "%.1f", seconds / 60 }')" >>"$temp/table"
  tail -n 1 "$temp/table" | row
}

row() {
  awk '{ printf "%-20s %8s %8s %9s %9s %10s %8s\n", $1, $2, $3, $4, $5, $6, $7 }'
}

make_crate || die "the crate of the rules could not be made"
build || die "the rules alone do not build"
touch "$temp/survivors" "$temp/table"
echo "rule mutants caught timeouts unviable survivors minutes" | row
for rule in "${rules[@]}"; do
  examine "$rule"
done
awk '{ for (i = 2; i <= 7; i++) sum[i] += $i }
  END { print "all", sum[2], sum[3], sum[4], sum[5], sum[6], sum[7] }' "$temp/table" | row

# A line of the list stands for one change; where in the file it is, the list does not say.
of_rules=$(printf '^src/protocol/(%s)\\.rs: ' "$(IFS='|'; echo "${rules[*]}")")
{ grep -v '^#' "$allow" || true; } | { grep -E "$of_rules" || true; } >"$temp/allowed"
awk -v allowed="$temp/allowed" '
  BEGIN { while ((getline line < allowed) > 0) may[line]++ }
  { name = $0; sub(/:[0-9]+:[0-9]+:/, ":", name); if (may[name] > 0) { may[name]--; next } print "SURVIVED: " $0; bad = 1 }
  END { for (name in may) for (; may[name] > 0; may[name]--) print "no longer survives, take it out of the list: " name; exit bad }
' "$temp/survivors"
