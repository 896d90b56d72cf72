/** Finds the canaries (private values of users) in a whole response. */
import { canaryFinder } from '../history/canary.ts';
import { Recent } from '../recent.ts';
import type { Reply } from './reply.ts';

export class CanarySearch {
  readonly #prefix: string;
  readonly #find: (text: string) => string[];
  /** Headers without a canary. In Node, responses with equal headers share one object. */
  readonly #bare = new Recent<Reply['headers'], true>();

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.#find = canaryFinder(prefix);
  }

  in({ body, facts, headers }: Reply): readonly string[] {
    const found = facts?.canaries ?? this.#find(body);
    if (facts !== undefined) facts.canaries = found;
    if (this.#bare.get(headers) === true) return found;
    const more = this.#inHeaders(headers);
    if (more.length > 0) return [...found, ...more];
    this.#bare.set(headers, true);
    return found;
  }

  #inHeaders(headers: Reply['headers']): string[] {
    const found: string[] = [];
    // In k6, values() and flat() take longer than the search itself.
    for (const name in headers) {
      const value = headers[name];
      // In k6, adding an empty list takes as long as this test.
      if (typeof value === 'string' && !value.includes(this.#prefix)) continue;
      for (const one of [value ?? []].flat()) found.push(...this.#find(one));
    }
    return found;
  }
}
