#!/usr/bin/env bash
# Fails if the thresholds of the load test failed.
#   BATON_LOAD   held or crossed; empty if there was no load
set -euo pipefail

[ "${BATON_LOAD:-}" != crossed ] || {
  echo "::error title=k6::the thresholds of the k6 script did not hold: see the step that loads"
  exit 99
}
