import type { SessionData } from 'express-session';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionGoneError } from '../../app/stores/errors.ts';
import { DEFECTS } from './defects.ts';
import type { Draw } from './draw.ts';
import { HEALTHY } from './healthy.ts';
import type { Raw } from './replacement.ts';
import { STORE_ACTS } from './store.ts';
import { draw, sessionOf, started } from './testing.ts';

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

/** Like the real store, saves only what has changed since the load, and does not restore a deleted session. */
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

/** Two users concurrently write, read and log out on a changed store. */
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
  await sleep(60);
  loaded.push(await store.load('a'));
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

/** Runs the test with a fake clock, which runs every timer at once. */
async function driven(one: Draw): ReturnType<typeof driving> {
  const done = driving(one);
  await vi.runAllTimersAsync();
  return done;
}

const RIGHT = [
  ...['alice tea,milk', 'bob rum', 'alice tea,milk', 'bob rum', 'alice tea,milk'],
  '"basket:0":1,"basket:1":1}',
];

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
