#!/usr/bin/env bash
# Brings a compose stack up, and waits until it answers.
#   BATON_COMPOSE_FILE   compose file; without it nothing is started
#   BATON_URL            waited for, two minutes at most; without it the health checks of the stack are all
set -euo pipefail

if [ -n "${BATON_COMPOSE_FILE:-}" ]; then
  docker compose -f "$BATON_COMPOSE_FILE" up --build --wait
fi
if [ -n "${BATON_URL:-}" ]; then
  command -v curl >/dev/null || { echo "ci-up: expected curl on the PATH, to wait for $BATON_URL: install it" >&2; exit 69; }
  # Any answer will do: whether it is the right one is for the command verify to say.
  for _ in $(seq 120); do
    curl --silent --output /dev/null --max-time 5 "$BATON_URL" && exit 0
    sleep 1
  done
  echo "ci-up: expected an answer from $BATON_URL within two minutes, got none" >&2
  exit 69
fi
