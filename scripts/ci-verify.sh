#!/usr/bin/env bash
# Verifies a stack that is up, and writes every report. Exits as the command verify does.
#   BATON_TARGET, BATON_URL, BATON_CLAIMS, BATON_BASELINE, BATON_FAULTS   as of the command verify; nothing where empty
#   BATON_UPDATE_BASELINE   true: writes the baseline anew
#   BATON_ARGUMENTS         more arguments, separated by white space
#   BATON_OUTPUT            folder for reports and recordings (baton-report)
# On GitHub it writes the outputs verdict and report, the summary of the step, and annotations.
set -euo pipefail

baton=$(cd "$(dirname "$0")/.." && pwd)/verify/cli.ts
out=${BATON_OUTPUT:-baton-report}
mkdir -p "$out"

arguments=(verify "${BATON_TARGET:-baton.yaml}" --out "$out/runs" --brief)
for report in junit=junit.xml ctrf=ctrf.json sarif=baton.sarif codequality=codequality.json summary=summary.md \
  comment=comment.md annotations=annotations.txt html=baton.html json=result.json; do
  arguments+=(--report "${report%%=*}=$out/${report#*=}")
done
[ -z "${BATON_URL:-}" ] || arguments+=(--url "$BATON_URL")
[ -z "${BATON_CLAIMS:-}" ] || arguments+=(--claims "$BATON_CLAIMS")
[ -z "${BATON_BASELINE:-}" ] || arguments+=(--baseline "$BATON_BASELINE")
[ "${BATON_UPDATE_BASELINE:-}" != true ] || arguments+=(--update-baseline)
[ -z "${BATON_FAULTS:-}" ] || arguments+=(--faults "$BATON_FAULTS")
read -ra more <<<"${BATON_ARGUMENTS:-}"

status=0
node "$baton" "${arguments[@]}" ${more[@]+"${more[@]}"} || status=$?

case $status in
  0) verdict=valid ;;
  1) verdict=violated ;;
  2) verdict=unknown ;;
  *) verdict=failed ;;
esac
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "verdict=$verdict"; echo "report=$out/baton.html"; } >>"$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$out/summary.md" ]; then
  cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"
fi
# The runner reads them from what a step prints.
if [ -n "${GITHUB_ACTIONS:-}" ] && [ -f "$out/annotations.txt" ]; then cat "$out/annotations.txt"; fi
exit "$status"
