/** A user with a browser, who visits the pages that the target file of an entry describes. */
import { CookieJar } from 'tough-cookie';
import { type Finding, finder } from '../../verify/core/response/finding.ts';
import { parseTarget, type Target } from '../../verify/target/load.ts';
import type { Probe, RequestSpec } from '../../verify/target/schema.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Send {
  method?: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Cookie header to send instead of the cookies in the jar. */
  cookie?: string;
}

export class Visitor {
  readonly target: Target;
  readonly #user: number;
  readonly #urls: readonly string[];
  /** The state of the browser. */
  #kept = { jar: new CookieJar(), csrf: '' };
  #next = 0;

  /** Sends requests to the addresses in turn. `user` is the index of the account in the target. */
  constructor(target: Target | string, urls: readonly string[], user = 0) {
    this.target = typeof target === 'string' ? parseTarget(target, 'target', {}) : target;
    this.#urls = urls;
    this.#user = user;
  }

  get user(): string {
    return this.#account.user;
  }

  get #account() {
    const account = this.target.accounts[this.#user];
    if (account === undefined) throw new Error(`expected ${this.#user + 1} accounts in the target`);
    return account;
  }

  /** Returns the same user with the same cookies, at other addresses. */
  at(...urls: string[]): Visitor {
    const twin = new Visitor(this.target, urls, this.#user);
    twin.#kept = this.#kept;
    return twin;
  }

  /** Returns another user with the same browser. */
  as(user: number): Visitor {
    const other = new Visitor(this.target, this.#urls, user);
    other.#kept = this.#kept;
    return other;
  }

  /** Sends a request, and does not follow redirects. */
  async send(path: string, { method = 'GET', form, headers, cookie }: Send = {}): Promise<Answer> {
    const url = `${this.#urls[this.#next++ % this.#urls.length]}${path}`;
    const sent = new Headers(headers);
    sent.set('cookie', cookie ?? (await this.#kept.jar.getCookieString(url)));
    const body = form === undefined ? null : new URLSearchParams(form);
    const response = await fetch(url, { method, redirect: 'manual', headers: sent, body });
    const text = await response.text();
    // A request with an old cookie does not change the browser's state.
    if (cookie === undefined) await this.#keep(response, url, text);
    return { status: response.status, headers: response.headers, text };
  }

  async #keep(response: Response, url: string, text: string): Promise<void> {
    for (const line of response.headers.getSetCookie()) {
      await this.#kept.jar.setCookie(line, url, { ignoreError: true });
    }
    const token = this.target.csrf && found(this.target.csrf, text)[0];
    if (token) this.#kept.csrf = token;
  }

  submit(request: RequestSpec, value = ''): Promise<Answer> {
    const { user, password } = this.#account;
    const values: Record<string, string> = { user, password, csrf: this.#kept.csrf, value };
    const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
    const form = Object.fromEntries(
      Object.entries(request.form).map(([name, text]) => [name, filled(text)] as const),
    );
    return this.send(request.path, { method: request.method, form, headers: request.headers });
  }

  /** Opens the login page and sends its form. */
  async signIn(): Promise<Answer> {
    await this.send(this.target.login.page);
    return this.submit(this.target.login);
  }

  /** Returns the user that the page for signed-in users names; undefined if it names no user. */
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
    if (add === undefined) throw new Error(`expected ${object} to take values`);
    return this.submit(add, value);
  }

  async items(object: string): Promise<string[]> {
    const { path, items } = this.probe(object).read;
    const { text } = await this.send(path);
    return found(items, text);
  }

  /** Returns the Cookie header for the page of signed-in users, to replay it later. */
  cookie(): Promise<string> {
    return this.#kept.jar.getCookieString(`${this.#urls[0]}${this.target.signedIn.page}`);
  }
}

const found = (finding: Finding, body: string): string[] =>
  finder(finding, text => text).all({ headers: {}, body, cookies: [] });
