/** Divides a run among its workers. */
import type { Account } from '../target/load.ts';

/** The part of a run that a worker performs. */
export interface WorkerPart {
  /** Number of the worker, from 0. */
  number: number;
  /** Number of workers. */
  of: number;
}

/** Returns the accounts that a worker logs in with during the load. No other worker uses them. */
export const accountsOf = (accounts: readonly Account[], { number, of }: WorkerPart): Account[] =>
  accounts.filter((_, i) => i % of === number);
