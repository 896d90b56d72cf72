/** Checks cookie-policy: cookies that carry the session have the attributes that protect them. */

import type { CookieAttributes, CookieChange, Operation, Run } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { idSpace } from '../result/statistics.ts';
import type { Anomaly } from '../result/verdict.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
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
import { type Exposure, exposures, type Policy } from './exposures.ts';
import { IssuedIds } from './issued-ids.ts';
import { Reach, reach, untried } from './reach.ts';

export const cookiePolicy: Check = {
  guarantee: 'cookie-policy',
  assumes: 'the cookies in the history carry the session, as requests without them have shown',
  minimum:
    'the attributes of a session cookie set by every instance, and one answered request without a cookie to a ' +
    'health check or a static file, or to a path where the app could have one',
  start: (run, onAnomaly) => new CookiePolicy(run, onAnomaly),
  conclude: concluded,
};

/** Minimum number of proven bits of randomness that the finding mentions. To prove them takes about 30 ids. */
const WORTH_REPORTING = 7;

/** Statuses for a path that does not exist, or that the app does not serve without a session. */
const ABSENT = new Set([401, 403, 404, 410]);

/** Maximum number of distinct faults that are kept, by kind, instance and path. */
const REMEMBERED = 10_000;

class CookiePolicy implements Fold {
  readonly #policy: Policy;
  readonly #anomalies: Anomalies;
  readonly #reach = new Reach();
  readonly #found = new Set<string>();
  /** The session ids that logins issued. */
  readonly #ids = new IssuedIds();
  /** By cookie: anomalies that are held back until the cookie has had two different values. */
  readonly #waiting = new Map<string, (() => Anomaly)[]>();
  /** By cookie name: the different pairs of Domain and Path with which it was set. */
  readonly #scopes = new Map<string, Set<string>>();
  #cookies = 0;
  /** Number of successful requests without a cookie for a health check or a static file. */
  #without = 0;
  /** Number of requests without a cookie for paths that do not exist or are for signed-in users only. */
  #absent = 0;
  /** Number of cookies that were set with SameSite=None. */
  #sameSiteNone = 0;

  constructor(run: Run, onAnomaly?: OnAnomaly) {
    this.#anomalies = new Anomalies(onAnomaly);
    this.#policy = { https: run.url.startsWith('https:'), asvs: run.declared?.cookies === 'asvs' };
  }

  ended(operation: Operation, { session, firstContactBeforeFaults }: Standing): void {
    if (firstContactBeforeFaults) this.#reach.add(operation.instance);
    const { cookies, exposed, with: sent } = operation;
    if (sent === 'none' && operation.action === 'read') this.#withoutCookie(operation);
    if (exposed !== undefined) {
      for (const where of exposed) {
        const came = `its value stands in the ${where}`;
        this.#expose(operation, { fault: `in the ${where}`, came, expected: 'only in the cookie' });
      }
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
    if (signedIn === 'out' || ABSENT.has(status)) this.#absent++;
    if (signedIn !== undefined || status >= 400) return;
    this.#without++;
    const set = cookies?.find(cookie => cookie.change === 'set');
    if (set === undefined) return;
    const came = `set ${set.name}: a new session for each such request`;
    this.#expose(operation, { fault: 'without a cookie', came, expected: 'no session cookie' });
  }

  #look(operation: Operation, { name }: CookieChange, attributes: CookieAttributes): void {
    if (!this.#ids.isId(name)) return;
    this.#cookies++;
    this.#reach.tried(operation.instance);
    this.#scoped(name, attributes);
    if (attributes.sameSite === 'none') this.#sameSiteNone++;
    for (const { fault, came, expected } of exposures(name, attributes, this.#policy, operation)) {
      this.#expose(operation, { fault: `${name} ${fault}`, came: `${name} ${came}`, expected }, name);
    }
    if (this.#ids.varies(name)) this.#release(name);
  }

  #scoped(name: string, { path = '', domain = '' }: CookieAttributes): void {
    let scopes = this.#scopes.get(name);
    if (scopes === undefined) {
      scopes = new Set();
      this.#scopes.set(name, scopes);
    }
    if (scopes.size < REMEMBERED) scopes.add(`${domain} ${path}`);
  }

  /** Reports the faults of a cookie that has had different values, and therefore carries the session. */
  #release(name: string): void {
    for (const make of this.#waiting.get(name) ?? []) this.#anomalies.add(make);
    this.#waiting.delete(name);
  }

  /**
   * Reports an exposure, once for each fault, instance and path.
   *
   * @param name the cookie that has the fault
   */
  #expose(operation: Operation, { fault, came, expected }: Exposure, name?: string): void {
    const key = `${fault}\n${operation.instance ?? ''}\n${operation.path ?? operation.action}`;
    if (this.#found.has(key) || this.#found.size >= REMEMBERED) return;
    this.#found.add(key);
    const there = operation.instance ?? 'the app';
    const where = operation.path === undefined ? '' : ` on ${operation.path}`;
    const make = (): Anomaly => ({
      name: 'EXPOSED',
      guarantee: 'cookie-policy',
      session: operation.session,
      user: operation.user,
      summary: `the session cookie of ${there}${where}: ${came}`,
      witness: [{ operation, expected, came }],
      notes: [],
    });
    if (name === undefined) this.#anomalies.add(make);
    else {
      const waiting = this.#waiting.get(name) ?? [];
      this.#waiting.set(name, waiting);
      waiting.push(make);
    }
  }

  /** Returns the anomalies of the cookies that have had only one value so far. */
  #waitingOf(): (() => Anomaly)[] {
    return [...this.#waiting].flatMap(([name, waiting]) => (this.#ids.isId(name) ? waiting : []));
  }

  counts(): Counts {
    return {
      cookies: this.#cookies,
      without: this.#without,
      absent: this.#absent,
      ids: this.#ids.ids,
      equal: this.#ids.equal,
      'same-site none': this.#sameSiteNone,
      scopes: [...this.#scopes.values()].reduce((sum, scopes) => sum + scopes.size - 1, 0),
      exposed: this.#anomalies.count + this.#waitingOf().length,
      ...this.#reach.counts(),
    };
  }

  sessionEnded(session: SessionState): void {
    this.#ids.sessionEnded(session);
  }

  finish(): Finding {
    for (const make of this.#waitingOf()) this.#anomalies.add(make);
    this.#waiting.clear();
    return { ...concluded(this.counts()), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [cookies, ids, exposed] = [of('cookies'), of('ids'), of('exposed')];
  const rests = {
    'cookies set': cookies,
    instances: reach(counts),
    'requests without a cookie': of('without'),
    'session ids': ids,
  };
  const judged =
    exposed === 0
      ? `${counted(cookies, 'cookie')} set with all required attributes`
      : `${counted(exposed, 'way')} in which the session cookie is exposed`;
  return conclude(exposed, missing(counts), rests, [judged, ...reported(counts)].join('; '));
}

/** Returns facts to report with the judgement. They are not violations. */
function reported(counts: Counts): string[] {
  const of = reader(counts);
  const [ids, equal] = [of('ids'), of('equal')];
  const bits = Math.floor(Math.log2(Math.max(1, idSpace(ids))));
  return [
    ...(of('without') === 0
      ? [
          'no health check or static file was found, so it is not known which cookies they set: name one under `public`',
        ]
      : []),
    ...(bits >= WORTH_REPORTING && equal === 0
      ? [`no two of ${counted(ids, 'id')} were equal: at least ${bits} bits`]
      : []),
    ...(equal > 0 ? [`${counted(equal, 'login')} got an id that was issued before`] : []),
    ...(of('same-site none') > 0 ? ['SameSite=None: other sites may send it'] : []),
    ...(of('scopes') > 0
      ? ['one name is set under several Paths or Domains: clients may send it twice']
      : []),
  ];
}

function missing(counts: Counts): string | undefined {
  const of = reader(counts);
  if (of('cookies') === 0) {
    return 'the attributes of no session cookie were recorded: look at the responses that set it, on every instance';
  }
  if (of('without') + of('absent') === 0) {
    return 'no request without a cookie to a health check or static file was answered: name one under `public`';
  }
  return untried(counts, 'session cookie');
}
