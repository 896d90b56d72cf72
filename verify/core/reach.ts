/** Which instances a check has tried, of those that the run has met. */
import { type Counts, counted } from './check.ts';

/** Names of the counts begin with this. */
export const TRIED = 'tried on ';

/** How often each instance was tried. */
export class Reach {
  readonly #tried = new Map<string, number>();

  /** There is such an instance. */
  met(instance: string | undefined): void {
    if (instance !== undefined && !this.#tried.has(instance)) this.#tried.set(instance, 0);
  }

  tried(instance: string | undefined): void {
    if (instance !== undefined) this.#tried.set(instance, (this.#tried.get(instance) ?? 0) + 1);
  }

  /** To be added to the counts of a check; those of parts of a run add up. */
  counts(): Counts {
    return Object.fromEntries([...this.#tried].map(([instance, times]) => [TRIED + instance, times]));
  }
}

/** @returns each instance with how often it was tried, in the order of their names */
function reached(counts: Counts): [instance: string, times: number][] {
  return Object.entries(counts)
    .filter(([name]) => name.startsWith(TRIED))
    .map(([name, times]): [string, number] => [name.slice(TRIED.length), times])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** How many instances were tried. */
export const reach = (counts: Counts): number => reached(counts).filter(([, times]) => times > 0).length;

/** @returns what is missing until each instance was tried so often; undefined when nothing is */
export function untried(counts: Counts, what: string, least = 1): string | undefined {
  const few = reached(counts).filter(([, times]) => times < least);
  if (few.length === 0) return undefined;
  const names = few.map(([instance, times]) => `${counted(times, what)} on ${instance}`).join(', ');
  return `${names}; ${least} on each instance ${least === 1 ? 'is' : 'are'} needed`;
}
