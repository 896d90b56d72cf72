/** Sends requests over HTTP/1.1, fast enough to load a target: one write, one read, and no timer for each request. */
import type { Held } from './barrier.ts';
import { connected, type TlsOptions } from './connection.ts';
import type { Outgoing, ResponseHead } from './exchange.ts';
import { type Flying, Http1Connection } from './http1-connection.ts';
import { requestOf } from './request-text.ts';

/** Interval between two searches for timeouts and long idle connections, milliseconds. */
const EVERY = 100;

export class Http1 {
  readonly #tls: TlsOptions;
  readonly #open = new Set<Http1Connection>();
  readonly #idle = new Map<string, Http1Connection[]>();
  #completed: Http1Connection[] = [];
  #answered: Flying[] = [];
  readonly #signals = new WeakSet<AbortSignal>();
  #lastSignal: AbortSignal | undefined;
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(tls: TlsOptions) {
    this.#tls = tls;
  }

  /**
   * Sends a request.
   *
   * @param fresh if true, opens a connection for this request only
   * @throws errors of the network, and errors with a `code`
   */
  request(outgoing: Outgoing, fresh: boolean): Promise<ResponseHead> {
    this.#follow(outgoing.signal);
    const kept = fresh ? undefined : this.#kept(outgoing.origin, performance.now());
    return kept === undefined
      ? this.#overNew(outgoing, fresh)
      : kept.send(outgoing, requestOf(outgoing, false));
  }

  async #overNew(outgoing: Outgoing, fresh: boolean): Promise<ResponseHead> {
    const request = requestOf(outgoing, fresh);
    return (await this.#connected(outgoing, fresh)).send(outgoing, request);
  }

  /**
   * Sends a request on a new connection; the last byte waits for the barrier `held`.
   *
   * @throws as `request`
   */
  async held(outgoing: Outgoing, held: Held): Promise<ResponseHead> {
    this.#follow(outgoing.signal);
    try {
      const text = requestOf(outgoing, false);
      const request = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
      const connection = await this.#connected(outgoing, false);
      const answer = connection.send(outgoing, request.subarray(0, -1), false);
      await Promise.race([answer, connection.written()]);
      await held.pass();
      connection.complete(request.subarray(-1));
      return await answer;
    } finally {
      held.leave();
    }
  }

  /**
   * Returns an idle connection that the server cannot have closed yet. Closes those that the server may have closed.
   */
  #kept(origin: string, now: number): Http1Connection | undefined {
    const idle = this.#idle.get(origin);
    for (let kept = idle?.pop(); kept !== undefined; kept = idle?.pop()) {
      if (kept.until > now) return kept;
      kept.fail();
    }
    return undefined;
  }

  async #connected(outgoing: Outgoing, once: boolean): Promise<Http1Connection> {
    const { origin, signal } = outgoing;
    this.#timer ??= setInterval(() => this.#sweep(), EVERY).unref();
    outgoing.watch?.begins();
    const connection = new Http1Connection(origin, once, this);
    const closing = this.#closing.signal;
    const ends = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    const options = { ...this.#tls, onread: connection.onread };
    connection.opened(await connected({ ...outgoing, signal: ends }, options));
    this.#open.add(connection);
    return connection;
  }

  /**
   * Lets a later request use this connection, but only after the event loop has read all connections: some servers
   * close a connection right after a response.
   */
  free(connection: Http1Connection): void {
    this.#deliverSoon();
    this.#completed.push(connection);
  }

  /**
   * Passes a response to its caller after the event loop has read all connections. So the time to process one response
   * is not measured as part of another response.
   */
  answered(flying: Flying): void {
    this.#deliverSoon();
    this.#answered.push(flying);
  }

  #deliverSoon(): void {
    if (this.#completed.length + this.#answered.length === 0) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    const [completed, answered] = [this.#completed, this.#answered];
    this.#completed = [];
    this.#answered = [];
    for (const one of completed) if (one.open) this.#keep(one);
    for (const { resolve, answer } of answered) if (answer !== undefined) resolve(answer);
  }

  #keep(connection: Http1Connection): void {
    const { origin } = connection;
    const idle = this.#idle.get(origin);
    if (idle === undefined) this.#idle.set(origin, [connection]);
    else idle.push(connection);
  }

  gone(connection: Http1Connection): void {
    this.#open.delete(connection);
    const idle = this.#idle.get(connection.origin);
    const at = idle?.indexOf(connection) ?? -1;
    if (at !== -1) idle?.splice(at, 1);
  }

  #sweep(): void {
    const now = performance.now();
    for (const connection of [...this.#open]) if (connection.until <= now) connection.late();
  }

  /** Adds only one listener to each abort signal, for all requests with this signal. */
  #follow(signal: AbortSignal | undefined): void {
    if (signal === undefined || signal === this.#lastSignal) return;
    this.#lastSignal = signal;
    if (this.#signals.has(signal)) return;
    this.#signals.add(signal);
    signal.addEventListener('abort', () => this.#abort(signal), { once: true });
  }

  #abort(signal: AbortSignal): void {
    for (const connection of [...this.#open])
      if (connection.signal === signal) connection.fail(signal.reason as Error);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#closing.abort();
    for (const connection of [...this.#open]) connection.fail(new Error('the run has ended'));
  }
}
