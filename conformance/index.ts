/**
 * `baton-verify/store-conformance`: runs Baton's guarantees against a session store of express-session.
 * docs/store-conformance.md shows its use, and what published stores keep.
 */
import type { Store } from 'express-session';
import { CHECKS } from '../verify/core/checks/index.ts';
import type { Guarantee } from '../verify/core/guarantees.ts';
import { FORMAT, type Run, VERSION } from '../verify/core/history.ts';
import { Judge } from '../verify/core/judge.ts';
import type { Result } from '../verify/core/result.ts';
import type { Verdict } from '../verify/core/verdict.ts';
import { witnessLines } from '../verify/reports/witness.ts';
import type { Course } from './client.ts';
import { type Host, startHost } from './host.ts';
import { burst, hop, logoutRace, rest } from './workloads.ts';

/** What a session store has a part in keeping. */
export const STORE_GUARANTEES = [
  'continuity',
  'isolation',
  'read-your-writes',
  'monotonic-reads',
  'no-lost-updates',
  'linearizability',
  'logout-final',
  'expiry',
] as const satisfies readonly Guarantee[];

export type StoreGuarantee = (typeof STORE_GUARANTEES)[number];

export interface StoreUnderTest {
  /** For the names of tests, and reports. */
  name: string;
  /** Makes the store of one of two instances that share their data: called twice, as in two processes. */
  open(): Store | Promise<Store>;
  /** Closes what `open` gave; called for each at the end. */
  close?(store: Store): void | Promise<void>;
  /** What it is held to; all there is by default. The rest is measured, and fails nothing. */
  claims?: readonly StoreGuarantee[];
  /** Idle timeout of the sessions, seconds; a run takes a quarter more. At least 10, the default: less says nothing. */
  idleSeconds?: number;
}

/** So that the 2 s within which either answer is right, and a store that counts whole seconds, leave room for more. */
const LEAST_IDLE_SECONDS = 10;

/** `test` of vitest, and `test` of node:test. */
type DefineTest = (name: string, run: () => Promise<void>) => unknown;

/**
 * Defines a test for each guarantee. All share one run, of some twelve seconds; each that is claimed fails unless it is
 * valid, with the requests that prove it.
 */
export function storeConformance(test: DefineTest, store: StoreUnderTest): void {
  let result: Promise<Result> | undefined;
  for (const guarantee of STORE_GUARANTEES) {
    const claimed = claimsOf(store).includes(guarantee);
    test(`${store.name}: ${guarantee}${claimed ? '' : ' (measured, not claimed)'}`, async () => {
      result ??= judgeStore(store);
      const verdict = (await result).guarantees.find(one => one.guarantee === guarantee);
      if (claimed && verdict?.judgement !== 'valid') throw new Error(told(guarantee, verdict));
    });
  }
}

/**
 * Runs the workloads and judges them. Its time is that of the idle timeout and a quarter.
 * Throws what `open` and `close` throw; whatever the store answers later is judged.
 */
export async function judgeStore(store: StoreUnderTest): Promise<Result> {
  const idleMs = Math.max(LEAST_IDLE_SECONDS, store.idleSeconds ?? LEAST_IDLE_SECONDS) * 1000;
  const stores: Store[] = [];
  const hosts: Host[] = [];
  try {
    for (const name of ['app-1', 'app-2']) {
      const opened = await store.open();
      stores.push(opened);
      hosts.push(await startHost({ name, store: opened, idleMs }));
    }
    const [one, two] = hosts;
    if (one === undefined || two === undefined) throw new Error('expected two hosts');
    return await judged(store, [one, two], idleMs);
  } finally {
    for (const host of hosts) await host.close();
    for (const opened of stores) await store.close?.(opened);
  }
}

async function judged(store: StoreUnderTest, hosts: Course['hosts'], idleMs: number): Promise<Result> {
  const run = runOf(store, hosts, idleMs);
  const judge = new Judge(
    run,
    CHECKS.filter(({ guarantee }) => STORE_GUARANTEES.some(name => name === guarantee)),
  );
  const began = performance.now();
  const now = () => Math.round((performance.now() - began) * 1000);
  let last = 0;
  const course: Course = {
    hosts,
    canary: run.canary,
    record: event => judge.step(event),
    now,
    next: () => ++last,
  };
  judge.step({ type: 'clock', clock: 'c0', base: run.started, uncertainty: 0 });
  await Promise.all([
    rest(course, idleMs),
    // One after the other, for each is to meet nothing but its own requests.
    hop(course)
      .then(() => burst(course))
      .then(() => logoutRace(course)),
  ]);
  judge.step({ type: 'finish', clock: 'c0', at: now(), reason: 'complete' });
  return judge.finish();
}

function runOf(store: StoreUnderTest, hosts: Course['hosts'], idleMs: number): Run {
  return {
    type: 'run',
    format: FORMAT,
    version: VERSION,
    run: 'conformance',
    seed: 0,
    started: new Date().toISOString(),
    target: store.name,
    url: hosts[0].url,
    command: 'the test of this store',
    claims: [...claimsOf(store)],
    routing: 'spread',
    canary: 'bstore',
    logs: [],
    declared: { expiry: { idle: idleMs * 1000, renew: 'each' } },
  };
}

function claimsOf(store: StoreUnderTest): readonly StoreGuarantee[] {
  return store.claims ?? STORE_GUARANTEES;
}

function told(guarantee: Guarantee, verdict: Verdict | undefined): string {
  if (verdict === undefined) return `expected a verdict on ${guarantee}, got none`;
  const [anomaly] = verdict.anomalies;
  const what = `expected ${guarantee} to be valid, got ${verdict.judgement}: ${verdict.why ?? verdict.finding}`;
  if (anomaly === undefined) return what;
  return [
    what,
    `${anomaly.name}  ${anomaly.summary}`,
    ...witnessLines(anomaly.witness),
    ...anomaly.notes,
  ].join('\n');
}
