#!/usr/bin/env bash
# Puts each defect of tests/simulate/defects/ into a copy of the source, one at a time, and plays the simulation until it
# breaks a rule; or runs the test that a patch names in a line "# test: NAME", where no history leads to the defect.
# Prints a table; exits 1 when a defect survives. With names of defects: only those.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

histories=${HISTORIES:-4000} # on each store
patience=${PATIENCE:-240}    # seconds for each defect

names=()
for name in "$@"; do
  patch="tests/simulate/defects/$name.patch"
  if [ ! -f "$patch" ]; then
    echo "there is no defect $name: see tests/simulate/defects/" >&2
    exit 2
  fi
  names+=("$name")
done
if [ ${#names[@]} = 0 ]; then
  for patch in tests/simulate/defects/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
command -v redis-server >/dev/null || { echo "redis-server is not there: install Redis" >&2; exit 2; }

folder="$PWD/target/defects"
tree="$folder/tree"
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z | tar --null --files-from=- --create | tar --extract --directory "$tree"
export CARGO_TARGET_DIR="$folder/build" CARGO_TERM_COLOR=never

build() {
  cargo build --manifest-path "$tree/Cargo.toml" --locked --quiet --test "$1" >"$folder/build.log" 2>&1
}

binary() {
  find "$CARGO_TARGET_DIR/debug/deps" -name 'simulate-*' -executable -type f -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2
}

echo "Building what the defects are put into."
build simulate || { tail "$folder/build.log"; exit 1; }

survivors=0
echo "| defect | what it does | caught by | on | histories | seconds |"
echo "| --- | --- | --- | --- | --- | --- |"
for name in "${names[@]}"; do
  patch="$PWD/tests/simulate/defects/$name.patch"
  what=$(sed -n '1s/^# //p' "$patch")
  (cd "$tree" && patch --quiet --strip=1 --no-backup-if-mismatch <"$patch")
  test=$(sed -n 's/^# test: //p' "$patch")
  outcome="| does not build | | | |"
  if [ -n "$test" ]; then
    build it && outcome="| NOTHING | | | |"
    if (cd "$tree" && ! cargo test --locked --quiet --test it -- --exact "$test") >"$folder/$name.log" 2>&1 &&
      grep -q "^    $test$" "$folder/$name.log"; then
      outcome="| the test \`$test\` | | | |"
    else
      survivors=$((survivors + 1))
    fi
  elif build simulate; then
    begin=$(date +%s)
    timeout "$patience" "$(binary)" --from 1 --count "$histories" >"$folder/$name.log" 2>&1 || true
    seconds=$(($(date +%s) - begin))
    if line=$(grep -m 1 'does not hold with seed' "$folder/$name.log"); then
      rule=$(sed 's/^[a-z]*: "\(.*\)" does.*/\1/' <<<"$line")
      store=${line%%:*}
      outcome="| $rule | $store | ${line##* } | $seconds |"
    else
      survivors=$((survivors + 1))
      outcome="| NOTHING | | $histories on each | $seconds |"
    fi
  else
    survivors=$((survivors + 1))
  fi
  echo "| $name | $what $outcome"
  (cd "$tree" && patch --quiet --strip=1 --reverse --no-backup-if-mismatch <"$patch")
done
echo
echo "$((${#names[@]} - survivors)) of ${#names[@]} defects were caught"
[ "$survivors" = 0 ]
