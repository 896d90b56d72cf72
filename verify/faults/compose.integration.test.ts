/** Tests the faults of a stack in containers. Only `npm run test:long` runs these slow tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containersOf, STACK_IMAGES, whyNot } from '../../stack/testing/containers.ts';
import { LONG } from '../../tests/long.ts';
import { used } from '../../tests/used.ts';
import type { Result } from '../core/result/result.ts';
import { baton } from '../testing/baton.ts';

const skip = LONG ? whyNot(...STACK_IMAGES) : 'in npm run test:long';

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-faults-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe.skipIf(skip !== '')(`the stack in containers${skip && `: ${skip}`}`, () => {
  it.each(['deploy', 'secret-rotation', 'kill,pause,store-restart,store-full,store-connections'])(
    '%s: nothing is lost',
    { timeout: 600_000 },
    async faults => {
      const what = ['--claims', 'continuity,availability,evidence', '--faults', faults, '--json'];
      const load = ['--workload', 'hop', '--sessions', '16', '--duration', '2s', '--out', out];
      const { stdout, code } = await baton(['verify', '--stack', 'compose', ...what, ...load]);
      const result = JSON.parse(stdout) as Result;
      expect(result.guarantees.filter(one => one.claimed && one.judgement !== 'valid')).toEqual([]);
      expect(result.faults?.filter(({ bit, healthy }) => !bit || !healthy)).toEqual([]);
      expect(code).toBe(0);
    },
  );
});

if (LONG) used('containers', containersOf(...STACK_IMAGES));
