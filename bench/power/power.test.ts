import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionData } from 'express-session';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
    // The median of such rates is the root of 2 × 1000.
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

/** Waits on the controlled clock. */
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Runs an act on a store in memory: two users write, read and log out. Returns what each read returned. */
async function driving(one: Draw): Promise<{ harms: string[]; alive: string[]; reads: string[] }> {
  const kept = new Map<string, string>();
  const real: Raw = {
    load: async sid => JSON.parse(kept.get(sid) ?? 'null'),
    save: async (sid, data) => void kept.set(sid, JSON.stringify(data)),
    renew: async () => {},
    end: async sid => void kept.delete(sid),
  };
  const { oracle, harms } = started(one);
  const store = { ...real, ...STORE_ACTS[one.act]?.(real, oracle) };
  await store.save('a', sessionOf('alice', 'tea'));
  await store.save('b', sessionOf('bob', 'rum'));
  await store.load('a');
  await store.save('a', sessionOf('alice', 'tea', 'milk'));
  const loaded = await Promise.all([store.load('a'), store.load('b')]);
  await sleep(10);
  loaded.push(await store.load('a'), await store.load('b'));
  await store.renew('a', sessionOf('alice'));
  await store.end('a');
  await sleep(60);
  return {
    harms: harms(),
    alive: [...kept.keys()],
    reads: loaded.map(data => `${data?.user} ${data?.cart}`),
  };
}

/** Does the same without waiting: each timer fires as soon as nothing else is left to do. */
async function driven(one: Draw): ReturnType<typeof driving> {
  const done = driving(one);
  await vi.runAllTimersAsync();
  return done;
}

const RIGHT = ['alice tea,milk', 'bob rum', 'alice tea,milk', 'bob rum'];

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

  it('a part that never strikes changes nothing', async () => {
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
    const one = { draw: 'a draw', harms: 3, noticeable: true, violated: [], requests: 1, folder: '' };
    const lines = report([
      { ...one, kind: 'defect', seed: 1, violated: ['continuity'] },
      { ...one, kind: 'defect', seed: 2 },
      { ...one, kind: 'defect', seed: 3, noticeable: false },
      { ...one, kind: 'healthy', seed: 1, violated: ['isolation'] },
    ]);
    expect(lines[0]).toBe(
      '3 defects: 1 (33 %) could not be noticed; of the other 2, 1 (50 %) were found. 1 healthy variants: 1 accused.',
    );
    expect(lines).toContain('- defect 2: a draw (3 harms in the run)');
    expect(lines).toContain('- healthy 1: a draw (isolation)');
  });
});
