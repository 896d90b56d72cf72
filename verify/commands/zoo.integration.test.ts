/** Tests `baton zoo` and `baton verify --sticky-report` in a separate process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyWithout } from '../../stack/testing/servers.ts';
import { LONG } from '../../tests/long.ts';
import { ENTRIES } from '../../zoo/index.ts';
import { baton } from '../testing/baton.ts';

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-zoo-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const ranOf = (entry: string, seed: number): string =>
  JSON.stringify({ entry, seed, passed: true, accused: [], unproven: [], violated: ['continuity'] });

const brief = (): string[] => ['--duration', '2s', '--sessions', '8', '--out', out];

describe('baton zoo', () => {
  it('lists every entry', async () => {
    const { code, stdout } = await baton(['zoo']);
    expect(code).toBe(0);
    for (const { name } of ENTRIES) expect(stdout).toContain(`${name} `);
  });

  it('shows what is broken, the witness, and how to mend it', async () => {
    const { code, stdout } = await baton(['zoo', 'run', 'no-id-rotation-at-login', ...brief()]);
    expect(stdout).toMatch(/^no-id-rotation-at-login: what is broken\n/);
    expect(stdout).toContain('Where it occurred\n');
    expect(stdout).toMatch(/^FIXED {2}rotation/m);
    expect(stdout).toContain('How to mend it\n');
    expect(stdout).toMatch(/As expected: FIXED \(rotation\), proved after \d+ requests and [\d.]+ s\.\n$/);
    expect(code).toBe(0);
  });

  it.runIf(LONG)(
    'goes on with a measurement where it was interrupted, and says what it refuses to count',
    async () => {
      const tally = join(out, 'tally.ndjson');
      const lines = ENTRIES.map(({ name }) => ranOf(name, 3));
      writeFileSync(tally, lines.join('\n'));
      const all = ['zoo', 'run', '--all', '--seed', '3', '--tally', tally];
      const { code, stdout } = await baton(all);
      expect([code, stdout]).toEqual([
        0,
        expect.stringMatching(/healthy deployments: wrongly accused in 0 of \d+ runs\.\n$/),
      ]);
      // The tally already has the default number of runs, so the command starts no run.
      expect((await baton([...all.slice(0, 3), '--tally', tally])).stdout).toBe(stdout);
      for (const rubbish of [
        'what is this',
        '{"entry":"affinity-left-on","violated":[]}',
        lines[1]?.replace('continuity', 'no such'),
        '[]',
      ]) {
        writeFileSync(tally, `${lines[0]}\n${rubbish}\n`);
        const wrong = await baton(all);
        expect([wrong.code, wrong.stderr]).toEqual([
          64,
          expect.stringContaining(`${tally}, line 2: expected`),
        ]);
      }
    },
  );

  it('runs healthy systems that are disturbed more or less often than broken ones', async () => {
    const tally = join(out, 'disturbed.ndjson');
    const lines = ENTRIES.filter(({ faults }) => faults !== undefined).flatMap(({ kind, name }) =>
      kind === 'defect' ? [ranOf(name, 3), ranOf(name, 4)] : [ranOf(name, 3)],
    );
    writeFileSync(tally, lines.join('\n'));
    const { code, stdout } = await baton([
      'zoo',
      'run',
      '--disturbed',
      '--runs',
      '2',
      '--control-runs',
      '1',
      '--tally',
      tally,
    ]);
    const controls = ENTRIES.filter(({ faults, kind }) => faults !== undefined && kind === 'control').length;
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`wrongly accused in 0 of ${controls} runs\\.\\n$`)),
    ]);
  });

  it.each([
    [['zoo', 'run', 'nothing'], 'there is no nothing. See: npx baton-verify zoo'],
    [['zoo', 'walk'], 'expected "npx baton-verify zoo", "zoo run NAME"'],
    [['zoo', 'run'], 'expected "npx baton-verify zoo", "zoo run NAME"'],
    [['zoo', 'run', 'plain-done-right', '--tally', 'x'], '--tally applies only to --all and --disturbed'],
    [['zoo', 'run', '--all', '--runs', '0'], '--runs: expected a whole number from 1'],
  ])('%j is refused with what to do', async (args, said) => {
    const { code, stderr } = await baton(args);
    expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
  });
});

const noHaproxy = whyWithout('HAProxy', 'haproxy');

describe('--sticky-report', () => {
  it.runIf(LONG).for(['nginx', 'haproxy'])(
    'says that sessions in memory need stickiness, behind %s',
    async (STACK_BALANCER, context) => {
      context.skip(STACK_BALANCER === 'haproxy' && noHaproxy !== '', noHaproxy);
      // The runs take 6 s, because the verdict `valid` needs a hundred requests even on a busy machine.
      const longer = ['--duration', '6s', '--sessions', '8', '--out', out];
      const args = ['verify', '--stack', 'local', '--sticky-report', '--workload', 'hop', ...longer];
      const { code, stdout } = await baton(args, { SESSION_STORE: 'memory', STACK_BALANCER });
      expect(stdout).toMatch(/^stickiness +on +off +re-pinned +broken$/m);
      expect(stdout).toMatch(/^handoffs +0 +[1-9]/m);
      expect(stdout).toMatch(/^continuity +✓ valid +✗ violated +✗ violated +✗ violated$/m);
      expect(stdout).toMatch(/^Stickiness cannot be turned off: without it, continuity.* would break\.$/m);
      expect(code).toBe(1);
    },
  );

  it.each([
    [['verify', '--sticky-report'], 'expected `instance.sticky` in the target file'],
    [
      ['verify', '--stack', 'compose', '--sticky-report'],
      'only the local stack supports this option; use --stack local',
    ],
  ])('%j is refused with what to do', async (args, said) => {
    const { code, stderr } = await baton(args);
    expect([code, stderr]).toEqual([64, expect.stringContaining(said)]);
  });
});
