/** What all clients of a run share. */
import type { Interpreter } from '../core/interpret.ts';
import type { Account, Target } from '../target/load.ts';
import type { Growth } from '../workloads/growth.ts';
import type { Random } from '../workloads/random.ts';
import type { Instances } from './instances.ts';
import type { Recorder } from './recorder.ts';
import type { Registration } from './registration.ts';
import type { Seats, Spacing } from './seats.ts';
import type { SessionClient } from './session-client.ts';

export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  instances: Instances;
  /** Returns a client with an empty jar. */
  connect(): SessionClient;
  /** Prefix of the run's canaries. */
  canary: string;
  random: Random;
  /** Prefix of the names of clients and sessions; each workload has its own. */
  prefix: string;
  /** Returns the account of the n-th client of this workload; clients share accounts when there are fewer. */
  account(n: number): Account;
  /** Present if the app limits the sessions of a user: a client must take seats before it logs in. */
  seats?: Seats | undefined;
  /** Present if the app limits the logins of a user within an interval. */
  spacing?: Spacing | undefined;
  /** Present if Baton registers the accounts. */
  registration?: Registration | undefined;
  /** How far the audit lets a session grow. Absent: nothing was measured, and no text is made longer. */
  growth?: Growth | undefined;
  /** Aborts when the run must stop: requests in flight are aborted. */
  signal: AbortSignal;
}
