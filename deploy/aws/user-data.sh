#!/bin/bash
# Runs at the first start of an instance: installs Node and a release of the card store, and starts it on port 8080.
# deploy/aws/classic.sh replaces the texts between @ signs.
set -euo pipefail

# Amazon Linux names the package and the program after the version: https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
dnf install -y nodejs24
curl -fsSL --retry 5 -o /tmp/release.tar.gz '@RELEASE_URL@'
echo '@RELEASE_SHA256@  /tmp/release.tar.gz' | sha256sum -c
useradd --system --home-dir /opt/cards cards
mkdir -p /opt/cards
tar -xzf /tmp/release.tar.gz -C /opt/cards --strip-components 1 --no-same-owner

# IMDSv2: a token first.
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)

install -m 600 /dev/stdin /etc/cards.env <<SETTINGS
HOST=0.0.0.0
PORT=8080
INSTANCE_ID=$instance
REDIS_URL=@REDIS_URL@
SESSION_SECRET=@SESSION_SECRET@
TRUST_PROXY=uniquelocal
SETTINGS

cat > /etc/systemd/system/cards.service <<'UNIT'
[Unit]
Description=Card store
After=network-online.target
Wants=network-online.target

[Service]
User=cards
WorkingDirectory=/opt/cards
EnvironmentFile=/etc/cards.env
ExecStart=/usr/bin/node-24 app/server.ts
Restart=always
# DRAIN_MS and SHUTDOWN_MS, and a margin.
TimeoutStopSec=20
NoNewPrivileges=true
ProtectSystem=strict

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now cards
