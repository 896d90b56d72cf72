/** Checks that every k6 script fails if an app responds with errors, late or not at all, but loses no session. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { TwoPages } from '../tests/apps/logins.ts';
import { PASSWORD } from '../tests/apps/small-app.ts';
import { USUAL, withApp } from '../tests/apps/verified.ts';
import { LONG } from '../tests/long.ts';
import { used } from '../tests/used.ts';
import { judgeFile } from '../verify/judge-file.ts';
import { k6Target } from '../verify/target/k6.ts';
import { parseTarget } from '../verify/target/load.ts';
import type { ScriptRun } from './testing/double.ts';
import { startProxy, type Trouble } from './testing/proxy.ts';
import { double, REAL_K6, realK6, runLongEnough } from './testing/scripts.ts';

const runner = realK6 ?? double;

const SCRIPTS: Record<string, Record<string, string>> = {
  dashboard: { USERS: '4' },
  journey: { USERS: '3' },
  soak: { USERS: '4', THINK: '0-0.01' },
  spike: { USERS: '6', RATE: '10' },
  breakpoint: { USERS: '6', RATE: '40', BUDGET: '60000' },
  deploy: { USERS: '4', THINK: '0-0.01' },
  'logout-storm': { USERS: '6' },
  'mixed-users': { USERS: '3', SESSIONS: '3' },
  'examples/verified': {},
};

let stack: Stack;
beforeAll(async () => {
  stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2' } });
});
afterAll(() => stack?.stop());

async function behind(
  trouble: Trouble,
  script: string,
  env: Record<string, string> = {},
): Promise<ScriptRun> {
  const proxy = await startProxy(stack.url, trouble);
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  const run = (DURATION: string): Promise<ScriptRun> =>
    runner.run(path, { NO_COLOR: '1', DURATION, ...SCRIPTS[script], BASE_URL: proxy.url, ...env });
  try {
    return await runLongEnough(['3s', '20s'], run);
  } finally {
    await proxy.stop();
  }
}

/** Limits that a healthy app keeps even on a busy machine. */
const PATIENT = { P95: '60000', DROPPED: '1' };

describe('a proxy that does no harm', () => {
  it('passes', async () => {
    const { code, stdout } = await behind('none', 'dashboard', PATIENT);
    expect(stdout).toContain(' VALID  all 6 claimed guarantees hold');
    expect(code).toBe(0);
  });
});

describe('500 to every second GET /dashboard', () => {
  it('fails dashboard by availability and by failed requests', async () => {
    const { code, stdout } = await behind('500 to half of GET /dashboard', 'dashboard', PATIENT);
    expect(stdout).toMatch(/✗ availability +violated +[\d,]+ of [\d,]+ requests failed/);
    expect(stdout).toContain(' VIOLATED  broken: availability, http_req_failed rate<=0.01');
    expect(code).toBe(99);
  });

  it.runIf(LONG)('fails only by availability if ERRORS allows every share of failed requests', async () => {
    const { code, stdout } = await behind('500 to half of GET /dashboard', 'dashboard', {
      ...PATIENT,
      ERRORS: '1',
    });
    expect(stdout).toMatch(/ VIOLATED {2}broken: availability$/m);
    expect(code).toBe(99);
  });
});

describe.each<[Trouble, string, Record<string, string>, RegExp]>([
  ['500 to half', 'dashboard', PATIENT, /broken: .*(availability|http_req_failed)/],
  ['cuts half', 'soak', PATIENT, /broken: .*(availability|http_req_failed)/],
  [
    'answers late',
    'breakpoint',
    { P95: '200', DROPPED: '1' },
    /broken: .*http_req_duration\{phase:load\} p\(95\)<200/,
  ],
])('a proxy: %s', (trouble, short, env, broken) => {
  // The fake k6 is slow, because it starts a thread for each virtual user.
  it.concurrent.each(realK6 === undefined && !LONG ? [short] : Object.keys(SCRIPTS))(
    'fails %s',
    async script => {
      const own =
        script === 'breakpoint' && trouble === 'answers late' ? { ...env, P95: '', BUDGET: '200' } : env;
      const { code, stdout } = await behind(trouble, script, own);
      expect(code).toBe(99);
      expect(stdout).not.toMatch(
        /✗ (continuity|isolation|routing|read-your-writes|monotonic-reads|logout-final) /,
      );
      if (script !== 'breakpoint' || trouble !== 'answers late') expect(stdout).toMatch(broken);
      if (script === 'breakpoint')
        expect(stdout).toMatch(
          /^broke first: (a guarantee \(availability\)|latency) at \d+ iterations per second \(step \d+ of 10\)/m,
        );
    },
  );
});

describe('a script whose run is one fault window', () => {
  // Only reads fail. A failed write could take effect later, so the judge could not judge the reads after it.
  it.runIf(LONG)('passes soak as long as the share of failed requests is below ERRORS', async () => {
    const { code, stdout } = await behind('500 to half of GET /dashboard', 'soak', {
      ...PATIENT,
      ERRORS: '1',
    });
    expect(stdout).toMatch(/✓ availability +valid +[\d,]+ of [\d,]+ requests failed/);
    expect(code).toBe(0);
  });

  it('fails deploy if the app stops responding, even if ERRORS allows all requests to fail', async () => {
    const { code, stdout } = await behind('dies', 'deploy', { ...PATIENT, ERRORS: '1', BUDGET: '1000' });
    expect(stdout).toMatch(/✗ availability +violated .*a user waited up to/);
    expect(code).toBe(99);
  });

  it.runIf(LONG)(
    'writes the fault window into the history, so that `check` judges it by the same budget',
    async () => {
      const { console: history } = await behind('500 to half', 'soak', {
        ...PATIENT,
        ERRORS: '0.9',
        HISTORY: '1',
      });
      const folder = mkdtempSync(join(tmpdir(), 'baton-k6-'));
      try {
        const file = join(folder, 'run.ndjson');
        writeFileSync(file, history);
        const { guarantees, faults } = await judgeFile(file);
        const verdict = guarantees.find(({ guarantee }) => guarantee === 'availability');
        expect(verdict).toMatchObject({ claimed: true, judgement: 'valid' });
        expect(faults).toMatchObject([{ name: 'soak', bit: true }]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});

const PHASES = fileURLToPath(new URL('./testing/phases.ts', import.meta.url));
const SUMMARY = fileURLToPath(new URL('./testing/summary.ts', import.meta.url));

it('all requests of a login have the tag `login`, also after a step whose path has a placeholder', async () => {
  const file = {
    ...USUAL,
    accounts: ['alice', 'bob'].map(user => ({ user, password: PASSWORD })),
    login: {
      page: '/login',
      steps: [
        { path: '/login', form: { user: '{user}' } },
        { method: 'GET', path: '/login/password', capture: { state: { field: 'state' } } },
        { method: 'GET', path: '/notes?state={state}' },
      ],
      path: '/login/password',
      form: { state: '{state}', pass: '{password}' },
    },
  };
  await withApp(new TwoPages(), async ({ url }) => {
    const text = JSON.stringify({ ...file, url, claims: ['continuity'] });
    const target = k6Target(parseTarget(text, 'target.yaml', {}), text);
    const { stdout } = await runner.run(PHASES, { TARGET: target, BASE_URL: url });
    // A login sends five requests: page, three steps, password. Each of the five iterations reads once.
    expect(stdout).toBe('5 of login, 5 of load\n');
  });
});

const layout = (text: string): string[] =>
  text
    .split('\n')
    .map(line =>
      line
        .replaceAll(/\d[\d.]*( ?(ns|µs|ms|s|m|h|kB|MB|B|%)\b|%)?/g, '#')
        .replaceAll(/ +/g, ' ')
        .replaceAll(/\.\.+/g, '..')
        .trimEnd(),
    )
    .filter(line => line !== '');

it.skipIf(realK6 === undefined)('the summary has the lines of k6’s own summary', async () => {
  const [own, k6] = await Promise.all(
    [{ OWN: '1' }, {}].map(env => runner.run(SUMMARY, { BASE_URL: stack.url, ...env })),
  );
  expect(k6?.stdout).toContain('http_req_duration');
  expect(layout(own?.stdout ?? '')).toEqual(layout(k6?.stdout ?? ''));
});

used('real k6', REAL_K6);
