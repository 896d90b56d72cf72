/** One session: each request of it is recorded, judged and counted. */
import { sleep } from 'k6';
import { b64encode } from 'k6/encoding';
import http, { type CookieJar } from 'k6/http';
import { canaryOf } from '../../verify/core/canary.ts';
import type { Seen } from '../../verify/core/interpret.ts';
import type { Account } from './accounts.ts';
import type { Captures, Entrance, FormRequest, Probe } from './app.ts';
import { type Body, newJar, type Params, paramsOf, type Response } from './client.ts';
import { RELOGINS } from './figures.ts';
import { Filling, type Sent } from './filling.ts';
import { add } from './metrics.ts';
import { type Called, isSafe, Recording, readOf, type What } from './recording.ts';
import type { VirtualUser } from './virtual-user.ts';

/** After a login that failed or a session that was lost, seconds: a broken app is not flooded with logins. */
const PAUSE = 1;
/** How often the first lost session is asked again: on which instances is its cookie still honoured? */
const REPLAYS = 4;
/** Marks the requests of a login, so that its cost can be told from that of the load. */
const LOGIN_TAGS = { phase: 'login' };
const LOAD_TAGS = { phase: 'load' };
/** A refusal is right after a logout, and the page before a login may not exist: k6's metrics count no failure then. */
const REFUSABLE = http.expectedStatuses({ min: 200, max: 499 });

export class Session {
  readonly vu: VirtualUser;
  readonly account: Account;
  /** Canaries in the probe's object, as far as they were acknowledged. */
  items: string[] = [];
  /** The last response, for those who look at more of it than is judged. */
  response: Response | undefined;
  readonly #driven: boolean;
  readonly #recording: Recording;
  #jar: CookieJar;
  #params: ReturnType<typeof paramsOf>;
  readonly #filling: Filling;
  /** The page that was read last: mostly it is the next one too. */
  #page: { what: What; sent: Sent } | undefined;
  #alive = false;
  #lives = 0;
  /** Its user has to log in again, and did not ask for it. */
  #forced = false;
  /** @param driver somebody else's script may drive it: with the jar of its own, and no request that it did not send */
  constructor(vu: VirtualUser, account: Account, driver: 'own' | 'driven' = 'own') {
    const jar = newJar();
    this.vu = vu;
    this.account = account;
    this.#driven = driver === 'driven';
    this.#jar = jar;
    this.#params = paramsOf(jar);
    this.#recording = new Recording(vu, account.label);
    this.#filling = new Filling(vu, account);
  }

  /** Whether it is logged in, as far as anybody knows. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Logs in anew, as a browser that has no cookie; then reads the page that such a browser is led to. */
  login(): boolean {
    this.#useJar(newJar());
    return this.#enter(this.vu.app.login);
  }

  /** Makes an account and is signed in with it. */
  register(request: Entrance, name: string): boolean {
    this.#useJar(newJar());
    return this.#enter(request, { name });
  }

  #enter(request: Entrance, known: Record<string, string> = {}): boolean {
    this.begin();
    this.#params.tags = LOGIN_TAGS;
    this.send({ action: 'form' }, { method: 'GET', path: request.page, body: null });
    const { user, password } = this.account;
    if (request.basic) this.#keep({ basic: b64encode(`${user}:${password}`) });
    for (const step of request.steps ?? []) {
      this.send({ action: 'form' }, this.#filled(step, known));
      this.#take(step.capture);
    }
    const { outcome } = this.send({ action: 'login' }, this.#filled(request, known));
    this.#take(request.capture);
    delete this.#params.tags;
    if (outcome !== 'ok') this.#end('refused');
    if (this.#alive) this.read();
    return this.#alive;
  }

  /** What the last answer holds that later requests send. */
  #take(captures: Captures = {}): void {
    const { response } = this;
    if (response !== undefined && Object.keys(captures).length > 0)
      this.#keep(this.vu.captured(captures, response));
  }

  #keep(captured: Record<string, string>): void {
    this.#filling.keep(captured);
    this.#params.headers = { ...this.#filling.always };
  }

  /** A new name for what begins with the next login. */
  begin(): void {
    this.#filling.forget();
    this.#params.headers = { ...this.#filling.always };
    this.#recording.begin(this.vu.nextSession());
    this.#lives++;
    this.items = [];
  }

  /** Reads the state of a probe; without one, the page that names the user. */
  read(probe: Probe | undefined = this.vu.app.probes[0]): Seen {
    if (this.#page === undefined || this.#page.what.probe !== probe) {
      const path = probe === undefined ? this.vu.app.signedIn.page : probe.read.path;
      this.#page = { what: readOf(probe), sent: { method: 'GET', path, body: null } };
    }
    return this.send(this.#page.what, this.#page.sent);
  }

  /** Opens a page that need not name the user, and has nothing that is compared. */
  look(path: string): Seen {
    return this.send({ action: 'read', unmarked: true }, { method: 'GET', path, body: null });
  }

  /** Puts a value into the object; without another, one that is recognised wherever it turns up. */
  add(probe: Probe & { add: FormRequest }, value: string = this.#canary()): Seen {
    const seen = this.send({ action: 'add', probe, value }, this.#filled(probe.add, { value }));
    if (seen.outcome === 'ok') this.items.push(value);
    return seen;
  }

  #canary(): string {
    const { shared, random } = this.vu;
    return canaryOf({
      prefix: shared.run.canary,
      user: this.account.label,
      session: this.#recording.session,
      number: this.vu.nextValue(),
      random: random.next(),
    });
  }

  /** Takes one of its values out, whichever chance says. */
  remove(probe: Probe & { remove: FormRequest }): Seen {
    const [value = ''] = this.items.splice(this.vu.random.below(this.items.length), 1);
    return this.send({ action: 'remove', probe, value }, this.#filled(probe.remove, { value }));
  }

  /** Sends a form of the target that means something else. */
  submit(what: What, request: FormRequest, known: Record<string, string> = {}): Seen {
    return this.send(what, this.#filled(request, known));
  }

  /**
   * Logs out; then asks with the cookies from before, which must not be honoured any more.
   *
   * @param raced whether a read is in flight meanwhile, which must not bring the session back
   * @param replays how often it asks afterwards
   */
  logout(request: FormRequest, raced: boolean, replays: number): void {
    const old = this.#copyOfJar();
    const sent = this.#filled(request, {});
    if (raced) this.#race(sent, old);
    else this.send({ action: 'logout' }, sent);
    this.#alive = false;
    const jar = this.#jar;
    for (let i = 0; i < replays; i++) {
      this.#useJar(i === 0 ? old : this.#jar);
      this.send(
        { action: 'read', with: 'old' },
        { method: 'GET', path: this.vu.app.signedIn.page, body: null },
      );
    }
    this.#useJar(jar);
    this.#recording.tell({ event: 'ended', reason: 'logout' });
  }

  /** Both at once, on connections of their own. */
  #race(logout: Sent, old: CookieJar): void {
    const look: What = { action: 'read' };
    const first = this.#recording.call({ action: 'logout' });
    const second = this.#recording.call(look);
    const read: Sent = { method: 'GET', path: this.vu.app.signedIn.page, body: null };
    const [loggedOut, answered] = http.batch([
      this.#batched(logout, first, this.#jar),
      this.#batched(read, second, old),
    ]) as unknown as [Response, Response];
    this.#returned(first, loggedOut);
    this.#returned(second, answered);
  }

  #batched({ method, path, body, headers }: Sent, { request }: Called, jar: CookieJar) {
    const params = {
      ...paramsOf(jar),
      headers: { ...this.#filling.always, ...headers, 'x-request-id': request },
      responseCallback: REFUSABLE,
    };
    return { method, url: this.vu.settings.url + path, body, params };
  }

  /** Sends one request and takes in what came. */
  send(what: What, sent: Sent): Seen {
    const called = this.#recording.call(what);
    const params = this.#params;
    if (sent.headers !== undefined) params.headers = { ...this.#filling.always, ...sent.headers };
    const refusable = what.with === 'old' || what.action === 'form';
    if (refusable) params.responseCallback = REFUSABLE;
    params.headers['x-request-id'] = called.request;
    const { tags } = params;
    if (sent.name !== undefined) params.tags = { ...tags, name: sent.name };
    const response = http.request(sent.method, this.vu.settings.url + sent.path, sent.body, params);
    if (sent.headers !== undefined) params.headers = { ...this.#filling.always };
    if (sent.name !== undefined) this.#tag(tags);
    if (refusable) delete params.responseCallback;
    return this.#returned(called, response);
  }

  #tag(tags: Params['tags']): void {
    if (tags === undefined) delete this.#params.tags;
    else this.#params.tags = tags;
  }

  /** The same for a request of somebody else's making: its address, and its parameters, are as they are. */
  exchange(what: What, method: string, url: string, body: Body, params: Params): Response {
    const called = this.#recording.call(what);
    const headers = { ...params.headers, 'x-request-id': called.request };
    const login = what.action === 'form' || what.action === 'login';
    const tags = { ...(login ? LOGIN_TAGS : LOAD_TAGS), ...params.tags };
    const response = http.request(method, url, body, { redirects: 0, ...params, headers, tags });
    this.#returned(called, response);
    return response;
  }

  #returned(called: Called, response: Response): Seen {
    const { vu } = this;
    const { what } = called;
    const reply = vu.replies.of(response);
    const safe = isSafe(what.action);
    if (!safe) vu.readings.changed();
    const seen = vu.readings.seen(reply, what);
    this.response = response;
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
      this.#recording.tell({ event: 'born' });
    }
    if (!this.#alive || cookies !== undefined || action === 'logout') return;
    if (signedIn === 'out' || (sawUser !== undefined && sawUser !== this.account.label)) this.#lost();
  }

  /** Nothing more comes of it, and nothing is wrong. */
  over(reason: string): void {
    this.#alive = false;
    this.#recording.tell({ event: 'ended', reason });
  }

  #lost(): void {
    this.#alive = false;
    this.#forced = true;
    for (let i = 0; !this.#driven && this.#lives === 1 && i < REPLAYS; i++) this.read();
    this.#end('lost');
  }

  #end(reason: string): void {
    this.#recording.tell({ event: 'ended', reason });
    if (!this.#driven) sleep(PAUSE);
  }

  #filled(request: FormRequest, known: Record<string, string>): Sent {
    return this.#filling.filled(request, known, this.#jar);
  }

  #useJar(jar: CookieJar): void {
    this.#jar = jar;
    this.#params.jar = jar;
  }

  #copyOfJar(): CookieJar {
    const { url } = this.vu.settings;
    const copy = newJar();
    for (const [name, values] of Object.entries(this.#jar.cookiesForURL(`${url}/`))) {
      copy.set(`${url}/`, name, values[0] ?? '');
    }
    return copy;
  }
}
