/** Drives one session with one cookie jar. It sends requests like a browser, but follows no redirect. */
import { randomBytes } from 'node:crypto';
import { filledText } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Affinity } from './affinity.ts';
import type { Held } from './barrier.ts';
import { ACCEPTED_ENCODINGS } from './body.ts';
import { reasonOf } from './certificate.ts';
import { failureOf, type Head, type Outgoing } from './exchange.ts';
import { heldRequest } from './held-request.ts';
import { Jar } from './jar.ts';
import type { Network } from './network.ts';
import { redirectOf } from './redirect.ts';
import { retryAfter } from './retry-after.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query. */
  path: string;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Sent as application/json. If present, `form` is not sent. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Address of one instance. Absent: the target's own address, through the balancer. */
  origin?: string | undefined;
  /** Cookies for the balancer, in addition to the cookies of the jar. They replace cookies of the same name. */
  cookies?: Record<string, string> | undefined;
  /** Holds back the last byte of the request. */
  held?: Held | undefined;
  /** True: a redirect is complete when its head has come, like in a browser. Its body is read in the background. */
  early?: boolean | undefined;
  /** Disconnects after this many milliseconds, like a user who closes the tab. */
  abandon?: number | undefined;
  /** True: the request is never sent a second time, even if it is a GET. */
  once?: boolean | undefined;
  /** Called one time, after the last wait inside Baton and before the first byte leaves. */
  departs?: (() => void) | undefined;
}

/** @param after milliseconds. Absent: the client does not disconnect before the run is stopped */
function leaving(after: number | undefined, stop: AbortSignal | undefined): AbortSignal | undefined {
  if (after === undefined) return stop;
  const away = AbortSignal.timeout(Math.round(after));
  return stop === undefined ? away : AbortSignal.any([stop, away]);
}

/** Methods that a browser resends if a kept-alive connection closes just as the request leaves (RFC 9110, 9.2.2). */
const REPEATABLE = ['GET', 'HEAD'];

export class SessionClient {
  readonly #network: Network;
  readonly #affinity: Affinity | undefined;
  #broken = false;
  #jar: Jar;
  /** The form token of the last page. */
  csrf = '';
  /** Values of responses for later requests, under the names that the target file gives them. */
  readonly captured = new Map<string, string>();

  /**
   * @param network connections to the target, shared by many clients
   * @param affinity how to treat the affinity cookie of a sticky balancer. Absent: like any other cookie
   */
  constructor(network: Network, affinity?: Affinity) {
    this.#network = network;
    this.#affinity = affinity;
    this.#jar = new Jar(network.site);
  }

  /** Sends one request and waits for the response. Never throws: if the request fails, the reply contains the error. */
  async send(request: Send, signal?: AbortSignal): Promise<Reply> {
    const { held, origin } = request;
    const forwarding = origin === undefined ? {} : await this.#network.forwarding();
    await this.#network.rested(signal);
    // If no turn is free, a request of a race is sent separately. Otherwise it would wait for a turn that the others
    // hold, while they wait for it.
    const alone = held !== undefined && !this.#network.room();
    if (alone) held.leave();
    const done = await this.#network.turn(signal);
    try {
      if (!alone) await held?.assemble();
      request.departs?.();
      const headers = forwarded(forwarding, this.#network, request);
      return await this.#exchange(
        { ...request, headers, ...(alone ? { held: undefined } : {}) },
        leaving(request.abandon, signal),
        done,
      );
    } finally {
      if (request.early !== true) done();
    }
  }

  async #exchange(request: Send, signal: AbortSignal | undefined, done: () => void): Promise<Reply> {
    const { url: base, tls } = this.#network;
    const url = new URL(base + request.path);
    const to = request.origin === undefined ? url : new URL(url.pathname + url.search, request.origin);
    // Cookies belong to the target's address, even if the request is sent to an instance.
    const site = this.#site(request.path);
    const { list: sent } = this.#jar.for(site);
    const delivery: Pick<Reply, 'resent'> = {};
    const again = (): void => {
      delivery.resent = true;
    };
    const repeatable = request.once !== true && REPEATABLE.includes(request.method);
    const outgoing = { ...this.#outgoing(request, site, signal), again: repeatable ? again : undefined };
    try {
      const head = await (request.held === undefined
        ? this.#network.exchange(to, outgoing)
        : heldRequest(to, outgoing, request.held, tls));
      const redirects = head.status >= 300 && head.status < 400 && head.headers.location !== undefined;
      if (request.early !== true || !redirects) {
        const body = await head.body();
        done();
        const reply = { ...this.#reply(site, to, head, body), sent, ...delivery };
        const wait = retryAfter(reply, Date.now());
        if (wait !== undefined) this.#network.rest(wait);
        return reply;
      }
      head
        .body()
        .catch(() => {})
        .finally(done);
      return { ...this.#reply(site, to, head, ''), sent, ...delivery };
    } catch (error) {
      done();
      const failure = failureOf(error);
      const why = failure === 'certificate' ? { distrusted: reasonOf(error as Error) } : {};
      return { failure, ...why, headers: {}, body: '', cookies: [], ...delivery };
    }
  }

  /** Returns the address of a path that decides which cookies are sent. */
  #site(path: string): URL {
    const { site } = this.#network;
    return new URL(site.pathname.replace(/\/$/, '') + path, site);
  }

  #outgoing(request: Send, url: URL, signal: AbortSignal | undefined): Omit<Outgoing, 'again'> {
    const headers: Record<string, string> = { ...this.#always(request), ...request.headers };
    const given = Object.keys(headers).some(name => name.toLowerCase() === 'accept-encoding');
    if (!given) headers['accept-encoding'] = ACCEPTED_ENCODINGS;
    const cookie = this.#cookiesOf(url, request.cookies);
    if (cookie !== '') headers['cookie'] = cookie;
    let body: string | null = null;
    if (request.form !== undefined && request.json === undefined && request.method !== 'GET') {
      headers['content-type'] = 'application/x-www-form-urlencoded';
      body = new URLSearchParams(request.form).toString();
    }
    if (request.json !== undefined) {
      headers['content-type'] ??= 'application/json';
      body = JSON.stringify(request.json);
    }
    // Over https, some frameworks require the Referer header with a form (Django does).
    if (body !== null && url.protocol === 'https:') headers['referer'] ??= `${url.origin}/`;
    return { method: request.method, headers, body, timeout: this.#network.timeout, signal };
  }

  /** Returns the headers for every request. It omits a header whose placeholder has no value yet. */
  #always({ headers: own }: Send): Record<string, string> {
    const known = { ...Object.fromEntries(this.captured), ...namesOf(own?.['x-request-id']) };
    const all = Object.entries(this.#network.headers).map(([name, text]) => [name, filledText(text, known)]);
    return Object.fromEntries(all.filter(([, text]) => !/\{\w+\}/.test(text as string)));
  }

  #reply(url: URL, asked: URL, { status, headers }: Head, body: string): Reply {
    const date = headers.date === undefined ? undefined : Date.parse(headers.date);
    const cookies = [headers['set-cookie'] ?? []].flat().map(line => this.#keep(line, url, date));
    const location = status >= 300 && status < 400 ? headers.location : undefined;
    const reply: Reply = {
      status,
      headers,
      body,
      cookies: cookies.filter(c => c !== undefined),
    };
    if (location !== undefined) Object.assign(reply, redirectOf(location, url, this.#network.site, asked));
    return reply;
  }

  #keep(line: string, url: URL, date: number | undefined): Reply['cookies'][number] | undefined {
    const change = this.#jar.keep(line, url, date);
    if (change?.value !== undefined) this.#affinity?.saw(change);
    return change;
  }

  #cookiesOf(url: URL, more: Record<string, string> = {}): string {
    const header = this.#header(url);
    const names = Object.keys(more);
    if (names.length === 0) return header;
    const own = header.split('; ').filter(pair => pair !== '' && !names.includes(pair.split('=')[0] ?? ''));
    return [...own, ...names.map(name => `${name}=${more[name]}`)].join('; ');
  }

  #header(url: URL): string {
    const affinity = this.#affinity;
    if (affinity === undefined) return this.#jar.for(url).header;
    if (!this.#broken && affinity.breaks()) {
      this.#broken = true;
      for (const name of affinity.twins) this.#jar.remove(name);
    }
    const sent = affinity.sent(this.#jar.for(url).list);
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** Returns path and query of an address from a page; undefined if the address is not on the target. */
  pathOf(href: string, page: string): string | undefined {
    return redirectOf(href, this.#site(page), this.#network.site).leads;
  }

  /** Returns the names and values of the cookies that the client would send to a path. */
  cookies(path: string): readonly { name: string; value: string }[] {
    return this.#jar.for(this.#site(path)).list;
  }

  /** Adds a cookie to the jar that no response has set. It is valid for the whole host and every path. */
  put(name: string, value: string): void {
    this.#jar.put(name, value);
  }

  /** Returns a client with a copy of the current jar, without the named cookies. */
  copy(without: readonly string[] = []): SessionClient {
    const copy = new SessionClient(this.#network, this.#affinity);
    copy.#jar = this.#jar.copy();
    for (const name of without) copy.#jar.remove(name);
    copy.#remember(this);
    return copy;
  }

  /** Returns a client with copies of the current cookies. The copies never expire. */
  replayer(path: string): SessionClient {
    const replayer = new SessionClient(this.#network, this.#affinity);
    for (const { name, value } of this.cookies(path)) replayer.put(name, value);
    replayer.#remember(this);
    return replayer;
  }

  #remember({ csrf, captured }: SessionClient): void {
    this.csrf = csrf;
    for (const [name, value] of captured) this.captured.set(name, value);
  }
}

/**
 * Returns the headers of a request that bypasses the balancer. Headers of the target file replace the headers that a
 * balancer would add.
 */
function forwarded(
  forwarding: Readonly<Record<string, string>>,
  { headers }: Pick<Network, 'headers'>,
  { headers: own = {} }: Send,
): Record<string, string> {
  const given = new Set(Object.keys({ ...headers, ...own }).map(name => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(forwarding).filter(([name]) => !given.has(name))), ...own };
}

/** Returns the request id for headers that balancers log: unchanged, and in the format of AWS (docs/target-file.md). */
function namesOf(request: string | undefined): Record<string, string> {
  if (request === undefined) return {};
  const time = Math.floor(Date.now() / 1000).toString(16);
  return { request, trace: `Root=1-${time}-${randomBytes(12).toString('hex')};Baton=${request}` };
}
