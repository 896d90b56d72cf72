/** Checks private-responses: no shared cache may store a response that is signed in or sets the session cookie. */
import type { Caching, Operation } from '../history/history.ts';
import { counted, grouped } from '../result/format.ts';
import { addTo, check, Judging, reached, tally, untried, violation } from './framework.ts';
import { freshnessOf } from './freshness.ts';
import { Places } from './places.ts';

class Responses {
  signedIn = 0;
  setting = 0;
  silent = 0;
  cached = 0;
  tried = tally();
}

class PrivateResponses extends Judging<Responses> {
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
    const fresh = freshnessOf(caching, operation.signedIn !== 'in');
    if (caching.hit === true && fresh.keptApart !== true) {
      this.#cached(operation, 'it was served from a cache', 'a response of the app');
    } else if (fresh.because !== undefined) {
      this.#cached(operation, `it says ${fresh.because}`, 'private, no-store, no-cache or Vary: Cookie');
    } else if (fresh.silent === true) {
      this.count.silent++;
      if (this.run.declared?.caching === 'strict')
        this.#cached(operation, 'it has no Cache-Control directive', 'private or no-store');
    }
  }

  #cached(operation: Operation, came: string, expected: string): void {
    this.count.cached++;
    if (!this.#places.isNew(came, operation)) return;
    const what =
      operation.signedIn === 'in' ? 'a signed-in response' : 'a response that sets the session cookie';
    const summary = `${what} (${operation.path ?? operation.action}) may reach other users: ${came}`;
    this.report(() => violation(summary, [operation, came, expected]));
  }
}

export const privateResponses = check<Responses>({
  guarantee: 'private-responses',
  assumes: 'the history has the caching headers of the inspected responses, and says if a response has none',
  minimum:
    'the caching headers of a signed-in response of every instance, and of a response that set the session cookie, if a ' +
    'cookie carries the session',
  judge: PrivateResponses,
  counts: Responses,
  compared: ({ signedIn }) => signedIn,
  missing({ signedIn, setting, tried }, { declared }) {
    if (signedIn === 0)
      return 'no caching headers of a signed-in response were recorded: run the workload `audit`';
    if (setting === 0 && declared?.carrier !== 'header')
      return 'no caching headers of a response that sets the session cookie were recorded';
    return untried(tried, 'signed-in response');
  },
  rests: ({ signedIn, setting, tried }) => ({
    'signed-in responses': signedIn,
    'that set the cookie': setting,
    instances: reached(tried),
  }),
  rulesOut: () => 'no shared cache may store a private response',
  broken: (_violations, { cached }) =>
    `a shared cache may store, or has served, ${counted(cached, 'private response')}`,
  remarks: ({ silent }) => [
    [silent > 0, `${grouped(silent)} have no Cache-Control directive: send private or no-store`],
  ],
});
