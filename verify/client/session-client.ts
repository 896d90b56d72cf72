/** Sends requests with one cookie jar, as a browser does, but follows no redirects. */
import type { Reply } from '../core/response/reply.ts';
import type { Affinity } from './affinity.ts';
import { LastBodies } from './body.ts';
import { failed, type Outgoing, type ResponseHead, type Watch } from './exchange.ts';
import { type Cookies, Jar } from './jar.ts';
import { dateOf } from './look.ts';
import type { Network, Place } from './network.ts';
import { PageCopies } from './page-copies.ts';
import { redirectFrom, redirectOf } from './redirect.ts';
import { copyOf, equals, type Remembered, remember, withoutMailed } from './remembered.ts';
import { RequestHeaders } from './request-headers.ts';
import { retryAfter } from './retry-after.ts';
import { abandoning, bodyOf, isSafe, type Send, withJson } from './send.ts';
import { type Referring, shownAfter } from './shown-page.ts';

interface Replaying {
  cookies: Cookies['list'];
  remembered: Remembered;
  shown: Referring | undefined;
  create: () => SessionClient;
}

const NOTHING = (): void => {};

export class SessionClient implements Remembered {
  readonly #network: Network;
  readonly #affinity: Affinity | undefined;
  readonly #jar: Jar;
  readonly #headers: RequestHeaders;
  /** True if this client sends requests to another host of the target file. */
  #abroad = false;
  /** If true, the client sends cookies even if SameSite forbids it. */
  lenient = false;
  /** The user who may have a session at the identity provider. */
  known: string | undefined;
  csrf = '';
  page: Remembered['page'];
  readonly captured: Remembered['captured'] = new Map();
  readonly mailed: Remembered['mailed'] = new Set();
  access: Remembered['access'];
  /** The page that a browser with this jar shows. */
  #shown: Referring | undefined;
  #replaying: Replaying | undefined;
  readonly #copies = new PageCopies();

  /**
   * @param network sends the requests of many clients
   * @param affinity decides which affinity cookie to send
   */
  constructor(network: Network, affinity?: Affinity, jar = new Jar(network.site)) {
    this.#network = network;
    this.#affinity = affinity;
    this.#jar = jar;
    this.#headers = new RequestHeaders(network, jar, affinity, this.captured);
  }

  /** Deletes the cookies of other hosts, such as an identity provider. */
  forgetOthers(): void {
    this.#jar.forgetOthers();
    this.known = undefined;
  }

  /** Sends a request. Does not throw: the reply to a failed request states the reason. */
  async send(asked: Send, signal?: AbortSignal, watch?: Watch): Promise<Reply> {
    if (!asked.path.startsWith('/')) return this.#sendAbroad(asked, signal, watch);
    const network = this.#network;
    const request = withJson(asked, network.posts, this.captured, watch);
    const { held, origin } = request;
    const forwarding = origin === undefined ? undefined : await network.forwarding();
    if (network.resting) await network.rested(signal);
    // If this request must wait for a limit, it leaves the barrier. Otherwise the other requests at the barrier would
    // wait for it forever.
    const alone = held !== undefined && !network.room();
    if (alone) held.leave();
    const turn = network.turn(signal);
    const done = turn === undefined ? NOTHING : await turn;
    if (held !== undefined && !alone) await held.assemble();
    const place = network.place(request.path);
    const cookies = this.#cookies(request, place.site);
    const copy = request.method === 'GET' ? this.#copies.due(request.path, cookies.list) : undefined;
    const conditional = copy && { ...request, headers: { ...request.headers, 'If-None-Match': copy.etag } };
    const outgoing = this.#outgoing(conditional ?? request, forwarding, place, cookies, signal, watch);
    try {
      const answer = await (held === undefined || alone
        ? network.exchange(outgoing)
        : network.race(outgoing, held));
      if (answer.rest === undefined) done();
      else answer.rest.finally(done);
      const body = typeof answer.body === 'string' ? answer.body : await answer.body;
      const reply = this.#reply(answer, body, outgoing, place, cookies);
      return request.method === 'GET' ? this.#copies.shown(request.path, reply, copy) : reply;
    } catch (error) {
      done();
      return failed(error, outgoing);
    }
  }

  async #sendAbroad(asked: Send, signal: AbortSignal | undefined, watch: Watch | undefined): Promise<Reply> {
    const url = new URL(asked.path);
    const network = this.#network.others.get(url.origin);
    if (network === undefined) throw new Error(`expected a host of the target file, got ${url.origin}`);
    const other = new SessionClient(network, undefined, this.#jar);
    other.#abroad = true;
    const { origin: _, cookies: __, from = this.#network.site, ...rest } = asked;
    const sent = { ...rest, from, path: url.pathname + url.search };
    const { leads: ___, ...reply } = await other.send(sent, signal, watch);
    // A path on another host may contain a secret.
    return reply.redirect === undefined ? reply : { ...reply, redirect: url.origin };
  }

  #outgoing(
    request: Send,
    forwarding: Readonly<Record<string, string>> | undefined,
    place: Place,
    cookies: Cookies,
    signal: AbortSignal | undefined,
    watch: Watch | undefined,
  ): Outgoing {
    const { method, early = false, origin, abandon } = request;
    const ending = abandon === undefined ? undefined : abandoning(abandon, { signal, watch });
    const body = bodyOf(request);
    // Only the target gets the request id, not other hosts.
    const id = this.#abroad ? undefined : watch?.id;
    if (method === 'GET') cookies.last ??= new LastBodies();
    const head = this.#headers.shared(request, id, forwarding, place.site, cookies);
    return {
      origin: origin === undefined ? place.origin : new URL(origin).origin,
      path: place.path,
      method,
      head,
      own: this.#headers.own(request, { id, head, site: place.site, body, shown: this.#shown }),
      body,
      timeout: this.#network.timeout,
      early,
      // Browsers resend GET and HEAD if the server closes the idle connection (RFC 9110, 9.2.2).
      repeatable: watch?.once !== true && isSafe(method),
      resent: false,
      cookies: cookies.list,
      last: method === 'GET' ? cookies.last : undefined,
      signal: ending === undefined ? signal : ending.signal,
      watch: ending === undefined ? watch : ending.watch,
    };
  }

  #reply(answer: ResponseHead, body: string, asked: Outgoing, place: Place, cookies: Cookies): Reply {
    const { status, headers, head, facts } = answer;
    const reply: Reply = { status, headers, body, cookies: [], sent: cookies.list };
    if (head !== undefined) reply.head = head;
    if (facts !== undefined) reply.facts = facts;
    if (cookies.withheld !== undefined) reply.withheld = cookies.withheld;
    if (asked.resent) reply.resent = true;
    if (headers['set-cookie'] !== undefined) this.#keepAll(headers, place.site, reply);
    if (headers.location !== undefined && status >= 300 && status < 400) {
      Object.assign(reply, redirectFrom(place, headers.location, this.#network.site, asked));
      if (reply.redirect !== undefined) reply.redirect = this.recordable(reply.redirect);
    }
    if (reply.leads !== undefined || place.site !== this.#shown?.url)
      this.#shown = shownAfter(place.site, reply, path => this.addressOf(path)) ?? this.#shown;
    if (status === 429) this.#network.rest(retryAfter(reply, Date.now()) ?? 0);
    return reply;
  }

  #keepAll({ 'set-cookie': lines = [], date }: ResponseHead['headers'], url: URL, { cookies }: Reply): void {
    const made = date === undefined ? undefined : dateOf(date);
    // The header is a text if the response has only one, although Node declares a list.
    for (const line of typeof lines === 'string' ? [lines] : lines) {
      const change = this.#jar.keep(line, url, made);
      if (change === undefined) continue;
      if (change.value !== undefined) this.#affinity?.saw(change);
      cookies.push(change);
    }
  }

  #cookies({ from, method }: Send, site: URL): Cookies {
    if (from === undefined || this.lenient) return this.#jar.for(site);
    return this.#jar.across(site, from, method);
  }

  /** Returns the address of a path, with the host of the target's Host header. */
  addressOf(path: string): URL {
    return path.startsWith('/') ? this.#network.place(path).site : new URL(path);
  }

  /** Returns a path for the history, with placeholders for values from mails, because such values may be secret. */
  recordable(path: string): string {
    return withoutMailed(path, this);
  }

  /**
   * Returns an address in the form that the option `path` of `send` needs; undefined if the target file does not name
   * the host.
   */
  nameOf(url: URL): string | undefined {
    return this.#network.nameOf(url);
  }

  /** Returns path and query of a link; undefined if the link leads to another host. */
  pathOf(href: string, page: string): string | undefined {
    return redirectOf(href, this.#network.place(page).site, this.#network.site).leads;
  }

  cookies(path: string): Cookies['list'] {
    return this.#jar.for(this.#network.place(path).site).list;
  }

  put(name: string, value: string): void {
    this.#jar.put(name, value);
  }

  /** Returns a client with a copy of the jar, without the named cookies. */
  copy(without: readonly string[] = []): SessionClient {
    const jar = this.#jar.copy();
    for (const name of without) jar.remove(name);
    const copy = new SessionClient(this.#network, this.#affinity, jar);
    remember(copy, this);
    copy.#shown = this.#shown;
    return copy;
  }

  /** Returns a client with copies of the present cookies. The copies never expire. */
  replayer(path: string): SessionClient {
    return this.replayerLater(path)();
  }

  /**
   * Returns a function that creates clients which always send the present cookies. Returns the same function until the
   * cookies, the form token, a captured value or the page of Referer changes.
   */
  replayerLater(path: string): () => SessionClient {
    const cookies = this.cookies(path);
    const last = this.#replaying;
    // Comparing the lists by identity suffices, because the jar returns a new list after each change of a cookie.
    if (last?.cookies === cookies && last.shown === this.#shown && equals(last.remembered, this))
      return last.create;
    const shown = this.#shown;
    const remembered = copyOf(this);
    const create = () => {
      const replayer = new SessionClient(this.#network, this.#affinity);
      for (const { name, value } of cookies) replayer.put(name, value);
      remember(replayer, remembered);
      replayer.#shown = shown;
      return replayer;
    };
    this.#replaying = { cookies, remembered, shown, create };
    return create;
  }
}
