#!/usr/bin/env bash
# Verifies a running stack, and writes all reports. Its exit code is that of the command verify.
#   BATON_TARGET, BATON_URL, BATON_CLAIMS, BATON_BASELINE, BATON_FAULTS   arguments of the command verify; may be empty
#   BATON_UPDATE_BASELINE   true: replaces the baseline
#   BATON_ARGUMENTS         more arguments, separated by white space
#   BATON_OUTPUT            folder for reports and recordings (baton-report)
# On GitHub it also writes the outputs verdict and report, the summary of the step, and annotations.
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

# GitHub gives no secrets to the workflows of pull requests from forks, so a password of the target file may be missing.
if [ "$status" = 64 ] && [ -n "${GITHUB_EVENT_PATH:-}" ] && node -e '
  const { pull_request } = JSON.parse(require("fs").readFileSync(process.env.GITHUB_EVENT_PATH));
  process.exit(pull_request?.head?.repo?.fork ? 0 : 1);'; then
  echo "::notice title=Baton::This pull request comes from a fork, and GitHub gives a fork no secrets. If a variable is" \
    "missing above, give the accounts of a trial stack in the workflow itself (docs/ci.md, Forks)."
fi

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
# The runner reads annotations from the output of a step.
if [ -n "${GITHUB_ACTIONS:-}" ] && [ -f "$out/annotations.txt" ]; then cat "$out/annotations.txt"; fi
exit "$status"
