/** Sends the requests of one session with `k6/http`. Records, judges and counts each request. */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type CookieJar } from 'k6/http';
import type { PoolAccount } from '../../verify/core/response/accounts.ts';
import type { Seen } from '../../verify/core/response/interpret.ts';
import { RELOGINS } from '../../verify/core/sums/figures.ts';
import { Filling, type Sent } from '../target/filling.ts';
import { isSafe, type RequestMeaning } from '../target/meaning.ts';
import { type Body, type Params, paramsOf, REFUSABLE, type Response } from './client.ts';
import { add } from './metrics.ts';
import { Recording, type RequestInFlight } from './recording.ts';
import type { VirtualUser } from './virtual-user.ts';

/** Pause after a session, seconds. Without it, a broken app would cause a flood of logins. */
const PAUSE = 1;
/** Number of requests after a session is lost, to find out which instances still accept its cookie. */
const REPLAYS = 4;
/** Password hashing is slow, so logins are measured separately. */
export const LOGIN_TAGS = { phase: 'login' };

export abstract class JudgedSession {
  readonly account: PoolAccount;
  /** True while the responses show that the session is logged in. */
  alive = false;
  /** Acknowledged values of the app's first list, such as the basket. */
  items: string[] = [];
  protected readonly vu: VirtualUser;
  protected readonly recording: Recording;
  protected readonly filling: Filling;
  /** True if the script itself sends the login. The session then uses k6's cookie jar, and adds no requests. */
  protected readonly byScript: boolean;
  protected params: ReturnType<typeof paramsOf>;
  protected response: Response | undefined;
  #begun = false;
  #iteration = -1;
  #lives = 0;
  /** True if the session was lost, so that the next login counts as a forced login. */
  #forced = false;

  /** @param login `target`: logs in as the target file describes; `script`: the script itself sends the login */
  constructor(vu: VirtualUser, account: PoolAccount, login: 'target' | 'script' = 'target') {
    this.account = account;
    this.vu = vu;
    this.byScript = login === 'script';
    // k6 replaces its own cookie jar at each iteration.
    this.params = paramsOf(this.byScript ? undefined : new http.CookieJar());
    this.recording = new Recording(vu, account.label);
    this.filling = new Filling(vu, account);
  }

  get(url: string, params?: Params): Response {
    return this.request('GET', url, null, params);
  }

  post(url: string, body: Body = null, params?: Params): Response {
    return this.request('POST', url, body, params);
  }

  /**
   * Sends a request as `http.request` does. By default, does not follow redirects: the judge must see a redirect to the
   * login, which shows a lost session.
   * @param url path of the target, or full URL
   */
  request(method: string, url: string, body: Body = null, params?: Params): Response {
    const base = this.vu.settings.url;
    const path = url.startsWith(base) ? url.slice(base.length) || '/' : url;
    const what = this.vu.meaningOf(method, path, body);
    // After the end of a session, a request for the login form begins a new session.
    if (!this.#begun || (what.action === 'form' && !this.alive)) this.begin();
    this.send(what, { method, path, body }, params);
    if (what.action === 'logout') this.over('logout');
    return this.response as Response;
  }

  /** Returns a random number from 0 to 1. The generator starts with the seed of the run. */
  random(): number {
    return this.vu.random.next();
  }

  protected begin(): void {
    this.filling.forget();
    this.params.headers = { ...this.filling.always };
    this.recording.begin(this.vu.nextSession());
    this.#begun = true;
    this.#lives++;
    this.items = [];
  }

  protected send(what: RequestMeaning, sent: Sent, own?: Params): Seen {
    const called = this.recording.call(what);
    const url = sent.path.startsWith('/') ? this.vu.settings.url + sent.path : sent.path;
    return this.returned(called, http.request(sent.method, url, sent.body, this.paramsOf(called, sent, own)));
  }

  /**
   * Returns k6's parameters of a request. Shares one object if possible, because a new object takes as long as judging
   * a response.
   */
  protected paramsOf({ what, request }: RequestInFlight, { headers, name }: Sent, own?: Params): Params {
    const login = what.action === 'form' || what.action === 'login';
    const special = login || what.with !== undefined || name !== undefined;
    const base = this.params;
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

  /** Finds out whether a login that led back to the login page was accepted. */
  protected abstract confirmLogin(seen: Seen): void;

  protected returned(called: RequestInFlight, response: Response): Seen {
    const { readings, replies } = this.vu;
    const { what } = called;
    const reply = replies.of(response);
    const safe = isSafe(what.action);
    if (!safe) readings.changed();
    const seen = readings.seen(reply, what);
    if (what.action === 'login' && reply.redirect === this.vu.app.login.page) this.confirmLogin(seen);
    this.response = response;
    if (safe && reply.status === 200) this.filling.page = reply;
    this.recording.returned(called, seen, this.alive);
    this.#follow(what, seen);
    return seen;
  }

  #follow({ action, with: cookies }: RequestMeaning, { outcome, signedIn, sawUser }: Seen): void {
    if (action === 'login' && outcome === 'ok' && !this.alive) {
      this.alive = true;
      if (this.#forced) add(RELOGINS, 1);
      this.#forced = false;
      this.recording.record({ event: 'born' });
    }
    if (!this.alive || cookies !== undefined || action === 'logout') return;
    if (signedIn === 'out' || (sawUser !== undefined && sawUser !== this.account.label)) this.#lost();
  }

  /** Ends the session, without a loss, if k6 has replaced its cookie jar, as without `noCookiesReset`. */
  enterIteration(): void {
    if (!this.byScript) return;
    const { iterationInInstance } = exec.vu;
    const again = this.#iteration !== -1 && this.#iteration !== iterationInInstance;
    this.#iteration = iterationInInstance;
    if (again && this.#begun && exec.test.options.noCookiesReset !== true) this.over('jar replaced');
  }

  protected over(reason: string): void {
    this.alive = false;
    this.#begun = false;
    this.recording.record({ event: 'ended', reason });
  }

  #lost(): void {
    this.alive = false;
    this.#forced = true;
    for (let i = 0; !this.byScript && this.#lives === 1 && i < REPLAYS; i++) this.get(this.vu.home);
    this.end('lost');
  }

  protected end(reason: string): void {
    this.recording.record({ event: 'ended', reason });
    if (!this.byScript) sleep(PAUSE);
  }

  protected jar(): CookieJar {
    return this.params.jar ?? http.cookieJar();
  }
}
