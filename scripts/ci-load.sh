#!/usr/bin/env bash
# Loads the stack with a k6 script. Failed thresholds fail the job later, after the sessions were verified.
#   BATON_K6_SCRIPT   path of the script; without it the load is skipped
set -euo pipefail

[ -n "${BATON_K6_SCRIPT:-}" ] || exit 0
status=0
"${K6:-k6}" run --quiet "$BATON_K6_SCRIPT" || status=$?
case $status in
  0) thresholds=held ;;
  99) thresholds=crossed ;;
  *)
    echo "ci-load: expected exit code 0 or 99 of k6 run $BATON_K6_SCRIPT, got $status" >&2
    exit "$status"
    ;;
esac
echo "thresholds=$thresholds" >>"${GITHUB_OUTPUT:-/dev/null}"
