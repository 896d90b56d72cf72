/** Tests the load of `npm start` with a fake k6, and with real k6 if installed. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REAL_K6, realK6 } from '../loadtests/testing/scripts.ts';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import { UsageError } from './errors.ts';
import { findK6 } from './k6.ts';
import { baton } from './testing/baton.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-k6-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Creates a fake k6, which prints a version and its arguments, and exits with `code`. */
function standIn(code: number, version = 'k6 v1.2.3 (commit/abc)'): string {
  const program = join(folder, `k6-${code}`);
  const ran = `echo "loaded $BASE_URL INSTANCES=$INSTANCES $*"; echo broke >&2; exit ${code}`;
  writeFileSync(program, `#!/bin/sh\n[ "$1" = version ] && { echo "${version}"; exit 0; }\n${ran}\n`);
  chmodSync(program, 0o755);
  return program;
}

const start = (env: Record<string, string>) =>
  baton(
    [
      'verify',
      '--stack',
      'local',
      '--k6',
      '--workload',
      'hop',
      '--claims',
      'continuity',
      '--duration',
      '2s',
      '--out',
      folder,
    ],
    env,
  );

describe('findK6', () => {
  it('finds the k6 that the variable K6 names, and its version', async () => {
    const program = standIn(0);
    expect(await findK6({ K6: program })).toEqual({ program, version: 'v1.2.3' });
  });

  it('finds no k6 if the PATH has none', async () => {
    expect(await findK6({ PATH: join(folder, 'nothing') })).toBeUndefined();
  });

  it.each([
    ['is not there', () => join(folder, 'missing')],
    ['is something else', () => standIn(0, 'kernel 6')],
  ])('reports that the program in the variable K6 %s', async (_, program) => {
    await expect(findK6({ K6: program() })).rejects.toThrow(UsageError);
  });
});

describe('baton verify --k6', () => {
  it.each(
    LONG
      ? [
          [0, 0],
          [99, 1],
        ]
      : [[99, 1]],
  )('counts the verdict of k6: its exit code %i gives %i', async (theirs, ours) => {
    const { code, stdout, stderr } = await start({ K6: standIn(theirs) });
    expect(stdout).toContain(' VALID ');
    expect(stdout).toMatch(/loaded http:\/\/127\.0\.0\.1:\d+ INSTANCES=2 run .*loadtests\/dashboard\.ts/);
    expect(stderr).toContain('loads the stack again, with k6 v1.2.3');
    expect(code).toBe(ours);
  });

  it('prints the output of k6 when k6 itself failed', async () => {
    const { code, stderr } = await start({ K6: standIn(107) });
    expect(stderr).toMatch(/run: expected exit code 0 or 99, got 107:\nbroke/);
    expect(code).toBe(69);
  });

  it('has nothing to load without the bundled stack', async () => {
    const { code, stderr } = await baton(['verify', '--k6']);
    expect(stderr).toContain('--k6: expected --stack local too, because k6 loads the bundled stack');
    expect(code).toBe(64);
  });

  it.skipIf(realK6 === undefined)('prints the summary of real k6 under its own', async () => {
    const { code, stdout } = await start({});
    expect(stdout.match(/✓ continuity +valid/g)).toHaveLength(2);
    expect(stdout).toMatch(/^ +http_reqs\.+: \d+ +[\d.]+\/s$/m);
    expect(code).toBe(0);
  });
});

used('real k6', REAL_K6);
