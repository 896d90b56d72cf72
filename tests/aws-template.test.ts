/** Checks the CloudFormation templates of deploy/aws/cdk, and runs an instance's start-up script. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../app/config.ts';
import { ownFaults } from '../verify/faults/own/index.ts';
import { parseTarget } from '../verify/target/load.ts';
import { used } from './used.ts';

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, 'deploy/aws/cdk');
const STACK = { Ref: 'AWS::StackName' };
const NAMES = ['cards', 'cards-classic'];

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  UpdatePolicy?: object;
}

interface Rule {
  Effect: string;
  Resource: unknown;
}

interface Template {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

const templateIn = (folder: string, name: string): Template =>
  JSON.parse(readFileSync(join(folder, `${name}.template.json`), 'utf8'));

const all = (template: Template, type: string): Resource[] =>
  Object.values(template.Resources).filter(({ Type }) => Type === `AWS::${type}`);

function only(template: Template, type: string): Record<string, unknown> {
  const found = all(template, type);
  expect(found, type).toHaveLength(1);
  return found[0]?.Properties ?? {};
}

/**
 * Converts a value of the template to text.
 * @param values returns the text for a reference, such as `Log.Arn` for the attribute Arn of the resource Log
 */
function text(value: unknown, values: (reference: string) => string): string {
  if (typeof value === 'string') return value;
  const [[name, of] = []] = Object.entries(value as object);
  if (name === 'Ref') return values(of as string);
  if (name === 'Fn::GetAtt') return values((of as string[]).join('.'));
  if (name === 'Fn::Base64') return text(of, values);
  const [separator, parts] = of as [string, unknown[]];
  return parts.map(part => text(part, values)).join(separator);
}

const userData = (template: Template, values: (reference: string) => string): string => {
  const { LaunchTemplateData } = only(template, 'EC2::LaunchTemplate');
  return text((LaunchTemplateData as { UserData: unknown }).UserData, values);
};

/** Returns the number N of the line `NAME=N`. */
const numberIn = (given: string, name: string): number =>
  Number(new RegExp(`^${name}=(\\d+)$`, 'm').exec(given)?.[1]);

describe.each(NAMES)('%s', name => {
  const template = templateIn(FOLDER, name);
  const groupOf = (logicalId: RegExp): string =>
    Object.keys(template.Resources).find(
      id => logicalId.test(id) && template.Resources[id]?.Type === 'AWS::EC2::SecurityGroup',
    ) ?? '';
  const [own, front] = [groupOf(/^Group/), groupOf(/^BalancerGroup/)];
  const idOf = (group: string) => ({ 'Fn::GetAtt': [group, 'GroupId'] });

  test('has the numbers of the original: two instances, one node group, ports 8080 and 6379', () => {
    const { UpdatePolicy, Properties } = all(template, 'AutoScaling::AutoScalingGroup')[0] as Resource;
    expect(Properties).toMatchObject({
      MinSize: '2',
      MaxSize: '2',
      DesiredCapacity: '2',
      TerminationPolicies: ['OldestInstance'],
      HealthCheckType: 'ELB',
      InstanceMaintenancePolicy: { MinHealthyPercentage: 100 },
    });
    expect(UpdatePolicy).toEqual({ AutoScalingInstanceRefresh: { Strategy: 'Rolling' } });
    expect(only(template, 'ElastiCache::ReplicationGroup')).toMatchObject({
      Engine: 'valkey',
      Port: 6379,
      NumNodeGroups: 1,
      SecurityGroupIds: [idOf(own)],
      TransitEncryptionEnabled: true,
      AtRestEncryptionEnabled: true,
      AutomaticFailoverEnabled: true,
      AuthToken: { 'Fn::Join': ['', ['{{resolve:secretsmanager:', expect.anything(), expect.anything()]] },
      ...{ SnapshotWindow: '03:00-04:00', SnapshotRetentionLimit: 1 },
    });
    expect(only(template, 'ElastiCache::ParameterGroup')).toMatchObject({
      Properties: { 'notify-keyspace-events': 'Ex' },
    });
  });

  test('lets only the balancer reach the app, and only instances reach Redis', () => {
    const rules = all(template, 'EC2::SecurityGroupIngress').map(({ Properties }) => Properties);
    expect(rules).toMatchObject([
      { GroupId: idOf(own), FromPort: 8080, ToPort: 8080, SourceSecurityGroupId: idOf(front) },
      { GroupId: idOf(own), FromPort: 6379, ToPort: 6379, SourceSecurityGroupId: idOf(own) },
    ]);
    const ofGroups = all(template, 'EC2::SecurityGroup').flatMap(
      ({ Properties }) => Properties['SecurityGroupIngress'] ?? [],
    );
    expect(ofGroups).toMatchObject([{ CidrIp: '0.0.0.0/0', FromPort: 8080, ToPort: 8080 }]);
    expect(only(template, 'EC2::LaunchTemplate')).toMatchObject({
      LaunchTemplateData: {
        SecurityGroupIds: [idOf(own)],
        MetadataOptions: { HttpTokens: 'required' },
      },
    });
  });

  test('accepts uploads from pages of the store only, and shows only what the app has checked', () => {
    expect(only(template, 'S3::Bucket')).toMatchObject({
      CorsConfiguration: {
        CorsRules: [{ AllowedMethods: ['POST'], AllowedOrigins: [template.Outputs['Url']?.Value] }],
      },
      LifecycleConfiguration: { Rules: [{ Prefix: 'uploads/', ExpirationInDays: 1 }] },
    });
    const { PolicyDocument } = only(template, 'S3::BucketPolicy') as {
      PolicyDocument: { Statement: Rule[] };
    };
    const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toMatchObject([{ Action: 's3:GetObject', Principal: { AWS: '*' } }]);
    expect(text(allowed[0]?.Resource, name => name)).toMatch(/\/pictures\/\*$/);
  });

  test('gives an instance enough time to drain before it is stopped', () => {
    const script = userData(template, () => 'x');
    const [drain, shutdown] = [numberIn(script, 'DRAIN_MS'), numberIn(script, 'SHUTDOWN_MS')];
    expect(numberIn(script, 'TimeoutStopSec')).toBeGreaterThan((drain + shutdown) / 1000);
    const attributes = all(template, 'ElasticLoadBalancingV2::TargetGroup')[0]?.Properties;
    const delay =
      attributes === undefined
        ? only(template, 'ElasticLoadBalancing::LoadBalancer')['ConnectionDrainingPolicy']
        : attributes['TargetGroupAttributes'];
    expect(delay).toEqual(
      attributes === undefined
        ? { Enabled: true, Timeout: (drain + shutdown) / 1000 }
        : expect.arrayContaining([
            { Key: 'deregistration_delay.timeout_seconds', Value: `${(drain + shutdown) / 1000}` },
            { Key: 'stickiness.enabled', Value: { Ref: 'Sticky' } },
          ]),
    );
    // The balancer needs two failed health checks, up to 12 s, to notice that an instance is draining.
    expect(drain).toBeGreaterThan(12_000);
  });

  test('has an alarm for each failure, also for a full Redis, and each alarm notifies a topic', () => {
    const alarms = all(template, 'CloudWatch::Alarm').map(({ Properties }) => Properties);
    const topic = Object.keys(template.Resources).find(
      id => template.Resources[id]?.Type === 'AWS::SNS::Topic',
    );
    for (const alarm of alarms) expect(alarm['AlarmActions']).toEqual([{ Ref: topic }]);
    expect(alarms.map(({ MetricName }) => MetricName)).toEqual(
      expect.arrayContaining(['UnHealthyHostCount', 'DatabaseMemoryUsagePercentage', 'ReplicationLag']),
    );
  });
});

test('the Application Load Balancer asks /readyz every 5 s, with the limits of the original', () => {
  const template = templateIn(FOLDER, 'cards');
  expect(only(template, 'ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
    HealthCheckPath: '/readyz',
    HealthCheckPort: '8080',
    Port: 8080,
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    UnhealthyThresholdCount: 2,
    HealthyThresholdCount: 2,
  });
  expect(only(template, 'ElasticLoadBalancingV2::Listener')).toMatchObject({ Port: 8080 });
});

test('the classic balancer checks TCP:8080 every 5 s, as the original did', () => {
  expect(only(templateIn(FOLDER, 'cards-classic'), 'ElasticLoadBalancing::LoadBalancer')).toMatchObject({
    HealthCheck: {
      Target: 'TCP:8080',
      Interval: '5',
      Timeout: '2',
      UnhealthyThreshold: '2',
      HealthyThreshold: '2',
    },
    Listeners: [{ LoadBalancerPort: '8080', InstancePort: '8080', Protocol: 'HTTP' }],
  });
});

describe('the script of an instance', () => {
  const folder = mkdtempSync(join(tmpdir(), 'baton-user-data-'));
  const bin = join(folder, 'bin');
  const orders = join(folder, 'orders');
  const release = join(folder, 'cards.tar.gz');
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Fake programs for an instance's start-up script. Each writes its arguments to a file. */
  const STAND_INS = {
    dnf: '[ "$3" != "$BROKEN" ]',
    useradd: '',
    systemctl: '',
    'amazon-cloudwatch-agent-ctl': '',
    aws: 'case "$*" in *RedisToken*) echo redis-token ;; *) echo a-session-secret ;; esac',
    curl: `case "$*" in *latest/api/token*) echo t ;; *'token: t '*) echo i-0123 ;; *) cp '${release}' "$5" ;; esac`,
  };

  beforeAll(() => {
    mkdirSync(join(folder, 'cards/app'), { recursive: true });
    writeFileSync(join(folder, 'cards/app/server.ts'), '');
    spawnSync('tar', ['-czf', release, '-C', folder, 'cards']);
    const agent = join(folder, 'opt/aws/amazon-cloudwatch-agent/bin');
    for (const path of ['tmp', 'etc/systemd/system', 'etc/logrotate.d', 'var/log', bin, agent])
      mkdirSync(path.startsWith('/') ? path : join(folder, path), { recursive: true });
    for (const [name, script] of Object.entries(STAND_INS)) {
      const path = join(name.startsWith('amazon') ? agent : bin, name);
      writeFileSync(path, `#!/bin/bash\necho "${name} $*" >>'${orders}'\n${script}\n`);
      chmodSync(path, 0o755);
    }
  });

  /** Runs an instance's start-up script. `folder` replaces the root of its absolute paths. */
  function run(sha256: string, broken = ''): { status: number | null; output: string; orders: string } {
    rmSync(orders, { force: true });
    rmSync(join(folder, 'etc/cards.env'), { force: true });
    const values: Record<string, string> = {
      ReleaseUrl: 'https://example.com/cards.tar.gz?a=1&b=2',
      ReleaseSha256: sha256,
      'Redis.PrimaryEndPoint.Address': 'redis.example.com',
      'Balancer.DNSName': 'balancer.example.com',
      'AWS::Region': 'eu-central-1',
    };
    const script = userData(templateIn(FOLDER, 'cards'), reference =>
      reference.startsWith('Pictures') ? 'cards-pictures' : (values[reference] ?? reference),
    );
    expect(script).not.toMatch(/@[A-Z_0-9]+@/);
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', script.replaceAll(/(?<![\w/.])\/(?=(opt|etc|var|tmp)\/)/g, () => `${folder}/`)],
      // stdin is not a pipe, because bash would assume a remote shell and run .bashrc.
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: `${bin}${delimiter}${process.env['PATH']}`, BROKEN: broken },
        encoding: 'utf8',
      },
    );
    return { status, output: stdout + stderr, orders: readFileSync(orders, 'utf8') };
  }
  const right = () => createHash('sha256').update(readFileSync(release)).digest('hex');

  test('installs the release, and starts the app with settings that it accepts', () => {
    const ran = run(right());
    expect(ran).toMatchObject({ status: 0, orders: expect.stringContaining('systemctl enable --now cards') });
    expect(ran.orders).toContain('amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:');
    expect(existsSync(join(folder, 'opt/cards/app/server.ts'))).toBe(true);
    const logs = JSON.parse(
      readFileSync(join(folder, 'opt/aws/amazon-cloudwatch-agent/etc/cards.json'), 'utf8'),
    );
    expect(logs.logs.logs_collected.files.collect_list).toHaveLength(2);
    expect(readConfig(parseEnv(readFileSync(join(folder, 'etc/cards.env'), 'utf8')))).toMatchObject({
      port: 8080,
      host: '0.0.0.0',
      instance: 'i-0123',
      version: right().slice(0, 12),
      redisUrl: 'rediss://:redis-token@redis.example.com:6379',
      secrets: ['a-session-secret'],
      bucketRegion: 'eu-central-1',
      publicUrl: 'http://balancer.example.com:8080',
      bucketUrl: 'https://cards-pictures.s3.eu-central-1.amazonaws.com',
      expiryEvents: true,
      drainMs: 15_000,
      shutdownMs: 10_000,
    });
  });

  test('starts nothing if the checksum of the release is wrong', () => {
    const ran = run('0'.repeat(64));
    expect(ran.status).not.toBe(0);
    expect(ran.output).toContain('FAILED');
    expect(ran.orders).not.toContain('systemctl');
  });

  test('starts the app also if the agent of the logs cannot be installed', () => {
    const ran = run(right(), 'amazon-cloudwatch-agent');
    expect(ran).toMatchObject({
      status: 0,
      output: expect.stringContaining('expected the CloudWatch agent to start'),
    });
    expect(ran.orders).toContain('systemctl enable --now cards');
  });
});

test('the target file is that of the card store, with faults of the group and the replication group', () => {
  const names = ['CARDS_URL', 'CARDS_USER_1', 'CARDS_USER_2', 'CARDS_PASSWORD'];
  const environment = Object.fromEntries(
    names.map(name => [name, name === 'CARDS_URL' ? 'http://cards' : name]),
  );
  const parsed = (file: string) =>
    parseTarget(readFileSync(join(ROOT, file), 'utf8'), join(ROOT, file), environment);
  const target = parsed('deploy/aws/target.yaml');
  const { login, signedIn, probes, logout, instance } = parsed('baton.yaml');
  expect(target).toMatchObject({ login, signedIn, probes, logout, instance });
  // Faults find the Auto Scaling group and the replication group by the name of the stack.
  const template = templateIn(FOLDER, 'cards');
  expect(only(template, 'AutoScaling::AutoScalingGroup')['AutoScalingGroupName']).toEqual(STACK);
  expect(only(template, 'ElastiCache::ReplicationGroup')['ReplicationGroupId']).toEqual(STACK);
  const faults = ownFaults(target, environment);
  expect(faults.map(({ name }) => name)).toEqual([
    ...['cards-terminate-instance', 'cards-instance-refresh', 'cards-scale-out', 'cards-scale-in'],
    'redis-test-failover',
  ]);
  expect(Object.keys(target.budgets?.faults ?? {})).toEqual(
    faults.filter(({ deploy }) => deploy).map(({ name }) => name),
  );
});

const lints = spawnSync('cfn-lint', ['--version']).error === undefined;
const synthesises = existsSync(join(FOLDER, 'node_modules'));
used(
  'CloudFormation',
  [
    lints ? 'checked by cfn-lint' : 'NOT TESTED with cfn-lint: it is not installed (pip install cfn-lint)',
    synthesises
      ? 'synthesised by the CDK'
      : 'NOT TESTED with the CDK: it is not installed (npm ci --prefix deploy/aws/cdk)',
  ].join('; '),
);

test.skipIf(!lints)('cfn-lint finds nothing in the templates', () => {
  const { status, stdout } = spawnSync(
    'cfn-lint',
    NAMES.map(name => join(FOLDER, `${name}.template.json`)),
    {
      encoding: 'utf8',
    },
  );
  expect([status, stdout]).toEqual([0, '']);
});

describe.skipIf(!synthesises)('the CDK', () => {
  // Makes the folder in a hook, because vitest skips the hooks if it skips all tests. Otherwise, nothing would remove
  // the folder.
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'baton-cdk-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const synth = (context: object) =>
    spawnSync(process.execPath, ['main.ts'], {
      cwd: FOLDER,
      env: { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(context) },
      encoding: 'utf8',
    });

  test('synthesises the templates as they are committed (npm run synth writes them)', () => {
    expect(synth({})).toMatchObject({ status: 0, stderr: '' });
    for (const name of NAMES) expect(templateIn(folder, name)).toEqual(templateIn(FOLDER, name));
  });

  test('with a certificate, serves HTTPS and also requires the host name', () => {
    expect(synth({ certificate: 'arn:x' }).stderr).toContain('-c certificate=ARN and -c host=NAME together');
    expect(synth({ certificate: 'arn:x', host: 'cards.example.com' }).status).toBe(0);
    for (const name of NAMES) {
      const template = templateIn(folder, name);
      expect(template.Outputs['Url']?.Value).toBe('https://cards.example.com');
      expect(JSON.stringify(template.Resources['Listener'] ?? template.Resources['Balancer'])).toContain(
        '443',
      );
    }
  });

  test('type-checks the program that writes the templates', () => {
    const { status, stdout } = spawnSync('npx', ['tsc', '-p', FOLDER], { cwd: ROOT, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });
});
