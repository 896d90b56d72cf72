/** Tests two faults: the balancer forgets the instances of pinned clients, or it sends a write to two instances. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { whyWithout } from '../../stack/testing/servers.ts';
import { LONG } from '../../tests/long.ts';
import type { Control } from '../../zoo/entry.ts';
import { trial } from '../../zoo/run.ts';
import type { Result } from '../core/result/result.ts';
import { baton } from '../testing/baton.ts';

const noHaproxy = whyWithout('HAProxy', 'haproxy');

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-faults-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe.for([
  ['nginx', ''],
  ['haproxy', noHaproxy],
] as const)('behind %s', ([STACK_BALANCER, skip]) => {
  async function forgotten(SESSION_STORE: string): Promise<Result> {
    const what = ['--claims', 'continuity,availability,evidence', '--faults', 'affinity-lost', '--json'];
    const sticky = ['--sticky', 'duration'];
    const load = ['--workload', 'hop', '--sessions', '12', '--duration', '1s', '--out', out];
    const { stdout } = await baton(['verify', '--stack', 'local', ...sticky, ...what, ...load], {
      STACK_BALANCER,
      SESSION_STORE,
    });
    return JSON.parse(stdout) as Result;
  }

  it.runIf(LONG || STACK_BALANCER === 'nginx')(
    'a session in the memory of one instance is lost when the balancer forgets the instance',
    async context => {
      context.skip(skip !== '', skip);
      const { faults, guarantees } = await forgotten('memory');
      expect(faults).toMatchObject([{ name: 'affinity-lost', bit: true, healthy: true, failed: 0 }]);
      const broken = guarantees.filter(({ judgement }) => judgement === 'violated');
      expect(broken.map(({ guarantee }) => guarantee)).toEqual(['continuity', 'survival']);
    },
  );

  it.runIf(LONG)('a session in a shared store is not', async context => {
    context.skip(skip !== '', skip);
    const { faults, guarantees } = await forgotten('redis-attributes');
    expect(faults).toMatchObject([{ bit: true, healthy: true, failed: 0, sessions: { survived: 12 } }]);
    expect(guarantees.filter(one => one.claimed && one.judgement !== 'valid')).toEqual([]);
  });

  it.runIf(LONG)(
    'a write that it repeats takes effect twice, if the app does not recognise the repetition',
    async context => {
      context.skip(skip !== '', skip);
      vi.stubEnv('STACK_BALANCER', STACK_BALANCER);
      const plain: Control = {
        kind: 'control',
        name: 'plain-behind-repeating-balancer',
        sound: 'nothing is said of it: only its balancer is disturbed',
        deployment: { host: 'plain' },
        faults: 'write-repeated',
      };
      const { result } = await trial(plain, { out, sessions: 16, duration: 1_000 }).finally(() =>
        vi.unstubAllEnvs(),
      );
      expect(result.faults).toMatchObject([{ name: 'write-repeated', bit: true, healthy: true }]);
      const found = result.guarantees.find(({ guarantee }) => guarantee === 'at-most-once');
      expect([found?.judgement, found?.anomalies[0]?.name]).toEqual(['violated', 'DOUBLE']);
    },
  );
});
