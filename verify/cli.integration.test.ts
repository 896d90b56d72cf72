/** Tests output, exit codes and written files of `baton` on the real stack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import type { Stack } from '../stack/stack.ts';
import { LONG } from '../tests/long.ts';
import type { Result } from './core/result/result.ts';
import { allGone, Baton, baton } from './testing/baton.ts';

const root = join(import.meta.dirname, '..');
let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-cli-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const local = (...more: string[]) => [
  'verify',
  '--stack',
  'local',
  '--duration',
  '3s',
  '--out',
  out,
  ...more,
];
const historyOf = (stderr: string): string => /history: (\S+)/.exec(stderr)?.[1] ?? 'none was named';

const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(
  JSON.parse(readFileSync(join(root, 'docs/result.schema.json'), 'utf8')),
);
const resultOf = (stdout: string): Result => {
  const result: unknown = JSON.parse(stdout);
  validate(result);
  expect(validate.errors).toBeNull();
  return result as Result;
};

/** Two runs of the card store for all tests: without a defect, and with sessions in memory. */
const runs = new Map<string, ReturnType<typeof baton>>();
function shipped(store?: 'memory'): ReturnType<typeof baton> {
  const run =
    runs.get(`${store}`) ??
    (store === undefined
      ? baton(local('--seed', '7'))
      : baton(local('--seed', '7', '--ui'), { SESSION_STORE: store }));
  runs.set(`${store}`, run);
  return run;
}

function noSecretsIn(folder: string): void {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).not.toContain('correct-horse-battery');
    expect(text).not.toMatch(/s%3A|s:[\w-]{20}|_csrf|csrf-token/i);
  }
}

describe('baton verify --stack local', () => {
  it('finds the shipped app valid, and keeps no secret', async () => {
    const { code, stderr } = await shipped();
    const result = resultOf(readFileSync(join(historyOf(stderr), 'result.json'), 'utf8'));
    expect(result.guarantees.filter(v => v.claimed && v.judgement !== 'valid')).toEqual([]);
    expect(code).toBe(0);
    expect(result).toMatchObject({ judgement: 'valid', seed: 7, finished: 'complete' });
    expect(result.tally.instances.map(tally => tally.instance)).toEqual(['app-1', 'app-2']);
    // Workloads cause 4xx responses on purpose: they send too long values, and write after a logout.
    for (const status of Object.keys(result.tally.failures)) expect(status).toMatch(/^4/);
    const folder = historyOf(stderr);
    noSecretsIn(folder);
  });

  it('judges its recorded history again with the same result', async () => {
    const first = await shipped();
    const saved = readFileSync(join(historyOf(first.stderr), 'result.json'), 'utf8');
    const again = await baton(['check', historyOf(first.stderr), '--json']);
    expect(resultOf(again.stdout)).toEqual(resultOf(saved));
    expect(again.code).toBe(0);
    const page = join(out, 'reports/baton.html');
    const reports = ['--report', `html=${page}`, '--report', 'annotations=-'];
    const { stdout } = await baton(['check', historyOf(first.stderr), ...reports]);
    expect(stdout).toMatch(/all 16 claimed guarantees hold\n$/);
    expect(readFileSync(page, 'utf8')).toContain('All 16 claimed guarantees hold');
  });

  it('finds sessions in memory LOST, with a witness and the command that repeats the run', async () => {
    const { code, stdout, stderr } = await shipped('memory');
    expect(code).toBe(1);
    expect(stderr).toMatch(/live view: http:\/\/127\.0\.0\.1:\d+\/\w{32}\/\n/);
    expect(readdirSync(historyOf(stderr))).toContain('report.html');
    noSecretsIn(historyOf(stderr));
    expect(stdout).toMatch(/✗ continuity +violated/);
    expect(stdout).toMatch(
      /LOSS {2}continuity {2}session \S+ {2}user \S+\n {2}app-\d knew the session, app-\d did not/,
    );
    expect(stdout).toMatch(/login +on app-\d +303 to \/dashboard +logged in\n/);
    expect(stdout).toMatch(
      /read.* on app-\d +303 to \/login +expected: signed in as \S+\n +came: +signed out/,
    );
    expect(stdout).toContain(
      'see it again:  SESSION_STORE=memory npx baton-verify verify --stack local --duration 3s --seed 7',
    );
    expect(stdout).toContain(' VIOLATED  broken: continuity');
  });

  it.runIf(LONG)('finds stock connect-redis valid in what it claims', async () => {
    const { code, stdout } = await baton(local(), { SESSION_STORE: 'connect-redis' });
    expect(stdout).toContain(' VALID ');
    expect(code).toBe(0);
  });

  it.runIf(LONG)('is unknown with one instance, and says why', async () => {
    const { code, stdout } = await baton(local('--instances', '1', '--json'));
    expect(code).toBe(2);
    const verdicts = resultOf(stdout).guarantees;
    const why = (name: string) => verdicts.find(v => v.guarantee === name)?.why;
    expect(why('routing')).toContain('with one instance nothing can be spread');
    expect(why('continuity')).toContain('a session that stays on one instance proves nothing');
    expect(why('read-your-writes')).toContain('run at least two instances');
  });
});

describe('the README', () => {
  const shown = (name: string): string =>
    new RegExp(`<!-- verdict: ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\``).exec(
      readFileSync(join(root, 'README.md'), 'utf8'),
    )?.[1] ?? '';
  const shape = (text: string): string =>
    text
      .replace(/^[\d,]+ requests? without success.*$/m, '')
      .replaceAll(/https?:\S+|\d{8}-\d{6}-\w+|< [\d.]+|[\d.,]+/g, '#')
      .replaceAll(/\s+/g, ' ')
      .trim();

  it('shows a healthy run as it prints', async () => {
    const { stdout } = await shipped();
    expect(shape(stdout)).toEqual(shape(shown('healthy')));
  });

  it('shows a lost session as it prints', async () => {
    const { stdout } = await shipped('memory');
    const printed = shape(stdout);
    const lines = shown('memory')
      .split('\n')
      .filter(line => /^✗|knew the session|holds when|VIOLATED/.test(line.trim()));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(printed).toContain(shape(line));
  });
});

describe('an early end', () => {
  const lasting = ['verify', '--stack', 'local', '--duration', '60s', '--sessions', '8', '--quiet'];
  const begun = (baton: Baton, folder: string) =>
    vi.waitFor(
      () => {
        const run = join(folder, readdirSync(folder)[0] ?? 'no run yet');
        expect(readFileSync(join(run, 'history.ndjson'), 'utf8')).toContain('"action":"add"');
        return { processes: baton.descendants(), run };
      },
      { timeout: 60_000 },
    );

  it.each(['SIGINT', 'SIGTERM'] as const)('%s: saves, judges, stops the stack, exits 130', async signal => {
    const folder = mkdtempSync(join(out, 'signal-'));
    const running = new Baton([...lasting, '--out', folder]);
    const { processes, run } = await begun(running, folder);
    running.kill(signal);
    const { code, stdout } = await running.finished;
    expect(code).toBe(130);
    expect(stdout).toContain('the run was interrupted');
    expect(JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'))).toMatchObject({
      finished: 'interrupted',
    });
    await allGone(processes.map(process => process.pid));
  });

  it('kill -9: what was recorded can be judged, and nothing is left running', async () => {
    const folder = mkdtempSync(join(out, 'kill-'));
    const running = new Baton([...lasting, '--out', folder]);
    const { processes, run } = await begun(running, folder);
    expect(processes.length).toBeGreaterThan(4);
    running.kill('SIGKILL');
    await running.finished;
    await allGone(processes.map(process => process.pid));
    const { code, stdout } = await baton(['check', run]);
    expect(stdout).toContain('the history is incomplete');
    expect(code).toBe(2);
  });

  it.each(['app/server.ts', 'redis-server|valkey-server', 'nginx: master'])(
    'death of %s: names the process that died, exits 69',
    async what => {
      const folder = mkdtempSync(join(out, 'death-'));
      const running = new Baton([...lasting, '--out', folder]);
      const { processes, run } = await begun(running, folder);
      const victim = processes.find(process => new RegExp(what).test(process.command));
      process.kill(victim?.pid ?? 0, 'SIGKILL');
      const { code, stderr, stdout } = await running.finished;
      expect(stderr).toMatch(
        /baton: a part of the stack died, so the load was stopped: \S+ \(process \d+\) ended: SIGKILL/,
      );
      expect(stdout).toContain('the run was stopped by a failure');
      expect(code).toBe(69);
      expect(JSON.parse(readFileSync(join(run, 'result.json'), 'utf8'))).toMatchObject({
        finished: 'failed',
      });
      await allGone(processes.map(process => process.pid));
    },
  );
});

describe('baton verify TARGET', () => {
  let stack: Stack;
  let text: string;
  beforeAll(async () => {
    stack = await startLocalStack({ port: 'any' });
    text = readFileSync(join(root, 'baton.yaml'), 'utf8').replace('http://127.0.0.1:8080', stack.url);
  });
  afterAll(() => stack?.stop());

  const targetFile = (changed: string): string => {
    const path = join(out, `target-${readdirSync(out).length}.yaml`);
    writeFileSync(path, changed);
    return path;
  };
  const run = (changed: string, ...more: string[]) =>
    baton(['verify', targetFile(changed), '--duration', '2s', '--out', out, ...more]);

  it('verifies a running stack; without its logs, evidence is unknown', async () => {
    const { code, stdout } = await run(text, '--json');
    const result = resultOf(stdout);
    expect(result.guarantees.filter(v => v.claimed && v.judgement !== 'valid').map(v => v.guarantee)).toEqual(
      ['evidence'],
    );
    expect(code).toBe(2);
  });

  it.runIf(LONG)('is valid without logs if evidence is not claimed', async () => {
    expect((await run(text.replace('  - evidence\n', ''))).code).toBe(0);
  });

  it('on a full disk exits 69, and says how to judge the part before', async () => {
    const limited = ['-c', 'ulimit -f 100 && exec "$0" verify/cli.ts "$@"', process.execPath];
    const args = ['verify', targetFile(text), '--duration', '2s', '--out', out, '--quiet'];
    const bash = spawn('bash', [...limited, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    const [stderr, [code]] = await Promise.all([readText(bash.stderr), once(bash, 'close')]);
    expect(stderr).toMatch(/^baton: \S+: expected to write the history, got EFBIG: free .* check \S+\n$/);
    expect(code).toBe(69);
  });

  it('does not take a wrong password for a lost session', async () => {
    const { code, stderr, stdout } = await run(text.replaceAll('correct-horse-battery', 'wrong-horse'));
    expect(code).toBe(64);
    expect(stderr).toMatch(
      /the login of alice@example\.test was refused \d+ of \d+ times: \S+ answered .*, on these pairs of/,
    );
    expect(stderr).toMatch(/app-1 → app-1, .*password or `login.form` in the target file is wrong\. Try/);
    expect(stdout).toBe('');
  });

  it('reports a wrong mark when no page has it', async () => {
    const { code, stderr } = await run(text.replace('data-user=', 'data-other='));
    expect(code).toBe(64);
    expect(stderr).toContain(
      'signedIn.user: the login was accepted, but the expression found no user in 6 responses of /dashboard',
    );
  });

  it('reports that the mark finds a text other than the user', async () => {
    const { code, stderr } = await run(text.replace('<body[^>]* data-user="([^"]*)"', '<(body)'));
    expect(code).toBe(64);
    expect(stderr).toContain(
      'expected the expression to find alice@example.test in /dashboard, but it found another text',
    );
  });

  it('reports that no server responds', async () => {
    const { code, stderr } = await run(text.replace(stack.url, 'http://127.0.0.1:1'));
    expect(code).toBe(69);
    expect(stderr).toContain('http://127.0.0.1:1: expected a web server, got no response (refused)');
    const page = await run(text.replace('page: /login', 'page: /nowhere'));
    expect(page.code).toBe(69);
    expect(page.stderr).toContain('/nowhere: expected the login page, got status 404');
  });

  it.each([
    [['verify', 'no-such.yaml'], 'no-such.yaml: expected a target file'],
    [['verify', '--durtion', '3'], 'unknown option --durtion: did you mean "--duration"'],
    [
      ['check', 'runs/none', '--claims', 'continuity'],
      'check: unknown option --claims: an option of verify, doctor',
    ],
    [['check', 'runs/none', '--model', 'set'], '--model: expected --from jepsen too'],
    [['--seed', '3', 'verify'], 'expected a command before --seed'],
    [['verify', '--duration', 'soon'], '--duration: expected a time such as 10s'],
    [['verify', '--sessions', '0'], '--sessions: expected a whole number from 1 to 10000, got "0"'],
    [
      ['verify', '--rate', '5', '--workload', 'burst'],
      '--rate: expected the workload hop, the only one with a rate',
    ],
    [['verify', '--ui', '--sticky-report'], '--ui: --sticky-report makes several short runs'],
    [['verify', '--metrics', '0', '--sticky-report'], '--metrics: --sticky-report makes several short runs'],
    [['verify', '--stack', 'cloud'], '--stack: expected local or compose, got cloud'],
    [['verify', '--url', 'nowhere'], '--url: expected an address such as http://127.0.0.1:8080'],
    [['verify', '--logs', 'docs'], '--logs: docs: expected balancer/access.log or instances/NAME.log'],
    [
      ['verify', '--stack', 'compose', '--url', 'http://x'],
      '--stack: expected no --url and no --logs, because the bundled stack has its own',
    ],
    [
      ['verify', '--claims', 'continuty'],
      '--claims: claims: unknown guarantee "continuty": did you mean "continuity"',
    ],
    [
      ['verify', '--baseline', 'none.json'],
      '--baseline: expected a file, found no none.json: make it from a good run',
    ],
    [['verify', '--update-baseline'], '--update-baseline: expected --baseline FILE too'],
    [
      ['compare', 'runs'],
      'compare: expected two arguments, the good run or baseline and the run to compare with it, got 1',
    ],
    [['compare', 'package.json', 'README.md'], 'expected a baseline, a result or a history'],
    [['verify', '--report', 'pdf=x.pdf'], '--report: expected FORMAT=FILE with one of junit, ctrf, sarif,'],
    [['judge'], 'unknown command "judge"'],
    [['explain'], 'explain: expected a guarantee or an anomaly, as in: npx baton-verify explain continuity'],
    [['check'], 'check: expected a run'],
    [['check', 'runs/none'], 'expected a history file or the folder of a run'],
  ])('%j is refused with what to do', async (args, message) => {
    const { code, stderr } = await baton(args);
    expect(code).toBe(64);
    expect(stderr).toContain(message);
  });
});
