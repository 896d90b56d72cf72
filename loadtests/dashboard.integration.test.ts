/** Runs dashboard.ts against the real stack: with the fake k6, and with real k6 if it is installed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { double, REAL_K6, type Runner, realK6 } from './testing/scripts.ts';

const SCRIPT = fileURLToPath(new URL('./dashboard.ts', import.meta.url));
const LOAD = { USERS: '4', DURATION: '4s', NO_COLOR: '1', P95: '60000' };

type LocalStackOptions = NonNullable<Parameters<typeof startLocalStack>[0]>;

let stack: Stack | undefined;
let of = '';
/** Starts a stack, or reuses the stack of the previous test if the options are equal. */
async function stackOf(options: LocalStackOptions): Promise<string> {
  const kind = JSON.stringify(options);
  if (stack === undefined || of !== kind) {
    await stack?.stop();
    stack = undefined;
    stack = await startLocalStack({ ...options, port: 'any' });
    of = kind;
  }
  return stack.url;
}
afterAll(() => stack?.stop());

let folder = '';
afterEach(() => {
  if (folder !== '') rmSync(folder, { recursive: true });
  folder = '';
});
async function judged(history: string) {
  folder = mkdtempSync(join(tmpdir(), 'baton-k6-'));
  const file = join(folder, 'run.ndjson');
  writeFileSync(file, history);
  return judgeFile(file);
}

describe.each<[string, Runner | undefined]>([
  ['real k6', realK6],
  ['the fake k6', double],
])('dashboard.ts on %s', (_, runner) => {
  const run = async (options: LocalStackOptions, env: Record<string, string> = {}) => {
    if (runner === undefined) throw new Error('expected k6: without it this test is skipped');
    return runner.run(SCRIPT, { ...LOAD, BASE_URL: await stackOf(options), ...env });
  };
  const there = { skip: runner === undefined };
  const long = { skip: runner === undefined || (runner === double && !LONG) };

  it('counts all unexpected instances as one', long, async () => {
    const { stdout } = await run({}, { INSTANCES: 'app-1', DURATION: '1s' });
    expect(stdout).toMatch(/^app-1 +[1-9]/m);
    expect(stdout).toMatch(/^other +[1-9]/m);
  });

  it('passes on the shipped app, and leaves a valid history without a secret', there, async () => {
    const { code, stdout, console: history } = await run({}, { HISTORY: '1', SEED: '7' });
    expect(stdout).toContain(' VALID  all 6 claimed guarantees hold');
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ continuity +valid/);
    expect(stdout).toMatch(/seed 7 · .* 4 sessions of 4 users, [\d,]+ handoffs/);
    const result = await judged(history);
    expect(result).toMatchObject({ judgement: 'valid', finished: 'complete', remarks: [], seed: 7 });
    expect(result.tally).toMatchObject({ sessions: 4, users: 4 });
    const rows = result.tally.instances.map(({ instance, sessions }) => [instance, String(sessions)]);
    const shown = [...stdout.matchAll(/^(app-\d) +[\d,]+ +[\d.]+ % +█+ +(\d+)$/gm)];
    expect(shown.map(([, instance, sessions]) => [instance, sessions])).toEqual(rows);
    const [, requests] = /([\d,]+) requests in/.exec(stdout) ?? [];
    expect(result.tally.operations).toBe(Number(requests?.replaceAll(',', '')));
    expect(history).not.toMatch(/correct-horse|s%3A|s:[\w-]{20}|_csrf/);
  });

  it(
    'fails on sessions in memory, reports the first lost one, and the history proves it',
    there,
    async () => {
      const memory = { env: { SESSION_STORE: 'memory' } };
      const ran = await run(memory, { DURATION: '2s' });
      expect(ran.stdout).toContain(' VIOLATED  broken: continuity');
      expect(ran.code).toBe(99);
      expect(ran.stdout).toMatch(/✗ continuity +violated +[1-9]\d* of \d+ sessions lost/);
      expect(ran.console + ran.stderr).toMatch(
        /LOSS {2}continuity {2}session \S+ {2}user user\d: app-\d knew/,
      );
      const { code, console: history } = await run(memory, { HISTORY: '1', DURATION: '2s' });
      expect(code).toBe(99);
      const { guarantees, judgement } = await judged(history);
      expect(judgement).toBe('violated');
      expect(guarantees[0]?.anomalies[0]).toMatchObject({ name: 'LOSS', guarantee: 'continuity' });
    },
  );

  it('fails if no login succeeds, since nothing was checked', there, async () => {
    const { code, stdout } = await run({}, { PASSWORD: 'wrong', DURATION: '2s' });
    expect(code).toBe(99);
    expect(stdout).toMatch(/\? continuity +unknown +no login succeeded/);
    expect(stdout).not.toContain(' VALID ');
  });

  it('fails if the target does not respond', there, async () => {
    const { code, stdout } = await run({}, { BASE_URL: 'http://127.0.0.1:1', DURATION: '1s' });
    expect(code).toBe(99);
    expect(stdout).toMatch(/\? continuity +unknown +no login succeeded/);
    expect(stdout).toContain(' VIOLATED  broken: availability, http_req_failed rate<=0.01');
    expect(stdout).toMatch(/without success: no answer × \d/);
  });

  it('fails if only one instance responds, since no session changes the instance', there, async () => {
    const { code, stdout } = await run({ instances: 1 }, { INSTANCES: '1', DURATION: '2s' });
    expect(code).toBe(99);
    expect(stdout).toMatch(/\? continuity +unknown +0 handoffs/);
    expect(stdout).toMatch(/\? routing +unknown +every response came from app-1/);
  });

  it('fails if an expected instance serves no request', long, async () => {
    const { code, stdout } = await run({}, { INSTANCES: 'app-1,app-2,app-3' });
    expect(code).toBe(99);
    expect(stdout).toMatch(/\? routing +unknown +no response came from app-3, which INSTANCES names/);
  });

  it('exits before the load if a setting is wrong', there, async () => {
    const { code, stderr } = await run({}, { USERS: 'many' });
    expect(code).toBe(107);
    expect(stderr).toContain('USERS: expected a whole number from 1 on, got');
  });
});

used('real k6', REAL_K6);
