/** Drives one session with one cookie jar. It sends requests like a browser, but follows no redirect. */
import { randomBytes } from 'node:crypto';
import { traceparentOf } from '../core/history/trace.ts';
import { filledJson, filledText } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Affinity } from './affinity.ts';
import type { Held } from './barrier.ts';
import { ACCEPTED_ENCODINGS } from './body.ts';
import { reasonOf } from './certificate.ts';
import { failureOf, type Outgoing, type ResponseHead, type Watch } from './exchange.ts';
import { type Cookies, Jar } from './jar.ts';
import type { Network, Place } from './network.ts';
import { redirectOf } from './redirect.ts';
import { RequestHead } from './request-text.ts';
import { retryAfter } from './retry-after.ts';

export interface Send {
  method: string;
  /** Path on the target, with its query; or an address on one of the other hosts of the target file. */
  path: string;
  /** The path to record, if the path has a secret. */
  shown?: string | undefined;
  /** The page whose link, redirect or form leads here, if it may be on another site. It decides which cookies are sent. */
  from?: URL | undefined;
  /** Sent as application/x-www-form-urlencoded. */
  form?: Record<string, string>;
  /** The fields of the form that have this text are sent twice. */
  twice?: string | undefined;
  /** Sent as application/json. If present, `form` is not sent. */
  json?: unknown;
  headers?: Record<string, string>;
  /** Name of a captured value. Headers of the target file that contain it are not sent. */
  omit?: string | undefined;
  /** Sent as X-Request-Id, and in the headers of the target file that name it. */
  id?: string | undefined;
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
  watch?: Watch | undefined;
}

/** @param after milliseconds. Absent: the client does not disconnect before the run is stopped */
function leaving(after: number | undefined, stop: AbortSignal | undefined): AbortSignal | undefined {
  if (after === undefined) return stop;
  const away = AbortSignal.timeout(Math.round(after));
  return stop === undefined ? away : AbortSignal.any([stop, away]);
}

/** A page that a browser shows. */
export interface ShownPage {
  url: URL;
  reply: Reply;
}

const NOTHING = (): void => {};

export class SessionClient {
  readonly #network: Network;
  readonly #affinity: Affinity | undefined;
  #broken = false;
  #jar: Jar;
  /** True: cookies are sent even if SameSite forbids it. */
  lenient = false;
  /** The form token of the last page. */
  csrf = '';
  /** The page that the client shows: the next login begins there. */
  page: ShownPage | undefined;
  /** The user whose password the client has sent to another host, which may know the user from then on. */
  known: string | undefined;
  /** Values of responses for later requests, under the names that the target file gives them. */
  readonly captured = new Map<string, string>();
  /** Names of the captured values that came by mail, such as the token of a link. No recorded path has these values. */
  readonly mailed = new Set<string>();
  /** The lifetime of the access token, and when it ends, milliseconds; undefined if they are not known. */
  access: { lifetime: number; ends: number } | undefined;

  /**
   * @param network connections to the target, shared by many clients
   * @param affinity how to treat the affinity cookie of a sticky balancer. Absent: like any other cookie
   */
  constructor(network: Network, affinity?: Affinity) {
    this.#network = network;
    this.#affinity = affinity;
    this.#jar = new Jar(network.site);
  }

  /** Returns a client for another host. It shares the cookie jar of this client. */
  #elsewhere(url: URL): SessionClient {
    const network = this.#network.others.get(url.origin);
    if (network === undefined) throw new Error(`${url.origin} is no host of the target file`);
    const other = new SessionClient(network);
    other.#jar = this.#jar;
    return other;
  }

  /** Forgets the sessions that the browser has on other hosts. */
  forgetOthers(): void {
    this.#jar.forgetOthers();
    this.known = undefined;
  }

  /** Sends one request and waits for the response. Never throws: if the request fails, the reply contains the error. */
  async send(asked: Send, signal?: AbortSignal): Promise<Reply> {
    const network = this.#network;
    if (!asked.path.startsWith('/')) {
      const url = new URL(asked.path);
      const { origin: _, cookies: __, id: ___, from = network.site, ...rest } = asked;
      const sent = { ...rest, from, path: url.pathname + url.search };
      const { leads: ____, ...reply } = await this.#elsewhere(url).send(sent, signal);
      // Paths on other hosts may hold secrets.
      return reply.redirect === undefined ? reply : { ...reply, redirect: url.origin };
    }
    const request = this.#withJson(asked);
    const { held, origin } = request;
    const forwarding = origin === undefined ? undefined : await network.forwarding();
    if (network.resting) await network.rested(signal);
    // If no turn is free, a request of a race is sent separately. Otherwise it would wait for a turn that the
    // other requests hold, while these requests wait for it.
    const alone = held !== undefined && !network.room();
    if (alone) held.leave();
    const turn = network.turn(signal);
    const done = turn === undefined ? NOTHING : await turn;
    if (held !== undefined && !alone) await held.assemble();
    request.watch?.begins();
    const place = network.place(request.path);
    const cookies = this.#cookies(request, place.site);
    const outgoing = this.#outgoing(request, forwarding, place, cookies, signal);
    try {
      const answer = await (held === undefined || alone
        ? network.exchange(outgoing)
        : network.race(outgoing, held));
      if (answer.rest === undefined) done();
      else answer.rest.finally(done);
      const { body } = answer;
      const reply = this.#reply(answer, typeof body === 'string' ? body : await body, outgoing, place.site);
      reply.sent = cookies.list;
      if (reply.redirect !== undefined) reply.redirect = this.recordable(reply.redirect);
      if (cookies.withheld !== undefined) reply.withheld = cookies.withheld;
      if (outgoing.resent) reply.resent = true;
      if (reply.status === 429) network.rest(retryAfter(reply, Date.now()) ?? 0);
      return reply;
    } catch (error) {
      done();
      const failure = failureOf(error);
      const why = failure === 'certificate' ? { distrusted: reasonOf(error as Error) } : {};
      const resent = outgoing.resent ? { resent: true as const } : {};
      return { failure, ...why, headers: {}, body: '', cookies: [], ...resent };
    }
  }

  /**
   * Returns a request with its JSON body, if it has one. In the body, `{request}` is replaced by an id that
   * is new for each request.
   */
  #withJson(asked: Send): Send {
    const { posts } = this.#network;
    const read = posts.size === 0 ? undefined : posts.get(asked.path);
    const json = read ?? asked.json;
    if (json === undefined) return asked;
    const request = asked.id ?? randomBytes(8).toString('hex');
    const filled = filledJson(json, { ...Object.fromEntries(this.captured), request });
    return { ...asked, ...(read === undefined ? {} : { method: 'POST' }), json: filled };
  }

  #outgoing(
    request: Send,
    forwarding: Readonly<Record<string, string>> | undefined,
    place: Place,
    cookies: Cookies,
    signal: AbortSignal | undefined,
  ): Outgoing {
    const { method, early = false, once, watch, abandon } = request;
    const body = bodyOf(request);
    return {
      origin: request.origin === undefined ? place.origin : new URL(request.origin).origin,
      path: place.path,
      method,
      ...this.#headers(request, forwarding, place.site, cookies, body),
      body,
      timeout: this.#network.timeout,
      signal: leaving(abandon, signal),
      early,
      // A browser resends GET and HEAD requests if a kept-alive connection closes just as the request leaves
      // (RFC 9110, 9.2.2).
      repeatable: once !== true && isSafe(method),
      resent: false,
      cookies: cookies.list,
      watch,
    };
  }

  /** Returns the headers of a request: those that other requests share, and its own. */
  #headers(
    request: Send,
    forwarding: Readonly<Record<string, string>> | undefined,
    site: URL,
    cookies: Cookies,
    body: string | null,
  ): Pick<Outgoing, 'head' | 'own'> {
    const { id, json } = request;
    const head = this.#head(request, forwarding, site, cookies);
    const own = id === undefined ? [] : ['x-request-id', id];
    if (id !== undefined && !has(head.fields, 'traceparent')) own.push('traceparent', traceparentOf(id));
    if (body !== null && !has(head.fields, 'content-type'))
      own.push('content-type', json === undefined ? FORM : 'application/json');
    const origin = originOf(request.from ?? site, site, head.fields);
    // Browsers send Origin with each such request. Some frameworks refuse a form without it (SvelteKit, nosurf).
    if (!isSafe(request.method) && !has(head.fields, 'origin')) own.push('origin', origin);
    // Over https, some frameworks require the Referer header with a form (Django does).
    if (body !== null && site.protocol === 'https:' && !has(head.fields, 'referer'))
      own.push('referer', `${origin}/`);
    return { head, own };
  }

  /**
   * Returns the headers that depend neither on the body nor on the id of the request. Requests without
   * headers of their own share one object.
   */
  #head(
    request: Send,
    forwarding: Readonly<Record<string, string>> | undefined,
    site: URL,
    cookies: Cookies,
  ): RequestHead {
    const { headers: own = {}, cookies: more } = request;
    const shared =
      this.#network.constant &&
      this.#affinity === undefined &&
      forwarding === undefined &&
      more === undefined &&
      isEmpty(own);
    if (shared && cookies.head !== undefined) return cookies.head;
    const named: Record<string, string> = { ...this.#always(request), ...own };
    const given = new Set(Object.keys(named).map(name => name.toLowerCase()));
    // Headers of the target file replace headers that a balancer would add.
    for (const name in forwarding) if (!given.has(name)) named[name] = forwarding[name] as string;
    if (!given.has('accept-encoding')) named['accept-encoding'] = ACCEPTED_ENCODINGS;
    const cookie = shared
      ? cookies.header
      : this.#cookiesOf(request.from === undefined ? site : cookies, more);
    if (cookie !== '') named['cookie'] = cookie;
    const head = new RequestHead(Object.entries(named).flat());
    if (shared) cookies.head = head;
    return head;
  }

  /** Returns the headers for every request. It omits a header whose placeholder has no value yet. */
  #always({ id, omit }: Send): Readonly<Record<string, string>> {
    const { constant, headers } = this.#network;
    if (constant) return headers;
    const known: Record<string, string> = { ...Object.fromEntries(this.captured), ...namesOf(id) };
    if (omit !== undefined) delete known[omit];
    const all = Object.entries(headers).map(([name, text]) => [name, filledText(text, known)]);
    return Object.fromEntries(all.filter(([, text]) => !/\{\w+\}/.test(text as string)));
  }

  #reply({ status, headers }: ResponseHead, body: string, asked: Outgoing, site: URL): Reply {
    const reply: Reply = { status, headers, body, cookies: [] };
    const lines = headers['set-cookie'];
    if (lines !== undefined) {
      const date = headers.date === undefined ? undefined : Date.parse(headers.date);
      reply.cookies = [lines]
        .flat()
        .map(line => this.#keep(line, site, date))
        .filter(c => c !== undefined);
    }
    const { location } = headers;
    if (location === undefined || status < 300 || status >= 400) return reply;
    const to = new URL(asked.origin + asked.path);
    return Object.assign(reply, redirectOf(location, site, this.#network.site, to));
  }

  #keep(line: string, url: URL, date: number | undefined): Reply['cookies'][number] | undefined {
    const change = this.#jar.keep(line, url, date);
    if (change?.value !== undefined) this.#affinity?.saw(change);
    return change;
  }

  /** @param of the address, or the cookies to send there */
  #cookiesOf(of: URL | Cookies, more: Record<string, string> = {}): string {
    const header = this.#header(of);
    const names = Object.keys(more);
    if (names.length === 0) return header;
    const own = header.split('; ').filter(pair => pair !== '' && !names.includes(pair.split('=')[0] ?? ''));
    return [...own, ...names.map(name => `${name}=${more[name]}`)].join('; ');
  }

  #header(of: URL | Cookies): string {
    const affinity = this.#affinity;
    const cookies = (): Cookies => (of instanceof URL ? this.#jar.for(of) : of);
    if (affinity === undefined) return cookies().header;
    if (!this.#broken && affinity.breaks()) {
      this.#broken = true;
      for (const name of affinity.twins) this.#jar.remove(name);
    }
    const sent = affinity.sent(cookies().list);
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #cookies({ from, method }: Send, site: URL): Cookies {
    if (from === undefined || this.lenient) return this.#jar.for(site);
    return this.#jar.across(site, from, method);
  }

  /** Returns the address of a path on the target, as the app knows it. */
  addressOf(path: string): URL {
    return path.startsWith('/') ? this.#network.place(path).site : new URL(path);
  }

  /** Returns a path in which placeholders replace the values that came by mail. */
  recordable(path: string): string {
    let shown = path;
    for (const name of this.mailed) {
      const value = this.captured.get(name) ?? '';
      if (value !== '') shown = shown.replaceAll(value, `{${name}}`);
    }
    return shown;
  }

  /**
   * Returns how `send` names an address: as a path, or in full on another host; undefined if the address is
   * on neither.
   */
  nameOf(url: URL): string | undefined {
    return this.#network.nameOf(url);
  }

  /** Returns path and query of an address from a page; undefined if the address is not on the target. */
  pathOf(href: string, page: string): string | undefined {
    return redirectOf(href, this.#network.place(page).site, this.#network.site).leads;
  }

  /** Returns the names and values of the cookies that the client would send to a path. */
  cookies(path: string): readonly { name: string; value: string }[] {
    return this.#jar.for(this.#network.place(path).site).list;
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

  #remember({ csrf, captured, mailed, page, access }: SessionClient): void {
    this.csrf = csrf;
    this.access = access;
    this.page = page;
    for (const [name, value] of captured) this.captured.set(name, value);
    for (const name of mailed) this.mailed.add(name);
  }
}

const FORM = 'application/x-www-form-urlencoded';

/** Returns the body of a request: JSON or a form; null if it has none. */
function bodyOf({ method, form, twice, json }: Send): string | null {
  if (json !== undefined) return JSON.stringify(json);
  if (form === undefined || method === 'GET') return null;
  const fields = new URLSearchParams(form);
  if (twice !== undefined)
    for (const [name, text] of Object.entries(form)) if (text === twice) fields.append(name, text);
  return fields.toString();
}

/** Returns the value of a header; undefined if the list, of name, value, name, value …, has none of this name. */
function headerOf(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at === -1 ? undefined : headers[at + 1];
}

const has = (headers: readonly string[], name: string): boolean => headerOf(headers, name) !== undefined;

/** Returns whether a method changes nothing. */
const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD';

/**
 * Returns the origin of the page that sends a request. If the page is on the site of the request, `X-Forwarded-Proto` and
 * `X-Forwarded-Host` of the target file replace its scheme and its host, because the app takes them for its own.
 */
function originOf(page: URL, site: URL, headers: readonly string[]): string {
  if (page.origin !== site.origin) return page.origin;
  const scheme = headerOf(headers, 'x-forwarded-proto') ?? site.protocol.slice(0, -1);
  return `${scheme}://${headerOf(headers, 'x-forwarded-host') ?? site.host}`;
}

function isEmpty(headers: Readonly<Record<string, string>>): boolean {
  for (const _ in headers) return false;
  return true;
}

/** Returns the request id for headers that balancers log: unchanged, and in the format of AWS (docs/target-file.md). */
function namesOf(request: string | undefined): Record<string, string> {
  if (request === undefined) return {};
  const time = Math.floor(Date.now() / 1000).toString(16);
  return { request, trace: `Root=1-${time}-${randomBytes(12).toString('hex')};Baton=${request}` };
}
