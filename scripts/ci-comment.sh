#!/usr/bin/env bash
# Writes the verdict as a comment on the pull request, in place of the one of the last run.
#   BATON_COMMENT   true, or nothing is done
#   BATON_OUTPUT    folder with comment.md (baton-report)
#   BATON_TOKEN     may write to pull requests
# Of GitHub: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH. Elsewhere, and where there is no pull request, nothing.
set -euo pipefail

text=${BATON_OUTPUT:-baton-report}/comment.md
[ "${BATON_COMMENT:-}" = true ] || exit 0
[ -f "$text" ] || { echo "ci-comment: no comment, since there is no result"; exit 0; }
number=$(node -p 'JSON.parse(require("fs").readFileSync(process.env.GITHUB_EVENT_PATH)).pull_request?.number ?? ""')
[ -n "$number" ] || { echo "ci-comment: no comment, since this is no pull request"; exit 0; }

command -v curl >/dev/null || { echo "ci-comment: expected curl on the PATH, to write the comment: install it" >&2; exit 69; }
api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues
# The token goes in by a file: arguments are there for everybody on the machine to see.
ask() {
  curl --silent --show-error --fail --header @- --header 'accept: application/vnd.github+json' "$@" \
    <<<"authorization: Bearer $BATON_TOKEN"
}
body=$(mktemp)
trap 'rm -f "$body"' EXIT
node -p 'JSON.stringify({ body: require("fs").readFileSync(process.argv[1], "utf8") })' "$text" >"$body"

# Ours is the one that begins with the mark, of whoever the token belongs to.
mark=$(head -n 1 "$text")
earlier=
for page in 1 2 3 4 5 6 7 8 9 10; do
  # shellcheck disable=SC2016 # It is JavaScript.
  found=$(ask "$api/$number/comments?per_page=100&page=$page" | MARK=$mark node -p '
    const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const ours = all.find(({ body, user }) => body.startsWith(process.env.MARK) && user?.type === "Bot");
    `${ours?.id ?? ""} ${all.length}`')
  earlier=${found%% *}
  # A page that is not full is the last.
  if [ -n "$earlier" ] || [ "${found##* }" != 100 ]; then break; fi
done
if [ -n "$earlier" ]; then
  ask --request PATCH --data @"$body" "$api/comments/$earlier" >/dev/null
else
  ask --request POST --data @"$body" "$api/$number/comments" >/dev/null
fi
