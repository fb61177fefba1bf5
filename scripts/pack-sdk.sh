#!/usr/bin/env bash
# Packs the browser SDK for bundlers: `bash scripts/pack-sdk.sh [FOLDER]` puts `tiquo-auth-VERSION.tgz` there, or here. Needs npm
# and no network: what is packed is built already (sdk/dist).
set -euo pipefail
folder=$(cd "${1:-.}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../sdk"
npm pack --silent --pack-destination "$folder" >/dev/null
echo "npm install $folder/tiquo-auth-$(node -p 'require("./package.json").version').tgz"
