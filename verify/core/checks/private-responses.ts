/** Checks private-responses: no shared cache may store a response that is signed in or sets the session cookie. */
import type { Caching, Operation } from '../history/history.ts';
import { counted, grouped } from '../result/format.ts';
import type { NamedCounts } from './check.ts';
import { addTo, check, Judging, reached, tally, untried } from './framework.ts';
import { CacheReader } from './freshness.ts';
import { Places } from './places.ts';

interface Responses {
  signedIn: number;
  setting: number;
  silent: number;
  /**
   * Number of private responses (signed in, or setting the session cookie) that a shared cache may store or has stored.
   */
  cached: number;
  tried: NamedCounts;
}

class PrivateResponses extends Judging<Responses> {
  readonly #reader = new CacheReader();
  readonly #places = new Places();

  override ended(operation: Operation): void {
    const { caching, signedIn, cookies, instance } = operation;
    if (caching === undefined) return;
    const sets = cookies?.some(cookie => cookie.change === 'set') === true;
    if (signedIn !== 'in' && !sets) return;
    if (signedIn === 'in') {
      this.count.signedIn++;
      addTo(this.count.tried, instance);
    }
    if (sets) this.count.setting++;
    this.#judge(operation, caching);
  }

  #judge(operation: Operation, caching: Caching): void {
    const fresh = this.#reader.read(caching, operation.signedIn !== 'in');
    if (caching.hit === true && fresh.keptApart !== true) {
      this.#cached(operation, 'it was served from a cache', 'a response of the app');
    } else if (fresh.because !== undefined) {
      this.#cached(operation, `it says ${fresh.because}`, 'private, no-store, no-cache or Vary: Cookie');
    } else if (fresh.silent === true) {
      this.count.silent++;
      if (this.run.declared?.caching === 'strict')
        this.#cached(operation, 'it has no directive for caches', 'private or no-store');
    }
  }

  #cached(operation: Operation, came: string, expected: string): void {
    this.count.cached++;
    if (!this.#places.isNew(came, operation)) return;
    const what =
      operation.signedIn === 'in' ? 'a signed-in response' : 'a response that sets the session cookie';
    this.report(() => ({
      at: operation,
      summary: `${what} (${operation.path ?? operation.action}) may reach other users: ${came}`,
      witness: [{ operation, expected, came }],
    }));
  }
}

export const privateResponses = check<Responses>({
  guarantee: 'private-responses',
  assumes: 'the recorder notes the caching headers of the responses that it looks at, also if they have none',
  minimum:
    'a signed-in response of every instance whose caching headers were recorded, and one that set the cookie; if a header carries the session, only the former',
  judge: PrivateResponses,
  counts: () => ({ signedIn: 0, setting: 0, silent: 0, cached: 0, tried: tally() }),
  compared: ({ signedIn }) => signedIn,
  missing({ signedIn, setting, tried }, { declared }) {
    if (signedIn === 0)
      return 'the caching headers of no signed-in response were recorded: look at the pages of every instance';
    if (setting === 0 && declared?.carrier !== 'header')
      return 'the caching headers of no response that sets the session cookie were recorded';
    return untried(tried, 'signed-in response');
  },
  rests: ({ signedIn, setting, tried }) => ({
    ...{ 'signed-in responses': signedIn, 'that set the cookie': setting, instances: reached(tried) },
  }),
  rulesOut: () => 'no shared cache may keep such a response',
  broken: (_violations, { cached }) =>
    `a shared cache may keep ${counted(cached, 'response')}, or served them`,
  remarks: ({ silent }) => [
    [silent > 0, `${grouped(silent)} have no directive for caches: send private or no-store`],
  ],
});
