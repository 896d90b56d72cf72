/**
 * `baton-verify/store-conformance`: checks which guarantees a session store for express-session keeps.
 * docs/store-conformance.md shows how to use it, and which guarantees published stores keep.
 */
import type { Store } from 'express-session';
import { CHECKS } from '../verify/core/checks/index.ts';
import { FORMAT, type Run, VERSION } from '../verify/core/history/history.ts';
import type { Guarantee } from '../verify/core/result/guarantees.ts';
import type { Result } from '../verify/core/result/result.ts';
import type { Verdict } from '../verify/core/result/verdict.ts';
import { Judge } from '../verify/core/timeline/judge.ts';
import { witnessLines } from '../verify/reports/witness.ts';
import type { Course } from './client.ts';
import { type Host, startHost } from './host.ts';
import { burst, hop, logoutRace, rest } from './workloads.ts';

/** The guarantees that depend on the session store. */
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
  /** Name of the store in test names and reports. */
  name: string;
  /** Opens the store. Called once for each of two app instances. Both stores must share their data. */
  open(): Store | Promise<Store>;
  /** Closes a store that `open` returned. */
  close?(store: Store): void | Promise<void>;
  /** The guarantees that the store claims; all by default. Other guarantees are measured, but cannot fail a test. */
  claims?: readonly StoreGuarantee[];
  /** Idle timeout of the sessions, seconds; at least 10 (the default). A run takes 1.25 times this timeout. */
  idleSeconds?: number;
}

/** Minimum idle timeout. Stores count whole seconds, and the measurement has a tolerance of 2 s. */
const LEAST_IDLE_SECONDS = 10;

/** The function `test` of vitest or node:test. */
type DefineTest = (name: string, run: () => Promise<void>) => unknown;

/**
 * Defines a test for each guarantee. All share one run of about twelve seconds. A test fails if its guarantee is
 * claimed but not valid. The error shows the requests that prove a violation.
 */
export function storeConformance(test: DefineTest, store: StoreUnderTest): void {
  let result: Promise<Result> | undefined;
  for (const guarantee of STORE_GUARANTEES) {
    const claimed = claimsOf(store).includes(guarantee);
    test(`${store.name}: ${guarantee}${claimed ? '' : ' (measured, not claimed)'}`, async () => {
      result ??= judgeStore(store);
      const verdict = (await result).guarantees.find(one => one.guarantee === guarantee);
      if (claimed && verdict?.judgement !== 'valid') throw new Error(failureMessage(guarantee, verdict));
    });
  }
}

/**
 * Runs the workloads against the store and judges the result, in 1.25 times the idle timeout. Throws the errors of
 * `open` and `close`. Other errors of the store are part of the result.
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
    if (one === undefined || two === undefined) throw new Error('expected two hosts to send requests to');
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
    // The workloads run one after the other, so that they do not affect each other.
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

function failureMessage(guarantee: Guarantee, verdict: Verdict | undefined): string {
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
