/** Tests parallel changes of one session on two instances. The same tests must find lost changes in connect-redis. */
import type { Store } from 'express-session';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackingServer, startRedis } from '../stack/servers.ts';
import { until } from '../stack/wait.ts';
import { Browser } from './testing/browser.ts';
import { startInProcess, type TestInstance } from './testing/instance.ts';

const ITEMS = Array.from({ length: 20 }, (_, i) => `item ${i}`);
const ROUNDS = 50;
const LOGOUTS = 200;

let server: BackingServer;

beforeAll(async () => {
  server = await startRedis();
});

afterAll(() => server?.dispose());

/** Holds the saves of several stores until all concurrent requests have loaded the session. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  closed = false;

  constructor(...stores: Store[]) {
    for (const store of stores) this.#guard(store);
  }

  #guard(store: Store): void {
    const set = store.set.bind(store);
    store.set = (sid, data, callback) => {
      if (this.closed) this.#waiting.push(() => set(sid, data, callback));
      else set(sid, data, callback);
    };
  }

  async holds(count: number): Promise<void> {
    await until(() => this.#waiting.length === count, {
      withinMs: 60_000,
      what: `${count} saves at the gate`,
      everyMs: 1,
    });
  }

  open(): void {
    this.closed = false;
    for (const pass of this.#waiting.splice(0)) pass();
  }
}

/** Returns the number of lost changes, after 50 rounds of 20 concurrent requests that add or remove items. */
async function lostChanges(one: TestInstance, two: TestInstance): Promise<number> {
  const gate = new Gate(one.store, two.store);
  const browser = new Browser(one.url, two.url);
  await browser.signIn('alice');
  let lost = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const adding = round % 2 === 0;
    gate.closed = true;
    const requests = ITEMS.map(item => browser.post(adding ? '/basket/items' : '/basket/remove', { item }));
    await gate.holds(ITEMS.length);
    gate.open();
    for (const answer of await Promise.all(requests)) expect(answer.status).toBe(303);
    const { basket } = await browser.dashboard();
    lost += ITEMS.filter(item => basket.includes(item) !== adding).length;
  }
  return lost;
}

/**
 * Logs out 200 sessions on one instance, each during a slow change on the other instance. Returns how many sessions
 * these changes revive.
 */
async function revivedSessions(one: TestInstance, two: TestInstance): Promise<number> {
  const gate = new Gate(one.store);
  const people = Array.from({ length: LOGOUTS }, () => new Browser(one.url));
  await Promise.all(people.map((person, i) => person.signIn(`user${(i % 20) + 1}`)));
  const cookies = await Promise.all(people.map(async person => `sid=${await person.cookie('sid')}`));
  gate.closed = true;
  const slow = people.map(person => person.post('/basket/items', { item: 'slow' }));
  await gate.holds(LOGOUTS);
  const logouts = await Promise.all(people.map(person => person.at(two.url).post('/logout')));
  expect(new Set(logouts.map(answer => answer.headers.get('location')))).toEqual(new Set(['/login']));
  gate.open();
  await Promise.all(slow);
  const after = await Promise.all(cookies.map(cookie => new Browser(two.url).get('/dashboard', { cookie })));
  return after.filter(answer => answer.status === 200).length;
}

async function onTwoInstances(
  name: string,
  measure: (one: TestInstance, two: TestInstance) => Promise<number>,
) {
  const start = () => startInProcess(server.url, { env: { SESSION_STORE: name } });
  const [one, two] = await Promise.all([start(), start()]);
  try {
    const count = await measure(one, two);
    process.stderr.write(`${name} over HTTP: ${measure.name} ${count}\n`);
    return count;
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

describe('redis-attributes', () => {
  test('loses none of 1,000 parallel changes', async () => {
    expect(await onTwoInstances('redis-attributes', lostChanges)).toBe(0);
  });

  test('revives none of 200 sessions', async () => {
    expect(await onTwoInstances('redis-attributes', revivedSessions)).toBe(0);
  });
});

describe('connect-redis, the control', () => {
  test('loses 19 of 20 items that are added at once', async () => {
    expect(await onTwoInstances('connect-redis', lostChanges)).toBeGreaterThanOrEqual(
      (ROUNDS / 2) * (ITEMS.length - 1),
    );
  });

  test('revives all 200 sessions', async () => {
    expect(await onTwoInstances('connect-redis', revivedSessions)).toBe(LOGOUTS);
  });
});
