/** Remembers where a wrong response was seen, to report it once for each instance and path. */
import type { Operation } from '../history/history.ts';

/** Maximum number of places. Wrong responses at further places are not reported. */
const REMEMBERED = 10_000;

export class Places {
  readonly #seen = new Set<string>();

  isNew(fault: string, { instance = '', path, action }: Operation): boolean {
    const { size } = this.#seen;
    if (size >= REMEMBERED) return false;
    return this.#seen.add(`${fault}\n${instance}\n${path ?? action}`).size > size;
  }
}
