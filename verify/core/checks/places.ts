/** Remembers where a fault was seen, so that it is reported once for each instance and path. */
import type { Operation } from '../history/history.ts';

/** Maximum number of places that are kept. Faults in further places are not reported. */
const REMEMBERED = 10_000;

export class Places {
  readonly #seen = new Set<string>();

  /** Adds the place of a response. Returns true if the fault was not seen there before. */
  isNew(fault: string, { instance = '', path, action }: Operation): boolean {
    const { size } = this.#seen;
    if (size >= REMEMBERED) return false;
    return this.#seen.add(`${fault}\n${instance}\n${path ?? action}`).size > size;
  }
}
