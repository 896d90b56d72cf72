#!/usr/bin/env bash
# Installs what Baton needs to run, where it is not there yet.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -d node_modules/undici ] || npm ci --omit=dev --ignore-scripts --no-audit --no-fund
