#!/usr/bin/env bash
# Fails where the thresholds of the load did not hold.
#   BATON_LOAD   held, crossed, or nothing where there was no load
set -euo pipefail

[ "${BATON_LOAD:-}" != crossed ] || {
  echo "::error title=k6::the thresholds of the k6 script did not hold: see the step that loads"
  exit 99
}
