/** Tests the gate while requests shift between two versions of the card store, as under a canary controller. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser } from '../../app/testing/browser.ts';
import { startLocalStack } from '../../stack/local.ts';
import type { Instance, InstanceOptions, Stack } from '../../stack/stack.ts';
import { LONG } from '../../tests/long.ts';
import { loadTarget } from '../target/load.ts';
import { Gate, type Status } from './gate.ts';
import { gateServer } from './server.ts';

const USERS = LONG ? 1000 : 0;
const WEIGHTS = LONG ? [5, 25, 50, 100] : [50];
const TIMES = Number(process.env['BATON_TIMES'] ?? '1');

const V2 = { APP_VERSION: 'v2' };
const DEFECT = fileURLToPath(
  new URL('../../zoo/defects/form-or-handshake-token-in-process.ts', import.meta.url),
);
const GOOD: InstanceOptions = { env: V2 };
/** The bad versions of the app. The regular expression matches the reason for which the gate refuses the version. */
const BAD: [string, InstanceOptions, RegExp][] = [
  [
    'other secret',
    { env: { ...V2, SESSION_SECRET: 'another secret than that of v1' } },
    /^sessions created on v1, served by v2: /,
  ],
  [
    'other cookie name',
    { env: { ...V2, SECURE_COOKIES: 'always' } },
    /^sessions created on v1, served by v2: /,
  ],
  [
    'other serialisation',
    { env: { ...V2, SESSION_STORE: 'connect-redis' } },
    /^sessions created on v1, served by v2: /,
  ],
  ['old form token refused', { env: V2, command: [process.execPath, DEFECT] }, /^forms of v1, sent to v2: /],
];

let stack: Stack;
let weight = 0;
let folder: string;
const users: Browser[] = [];
/** Number of requests so far. It selects the next user, so that all users stay active and no session expires. */
let turn = 0;
const out = new Set<number>();

async function signedIn(i: number): Promise<Browser> {
  const browser = new Browser(stack.url);
  await browser.signIn(`user${i + 101}`);
  return browser;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-gate-'));
  stack = await startLocalStack({
    port: 'any',
    instances: [{ env: { APP_VERSION: 'v1' } }],
    env: { SCRYPT_COST: '2', FIXTURE_USERS: '1200', DRAIN_MS: '0' },
    nginx: {
      perInstance: place => `weight=${Math.max(1, weight === 100 || place === 1 ? weight : 100 - weight)}`,
    },
  });
  for (let i = 0; i < USERS; i++) users.push(await signedIn(i));
}, 600_000);

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * @param share requests for the new version, per cent; 0 removes the new version from the balancer, and 100 removes the
 * old version
 */
async function shift(canary: Instance, share: number): Promise<void> {
  const [stable] = stack.instances() as [Instance];
  weight = share;
  if (share === 0) await stack.balancer.register(stable);
  if (share === 0) await stack.balancer.deregister(canary);
  else await stack.balancer.register(canary);
  if (share === 100) await stack.balancer.deregister(stable);
}

const PACE = 100;

interface RollOut {
  promoted: boolean;
  /** Share of requests for the new version at the end of the roll-out, per cent. */
  weight: number;
  ms: number;
  last: Status;
  reached: number;
  out: number;
}

/** Sends requests of all users. `stop` returns how many requests v2 served, and how many users were logged out. */
async function background(): Promise<{ stop(): Promise<Pick<RollOut, 'reached' | 'out'>> }> {
  for (const i of out) users[i] = await signedIn(i);
  out.clear();
  let stopped = false;
  const first = turn;
  const reached = new Set<number>();
  const one = async () => {
    while (!stopped && users.length > 0) {
      const i = turn++ % users.length;
      const response = await (users[i] as Browser).get('/dashboard').catch(() => undefined);
      if (response?.headers.get('x-app-version') === V2.APP_VERSION) reached.add(i);
      if (response?.status === 303) out.add(i);
      await sleep(PACE);
    }
  };
  const clients = [one(), one(), one(), one()];
  return {
    stop: async () => {
      stopped = true;
      await Promise.all(clients);
      expect(turn > first).toBe(USERS > 0);
      return { reached: reached.size, out: out.size };
    },
  };
}

/** Raises the share of the new version only while the gate allows it, as Argo Rollouts and Flagger do. */
async function rollOut(canary: Instance, url: string): Promise<RollOut> {
  const users = await background();
  const ask = async (path: string, method = 'GET') => {
    const response = await fetch(url + path, { method });
    return { status: response.status, gate: (await response.json()) as Status };
  };
  try {
    expect((await ask('/start?wait=120', 'POST')).status).toBe(200);
    expect((await ask('/promote')).status).toBe(409);
    expect((await ask('/advance')).status).toBe(200);
    const began = performance.now();
    const ended = async (promoted: boolean, weight: number, last: Status) => {
      const ms = performance.now() - began;
      return { promoted, weight, ms, last, ...(await users.stop()) };
    };
    for (const share of WEIGHTS) {
      await shift(canary, share);
      const { status, gate } = await ask('/promote?wait=120');
      if (status === 200) continue;
      expect((await ask('/rollback')).status).toBe(200);
      await shift(canary, 0);
      return await ended(false, share, gate);
    }
    return await ended(true, 100, (await ask('/verdict')).gate);
  } finally {
    await users.stop();
    await ask('/stop', 'POST');
    expect((await ask('/promote')).status).toBe(409);
  }
}

function report(version: string, { promoted, weight, ms, reached, out }: RollOut): void {
  if (!LONG) return;
  const end = `${promoted ? 'promoted' : `stopped at ${weight} %`} after ${(ms / 1000).toFixed(1)} s`;
  process.stdout.write(`gate: ${version}: ${end}, ${reached} users reached, ${out} logged out\n`);
}

async function tryVersion(version: string, options: InstanceOptions): Promise<RollOut> {
  const target = await loadTarget('baton.yaml', {});
  target.url = stack.url;
  target.instance = { ...target.instance, version: { header: 'x-app-version' } };
  const gate = new Gate(target, { sessions: 20, rate: 400, window: 60_000, out: folder });
  const server = gateServer(gate).listen(0, '127.0.0.1');
  await once(server, 'listening');
  weight = 5;
  const canary = await stack.add(options);
  try {
    await shift(canary, 0);
    const rolled = await rollOut(canary, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    report(version, rolled);
    return rolled;
  } finally {
    await gate.stop();
    server.close();
    await shift(canary, 0);
    await stack.remove(canary);
  }
}

describe.each(Array.from({ length: TIMES }, (_, i) => i + 1))('time %i', () => {
  test('a good version is promoted through all weights', { timeout: 600_000 }, async () => {
    const { promoted, last, out } = await tryVersion('good', GOOD);
    expect([promoted, last.verdict, out], last.why).toEqual([true, 'valid', 0]);
    expect([last.stable, last.canary]).toEqual(['v1', 'v2']);
    expect(last.summary).toContainEqual(
      expect.stringMatching(/^sessions created on v1, served by v2: 0 of \d+ lost$/),
    );
  });

  test.each(LONG ? BAD : BAD.slice(0, 1))(
    'a bad version is stopped: %s',
    { timeout: 600_000 },
    async (what, options, why) => {
      const { promoted, last, out } = await tryVersion(what, options);
      expect([promoted, last.verdict]).toEqual([false, 'violated']);
      expect(last.why).toMatch(why);
      expect(out).toBeLessThanOrEqual(USERS / 100);
    },
  );
});
