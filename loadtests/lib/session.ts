/** One session: it sends requests as `k6/http` does, and each of them is recorded, judged and counted. */
import { sleep } from 'k6';
import { b64encode } from 'k6/encoding';
import exec from 'k6/execution';
import http, { type CookieJar } from 'k6/http';
import type { Account } from '../../verify/core/accounts.ts';
import { canaryOf } from '../../verify/core/canary.ts';
import type { Seen } from '../../verify/core/interpret.ts';
import { RELOGINS } from '../../verify/core/sums/figures.ts';
import type { Entrance, FormRequest } from './app.ts';
import { type Body, newJar, type Params, paramsOf, type Response } from './client.ts';
import { Filling, type Sent } from './filling.ts';
import { add } from './metrics.ts';
import { type Call, isSafe, Recording, type What } from './recording.ts';
import type { VirtualUser } from './virtual-user.ts';

/** Seconds after a login that failed or a session that was lost, so that a broken app is not flooded with logins. */
const PAUSE = 1;
/** How often the first lost session is read again, to see which instances still honour its cookie. */
const REPLAYS = 4;
/** Values in the object of the first probe: from here on one is removed, and up to twice as many are added. */
const ITEMS = 8;
/** Marks the requests of a login, so that password hashing does not count as load. */
const LOGIN_TAGS = { phase: 'login' };
/** A refusal is right after a logout, and the page before a login may not exist: k6's metrics count no failure then. */
const REFUSABLE = http.expectedStatuses({ min: 200, max: 499 });

export class Session {
  readonly account: Account;
  /** Values in the object of the first probe, as far as their writes were acknowledged. */
  items: string[] = [];
  readonly #vu: VirtualUser;
  readonly #recording: Recording;
  readonly #filling: Filling;
  /** Whether the script logs in by itself: then it has k6's jar, and no request is sent but the script's. */
  readonly #byScript: boolean;
  #params: ReturnType<typeof paramsOf>;
  #response: Response | undefined;
  #alive = false;
  #begun = false;
  #iteration = -1;
  #lives = 0;
  /** Its user has to log in again after a loss. */
  #forced = false;

  /** @param login who logs in: the session as the target says, or the requests of the script */
  constructor(vu: VirtualUser, account: Account, login: 'target' | 'script' = 'target') {
    this.account = account;
    this.#vu = vu;
    this.#byScript = login === 'script';
    this.#params = paramsOf(this.#byScript ? undefined : newJar());
    this.#recording = new Recording(vu, account.label);
    this.#filling = new Filling(vu, account);
  }

  /** Whether it is logged in, as far as the responses show. */
  get alive(): boolean {
    return this.#alive;
  }

  get(url: string, params?: Params): Response {
    return this.request('GET', url, null, params);
  }

  post(url: string, body: Body = null, params?: Params): Response {
    return this.request('POST', url, body, params);
  }

  /**
   * As `http.request`, with a path of the target or a whole address. Redirects are not followed unless the parameters
   * say so: the redirect to the login is the sign of a lost session. The target says what the request means.
   */
  request(method: string, url: string, body: Body = null, params?: Params): Response {
    const base = this.#vu.settings.url;
    const path = url.startsWith(base) ? url.slice(base.length) || '/' : url;
    const what = this.#vu.meaningOf(method, path, body);
    // A login form that is opened without a live session begins a new one.
    if (!this.#begun || (what.action === 'form' && !this.#alive)) this.#begin();
    this.#send(what, { method, path, body }, params);
    if (what.action === 'logout') this.#over('logout');
    return this.#response as Response;
  }

  /** A number from 0 to 1, drawn from the seed of the run. */
  random(): number {
    return this.#vu.random.next();
  }

  /** Logs in as the target says, with an empty jar, then reads the page that a browser is led to. */
  login(): boolean {
    return this.#enter(this.#vu.app.login, {});
  }

  /** Registers the account and is signed in with it. */
  register(request: Entrance, name: string): boolean {
    return this.#enter(request, { name });
  }

  #enter(request: Entrance, known: Record<string, string>): boolean {
    this.#params.jar = newJar();
    this.#begin();
    this.#send({ action: 'form' }, { method: 'GET', path: request.page, body: null });
    const { user, password } = this.account;
    if (request.basic) this.#keep({ basic: b64encode(`${user}:${password}`) });
    for (const step of request.steps ?? []) {
      this.submit({ action: 'form' }, step, known);
      this.#keep(this.#vu.captured(step.capture, this.#response));
    }
    const { outcome } = this.submit({ action: 'login' }, request, known);
    this.#keep(this.#vu.captured(request.capture, this.#response));
    if (outcome !== 'ok') this.#end('refused');
    if (this.#alive) this.get(this.#vu.home);
    return this.#alive;
  }

  #keep(captured: Record<string, string>): void {
    this.#filling.keep(captured);
    this.#params.headers = { ...this.#filling.always };
  }

  #begin(): void {
    this.#filling.forget();
    this.#params.headers = { ...this.#filling.always };
    this.#recording.begin(this.#vu.nextSession());
    this.#begun = true;
    this.#lives++;
    this.items = [];
  }

  /** @returns the path that a user opens next: mostly the page that shows the state, now and then another of `pages` */
  nextPage(): string {
    const { app, home, random } = this.#vu;
    const { pages = [] } = app;
    return pages.length > 0 && random.next() > 0.75 ? (pages[random.below(pages.length)] ?? home) : home;
  }

  /** Adds a value to the object of the first probe, or removes one. @returns false where the target has no such write */
  write(): boolean {
    const full = this.items.length >= ITEMS;
    if (this.items.length > 0 && this.random() < (full ? 1 : 0.15) && this.remove()) return true;
    return this.items.length < 2 * ITEMS && this.add();
  }

  /** Adds a value; without another, one that is recognised wherever it turns up. @returns false where nothing was sent */
  add(value: string = this.#canary()): boolean {
    const [probe] = this.#vu.app.probes;
    if (!this.#alive || probe?.add === undefined) return false;
    const { outcome } = this.submit({ action: 'add', probe, value }, probe.add, { value });
    if (outcome === 'ok') this.items.push(value);
    return true;
  }

  /** Removes one of its values, drawn by chance. @returns false where nothing was sent */
  remove(): boolean {
    const [probe] = this.#vu.app.probes;
    if (!this.#alive || probe?.remove === undefined || this.items.length === 0) return false;
    const [value = ''] = this.items.splice(this.#vu.random.below(this.items.length), 1);
    this.submit({ action: 'remove', probe, value }, probe.remove, { value });
    return true;
  }

  #canary(): string {
    return canaryOf({
      prefix: this.#vu.shared.run.canary,
      user: this.account.label,
      session: this.#recording.session,
      number: this.#vu.nextValue(),
      random: this.#vu.random.next(),
    });
  }

  /** Sends a form of the target, with {csrf} and whatever else is known in its places. */
  submit(what: What, request: FormRequest, known: Record<string, string> = {}): Seen {
    return this.#send(what, this.#filling.filled(request, known, this.#jar()));
  }

  /**
   * Logs out; then sends the cookies from before, which must not be honoured any more.
   *
   * @param raced whether a read is in flight meanwhile, which must not bring the session back
   * @param replays how often the old cookies are sent
   */
  logout({ raced = false, replays = 0 } = {}): void {
    const { app, settings } = this.#vu;
    if (app.logout === undefined) return;
    const sent = this.#filling.filled(app.logout, {}, this.#jar());
    const read: Sent = { method: 'GET', path: app.signedIn.page, body: null };
    const [jar, old] = [this.#params.jar, newJar()];
    for (const [name, values] of Object.entries(this.#jar().cookiesForURL(`${settings.url}/`)))
      old.set(`${settings.url}/`, name, values[0] ?? '');
    if (raced) this.#race(sent, read, old);
    else this.#send({ action: 'logout' }, sent);
    this.#alive = false;
    if (replays > 0) this.#params.jar = old;
    for (let i = 0; i < replays; i++) this.#send({ action: 'read', with: 'old' }, read);
    if (jar !== undefined) this.#params.jar = jar;
    this.#over('logout');
  }

  /** Sends both at once, on connections of their own. */
  #race(logout: Sent, read: Sent, old: CookieJar): void {
    const first = this.#recording.call({ action: 'logout' });
    const second = this.#recording.call({ action: 'read' });
    const batched = (sent: Sent, called: Call, jar?: CookieJar) => ({
      method: sent.method,
      url: this.#vu.settings.url + sent.path,
      body: sent.body,
      params: { ...this.#paramsOf(called, sent, jar && { jar }), responseCallback: REFUSABLE },
    });
    const responses = http.batch([batched(logout, first), batched(read, second, old)]);
    const [loggedOut, answered] = responses as unknown as [Response, Response];
    this.#returned(first, loggedOut);
    this.#returned(second, answered);
  }

  #send(what: What, sent: Sent, own?: Params): Seen {
    const called = this.#recording.call(what);
    const url = sent.path.startsWith('/') ? this.#vu.settings.url + sent.path : sent.path;
    return this.#returned(
      called,
      http.request(sent.method, url, sent.body, this.#paramsOf(called, sent, own)),
    );
  }

  /** One object for most requests: to make one takes k6 as long as to judge the response. */
  #paramsOf({ what, request }: Call, { headers, name }: Sent, own?: Params): Params {
    const login = what.action === 'form' || what.action === 'login';
    const special = login || what.with !== undefined || name !== undefined;
    const base = this.#params;
    base.headers['x-request-id'] = request;
    if (!special && headers === undefined && own === undefined) return base;
    return {
      ...base,
      ...own,
      headers: { ...base.headers, ...headers, ...own?.headers, 'x-request-id': request },
      tags: { ...(login ? LOGIN_TAGS : {}), ...(name === undefined ? {} : { name }), ...own?.tags },
      ...(what.action === 'form' || what.with === 'old' ? { responseCallback: REFUSABLE } : {}),
    };
  }

  #returned(called: Call, response: Response): Seen {
    const { readings, replies } = this.#vu;
    const { what } = called;
    const reply = replies.of(response);
    const safe = isSafe(what.action);
    if (!safe) readings.changed();
    const seen = readings.seen(reply, what);
    this.#response = response;
    if (safe && reply.status === 200) this.#filling.page = reply;
    this.#recording.returned(called, seen, this.#alive);
    this.#follow(what, seen);
    return seen;
  }

  #follow({ action, with: cookies }: What, { outcome, signedIn, sawUser }: Seen): void {
    if (action === 'login' && outcome === 'ok' && !this.#alive) {
      this.#alive = true;
      if (this.#forced) add(RELOGINS, 1);
      this.#forced = false;
      this.#recording.record({ event: 'born' });
    }
    if (!this.#alive || cookies !== undefined || action === 'logout') return;
    if (signedIn === 'out' || (sawUser !== undefined && sawUser !== this.account.label)) this.#lost();
  }

  /** k6 replaces its jar at each iteration, unless `noCookiesReset` is set: that ends a session, and loses none. */
  enterIteration(): void {
    if (!this.#byScript) return;
    const { iterationInInstance } = exec.vu;
    const again = this.#iteration !== -1 && this.#iteration !== iterationInInstance;
    this.#iteration = iterationInInstance;
    if (again && this.#begun && exec.test.options.noCookiesReset !== true) this.#over('jar replaced');
  }

  #over(reason: string): void {
    this.#alive = false;
    this.#begun = false;
    this.#recording.record({ event: 'ended', reason });
  }

  #lost(): void {
    this.#alive = false;
    this.#forced = true;
    for (let i = 0; !this.#byScript && this.#lives === 1 && i < REPLAYS; i++) this.get(this.#vu.home);
    this.#end('lost');
  }

  #end(reason: string): void {
    this.#recording.record({ event: 'ended', reason });
    if (!this.#byScript) sleep(PAUSE);
  }

  #jar(): CookieJar {
    return this.#params.jar ?? http.cookieJar();
  }
}
