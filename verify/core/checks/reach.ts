/** Counts how often a check has tried each instance of the run, to report instances that it has not tried. */

import { counted } from '../result/format.ts';
import type { Counts } from './check.ts';

/** Prefix of the names of the counts of tries. */
export const TRIED = 'tried on ';

export class Reach {
  readonly #tried = new Map<string, number>();

  /** Adds an instance with a count of 0. */
  add(instance: string | undefined): void {
    if (instance !== undefined && !this.#tried.has(instance)) this.#tried.set(instance, 0);
  }

  tried(instance: string | undefined): void {
    if (instance !== undefined) this.#tried.set(instance, (this.#tried.get(instance) ?? 0) + 1);
  }

  /** Returns the counts, to be included in the counts of a check. Counts of parts of a run can be added up. */
  counts(): Counts {
    return Object.fromEntries([...this.#tried].map(([instance, times]) => [TRIED + instance, times]));
  }
}

/** Returns each instance and how often it was tried, sorted by name. */
function reached(counts: Counts): [instance: string, times: number][] {
  return Object.entries(counts)
    .filter(([name]) => name.startsWith(TRIED))
    .map(([name, times]): [string, number] => [name.slice(TRIED.length), times])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Returns the number of instances that were tried at least once. */
export const reach = (counts: Counts): number => reached(counts).filter(([, times]) => times > 0).length;

/** Describes which instances were tried less than `least` times; returns undefined if there are none. */
export function untried(counts: Counts, what: string, least = 1): string | undefined {
  const few = reached(counts).filter(([, times]) => times < least);
  if (few.length === 0) return undefined;
  const names = few.map(([instance, times]) => `${counted(times, what)} on ${instance}`).join(', ');
  return `${names}; ${least} on each instance ${least === 1 ? 'is' : 'are'} needed`;
}
