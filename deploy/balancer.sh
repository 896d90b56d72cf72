#!/usr/bin/env bash
# Runs nginx in a container, and changes its instances. Uses the same template as the local stack
# (stack/nginx.ts).
#
#   balancer.sh run                    runs nginx in front of the instances in INSTANCES
#   balancer.sh route [HOST:PORT...]   routes only to these instances from now on; returns when no request
#                                      is in flight to another instance
#   balancer.sh healthy                exits with 0 if nginx responds
#
# A restarted container may have another address. So the script looks up all names every second, and leaves
# out names without an address. The access log gives the address of each instance before the requests. The
# engine's DNS has reported these addresses, not the instances.
#
# Uses only what the official image has: bash, coreutils, getent, flock and envsubst.
set -euo pipefail

export STATE_DIR=/run/baton
export INSTANCES_DIR=$STATE_DIR
export LISTEN=8080
export STATUS_LISTEN=127.0.0.1:8081
# With a certificate here (secrets.sh), nginx listens with TLS, too.
TLS_DIR=/secrets/tls
export ACCESS_LOG=${ACCESS_LOG:-/dev/stdout}
# The timeout limits how long a request in flight keeps a retired worker running.
NGINX=(nginx -e stderr -c "$STATE_DIR/nginx.conf" -g 'daemon off; worker_shutdown_timeout 30s;')
WORKERS=2

# Prints "ADDRESS:PORT NAME" for each name that has an address.
resolve() {
  local name address kind
  for name in "$@"; do
    # Because of the pipe, the shell waits until getent has ended. Otherwise getent might become a child of
    # nginx, which expects only its workers as children.
    { getent ahostsv4 "${name%:*}" || true; } | while read -r address kind _; do
      if [[ $kind == STREAM ]]; then echo "$address:${name##*:} ${name%:*}"; fi
    done
  done
}

wanted() { cat "$STATE_DIR/wanted"; }

# Writes both files of the template from lines of `resolve`, and writes the mapping into the log.
write_instances() {
  local address name known='' servers='' fallback=''
  while read -r address name; do
    [[ -n $address ]] || continue
    servers+="server $address max_fails=1 fail_timeout=1s;"$'\n'
    fallback+="server $address max_fails=0;"$'\n'
    known+="${known:+,}\"$address\":\"$name\""
  done <<<"$1"
  # nginx rejects a group without a server. With only a server that is `down`, nginx responds as if all
  # instances were unavailable.
  printf '%s' "${servers:-server 127.0.0.1:9 down;$'\n'}" >"$STATE_DIR/instances.conf"
  printf '%s' "${fallback:-server 127.0.0.1:9 down;$'\n'}" >"$STATE_DIR/any-instance.conf"
  printf '%s' "$1" >"$STATE_DIR/routed"
  local line
  line="{\"event\":\"routed\",\"time\":\"$(date -u +%FT%TZ)\",\"instances\":{$known}}"
  # The engine records only the output of process 1 as the output of the container.
  echo "$line" >/proc/1/fd/1
  if [[ $ACCESS_LOG != /dev/stdout ]]; then echo "$line" >>"$ACCESS_LOG"; fi
}

# Prints the workers as "PID serving" or "PID retiring", by the process title that nginx sets.
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

# until_ MILLISECONDS CONDITION...: tests the condition every 10 ms; fails after the timeout.
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
    # If an old worker is still serving, the reload has not reached it yet.
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

# Reloads nginx; sets `retired` to the workers of the old configuration, which accept no connections any more.
reload() {
  retired=$(workers | while read -r pid state; do [[ $state == retiring ]] || printf '%s ' "$pid"; done)
  [[ -s $STATE_DIR/nginx.pid ]] || return 0 # nginx has not started yet, and will read the new files.
  "${NGINX[@]}" -t -q || return 1
  # Makes nginx end idle connections before the reload. nginx.conf.template says why.
  touch "$STATE_DIR/closing"
  trap 'rm -f "$STATE_DIR/closing"' RETURN
  until_ 500 status 'Waiting: 0' || true
  kill -HUP "$(cat "$STATE_DIR/nginx.pid")"
  until_ 10000 replaced || { echo "balancer: expected new workers within 10 s, got: $(workers | tr '\n' ' ')" >&2; return 1; }
}

# Routes to the wanted names with their current addresses.
apply() {
  local now
  # shellcheck disable=SC2046 # Each word that `wanted` prints is one argument.
  now=$(resolve $(wanted))
  retired=
  if [[ ${1:-} != always && $now == "$(cat "$STATE_DIR/routed")" ]]; then return 0; fi
  write_instances "$now"
  # A failed reload is retried at the next look-up.
  reload || { echo nothing >"$STATE_DIR/routed"; return 1; }
}

# Runs one command at a time; the lock ends with the subshell.
locked() ( exec 9>"$STATE_DIR/lock"; flock 9; "$@" )

route() {
  echo "$*" >"$STATE_DIR/wanted"
  apply always || return 1
  # Longer than worker_shutdown_timeout, which is 30 s.
  until_ 35000 ended || { echo "balancer: expected the requests in flight to end within 35 s" >&2; return 1; }
}

watch() {
  while sleep 1; do locked apply || true; done
}

run() {
  mkdir -p "$STATE_DIR/http.d" "$STATE_DIR/server.d"
  rm -f "$STATE_DIR/nginx.pid" "$STATE_DIR/closing" "$STATE_DIR/server.d/tls.conf"
  # shellcheck disable=SC2016 # envsubst takes the names, not their values.
  envsubst '${LISTEN} ${STATUS_LISTEN} ${STATE_DIR} ${INSTANCES_DIR} ${ACCESS_LOG}' \
    </baton/nginx.conf.template >"$STATE_DIR/nginx.conf"
  if [[ $ACCESS_LOG != /dev/stdout ]]; then
    echo 'access_log /dev/stdout requests;' >"$STATE_DIR/http.d/stdout.conf"
  fi
  if [[ -e $TLS_DIR/balancer.crt ]]; then
    printf '%s\n' 'listen 8443 ssl;' 'ssl_protocols TLSv1.2 TLSv1.3;' \
      "ssl_certificate $TLS_DIR/balancer.crt;" "ssl_certificate_key $TLS_DIR/balancer.key;" >"$STATE_DIR/server.d/tls.conf"
  fi
  # The names of the last `route` survive a restart, unless INSTANCES has changed.
  if [[ ! -e $STATE_DIR/wanted || $(cat "$STATE_DIR/initial" 2>/dev/null) != "${INSTANCES:-}" ]]; then
    echo "${INSTANCES:-}" | tee "$STATE_DIR/initial" >"$STATE_DIR/wanted"
  fi
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
