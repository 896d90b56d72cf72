/**
 * Sends additional requests, which are not recorded, so that a balancer with round robin routes the next request to
 * another instance. Without them, two clients whose requests alternate would each stay on one of two instances, as if
 * the balancer had pinned them.
 */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/** Number of consecutive requests of a session on the same instance after which additional requests are sent. */
const STAYED = 6;
/**
 * Number of consecutive requests of a session on the same instance after which no more additional requests are sent,
 * because the balancer must have pinned the session.
 */
const KEPT = 60;

/** Sends one request without a cookie, so that a round robin skips one instance. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

/** Sends a random number of requests, so that a round robin skips a random number of instances. */
export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}

/** Sends additional requests if a round robin routes all requests of one session to the same instance. */
export class OutOfStep {
  readonly #context: Asking & Pick<Context, 'random'>;
  #instance: string | undefined;
  #stayed = 0;

  /** @param context must have random numbers that only this session uses */
  constructor(context: Asking & Pick<Context, 'random'>) {
    this.#context = context;
  }

  /** Call this after each request of the session, with the instance that served it. */
  served(instance: string | undefined): void {
    this.#stayed = instance !== undefined && instance === this.#instance ? this.#stayed + 1 : 1;
    this.#instance = instance;
  }

  /**
   * Call this just before each request whose instance the balancer chooses. If all recent requests of the session
   * reached the same instance, this method sends an additional request in half of the cases, at random: a regular
   * pattern could match the round robin again.
   *
   * @returns a promise that resolves when the additional request has ended; the session's next request must wait for
   * it. Undefined if no request was sent
   */
  aside(): Promise<void> | undefined {
    const stayed = this.#stayed >= STAYED && this.#stayed <= KEPT;
    return stayed && this.#context.random.next() < 0.5 ? stepAside(this.#context) : undefined;
  }
}
