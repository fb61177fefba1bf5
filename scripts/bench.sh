#!/usr/bin/env bash
# Measures a release build on this machine, in one run: refreshes, whole sign-ins, code exchanges and pages of orders, on
# the embedded store and on a Redis of its own, beside one bare RSA signature; start, memory; the JWK Set and the orders
# beside a bare actix-web handler. It prints figures and judges none. Compare ratios of one run, not runs on different
# machines: load driver and server share the cores.
#
#   BENCH_SECONDS=10  how long each load is measured
#   BENCH_LEVELS=1,16,64  sessions at once
#   BENCH_FLOW_LEVELS=1,16  people at once who sign in for an application
#   BENCH_PORT=18480  this port and the next two, on 127.0.0.1
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${BENCH_SECONDS:-10}"
levels="${BENCH_LEVELS:-1,16,64}"
flow_levels="${BENCH_FLOW_LEVELS:-1,16}"
port="${BENCH_PORT:-18480}"
redis_port=$((port + 1))
bare_port=$((port + 2))
ticks="$(getconf CLK_TCK)"
bin="${CARGO_TARGET_DIR:-target}/release"
export TIQUO_AUTH__LOG__REQUESTS=refused
# All load comes from one network.
export TIQUO_AUTH__CLIENT_API__LIMITS=1000000/1
export TIQUO_AUTH__CODES__SENDS_PER_HOUR_PER_NETWORK=1000000
export TIQUO_AUTH__STRANGERS__PERCENT_OF_NETWORK_PER_ADDRESS=100
export TIQUO_AUTH__STRANGERS__CODES=10000000
export TIQUO_AUTH__STRANGERS__CODES_MIB=100000

work="$(mktemp -d)"
pids=()
stop() { # PID: ends one of ours and waits for it
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
end() {
  for pid in "${pids[@]}"; do stop "$pid"; done
  rm -rf "$work"
}
trap end EXIT

load="$bin/examples/bench_load"
sign() { "$bin/examples/bench_sign" 3 "$ticks"; }
ready() { # PORT PATH PID: until it answers, or its process is gone
  for _ in $(seq 600); do
    kill -0 "$3" 2>/dev/null || return 1
    curl -fs -m 2 -o "$work/answer" "http://127.0.0.1:$1$2" && return 0
    sleep 0.1
  done
  return 1
}

cargo build --release --bin tiquo-auth --example bench_load --example bench_sign --example bench_bare

echo "== machine: $(nproc) cores, $(uname -sr), $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo)"
echo "== load before: $(cut -d' ' -f1-3 /proc/loadavg)"

refreshes() { # NAME WATCHED-MORE ARGUMENT…: one server, its start, memory and refreshes
  local name="$1" more="$2" pid before after
  shift 2
  echo
  echo "== $name"
  local command=("$bin/tiquo-auth" dev --port "$port" --app-port 0 --data "$work/$name/data" --keys "$work/$name/keys" "$@")
  # The first start makes the keys; it is not measured.
  "${command[@]}" >"$work/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  if ! ready "$port" /readyz "$pid"; then
    echo "$name: not available: $(tail -n 1 "$work/$name.log")"
    stop "$pid"
    return 0
  fi
  stop "$pid"
  printf 'start, exec to the first good answer, keys present (ms):'
  for _ in 1 2 3 4 5; do printf ' %s' "$("$load" boot "127.0.0.1:$port" "${command[@]}")"; done
  echo
  "${command[@]}" >"$work/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  ready "$port" /readyz "$pid"
  echo "idle: $("$load" memory "server=$pid")"
  before="$(sign)"
  # shellcheck disable=SC2086 # nothing, or one word
  "$load" refresh "127.0.0.1:$port" "$levels" "$seconds" "$ticks" "server=$pid" $more | tee "$work/$name.figures"
  # shellcheck disable=SC2086 # nothing, or one word
  "$load" flow "127.0.0.1:$port" "$flow_levels" "$seconds" "$ticks" "server=$pid" $more | tee -a "$work/$name.figures"
  after="$(sign)"
  echo "one bare RSA-2048 signature: $before ms CPU before, $after ms after"
  awk -v one="$before" -v two="$after" '
    match($0, /server [0-9.]+ ms CPU/) {
      split(substr($0, RSTART, RLENGTH), word, " ")
      sub(/:.*/, "")
      printf "%s: %.2f times the signature\n", $0, word[2] / ((one + two) / 2)
    }' "$work/$name.figures"
  awk -v one="$before" -v two="$after" '
    match($0, /server [0-9.]+ ms CPU/) { split(substr($0, RSTART, RLENGTH), word, " "); used = word[2] }
    /^a code, / { alone = used }
    /^a code and its exchange, / {
      sub(/:.*/, "")
      sub(/^a code and its exchange/, "code exchange alone, two signatures")
      printf "%s: %.2f ms, %.2f times one signature\n", $0, used - alone, (used - alone) / ((one + two) / 2)
    }' "$work/$name.figures"
  # shellcheck disable=SC2086 # nothing, or one word
  orders "$pid" $more
  if [ "$name" = embedded ]; then jwks "$pid"; fi
  stop "$pid"
}

orders() { # PID WATCHED-MORE…: a page of 50 orders, beside a bare handler with the same bytes
  local bare pid="$1" at
  shift
  for at in 1 16; do
    "$load" orders "127.0.0.1:$port" "$at" "$seconds" "$work/orders.json" "$ticks" "server=$pid" "$@"
  done
  "$bin/examples/bench_bare" "$bare_port" "$work/orders.json" >"$work/bare.log" 2>&1 &
  bare=$!
  pids+=("$bare")
  ready "$bare_port" /orders "$bare"
  for at in 1 16; do
    printf 'bare actix-web: '
    "$load" get "127.0.0.1:$bare_port" /orders "$at" "$seconds" "$ticks" "bare=$bare"
  done
  stop "$bare"
}

jwks() { # PID: the JWK Set of the running server, beside a bare handler with the same bytes
  local path=/api/oauth2/jwks bare
  curl -fs -o "$work/jwks.json" "http://127.0.0.1:$port$path"
  "$bin/examples/bench_bare" "$bare_port" "$work/jwks.json" >"$work/bare.log" 2>&1 &
  bare=$!
  pids+=("$bare")
  ready "$bare_port" "$path" "$bare"
  "$load" get "127.0.0.1:$port" "$path" 64 "$seconds" "$ticks" "server=$1"
  printf 'bare actix-web: '
  "$load" get "127.0.0.1:$bare_port" "$path" 64 "$seconds" "$ticks" "bare=$bare"
  stop "$bare"
}

refreshes embedded ""

if command -v redis-server >/dev/null; then
  mkdir "$work/redis"
  redis-server --port "$redis_port" --bind 127.0.0.1 --dir "$work/redis" --save "" \
    --appendonly yes --appendfsync everysec >"$work/redis.log" 2>&1 &
  redis=$!
  pids+=("$redis")
  sleep 1
  refreshes Redis "redis=$redis" --redis "redis://127.0.0.1:$redis_port"
else
  echo
  echo "Redis: not available: redis-server is not installed"
fi

echo
echo "== load after: $(cut -d' ' -f1-3 /proc/loadavg)"
