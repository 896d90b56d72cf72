/** Connects to a target: with its address, TLS options, headers, and limits that are never exceeded. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import type { Target } from '../target/load.ts';
import { bodyText } from './body.ts';
import type { TlsOptions } from './connection.ts';
import type { Head, Outgoing } from './exchange.ts';
import { Http2 } from './http2.ts';
import { closedUnanswered } from './kept-connection.ts';

/** Timeout of a request, milliseconds. */
const TIMEOUT = 10_000;

export type Reached = Pick<Target, 'url' | 'headers' | 'tls' | 'limits'>;

export class Network {
  /** Base address; its path is the prefix of all other paths. */
  readonly url: string;
  /** The address for cookies and redirects. If the target file gives a Host header, that header decides it. */
  readonly site: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly #dispatcher: Agent;
  /** Opens a new connection for each request. */
  readonly #fresh: Agent;
  /** True: requests that must not be sent twice use a new connection. A balancer that reloads closes idle ones. */
  apart = false;
  /** Used instead of the agents if the server speaks HTTP/2. */
  readonly #http2: Http2;
  readonly tls: TlsOptions;
  readonly timeout: number;
  readonly #turns: Turns;
  #rested = 0;
  #own: Promise<string> | undefined;

  /** @param timeout for a whole response, milliseconds */
  constructor({ url, headers, tls, limits }: Reached, timeout = TIMEOUT) {
    this.timeout = timeout;
    this.url = url.replace(/\/$/, '');
    this.headers = headers;
    const host = Object.entries(headers).find(([name]) => name.toLowerCase() === 'host')?.[1];
    const { protocol, host: own, pathname } = new URL(this.url);
    this.site = new URL(`${protocol}//${host ?? own}${pathname}`);
    this.tls = {
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure ? { rejectUnauthorized: false } : {}),
      ...(host === undefined ? {} : { servername: this.site.hostname }),
    };
    const connector = buildConnector(this.tls);
    // TLS must use the name in the address of the connection. undici would use the name in the Host header, which
    // requests that bypass the balancer carry too.
    const connect: buildConnector.connector = ({ servername: _, ...options }, callback) =>
      connector(options, callback);
    this.#dispatcher = new Agent({ connect });
    this.#fresh = new Agent({ connect, pipelining: 0 });
    this.#http2 = new Http2(this.tls);
    this.#turns = new Turns(limits?.requests, limits?.connections);
  }

  /** Pauses all requests for a number of milliseconds, because the target requested it. */
  rest(time: number): void {
    this.#rested = Math.max(this.#rested, performance.now() + time);
  }

  /** Waits until the pause that the target requested is over. */
  async rested(signal: AbortSignal | undefined): Promise<void> {
    for (let left = 1; left > 0 && signal?.aborted !== true; ) {
      left = this.#rested - performance.now();
      if (left > 0) await sleep(left, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  /** Waits until the limits allow another request. Returns the function to call when that request ends. */
  turn(signal: AbortSignal | undefined): Promise<() => void> {
    return this.#turns.take(signal);
  }

  /**
   * Returns whether the limits allow another request now. A request of a race must not wait for that: the other
   * requests of the race may use up the limits while they wait for it.
   */
  room(): boolean {
    return this.#turns.room();
  }

  /**
   * Returns the headers that the balancer would add to a request. An app behind a balancer uses them instead of its own
   * address.
   */
  async forwarding(): Promise<Readonly<Record<string, string>>> {
    this.#own ??= ownAddress(new URL(this.url));
    const { host, protocol } = this.site;
    return {
      host,
      'x-forwarded-for': await this.#own,
      'x-forwarded-host': host,
      'x-forwarded-proto': protocol.slice(0, -1),
    };
  }

  /**
   * Sends a request over the shared connections. A server may close a kept-alive connection just when the request
   * leaves. Then the request is sent once more on a new connection, like in browsers (RFC 9112, 9.3.1). If `apart` is
   * true, a request that must not be sent twice never uses a kept-alive connection.
   *
   * @throws errors of undici
   */
  async exchange(url: URL, outgoing: Outgoing): Promise<Head> {
    try {
      return await this.#over(url, outgoing, this.apart && outgoing.again === undefined);
    } catch (error) {
      if (outgoing.again === undefined || !closedUnanswered(error)) throw error;
      outgoing.again();
      return await this.#over(url, outgoing, true);
    }
  }

  /** @param fresh true: use a connection that has carried no request */
  async #over(url: URL, outgoing: Outgoing, fresh: boolean): Promise<Head> {
    if (this.#http2.offered(url)) {
      const head = await this.#http2.request(url, outgoing, fresh);
      if (head !== undefined) return head;
    }
    const until = performance.now() + outgoing.timeout;
    const { statusCode, headers, body } = await (fresh ? this.#fresh : this.#dispatcher).request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: outgoing.method as Dispatcher.HttpMethod,
      headers: outgoing.headers,
      body: outgoing.body,
      headersTimeout: outgoing.timeout,
      bodyTimeout: outgoing.timeout,
      signal: outgoing.signal ?? null,
    });
    return { status: statusCode, headers, body: () => bodyText(body, headers, until) };
  }

  async close(): Promise<void> {
    this.#http2.close();
    await Promise.all([this.#dispatcher.destroy(), this.#fresh.destroy()]);
  }
}

/** Returns this machine's address that a server sees; the loopback address if the name of the server is unknown. */
function ownAddress({ hostname }: URL): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<string>(resolve => {
    socket.once('error', () => resolve('127.0.0.1'));
    // Connecting a UDP socket sends nothing.
    socket.once('connect', () => resolve(socket.address().address));
    socket.connect(9, host);
  }).finally(() => socket.close());
}

/** Limits the concurrent requests and the requests per second. */
class Turns {
  readonly #every: number;
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #next = 0;
  #under = 0;

  constructor(perSecond = Number.POSITIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
    this.#every = 1000 / perSecond;
    this.#most = most;
  }

  room(): boolean {
    return this.#under < this.#most;
  }

  async take(signal: AbortSignal | undefined): Promise<() => void> {
    if (this.room()) this.#under++;
    // A request that ends gives its turn to the next waiting request.
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
    if (this.#every > 0) {
      const now = performance.now();
      const at = Math.max(now, this.#next);
      this.#next = at + this.#every;
      if (at > now) await sleep(at - now, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#under--;
      else next();
    };
  }
}
