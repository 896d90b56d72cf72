/** Defines the result of judging one history: everything that a report needs (docs/result.schema.json). */
import { titleOf } from '../faults/window.ts';
import type { Finish } from '../history/history.ts';
import type { Ages } from './ages.ts';
import type { Latency } from './latency.ts';
import type { Judgement, Verdict } from './verdict.ts';

export interface InstanceTally {
  instance: string;
  requests: number;
  /** The instance's share of all requests whose instance is known, 0 to 1. */
  share: number;
  /** Number of sessions that the instance served at least once. */
  sessions: number;
  /** The versions of the app that the instance ran, in order; absent if no response names a version. */
  versions?: string[];
}

export interface Tally {
  operations: number;
  ok: number;
  fail: number;
  info: number;
  sessions: number;
  users: number;
  handoffs: number;
  /** Requests that the client sent twice, because the server had closed the connection. Absent in results of k6. */
  resent?: number;
  /** Time from the first request to the last response, microseconds. */
  duration: number;
  /** Number of failed requests by status or failure, in no order. */
  failures: Record<string, number>;
  instances: InstanceTally[];
  /** Number of requests, by the source of their instance's name: `header`, `cookie`, `body`, `log`. */
  namedBy?: Record<string, number>;
  /** Number of requests with an intended start; absent if the load had no rate. */
  intended?: number;
  /** Response times of successful requests outside fault windows, from the intended start if there is one. */
  latency?: Latency[];
  /** How old the sessions became; absent if no session was used, and in results of k6. */
  ages?: Ages;
}

/** The effects of a fault on clients. Times are microseconds. */
export interface FaultSummary {
  id: number;
  name: string;
  /** Name of the instance, store or service that was disturbed. */
  where?: string;
  /** The disturbance in a few words: `2 instances restarted`. */
  did?: string;
  /** True if the fault is known to have taken effect: by an observation, or by lost sessions or writes. */
  bit: boolean;
  /** True if everything that was disturbed was healthy again in time. */
  healthy: boolean;
  /** False if Baton could not undo the fault, which may then go on; else absent. */
  healed?: false;
  /** Time until everything was healthy again; absent if not everything became healthy. */
  duration?: number;
  requests: number;
  failed: number;
  /** Number of clients that lost their session and had to log in again. */
  relogins: number;
  /** Sessions from before the fault, checked at the end. `atLeast`: 95 % lower bound of the share that survives. */
  sessions: { survived: number; of: number; atLeast: number };
  writes: { acknowledged: number; lost: number };
  /** The longest time in which requests waited and no request succeeded. */
  gap: number;
  /** Time from a client's first attempt until it succeeded, retries included. */
  wait: { longest: number; p99: number };
}

export interface Result {
  format: 'baton-result';
  version: 1;
  run: string;
  target: string;
  url: string;
  seed: number;
  started: string;
  /** The command that repeats the run with the same seed. */
  command: string;
  /** `cut off`: the history has no last line, as after a kill. */
  finished: Finish['reason'] | 'cut off';
  /** The verdict over all claimed guarantees and over `limits`. */
  judgement: Judgement;
  guarantees: Verdict[];
  tally: Tally;
  /** Sorted by their start; absent if there were no faults. */
  faults?: FaultSummary[];
  /** Problems of the history itself, and other remarks for the reader. */
  remarks: string[];
  /** Thresholds of k6, other than the guarantees, that were exceeded. Absent if there were none. */
  limits?: string[];
}

/** The most frequent kind first. */
export const failuresOf = ({ failures }: Tally): [how: string, times: number][] =>
  Object.entries(failures).sort(([, a], [, b]) => b - a);

/** A remark for each fault that could not be healed. */
export const unhealed = ({ faults = [] }: Pick<Result, 'faults'>): string[] =>
  faults
    .filter(({ healed }) => healed === false)
    .map(fault => `${titleOf(fault)} could not be healed: what it disturbed may still be disturbed`);
