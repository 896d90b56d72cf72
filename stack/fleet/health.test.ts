import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { after, type Health, type HealthState, NEW, probe, SERVING, type Thresholds } from './health.ts';

const SEED: Thresholds = { unhealthy: 2, healthy: 2, first: 2 };
const CLASSIC: Thresholds = { unhealthy: 2, healthy: 10, first: 10 };
const ALB: Thresholds = { unhealthy: 2, healthy: 5, first: 1 };

/**
 * @param results one character for each health check: + passed, - failed
 * @returns the first letter of the instance's state after each health check
 */
function states(from: Health, results: string, thresholds: Thresholds): string {
  let health = from;
  return [...results]
    .map(result => {
      health = after(health, result === '+', thresholds);
      return health.state[0];
    })
    .join('');
}

const unhealthy: Health = { state: 'unhealthy' as HealthState, passed: false, run: 2 };

describe('health', () => {
  it.each([
    ['one failure is forgiven', SERVING, '+-+-+-+', SEED, 'hhhhhhh'],
    ['two in a row are not', SERVING, '+--', SEED, 'hhu'],
    ['it stays unhealthy while failures continue', SERVING, '---', SEED, 'huu'],
    ['two passed in a row make it healthy again', unhealthy, '-+-++', SEED, 'uuuuh'],
    [
      'a classic balancer needs ten in a row, and a failure restarts the count',
      unhealthy,
      '+++++++++-++++++++++',
      CLASSIC,
      'uuuuuuuuuuuuuuuuuuuh',
    ],
    ['a new instance of an application balancer needs one', NEW, '+', ALB, 'h'],
    ['an unhealthy instance needs five', unhealthy, '+++++', ALB, 'uuuuh'],
    [
      'a new instance that fails is unhealthy, and then needs as many as others',
      NEW,
      '--+++++',
      ALB,
      'iuuuuuh',
    ],
    ['a new instance of a classic balancer needs ten', NEW, '++++++++++', CLASSIC, 'iiiiiiiiih'],
    ['no check yet', NEW, '', SEED, ''],
  ] as const)('%s', (_what, from, results, thresholds, expected) => {
    expect(states(from, results, thresholds)).toBe(expected);
  });
});

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise(resolve => server.close(resolve));
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number) =>
  listening(createHttpServer((_request, response) => response.writeHead(status).end()));
const silent = () => listening(createServer(socket => socket.on('error', () => {}).resume()));

describe('a health check', () => {
  it.each([
    [200, true],
    [204, false],
    [302, false],
    [503, false],
  ])('status %i: %s', async (status, passes) => {
    expect(await probe(await answering(status), { path: '/' }, 5_000)).toBe(passes);
  });

  it('an instance that accepts connections but sends nothing passes by TCP, and fails by HTTP', async () => {
    const url = await silent();
    expect(await probe(url, 'TCP', 5_000)).toBe(true);
    expect(await probe(url, { path: '/' }, 50)).toBe(false);
  });

  it.each(['TCP', { path: '/' }] as const)('no server: it fails (%j)', async ask => {
    const url = await answering(200);
    await new Promise(resolve => servers.pop()?.close(resolve));
    expect(await probe(url, ask, 5_000)).toBe(false);
  });
});
