/** Tests `baton verify TARGET --faults …` on a system that this test has started. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startLocalStack } from '../../../stack/local.ts';
import type { Instance, Stack } from '../../../stack/stack.ts';
import { until } from '../../../stack/wait.ts';
import type { Result } from '../../core/result/result.ts';
import { Baton, type Finished } from '../../testing/baton.ts';
import { checkJunit } from '../../testing/report-readers.ts';

let folder: string;
let stack: Stack;
let control: Server;

const path = (name: string): string => join(folder, name);
const instance = (name: string): Instance => stack.instances().find(one => one.name === name) as Instance;

/** Disturbs an instance when a fault command requests it, for example by GET /app-1/restart. */
async function act(name: string, what: string): Promise<boolean> {
  const one = instance(name);
  if (what === 'stop') await one.stop();
  if (what === 'restart') await one.restart();
  if (what === 'pause') await one.pause();
  if (what === 'resume') await one.resume();
  noteProcesses();
  return true;
}

function noteProcesses(): void {
  for (const one of stack.instances())
    if ('pid' in one && one.pid !== undefined) writeFileSync(path(`${one.name}.pid`), `${one.pid}\n`);
}

const order = (what: string): string[] => {
  const url = `http://127.0.0.1:${(control.address() as AddressInfo).port}/${what}`;
  return [process.execPath, '-e', `fetch('${url}').then(({ ok }) => process.exit(ok ? 0 : 1))`];
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'baton-own-run-'));
  stack = await startLocalStack({ port: 'any', env: { SCRYPT_COST: '2', DRAIN_MS: '300' } });
  noteProcesses();
  control = createServer((request, response) => {
    const [, name = '', what = ''] = request.url?.split('/') ?? [];
    act(name, what).then(
      yes => response.writeHead(yes ? 200 : 409).end(),
      () => response.writeHead(500).end(),
    );
  }).listen(0, '127.0.0.1');
  await once(control, 'listening');
});
afterEach(async () => {
  for (const one of stack.instances()) if (!one.running()) await one.restart();
});
afterAll(async () => {
  control.close();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

function verify(faults: object, ...more: string[]): Baton {
  const target = { ...parse(readFileSync('baton.yaml', 'utf8')), url: stack.url, faults };
  writeFileSync(path('target.json'), JSON.stringify({ ...target, budgets: { survival: '100%' } }));
  return new Baton([
    ...[
      'verify',
      path('target.json'),
      '--workload',
      'hop',
      '--claims',
      'continuity,read-your-writes,availability',
    ],
    ...['--sessions', '16', '--duration', '1s', '--out', path('runs'), ...more],
  ]);
}

const runOf = ({ stderr }: Finished): string => /history: (\S+)/.exec(stderr)?.[1] ?? '';

it('processes and commands: each takes effect and is healed, and every session survives it', async () => {
  const { stdout, stderr, code } = await verify(
    {
      app: {
        processes: { pidFiles: ['app-1.pid'], start: order('app-1/restart'), do: ['kill'] },
        lasts: '500ms',
      },
      felt: { inject: order('app-2/stop'), heal: order('app-2/restart') },
    },
    ...['--faults', 'app-kill,felt', '--json'],
  ).finished;
  const result: Result = JSON.parse(stdout);
  expect(result.faults, stderr).toEqual(
    ['app-kill', 'felt'].map(name =>
      expect.objectContaining({ name, bit: true, healthy: true, relogins: 0 }),
    ),
  );
  expect(result.faults?.map(({ sessions }) => sessions.survived)).toEqual([16, 16]);
  expect(result.guarantees.find(({ guarantee }) => guarantee === 'survival')).toMatchObject({
    claimed: true,
    judgement: 'valid',
  });
  expect(code).toBe(0);
});

it('a fault that is not seen is unknown, and a heal that fails prints a warning: exit code 69', async () => {
  const junit = path('junit.xml');
  const ran = await verify(
    {
      idle: { inject: 'true' },
      broken: { inject: order('app-1/stop'), heal: 'echo token=abcdef; exit 3' },
    },
    ...['--faults', 'idle,broken', '--quiet', '--report', `junit=${junit}`],
  ).finished;
  expect(ran.code).toBe(69);
  expect(ran.stderr).toMatch(
    /!! broken could not be healed, .* ended with exit code 3: token=\(hidden\) \(complete output: /,
  );
  expect(ran.stderr).toMatch(/baton: broken could not be healed: .* Repair the system by hand/);
  expect(ran.stdout).toMatch(/survival {2,}unknown .*no effect was seen of idle/);
  expect(ran.stdout).toMatch(/^broken .*NOT HEALED/m);
  checkJunit(readFileSync(junit, 'utf8'));
  expect(readFileSync(junit, 'utf8')).toMatch(/<error type="unknown" message="broken could not be healed/);
  const said = join(runOf(ran), 'faults');
  expect(readdirSync(said).toSorted()).toEqual(['1-idle.log', '2-broken.log']);
  expect(readFileSync(join(said, '2-broken.log'), 'utf8')).not.toContain('abcdef');
});

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('%s in the middle of a fault heals it', async signal => {
  const faults = { frozen: { inject: [...order('app-2/pause')], heal: order('app-2/resume'), lasts: '10m' } };
  const run = verify(
    { frozen: { ...faults.frozen, check: `touch ${path(`injected-${signal}`)}` } },
    ...['--faults', 'frozen'],
  );
  await until(() => existsSync(path(`injected-${signal}`)), { withinMs: 60_000, what: 'the fault' });
  run.kill(signal);
  const finished = await run.finished;
  expect(finished.code).toBe(signal === 'SIGKILL' ? null : 130);
  const answers = async (): Promise<boolean> =>
    (await fetch(`${instance('app-2').url}/readyz`, { signal: AbortSignal.timeout(500) })).ok;
  await until(answers, { withinMs: 30_000, what: 'the instance to go on' });
});

it('lists the faults when none is declared, or when an unknown one is requested', async () => {
  const none = await verify({}, '--faults', 'all').finished;
  expect(none).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('does not say what can be disturbed'),
  });
  const other = await verify({ a: { inject: 'true' } }, '--faults', 'kill').finished;
  expect(other).toMatchObject({ code: 64, stderr: expect.stringContaining('some of a; got "kill"') });
  const deploy = await verify({ a: { inject: 'true' } }, '--faults', 'deploy').finished;
  expect(deploy).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('found none: add it to each fault that is part of a deploy'),
  });
});
