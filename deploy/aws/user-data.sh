#!/bin/bash
# Runs at the first start of an instance: installs Node and a release of the card store, and starts it on port 8080.
# classic.sh and cdk/stack.ts replace the texts between @ signs. Those without quotes may be replaced by a command.
set -euo pipefail

# Sends the logs of the installation and of the app to CloudWatch. Runs first, so that a failed installation is logged.
send_logs() {
  local config=/opt/aws/amazon-cloudwatch-agent/etc/cards.json
  dnf install -y amazon-cloudwatch-agent && install -D -m 644 /dev/stdin "$config" <<JSON &&
{ "logs": { "logs_collected": { "files": { "collect_list": [
  { "file_path": "/var/log/cloud-init-output.log", "log_group_name": "$1", "log_stream_name": "{instance_id}/install" },
  { "file_path": "/var/log/cards/app.log", "log_group_name": "$1", "log_stream_name": "{instance_id}/app" }
] } } } }
JSON
    /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$config"
}
log_group='@LOG_GROUP@'
[ -z "$log_group" ] || send_logs "$log_group" ||
  echo 'expected the CloudWatch agent to start, got the error above: the logs stay in /var/log on this instance' >&2

# Amazon Linux names the package and the program after the version: https://docs.aws.amazon.com/linux/al2023/ug/nodejs.html
dnf install -y nodejs24 logrotate
sha256='@RELEASE_SHA256@'
curl -fsSL --retry 5 -o /tmp/release.tar.gz '@RELEASE_URL@'
echo "$sha256  /tmp/release.tar.gz" | sha256sum -c
useradd --system --home-dir /opt/cards cards
mkdir -p /opt/cards /var/log/cards
tar -xzf /tmp/release.tar.gz -C /opt/cards --strip-components 1 --no-same-owner

# IMDSv2: a token first.
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
redis_url=@REDIS_URL@
session_secret=@SESSION_SECRET@

# DRAIN_MS is longer than the 12 s in which the balancer notices that /readyz fails (two checks, 5 s apart, 2 s
# timeout).
install -m 600 /dev/stdin /etc/cards.env <<SETTINGS
HOST=0.0.0.0
PORT=8080
INSTANCE_ID=$instance
APP_VERSION=${sha256:0:12}
REDIS_URL=$redis_url
SESSION_SECRET=$session_secret
SESSION_EXPIRY_EVENTS=@EXPIRY_EVENTS@
TRUST_PROXY=uniquelocal
S3_BUCKET=@S3_BUCKET@
S3_REGION=@S3_REGION@
PUBLIC_URL=@PUBLIC_URL@
DRAIN_MS=15000
SHUTDOWN_MS=10000
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
StandardOutput=append:/var/log/cards/app.log
Restart=always
# Longer than DRAIN_MS and SHUTDOWN_MS together, in which the app stops by itself.
TimeoutStopSec=30
NoNewPrivileges=true
ProtectSystem=strict

[Install]
WantedBy=multi-user.target
UNIT
cat > /etc/logrotate.d/cards <<'ROTATE'
/var/log/cards/app.log {
  size 100M
  rotate 2
  copytruncate
  missingok
}
ROTATE
systemctl daemon-reload
systemctl enable --now cards
