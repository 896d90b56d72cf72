/** Tests that no process or folder outlives the process that started the stack. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whyWithout } from './testing/servers.ts';
import { until } from './wait.ts';

const START_AND_STAY = fileURLToPath(new URL('./testing/start-and-stay.ts', import.meta.url));
const MAIN = fileURLToPath(new URL('../verify/cli.ts', import.meta.url));

let dir: string;
let parent: ChildProcess;
let output = '';

beforeEach(() => {
  output = '';
  dir = mkdtempSync(join(tmpdir(), 'baton-test-'));
});
afterEach(() => {
  parent.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function run(program: string, args: string[] = [], env: Record<string, string> = {}): ChildProcess {
  parent = spawn(process.execPath, [program, ...args], { env: { ...process.env, TMPDIR: dir, ...env } });
  for (const stream of [parent.stdout, parent.stderr]) {
    stream?.on('data', data => {
      output += data;
    });
  }
  return parent;
}

const said = (text: string) => until(() => output.includes(text), { withinMs: 60_000, what: `"${text}"` });

function processes(): number[] {
  return readdirSync('/proc').filter(isOurs).map(Number);
}

function isOurs(pid: string): boolean {
  if (!/^\d+$/.test(pid)) return false;
  try {
    return readdirSync(`/proc/${pid}/fd`).some(fd => readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(dir));
  } catch {
    return false; // The process has ended, or belongs to another user.
  }
}

async function nothingIsLeft(): Promise<void> {
  const gone = () => processes().length === 0 && readdirSync(dir).length === 0;
  await until(gone, { withinMs: 10_000, what: `no process and no folder in ${dir}` });
}

// These tests list processes through /proc, which only Linux has.
const onLinux = test.skipIf(!existsSync('/proc/self/fd'));

onLinux.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s', async signal => {
  run(START_AND_STAY);
  await said('up');
  expect(processes().length).toBeGreaterThanOrEqual(6); // Redis, nginx and two workers, two instances.
  parent.kill(signal);
  await once(parent, 'exit');
  await nothingIsLeft();
});

onLinux('an uncaught error', async () => {
  run(START_AND_STAY, ['local', 'throw']);
  const [code] = await once(parent, 'exit');
  expect(code).toBe(1);
  expect(output).toContain('uncaught');
  await nothingIsLeft();
});

onLinux.each([5, 60, 120, 200, 300, 450])('kill -9 after %i ms, in any phase of the start', async afterMs => {
  run(START_AND_STAY);
  await new Promise(resolve => setTimeout(resolve, afterMs));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await nothingIsLeft();
});

const onLinuxWithPostgres = test.skipIf(
  !existsSync('/proc/self/fd') || whyWithout('PostgreSQL', 'postgres') !== '',
);

onLinuxWithPostgres.each([150, 700, 'up'] as const)('with PostgreSQL, kill -9 after %s', async moment => {
  chmodSync(dir, 0o755); // PostgreSQL does not run as root, but must enter this folder.
  run(START_AND_STAY, [], { SESSION_STORE: 'postgres' });
  if (moment === 'up') {
    await said('up');
    expect(processes().length).toBeGreaterThanOrEqual(10);
  } else await new Promise(resolve => setTimeout(resolve, moment));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await nothingIsLeft();
});

onLinux('npm run stack: the output says how to use it, and Ctrl-C ends it with 0', async () => {
  run(MAIN, ['stack', '--instances', '3']);
  await said('Ctrl-C');
  expect(output).toMatch(/The card store is at http:\/\/127\.0\.0\.1:\d+\n/);
  expect(output).toContain('alice@example.test');
  expect(output).toMatch(/app-3 +http:/);
  parent.kill('SIGINT');
  expect(await once(parent, 'exit')).toEqual([0, null]);
  expect(processes()).toEqual([]);
  expect(readdirSync(dir)).toEqual([]);
});

onLinux('npm run stack: the printed command verifies this stack with its logs', async () => {
  run(MAIN, ['stack']);
  await said('Ctrl-C');
  const [, printed = ''] = /npx baton-verify (verify .*)/.exec(output) ?? [];
  const short = ['--duration', '3s', '--workload', 'hop', '--claims', 'evidence', '--out', join(dir, 'runs')];
  const verifying = spawn(process.execPath, [MAIN, ...printed.split(' '), ...short]);
  let verdict = '';
  verifying.stdout.on('data', data => {
    verdict += data;
  });
  await once(verifying, 'close');
  expect(verdict).toMatch(/evidence +valid +header and logs agree on all/);
  parent.kill('SIGINT');
  await once(parent, 'exit');
});

onLinux('npm run stack: continues without an instance, but not without Redis', async () => {
  run(MAIN, ['stack']);
  await said('Ctrl-C');
  process.kill(find(/app\/server\.ts/), 'SIGKILL');
  await said('Still running: redis, balancer, app-');
  process.kill(find(/redis-server|valkey-server/), 'SIGKILL');
  expect(await once(parent, 'exit')).toEqual([69, null]);
  expect(output).toMatch(/redis \(process \d+\) ended: SIGKILL/);
  expect(output).toContain('The stack cannot run without redis');
  expect(processes()).toEqual([]);
});

/** Throws if the process is missing, because `kill` with process id 0 would kill the test itself. */
function find(command: RegExp): number {
  const found = processes().find(pid => command.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));
  if (found === undefined) throw new Error(`expected a process of the stack that matches ${command}`);
  return found;
}

test.each([
  [
    'a wrong argument',
    ['--instances', 'many'],
    {},
    64,
    '--instances: expected a whole number from 1 to 64, got "many"',
  ],
  ['a setting that the app refuses', [], { SESSION_STORE: 'disk' }, 69, 'SESSION_STORE: expected one of'],
])('npm run stack: %s', async (_what, args, env: Record<string, string>, code, message) => {
  run(MAIN, ['stack', ...args], env);
  expect(await once(parent, 'exit')).toEqual([code, null]);
  expect(output).toContain(message);
});
