/** Interprets a response: whether the session is signed in, as which user, with which state, and by which instance. */
import { isSafe } from '../history/actions.ts';
import { unpadder } from '../history/canary.ts';
import type { Action, CookieChange, Returned } from '../history/history.ts';
import { CanarySearch, canariesOutside } from './canaries.ts';
import { type Finding, type Findings, finder } from './finding.ts';
import { acceptsLogin, hasPasswordField, LIMITED, limitsLogin } from './login-answer.ts';
import { type Named, namer, versionNamer } from './naming.ts';
import { outcomeOf } from './outcome.ts';
import type { Pages } from './pages.ts';
import { listReader } from './pages-of-list.ts';
import { type ListPage, noteOf, type Reply } from './reply.ts';
import { type KnownStrangers, Strangers } from './strangers.ts';

export interface Reading {
  label(secret: string): string;
  userLabel(name: string): string | undefined;
  canary: string;
  /** Replaces HTML character references, such as `&amp;`, by the characters. */
  decode(html: string): string;
}

/** What Baton has learned about a target before the load. */
export interface Learned {
  sessionCookies: readonly string[];
  unnamed: readonly string[];
  redirecting: readonly string[];
  strangers: KnownStrangers;
}

/** What a response shows, without its time. */
export type Seen = Omit<Returned, 'return'>;

export interface Asked {
  action: Action;
  object?: string | undefined;
  /** True if the page need not name its user. */
  unmarked?: boolean | undefined;
  path?: string;
}

const NO_PAGE: ListPage = { values: [], cut: false };

const writes = (action: Action): boolean => !isSafe(action) && !silent.has(action) && action !== 'login';
/** Actions whose responses do not show whether the session is signed in. */
const silent = new Set<Action>(['form', 'logout', 'logout-all']);
/** Statuses that reject a refresh token permanently (RFC 6749, 5.2). */
const REFUSED: readonly number[] = [400, 401, 403];

export class Interpreter {
  /** Names of the session cookies. Empty until they are known. */
  sessionCookies: readonly string[] = [];
  /** Probes whose page requires a login but names no user. A 2xx response to such a probe counts as signed in. */
  readonly unnamed = new Set<string>();
  /** Probes whose accepted write leads to a redirect. A page instead may be the form with an error message. */
  readonly redirecting = new Set<string>();
  readonly #pages: Pages;
  readonly #reading: Reading;
  readonly #canaries: CanarySearch;
  readonly #user: Findings;
  readonly #lists: Map<string, ReturnType<typeof listReader>>;
  readonly strangers = new Strangers();
  readonly #csrf: Findings | undefined;
  readonly #instance: (reply: Reply) => Named | undefined;
  readonly #version: ReturnType<typeof versionNamer>;
  readonly #busy: RegExp | undefined;

  constructor(pages: Pages, reading: Reading) {
    this.#pages = pages;
    this.#reading = reading;
    this.#canaries = new CanarySearch(reading.canary);
    const unpadded = unpadder(reading.canary);
    const found = (finding: Finding) => finder(finding, reading.decode);
    this.#user = found(pages.signedIn.user);
    this.#lists = new Map(
      pages.probes.map(({ object, read }) => [object, listReader(read, reading.decode, unpadded)]),
    );
    this.#csrf = pages.csrf === undefined ? undefined : found(pages.csrf);
    this.#busy = pages.busy === undefined ? undefined : new RegExp(pages.busy);
    this.#instance = namer(pages.instance ?? {}, reading.decode);
    this.#version = versionNamer(pages.instance?.version ?? {});
  }

  get learned(): Learned {
    return {
      sessionCookies: this.sessionCookies,
      unnamed: [...this.unnamed],
      redirecting: [...this.redirecting],
      strangers: this.strangers.known,
    };
  }

  learn({ sessionCookies, unnamed, redirecting, strangers }: Learned): void {
    this.sessionCookies = sessionCookies;
    for (const object of unnamed) this.unnamed.add(object);
    for (const object of redirecting) this.redirecting.add(object);
    this.strangers.learn(strangers);
  }

  csrf(reply: Reply): string | undefined {
    return this.#csrf?.first(reply);
  }

  named(reply: Reply): Named | undefined {
    return this.#instance(reply);
  }

  userName(reply: Reply): string | undefined {
    return this.#user.first(reply);
  }

  /** Returns what a response shows. @param named the instance, if already known */
  seen(reply: Reply, asked: Asked, named: Named | undefined = this.#instance(reply)): Seen {
    const { action, object, unmarked = false, path } = asked;
    const seen: Seen = { outcome: 'ok', note: noteOf(reply) };
    if (reply.status !== undefined) seen.status = reply.status;
    if (named !== undefined) {
      seen.instance = named.instance;
      seen.source = named.source;
    }
    const cohort = this.#version(reply, named?.instance);
    if (cohort !== undefined) seen.cohort = cohort;
    const busy = this.busy(reply) || (action === 'login' && limitsLogin(reply));
    if (!busy) this.#session(seen, reply, asked);
    if (action === 'read' && seen.signedIn === 'in' && object !== undefined && !unmarked) {
      const { values, next, cut } = this.page(reply, object, path);
      if (next === undefined && !cut) seen.saw = values;
    }
    this.#private(seen, reply);
    seen.outcome = busy ? 'fail' : outcomeOf(reply, seen.signedIn, isSafe(action));
    if (seen.outcome === 'ok' && writes(action) && this.#mayRefuse(reply, asked)) seen.outcome = 'info';
    return seen;
  }

  #mayRefuse(reply: Reply, { action, object = '' }: Asked): boolean {
    if (this.#asksPassword(reply)) return true;
    return action !== 'remove' && this.redirecting.has(object) && (reply.status ?? 0) < 300;
  }

  busy({ body, facts }: Reply): boolean {
    if (this.#busy === undefined) return false;
    const busy = facts?.busy ?? this.#busy.test(body);
    if (facts !== undefined) facts.busy = busy;
    return busy;
  }

  #session(seen: Seen, reply: Reply, { action, object, unmarked = false }: Asked): void {
    const { status } = reply;
    if (status === undefined || status >= 500 || silent.has(action)) return;
    if (action === 'login') {
      const { login, signedOut } = this.#pages;
      const accepted = this.#leaves(reply) ? false : acceptsLogin(reply, login, signedOut?.redirect);
      if (accepted !== undefined) seen.signedIn = accepted ? 'in' : 'out';
      return;
    }
    const asked = action === 'read' && !unmarked;
    if (action === 'refresh' && REFUSED.includes(status)) seen.signedIn = 'out';
    else if (this.refuses(reply) || (asked && this.strangers.includes(reply))) seen.signedIn = 'out';
    else if (action === 'read' && status < 300) {
      this.#mark(seen, reply, unmarked);
      if (object !== undefined && this.unnamed.has(object) && !this.#asksPassword(reply))
        seen.signedIn = 'in';
    }
  }

  /** Returns whether the app accepted a login: undefined for an error, `limited` if the app limits logins. */
  landed(reply: Reply): boolean | 'limited' | undefined {
    const { status } = reply;
    if (status === undefined || status >= 500) return undefined;
    if (status === 429) return 'limited';
    const accepted = status !== 401 && !this.#asksPassword(reply);
    return !accepted && LIMITED.test(reply.body) ? 'limited' : accepted;
  }

  #asksPassword(reply: Reply): boolean {
    return hasPasswordField(reply) && (this.userName(reply) ?? '') === '';
  }

  #leaves({ redirect }: Reply): boolean {
    return (
      redirect !== undefined && this.#pages.origins?.some(one => redirect.startsWith(`${one}/`)) === true
    );
  }

  /** Returns whether the response is a 401, redirects to a login, or is declared as signed out. */
  refuses(reply: Reply): boolean {
    const { status, redirect } = reply;
    const { login, signedOut } = this.#pages;
    if (this.#leaves(reply)) return true;
    if (status === 401 || (status !== undefined && signedOut?.status.includes(status))) return true;
    return (
      redirect !== undefined && (redirect === login.page || signedOut?.redirect.includes(redirect) === true)
    );
  }

  /** Counts a response as signed out if its page must name the user but does not. */
  #mark(seen: Seen, reply: Reply, unmarked: boolean): void {
    const name = this.userName(reply);
    if (name === undefined || name === '') {
      if (!unmarked) seen.signedIn = 'out';
      return;
    }
    seen.signedIn = 'in';
    seen.sawUser = this.#reading.userLabel(name) ?? `unknown-${this.#reading.label(name)}`;
  }

  page(reply: Reply, object: string, path?: string): ListPage {
    return this.#lists.get(object)?.(reply, path) ?? NO_PAGE;
  }

  /** Adds to `seen`: changes of session cookies, and canaries that are not values of the probe's object. */
  #private(seen: Seen, reply: Reply): void {
    const found = this.#canaries.in(reply);
    if (found.length > 0) {
      const canaries = canariesOutside(seen.saw ?? NO_PAGE.values, found, reply);
      if (canaries.length > 0) seen.canaries = canaries;
    }
    if (reply.cookies.length === 0) return;
    const cookies = reply.cookies.filter(cookie => this.sessionCookies.includes(cookie.name));
    if (cookies.length > 0) seen.cookies = cookies.map(cookie => this.#cookie(cookie));
  }

  #cookie({ name, value, attributes }: Reply['cookies'][number]): CookieChange {
    const change: CookieChange =
      value === undefined || value === ''
        ? { name, change: 'deleted' }
        : { name, change: 'set', label: this.#reading.label(value) };
    return attributes === undefined ? change : { ...change, attributes };
  }
}
