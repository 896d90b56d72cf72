#!/usr/bin/env bash
# Writes the verdict as a comment on the pull request. It replaces the comment of the last run.
#   BATON_COMMENT   true; otherwise the script does nothing
#   BATON_OUTPUT    folder with comment.md (baton-report)
#   BATON_TOKEN     a token that may write to pull requests
# GitHub sets GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_EVENT_PATH. Without a pull request, the script does nothing.
set -euo pipefail

text=${BATON_OUTPUT:-baton-report}/comment.md
[ "${BATON_COMMENT:-}" = true ] || exit 0
[ -f "$text" ] || { echo "ci-comment: no comment, since there is no result"; exit 0; }
number=$(node -p 'JSON.parse(require("fs").readFileSync(process.env.GITHUB_EVENT_PATH)).pull_request?.number ?? ""')
[ -n "$number" ] || { echo "ci-comment: no comment, since this is not a pull request"; exit 0; }

command -v curl >/dev/null || { echo "ci-comment: expected curl on the PATH, to write the comment: install it" >&2; exit 69; }
api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues
# The token is passed on stdin: all users of the machine can see the arguments.
ask() {
  curl --silent --show-error --fail --header @- --header 'accept: application/vnd.github+json' "$@" \
    <<<"authorization: Bearer $BATON_TOKEN"
}
body=$(mktemp)
trap 'rm -f "$body"' EXIT
node -p 'JSON.stringify({ body: require("fs").readFileSync(process.argv[1], "utf8") })' "$text" >"$body"

# The comment of an earlier run begins with the first line of comment.md, and was written by a bot.
mark=$(head -n 1 "$text")
earlier=
for page in 1 2 3 4 5 6 7 8 9 10; do
  # shellcheck disable=SC2016 # It is JavaScript.
  found=$(ask "$api/$number/comments?per_page=100&page=$page" | MARK=$mark node -p '
    const all = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const ours = all.find(({ body, user }) => body.startsWith(process.env.MARK) && user?.type === "Bot");
    `${ours?.id ?? ""} ${all.length}`')
  earlier=${found%% *}
  # A page with fewer than 100 comments is the last one.
  if [ -n "$earlier" ] || [ "${found##* }" != 100 ]; then break; fi
done
if [ -n "$earlier" ]; then
  written=(--request PATCH --data @"$body" "$api/comments/$earlier")
else
  written=(--request POST --data @"$body" "$api/$number/comments")
fi
ask "${written[@]}" >/dev/null || {
  echo "::warning title=Baton::The verdict could not be written as a comment. The job needs the permission" \
    "pull-requests: write. Workflows of pull requests from forks never have it (docs/ci.md, Forks)."
}
