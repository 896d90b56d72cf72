import type { Account } from '../target/load.ts';

export interface WorkerPart {
  /** Number of the worker thread, from 0. */
  number: number;
  /** Number of worker threads of the run. */
  of: number;
}

/** Returns the accounts that only this worker thread uses during the load. */
export const accountsOf = (accounts: readonly Account[], { number, of }: WorkerPart): Account[] =>
  accounts.filter((_, i) => i % of === number);
