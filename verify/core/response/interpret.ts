/** Reads from a response whether the session is signed in, its user and state, and which instance sent the response. */
import { isSafe } from '../history/actions.ts';
import { canaryFinder, unpadder } from '../history/canary.ts';
import type { Action, CookieChange, Operation } from '../history/history.ts';
import { alike } from '../objects/models.ts';
import { type Finding, type Findings, finder } from './finding.ts';
import { acceptsLogin, hasPasswordField, type LoginPage } from './login-answer.ts';
import { type Named, type Naming, namer, type Versioning, versionNamer } from './naming.ts';
import { outcomeOf } from './outcome.ts';
import { type ListPage, ListReader, type ListSpec } from './pages-of-list.ts';
import type { Reply } from './reply.ts';

/** The parts of a target file that say how its pages are read. */
export interface Pages {
  login: LoginPage;
  signedIn: { user: Finding };
  /** Further responses that mean "signed out". A 401 and a redirect to the login page always do. */
  signedOut?: { status: readonly number[]; redirect: readonly string[] } | undefined;
  /** Other sites that take part in logins. A redirect to one of them asks the user to log in. */
  origins?: readonly string[] | undefined;
  csrf?: Finding | undefined;
  probes: readonly { object: string; read: ListSpec }[];
  instance?: (Naming & { version?: Versioning | undefined }) | undefined;
  /** Matches the text of a response such as "busy, try again": the app refused the request, and it had no effect. */
  busy?: string | undefined;
}

export interface Reading {
  /** Returns the label that stands for a secret in the history, so that the secret is not recorded. */
  label(secret: string): string;
  /** Returns the label of a user of the run; undefined if the name is not that of such a user. */
  userLabel(name: string): string | undefined;
  /** The prefix of all canaries of the run: letters and digits. */
  canary: string;
  /** Replaces HTML character references, such as `&amp;`. k6 and Node use different libraries. */
  decode(html: string): string;
}

/** What the requests before the load have shown about a target. */
export interface Learned {
  sessionCookies: readonly string[];
  unnamed: readonly string[];
  strangers: { status: readonly number[]; redirect: readonly string[] };
}

/** The fields of an operation that are read from its response. */
export type Seen = Pick<
  Operation,
  | 'outcome'
  | 'status'
  | 'note'
  | 'instance'
  | 'source'
  | 'cohort'
  | 'signedIn'
  | 'sawUser'
  | 'saw'
  | 'canaries'
  | 'cookies'
>;

export interface Asked {
  action: Action;
  /** The object whose state the response shows, by its name in the target file; absent if it shows none. */
  object?: string | undefined;
  /** True if the page need not name its user. If it does not, the page shows nothing about the session. */
  unmarked?: boolean | undefined;
  /** The requested path, with its query. */
  path?: string;
}

const NO_PAGE: ListPage = { values: [], cut: false };

const writes = (action: Action): boolean => !isSafe(action) && !silent.has(action) && action !== 'login';
/** Actions whose responses do not show whether the session is signed in or out. */
const silent = new Set<Action>(['form', 'logout', 'logout-all']);
/** Statuses that reject a refresh token permanently (RFC 6749, 5.2). */
const REFUSED: readonly number[] = [400, 401, 403];

export class Interpreter {
  /** Names of the session cookies. Until they are known, no cookies are recorded. */
  sessionCookies: readonly string[] = [];
  /**
   * Probes whose page requires a login but names no user. If such a page comes with a 2xx, the session is signed in.
   */
  readonly unnamed = new Set<string>();
  readonly #pages: Pages;
  readonly #reading: Reading;
  readonly #canaries: (text: string) => string[];
  readonly #unpadded: (text: string) => string;
  readonly #user: Findings;
  readonly #lists: Map<string, ListReader>;
  /** The statuses and redirects that private pages sent to clients without a session. They mean "signed out", too. */
  readonly #strangers = { status: new Set<number>(), redirect: new Set<string>() };
  /** Headers without a canary, which need no further search. In Node, responses with equal headers share one object. */
  readonly #bare = new WeakSet<Reply['headers']>();
  readonly #csrf: Findings | undefined;
  readonly #instance: (reply: Reply) => Named | undefined;
  readonly #version: ReturnType<typeof versionNamer>;
  readonly #busy: RegExp | undefined;

  constructor(pages: Pages, reading: Reading) {
    this.#pages = pages;
    this.#reading = reading;
    this.#canaries = canaryFinder(reading.canary);
    this.#unpadded = unpadder(reading.canary);
    const found = (finding: Finding) => finder(finding, reading.decode);
    this.#user = found(pages.signedIn.user);
    this.#lists = new Map(
      pages.probes.map(({ object, read }) => [object, new ListReader(read, reading.decode)]),
    );
    this.#csrf = pages.csrf === undefined ? undefined : found(pages.csrf);
    this.#busy = pages.busy === undefined ? undefined : new RegExp(pages.busy);
    this.#instance = namer(pages.instance ?? {}, reading.decode);
    this.#version = versionNamer(pages.instance?.version ?? {});
  }

  /** What this interpreter has learned about the target. Another interpreter can take it over with `learn`. */
  get learned(): Learned {
    const { status, redirect } = this.#strangers;
    return {
      sessionCookies: this.sessionCookies,
      unnamed: [...this.unnamed],
      strangers: { status: [...status], redirect: [...redirect] },
    };
  }

  /** Takes over what another interpreter has learned. */
  learn({ sessionCookies, unnamed, strangers: { status, redirect } }: Learned): void {
    this.sessionCookies = sessionCookies;
    for (const object of unnamed) this.unnamed.add(object);
    for (const one of status) this.#strangers.status.add(one);
    for (const one of redirect) this.#strangers.redirect.add(one);
  }

  /** Returns the CSRF token in a page; undefined if there is none. */
  csrf(reply: Reply): string | undefined {
    return this.#csrf?.first(reply);
  }

  /** Returns the instance that sent the response; undefined if the response does not name it. */
  named(reply: Reply): Named | undefined {
    return this.#instance(reply);
  }

  /** Returns the user name that a response shows, not yet replaced by a label; undefined if it shows none. */
  userName(reply: Reply): string | undefined {
    return this.#user.first(reply);
  }

  /**
   * Interprets a response.
   *
   * @param named the instance that sent the response, if the caller has already found it
   */
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
    const busy = this.busy(reply);
    if (!busy) this.#session(seen, reply, asked);
    if (action === 'read' && seen.signedIn === 'in' && object !== undefined && !unmarked)
      this.#state(seen, reply, object, path);
    this.#private(seen, reply);
    seen.outcome = busy ? 'fail' : outcomeOf(reply, seen.signedIn, isSafe(action));
    // If a write gets a login form as its response, it is not known whether the write happened.
    if (seen.outcome === 'ok' && writes(action) && this.#asksPassword(reply)) seen.outcome = 'info';
    return seen;
  }

  /** Returns whether the response says "busy, try again". */
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
      const accepted = this.#leaves(reply) ? false : acceptsLogin(reply, this.#pages.login);
      if (accepted !== undefined) seen.signedIn = accepted ? 'in' : 'out';
      return;
    }
    const asked = action === 'read' && !unmarked;
    if (action === 'refresh' && REFUSED.includes(status)) seen.signedIn = 'out';
    else if (this.refuses(reply) || (asked && this.#asStranger(reply))) seen.signedIn = 'out';
    else if (action === 'read' && status < 300) {
      this.#mark(seen, reply, unmarked);
      if (object !== undefined && this.unnamed.has(object) && !this.#asksPassword(reply))
        seen.signedIn = 'in';
    }
  }

  /** Returns whether the login was accepted, by the page to which the login led in the end. Undefined for an error. */
  landed(reply: Reply): boolean | undefined {
    const { status } = reply;
    if (status === undefined || status >= 500 || status === 429) return undefined;
    return status !== 401 && !this.#asksPassword(reply);
  }

  /** Returns whether the response is a login form: it has a password field and names no user. */
  #asksPassword(reply: Reply): boolean {
    return hasPasswordField(reply) && (this.userName(reply) ?? '') === '';
  }

  #leaves({ redirect }: Reply): boolean {
    return (
      redirect !== undefined && this.#pages.origins?.some(one => redirect.startsWith(`${one}/`)) === true
    );
  }

  /** Returns whether the response is signed out: a 401, a redirect to a login, or what the target file declares. */
  refuses(reply: Reply): boolean {
    const { status, redirect } = reply;
    const { login, signedOut } = this.#pages;
    if (this.#leaves(reply)) return true;
    if (status === 401 || (status !== undefined && signedOut?.status.includes(status))) return true;
    return (
      redirect !== undefined && (redirect === login.page || signedOut?.redirect.includes(redirect) === true)
    );
  }

  /** Records the user that the page names. If the page must name its user and does not, it counts as signed out. */
  #mark(seen: Seen, reply: Reply, unmarked: boolean): void {
    const name = this.userName(reply);
    if (name === undefined || name === '') {
      if (!unmarked) seen.signedIn = 'out';
      return;
    }
    seen.signedIn = 'in';
    seen.sawUser = this.#reading.userLabel(name) ?? `unknown-${this.#reading.label(name)}`;
  }

  /** Records the state that the page shows, if the page shows all of it. */
  #state(seen: Seen, reply: Reply, object: string, path: string | undefined): void {
    const { values, next, cut } = this.page(reply, object, path);
    if (next === undefined && !cut) seen.saw = values;
  }

  /** Returns the values that a page shows of an object. `object` is its name in the target file. */
  page(reply: Reply, object: string, path?: string): ListPage {
    const page = this.#lists.get(object)?.page(reply, path);
    if (page === undefined) return NO_PAGE;
    const { values } = page;
    for (let i = 0; i < values.length; i++) values[i] = this.#unpadded(values[i] as string);
    return page;
  }

  /**
   * Records how a private page responded to a client without a session. The same response to another client
   * then means "signed out".
   */
  stranger(reply: Reply): void {
    const { status, redirect } = reply;
    if (status === undefined || status < 300 || status === 429 || status >= 500) return;
    if (redirect !== undefined) this.#strangers.redirect.add(redirect);
    else if (status >= 400) this.#strangers.status.add(status);
  }

  #asStranger({ status, redirect }: Reply): boolean {
    if (redirect !== undefined) return this.#strangers.redirect.has(redirect);
    return status !== undefined && this.#strangers.status.has(status);
  }

  /**
   * Records the canaries that are not part of the requested state, and the session cookies that the response changed.
   */
  #private(seen: Seen, reply: Reply): void {
    const found = this.#found(reply);
    const saw = seen.saw ?? [];
    // On most pages, all canaries are part of the requested state.
    if (found.length > 0 && !alike(found, saw)) {
      const foreign = new Set(found.filter(canary => !saw.includes(canary)));
      if (foreign.size > 0) seen.canaries = [...foreign];
    }
    if (reply.cookies.length === 0) return;
    const cookies = reply.cookies.filter(cookie => this.sessionCookies.includes(cookie.name));
    if (cookies.length > 0) seen.cookies = cookies.map(cookie => this.#cookie(cookie));
  }

  /** Returns the canaries in a response. */
  #found({ body, facts, headers }: Reply): readonly string[] {
    const found = facts?.canaries ?? this.#canaries(body);
    if (facts !== undefined) facts.canaries = found;
    if (this.#bare.has(headers)) return found;
    const more = this.#inHeaders(headers);
    if (more.length === 0) this.#bare.add(headers);
    return more.length === 0 ? found : [...found, ...more];
  }

  #inHeaders(headers: Reply['headers']): string[] {
    const found: string[] = [];
    // A loop, because in k6 values() and flat() would take longer than the search itself.
    for (const name in headers) {
      const value = headers[name];
      // Skips most headers, because they have no canary. In k6, adding an empty list takes as long as this test.
      if (typeof value === 'string' && !value.includes(this.#reading.canary)) continue;
      for (const one of [value ?? []].flat()) found.push(...this.#canaries(one));
    }
    return found;
  }

  #cookie({ name, value, attributes }: Reply['cookies'][number]): CookieChange {
    const change: CookieChange =
      value === undefined
        ? { name, change: 'deleted' }
        : { name, change: 'set', label: this.#reading.label(value) };
    return attributes === undefined ? change : { ...change, attributes };
  }
}

function noteOf({ status, failure, distrusted, redirect }: Reply): string {
  if (distrusted !== undefined) return `certificate: ${distrusted}`;
  if (status === undefined) return failure ?? 'no answer';
  return redirect === undefined ? String(status) : `${status} to ${redirect}`;
}
