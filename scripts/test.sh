#!/usr/bin/env bash
# Everything that has to hold: format, lints, documentation, dependencies, tests. Needs no input, runs from any folder,
# installs what is missing. The last line is `N passed, M failed`; the exit code is 0 only when every step passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/lib/install.sh

export PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
export CARGO_TERM_COLOR=never
# What cannot be run is a failure here, and not skipped.
export TIQUO_TEST_REQUIRE=1

temp=$(mktemp -d)
failed=()

finish() {
  local code=$?
  trap - EXIT
  rm -rf "$temp"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step NAME COMMAND…: runs one step, and goes on when it fails, so that everything wrong is seen at once.
step() {
  local name=$1
  shift
  echo
  echo "== $name"
  "$@" || failed+=("$name")
}

# Vulnerabilities come from a database on the network; without it the other checks still count.
advisories() {
  local log="$temp/advisories"
  if cargo deny check advisories >"$log" 2>&1; then
    tail -n 1 "$log"
  elif grep -q "failed to fetch advisory database" "$log"; then
    echo "NOT CHECKED: the advisory database cannot be reached from here"
  else
    cat "$log"
    return 1
  fi
}

tests() {
  cargo test --locked --no-fail-fast 2>&1 | tee "$temp/tests"
}

# The driver of scripts/bench.sh knows the pages: sign-ins for an application, for a second, and no speed is judged.
load_driver() {
  local bin="${CARGO_TARGET_DIR:-$PWD/target}/debug" port=18470 pid code=0
  TIQUO_AUTH__CODES__SENDS_PER_HOUR_PER_NETWORK=1000000 TIQUO_AUTH__STRANGERS__PERCENT_OF_NETWORK_PER_ADDRESS=100 \
    "$bin/tiquo-auth" dev --port "$port" --app-port 0 --data "$temp/load/data" --keys "$temp/load/keys" >"$temp/load.log" 2>&1 &
  pid=$!
  for _ in $(seq 300); do
    curl -fs -o /dev/null "http://127.0.0.1:$port/readyz" && break
    sleep 0.1
  done
  "$bin/examples/bench_load" flow "127.0.0.1:$port" 1 1 "$(getconf CLK_TCK)" "server=$pid" || code=$?
  kill "$pid"
  wait "$pid" || true
  return "$code"
}

# The browser SDK apart from a browser: its committed files, and the parts that decide.
sdk_parts() {
  (cd sdk && node --test --test-reporter=tap test/*.test.mjs) 2>&1 | tee "$temp/sdk-parts" | grep -E '^(not )?ok |^# (tiquo|pass|fail)'
}

# browser NAME: checks with the program that the tests built, in a browser.
browser() {
  local program="${CARGO_TARGET_DIR:-$PWD/target}/debug/tiquo-auth"
  TIQUO_AUTH_BIN="$program" CHROMIUM=$(chromium_path) node "tests/browser/$1.mjs" 2>&1 | tee "$temp/$1"
}

# The sums over all test binaries, as cargo's and node's own result lines say them, and over the browser's checks.
summary() {
  awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3 }
    /^# pass [0-9]+$/ { p += $3 }
    /^# fail [0-9]+$/ { f += $3 }
    /^test result: / { for (i = 2; i <= NF; i++) { if ($i == "passed;") p += $(i - 1); if ($i == "failed;") f += $(i - 1) } }
    END { printf "%d passed, %d failed\n", p, f }' "$@"
}

echo "== what is needed"
if ! command -v cargo >/dev/null; then
  echo "cargo is missing: install Rust from https://rustup.rs"
  echo "0 passed, 0 failed"
  exit 1
fi
install_all

step "format" cargo fmt --check
step "lints" cargo clippy --locked --all-targets -- -D warnings
step "lints of the simulation" cargo clippy --locked --test simulate -- -D warnings
step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet
step "dependencies: bans, licences, sources" cargo deny --log-level error check bans licenses sources
step "dependencies: known vulnerabilities" advisories
step "clients in other languages" npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
step "tests" tests
step "the driver of the benchmarks" load_driver
step "histories that follow from seeds" cargo test --locked --quiet --test simulate
step "the browser's own packages" npm ci --prefix tests/browser --no-audit --no-fund --loglevel=error
step "pages in a real browser" browser run
step "forms sent twice in a real browser" browser doubles
step "every block of the documents" browser readme
step "the browser SDK's own packages" npm ci --prefix sdk --no-audit --no-fund --loglevel=error
step "the browser SDK: types" npm run --prefix sdk --silent check
step "the browser SDK: files and parts" sdk_parts
step "the browser SDK in a real browser" browser sdk

echo
for name in ${failed[@]+"${failed[@]}"}; do
  echo "FAILED: $name"
done
outcomes=("$temp/tests" "$temp/run" "$temp/doubles" "$temp/readme" "$temp/sdk-parts" "$temp/sdk")
touch "${outcomes[@]}"
summary "${outcomes[@]}"
[ ${#failed[@]} = 0 ]
