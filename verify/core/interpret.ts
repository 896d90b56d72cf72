/** What a reply says about the session: signed in or out, as whom, which state, which instance. */
import { canaryFinder, unpadder } from './canary.ts';
import { type Finding, type Findings, finder } from './finding.ts';
import type { Action, CookieAttributes, CookieChange, Operation } from './history.ts';
import { acceptsLogin, hasPasswordField } from './login-answer.ts';
import { alike } from './models.ts';
import { type Named, type Naming, namer } from './naming.ts';
import { type Failure, outcomeOf } from './outcome.ts';
import { type ListPage, ListReader, type ListSpec } from './pages-of-list.ts';

/** What came back: a response, or why there is none. */
export interface Reply {
  status?: number;
  failure?: Failure;
  /** What is wrong with the certificate of the server, where that is the failure. */
  distrusted?: string;
  /** By name, in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** Path of the redirect's target on the same host, without query; absent when there is no redirect. */
  redirect?: string;
  /** Where the redirect leads, with its query, when it stays on the target and its scheme: it is followed only then. */
  leads?: string;
  /** Cookies that the response changed; one without a value is deleted. */
  cookies: { name: string; value?: string; attributes?: CookieAttributes }[];
  /** Cookies that the request carried. */
  sent?: readonly { name: string; value: string }[];
  /** It was sent a second time, as the connection of the first was closed just then. */
  resent?: true;
}

/** What is known of a target's pages. */
export interface Pages {
  login: {
    page: string;
    accepted?: readonly number[] | undefined;
    /** Finds what an answer says that refuses a login, or the path that it redirects to. */
    refused?: string | undefined;
  };
  signedIn: { user: Finding };
  /** Answers that say "signed out", beside 401 and a redirect to the login page. */
  signedOut?: { status: readonly number[]; redirect: readonly string[] } | undefined;
  csrf?: Finding | undefined;
  probes: readonly { object: string; read: ListSpec }[];
  instance?: Naming | undefined;
  /** Finds "busy, try again": the request was refused, and nothing came of it. */
  busy?: string | undefined;
}

export interface Reading {
  /** What stands for a secret in the history. */
  label(secret: string): string;
  /** @returns the label of a user of the run; undefined for anybody else */
  userLabel(name: string): string | undefined;
  /** What every canary of the run begins with: letters and digits. */
  canary: string;
  /** Resolves the character references of HTML (k6 and Node have different libraries for it). */
  decode(html: string): string;
}

/** The part of an operation that the reply decides. */
export type Seen = Pick<
  Operation,
  | 'outcome'
  | 'status'
  | 'note'
  | 'instance'
  | 'source'
  | 'signedIn'
  | 'sawUser'
  | 'saw'
  | 'canaries'
  | 'cookies'
>;

export interface Asked {
  action: Action;
  /** The object whose state the reply shows, if any: its name in the target file. */
  object?: string;
  /** The page need not name its user: one that does not says nothing of the session. */
  unmarked?: boolean;
  /** What was asked for, with its query. */
  path?: string;
}

const NO_PAGE: ListPage = { values: [], cut: false };

const safe = new Set<Action>(['form', 'read']);
const writes = (action: Action): boolean => !safe.has(action) && !silent.has(action) && action !== 'login';
/** Their answers say nothing of the session. */
const silent = new Set<Action>(['form', 'logout', 'logout-all']);

export class Interpreter {
  /** Names of the cookies that carry the session; until they are known, no cookie is recorded. */
  sessionCookies: readonly string[] = [];
  /** Probes whose page does not name its user, and is shown only to a signed-in client: a 2xx says "signed in". */
  readonly unnamed = new Set<string>();
  readonly #pages: Pages;
  readonly #reading: Reading;
  readonly #canaries: (text: string) => string[];
  readonly #unpadded: (text: string) => string;
  readonly #user: Findings;
  readonly #lists: Map<string, ListReader>;
  /** How a page that a stranger may not see answers one, beside what the target file says. */
  readonly #strangers = { status: new Set<number>(), redirect: new Set<string>() };
  readonly #csrf: Findings | undefined;
  readonly #instance: (reply: Reply) => Named | undefined;
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
  }

  /** @returns the form token in a page; undefined when there is none */
  csrf(reply: Reply): string | undefined {
    return this.#csrf?.first(reply);
  }

  /** @returns which instance answered; undefined when the answer does not tell */
  named(reply: Reply): Named | undefined {
    return this.#instance(reply);
  }

  /** @returns how a reply names its user, before that becomes a label; undefined when it names none */
  userName(reply: Reply): string | undefined {
    return this.#user.first(reply);
  }

  /** @param named which instance answered, for those who know it already */
  seen(reply: Reply, asked: Asked, named: Named | undefined = this.#instance(reply)): Seen {
    const { action, object, unmarked = false, path } = asked;
    const seen: Seen = { outcome: 'ok', note: noteOf(reply) };
    if (reply.status !== undefined) seen.status = reply.status;
    if (named !== undefined) {
      seen.instance = named.instance;
      seen.source = named.source;
    }
    const busy = this.busy(reply);
    if (!busy) this.#session(seen, reply, asked);
    if (action === 'read' && seen.signedIn === 'in' && object !== undefined && !unmarked)
      this.#state(seen, reply, object, path);
    this.#private(seen, reply);
    seen.outcome = busy ? 'fail' : outcomeOf(reply, seen.signedIn, safe.has(action));
    // A write that is answered with a login form may or may not have happened.
    if (seen.outcome === 'ok' && writes(action) && this.#asksPassword(reply)) seen.outcome = 'info';
    return seen;
  }

  /** Whether it says "busy, try again". */
  busy({ body }: Reply): boolean {
    return this.#busy?.test(body) === true;
  }

  #session(seen: Seen, reply: Reply, { action, object, unmarked = false }: Asked): void {
    const { status } = reply;
    if (status === undefined || status >= 500 || silent.has(action)) return;
    if (action === 'login') {
      const accepted = acceptsLogin(reply, this.#pages.login);
      if (accepted !== undefined) seen.signedIn = accepted ? 'in' : 'out';
      return;
    }
    const asked = action === 'read' && !unmarked;
    if (this.#refuses(reply) || (asked && this.#asStranger(reply))) seen.signedIn = 'out';
    else if (action === 'read' && status < 300) {
      this.#mark(seen, reply, unmarked);
      if (object !== undefined && this.unnamed.has(object) && !this.#asksPassword(reply))
        seen.signedIn = 'in';
    }
  }

  /**
   * @param reply the page at the end of a login's redirects
   * @returns whether it shows that the login was accepted; undefined when it is an error, which says neither
   */
  landed(reply: Reply): boolean | undefined {
    const { status } = reply;
    if (status === undefined || status >= 500 || status === 429) return undefined;
    return status !== 401 && !this.#asksPassword(reply);
  }

  /** Whether it is a login form: a page with a password field that names no user. */
  #asksPassword(reply: Reply): boolean {
    return hasPasswordField(reply) && (this.userName(reply) ?? '') === '';
  }

  #refuses({ status, redirect }: Reply): boolean {
    const { login, signedOut } = this.#pages;
    if (status === 401 || (status !== undefined && signedOut?.status.includes(status))) return true;
    return (
      redirect !== undefined && (redirect === login.page || signedOut?.redirect.includes(redirect) === true)
    );
  }

  /** A page that should name its user, and does not, is signed out. */
  #mark(seen: Seen, reply: Reply, unmarked: boolean): void {
    const name = this.userName(reply);
    if (name === undefined || name === '') {
      if (!unmarked) seen.signedIn = 'out';
      return;
    }
    seen.signedIn = 'in';
    seen.sawUser = this.#reading.userLabel(name) ?? `unknown-${this.#reading.label(name)}`;
  }

  /** What is only a part of the object is not its state. */
  #state(seen: Seen, reply: Reply, object: string, path: string | undefined): void {
    const { values, next, cut } = this.page(reply, object, path);
    if (next === undefined && !cut) seen.saw = values;
  }

  /**
   * @param object its name in the target file
   * @param path that was asked for
   */
  page(reply: Reply, object: string, path?: string): ListPage {
    const page = this.#lists.get(object)?.page(reply, path);
    if (page === undefined) return NO_PAGE;
    const { values } = page;
    for (let i = 0; i < values.length; i++) values[i] = this.#unpadded(values[i] as string);
    return page;
  }

  /** Takes in how somebody without a session was answered by a page that only a signed-in user sees. */
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

  /** Canaries anywhere but in the state that was asked for, and session cookies that changed. */
  #private(seen: Seen, reply: Reply): void {
    const found = this.#canaries(reply.body);
    // Not by values() and flat(): in k6 those take longer than to look through a header.
    for (const name in reply.headers) {
      const value = reply.headers[name];
      // Mostly there is none, and to spread nothing takes as long as the look.
      if (typeof value === 'string' && !value.includes(this.#reading.canary)) continue;
      for (const one of [value ?? []].flat()) found.push(...this.#canaries(one));
    }
    const saw = seen.saw ?? [];
    // Mostly a page shows the state that was asked for, and no more.
    if (found.length > 0 && !alike(found, saw)) {
      const foreign = new Set(found.filter(canary => !saw.includes(canary)));
      if (foreign.size > 0) seen.canaries = [...foreign];
    }
    if (reply.cookies.length === 0) return;
    const cookies = reply.cookies.filter(cookie => this.sessionCookies.includes(cookie.name));
    if (cookies.length > 0) seen.cookies = cookies.map(cookie => this.#cookie(cookie));
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
