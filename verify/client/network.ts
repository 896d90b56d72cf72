/** How a target is reached: its address, TLS, what every request carries, and the limits that are never exceeded. */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, buildConnector } from 'undici';
import type { Target } from '../target/load.ts';
import { Http2 } from './http2.ts';

/** A request that takes longer got no answer. Milliseconds. */
const TIMEOUT = 10_000;

export type Reached = Pick<Target, 'url' | 'headers' | 'tls' | 'limits'>;

export interface TlsOptions {
  ca?: string;
  rejectUnauthorized?: boolean;
  servername?: string;
}

export class Network {
  /** Base address, whose path comes before all others. */
  readonly url: string;
  /** The address as cookies and redirects know it: that of the Host header where one is given. */
  readonly site: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Agent;
  /** Every request over a connection of its own. */
  readonly fresh: Agent;
  /** What may not be sent twice goes over a fresh connection: a balancer that is reloaded closes those that wait. */
  apart = false;
  /** Before these, where the server speaks it. */
  readonly http2: Http2;
  readonly tls: TlsOptions;
  readonly timeout: number;
  readonly #turns: Turns;
  #rested = 0;
  #own: Promise<string> | undefined;

  /** @param timeout for a whole answer, milliseconds */
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
    // By the address that is connected to: undici would take the name from the Host header, which an instance that is
    // asked directly is sent too.
    const connect: buildConnector.connector = ({ servername: _, ...options }, callback) =>
      connector(options, callback);
    this.dispatcher = new Agent({ connect });
    this.fresh = new Agent({ connect, pipelining: 0 });
    this.http2 = new Http2(this.tls);
    this.#turns = new Turns(limits?.requests, limits?.connections);
  }

  /** Nobody sends anything for so long, milliseconds: the target has asked for it. */
  rest(time: number): void {
    this.#rested = Math.max(this.#rested, performance.now() + time);
  }

  /** Waits as long as the target has asked to be left alone. */
  async rested(signal: AbortSignal | undefined): Promise<void> {
    for (let left = 1; left > 0 && signal?.aborted !== true; ) {
      left = this.#rested - performance.now();
      if (left > 0) await sleep(left, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    }
  }

  /** @returns what ends the turn, once the limits let another request leave */
  turn(signal: AbortSignal | undefined): Promise<() => void> {
    return this.#turns.take(signal);
  }

  /** Whether a request that waits for others may have a turn now: else they would wait for one another. */
  room(): boolean {
    return this.#turns.room();
  }

  /** @returns what the balancer would add to a request: an app behind it goes by that, and not by its own address */
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

  async close(): Promise<void> {
    this.http2.close();
    await Promise.all([this.dispatcher.destroy(), this.fresh.destroy()]);
  }
}

/** @returns the address of this machine that a server sees; the loopback address where that server is not found */
function ownAddress({ hostname }: URL): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  return new Promise<string>(resolve => {
    socket.once('error', () => resolve('127.0.0.1'));
    // UDP: nothing is sent.
    socket.once('connect', () => resolve(socket.address().address));
    socket.connect(9, host);
  }).finally(() => socket.close());
}

/** Lets so many go at once, and so many a second. */
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
    // Whoever ends a turn hands it over.
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
