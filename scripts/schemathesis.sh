#!/usr/bin/env bash
# Holds a running server to its OpenAPI document with schemathesis (PyPI), which it installs into a folder of its own.
# Runs for SECONDS_EACH (default 60). Needs python3 with venv, curl and a debug build (cargo build).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

temp=$(mktemp -d)
server=
finish() {
  local code=$?
  trap - EXIT
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
  rm -rf "$temp"
  exit "$code"
}
trap finish EXIT INT TERM

tools=${SCHEMATHESIS_DIR:-target/schemathesis}
if [ ! -x "$tools/bin/st" ]; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet schemathesis
fi

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
issuer="http://localhost:$port"
TIQUO_AUTH__CLIENT_API__LIMITS=1000000/60 TIQUO_AUTH__LOG__REQUESTS=refused \
  "${CARGO_TARGET_DIR:-target}/debug/tiquo-auth" dev --port "$port" --app-port 0 --data "$temp/data" --keys "$temp/keys" >"$temp/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -sf "$issuer/readyz" >/dev/null && break
  sleep 0.1
done

member() { python3 -c 'import json, sys; d = json.load(sys.stdin)
for name in sys.argv[1].split("."): d = d[int(name)] if isinstance(d, list) else d[name]
print(d)' "$1"; }
post() { curl -sf -H 'Origin: http://localhost:3000' -H 'Content-Type: application/json' -d "$2" "$issuer$1"; }

challenge=$(post /api/auth/dom/otp/send '{"public_key":"pk_dom_demo","email":"ana@example.com"}' | member data.challenge_id)
code=$(curl -sf "$issuer/dev/outbox.json?to=ana@example.com" | member 0.code)
token=$(post /api/auth/dom/otp/verify \
  "{\"public_key\":\"pk_dom_demo\",\"challenge_id\":\"$challenge\",\"code\":\"$code\"}" | member data.access_token)
curl -sf -X POST -H "Authorization: Bearer $token" "$issuer/dev/samples" >/dev/null

# A cursor or a URL can be well-formed and still name nothing, which is a 400: no schema says that. And 413 is a refusal.
cat >"$temp/schemathesis.toml" <<'TOML'
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 413, 415, 429]
TOML

"$tools/bin/st" --config-file "$temp/schemathesis.toml" run "$issuer/api/client/v1/openapi.json" -H "Authorization: Bearer $token" \
  --max-time "${SECONDS_EACH:-60}" --continue-on-failure "$@"
