#!/usr/bin/env bash
# nginx in a container, by the same template as the local runner's (stack/nginx.ts does there what this does here).
#
#   balancer.sh run                    runs nginx before the instances that INSTANCES names
#   balancer.sh route [HOST:PORT...]   routes to these from now on; returns when nothing is in flight elsewhere
#   balancer.sh healthy                whether nginx answers
#
# Containers get another address when they come back, so names are asked again every second, and what has no
# address at the moment is left out. The access log says, ahead of the requests, which address is which instance:
# that is the engine's word (its DNS), not the instances' own.
#
# Uses only what the official image has: bash, coreutils, getent, flock and envsubst.
set -euo pipefail

export STATE_DIR=/run/baton
export INSTANCES_DIR=$STATE_DIR
export LISTEN=8080
export STATUS_LISTEN=127.0.0.1:8081
export ACCESS_LOG=${ACCESS_LOG:-/dev/stdout}
# A request that outlives the time-out does not keep a retired worker for ever.
NGINX=(nginx -e stderr -c "$STATE_DIR/nginx.conf" -g 'daemon off; worker_shutdown_timeout 30s;')
WORKERS=2

# Prints "ADDRESS:PORT NAME" for each name that has an address.
resolve() {
  local name address kind
  for name in "$@"; do
    # A pipe, for its processes are waited for; others would be left to nginx, which wonders whose they are.
    { getent ahostsv4 "${name%:*}" || true; } | while read -r address kind _; do
      if [[ $kind == STREAM ]]; then echo "$address:${name##*:} ${name%:*}"; fi
    done
  done
}

wanted() { cat "$STATE_DIR/wanted"; }

# Writes both files of the template from lines of `resolve`, and tells the log.
write_instances() {
  local address name known='' servers='' fallback=''
  while read -r address name; do
    [[ -n $address ]] || continue
    servers+="server $address max_fails=1 fail_timeout=1s;"$'\n'
    fallback+="server $address max_fails=0;"$'\n'
    known+="${known:+,}\"$address\":\"$name\""
  done <<<"$1"
  # nginx takes no group without a server; one that is down answers as if all instances were.
  printf '%s' "${servers:-server 127.0.0.1:9 down;$'\n'}" >"$STATE_DIR/instances.conf"
  printf '%s' "${fallback:-server 127.0.0.1:9 down;$'\n'}" >"$STATE_DIR/any-instance.conf"
  printf '%s' "$1" >"$STATE_DIR/routed"
  local line
  line="{\"event\":\"routed\",\"time\":\"$(date -u +%FT%TZ)\",\"instances\":{$known}}"
  # The output of the container is the first process's.
  echo "$line" >/proc/1/fd/1
  if [[ $ACCESS_LOG != /dev/stdout ]]; then echo "$line" >>"$ACCESS_LOG"; fi
}

# Prints the workers, "PID serving" or "PID retiring": nginx says so in the name of the process.
workers() {
  local folder title
  for folder in /proc/[0-9]*; do
    IFS= read -r -d '' title 2>/dev/null <"$folder/cmdline" || true
    case ${title:-} in
      'nginx: worker process is shutting down'*) echo "${folder#/proc/} retiring" ;;
      'nginx: worker process'*) echo "${folder#/proc/} serving" ;;
    esac
    title=''
  done
}

# until_ MILLISECONDS CONDITION...: looks every 10 ms, fails when it does not come.
until_() {
  local left=$(($1 / 10))
  shift
  until "$@"; do
    ((left-- > 0)) || return 1
    sleep 0.01
  done
}

status() {
  local code body
  exec 8<>/dev/tcp/127.0.0.1/8081 || return 1
  printf 'GET /status HTTP/1.0\r\n\r\n' >&8
  read -r _ code _ <&8
  body=$(cat <&8)
  exec 8>&-
  [[ $code == 200 && $body =~ $1 ]]
}

replaced() {
  local all
  all=$(workers)
  local serving=0 pid state
  while read -r pid state; do
    if [[ $state != serving ]]; then continue; fi
    # One of the old that has not heard yet.
    if [[ " $retired " == *" $pid "* ]]; then return 1; fi
    serving=$((serving + 1))
  done <<<"$all"
  ((serving >= WORKERS))
}

ended() {
  local pid
  for pid in $retired; do
    if [[ $(workers) == *"$pid retiring"* ]]; then return 1; fi
  done
}

# Takes the files up; sets `retired` to the workers of the old configuration, none of which takes connections then.
reload() {
  retired=$(workers | while read -r pid state; do [[ $state == retiring ]] || printf '%s ' "$pid"; done)
  [[ -s $STATE_DIR/nginx.pid ]] || return 0 # It starts with them.
  "${NGINX[@]}" -t -q || return 1
  # Why: see the template.
  touch "$STATE_DIR/closing"
  trap 'rm -f "$STATE_DIR/closing"' RETURN
  until_ 500 status 'Waiting: 0' || true
  kill -HUP "$(cat "$STATE_DIR/nginx.pid")"
  until_ 10000 replaced || { echo "balancer: expected new workers within 10 s, got: $(workers | tr '\n' ' ')" >&2; return 1; }
}

# Brings nginx in step with the names that are wanted and the addresses that they have now.
apply() {
  local now
  # shellcheck disable=SC2046 # Words are what it takes.
  now=$(resolve $(wanted))
  retired=
  if [[ ${1:-} != always && $now == "$(cat "$STATE_DIR/routed")" ]]; then return 0; fi
  write_instances "$now"
  # What was not taken up is tried again at the next look.
  reload || { echo nothing >"$STATE_DIR/routed"; return 1; }
}

# One at a time; the lock goes with the subshell.
locked() ( exec 9>"$STATE_DIR/lock"; flock 9; "$@" )

route() {
  echo "$*" >"$STATE_DIR/wanted"
  apply always || return 1
  # worker_shutdown_timeout, and some.
  until_ 35000 ended || { echo "balancer: expected the requests in flight to end within 35 s" >&2; return 1; }
}

watch() {
  while sleep 1; do locked apply || true; done
}

run() {
  mkdir -p "$STATE_DIR/http.d"
  rm -f "$STATE_DIR/nginx.pid" "$STATE_DIR/closing"
  # shellcheck disable=SC2016 # The names, not their values.
  envsubst '${LISTEN} ${STATUS_LISTEN} ${STATE_DIR} ${INSTANCES_DIR} ${ACCESS_LOG}' \
    </baton/nginx.conf.template >"$STATE_DIR/nginx.conf"
  if [[ $ACCESS_LOG != /dev/stdout ]]; then
    echo 'access_log /dev/stdout requests;' >"$STATE_DIR/http.d/stdout.conf"
  fi
  # What `route` said survives a restart.
  [[ -e $STATE_DIR/wanted ]] || echo "${INSTANCES:-}" >"$STATE_DIR/wanted"
  echo nothing >"$STATE_DIR/routed"
  apply always
  watch &
  exec "${NGINX[@]}"
}

case ${1:-} in
  run) run ;;
  route) shift; locked route "$@" ;;
  healthy) status 'Active' ;;
  *) echo "balancer.sh: expected run, route or healthy, got '${1:-}'" >&2; exit 64 ;;
esac
