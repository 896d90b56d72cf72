#!/usr/bin/env bash
# Saves the logs of the containers, and removes the stack with its networks and volumes.
#   BATON_COMPOSE_FILE   compose file; without it the script does nothing
#   BATON_OUTPUT         folder for the logs (baton-report)
set -euo pipefail

[ -n "${BATON_COMPOSE_FILE:-}" ] || exit 0
out=${BATON_OUTPUT:-baton-report}
mkdir -p "$out"
docker compose -f "$BATON_COMPOSE_FILE" logs --timestamps --no-color >"$out/containers.log" 2>&1 || true
docker compose -f "$BATON_COMPOSE_FILE" down --volumes --remove-orphans
