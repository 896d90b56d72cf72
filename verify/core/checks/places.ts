/** Remembers the instance and path of each wrong response, so that each place is reported only once. */
import type { Operation } from '../history/history.ts';

const REMEMBERED = 10_000;

export class Places {
  readonly #seen = new Set<string>();

  isNew(fault: string, { instance = '', path, action }: Operation): boolean {
    const { size } = this.#seen;
    if (size >= REMEMBERED) return false;
    return this.#seen.add(`${fault}\n${instance}\n${path ?? action}`).size > size;
  }
}
