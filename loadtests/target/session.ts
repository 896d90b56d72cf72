/** A session that logs in, reads, writes and logs out as the target file describes. */
import { b64encode } from 'k6/encoding';
import http, { type CookieJar } from 'k6/http';
import { canaryOf } from '../../verify/core/history/canary.ts';
import type { Seen } from '../../verify/core/response/interpret.ts';
import { REFUSABLE, type Response } from '../lib/client.ts';
import type { RequestInFlight } from '../lib/recording.ts';
import { JudgedSession, LOGIN_TAGS } from '../lib/session.ts';
import type { AccountRequest, ActivationRequest, FormRequest } from './app.ts';
import type { Sent } from './filling.ts';
import type { RequestMeaning } from './meaning.ts';

/** Number of values at which a write removes a value instead of adding one. */
const ITEMS = 8;
/**
 * Maximum number of requests for the login page after a login. One request is not enough, because some instances may
 * not know the session yet.
 */
const LANDINGS = 4;

export class Session extends JudgedSession {
  /** Logs in with an empty cookie jar, and reads the home page, as a browser does. */
  login(): boolean {
    const { login } = this.vu.app;
    this.#arrive(login);
    return this.#enter(login, {});
  }

  /**
   * Registers the account and logs in. Follows the mailed link if the app activates accounts by mail.
   * @param mailed returns the token in the link that was mailed to an address
   */
  register(
    request: AccountRequest,
    name: string,
    activation?: ActivationRequest,
    mailed: (address: string) => string = () => '',
  ): boolean {
    this.#arrive(request);
    if (activation === undefined || !this.response?.body?.includes(activation.sign))
      return this.#enter(request, { name });
    this.submit({ action: 'form' }, request, { name });
    const token = mailed(this.account.user);
    const path = `${activation.path}?token=${token}`;
    this.send({ action: 'form' }, { method: 'GET', path, body: null, name: activation.path });
    this.submit({ action: 'form' }, activation, { token });
    const { login } = this.vu.app;
    this.#open(login);
    return this.#enter(login, {});
  }

  #arrive(request: AccountRequest): void {
    this.params.jar = new http.CookieJar();
    this.begin();
    this.#open(request);
  }

  #open({ page }: AccountRequest): void {
    this.send({ action: 'form' }, { method: 'GET', path: page, body: null });
  }

  #enter(request: AccountRequest, known: Record<string, string>): boolean {
    const { user, password } = this.account;
    if (request.basic) this.#keep({ basic: b64encode(`${user}:${password}`) });
    for (const step of request.steps ?? []) {
      this.submit({ action: 'form' }, step, known);
      this.#keep(this.filling.captured(step.capture, this.response));
    }
    const { outcome } = this.submit({ action: 'login' }, request, known);
    this.#keep(this.filling.captured(request.capture, this.response));
    if (outcome !== 'ok') this.end('refused');
    if (this.alive) this.get(this.vu.home);
    return this.alive;
  }

  /** Requests the login page after a login. An app redirects signed-in users from this page, or shows no form. */
  protected override confirmLogin(seen: Seen): void {
    const { app, settings, interpreter, replies } = this.vu;
    if (this.byScript || app.login.accepted !== undefined) return;
    // Removes the request id, because the history does not contain this request for the login page.
    const { 'x-request-id': _, ...headers } = this.params.headers;
    const page = { ...this.params, headers, tags: LOGIN_TAGS };
    for (let i = 0; i < LANDINGS && seen.outcome === 'fail'; i++) {
      const reply = replies.of(http.get(settings.url + app.login.page, page));
      const accepted = reply.redirect === undefined ? interpreter.landed(reply) : true;
      if (accepted === false) continue;
      delete seen.signedIn;
      if (accepted === 'limited') return;
      seen.outcome = accepted ? 'ok' : 'info';
      if (accepted) seen.signedIn = 'in';
    }
  }

  #keep(captured: Record<string, string>): void {
    this.filling.keep(captured);
    this.params.headers = { ...this.filling.always };
  }

  /** Returns the path of the next page: usually the home page, sometimes one of the target's `pages`. */
  nextPage(): string {
    const { app, home, random } = this.vu;
    const { pages = [] } = app;
    return pages.length > 0 && random.next() > 0.75 ? (pages[random.below(pages.length)] ?? home) : home;
  }

  /** Changes the first probe's object, such as the basket. Returns false if the target describes no write. */
  write(): boolean {
    const full = this.items.length >= ITEMS;
    if (this.items.length > 0 && this.random() < (full ? 1 : 0.15) && this.remove()) return true;
    return this.items.length < 2 * ITEMS && this.add();
  }

  /**
   * Adds a value to the first probe's object, such as the basket. Returns false if no request was sent.
   * @param value by default a canary, a text that no other request sends
   */
  add(value: string = this.#canary()): boolean {
    const [probe] = this.vu.app.probes;
    if (!this.alive || probe?.add === undefined) return false;
    const { outcome } = this.submit({ action: 'add', probe, value }, probe.add, { value });
    if (outcome === 'ok') this.items.push(value);
    return true;
  }

  /** Removes a random value from the first probe's object. Returns false if no request was sent. */
  remove(): boolean {
    const [probe] = this.vu.app.probes;
    if (!this.alive || probe?.remove === undefined || this.items.length === 0) return false;
    const [value = ''] = this.items.splice(this.vu.random.below(this.items.length), 1);
    this.submit({ action: 'remove', probe, value }, probe.remove, { value });
    return true;
  }

  #canary(): string {
    return canaryOf({
      prefix: this.vu.shared.run.canary,
      user: this.account.label,
      session: this.recording.session,
      number: this.vu.nextValue(),
      random: this.vu.random.next(),
    });
  }

  /**
   * Gives an item a picture, if the page with the upload form can be opened.
   * @param uploadWith uploads a picture with the form of a page, and returns its key
   */
  illustrate(request: FormRequest, value: string, uploadWith: (page: string) => string): void {
    const { outcome } = this.submit({ action: 'form' }, { ...request, method: 'GET' }, { value });
    if (!this.alive || outcome !== 'ok') return;
    const key = uploadWith(this.response?.body ?? '');
    this.submit({ action: 'set' }, request, { value, key });
  }

  submit(what: RequestMeaning, request: FormRequest, known: Record<string, string> = {}): Seen {
    return this.send(what, this.filling.filled(request, known, this.jar()));
  }

  /**
   * Logs out, then replays the old cookies, which the app must refuse.
   * @param raced true: sends a read at the same time, which must not restore the session
   * @param replays number of requests with the old cookies
   */
  logout({ raced = false, replays = 0 } = {}): void {
    const { app, settings } = this.vu;
    if (app.logout === undefined) return;
    const sent = this.filling.filled(app.logout, {}, this.jar());
    const read: Sent = { method: 'GET', path: app.signedIn.page, body: null };
    const [jar, old] = [this.params.jar, new http.CookieJar()];
    const what: RequestMeaning = { action: 'read', with: 'old' };
    for (const [name, [value = '']] of Object.entries(this.jar().cookiesForURL(`${settings.url}/`))) {
      old.set(`${settings.url}/`, name, value);
      if (this.vu.interpreter.sessionCookies.includes(name)) what.sent = this.vu.label(value);
    }
    if (raced) this.#race(sent, read, old);
    else this.send({ action: 'logout' }, sent);
    this.alive = false;
    if (replays > 0) this.params.jar = old;
    for (let i = 0; i < replays; i++) this.send(what, read);
    if (jar !== undefined) this.params.jar = jar;
    this.over('logout');
  }

  /** Sends the logout and the read at the same time, on separate connections. */
  #race(logout: Sent, read: Sent, old: CookieJar): void {
    const first = this.recording.call({ action: 'logout' });
    const second = this.recording.call({ action: 'read' });
    const batched = (sent: Sent, called: RequestInFlight, jar?: CookieJar) => ({
      method: sent.method,
      url: this.vu.settings.url + sent.path,
      body: sent.body,
      params: { ...this.paramsOf(called, sent, jar && { jar }), responseCallback: REFUSABLE },
    });
    const responses = http.batch([batched(logout, first), batched(read, second, old)]);
    const [loggedOut, answered] = responses as unknown as [Response, Response];
    this.returned(first, loggedOut);
    this.returned(second, answered);
  }
}
