/** Sends requests to a target and to the other hosts of its target file. Applies the keys `tls` and `limits`. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../target/load.ts';
import type { Held } from './barrier.ts';
import type { TlsOptions } from './connection.ts';
import { mayGoAgain, type Outgoing, type ResponseHead } from './exchange.ts';
import { Http1 } from './http1.ts';
import { Http2 } from './http2.ts';
import type { Redirecting } from './redirect.ts';
import { RequestTurns } from './request-turns.ts';

/** Default timeout of a request, milliseconds. */
const TIMEOUT = 10_000;

export type Reached = Pick<Target, 'url' | 'headers' | 'tls' | 'limits'> &
  Partial<Pick<Target, 'posts' | 'origins'>>;

const PLACES = 1000;

export interface Place extends Redirecting {
  path: string;
}

export class Network {
  /** Address of the target. Its path is a prefix of all paths. */
  readonly url: string;
  /** The target's address with the host of the header Host; used for cookies and redirects. */
  readonly site: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Key: path; value: JSON body for a read by POST. */
  readonly posts: ReadonlyMap<string, unknown>;
  /** True if no header has a placeholder. Then all requests send the same headers. */
  readonly constant: boolean;
  readonly #http1: Http1;
  /**
   * If true, each request that must not be sent again gets a new connection, because a balancer may close an idle
   * connection at the same moment.
   */
  apart = false;
  readonly #http2: Http2;
  readonly timeout: number;
  #turns: RequestTurns | undefined;
  /** Key: origin under `origins` in the target file. Requests to these hosts get no `headers` of the target file. */
  readonly others: Map<string, Network>;
  readonly #tls: Target['tls'];
  readonly #places = new Map<string, Place>();
  #rested = 0;
  #own: Promise<string> | undefined;

  /** @param timeout timeout of a whole response, milliseconds */
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

  admit(origin: string): void {
    this.others.set(origin, this.#other(origin));
  }

  place(path: string): Place {
    let place = this.#places.get(path);
    if (place === undefined) {
      const { origin, pathname, search } = new URL(this.url + path);
      // The address `//account` would lead to a host named "account".
      const site = new URL(this.site.origin + this.site.pathname.replace(/\/$/, '') + path);
      place = { origin, path: pathname + search, site };
      if (this.#places.size >= PLACES) this.#places.clear();
      this.#places.set(path, place);
    }
    return place;
  }

  /**
   * Returns the path of an address on the target, or the address itself on a host under `origins`; undefined for other
   * hosts.
   */
  nameOf({ origin, pathname, search, href }: URL): string | undefined {
    const prefix = this.site.pathname.replace(/\/$/, '');
    if (origin === this.site.origin && pathname.startsWith(`${prefix}/`))
      return pathname.slice(prefix.length) + search;
    return this.others.has(origin) ? href : undefined;
  }

  /** True while all requests wait because the target sent status 429 with Retry-After. */
  get resting(): boolean {
    return this.#rested > 0 && this.#rested > performance.now();
  }

  /**
   * Delays all further requests.
   *
   * @param time delay from now, milliseconds
   */
  rest(time: number): void {
    this.#rested = Math.max(this.#rested, performance.now() + time);
  }

  async rested(signal: AbortSignal | undefined): Promise<void> {
    for (let left = 1; left > 0 && signal?.aborted !== true; ) {
      left = this.#rested - performance.now();
      if (left > 0) await sleep(left, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  /**
   * Waits until the target's limits allow a request. If there are limits, returns a function to call when the request
   * has ended.
   */
  turn(signal: AbortSignal | undefined): Promise<() => void> | undefined {
    return this.#turns?.take(signal);
  }

  /**
   * Returns whether the target's limits allow a request now. A request that must wait cannot join a barrier: it would
   * wait for the end of the other requests at the barrier, which would wait for its last byte.
   */
  room(): boolean {
    return this.#turns?.room() ?? true;
  }

  /** Returns the headers that a balancer would add. An app finds its public address in them. */
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
   * Sends a request. If the server closes the idle connection, sends a repeatable request again (RFC 9112, 9.3.1).
   *
   * @throws errors of the network
   */
  exchange(outgoing: Outgoing): Promise<ResponseHead> {
    const answer = this.#send(outgoing, this.apart && !outgoing.repeatable);
    if (!outgoing.repeatable) return answer;
    return answer.catch(error => {
      if (!mayGoAgain(outgoing, error as Error)) throw error;
      return this.#send(outgoing, true);
    });
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

  /**
   * Sends a request on a new connection; the last byte waits for the barrier `held`.
   *
   * @throws as `exchange`
   */
  race(outgoing: Outgoing, held: Held): Promise<ResponseHead> {
    return this.#http1.held(outgoing, held);
  }

  close(): void {
    this.#http1.close();
    this.#http2.close();
    for (const other of this.others.values()) other.close();
  }
}

/** Returns this machine's IP address on the route to a server. Returns 127.0.0.1 if the server's name is unknown. */
function ownAddress({ hostname }: URL): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<string>(resolve => {
    socket.once('error', () => resolve('127.0.0.1'));
    // Connecting a UDP socket only chooses the local address, and sends nothing.
    socket.once('connect', () => resolve(socket.address().address));
    socket.connect(9, host);
  }).finally(() => socket.close());
}
