import { getOrInsert } from '../get-or-insert.ts';
import type { CookieAttributes, Operation } from '../history/history.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import { EarlyCookies } from './early-cookies.ts';
import { type Exposure, exposures, policyOf, ROOM, withoutCookie } from './exposures.ts';
import { addTo, Judging, tally, type Violation, violation } from './framework.ts';
import { IssuedIds } from './issued-ids.ts';
import { Places } from './places.ts';

const SCOPES = 10_000;

export class CookieCounts {
  cookies = 0;
  /** Number of requests without a cookie to health checks and static files. */
  without = 0;
  /** Number of requests without a cookie that got a login page, or a status such as 404. */
  absent = 0;
  ids = 0;
  /** Number of logins that got a session id which the app had already issued before. */
  equal = 0;
  sameSiteNone = 0;
  /** Number of pairs of Domain and Path beyond the first pair of each cookie. */
  scopes = 0;
  /** Number of anomalies held back, because the cookie has had only one value and so may carry no session. */
  waiting = 0;
  tried = tally();
}

export class CookiePolicy extends Judging<CookieCounts> {
  readonly #policy = policyOf(this.run);
  readonly #places = new Places();
  readonly #early = new EarlyCookies();
  readonly #ids = new IssuedIds();
  readonly #waiting = new Map<string, (() => Violation)[]>();
  readonly #scopes = new Map<string, Set<string>>();

  override ended(operation: Operation, { session }: Standing): void {
    const { cookies, exposed } = operation;
    const set = withoutCookie(operation, this.count);
    if (set !== undefined) this.#expose(operation, set);
    for (const where of exposed ?? []) {
      const came = `its value is in the ${where}`;
      this.#expose(operation, { fault: `in the ${where}`, came, expected: 'only in the cookie' });
    }
    const loggedIn = operation.action === 'login' && operation.outcome === 'ok';
    if (loggedIn) this.#ids.add(operation, session);
    const own = operation.with === undefined;
    const signedIn = loggedIn || operation.signedIn === 'in';
    for (const { name, change, attributes } of cookies ?? []) {
      if (own) this.#early.remove(session, name);
      if (change !== 'set' || attributes === undefined) continue;
      for (const { report, fault } of this.#look(operation, name, attributes)) {
        if (fault !== ROOM || signedIn) report();
        else if (own) this.#early.add(session, name, report);
      }
      if (this.#ids.varies(name)) this.#release(name);
    }
    if (own && signedIn) this.#early.signedIn(session);
  }

  #look(operation: Operation, name: string, attributes: CookieAttributes) {
    if (!this.#ids.isId(name)) return [];
    this.count.cookies++;
    addTo(this.count.tried, operation.instance);
    const { path = '', domain = '', sameSite } = attributes;
    const scopes = getOrInsert(this.#scopes, name, () => new Set());
    if (scopes.size < SCOPES) scopes.add(`${domain} ${path}`);
    if (sameSite === 'none') this.count.sameSiteNone++;
    return exposures(name, attributes, this.#policy, operation).map(({ fault, came, expected }) => {
      const exposure = { fault: `${name} ${fault}`, came: `${name} ${came}`, expected };
      return { fault, report: (): void => this.#expose(operation, exposure, name) };
    });
  }

  #release(name: string): void {
    for (const make of this.#waiting.get(name) ?? []) this.report(make);
    this.#waiting.delete(name);
  }

  /** @param name name of a cookie, if the anomaly is reported only after this cookie has had two values */
  #expose(operation: Operation, { fault, came, expected }: Exposure, name?: string): void {
    if (!this.#places.isNew(fault, operation)) return;
    const where = operation.path === undefined ? '' : ` on ${operation.path}`;
    const summary = `the session cookie of ${operation.instance ?? 'the app'}${where}: ${came}`;
    const make = (): Violation => violation(summary, [operation, came, expected]);
    if (name === undefined) this.report(make);
    else getOrInsert(this.#waiting, name, () => []).push(make);
  }

  override recount(): void {
    let [waiting, scopes] = [0, 0];
    for (const [name, held] of this.#waiting) if (this.#ids.isId(name)) waiting += held.length;
    for (const { size } of this.#scopes.values()) scopes += size - 1;
    const [ids, equal] = [this.#ids.sum('values'), this.#ids.sum('equal')];
    Object.assign(this.count, { ids, equal, scopes, waiting });
  }

  override sessionEnded(session: SessionState): void {
    this.#ids.sessionEnded(session);
  }

  override settle(): void {
    for (const name of [...this.#waiting.keys()]) if (this.#ids.isId(name)) this.#release(name);
  }
}
