/** Defines the result of judging one history. It has everything that a report needs (docs/result.schema.json). */
import { titleOf } from '../faults/window.ts';
import type { Finish, Run } from '../history/history.ts';
import type { Ages } from './ages.ts';
import type { Latency } from './latency.ts';
import type { Judgement, Verdict } from './verdict.ts';

export interface InstanceTally {
  instance: string;
  requests: number;
  /** The instance's share of all requests whose instance is known, 0 to 1. */
  share: number;
  sessions: number;
  /** The versions of the app that ran on the instance, in order of time; absent if no response names a version. */
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
  /** Number of requests that the client sent twice after the server had closed the connection. Absent in k6. */
  resent?: number;
  /** Time from the first request to the last response, microseconds. */
  duration: number;
  /** Key: a status, or a failure such as a timeout; value: number of failed requests. */
  failures: Record<string, number>;
  instances: InstanceTally[];
  /** Key: `header`, `cookie`, `body` or `log`; value: number of requests whose instance was found there. */
  namedBy?: Record<string, number>;
  /** Number of requests that were planned for a certain time; absent if the load had no declared rate. */
  intended?: number;
  /** Response times of successes outside fault windows. They count from the planned start, if the request has one. */
  latency?: Latency[];
  /** How old the sessions became. Absent if no session was used, and in results of k6. */
  ages?: Ages;
}

/** The effects of a fault on clients. Times are microseconds. */
export interface FaultSummary {
  id: number;
  name: string;
  /** The name of the instance, store or service that the fault disturbed. */
  where?: string;
  /** What the fault did, in a few words: `2 instances restarted`. */
  did?: string;
  /** True if the fault is known to have taken effect: Baton observed its effect, or sessions or writes were lost. */
  bit: boolean;
  /** True if, after the fault, everything was healthy again before the time limit. */
  healthy: boolean;
  /** False if Baton could not undo the fault, so that it may still be going on. Absent if Baton could undo it. */
  healed?: false;
  /** Time until everything was healthy again; absent if something stayed unhealthy. */
  duration?: number;
  requests: number;
  failed: number;
  relogins: number;
  /** Sessions from before the fault (`of`), and how many survived. `atLeast`: 95 % lower bound of their share. */
  sessions: { survived: number; of: number; atLeast: number };
  writes: { acknowledged: number; lost: number };
  /** The longest interval in which requests were waiting and none succeeded. */
  gap: number;
  /** Time from a client's first attempt until a request succeeded, including retries. */
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
  /** Why the run ended. `cut off`: the history has no last line, because the recording process was killed. */
  finished: Finish['reason'] | 'cut off';
  /** The verdict on the whole run: on all claimed guarantees and on `limits`. */
  judgement: Judgement;
  guarantees: Verdict[];
  tally: Tally;
  /** The faults of the run, in order of their start; absent if there were none. */
  faults?: FaultSummary[];
  /** Problems of the history itself, and other remarks for the reader. */
  remarks: string[];
  /** Exceeded thresholds of k6, other than the guarantees. Absent if no threshold was exceeded. */
  limits?: string[];
}

export const headOf = ({ run, target, url, seed, started, command }: Run) =>
  ({ format: 'baton-result', version: 1, run, target, url, seed, started, command }) as const;

export const failuresOf = ({ failures }: Tally): [how: string, times: number][] =>
  Object.entries(failures).sort(([, a], [, b]) => b - a);

export const unhealed = ({ faults = [] }: Pick<Result, 'faults'>): string[] =>
  faults
    .filter(({ healed }) => healed === false)
    .map(fault => `${titleOf(fault)} could not be healed: what it disturbed may still be disturbed`);
