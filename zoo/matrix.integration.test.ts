/** Runs Baton against each entry of the zoo. Baton must find each defect, and must not report a healthy system. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../tests/long.ts';
import { CHECKS } from '../verify/core/checks/index.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';
import { judgeFile } from '../verify/judge-file.ts';
import type { ZooEntry } from './entry.ts';
import { ENTRIES } from './index.ts';
import { demandedOf, type Trial, trial } from './run.ts';
import { whyNotHere } from './testing/needs.ts';

const AT_ONCE = 4;

/** Deployments that run by default: one defect for each guarantee, and the healthy systems most like a defect. */
const BY_DEFAULT: ReadonlySet<string> = new Set([
  'memory-store-per-instance',
  'form-or-handshake-token-in-process',
  'set-cookie-cached-by-proxy',
  'reply-of-an-abandoned-request',
  'cookie-lifetime-differs',
  'sticky-by-connection',
  'response-before-save',
  'stale-local-session-cache',
  'whole-session-last-writer-wins',
  'lb-retry-replays-write',
  'other-device-reads-replica',
  'logout-resurrected-by-inflight-save',
  'no-id-rotation-at-login',
  'token-decoded-not-verified',
  'parallel-first-requests-split-session',
  'no-touch-fixed-ttl',
  'refresh-without-grace',
  'logout-keeps-refresh-token',
  'predictable-session-ids',
  'pages-marked-public',
  'insert-race-500',
  'instance-id-in-image',
  'restart-loses-sessions',
  'store-outage-logs-users-out',
  'plain-done-right',
  'chunked-cookie-guest-login',
  'data-from-elsewhere',
  'late-writes',
  'sticky-memory',
]);
const breaks = (entry: ZooEntry): Guarantee | undefined =>
  entry.kind === 'defect' ? entry.must.guarantee : undefined;
// logins.integration.test.ts runs the deployments with an identity provider.
const tried = ENTRIES.filter(({ name, deployment }) =>
  LONG ? deployment.host !== 'relying-party' : BY_DEFAULT.has(name),
);

/** Key: guarantee; value: trials that found a defect of this guarantee. */
const found = new Map<Guarantee, Trial[]>();

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'zoo-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

/** Promises of the last trial in each of AT_ONCE slots. Trials run concurrently, because a trial mostly waits. */
const slots = Array.from({ length: AT_ONCE }, () => Promise.resolve());
let next = 0;
const settled = (run: Promise<unknown>): Promise<void> =>
  run.then(
    () => {},
    () => {},
  );
function inSlot(run: () => Promise<Trial>): Promise<Trial> {
  const slot = next++ % AT_ONCE;
  const done = (slots[slot] as Promise<unknown>).then(run);
  slots[slot] = settled(done);
  return done;
}

function alone(run: () => Promise<Trial>): Promise<Trial> {
  const done = Promise.all(slots).then(run);
  slots.fill(settled(done));
  return done;
}

/** True if the verdict on the broken guarantee is `unknown`. The verdict `valid` would be wrong. */
const undecided = ({ entry, result }: Trial): boolean =>
  result.guarantees.some(
    ({ guarantee, judgement }) => guarantee === breaks(entry) && judgement === 'unknown',
  );

/** Defects that only rare requests or unusual workloads show. Their trials run at default settings. */
const RARE: ReadonlySet<string> = new Set([
  'set-cookie-cached-by-proxy',
  'column-cuts-session',
  'large-session-silently-not-saved',
  'local-copy-outlives-shared-session',
  'renewal-drops-concurrent-requests',
]);

describe('the zoo', { concurrent: true, timeout: 1_800_000 }, () => {
  it.for(tried.map(entry => [entry.name, entry] as const))('%s', async ([, entry], context) => {
    const why = whyNotHere(entry);
    context.skip(why !== '', why);
    const settings = RARE.has(entry.name) ? {} : { sessions: 12, duration: 2_500, brief: true };
    const short = await inSlot(() => trial(entry, { seed: 1, out, ...settings }));
    expect(short.accused, `accused; see ${short.folder}`).toEqual([]);
    // A short trial may have too little evidence on a slow machine, so a trial at default settings follows.
    const done = undecided(short) ? await alone(() => trial(entry, { seed: 1, out })) : short;
    const { accused, shown } = done;
    expect(accused, `accused; see ${done.folder}`).toEqual([]);
    if (entry.kind === 'defect') {
      expect(shown?.name, `see ${done.folder}`).toBe(entry.must.anomaly);
      found.set(entry.must.guarantee, [...(found.get(entry.must.guarantee) ?? []), done]);
    } else {
      const violated = done.result.guarantees.filter(v => v.claimed && v.judgement === 'violated');
      expect(violated.map(({ guarantee }) => guarantee)).toEqual([]);
    }
  });
});

describe('each check', () => {
  it.each(CHECKS.map(check => [check.guarantee, check] as const))(
    '%s is needed: without it a defect goes undetected',
    async (guarantee, check) => {
      const trials = found.get(guarantee) ?? [];
      expect(trials, 'defects that this check must find').not.toEqual([]);
      for (const { folder, entry } of trials) {
        const others = await judgeFile(
          folder,
          CHECKS.filter(other => other !== check),
        );
        expect(demandedOf(entry, others), entry.name).toBeUndefined();
        expect(demandedOf(entry, await judgeFile(folder)), entry.name).toBeDefined();
      }
    },
  );
});
