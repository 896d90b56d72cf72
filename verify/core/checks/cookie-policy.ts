/** Checks cookie-policy: cookies that carry the session have the attributes that protect them. */
import { getOrInsert } from '../get-or-insert.ts';
import type { CookieAttributes, CookieChange, Operation } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { idSpace } from '../result/statistics.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import type { Tally } from './check.ts';
import { type Exposure, exposures } from './exposures.ts';
import { addTo, check, Judging, reached, tally, untried, type Violation } from './framework.ts';
import { IssuedIds } from './issued-ids.ts';
import { Places } from './places.ts';

/** Minimum number of proven bits of randomness that the finding mentions. To prove them takes about 30 ids. */
const WORTH_REPORTING = 7;
/** Statuses for a path that does not exist, or that the app does not serve without a session. */
const ABSENT = new Set([401, 403, 404, 410]);
/** Maximum number of pairs of Domain and Path that are kept of one cookie. */
const SCOPES = 10_000;

interface Cookies {
  cookies: number;
  /** Number of successful requests without a cookie for a health check or a static file. */
  without: number;
  /** Number of requests without a cookie for paths that do not exist or are for signed-in users only. */
  absent: number;
  ids: number;
  /** Number of ids that were issued again. */
  equal: number;
  sameSiteNone: number;
  /** Number of pairs of Domain and Path under which a cookie was set, beyond the first. */
  scopes: number;
  /** Number of anomalies that are held back until the cookie has had two different values. */
  waiting: number;
  tried: Tally;
}

class CookiePolicy extends Judging<Cookies> {
  readonly #policy = {
    https: this.run.url.startsWith('https:'),
    asvs: this.run.declared?.cookies === 'asvs',
  };
  readonly #places = new Places();
  /** The session ids that logins issued. */
  readonly #ids = new IssuedIds();
  /** By cookie: the anomalies that are held back. */
  readonly #waiting = new Map<string, (() => Violation)[]>();
  /** By cookie name: the different pairs of Domain and Path with which it was set. */
  readonly #scopes = new Map<string, Set<string>>();

  override ended(operation: Operation, { session }: Standing): void {
    const { cookies, exposed, with: sent } = operation;
    if (sent === 'none' && operation.action === 'read') this.#withoutCookie(operation);
    for (const where of exposed ?? []) {
      const came = `its value stands in the ${where}`;
      this.#expose(operation, { fault: `in the ${where}`, came, expected: 'only in the cookie' });
    }
    if (cookies === undefined) return;
    if (operation.action === 'login' && operation.outcome === 'ok') this.#ids.add(operation, session);
    for (const cookie of cookies)
      if (cookie.change === 'set' && cookie.attributes !== undefined)
        this.#look(operation, cookie, cookie.attributes);
  }

  /**
   * Judges a read that was sent without a cookie. If its response is neither signed in nor signed out, it is a health
   * check or a static file, and must not begin a session. A page may begin a session.
   */
  #withoutCookie(operation: Operation): void {
    const { signedIn, status, cookies } = operation;
    if (status === undefined) return;
    if (signedIn === 'out' || ABSENT.has(status)) this.count.absent++;
    if (signedIn !== undefined || status >= 400) return;
    this.count.without++;
    const set = cookies?.find(cookie => cookie.change === 'set');
    if (set === undefined) return;
    const came = `set ${set.name}: a new session for each such request`;
    this.#expose(operation, { fault: 'without a cookie', came, expected: 'no session cookie' });
  }

  #look(operation: Operation, { name }: CookieChange, attributes: CookieAttributes): void {
    if (!this.#ids.isId(name)) return;
    this.count.cookies++;
    addTo(this.count.tried, operation.instance);
    const { path = '', domain = '', sameSite } = attributes;
    const scopes = getOrInsert(this.#scopes, name, () => new Set());
    if (scopes.size < SCOPES) scopes.add(`${domain} ${path}`);
    if (sameSite === 'none') this.count.sameSiteNone++;
    for (const { fault, came, expected } of exposures(name, attributes, this.#policy, operation))
      this.#expose(operation, { fault: `${name} ${fault}`, came: `${name} ${came}`, expected }, name);
    if (this.#ids.varies(name)) this.#release(name);
  }

  /** Reports the anomalies of a cookie that were held back. */
  #release(name: string): void {
    for (const make of this.#waiting.get(name) ?? []) this.report(make);
    this.#waiting.delete(name);
  }

  /** Reports an exposure. @param name the cookie that has the fault: it is held back until it has varied */
  #expose(operation: Operation, { fault, came, expected }: Exposure, name?: string): void {
    if (!this.#places.isNew(fault, operation)) return;
    const where = operation.path === undefined ? '' : ` on ${operation.path}`;
    const make = (): Violation => ({
      at: operation,
      summary: `the session cookie of ${operation.instance ?? 'the app'}${where}: ${came}`,
      witness: [{ operation, expected, came }],
    });
    if (name === undefined) this.report(make);
    else getOrInsert(this.#waiting, name, () => []).push(make);
  }

  override recount(): void {
    let [waiting, scopes] = [0, 0];
    for (const [name, held] of this.#waiting) if (this.#ids.isId(name)) waiting += held.length;
    for (const { size } of this.#scopes.values()) scopes += size - 1;
    Object.assign(this.count, { ids: this.#ids.ids, equal: this.#ids.equal, scopes, waiting });
  }

  override sessionEnded(session: SessionState): void {
    this.#ids.sessionEnded(session);
  }

  override settle(): void {
    for (const name of [...this.#waiting.keys()]) if (this.#ids.isId(name)) this.#release(name);
  }
}

export const cookiePolicy = check<Cookies>({
  guarantee: 'cookie-policy',
  assumes: 'the cookies in the history carry the session, as requests without them have shown',
  minimum:
    'the attributes of a session cookie set by every instance, and one answered request without a cookie to a ' +
    'health check or a static file, or to a path where the app could have one',
  judge: CookiePolicy,
  counts: () => ({
    ...{ cookies: 0, without: 0, absent: 0, ids: 0, equal: 0 },
    ...{ sameSiteNone: 0, scopes: 0, waiting: 0, tried: tally() },
  }),
  violations: ({ violations, waiting }) => violations + waiting,
  compared: ({ cookies }) => cookies,
  missing({ cookies, without, absent, tried }) {
    if (cookies === 0)
      return 'the attributes of no session cookie were recorded: look at the responses that set it, on every instance';
    if (without + absent === 0)
      return 'no request without a cookie to a health check or static file was answered: name one under `public`';
    return untried(tried, 'session cookie');
  },
  rests: ({ cookies, tried, without, ids }) => ({
    ...{ 'cookies set': cookies, instances: reached(tried) },
    ...{ 'requests without a cookie': without, 'session ids': ids },
  }),
  rulesOut: ({ cookies }) => `${counted(cookies, 'cookie')} set with all required attributes`,
  broken: violations => `${counted(violations, 'way')} in which the session cookie is exposed`,
  remarks({ without, ids, equal, sameSiteNone, scopes }) {
    const bits = Math.floor(Math.log2(Math.max(1, idSpace(ids))));
    return [
      [
        without === 0,
        'no health check or static file was found, so it is not known which cookies they set: name one under `public`',
      ],
      [
        bits >= WORTH_REPORTING && equal === 0,
        `no two of ${counted(ids, 'id')} were equal: at least ${bits} bits`,
      ],
      [equal > 0, `${counted(equal, 'login')} got an id that was issued before`],
      [sameSiteNone > 0, 'SameSite=None: other sites may send it'],
      [scopes > 0, 'one name is set under several Paths or Domains: clients may send it twice'],
    ];
  },
});
