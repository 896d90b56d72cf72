/** Finds pairs of instances that refuse logins, although every instance must accept a login form from any instance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import { fisherP, sum } from '../result/statistics.ts';
import { type Credentials, refusedLogin, type SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
import { LoginForms, LoginPair } from './login-pair.ts';

const REFUSALS = 2;
/** A pair of instances is reported only if the p-value of its refused logins is below this limit. */
const SIGNIFICANT = 1e-4;

/** @param alone the logins that were begun and finished on one instance */
function isRefusing(pair: LoginPair, alone: readonly LoginPair[]): boolean {
  const accepted = sum(alone.map(one => one.accepted));
  const refused = sum(alone.map(one => one.refusals().count));
  const { count } = pair.refusals();
  if (count === 0) return false;
  if (pair.accepted === 0 && refused === 0) return count >= REFUSALS;
  return fisherP(count, count + pair.accepted, refused, accepted + refused) < SIGNIFICANT;
}

export class LoginPairs {
  readonly #pairs = new Map<string, LoginPair>();
  readonly #steps = { onOne: new LoginPair(), onSeveral: new LoginPair(true) };
  readonly #withheld = new Map<string, LoginPair>();
  readonly #forms = new LoginForms();

  add(operation: Operation, session: SessionState): void {
    if (operation.action !== 'login') {
      if (session.login === undefined) this.#forms.add(operation);
      return;
    }
    const forms = this.#forms.take(operation.session);
    if (operation.with !== undefined) return;
    this.#login(forms.at(-1), operation, session.credentials);
    if (forms.length > 2) this.#several(forms.slice(1), operation, session.credentials);
  }

  /** @param steps the requests between the login form and the last request of the login */
  #several(steps: readonly Operation[], login: Operation, credentials: Credentials): void {
    const named = steps.every(({ outcome, instance }) => outcome === 'ok' && instance !== undefined);
    if (!named || login.instance === undefined) return;
    const isOne = steps.every(({ instance }) => instance === login.instance);
    (isOne ? this.#steps.onOne : this.#steps.onSeveral).add(steps, login, credentials);
  }

  #login(form: Operation | undefined, login: Operation, credentials: Credentials): void {
    if (form?.outcome !== 'ok' || form.instance === undefined || login.instance === undefined) return;
    const key = `form from ${form.instance}, posted to ${login.instance}`;
    const crosses = form.instance !== login.instance;
    getOrInsert(this.#pairs, key, () => new LoginPair(crosses)).add([form], login, credentials);
    if (!refusedLogin(login)) return;
    for (const name of login.withheld ?? [])
      getOrInsert(this.#withheld, name, () => new LoginPair()).add([form], login, credentials);
  }

  sessionEnded(session: string): void {
    this.#forms.take(session);
  }

  get counts(): { pairs: number; accepting: number; refusing: number } {
    const pairs = [...this.#pairs.values()];
    const accepting = pairs.filter(({ accepted }) => accepted > 0).length;
    return { pairs: pairs.length, accepting, refusing: this.#refusing().length + this.#across().length };
  }

  #refusing(): [string, LoginPair][] {
    const alone = [...this.#pairs.values()].filter(({ crosses }) => !crosses);
    const crossing = [...this.#pairs].filter(([, { crosses }]) => crosses);
    const refusing = crossing.filter(([, pair]) => isRefusing(pair, alone));
    const { onOne, onSeveral } = this.#steps;
    if (refusing.length > 0 || !isRefusing(onSeveral, [onOne])) return refusing;
    return [['steps on several instances', onSeveral]];
  }

  #across(): Violation[] {
    return [...this.#withheld].flatMap(([name, pair]) => {
      const { count, example } = pair.refusals();
      if (count < REFUSALS) return [];
      return {
        summary:
          `logins that return from another site are refused: browsers withhold the cookie ${name} from this request ` +
          'because of its SameSite attribute',
        witness: example,
        at: undefined,
        notes: [`refused ${count} times; the same login was accepted when the cookie was sent`],
      };
    });
  }

  violations(): Violation[] {
    const accepted = [...this.#pairs].filter(([, pair]) => pair.accepted > 0 && pair.refusals().count === 0);
    const across = this.#across();
    if (across.length > 0) return across;
    const elsewhere = accepted.length === 0 ? [] : [`accepted: ${accepted.map(([name]) => name).join('; ')}`];
    return this.#refusing().map(([key, pair]) => {
      const { count, example: witness } = pair.refusals();
      const summary = `a login begun on one instance could not be finished on another (${key})`;
      const share = `refused ${count} of ${count + pair.accepted} times, for accounts that are accepted elsewhere`;
      return { summary, witness, at: undefined, notes: [share, ...elsewhere] };
    });
  }
}
