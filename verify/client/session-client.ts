/** One cookie jar that drives one session: sends requests as a browser would, and follows no redirect. */
import { randomBytes } from 'node:crypto';
import { filledText } from '../core/form.ts';
import type { Reply } from '../core/interpret.ts';
import type { Affinity } from './affinity.ts';
import type { Held } from './barrier.ts';
import { ACCEPTED_ENCODINGS } from './body.ts';
import { reasonOf } from './certificate.ts';
import { exchange, failureOf, type Head, type Outgoing } from './exchange.ts';
import { heldRequest } from './held-request.ts';
import { Jar } from './jar.ts';
import type { Network } from './network.ts';
import { askedToWait } from './patience.ts';
import { redirectOf } from './redirect.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query. */
  path: string;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** Sent as application/json instead. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Address of one instance; absent: the target's own, through the balancer. */
  origin?: string | undefined;
  /** Cookies beside the jar's, as a balancer reads them, and in their place. */
  cookies?: Record<string, string> | undefined;
  /** The last byte waits. */
  held?: Held | undefined;
  /** A redirect counts as answered at its head, as a browser acts on it; its body is read behind the scenes. */
  early?: boolean | undefined;
  /** The answer is given up so many milliseconds after the request was sent, as by who closes the tab. */
  abandon?: number | undefined;
  /** Never sent a second time, not even a GET. */
  once?: boolean | undefined;
  /** Called once, after the last wait inside Baton and before the first byte leaves. */
  departs?: (() => void) | undefined;
}

/** @param after milliseconds; absent: nobody leaves before the run is stopped */
function leaving(after: number | undefined, stop: AbortSignal | undefined): AbortSignal | undefined {
  if (after === undefined) return stop;
  const away = AbortSignal.timeout(Math.round(after));
  return stop === undefined ? away : AbortSignal.any([stop, away]);
}

/** A browser sends them again when a kept connection is closed just as they leave (RFC 9110, 9.2.2). */
const REPEATABLE = ['GET', 'HEAD'];

export class SessionClient {
  readonly #network: Network;
  readonly #affinity: Affinity | undefined;
  #broken = false;
  #jar: Jar;
  /** The form token that the last page carried. */
  csrf = '';
  /** What answers held for later requests, by the names that the target file gives. */
  readonly captured = new Map<string, string>();

  /**
   * @param network connections to the target, shared by many clients
   * @param affinity what becomes of a sticky balancer's cookie; absent: it is one as any other
   */
  constructor(network: Network, affinity?: Affinity) {
    this.#network = network;
    this.#affinity = affinity;
    this.#jar = new Jar(network.site);
  }

  /** Sends one request and waits for the answer. Never throws: what went wrong is in the reply. */
  async send(request: Send, signal?: AbortSignal): Promise<Reply> {
    const { held, origin } = request;
    const forwarding = origin === undefined ? {} : await this.#network.forwarding();
    await this.#network.rested(signal);
    // One that would wait for others, while they wait for its turn, goes by itself.
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
    // Cookies are those of the target's address, on whichever instance.
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
        ? exchange(this.#network, to, outgoing)
        : heldRequest(to, outgoing, request.held, tls));
      const redirects = head.status >= 300 && head.status < 400 && head.headers.location !== undefined;
      if (request.early !== true || !redirects) {
        const body = await head.body();
        done();
        const reply = { ...this.#reply(site, to, head, body), sent, ...delivery };
        const wait = askedToWait(reply, Date.now());
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

  /** The address of a path as cookies know it. */
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
    // Over https, some frameworks ask a form where it comes from (Django does).
    if (body !== null && url.protocol === 'https:') headers['referer'] ??= `${url.origin}/`;
    return { method: request.method, headers, body, timeout: this.#network.timeout, signal };
  }

  /** Headers of every request; one with a place that nothing is known for yet is left away. */
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

  /** @returns the path on the target, with its query, of an address in a page; undefined when it leaves the target */
  pathOf(href: string, page: string): string | undefined {
    return redirectOf(href, this.#site(page), this.#network.site).leads;
  }

  /** @returns the names and values of the cookies that it would send to a path */
  cookies(path: string): readonly { name: string; value: string }[] {
    return this.#jar.for(this.#site(path)).list;
  }

  /** Puts a cookie into the jar, beside what responses set: for the whole host and every path. */
  put(name: string, value: string): void {
    this.#jar.put(name, value);
  }

  /** @returns a client with a copy of this one's jar as it is now, without the named cookies */
  copy(without: readonly string[] = []): SessionClient {
    const copy = new SessionClient(this.#network, this.#affinity);
    copy.#jar = this.#jar.copy();
    for (const name of without) copy.#jar.remove(name);
    copy.#remember(this);
    return copy;
  }

  /** @returns a client that sends these cookies for good: they were copied by hand, and expire nowhere */
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

/** @returns the headers of a request that goes past the balancer: those of the target file win over what it would add */
function forwarded(
  forwarding: Readonly<Record<string, string>>,
  { headers }: Pick<Network, 'headers'>,
  { headers: own = {} }: Send,
): Record<string, string> {
  const given = new Set(Object.keys({ ...headers, ...own }).map(name => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(forwarding).filter(([name]) => !given.has(name))), ...own };
}

/** The request's own name, for headers that balancers log: as it is, and as AWS has it (docs/target-file.md). */
function namesOf(request: string | undefined): Record<string, string> {
  if (request === undefined) return {};
  const time = Math.floor(Date.now() / 1000).toString(16);
  return { request, trace: `Root=1-${time}-${randomBytes(12).toString('hex')};Baton=${request}` };
}
