import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Instance, Stack } from '../../stack/stack.ts';
import { whyWithout } from '../../stack/testing/servers.ts';
import { seeded } from '../random.ts';
import { FAULTS, needsLinks, schedule, wantedFaults } from './index.ts';

const noFaketime = whyWithout('faketime', 'faketime');

const service = { name: 'redis', url: 'redis://127.0.0.1:1' };
const instance = { name: 'app-1', options: { env: { SESSION_SECRET: 'secret' } } } as unknown as Instance;

const stackOf = (instances: number, change: object = {}): Stack =>
  ({
    instances: () => Array.from({ length: instances }, () => instance),
    store: service,
    link: () => {},
    balancer: { repeat: () => {} },
    ...change,
  }) as unknown as Stack;

const names = (text: string, seed = 1, stack = stackOf(2)): string[] =>
  schedule(wantedFaults(text), seeded(seed), stack).map(({ name }) => name);

it('docs/faults.md says what each does', () => {
  const docs = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  for (const { name, does } of FAULTS) expect(docs).toContain(`| \`${name}\` | ${does}.`);
});

describe('a schedule', () => {
  it('has the requested faults in their order, with repeats', () => {
    expect(names('store-restart,kill,kill')).toEqual(['store-restart', 'kill', 'kill']);
    expect(names('deploy')).toEqual(['rolling-restart', 'replace-oldest', 'scale-out', 'scale-in']);
  });

  it('refuses faults that do not exist, and faults that are impossible here, with the reason', () => {
    expect(() => wantedFaults('kil')).toThrow(/--faults: expected deploy, all, a number, .*got "kil"/);
    expect(() => wantedFaults('0')).toThrow('got "0"');
    expect(() => names('rolling-deploy')).toThrow('needs a next version: --next NAME=VALUE');
    expect(() => names('scale-in', 1, stackOf(1))).toThrow('needs a second instance');
    expect(names('scale-out,scale-in', 1, stackOf(1))).toEqual(['scale-out', 'scale-in']);
    const hardened = stackOf(2, { store: { ...service, url: 'rediss://127.0.0.1:1' } });
    expect(() => names('store-full', 1, hardened)).toThrow('needs a Redis that accepts CONFIG');
  });

  it('chooses faults at random, by the seed', () => {
    expect(names('5', 7)).toEqual(names('5', 7));
    expect(new Set([1, 2, 3, 4, 5].map(seed => names('5', seed).join())).size).toBeGreaterThan(1);
  });

  it('chooses each fault that apps should survive and that is possible here, once, and scale-out before scale-in', () => {
    const all = names('all', 3).filter(name => name !== 'clock-offset');
    const asked = ['rolling-deploy', 'affinity-lost', 'clock-offset'];
    const fair = FAULTS.filter(({ loses, name }) => loses !== true && !asked.includes(name));
    expect(all.toSorted()).toEqual(fair.map(({ name }) => name).toSorted());
    expect(all.indexOf('scale-in')).toBe(all.indexOf('scale-out') + 1);
    const other = names('all', 3, stackOf(2, { store: { name: 'memcached' }, link: undefined }));
    expect(other).toContain('store-pause');
    expect(other.filter(name => /store-(full|slow|read)|instance-(slow|hangs)/.test(name))).toEqual([]);
  });

  it.skipIf(noFaketime !== '')('chooses clock-offset where faketime is installed', () => {
    expect(names('all', 3)).toContain('clock-offset');
  });

  it('chooses no fault again before all others were chosen', () => {
    const drawn = names('60', 5).filter(name => name !== 'scale-in');
    expect(drawn).toHaveLength(60);
    const times = Object.values(Object.groupBy(drawn, name => name)).map(list => list?.length ?? 0);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1);
  });

  it('chooses affinity-lost if the balancer is sticky', () => {
    expect(() => names('affinity-lost')).toThrow('needs a balancer that pins clients to instances: --sticky');
    expect(names('all', 1, stackOf(2, { balancer: { forget: () => {} } }))).toContain('affinity-lost');
  });

  it('reports whether links are needed', () => {
    expect(needsLinks(wantedFaults('deploy'))).toBe(false);
    expect(needsLinks(wantedFaults('kill,store-slow'))).toBe(true);
    expect(needsLinks(wantedFaults('3'))).toBe(true);
  });
});
