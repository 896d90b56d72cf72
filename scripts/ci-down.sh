#!/usr/bin/env bash
# Keeps what the containers said, and takes the stack down with all that it made.
#   BATON_COMPOSE_FILE   compose file; without it nothing is done
#   BATON_OUTPUT         folder for the logs (baton-report)
set -euo pipefail

[ -n "${BATON_COMPOSE_FILE:-}" ] || exit 0
out=${BATON_OUTPUT:-baton-report}
mkdir -p "$out"
docker compose -f "$BATON_COMPOSE_FILE" logs --timestamps --no-color >"$out/containers.log" 2>&1 || true
docker compose -f "$BATON_COMPOSE_FILE" down --volumes --remove-orphans
