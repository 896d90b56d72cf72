/**
 * Counts logins by pair of instances: the first instance sends the form, the second one receives the login. A form from
 * one instance must work on another. A refusal counts only if it depends on the pair, not on the account.
 */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { fisherP } from '../result/statistics.ts';
import { stepsOf, type WitnessStep } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { type Credentials, refusedLogin, type SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';

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
  /** By name of a cookie that the browser withheld from the login: the refusals. */
  readonly #withheld = new Map<string, Pair>();
  /** By session: the response with the login form. */
  readonly #forms = new Map<string, Operation>();
  /** For each session that has not logged in yet: the request that returned last. */
  readonly #firsts = new Map<string, Operation>();

  /** Adds an operation. All are ignored but logins and the requests before them. */
  add(operation: Operation, session: SessionState): void {
    if (operation.action !== 'login') {
      if (session.login === undefined) this.#before(operation);
      return;
    }
    const form = this.#forms.get(operation.session);
    this.sessionEnded(operation.session);
    if (operation.with === undefined) this.#login(form, operation, session.credentials);
  }

  /** Notes a request before the login. The check one-session judges a form that overlaps other first requests. */
  #before(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  /** @param form the request for the page with the login form; if it failed, the login does not count */
  #login(form: Operation | undefined, login: Operation, credentials: Credentials): void {
    if (form?.outcome !== 'ok' || form.instance === undefined || login.instance === undefined) return;
    const key = `form from ${form.instance}, posted to ${login.instance}`;
    const crosses = form.instance !== login.instance;
    const pair = getOrInsert(this.#pairs, key, () => newPair(crosses));
    if (login.outcome === 'ok') pair.accepted++;
    else if (refusedLogin(login)) {
      refuse(pair, credentials, form, login);
      for (const name of login.withheld ?? [])
        refuse(getOrInsert(this.#withheld, name, newPair), credentials, form, login);
    }
  }

  sessionEnded(session: string): void {
    this.#forms.delete(session);
    this.#firsts.delete(session);
  }

  get counts(): { pairs: number; accepting: number; refusing: number } {
    const pairs = [...this.#pairs.values()];
    const accepting = pairs.filter(({ accepted }) => accepted > 0).length;
    return { pairs: pairs.length, accepting, refusing: this.#refusing().length + this.#across().length };
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

  /** Returns a violation for each cookie without which logins were refused, and that browsers withhold. */
  #across(): Violation[] {
    return [...this.#withheld].flatMap(([name, pair]) => {
      const { count, example } = refusals(pair);
      if (count < REFUSALS) return [];
      return {
        summary:
          `logins that return from another site are refused: browsers withhold the cookie ${name} from this request ` +
          'because of its SameSite attribute',
        witness: example,
        notes: [`refused ${count} times; the same login was accepted when the cookie was sent`],
      };
    });
  }

  /** Returns a violation for each pair that refuses logins. */
  violations(): Violation[] {
    const accepted = [...this.#pairs].filter(([, pair]) => pair.accepted > 0 && refusals(pair).count === 0);
    const across = this.#across();
    if (across.length > 0) return across;
    const elsewhere = accepted.length === 0 ? [] : [`accepted: ${accepted.map(([name]) => name).join('; ')}`];
    return this.#refusing().map(([key, pair]) => {
      const { count, example: witness } = refusals(pair);
      const summary = `a login begun on one instance could not be finished on another (${key})`;
      const share = `refused ${count} of ${count + pair.accepted} times, for accounts that are accepted elsewhere`;
      return { summary, witness, notes: [share, ...elsewhere] };
    });
  }
}

const newPair = (crosses = false): Pair => ({ crosses, accepted: 0, refused: new Map() });

function refuse({ refused }: Pair, credentials: Credentials, form: Operation, login: Operation): void {
  getOrInsert(refused, credentials, () => ({ count: 0, example: exampleOf(form, login) })).count++;
}

/** Counts the refusals of the accounts that some instance has accepted. */
function refusals({ refused }: Pair): Refusals {
  const own = [...refused].filter(([{ accepted }]) => accepted > 0);
  const count = own.reduce((sum, [, of]) => sum + of.count, 0);
  return { count, example: own[0]?.[1].example ?? [] };
}

const exampleOf = (form: Operation, login: Operation): WitnessStep[] =>
  stepsOf([form, 'gave the login form'], [login, 'login refused', 'login accepted']);
