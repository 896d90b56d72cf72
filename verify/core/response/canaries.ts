/** Finds the canaries (private values of users) in a whole response. */
import { canaryFinder } from '../history/canary.ts';
import { alike } from '../objects/models.ts';
import type { Reply } from './reply.ts';

export class CanarySearch {
  readonly #prefix: string;
  readonly #find: (text: string) => string[];

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#find = canaryFinder(prefix);
  }

  in({ body, facts, head, headers }: Reply): readonly string[] {
    const found = facts?.canaries ?? this.#find(body);
    if (facts !== undefined) facts.canaries = found;
    if (head !== undefined && !head.includes(this.#prefix)) return found;
    const more = this.#inHeaders(headers);
    return more.length > 0 ? [...found, ...more] : found;
  }

  #inHeaders(headers: Reply['headers']): string[] {
    const found: string[] = [];
    // In k6, values() and flat() take longer than the search.
    for (const name in headers) {
      const value = headers[name];
      // In k6, a test for the prefix is faster than a search that finds nothing.
      if (typeof value === 'string' && !value.includes(this.#prefix)) continue;
      for (const one of [value ?? []].flat()) found.push(...this.#find(one));
    }
    return found;
  }
}

/** Returns the canaries in `found` that are not in `saw` (the shown values of the object). */
export function canariesOutside(saw: readonly string[], found: readonly string[], reply: Reply): string[] {
  const { facts } = reply;
  const known = facts?.outside;
  if (known?.found === found && known.saw === saw) return known.canaries;
  const canaries = alike(found, saw) ? [] : [...new Set(found.filter(canary => !saw.includes(canary)))];
  if (facts !== undefined) facts.outside = { found, saw, canaries };
  return canaries;
}
