/** Tracks whether this instance is ready for traffic, and which requests are in flight. */
import type { RequestHandler, Response } from 'express';

/**
 * Request header with which a balancer says when it resends requests. `502`: if an instance responds with 502, the
 * balancer resends the request to another instance, and sends the first instance no requests for some time.
 */
const RETRIES_HEADER = 'x-balancer-retries';

export class Lifecycle {
  prepared = false;
  /** Number of requests refused since `leave` was called; undefined before. */
  leftToOthers: number | undefined;
  #draining = false;
  readonly #open = new Set<Response>();
  readonly #idle = new Set<() => void>();

  get draining(): boolean {
    return this.#draining;
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** Makes every response close its connection from now on, including responses to requests in flight. */
  drain(): void {
    this.#draining = true;
    for (const response of this.#open) askToLeave(response);
  }

  /**
   * Makes the instance refuse all requests that the balancer can resend to another instance. A refused request has no
   * effect.
   */
  leave(): void {
    this.leftToOthers = 0;
  }

  /** Must be the first middleware, so that refused requests are not logged. */
  readonly leaveToOthers: RequestHandler = (request, response, next) => {
    if (this.leftToOthers === undefined || request.get(RETRIES_HEADER) !== '502') return next();
    this.leftToOthers++;
    response.writeHead(502, { Connection: 'close' }).end();
  };

  async settled(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>(resolve => this.#idle.add(resolve));
  }

  #close(response: Response): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Counts the requests in flight. While the instance drains, each response closes its connection. */
  readonly track: RequestHandler = (_request, response, next) => {
    this.#open.add(response);
    response.once('close', () => this.#close(response));
    if (this.#draining) askToLeave(response);
    next();
  };
}

function askToLeave(response: Response): void {
  if (!response.headersSent) response.set('Connection', 'close');
}
