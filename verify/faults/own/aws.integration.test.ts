/**
 * Tests the faults with the real AWS CLI and moto, a fake AWS. For calls that moto 5.2 lacks (instance refresh,
 * failover), a gateway responds as AWS documents them.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LONG } from '../../../tests/long.ts';
import { used } from '../../../tests/used.ts';
import { type Moto, missing, startMoto } from './testing/moto.ts';
import { Bench } from './testing/try.ts';

// Each call starts the AWS CLI, so the tests take a minute or more.
used(
  'AWS faults',
  missing.length > 0
    ? `NOT TESTED: no ${missing.join(', ')} on this machine`
    : LONG
      ? 'tested against moto, which stands in for it'
      : 'only tested against a stand-in for the CLI: npm run test:long uses moto',
);

class Gateway {
  readonly #server: Server;
  #failedOver = false;

  constructor(moto: Moto) {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const body = Buffer.concat(parts).toString();
      const pass = async (text: string): Promise<{ status: number; text: string }> => {
        const headers = new Headers(request.headers as Record<string, string>);
        for (const name of ['connection', 'content-length', 'expect', 'host']) headers.delete(name);
        const method = request.method ?? 'POST';
        const answer = await fetch(`${moto.url}${request.url}`, { method, headers, body: text });
        return { status: answer.status, text: await answer.text() };
      };
      const { status, text } = await this.#answer(new URLSearchParams(body), body, moto, pass);
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    });
  }

  async #answer(
    call: URLSearchParams,
    body: string,
    moto: Moto,
    pass: (body: string) => Promise<{ status: number; text: string }>,
  ): Promise<{ status: number; text: string }> {
    const done = (result: string) => {
      const action = call.get('Action');
      const text = `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;
      return { status: 200, text };
    };
    switch (call.get('Action')) {
      case 'StartInstanceRefresh': {
        const group = call.get('AutoScalingGroupName') ?? '';
        for (const id of await instancesOf(moto, group))
          await moto.aws('ec2', 'terminate-instances', '--instance-ids', id);
        return done('<InstanceRefreshId>r-1</InstanceRefreshId>');
      }
      case 'DescribeInstanceRefreshes':
        return done('<InstanceRefreshes><member><Status>Successful</Status></member></InstanceRefreshes>');
      case 'TestFailover':
        this.#failedOver = true;
        return done('');
      case 'DescribeReplicationGroups': {
        const { status, text } = await pass(body);
        const roles = { primary: 'replica', replica: 'primary' };
        const swapped = text.replaceAll(
          /(?<=<CurrentRole>)(primary|replica)/g,
          role => roles[role as keyof typeof roles],
        );
        return { status, text: this.#failedOver ? swapped : text };
      }
      default:
        return pass(body);
    }
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}

const instancesOf = async (moto: Moto, group: string): Promise<string[]> =>
  (await moto.aws(
    ...['autoscaling', 'describe-auto-scaling-groups', '--auto-scaling-group-names', group],
    ...['--query', 'AutoScalingGroups[0].Instances[].InstanceId'],
  )) as string[];

describe.skipIf(missing.length > 0 || !LONG)('AWS', { timeout: 300_000 }, () => {
  let moto: Moto;
  let gateway: Gateway;
  const bench = new Bench();

  beforeAll(async () => {
    moto = await startMoto();
    gateway = new Gateway(moto);
    const variables = { ...moto.env, AWS_ENDPOINT_URL: await gateway.listen() };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const image = (await moto.aws('ec2', 'describe-images', '--query', 'Images[0].ImageId')) as string;
    await moto.aws(
      ...['ec2', 'create-launch-template', '--launch-template-name', 'cards'],
      ...['--launch-template-data', JSON.stringify({ ImageId: image, InstanceType: 't3.small' })],
    );
    await moto.aws(
      ...['autoscaling', 'create-auto-scaling-group', '--auto-scaling-group-name', 'cards'],
      ...['--launch-template', 'LaunchTemplateName=cards', '--availability-zones', 'us-east-1a'],
      ...['--min-size', '2', '--max-size', '2', '--desired-capacity', '2'],
    );
    await moto.aws(
      ...['elasticache', 'create-replication-group', '--replication-group-id', 'cards'],
      ...['--replication-group-description', 'sessions', '--cache-node-type', 'cache.t3.micro'],
      ...['--engine', 'redis', '--num-node-groups', '1', '--replicas-per-node-group', '1'],
      ...['--automatic-failover-enabled', '--port', '6379'],
    );
  }, 300_000);

  afterAll(async () => {
    vi.unstubAllEnvs();
    bench.remove();
    await gateway?.close();
    await moto?.stop();
  });

  const faults = {
    cards: { autoScaling: { group: 'cards' } },
    redis: { elastiCache: { replicationGroup: 'cards' } },
  };
  const sizes = () =>
    moto.aws(
      ...['autoscaling', 'describe-auto-scaling-groups', '--query'],
      'AutoScalingGroups[0].[MinSize,MaxSize,DesiredCapacity]',
    );

  it('terminate-instance: another instance takes its place', async () => {
    const old = await instancesOf(moto, 'cards');
    const { bit, did, heal } = await bench.inject(faults, 'cards-terminate-instance');
    await heal();
    const [instance = ''] = /^i-\w+/.exec(did ?? '') ?? [];
    expect([bit, old.includes(instance)]).toEqual([true, true]);
    const now = await instancesOf(moto, 'cards');
    expect([now.length, now.includes(instance)]).toEqual([2, false]);
  });

  it('instance-refresh: none of the instances is left', async () => {
    const old = await instancesOf(moto, 'cards');
    const { bit, did, heal } = await bench.inject(faults, 'cards-instance-refresh');
    await heal();
    expect([bit, did]).toEqual([true, '2 instances replaced by 2']);
    expect((await instancesOf(moto, 'cards')).filter(id => old.includes(id))).toEqual([]);
  });

  it.each([
    ['scale-out', [2, 3, 3]],
    ['scale-in', [1, 2, 1]],
  ])('%s: the group has another size, and then its own', async (action, scaled) => {
    const { bit, heal } = await bench.inject(faults, `cards-${action}`);
    expect([bit, await sizes()]).toEqual([true, scaled]);
    await heal();
    expect(await sizes()).toEqual([2, 2, 2]);
  });

  it('test-failover: the replica is the primary', async () => {
    const { bit, did, heal } = await bench.inject(faults, 'redis-test-failover');
    await heal();
    expect([bit, did]).toEqual([true, 'cards-002 took over from cards-001']);
  });

  it('reports what AWS says of a wrong name', async () => {
    const other = { redis: { elastiCache: { replicationGroup: 'crads' } } };
    await expect(bench.inject(other, 'redis-test-failover')).rejects.toThrow(/ReplicationGroupNotFound/);
  });
});
