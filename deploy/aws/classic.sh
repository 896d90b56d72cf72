#!/usr/bin/env bash
# Deploys the card store on AWS with a classic load balancer, an Auto Scaling group of two instances, and
# Redis in ElastiCache. Each step is one call of the AWS CLI.
#
#   RELEASE_URL=https://… RELEASE_SHA256=… deploy/aws/classic.sh up      prints the address of the balancer
#   deploy/aws/classic.sh down                                           removes all of it
#
# Both commands can be repeated: `up` keeps what exists, and `down` skips what is gone. All parts have the
# name NAME (default: cards). AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL work as in the AWS CLI. docs/aws.md
# has the runbook and the costs.
set -euo pipefail

NAME=${NAME:-cards}
INSTANCE_TYPE=${INSTANCE_TYPE:-t3.small}
CACHE_TYPE=${CACHE_TYPE:-cache.t3.micro}
IMAGE=/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { echo "$*" >&2; }

ERRORS=$(mktemp)
trap 'rm -f "$ERRORS"' EXIT

# Prints the result of a query; nothing if the thing does not exist. Fails on every other error: otherwise `down` with
# expired credentials would find nothing to remove, and report success.
find_or_nothing() {
  local found
  if found=$("$@" --output text 2>"$ERRORS"); then
    [ "$found" = None ] || echo "$found"
  elif ! grep -q NotFound "$ERRORS"; then
    cat "$ERRORS" >&2
    say "expected a response of AWS to '$1 $2 $3', got the error above: correct it, and repeat this command"
    return 69
  fi
}

# Opens a port of a security group to the sources that the remaining arguments name. Accepts a rule that exists already.
allow() {
  local group=$1 port=$2
  shift 2
  aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port "$port" "$@" >/dev/null \
    2>"$ERRORS" || grep -q InvalidPermission.Duplicate "$ERRORS" || { cat "$ERRORS" >&2; return 69; }
}

group_id() {
  find_or_nothing aws ec2 describe-security-groups --filters "Name=group-name,Values=$NAME" \
    --query 'SecurityGroups[0].GroupId'
}

cache_status() {
  find_or_nothing aws elasticache describe-replication-groups --replication-group-id "$NAME" \
    --query 'ReplicationGroups[0].Status'
}

balancer_address() {
  find_or_nothing aws elb describe-load-balancers --load-balancer-names "$NAME" \
    --query 'LoadBalancerDescriptions[0].DNSName'
}

auto_scaling_group() {
  find_or_nothing aws autoscaling describe-auto-scaling-groups --auto-scaling-group-names "$NAME" \
    --query 'AutoScalingGroups[0].AutoScalingGroupName'
}

launch_template() {
  find_or_nothing aws ec2 describe-launch-templates --launch-template-names "$NAME" \
    --query 'LaunchTemplates[0].LaunchTemplateId'
}

up() {
  : "${RELEASE_URL:?expected the address of a release, the tar.gz of a checkout with node_modules}"
  : "${RELEASE_SHA256:?expected the SHA-256 of the release}"
  # Allows only these characters, because instances run a script as root that contains both values.
  [[ $RELEASE_URL =~ ^https?://[^[:space:]\'\"]+$ ]] ||
    { say "RELEASE_URL: expected an address such as https://example.com/cards.tar.gz, got '$RELEASE_URL'"; exit 64; }
  [[ $RELEASE_SHA256 =~ ^[0-9a-f]{64}$ ]] ||
    { say "RELEASE_SHA256: expected 64 hexadecimal digits, got '$RELEASE_SHA256'"; exit 64; }
  local vpc subnets group cache balancer template instances redis image data
  vpc=$(find_or_nothing aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId')
  [ -n "$vpc" ] || { say "expected a default VPC in this region, found none: aws ec2 create-default-vpc"; exit 69; }
  subnets=$(aws ec2 describe-subnets --filters "Name=vpc-id,Values=$vpc" --query 'Subnets[].SubnetId' --output text)

  group=$(group_id)
  if [ -z "$group" ]; then
    say "security group: 8080 for clients, 6379 for members of the group"
    group=$(aws ec2 create-security-group --group-name "$NAME" --description "card store" --vpc-id "$vpc" \
      --query GroupId --output text)
  fi
  allow "$group" 8080 --cidr 0.0.0.0/0
  allow "$group" 6379 --source-group "$group"

  cache=$(cache_status)
  if [ -z "$cache" ]; then
    say "Redis: one node group, port 6379, in the security group of the instances"
    aws elasticache create-replication-group --replication-group-id "$NAME" \
      --replication-group-description "sessions of the card store" --engine redis --cache-node-type "$CACHE_TYPE" \
      --num-node-groups 1 --replicas-per-node-group 0 --port 6379 --security-group-ids "$group" >/dev/null
  fi
  aws elasticache wait replication-group-available --replication-group-id "$NAME"
  redis=$(aws elasticache describe-replication-groups --replication-group-id "$NAME" \
    --query 'ReplicationGroups[0].NodeGroups[0].PrimaryEndpoint.Address' --output text)

  balancer=$(balancer_address)
  if [ -z "$balancer" ]; then
    say "classic load balancer: 8080 to 8080"
    # shellcheck disable=SC2086 # one argument for each subnet
    aws elb create-load-balancer --load-balancer-name "$NAME" --subnets $subnets --security-groups "$group" \
      --listeners Protocol=HTTP,LoadBalancerPort=8080,InstanceProtocol=HTTP,InstancePort=8080 >/dev/null
  fi
  aws elb configure-health-check --load-balancer-name "$NAME" \
    --health-check Target=TCP:8080,Interval=5,Timeout=2,UnhealthyThreshold=2,HealthyThreshold=2 >/dev/null

  template=$(launch_template)
  if [ -z "$template" ]; then
    say "launch template: installs the release"
    image=$(aws ssm get-parameter --name "$IMAGE" --query Parameter.Value --output text)
    # The inner quotes keep `&` in an address as it is.
    data=$(<"$HERE/user-data.sh")
    data=${data//@RELEASE_URL@/"$RELEASE_URL"}
    data=${data//@RELEASE_SHA256@/"$RELEASE_SHA256"}
    data=${data//@LOG_GROUP@/}
    data=${data//@EXPIRY_EVENTS@/false}
    # No pictures.
    data=${data//@S3_BUCKET@/}
    data=${data//@S3_REGION@/}
    data=${data//@PUBLIC_URL@/}
    data=${data//@REDIS_URL@/"redis://$redis:6379"}
    data=${data//@SESSION_SECRET@/"$(openssl rand -hex 32)"}
    data=$(base64 <<<"$data" | tr -d '\n')
    aws ec2 create-launch-template --launch-template-name "$NAME" --launch-template-data "{
      \"ImageId\": \"$image\", \"InstanceType\": \"$INSTANCE_TYPE\", \"SecurityGroupIds\": [\"$group\"],
      \"UserData\": \"$data\", \"MetadataOptions\": {\"HttpTokens\": \"required\"}}" >/dev/null
  fi

  instances=$(auto_scaling_group)
  if [ -z "$instances" ]; then
    say "Auto Scaling group: 2 to 2 instances, the oldest ends first"
    aws autoscaling create-auto-scaling-group --auto-scaling-group-name "$NAME" \
      --launch-template "LaunchTemplateName=$NAME,Version=\$Latest" --min-size 2 --max-size 2 --desired-capacity 2 \
      --termination-policies OldestInstance --load-balancer-names "$NAME" --health-check-type ELB \
      --health-check-grace-period 120 --vpc-zone-identifier "$(tr -s '[:space:]' , <<<"$subnets" | sed 's/,$//')"
  fi
  balancer=$(balancer_address)
  echo "http://$balancer:8080"
}

# Removes everything in the reverse order of `up`, because a part cannot be removed while another part needs it.
down() {
  local instances template balancer cache group
  instances=$(auto_scaling_group)
  if [ -n "$instances" ]; then
    say "Auto Scaling group"
    aws autoscaling delete-auto-scaling-group --auto-scaling-group-name "$NAME" --force-delete
    while [ -n "$instances" ]; do
      sleep 5
      instances=$(auto_scaling_group)
    done
  fi
  template=$(launch_template)
  if [ -n "$template" ]; then
    say "launch template"
    aws ec2 delete-launch-template --launch-template-name "$NAME" >/dev/null
  fi
  balancer=$(balancer_address)
  if [ -n "$balancer" ]; then
    say "load balancer"
    aws elb delete-load-balancer --load-balancer-name "$NAME"
  fi
  cache=$(cache_status)
  case $cache in
    '' | deleting) ;;
    *)
      say "Redis"
      aws elasticache delete-replication-group --replication-group-id "$NAME" >/dev/null
      ;;
  esac
  group=$(group_id)
  [ -n "$group" ] || return 0
  say "security group"
  # Redis and the balancer keep using the security group for some minutes after their removal.
  for _ in $(seq 60); do
    aws ec2 delete-security-group --group-id "$group" >/dev/null 2>"$ERRORS" && return 0
    grep -q DependencyViolation "$ERRORS" || break
    sleep 15
  done
  cat "$ERRORS" >&2
  say "expected to delete the security group $group, got the error above: repeat this command later"
  exit 69
}

case ${1:-} in
  up) up ;;
  down) down ;;
  *) say "expected up or down, got '${1:-}': deploy/aws/classic.sh up|down"; exit 64 ;;
esac
