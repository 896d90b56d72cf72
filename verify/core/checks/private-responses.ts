/** Checks private-responses: no shared cache may store a response that is signed in or sets the session cookie. */

import type { Caching, Operation, Run } from '../history/history.ts';
import { counted, grouped } from '../result/format.ts';
import type { Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { CacheReader, type Freshness } from './freshness.ts';
import { Reach, reach, untried } from './reach.ts';

export const privateResponses: Check = {
  guarantee: 'private-responses',
  assumes: 'the recorder notes the caching headers of the responses that it looks at, also if they have none',
  minimum:
    'a signed-in response of every instance whose caching headers were recorded, and one that set the cookie',
  start: (run, onAnomaly) => new PrivateResponses(run, onAnomaly),
  conclude: concluded,
};

/** Maximum number of distinct faults that are kept, by kind, instance and path. */
const REMEMBERED = 10_000;

class PrivateResponses implements Fold {
  readonly #strict: boolean;
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  readonly #reader = new CacheReader();
  readonly #found = new Set<string>();
  #signedIn = 0;
  #setting = 0;
  #silent = 0;
  #cached = 0;

  constructor(run: Run, onAnomaly?: OnAnomaly) {
    this.#strict = run.declared?.caching === 'strict';
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { firstContactBeforeFaults }: Standing): void {
    const { caching, signedIn, cookies } = operation;
    if (firstContactBeforeFaults) this.#reach.add(operation.instance);
    if (caching === undefined) return;
    const sets = cookies?.some(cookie => cookie.change === 'set') === true;
    if (signedIn !== 'in' && !sets) return;
    if (signedIn === 'in') {
      this.#signedIn++;
      this.#reach.tried(operation.instance);
    }
    if (sets) this.#setting++;
    this.#judge(operation, caching, this.#reader.read(caching, signedIn !== 'in'));
  }

  #judge(operation: Operation, caching: Caching, fresh: Freshness): void {
    if (caching.hit === true && fresh.keptApart !== true) {
      this.#report(operation, 'it was served from a cache', 'a response of the app');
    } else if (fresh.because !== undefined) {
      this.#report(operation, `it says ${fresh.because}`, 'private, no-store, no-cache or Vary: Cookie');
    } else if (fresh.silent === true) {
      this.#silent++;
      if (this.#strict) this.#report(operation, 'it has no directive for caches', 'private or no-store');
    }
  }

  /** Reports a violation, once for each kind, instance and path. */
  #report(operation: Operation, came: string, expected: string): void {
    this.#cached++;
    const where = operation.path ?? operation.action;
    const key = `${came}\n${operation.instance ?? ''}\n${where}`;
    if (this.#found.has(key) || this.#found.size >= REMEMBERED) return;
    this.#found.add(key);
    const what =
      operation.signedIn === 'in' ? 'a signed-in response' : 'a response that sets the session cookie';
    this.#anomalies.add(() => ({
      name: 'CACHED',
      guarantee: 'private-responses',
      session: operation.session,
      user: operation.user,
      summary: `${what} (${where}) may reach other users: ${came}`,
      witness: [{ operation, expected, came }],
      notes: [],
    }));
  }

  counts(): Counts {
    return {
      'signed in': this.#signedIn,
      setting: this.#setting,
      silent: this.#silent,
      cached: this.#cached,
      places: this.#anomalies.count,
      ...this.#reach.counts(),
    };
  }

  finish(): Finding {
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [signedIn, setting, silent, cached] = [of('signed in'), of('setting'), of('silent'), of('cached')];
  const rests = { 'signed-in responses': signedIn, 'that set the cookie': setting, instances: reach(counts) };
  const judged =
    cached === 0
      ? 'no shared cache may keep such a response'
      : `a shared cache may keep ${counted(cached, 'response')}, or served them`;
  const reported =
    silent > 0 ? `; ${grouped(silent)} have no directive for caches: send private or no-store` : '';
  return conclude(of('places'), missing(counts), rests, judged + reported);
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('signed in') === 0) {
    return 'the caching headers of no signed-in response were recorded: look at the pages of every instance';
  }
  if (of('setting') === 0) {
    return 'the caching headers of no response that sets the session cookie were recorded';
  }
  return untried(counts, 'signed-in response');
}
