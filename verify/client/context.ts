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
  /** A client with an empty jar. */
  connect(): SessionClient;
  /** Prefix of the run's canaries. */
  canary: string;
  random: Random;
  /** Names of clients and sessions begin with it: a workload has its own. */
  prefix: string;
  /** @returns the account of the n-th client of this workload; clients share accounts when there are fewer */
  account(n: number): Account;
  /** Where the app allows a user only so many sessions: who wants to log in takes seats first. */
  seats?: Seats | undefined;
  /** Where the app allows a user only so many logins in a time. */
  spacing?: Spacing | undefined;
  /** Where accounts are made by Baton. */
  registration?: Registration | undefined;
  /** How far the audit lets a session grow; absent: nothing was measured, and no text is made longer. */
  growth?: Growth | undefined;
  /** Aborts when the run is to stop: requests in flight are given up. */
  signal: AbortSignal;
}
