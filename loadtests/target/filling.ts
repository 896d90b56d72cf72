/** Replaces the placeholders in the target's requests, such as {user} and {csrf}. */
import type { CookieJar } from 'k6/http';
import type { PoolAccount } from '../../verify/core/response/accounts.ts';
import { type Findings, finder } from '../../verify/core/response/finding.ts';
import { filled, filledJson, filledText } from '../../verify/core/response/form.ts';
import type { Reply } from '../../verify/core/response/reply.ts';
import { type Body, type Response, wholeOf } from '../lib/client.ts';
import { decode, type VirtualUser } from '../lib/virtual-user.ts';
import type { Captures, FormRequest } from './app.ts';

export interface Sent {
  method: string;
  /** Path on the target, or a full URL. */
  path: string;
  body: Body;
  headers?: Readonly<Record<string, string>>;
  /** Name in k6's metrics, equal for similar paths: `/cards/{id}`. */
  name?: string;
}

type Page = Pick<Reply, 'headers' | 'body' | 'cookies'>;

const NO_PAGE: Page = { headers: {}, body: '', cookies: [] };
const JSON_BODY = { 'content-type': 'application/json' };

export class Filling {
  /** Headers of every request. A header is omitted while the value of its placeholder is unknown. */
  always: Readonly<Record<string, string>> = {};
  /** The most recent page with a form. The form token is extracted only when a form is sent. */
  page = NO_PAGE;
  readonly #vu: VirtualUser;
  readonly #account: PoolAccount;
  readonly #csrf: Findings | undefined;
  #captured: Record<string, string> = {};

  constructor(vu: VirtualUser, account: PoolAccount) {
    this.#vu = vu;
    this.#account = account;
    this.#csrf = vu.app.csrf === undefined ? undefined : finder(vu.app.csrf, decode);
    this.forget();
  }

  forget(): void {
    this.#captured = {};
    this.keep({});
  }

  keep(captured: Readonly<Record<string, string>>): void {
    Object.assign(this.#captured, captured);
    const headers = Object.entries(filled(this.#vu.app.headers ?? {}, this.#captured));
    this.always = Object.fromEntries(headers.filter(([, text]) => !/\{\w+\}/.test(text)));
  }

  /** Extracts the values of a response that later requests must send, such as an id. */
  captured(captures: Captures = {}, response?: Response): Record<string, string> {
    const all = Object.entries(captures);
    if (all.length === 0 || response === undefined) return {};
    const whole = wholeOf(response);
    const found = all.map(([name, finding]) => [name, finder(finding, decode).first(whole)]);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined));
  }

  filled(
    { method = 'POST', path, form, json, headers }: FormRequest,
    known: Readonly<Record<string, string>>,
    jar: CookieJar,
  ): Sent {
    const { user, password } = this.#account;
    const all: Record<string, string> = { user, password, csrf: this.#token(path, jar) };
    for (const name in this.#captured) all[name] = this.#captured[name] ?? '';
    for (const name in known) all[name] = known[name] ?? '';
    const sent: Sent = { method, path, body: method === 'GET' ? null : filled(form, all) };
    if (json !== undefined) sent.body = JSON.stringify(filledJson(json, all));
    if (json !== undefined || headers !== undefined)
      sent.headers = { ...(json === undefined ? {} : JSON_BODY), ...filled(headers ?? {}, all) };
    if (!path.includes('{')) return sent;
    return { ...sent, path: filledText(path, all), name: path };
  }

  /** Decodes a token in a cookie, as scripts in pages do. */
  #token(path: string, jar: CookieJar): string {
    const { csrf } = this.#vu.app;
    if (typeof csrf !== 'object' || !('cookie' in csrf)) return this.#csrf?.first(this.page) ?? '';
    const [value = ''] = jar.cookiesForURL(this.#vu.settings.url + path)[csrf.cookie] ?? [];
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  }
}
