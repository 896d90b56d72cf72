/** The requests of one session, sent as `k6/http` sends them: each is recorded, judged and counted. */
import { sleep } from 'k6';
import exec from 'k6/execution';
import http, { type CookieJar } from 'k6/http';
import type { Account } from '../../verify/core/accounts.ts';
import type { Seen } from '../../verify/core/interpret.ts';
import { RELOGINS } from '../../verify/core/sums/figures.ts';
import { Filling, type Sent } from '../target/filling.ts';
import { isSafe, type What } from '../target/meaning.ts';
import { type Body, newJar, type Params, paramsOf, type Response } from './client.ts';
import { add } from './metrics.ts';
import { type Call, Recording } from './recording.ts';
import type { VirtualUser } from './virtual-user.ts';

/** Seconds after a login that failed or a session that was lost, so that a broken app is not flooded with logins. */
const PAUSE = 1;
/** How often the first lost session is read again, to see which instances still honour its cookie. */
const REPLAYS = 4;
/** Marks the requests of a login, so that password hashing does not count as load. */
const LOGIN_TAGS = { phase: 'login' };
/** A refusal is right after a logout, and the page before a login may not exist: k6's metrics count no failure then. */
export const REFUSABLE: ReturnType<typeof http.expectedStatuses> = http.expectedStatuses({
  min: 200,
  max: 499,
});

export class JudgedSession {
  readonly account: Account;
  /** Whether it is logged in, as far as the responses show. */
  alive = false;
  /** Values in the object of the first probe, as far as their writes were acknowledged. */
  items: string[] = [];
  protected readonly vu: VirtualUser;
  protected readonly recording: Recording;
  protected readonly filling: Filling;
  /** Whether the script logs in by itself: then it has k6's jar, and no request is sent but the script's. */
  readonly #byScript: boolean;
  protected params: ReturnType<typeof paramsOf>;
  protected response: Response | undefined;
  #begun = false;
  #iteration = -1;
  #lives = 0;
  /** Its user has to log in again after a loss. */
  #forced = false;

  /** @param login who logs in: the session as the target says, or the requests of the script */
  constructor(vu: VirtualUser, account: Account, login: 'target' | 'script' = 'target') {
    this.account = account;
    this.vu = vu;
    this.#byScript = login === 'script';
    this.params = paramsOf(this.#byScript ? undefined : newJar());
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
   * As `http.request`, with a path of the target or a whole address. Redirects are not followed unless the parameters
   * say so: the redirect to the login is the sign of a lost session. The target says what the request means.
   */
  request(method: string, url: string, body: Body = null, params?: Params): Response {
    const base = this.vu.settings.url;
    const path = url.startsWith(base) ? url.slice(base.length) || '/' : url;
    const what = this.vu.meaningOf(method, path, body);
    // A login form that is opened without a live session begins a new one.
    if (!this.#begun || (what.action === 'form' && !this.alive)) this.begin();
    this.send(what, { method, path, body }, params);
    if (what.action === 'logout') this.over('logout');
    return this.response as Response;
  }

  /** A number from 0 to 1, drawn from the seed of the run. */
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

  protected send(what: What, sent: Sent, own?: Params): Seen {
    const called = this.recording.call(what);
    const url = sent.path.startsWith('/') ? this.vu.settings.url + sent.path : sent.path;
    return this.returned(called, http.request(sent.method, url, sent.body, this.paramsOf(called, sent, own)));
  }

  /** One object for most requests: to make one takes k6 as long as to judge the response. */
  protected paramsOf({ what, request }: Call, { headers, name }: Sent, own?: Params): Params {
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

  protected returned(called: Call, response: Response): Seen {
    const { readings, replies } = this.vu;
    const { what } = called;
    const reply = replies.of(response);
    const safe = isSafe(what.action);
    if (!safe) readings.changed();
    const seen = readings.seen(reply, what);
    this.response = response;
    if (safe && reply.status === 200) this.filling.page = reply;
    this.recording.returned(called, seen, this.alive);
    this.#follow(what, seen);
    return seen;
  }

  #follow({ action, with: cookies }: What, { outcome, signedIn, sawUser }: Seen): void {
    if (action === 'login' && outcome === 'ok' && !this.alive) {
      this.alive = true;
      if (this.#forced) add(RELOGINS, 1);
      this.#forced = false;
      this.recording.record({ event: 'born' });
    }
    if (!this.alive || cookies !== undefined || action === 'logout') return;
    if (signedIn === 'out' || (sawUser !== undefined && sawUser !== this.account.label)) this.#lost();
  }

  /** k6 replaces its jar at each iteration, unless `noCookiesReset` is set: that ends a session, and loses none. */
  enterIteration(): void {
    if (!this.#byScript) return;
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
    for (let i = 0; !this.#byScript && this.#lives === 1 && i < REPLAYS; i++) this.get(this.vu.home);
    this.end('lost');
  }

  protected end(reason: string): void {
    this.recording.record({ event: 'ended', reason });
    if (!this.#byScript) sleep(PAUSE);
  }

  protected jar(): CookieJar {
    return this.params.jar ?? http.cookieJar();
  }
}
