/**
 * Simulates a browser: keeps cookies, and sends the page's form token with each form. A request with an explicit
 * `cookie` header leaves the stored cookies unchanged.
 */
import { CookieJar } from 'tough-cookie';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly setCookies: string[];
}

export interface Dashboard {
  readonly user: string;
  readonly csrf: string;
  readonly balance: number;
  readonly basket: string[];
  readonly cards: { id: string; text: string; price: number | null; picture?: string }[];
}

type Fields = Record<string, string>;

const JSON_VIEW = { accept: 'application/json' };

export class Browser {
  jar = new CookieJar();
  readonly #urls: string[];
  #next = 0;
  #token = '';

  /** @param urls addresses of instances, which get the requests in turn */
  constructor(...urls: string[]) {
    this.#urls = urls;
  }

  /** Returns a client that sends requests to other instances, with the cookies of this client. */
  at(...urls: string[]): Browser {
    const twin = new Browser(...urls);
    twin.jar = this.jar;
    twin.#token = this.#token;
    return twin;
  }

  /** Sends a request without following redirects. */
  async request(path: string, init: RequestInit = {}): Promise<Answer> {
    const url = `${this.#urls[this.#next++ % this.#urls.length]}${path}`;
    const headers = new Headers(init.headers);
    // With `X-Forwarded-Proto: https`, the server sees a proxy that terminates TLS, so the jar needs an https URL.
    const seen = headers.get('x-forwarded-proto') === 'https' ? url.replace('http:', 'https:') : url;
    const replays = headers.has('cookie');
    const cookie = replays ? '' : await this.jar.getCookieString(seen);
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(url, { redirect: 'manual', ...init, headers });
    const setCookies = response.headers.getSetCookie();
    if (!replays) for (const line of setCookies) await this.jar.setCookie(line, seen, { ignoreError: true });
    return { status: response.status, headers: response.headers, text: await response.text(), setCookies };
  }

  get(path: string, headers: Fields = {}): Promise<Answer> {
    return this.request(path, { headers });
  }

  /** Sends a form with the form token of the last page that `read` loaded. */
  post(path: string, fields: Fields = {}, headers: Fields = {}): Promise<Answer> {
    const body = new URLSearchParams({ _csrf: this.#token, ...fields });
    return this.request(path, { method: 'POST', body, headers });
  }

  /** Reads a page, and remembers its form token for `post`. */
  async read<T = Dashboard>(path: string, headers: Fields = {}): Promise<T> {
    const answer = await this.get(path, { ...JSON_VIEW, ...headers });
    if (answer.status !== 200)
      throw new Error(`expected 200 at ${path}, got ${answer.status}: ${answer.text}`);
    const data = JSON.parse(answer.text);
    this.#token = data.csrf;
    return data;
  }

  /** Signs in as a fixture user, and reads the dashboard. Throws if the login is refused. */
  async signIn(user: string, headers: Fields = {}): Promise<Dashboard> {
    await this.read('/login', headers);
    const fields = { email: `${user}@example.test`, password: 'correct-horse-battery' };
    const answer = await this.post('/login', fields, headers);
    if (answer.status !== 303)
      throw new Error(`expected 303 from /login, got ${answer.status}: ${answer.text}`);
    return this.read('/dashboard', headers);
  }

  dashboard(): Promise<Dashboard> {
    return this.read('/dashboard');
  }

  async cookie(name: string): Promise<string | undefined> {
    const url = this.#urls[0]?.replace('http:', 'https:') ?? '';
    return (await this.jar.getCookies(url)).find(cookie => cookie.key === name)?.value;
  }
}
