/** Runs `up` and `down` of deploy/aws/classic.sh twice against moto, a server that simulates AWS. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../stack/ports.ts';
import { type Moto, missing, startMoto } from '../verify/faults/own/testing/moto.ts';
import { LONG } from './long.ts';
import { used } from './used.ts';

const SCRIPT = join(import.meta.dirname, '../deploy/aws/classic.sh');
const RELEASE_URL = 'https://example.com/cards.tar.gz?a=1&b=2|3';
// Each step starts the slow AWS CLI, so the test takes a minute or more.
used(
  'AWS',
  missing.length > 0
    ? `NOT TESTED: no ${missing.join(', ')} on this machine`
    : LONG
      ? 'tested against moto, which stands in for it'
      : 'NOT TESTED: only npm run test:long does',
);

describe.skipIf(missing.length > 0 || !LONG)('the original on AWS', { timeout: 1_200_000 }, () => {
  let moto: Moto;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    moto = await startMoto();
    env = { PATH: process.env['PATH'], ...moto.env, RELEASE_URL, RELEASE_SHA256: 'a'.repeat(64) };
  }, 90_000);

  afterAll(() => moto?.stop());

  const run = (...args: string[]) => promisify(execFile)('bash', [SCRIPT, ...args], { env });

  const aws = (...args: string[]): Promise<unknown> => moto.aws(...args);

  test('classic.sh up makes the resources of the original, also when repeated, and classic.sh down removes them', async () => {
    const first = await run('up');
    expect(first.stdout).toMatch(/^http:\/\/.*:8080\n$/);
    const again = await run('up');
    expect([again.stdout, again.stderr]).toEqual([first.stdout, '']);

    const [balancer] = (await aws(
      ...['elb', 'describe-load-balancers', '--query', 'LoadBalancerDescriptions'],
    )) as Record<string, unknown>[];
    expect(balancer).toMatchObject({
      HealthCheck: {
        Target: 'TCP:8080',
        Interval: 5,
        Timeout: 2,
        UnhealthyThreshold: 2,
        HealthyThreshold: 2,
      },
      ListenerDescriptions: [{ Listener: { Protocol: 'HTTP', LoadBalancerPort: 8080, InstancePort: 8080 } }],
    });
    const [group] = (await aws(
      ...['autoscaling', 'describe-auto-scaling-groups', '--query', 'AutoScalingGroups'],
    )) as Record<string, unknown>[];
    expect(group).toMatchObject({
      MinSize: 2,
      MaxSize: 2,
      DesiredCapacity: 2,
      TerminationPolicies: ['OldestInstance'],
      LoadBalancerNames: ['cards'],
    });
    const caches = await aws(
      ...['elasticache', 'describe-replication-groups', '--query', 'ReplicationGroups[].NodeGroups[]'],
    );
    expect(caches).toMatchObject([{ PrimaryEndpoint: { Port: 6379 } }]);
    const permissions = (await aws(
      ...['ec2', 'describe-security-groups', '--filters', 'Name=group-name,Values=cards'],
      ...['--query', 'SecurityGroups[0].[GroupId,IpPermissions]'],
    )) as [string, { FromPort: number; UserIdGroupPairs: { GroupId: string }[] }[]];
    const redis = permissions[1].find(({ FromPort }) => FromPort === 6379);
    expect(redis?.UserIdGroupPairs.map(({ GroupId }) => GroupId)).toEqual([permissions[0]]);

    const data = (await aws(
      ...['ec2', 'describe-launch-template-versions', '--launch-template-name', 'cards'],
      ...['--query', 'LaunchTemplateVersions[0].LaunchTemplateData.UserData'],
    )) as string;
    const script = Buffer.from(data, 'base64').toString();
    expect(script).toContain(`'${RELEASE_URL}'\n`);
    expect(script).not.toMatch(/@[A-Z_0-9]+@/);

    // Removes a rule, as if `up` had been interrupted before it made this rule.
    const rule = ['--protocol', 'tcp', '--port', '8080', '--cidr', '0.0.0.0/0'];
    await promisify(execFile)(
      'aws',
      ['ec2', 'revoke-security-group-ingress', '--group-id', permissions[0], ...rule],
      { env },
    );
    await run('up');
    const ports = await aws(
      ...['ec2', 'describe-security-groups', '--group-ids', permissions[0]],
      ...['--query', 'SecurityGroups[0].IpPermissions[].FromPort'],
    );
    expect((ports as number[]).toSorted()).toEqual([6379, 8080]);

    await run('down');
    expect((await run('down')).stderr).toBe('');
    expect(await aws('elb', 'describe-load-balancers', '--query', 'LoadBalancerDescriptions')).toEqual([]);
    expect(await aws('autoscaling', 'describe-auto-scaling-groups', '--query', 'AutoScalingGroups')).toEqual(
      [],
    );
  });

  test.each(['up', 'down'])('%s fails if AWS does not respond', async command => {
    const unreachable = {
      ...env,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}`,
      AWS_MAX_ATTEMPTS: '1',
    };
    const ran = promisify(execFile)('bash', [SCRIPT, command], { env: unreachable });
    await expect(ran).rejects.toMatchObject({
      code: 69,
      stderr: expect.stringContaining('expected a response of AWS'),
    });
  });

  test.each([
    ['RELEASE_URL', "https://example.com/'; reboot '", 'expected an address such as https://'],
    ['RELEASE_SHA256', 'abc', 'expected 64 hexadecimal digits'],
  ])('rejects a wrong %s', async (name, value, problem) => {
    const ran = promisify(execFile)('bash', [SCRIPT, 'up'], { env: { ...env, [name]: value } });
    await expect(ran).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining(`${name}: ${problem}`),
    });
  });

  test('an unknown command is refused with the expected ones', async () => {
    await expect(run('sideways')).rejects.toMatchObject({
      code: 64,
      stderr: expect.stringContaining("expected up or down, got 'sideways'"),
    });
  });
});
