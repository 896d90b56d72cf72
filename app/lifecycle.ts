/** Is this instance fit for traffic, and what is in flight? */
import type { RequestHandler, Response } from 'express';

/** A balancer that sends this asks another instance when it is answered 502, and leaves this one alone for a while. */
const ASKS_ANOTHER = 'x-balancer-retries';

export class Lifecycle {
  /** Set once what has to exist before the first request exists. */
  prepared = false;
  /** Requests that were left to other instances; undefined while none are. */
  leftToOthers: number | undefined;
  #draining = false;
  readonly #open = new Set<Response>();
  readonly #idle = new Set<() => void>();

  get draining(): boolean {
    return this.#draining;
  }

  /** Responses that have not ended. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** From now on every response asks its peer to leave, also those of requests that came before. */
  drain(): void {
    this.#draining = true;
    for (const response of this.#open) askToLeave(response);
  }

  /**
   * From now on requests are left to other instances, where the balancer can ask one. Nothing was done for them, so
   * they may be sent again, whatever they ask for.
   */
  leave(): void {
    this.leftToOthers = 0;
  }

  /** Comes first: what is left to others is none of our requests, and in no log. */
  readonly leaveToOthers: RequestHandler = (request, response, next) => {
    if (this.leftToOthers === undefined || request.get(ASKS_ANOTHER) !== '502') return next();
    this.leftToOthers++;
    response.writeHead(502, { Connection: 'close' }).end();
  };

  /** Resolves when no request is in flight. */
  async settled(): Promise<void> {
    if (this.#open.size > 0) await new Promise<void>(resolve => this.#idle.add(resolve));
  }

  #close(response: Response): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  /** Counts requests in flight, and says goodbye in each while draining. */
  readonly track: RequestHandler = (_request, response, next) => {
    this.#open.add(response);
    response.once('close', () => this.#close(response));
    if (this.#draining) askToLeave(response);
    next();
  };
}

/** A peer that keeps the connection would send its next request into a server that is gone. */
function askToLeave(response: Response): void {
  if (!response.headersSent) response.set('Connection', 'close');
}
