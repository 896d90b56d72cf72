/** Visits an app carefully, as a person with a browser does, and stops at a rate limit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { distrust } from '../client/certificate.ts';
import { Network, type Reached } from '../client/network.ts';
import { explained, isUnreadable } from '../client/no-response.ts';
import { type Parsed, parsePage } from '../client/page.ts';
import { LIFT, retryAfter } from '../client/retry-after.ts';
import type { Send } from '../client/send.ts';
import { SessionClient } from '../client/session-client.ts';
import { ACCESS } from '../client/tokens.ts';
import { LIMITED } from '../core/response/login-answer.ts';
import type { Reply } from '../core/response/reply.ts';
import { UnavailableError } from '../errors.ts';
import { readOf } from './query-reads.ts';
import type { Tokens } from './renewal.ts';

/** Pause between two requests of init, milliseconds. */
const PAUSE = 15;
const MOST = 600;
const REDIRECTS = 5;
/** Maximum number of waits for `Retry-After` of at most 30 s. */
const WAITS = 6;

/** Advice in the error message if the app stops responding. */
const OVERLOADED =
  'The app responded to earlier requests, so it may have stopped or be overloaded. See its log, and start again';

/** Placeholder for the value of the header `Authorization` after a login. */
export const AUTHORIZATION = 'authorization';

/** A response with its path and its parsed body. */
export interface PageVisit extends Reply, Parsed {
  path: string;
  json: unknown;
}

/** Limits the requests of all visitors of one app: a pause between requests, and a maximum number. */
export class Manners {
  readonly network: Network;
  readonly #reached: Reached;
  readonly #signal: AbortSignal;
  readonly #pause: number;
  #sent = 0;
  #waits = 0;
  /** Number of instances of the app; 2 if no response names its instance. */
  instances = 2;
  reached = false;
  /**
   * Number of requests for `path` before each main request. They make a round robin keep main requests on one instance.
   */
  #aside = { count: 0, path: '/' };
  /** If true, visitors send cookies even if SameSite forbids it. */
  lenient = false;
  /** Paths of GraphQL APIs whose queries visitors send by POST. */
  byPost: ReadonlySet<string> = new Set();

  /** @param pause pause between two requests, milliseconds; 0 also turns off `wait` */
  constructor(reached: Reached, signal: AbortSignal, pause = PAUSE) {
    this.#pause = pause;
    // Sends Authorization with every request: HTTP Basic, or a token from the response to a login.
    this.#reached = { ...reached, headers: { ...reached.headers, Authorization: `{${AUTHORIZATION}}` } };
    this.network = new Network(this.#reached);
    this.#signal = signal;
  }

  close(): void {
    this.network.close();
  }

  /**
   * @param time milliseconds
   * @throws the abort reason of the signal
   */
  async wait(time: number): Promise<void> {
    if (this.#pause > 0) await sleep(time, undefined, { signal: this.#signal });
  }

  fresh(): Visitor {
    const visitor = new Visitor(this);
    visitor.client.lenient = this.lenient;
    return visitor;
  }

  /**
   * Makes a round robin route all later requests to the same instance: before each later request, sends an extra
   * request for each other instance. Each call of this function chooses the next instance.
   *
   * @param path path of a public page
   */
  async onOneInstance(path: string): Promise<void> {
    this.#aside = { count: 1, path };
    await this.#sendAside();
    this.#aside = { count: this.instances - 1, path };
  }

  get alone(): boolean {
    return this.#aside.count > 0;
  }

  async #sendAside(): Promise<void> {
    const { count, path } = this.#aside;
    for (let i = 0; i < count; i++)
      await new SessionClient(this.network).send({ method: 'GET', path }, this.#signal);
  }

  /** Calls `act` with a visitor without cookies, on new connections. */
  async elsewhere<T>(act: (visitor: Visitor) => Promise<T>): Promise<T> {
    const network = new Network(this.#reached);
    try {
      return await act(new Visitor(this, new SessionClient(network)));
    } finally {
      network.close();
    }
  }

  /** If an app that has responded before does not respond to a GET, sends it once more, as a user reloads a page. */
  async #sendWithReload(client: SessionClient, request: Send): Promise<Reply> {
    const reply = await client.send(request, this.#signal);
    const lost = reply.status === undefined && reply.distrusted === undefined;
    return lost && this.reached && request.method === 'GET' ? client.send(request, this.#signal) : reply;
  }

  /**
   * Sends a request.
   *
   * @param addressed true if the request submits a form. Only then, a text such as "too many attempts" means a rate
   * limit
   * @throws UnavailableError without a response, or at a rate limit
   */
  async send(client: SessionClient, request: Send, addressed = request.method !== 'GET'): Promise<PageVisit> {
    this.#signal.throwIfAborted();
    if (++this.#sent > MOST)
      throw new UnavailableError(
        `init: stopped after ${MOST} requests, the most that init sends, before it had learned how the app works`,
      );
    await sleep(this.#pause);
    if (request.path.startsWith('/')) await this.#sendAside();
    let reply = await this.#sendWithReload(client, request);
    // Repeats the request. `client.send` first waits until the time in Retry-After has passed.
    while (retryAfter(reply, Date.now()) !== undefined && this.#waits++ < WAITS)
      reply = await client.send(request, this.#signal);
    const path = request.path;
    if (reply.distrusted !== undefined)
      throw new UnavailableError(distrust(this.network.url, reply.distrusted, '--ca ca.pem'));
    if (reply.status === undefined)
      throw new UnavailableError(
        `${path.startsWith('/') ? this.network.url : ''}${withoutSecrets(path)}: expected a response, got none ` +
          `(${reply.failure}). ${this.reached && !isUnreadable(reply.failure) ? OVERLOADED : explained(reply.failure)}`,
      );
    this.reached = true;
    const html = /html/.test(String(reply.headers['content-type'] ?? 'html'));
    const parsed = parsePage(html ? reply.body : '');
    stopAt(reply, parsed, request, addressed);
    return { ...reply, ...parsed, path, json: jsonOf(reply) };
  }
}

/** Omits query parameters, and paths on other hosts, because they may contain a login's code. */
const withoutSecrets = (path: string): string =>
  path.startsWith('/') ? path.replace(/\?.*/s, '') : new URL(path).origin;

function stopAt(
  { status, headers, body }: Reply,
  { text }: Parsed,
  { method, path }: Send,
  addressed: boolean,
): void {
  const [sign] = LIMITED.exec(text === '' ? body : text) ?? [];
  if (status !== 429 && (sign === undefined || !addressed)) return;
  const after = headers['retry-after'] === undefined ? '' : `, Retry-After: ${headers['retry-after']}`;
  throw new UnavailableError(
    `${method} ${withoutSecrets(path)}: the app limits logins or requests (status ${status}${after}${sign === undefined ? '' : `, "${sign}"`}), ` +
      `so init sends nothing more. ${LIFT}, and start again`,
  );
}

function jsonOf({ headers, body }: Reply): unknown {
  if (!/json/.test(String(headers['content-type'] ?? ''))) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export class Visitor {
  readonly manners: Manners;
  readonly client: SessionClient;
  /** The tokens of the session, shared by all copies of a visitor. */
  tokens: Tokens | undefined;

  constructor(manners: Manners, client = new SessionClient(manners.network)) {
    this.manners = manners;
    this.client = client;
  }

  /** Returns a visitor with the same cookies, except the cookies in `without`. */
  twin(without: readonly string[] = []): Visitor {
    const twin = new Visitor(this.manners, this.client.copy(without));
    twin.tokens = this.tokens;
    return twin;
  }

  /** Reads a page. The response keeps the path of the page, also if it is a query that is sent by POST. */
  async get(path: string): Promise<PageVisit> {
    const { json, ...read } = readOf(path, this.manners.byPost);
    if (json === undefined) return this.send({ method: 'GET', path });
    return { ...(await this.send({ method: 'POST', ...read, json }, false)), path };
  }

  /** Sends a request, and repeats it after a refresh if the access token has expired. */
  async send(request: Send, addressed?: boolean): Promise<PageVisit> {
    const once = (): Promise<PageVisit> => {
      const access = this.tokens?.captured.get(ACCESS);
      if (access !== undefined) this.client.captured.set(AUTHORIZATION, `Bearer ${access}`);
      return this.manners.send(this.client, request, addressed);
    };
    const seen = await once();
    return seen.status === 401 && (await this.renew()) ? once() : seen;
  }

  /** Refreshes the access token. Returns false without tokens, or if the app refuses the refresh token. */
  renew(): Promise<boolean> {
    return this.tokens?.renew(this.asStranger) ?? Promise.resolve(false);
  }

  /** Sends a request without cookies and without a token. */
  readonly asStranger = (request: Send): Promise<PageVisit> =>
    this.manners.send(this.manners.fresh().client, request);

  /** Opens a page. Follows only a redirect to the same path with a slash at its end, as frameworks such as Django send. */
  async getSlashed(path: string): Promise<PageVisit> {
    const seen = await this.get(path);
    return seen.redirect === `${path}/` ? this.get(seen.redirect) : seen;
  }

  /** Opens a page and follows redirects inside the app. */
  async open(path: string): Promise<PageVisit> {
    return this.follow(await this.get(path));
  }

  /**
   * Follows the redirects of a response.
   *
   * @param addressed true if the pages show the result of a submitted form
   */
  async follow(seen: PageVisit, addressed = false): Promise<PageVisit> {
    let last = seen;
    for (let i = 0; i < REDIRECTS && last.leads !== undefined; i++)
      last = await this.send({ method: 'GET', path: last.leads }, addressed);
    return last;
  }

  /** Returns the path of a link; undefined if the link leads to another host. */
  pathOf(href: string, page: string): string | undefined {
    const { site } = this.manners.network;
    const prefix = site.pathname.replace(/\/$/, '');
    const url = URL.parse(href, new URL(prefix + page, site.href).href);
    if (url === null || url.host !== site.host || !/^https?:$/.test(url.protocol)) return undefined;
    const path = url.pathname + url.search;
    return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
  }
}
