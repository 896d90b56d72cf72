/** Tests that after SIGINT during a fault, Baton heals the fault, ends all processes, and judges the history. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../stack/wait.ts';
import { parseEvent } from '../core/history/parse.ts';
import { allGone, Baton } from '../testing/baton.ts';
import { FAULTS } from './index.ts';

/** The test interrupts the run when the history has this number of lines since the fault began. */
const LINES = 30;

const NEEDS: Record<string, { options?: readonly string[]; env?: Record<string, string> }> = {
  'rolling-deploy': { options: ['--next', 'SCRYPT_COST=4'] },
  'affinity-lost': { options: ['--sticky', 'duration'] },
  'sentinel-failover': { env: { STACK_REDIS: 'sentinel' } },
  'cluster-failover': { env: { STACK_REDIS: 'cluster' } },
};

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-interrupted-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

function history(): string[] {
  const [run] = readdirSync(out);
  return run === undefined ? [] : readFileSync(join(out, run, 'history.ndjson'), 'utf8').split('\n');
}

const inTheMiddle = (): boolean => {
  const lines = history();
  const begun = lines.findIndex(line => line.startsWith('{"type":"fault"'));
  return begun !== -1 && lines.length - begun > LINES;
};

it.each(FAULTS.map(({ name }) => name))('%s', async name => {
  const { options = [], env = {} } = NEEDS[name] ?? {};
  const hop = ['verify', '--stack', 'local', '--workload', 'hop', '--faults', name];
  const run = new Baton([...hop, '--sessions', '16', '--duration', '500ms', '--out', out, ...options], env);
  await run.says(new RegExp(`fault: ${name}`));
  await until(inTheMiddle, { withinMs: 30_000, what: `${LINES} lines in the history during ${name}` });
  const below = run.descendants().map(({ pid }) => pid);
  run.kill('SIGINT');
  const { code, stderr } = await run.finished;
  expect(code, stderr).toBe(130);
  await allGone(below);
  expect(stderr).not.toContain('could not be healed');
  const windows = history()
    .filter(line => line.startsWith('{"type":"fault"'))
    .map(line => parseEvent(line));
  expect(windows.at(-1)).toMatchObject({ name, end: expect.any(Number), healthy: true });
});
