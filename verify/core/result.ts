/** The outcome of judging one history: everything that a report needs (docs/result.schema.json). */

import { titleOf } from './faults/window.ts';
import type { Finish } from './history.ts';
import type { Latency } from './latency.ts';
import type { Judgement, Verdict } from './verdict.ts';

export interface InstanceTally {
  instance: string;
  requests: number;
  /** Part of all requests whose instance is known, 0 to 1. */
  share: number;
  /** Sessions that it served at least once. */
  sessions: number;
}

export interface Tally {
  operations: number;
  ok: number;
  fail: number;
  info: number;
  sessions: number;
  users: number;
  handoffs: number;
  /** Sent again on a fresh connection, since the server closed the kept one just then; absent where none tells (k6). */
  resent?: number;
  /** From the first call to the last return, microseconds. */
  duration: number;
  /** How requests failed, by status or failure; in no order, since keys that are numbers have one of their own. */
  failures: Record<string, number>;
  instances: InstanceTally[];
  /** What named the instance, and of how many requests: `header`, `cookie`, `body`, `log`. */
  namedBy?: Record<string, number>;
  /** How long answers took that succeeded, fault windows left out. */
  latency?: Latency[];
}

/** What became of people during a fault. Times are microseconds. */
export interface FaultSummary {
  id: number;
  name: string;
  /** What was disturbed, by name. */
  where?: string;
  /** What was done, in a few words: `2 instances restarted`. */
  did?: string;
  /** Whether it took effect: that was seen, or it took sessions or writes. And whether all was healthy again in time. */
  bit: boolean;
  healthy: boolean;
  /** False where its heal failed, so that the disturbance may go on; else absent. */
  healed?: false;
  /** Until all was healthy again; absent when it never was. */
  duration?: number;
  requests: number;
  failed: number;
  /** Clients who had lost their session and had to log in again. */
  relogins: number;
  /** Of those from before it that were asked for at the end; `atLeast`: the share that survives, at 95 %. */
  sessions: { survived: number; of: number; atLeast: number };
  writes: { acknowledged: number; lost: number };
  /** The longest time in which requests waited and none was answered. */
  gap: number;
  /** From when a client first asked until it got an answer, however often it had to ask. */
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
  /** The command that runs it again with the same seed. */
  command: string;
  /** `cut off`: the history has no last line, as after a kill. */
  finished: Finish['reason'] | 'cut off';
  /** Over the claimed guarantees, and violated where one of `limits` is crossed. */
  judgement: Judgement;
  guarantees: Verdict[];
  tally: Tally;
  /** In the order in which they began; absent when there were none. */
  faults?: FaultSummary[];
  /** What was wrong with the history itself, and what is worth knowing. */
  remarks: string[];
  /** Limits of the load beside the guarantees that were crossed: thresholds of k6. Absent when there were none. */
  limits?: string[];
}

/** @returns how requests failed, and how often, the most frequent first */
export const failuresOf = ({ failures }: Tally): [how: string, times: number][] =>
  Object.entries(failures).sort(([, a], [, b]) => b - a);

/** @returns what is to be said of each fault whose heal failed */
export const unhealed = ({ faults = [] }: Pick<Result, 'faults'>): string[] =>
  faults
    .filter(({ healed }) => healed === false)
    .map(fault => `${titleOf(fault)} could not be healed: what it disturbed may still be so`);
