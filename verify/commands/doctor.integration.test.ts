/** Tests that the report of `baton doctor` on a target file agrees with the verdicts of a run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startLocalStack } from '../../stack/local.ts';
import type { Stack } from '../../stack/stack.ts';
import { lacksOf } from '../init/lacks.ts';
import { verify } from '../run.ts';
import { parseTarget } from '../target/load.ts';
import { baton } from '../testing/baton.ts';

const bundled = parse(readFileSync(join(import.meta.dirname, '../../baton.yaml'), 'utf8')) as {
  accounts: object[];
};
let stack: Stack;
let out: string;

beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), 'baton-doctor-'));
  stack = await startLocalStack({ port: 'any', instances: 2 });
});
afterAll(async () => {
  await stack?.stop();
  rmSync(out, { recursive: true, force: true });
});

describe('what it says stays unknown', () => {
  it.each<[string, object]>([
    ['probes and logout', { probes: [], logout: undefined }],
    ['instances and a second account', { instance: undefined, accounts: bundled.accounts.slice(0, 1) }],
  ])('is what stays unknown without %s', async (_, changes) => {
    const text = JSON.stringify({ ...bundled, url: stack.url, claims: ['strict'], ...changes });
    const target = parseTarget(text, 'target.yaml', {});
    const lacks = lacksOf(target, { logs: false, faults: false });
    const { result } = await verify(target, { duration: 3_000, sessions: 16, out });
    const unknown = result.guarantees.filter(({ judgement }) => judgement === 'unknown');
    expect(lacks.map(({ guarantee }) => guarantee).sort()).toEqual(
      unknown.map(({ guarantee }) => guarantee).sort(),
    );
    expect(lacks.filter(({ claimed }) => claimed).map(({ guarantee }) => guarantee)).toEqual(
      lacks
        .map(({ guarantee }) => guarantee)
        .filter(name => unknown.some(v => v.claimed && v.guarantee === name)),
    );
  });
});

describe('baton doctor', () => {
  it('lists the programs, and that every claim on the bundled stack can be judged', async () => {
    const { code, stdout } = await baton(['doctor', 'baton.yaml', '--stack', 'local']);
    expect(stdout).toContain(`✓ node       ${process.versions.node}\n`);
    expect(stdout).toMatch(/✓ nginx {6}\d/);
    expect(stdout).toMatch(/✓ redis {6}\d/);
    expect(stdout).toMatch(
      /[✓-] haproxy {4}(\d|not found; needed for STACK_BALANCER=haproxy: scripts\/setup --stores)/,
    );
    expect(stdout).toContain('✓ every claimed guarantee can be judged');
    expect(code).toBe(0);
  });

  it('names claims that cannot be judged, and missing programs', async () => {
    const file = join(out, 'target.yaml');
    writeFileSync(file, JSON.stringify({ ...bundled, logout: undefined }));
    const { code, stdout } = await baton(['doctor', file], { K6: '/nowhere/k6' });
    expect(stdout).toMatch(/- k6 +the variable K6 does not name a k6 program; needed for --k6/);
    expect(stdout).toMatch(
      /claimed, but cannot be judged with this target file\n {4}\? logout-final +no way to log out: add `logout`/,
    );
    expect(code).toBe(2);
  });
});
