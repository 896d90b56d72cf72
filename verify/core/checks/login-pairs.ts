/**
 * Counts logins by pair of instances: the first instance sends the form, the second one receives the login. A form from
 * one instance must work on another. A refusal counts only if it depends on the pair, not on the account.
 */

import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import type { WitnessStep } from '../result/verdict.ts';
import { type Credentials, refusedLogin } from '../timeline/sessions.ts';
import type { Anomalies, Counts } from './check.ts';

/** Minimum number of refusals for a violation, if the pair accepts no login. */
const REFUSALS = 2;
/** The p-value below which a pair that accepts some logins refuses more often than a single instance does. */
const SIGNIFICANT = 1e-4;

interface Refusals {
  count: number;
  example: WitnessStep[];
}

interface Pair {
  /** True if the two instances differ. */
  crosses: boolean;
  accepted: number;
  /** Refusals by account. They do not count if no instance ever accepts the account. */
  refused: Map<Credentials, Refusals>;
}

export class LoginPairs {
  readonly #pairs = new Map<string, Pair>();

  /** @param form the request for the page with the login form; if it failed, the login does not count */
  add(form: Operation | undefined, login: Operation, credentials: Credentials): void {
    if (form?.outcome !== 'ok' || form.instance === undefined || login.instance === undefined) return;
    const key = `form from ${form.instance}, posted to ${login.instance}`;
    const crosses = form.instance !== login.instance;
    const pair: Pair = this.#pairs.get(key) ?? { crosses, accepted: 0, refused: new Map() };
    if (login.outcome === 'ok') pair.accepted++;
    else if (refusedLogin(login)) {
      const known = pair.refused.get(credentials);
      if (known !== undefined) known.count++;
      else pair.refused.set(credentials, { count: 1, example: exampleOf(form, login) });
    }
    this.#pairs.set(key, pair);
  }

  get counts(): Counts {
    const pairs = [...this.#pairs.values()];
    return {
      'login pairs': pairs.length,
      'pairs that accept': pairs.filter(({ accepted }) => accepted > 0).length,
      'pairs that refuse': this.#refusing().length,
    };
  }

  #refusing(): [string, Pair][] {
    const alone = { accepted: 0, refused: 0 };
    for (const pair of this.#pairs.values()) {
      if (pair.crosses) continue;
      alone.accepted += pair.accepted;
      alone.refused += refusals(pair).count;
    }
    return [...this.#pairs].filter(([, pair]) => {
      const { count } = refusals(pair);
      if (!pair.crosses || count === 0) return false;
      if (pair.accepted === 0 && alone.refused === 0) return count >= REFUSALS;
      const all = alone.accepted + alone.refused;
      return fisherP(count, count + pair.accepted, alone.refused, all) < SIGNIFICANT;
    });
  }

  report(anomalies: Anomalies): void {
    const accepted = [...this.#pairs].filter(([, pair]) => pair.accepted > 0 && refusals(pair).count === 0);
    for (const [key, pair] of this.#refusing()) {
      const { count, example } = refusals(pair);
      anomalies.add(() => ({
        name: 'LOSS',
        guarantee: 'continuity',
        summary: `a login begun on one instance could not be finished on another (${key})`,
        witness: example,
        notes: [
          `refused ${count} of ${count + pair.accepted} times, for accounts that are accepted elsewhere`,
          ...(accepted.length > 0 ? [`accepted: ${accepted.map(([name]) => name).join('; ')}`] : []),
        ],
      }));
    }
  }
}

/** Counts the refusals of the accounts that some instance has accepted. */
function refusals({ refused }: Pair): Refusals {
  const own = [...refused].filter(([{ accepted }]) => accepted > 0);
  const count = own.reduce((sum, [, of]) => sum + of.count, 0);
  return { count, example: own[0]?.[1].example ?? [] };
}

const exampleOf = (form: Operation, login: Operation): WitnessStep[] => [
  { operation: form, came: 'gave the login form' },
  { operation: login, expected: 'login accepted', came: 'login refused' },
];
