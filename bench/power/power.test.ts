import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionData } from 'express-session';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { DEFECTS, type Draw, describeDraw, drawOf, HEALTHY } from './draw.ts';
import { HANDLER_ACTS } from './handler.ts';
import { Oracle } from './oracle.ts';
import { report } from './report.ts';
import { type Raw, STORE_ACTS } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'power-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('draws', () => {
  const draws = Array.from({ length: 1_000 }, (_, seed) => drawOf('defect', seed));

  it('repeats a draw by its seed', () => {
    expect(drawOf('defect', 7)).toEqual(draws[7]);
    expect(drawOf('healthy', 7)).not.toEqual(draws[7]);
  });

  it('draws rates between 1/2 and 1/1000 whose logarithm is uniform', () => {
    const rates = draws
      .filter(({ when }) => when === 'always')
      .map(({ every }) => every)
      .sort((a, b) => a - b);
    expect([rates[0], rates.at(-1)]).toEqual([
      expect.toSatisfy(n => n >= 2),
      expect.toSatisfy(n => n <= 1_000),
    ]);
    // If the logarithm of n is uniform between 2 and 1000, the median of n is the root of 2 × 1000.
    expect(
      Math.abs(Math.log(rates[Math.floor(rates.length / 2)] as number) - Math.log(Math.sqrt(2_000))),
    ).toBeLessThan(0.4);
  });

  it('draws each act, only on hosts that have it, and describes each draw', () => {
    expect(new Set(draws.map(({ act }) => act))).toEqual(new Set(Object.keys(DEFECTS)));
    for (const draw of draws) {
      expect(DEFECTS[draw.act]?.hosts).toContain(draw.host);
      expect(describeDraw(draw)).not.toContain('`ms`');
    }
  });

  it('has an implementation of each act', () => {
    const others = ['double', 'share-notes', 'accept-forged'];
    const known = [...Object.keys(STORE_ACTS), ...Object.keys(HANDLER_ACTS), ...others];
    expect([...known].sort()).toEqual([...Object.keys(DEFECTS), ...Object.keys(HEALTHY)].sort());
  });
});

const draw = (act: string, change: Partial<Draw> = {}): Draw => ({
  ...{ kind: 'defect', seed: 1, host: 'plain', act, when: 'always', every: 1, ms: 1, wait: 0, size: 0 },
  ...change,
});

let files = 0;
function started(one: Draw): { oracle: Oracle; harms: () => string[] } {
  const file = join(folder, `${++files}`);
  const oracle = new Oracle(one, file, 'app-1');
  const harms = (): string[] => {
    try {
      return readFileSync(file, 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  };
  return { oracle, harms };
}

const sessionOf = (user: string, ...cart: string[]): SessionData =>
  ({ cookie: { originalMaxAge: null }, user, cart }) as unknown as SessionData;

/** Waits for a time of the fake clock. */
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** A store in memory. As the real one, it saves only what has changed since the load, and restores no deleted session. */
function inMemory(): Raw & { alive(): string[] } {
  const kept = new Map<string, string>();
  const loaded = new WeakMap<object, SessionData>();
  return {
    async load(sid) {
      const text = kept.get(sid);
      if (text === undefined) return null;
      const data: SessionData = JSON.parse(text);
      loaded.set(data, JSON.parse(text));
      return data;
    },
    async save(sid, data) {
      const [text, before] = [kept.get(sid), loaded.get(data)];
      if (before === undefined) return void kept.set(sid, JSON.stringify(data));
      if (text === undefined) throw new SessionGoneError();
      const was = new Map(Object.entries(before));
      const now = { ...JSON.parse(text) };
      for (const [name, value] of Object.entries(data))
        if (JSON.stringify(value) !== JSON.stringify(was.get(name))) now[name] = value;
      for (const name of was.keys()) if (!(name in data)) delete now[name];
      kept.set(sid, JSON.stringify(now));
    },
    renew: async () => {},
    end: async sid => void kept.delete(sid),
    before: data => loaded.get(data),
    alive: () => [...kept.keys()],
  };
}

/**
 * Runs an act on a store in memory: two users write, read and log out. Two requests of bob write at the same time, and
 * a request of alice is in flight at her logout. Returns what each read returned.
 */
async function driving(one: Draw): Promise<{ harms: string[]; alive: string[]; reads: string[] }> {
  const real = inMemory();
  const { oracle, harms } = started(one);
  const store = { ...real, ...STORE_ACTS[one.act]?.(real, oracle) };
  await store.save('a', sessionOf('alice', 'tea'));
  await store.save('b', sessionOf('bob', 'rum'));
  await store.load('a');
  await store.save('a', sessionOf('alice', 'tea', 'milk'));
  const loaded = await Promise.all([store.load('a'), store.load('b')]);
  await sleep(10);
  loaded.push(await store.load('a'), await store.load('b'));
  for (const [i, data] of [await real.load('b'), await real.load('b')].entries())
    if (data !== null) await store.save('b', Object.assign(data, { [`basket:${i}`]: 1 }));
  await sleep(60);
  const both = JSON.stringify(await real.load('b'));
  await store.renew('a', sessionOf('alice'));
  const late = await real.load('a');
  await store.end('a');
  if (late !== null) await store.save('a', Object.assign(late, { visits: 1 })).catch(() => {});
  await sleep(60);
  return {
    harms: harms(),
    alive: real.alive(),
    reads: [...loaded.map(data => `${data?.user} ${data?.cart}`), both.replace(/.*?(?="basket:0|$)/, '')],
  };
}

/** Calls `driving` with a fake clock that runs every timer at once, so the test does not wait. */
async function driven(one: Draw): ReturnType<typeof driving> {
  const done = driving(one);
  await vi.runAllTimersAsync();
  return done;
}

const RIGHT = ['alice tea,milk', 'bob rum', 'alice tea,milk', 'bob rum', '"basket:0":1,"basket:1":1}'];

describe('parts of the store', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  const names = (all: object): string[] => Object.keys(all).filter(name => name in STORE_ACTS);

  it.each(names(DEFECTS))('%s: the oracle reports it', async act => {
    const { harms, alive, reads } = await driven(draw(act, { ms: 30 }));
    expect(harms.length).toBeGreaterThan(0);
    expect([reads, alive]).not.toEqual([RIGHT, ['b']]);
  });

  it.each(names(HEALTHY).filter(act => act !== 'refuse-size'))('%s: nothing differs', async act => {
    const { harms, alive, reads } = await driven(draw(act, { kind: 'healthy' }));
    expect([harms, alive, reads]).toEqual([[], ['b'], RIGHT]);
  });

  it('a change that the oracle never selects has no effect', async () => {
    for (const act of names(DEFECTS)) {
      const { harms, alive, reads } = await driven(draw(act, { every: 1e12 }));
      expect([act, harms, alive, reads]).toEqual([act, [], ['b'], RIGHT]);
    }
  });
});

describe('conditions', () => {
  const strikes = (one: Draw, data: Partial<SessionData> = {}): boolean =>
    started(one).oracle.strikes('s', data);

  it('depend on the session', () => {
    expect(strikes(draw('x', { when: 'large', size: 50 }), { user: 'a' })).toBe(false);
    expect(strikes(draw('x', { when: 'large', size: 50 }), { user: 'a'.repeat(50) })).toBe(true);
    expect(strikes(draw('x', { when: 'awkward' }), { cart: ['tea'] })).toBe(false);
    expect(strikes(draw('x', { when: 'awkward' }), { cart: ['thé'] })).toBe(true);
    expect(strikes(draw('x', { when: 'one instance' }))).toBe(false);
  });

  it('depend on the login of the session', () => {
    const { oracle } = started(draw('x', { when: 'begun elsewhere' }));
    oracle.used('here', sessionOf('alice'), 'saved');
    oracle.used('here', sessionOf('alice'), 'loaded');
    oracle.used('there', sessionOf('bob'), 'loaded');
    expect(['here', 'there', 'unknown'].map(sid => oracle.strikes(sid))).toEqual([false, true, false]);

    const second = started(draw('x', { when: 'second login' })).oracle;
    for (const [sid, user] of [
      ['1', 'alice'],
      ['2', 'bob'],
      ['3', 'alice'],
      ['1', 'alice'],
    ] as const)
      second.used(sid, sessionOf(user), 'loaded');
    expect(['1', '2', '3'].map(sid => second.strikes(sid))).toEqual([false, false, true]);
  });

  it('depend on the requests of the session', async () => {
    const { oracle } = started(draw('x', { when: 'overlapping' }));
    const end = oracle.began('s');
    expect(oracle.strikes('s')).toBe(false);
    oracle.began('s');
    expect(oracle.strikes('s')).toBe(true);
    end();
    expect(oracle.strikes('s')).toBe(false);
  });
});

describe('the report', () => {
  it('counts found, missed and unnoticeable defects, and accused healthy variants', () => {
    const drawn = { draw: 'a draw', act: 'drop-save', when: 'always', every: 3 };
    const one = { ...drawn, harms: 3, noticeable: true, violated: [], requests: 1, folder: '' };
    const lines = report([
      { ...one, kind: 'defect', seed: 1, violated: ['continuity'] },
      { ...one, kind: 'defect', seed: 2 },
      { ...one, kind: 'defect', seed: 3, noticeable: false },
      { ...one, kind: 'healthy', seed: 1, violated: ['isolation'] },
    ]);
    expect(lines[0]).toBe(
      '3 defects: 1 (33 %) could not be noticed; of the other 2, 1 (50 %) were found. 1 healthy variants: 1 accused.',
    );
    expect(lines).toContain('- defect 2: a draw (3 wrong effects in the run)');
    expect(lines).toContain('- healthy 1: a draw (isolation)');
  });
});
