#!/usr/bin/env bash
# Fails if the thresholds of the load test failed.
#   BATON_LOAD   held or crossed; empty if there was no load
set -euo pipefail

[ "${BATON_LOAD:-}" != crossed ] || {
  echo "::error title=k6::thresholds of the k6 script failed: see the step that runs it"
  exit 99
}
