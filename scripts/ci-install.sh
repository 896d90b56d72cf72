#!/usr/bin/env bash
# Installs the packages that Baton needs to run, unless they are installed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -d node_modules/undici ] || npm ci --omit=dev --ignore-scripts --no-audit --no-fund
