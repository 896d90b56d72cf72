/** Remembers where a wrong response was seen, so that it is reported only once for each instance and path. */
import type { Operation } from '../history/history.ts';

/** Maximum number of places that are kept. Wrong responses at further places are not reported. */
const REMEMBERED = 10_000;

export class Places {
  readonly #seen = new Set<string>();

  /** Adds the place of a wrong response. Returns whether it is new. */
  isNew(fault: string, { instance = '', path, action }: Operation): boolean {
    const { size } = this.#seen;
    if (size >= REMEMBERED) return false;
    return this.#seen.add(`${fault}\n${instance}\n${path ?? action}`).size > size;
  }
}
