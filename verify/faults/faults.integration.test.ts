/** Tests that the card store survives each fault, that Baton sees the fault's effect, and that no process is left. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { whyWithout } from '../../stack/testing/servers.ts';
import { LONG } from '../../tests/long.ts';
import type { Event } from '../core/history/history.ts';
import type { Result } from '../core/result/result.ts';
import { HISTORY } from '../history-reader.ts';
import { allGone, Baton, baton } from '../testing/baton.ts';

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'baton-faults-'));
});
afterAll(() => rmSync(out, { recursive: true, force: true }));

const CLAIMS = 'continuity,read-your-writes,monotonic-reads,availability,evidence';

const disturbed = (faults: string, ...more: string[]) => [
  ...['verify', '--stack', 'local', '--workload', 'hop', '--claims', CLAIMS, '--faults', faults],
  ...['--sessions', '16', '--duration', '2s', '--out', out, ...more],
];

async function resultOf(faults: string, env: Record<string, string> = {}): Promise<Result> {
  const { stdout, code } = await baton(disturbed(faults, '--json'), env);
  const result: Result = JSON.parse(stdout);
  expect(result.guarantees.filter(({ claimed, judgement }) => claimed && judgement !== 'valid')).toEqual([]);
  expect(code).toBe(0);
  return result;
}

function loggedOut(run: string, sessions: readonly string[]): string[] {
  const lines = readFileSync(join(out, run, HISTORY), 'utf8')
    .trimEnd()
    .split('\n');
  const events: Event[] = lines.map(line => JSON.parse(line));
  const begin = events.find(event => event.type === 'fault')?.begin ?? Number.NaN;
  return sessions.map(session => {
    const logout = events.find(
      event => event.type === 'start' && event.session === session && event.action === 'logout',
    );
    return logout?.type === 'start' && logout.call >= begin ? 'in a fault' : 'before';
  });
}

const seenAndHealed = (names: string[]) =>
  names.map(name => expect.objectContaining({ name, bit: true, healthy: true, relogins: 0 }));

const noHaproxy = whyWithout('HAProxy', 'haproxy');

it.for(LONG ? ['nginx', 'haproxy'] : ['nginx'])(
  'behind %s a deploy loses no session, write or request',
  async (STACK_BALANCER, context) => {
    context.skip(STACK_BALANCER === 'haproxy' && noHaproxy !== '', noHaproxy);
    const { faults = [], guarantees } = await resultOf('deploy', { STACK_BALANCER });
    expect(faults).toEqual(seenAndHealed(['rolling-restart', 'replace-oldest', 'scale-out', 'scale-in']));
    expect(faults.map(({ failed, sessions, writes }) => [failed, sessions.survived, writes.lost])).toEqual(
      faults.map(() => [0, 16, 0]),
    );
    expect(guarantees.find(({ guarantee }) => guarantee === 'survival')?.claimed).toBe(true);
  },
);

it.runIf(LONG)('an unavailable store signs no client out, and no request hangs', async () => {
  const names = ['store-restart', 'store-refuses', 'store-full', 'store-read-only'];
  const { run, faults, guarantees } = await resultOf(names.join());
  expect(faults).toEqual(seenAndHealed(names));
  // These clients log in before the first fault, and log out during a fault.
  expect(loggedOut(run, ['leaving-1', 'leaving-2'])).toEqual(['in a fault', 'in a fault']);
  const verdict = (name: string) => guarantees.find(({ guarantee }) => guarantee === name);
  expect(verdict('outage')).toMatchObject({ claimed: true });
  expect(verdict('logout-final')).toMatchObject({ violations: 0 });
  expect(verdict('logout-final')?.rests['logouts']).toBeGreaterThan(20);
});

it.runIf(LONG).for(['sentinel', 'cluster'])(
  '%s replaces a primary that was killed, and instances follow it',
  async STACK_REDIS => {
    const { faults = [], guarantees } = await resultOf(`${STACK_REDIS}-failover`, { STACK_REDIS });
    expect(faults).toEqual(seenAndHealed([`${STACK_REDIS}-failover`]));
    expect(faults[0]).toMatchObject({ did: expect.stringMatching(/^another primary after [\d.]+ s$/) });
    expect(guarantees.find(({ guarantee }) => guarantee === 'outage')?.claimed).toBe(true);
  },
);

const noFaketime = whyWithout('faketime', 'faketime');

it.runIf(LONG)('a wrong clock and narrow links lose no session or write', async () => {
  const names = [...(noFaketime === '' ? ['clock-offset'] : []), 'store-narrow', 'instance-narrow'];
  const { faults } = await resultOf(names.join());
  expect(faults).toEqual(seenAndHealed(names));
});

it.runIf(LONG)(
  'reports what a store loses: sessions, writes, and clients that had to log in again',
  async () => {
    const { stdout, code } = await baton(disturbed('store-restart-empty', '--seed', '5'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/^store-restart-empty of redis {3}under \d+ req\/s: [\d,]+ requests in/m);
    expect(stdout).toMatch(/sessions {3}0 of 16 survived .* forced re-logins {2}16\n/);
    expect(stdout).toMatch(/GONE {2}survival/);
    expect(stdout).toMatch(/see it again: .* --faults store-restart-empty .*--seed 5\n/);
  },
);

/** Performs all faults that lose no data. Only `npm run test:long` runs this test. */
it.runIf(process.env['BATON_SHARE'])(
  'all faults, three times: nothing is violated',
  { timeout: 900_000 },
  async () => {
    for (let i = 0; i < 3; i++) {
      const { faults = [] } = await resultOf('all');
      expect(faults.length).toBeGreaterThan(20);
      expect(faults).toEqual(seenAndHealed(faults.map(({ name }) => name)));
    }
  },
);

it('Ctrl-C while the store is paused leaves nothing running, and what was recorded is judged', async () => {
  const run = new Baton(disturbed('store-pause'));
  await run.says(/fault: store-pause/);
  const below = run.descendants().map(({ pid }) => pid);
  run.kill('SIGINT');
  const { code, stderr } = await run.finished;
  expect(code).toBe(130);
  await allGone(below);
  const folder = /history: (\S+)/.exec(stderr)?.[1] ?? '';
  expect(readFileSync(join(folder, 'history.ndjson'), 'utf8')).toMatch(/"name":"store-pause".*"end":/);
});
