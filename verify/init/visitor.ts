/** Somebody who looks at an app with a browser: opens pages, follows redirects, sends forms, and knows when to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { distrust } from '../client/certificate.ts';
import { Network, type Reached } from '../client/network.ts';
import { type Send, SessionClient } from '../client/session-client.ts';
import type { Reply } from '../core/interpret.ts';
import { UnavailableError } from '../errors.ts';
import { type Parsed, parsePage } from './page.ts';

/** Between two requests of a person, milliseconds. */
const PAUSE = 15;
/** Nobody needs more to know an app. */
const MOST = 600;
const REDIRECTS = 5;
/** What apps say when they have had enough. */
const ENOUGH =
  /too many (failed )?(login |sign.?in )?(attempts|requests|tries)|account (is |has been |was )?(temporarily )?locked|locked out|rate.?limit(ed)? (exceeded|reached)|try again in \d+ (seconds?|minutes?)/i;

/** What stands for the header Authorization of somebody who has logged in. */
export const AUTHORIZATION = 'authorization';

/** One answer, and where it came from. */
export interface Seen extends Reply, Parsed {
  path: string;
  json: unknown;
}

/** What all who look at one app share: how much was asked of it. */
export class Manners {
  readonly network: Network;
  readonly #reached: Reached;
  readonly #signal: AbortSignal;
  readonly #pause: number;
  #sent = 0;

  /** @param pause between two requests, milliseconds */
  constructor(reached: Reached, signal: AbortSignal, pause = PAUSE) {
    this.#pause = pause;
    // Whoever has logged in by HTTP Basic, or was given a token, sends it each time.
    this.#reached = { ...reached, headers: { ...reached.headers, Authorization: `{${AUTHORIZATION}}` } };
    this.network = new Network(this.#reached);
    this.#signal = signal;
  }

  close(): Promise<void> {
    return this.network.close();
  }

  /** Somebody who has never been here. */
  fresh(): Visitor {
    return new Visitor(this);
  }

  /** Somebody who has never been here either, over connections of their own. */
  async elsewhere<T>(act: (visitor: Visitor) => Promise<T>): Promise<T> {
    const network = new Network(this.#reached);
    try {
      return await act(new Visitor(this, new SessionClient(network)));
    } finally {
      await network.close();
    }
  }

  /**
   * @param told whether the answer speaks to whoever asked: of any other page, what it says may be for all
   * @throws UnavailableError when nothing answers, or the app says that it has had enough
   */
  async send(client: SessionClient, request: Send, told = request.method !== 'GET'): Promise<Seen> {
    this.#signal.throwIfAborted();
    if (++this.#sent > MOST)
      throw new UnavailableError(`init: ${MOST} requests did not suffice to know the app; it is left alone`);
    await sleep(this.#pause);
    const reply = await client.send(request, this.#signal);
    const path = request.path;
    if (reply.distrusted !== undefined)
      throw new UnavailableError(distrust(this.network.url, reply.distrusted, '--ca ca.pem'));
    if (reply.status === undefined)
      throw new UnavailableError(
        `${this.network.url}${path}: expected an answer, got none (${reply.failure}). Start the app and its balancer`,
      );
    const html = /html/.test(String(reply.headers['content-type'] ?? 'html'));
    const parsed = parsePage(html ? reply.body : '');
    stopAt(reply, parsed, request, told);
    return { ...reply, ...parsed, path, json: jsonOf(reply) };
  }
}

/** The first sign that the app wants no more is the last request. */
function stopAt(
  { status, headers, body }: Reply,
  { text }: Parsed,
  { method, path }: Send,
  told: boolean,
): void {
  const [sign] = ENOUGH.exec(text === '' ? body : text) ?? [];
  if (status !== 429 && (sign === undefined || !told)) return;
  const after = headers['retry-after'] === undefined ? '' : `, Retry-After: ${headers['retry-after']}`;
  throw new UnavailableError(
    `${method} ${path}: the app limits logins or requests (status ${status}${after}${sign === undefined ? '' : `, "${sign}"`}), ` +
      'so nothing more is sent. Wait until it lets you in again, or exempt this machine; then start over',
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

  constructor(manners: Manners, client = new SessionClient(manners.network)) {
    this.manners = manners;
    this.client = client;
  }

  /** Somebody with the same cookies, whose further ones are their own. */
  twin(without: readonly string[] = []): Visitor {
    return new Visitor(this.manners, this.client.copy(without));
  }

  get(path: string): Promise<Seen> {
    return this.send({ method: 'GET', path });
  }

  send(request: Send, told?: boolean): Promise<Seen> {
    return this.manners.send(this.client, request, told);
  }

  /** Opens a page, wherever redirects lead; those that leave the app are not followed. */
  async open(path: string): Promise<Seen> {
    return this.follow(await this.get(path));
  }

  /**
   * @param told whether where it leads says what became of a form: frameworks send whoever is refused to a page that
   *   says so
   */
  async follow(seen: Seen, told = false): Promise<Seen> {
    let last = seen;
    for (let i = 0; i < REDIRECTS && last.leads !== undefined; i++)
      last = await this.send({ method: 'GET', path: last.leads }, told);
    return last;
  }

  /** @returns the path that an address in a page leads to; undefined when it leaves the app */
  pathOf(href: string, page: string): string | undefined {
    const { site } = this.manners.network;
    const prefix = site.pathname.replace(/\/$/, '');
    const url = URL.parse(href, new URL(prefix + page, site.href).href);
    if (url === null || url.host !== site.host || !/^https?:$/.test(url.protocol)) return undefined;
    const path = url.pathname + url.search;
    return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
  }
}
