/** Simulates a user with a browser, who visits the pages that a target file describes. */
import { type Answer, Browser } from '../../app/testing/browser.ts';
import { type Finding, finder } from '../../verify/core/response/finding.ts';
import { parseTarget, type Target } from '../../verify/target/load.ts';
import type { Probe, RequestSpec } from '../../verify/target/schema.ts';

export interface Send {
  method?: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Cookie header to send in place of the stored cookies. */
  cookie?: string;
}

export class Visitor {
  readonly target: Target;
  readonly #user: number;
  readonly #urls: readonly string[];
  #browser: Browser;
  /** Form token of the last page. Visitors in the same browser (see `as`) share this object. */
  #page = { csrf: '' };

  /**
   * @param urls addresses, which get the requests in turn
   * @param user index of the account in the target
   */
  constructor(target: Target | string, urls: readonly string[], user = 0) {
    this.target = typeof target === 'string' ? parseTarget(target, 'target', {}) : target;
    this.#urls = urls;
    this.#user = user;
    this.#browser = new Browser(...urls);
  }

  get user(): string {
    return this.#account.user;
  }

  get #account() {
    const account = this.target.accounts[this.#user];
    if (account === undefined) throw new Error(`expected ${this.#user + 1} accounts in the target`);
    return account;
  }

  /** Returns a visitor for the same user and cookies, whose requests go to other addresses. */
  at(...urls: string[]): Visitor {
    return this.#with(urls, this.#user);
  }

  /** Returns a visitor for another user in the same browser, with the same cookies. */
  as(user: number): Visitor {
    return this.#with(this.#urls, user);
  }

  #with(urls: readonly string[], user: number): Visitor {
    const other = new Visitor(this.target, urls, user);
    other.#browser = this.#browser.at(...urls);
    other.#page = this.#page;
    return other;
  }

  /** Sends a request without following redirects. */
  async send(path: string, { method = 'GET', form, headers, cookie }: Send = {}): Promise<Answer> {
    const body = form === undefined ? null : new URLSearchParams(form);
    const sent = { ...headers, ...(cookie === undefined ? {} : { cookie }) };
    const answer = await this.#browser.request(path, { method, headers: sent, body });
    const token = this.target.csrf && found(this.target.csrf, answer.text)[0];
    if (token && cookie === undefined) this.#page.csrf = token;
    return answer;
  }

  /** Requests a page as a browser that has kept a copy of it. */
  revalidate(path: string, kept: Answer): Promise<Answer> {
    // Replaces the Cache-Control header of `fetch`, which by default demands a new response.
    const headers = { 'if-none-match': kept.headers.get('etag') ?? '', 'cache-control': 'max-age=0' };
    return this.send(path, { headers });
  }

  submit(request: RequestSpec, value = ''): Promise<Answer> {
    const { user, password } = this.#account;
    const values: Record<string, string> = { user, password, csrf: this.#page.csrf, value };
    const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const form = Object.fromEntries(
      Object.entries(request.form ?? {}).map(([name, text]) => [name, filled(text)] as const),
    );
    return this.send(request.path, { method: request.method, form, headers: request.headers });
  }

  async signIn(): Promise<Answer> {
    await this.send(this.target.login.page);
    return this.submit(this.target.login);
  }

  /** Returns the user's name on the page for signed-in users; undefined if the page names no user. */
  async who(cookie?: string): Promise<string | undefined> {
    const { page, user } = this.target.signedIn;
    const { text } = await this.send(page, cookie === undefined ? {} : { cookie });
    return found(user, text)[0];
  }

  async signOut(): Promise<Answer> {
    if (this.target.logout === undefined) throw new Error('expected a target with a logout');
    return this.submit(this.target.logout);
  }

  probe(object: string): Probe {
    const probe = this.target.probes.find(one => one.object === object);
    if (probe === undefined) throw new Error(`expected a probe ${object} in the target`);
    return probe;
  }

  add(object: string, value: string): Promise<Answer> {
    const { add } = this.probe(object);
    if (add === undefined)
      throw new Error(`expected the probe ${object} to have a request that adds a value`);
    return this.submit(add, value);
  }

  async items(object: string): Promise<string[]> {
    const { path, items } = this.probe(object).read;
    const { text } = await this.send(path);
    return found(items, text);
  }

  /** Returns the Cookie header for a signed-in request, to replay later. */
  cookie(): Promise<string> {
    return this.#browser.jar.getCookieString(`${this.#urls[0]}${this.target.signedIn.page}`);
  }
}

const found = (finding: Finding, body: string): string[] =>
  finder(finding, text => text).all({ headers: {}, body, cookies: [] });
