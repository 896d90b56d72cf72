/** Connects to a target with its address, its TLS options and its headers. Never exceeds the limits of the target. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../target/load.ts';
import type { Held } from './barrier.ts';
import type { TlsOptions } from './connection.ts';
import { mayGoAgain, type Outgoing, type ResponseHead } from './exchange.ts';
import { Http1 } from './http1.ts';
import { Http2 } from './http2.ts';
import { RequestTurns } from './request-turns.ts';

/** Timeout of a request, milliseconds. */
const TIMEOUT = 10_000;

export type Reached = Pick<Target, 'url' | 'headers' | 'tls' | 'limits'> &
  Partial<Pick<Target, 'posts' | 'origins'>>;

/** Maximum number of paths whose parsed form is kept. */
const PLACES = 1000;

/** A path of the target in its parsed form. */
export interface Place {
  origin: string;
  /** Path and query, as the request line has them. */
  path: string;
  /** The address that decides which cookies are sent. */
  site: URL;
}

export class Network {
  /** Base address; its path is the prefix of all other paths. */
  readonly url: string;
  /**
   * The address for cookies and redirects. If the target file has a Host header, this address has the host of
   * that header.
   */
  readonly site: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON bodies of reads that are sent by POST, by path. */
  readonly posts: ReadonlyMap<string, unknown>;
  /** True if no header has a placeholder, so that all requests send the same headers. */
  readonly constant: boolean;
  readonly #http1: Http1;
  /**
   * True: requests that must not be sent twice use a new connection, because a balancer that reloads closes idle
   * connections.
   */
  apart = false;
  /** Used if the server speaks HTTP/2. */
  readonly #http2: Http2;
  readonly timeout: number;
  #turns: RequestTurns | undefined;
  /**
   * The other hosts that logins and logouts may visit, by origin. Requests to these hosts have no header of the
   * target file.
   */
  readonly others: Map<string, Network>;
  readonly #tls: Target['tls'];
  readonly #places = new Map<string, Place>();
  #rested = 0;
  #own: Promise<string> | undefined;

  /** @param timeout for a whole response, milliseconds */
  constructor({ url, headers, tls, limits, posts = {}, origins = [] }: Reached, timeout = TIMEOUT) {
    this.posts = new Map(Object.entries(posts));
    this.timeout = timeout;
    this.url = url.replace(/\/$/, '');
    this.headers = headers;
    this.constant = !Object.values(headers).some(text => text.includes('{'));
    const host = Object.entries(headers).find(([name]) => name.toLowerCase() === 'host')?.[1];
    const { protocol, host: own, pathname } = new URL(this.url);
    this.site = new URL(`${protocol}//${host ?? own}${pathname}`);
    const secure: TlsOptions = {
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.insecure ? { rejectUnauthorized: false } : {}),
      ...(host === undefined ? {} : { servername: this.site.hostname }),
    };
    this.#http1 = new Http1(secure);
    this.#http2 = new Http2(secure);
    const limited = limits?.requests !== undefined || limits?.connections !== undefined;
    this.#turns = limited ? new RequestTurns(limits.requests, limits.connections) : undefined;
    this.#tls = tls;
    this.others = new Map(origins.map(origin => [origin, this.#other(origin)]));
  }

  #other(origin: string): Network {
    const other = new Network({ url: origin, headers: {}, tls: this.#tls, limits: undefined }, this.timeout);
    other.#turns = this.#turns;
    return other;
  }

  /** Adds another host that logins and logouts may visit. */
  admit(origin: string): void {
    this.others.set(origin, this.#other(origin));
  }

  /** Returns the parsed form of a path. @param path a path on the target, with its query */
  place(path: string): Place {
    let place = this.#places.get(path);
    if (place === undefined) {
      const { origin, pathname, search } = new URL(this.url + path);
      // Joins the path as text. If it were resolved as a relative address, a path such as //account would name
      // another host.
      const site = new URL(this.site.origin + this.site.pathname.replace(/\/$/, '') + path);
      place = { origin, path: pathname + search, site };
      if (this.#places.size >= PLACES) this.#places.clear();
      this.#places.set(path, place);
    }
    return place;
  }

  /**
   * Returns how to name an address in a request: as a path if it is on the target, in full if it is on one of the
   * other hosts; otherwise undefined.
   */
  nameOf({ origin, pathname, search, href }: URL): string | undefined {
    const prefix = this.site.pathname.replace(/\/$/, '');
    if (origin === this.site.origin && pathname.startsWith(`${prefix}/`))
      return pathname.slice(prefix.length) + search;
    return this.others.has(origin) ? href : undefined;
  }

  /** True while all requests pause, because the target requested it. */
  get resting(): boolean {
    return this.#rested > 0 && this.#rested > performance.now();
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

  /**
   * Waits until the limits allow another request. Returns the function to call when that request ends; undefined if
   * the target has no limits.
   */
  turn(signal: AbortSignal | undefined): Promise<() => void> | undefined {
    return this.#turns?.take(signal);
  }

  /**
   * Returns whether the limits allow another request now. A request of a race must not wait for a turn: the
   * other requests of the race may hold all turns while they wait for this request.
   */
  room(): boolean {
    return this.#turns?.room() ?? true;
  }

  /**
   * Returns the headers that the balancer would add to a request. An app behind a balancer uses these headers instead
   * of its own address.
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
   * leaves. Then the request is sent again on a new connection, as browsers do (RFC 9112, 9.3.1). If `apart` is true,
   * a request that must not be sent twice never uses a kept-alive connection.
   *
   * @throws errors of the network
   */
  async exchange(outgoing: Outgoing): Promise<ResponseHead> {
    try {
      return await this.#send(outgoing, this.apart && !outgoing.repeatable);
    } catch (error) {
      if (!mayGoAgain(outgoing, error as Error)) throw error;
      return this.#send(outgoing, true);
    }
  }

  #send(outgoing: Outgoing, fresh: boolean): Promise<ResponseHead> {
    if (outgoing.signal?.aborted) return Promise.reject(outgoing.signal.reason as Error);
    return this.#http2.offered(outgoing.origin)
      ? this.#overHttp2(outgoing, fresh)
      : this.#http1.request(outgoing, fresh);
  }

  async #overHttp2(outgoing: Outgoing, fresh: boolean): Promise<ResponseHead> {
    return (await this.#http2.request(outgoing, fresh)) ?? this.#http1.request(outgoing, fresh);
  }

  /** Sends a request on a separate connection, and holds back its last byte. @throws as `exchange` */
  race(outgoing: Outgoing, held: Held): Promise<ResponseHead> {
    return this.#http1.held(outgoing, held);
  }

  close(): void {
    this.#http1.close();
    this.#http2.close();
    for (const other of this.others.values()) other.close();
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
