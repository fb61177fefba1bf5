#!/usr/bin/env bash
# Prints figures of the source: lines of code and of comments, documentation of three words or fewer, files of more than
# 300 lines, and the longest functions. With a revision: those of that revision, read from git.
set -euo pipefail
# shellcheck source=scripts/lib/source-tree.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/source-tree.sh" "$@"
mapfile -d '' files < <(find src -name '*.rs' -print0 | sort -z)

awk '
  /^[ \t]*$/ { next }
  /^[ \t]*\/\// { comments++; next }
  { code++ }
  END { printf "lines of code        %6d\nlines of comments    %6d\n", code, comments }' "${files[@]}"

awk '
  function flush() { if (run == 1 && words <= 3) short++; run = 0 }
  FNR == 1 { flush() }
  /^[ \t]*\/\/\// { run++; text = $0; sub(/^[ \t]*\/\/\/[ \t]*/, "", text); words = split(text, parts, /[ \t]+/); next }
  { flush() }
  END { flush(); printf "docs of <= 3 words   %6d\n", short }' "${files[@]}"

wc -l "${files[@]}" | awk '$2 != "total" && $1 > 300 { many++ } END { printf "files over 300 lines %6d\n", many }'

echo "longest functions:"
awk '
  !inside && match($0, /^ *(pub(\([a-z: ]+\))? )?(const )?(async )?fn [a-z0-9_]+/) && !/;$/ {
    name = substr($0, RSTART, RLENGTH); sub(/.*fn /, "", name)
    match($0, /^ */); indent = RLENGTH; inside = FNR; next
  }
  inside && match($0, /^ */) && RLENGTH == indent && /^ *}/ { print FNR - inside + 1, FILENAME, name; inside = 0 }
  inside && match($0, /^ */) && RLENGTH == indent && /;$/ { inside = 0 }
  FNR == 1 { inside = 0 }' "${files[@]}" | sort -rn | awk 'NR <= 10'
