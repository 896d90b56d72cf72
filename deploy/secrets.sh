#!/usr/bin/env bash
# Writes the secrets of docker-compose.yml at its first start: the SESSION_SECRET of the instances, and the certificate of
# the balancer with the CA that signed it. Later starts keep them, except in two cases: SESSION_SECRET in the environment
# replaces the secret, and a certificate that expires within 30 days is replaced, with its CA.
#
# Uses only what the official image of nginx has: bash, coreutils and openssl.
set -euo pipefail

secret=/secrets/session/secret
tls=/secrets/tls
# The CA signs one certificate. Its key is only in this folder, which is in memory and is removed at the end.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ -n ${SESSION_SECRET:-} ]]; then
  echo "$SESSION_SECRET" >"$work/secret"
elif [[ ! -s $secret ]]; then
  openssl rand -hex 32 >"$work/secret"
fi
# Only the instances mount this folder. They run as another user.
if [[ -e $work/secret ]]; then install -m 644 "$work/secret" "$secret"; fi

valid() { [[ -e $tls/balancer.crt ]] && openssl x509 -in "$tls/balancer.crt" -noout -checkend $((30 * 86400)) >/dev/null; }

# certify NAME DAYS OPTION...: writes NAME.key and NAME.crt
certify() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout "$work/$1.key" -out "$work/$1.crt" -days "$2" "${@:3}" 2>"$work/log" || { cat "$work/log" >&2; return 1; }
}

if ! valid; then
  certify ca 397 -subj '/CN=Baton trial CA' -addext keyUsage=critical,keyCertSign
  certify balancer 397 -CA "$work/ca.crt" -CAkey "$work/ca.key" -subj /CN=localhost \
    -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
    -addext subjectAltName=DNS:localhost,DNS:balancer,IP:127.0.0.1
  install -m 644 "$work/ca.crt" "$tls/ca.crt"
  install -m 600 "$work/balancer.key" "$tls/balancer.key"
  install -m 644 "$work/balancer.crt" "$tls/balancer.crt"
fi
