#!/usr/bin/env bash
# Starts a compose stack, and waits until it responds.
#   BATON_COMPOSE_FILE   compose file; without it nothing is started
#   BATON_URL            address to wait for, at most two minutes; without it only the health checks of the stack count
set -euo pipefail

if [ -n "${BATON_COMPOSE_FILE:-}" ]; then
  docker compose -f "$BATON_COMPOSE_FILE" up --build --wait
fi
if [ -n "${BATON_URL:-}" ]; then
  command -v curl >/dev/null || { echo "ci-up: expected curl on the PATH, to wait for $BATON_URL: install it" >&2; exit 69; }
  # Any response suffices here. The command verify checks whether it is the right one.
  for _ in $(seq 120); do
    curl --silent --output /dev/null --max-time 5 "$BATON_URL" && exit 0
    sleep 1
  done
  echo "ci-up: expected a response from $BATON_URL within two minutes, got none" >&2
  exit 69
fi
