/**
 * Sends additional requests, which are not recorded, to shift a round robin. Without them, two clients whose requests
 * alternate would each stay on one of two instances, as if the balancer had pinned them.
 */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/** Number of consecutive requests of a session on one instance after which additional requests are sent. */
const STAYED = 6;
/**
 * Number of consecutive requests of a session on one instance after which the balancer must have pinned the session.
 * Then no more additional requests are sent.
 */
const KEPT = 60;

/** Sends one request without a cookie, which shifts a round robin by one instance. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

/** Shifts a round robin by a random number of instances. */
export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}

/** Sends additional requests if a round robin routes all requests of one session to the same instance. */
export class OutOfStep {
  readonly #context: Asking & Pick<Context, 'random'>;
  #instance: string | undefined;
  #stayed = 0;

  /** @param context its random numbers must be used for this session only */
  constructor(context: Asking & Pick<Context, 'random'>) {
    this.#context = context;
  }

  /** Call this after each request of the session, with the instance that served it. */
  served(instance: string | undefined): void {
    this.#stayed = instance !== undefined && instance === this.#instance ? this.#stayed + 1 : 1;
    this.#instance = instance;
  }

  /**
   * Call this just before each request whose instance the balancer chooses. If the session has stayed on one
   * instance, this method sends an additional request in half of the cases, at random: a regular pattern
   * could match the round robin again.
   *
   * @returns a promise that resolves when the additional request has ended; the session's next request must
   * wait for it. Undefined if no request was sent
   */
  aside(): Promise<void> | undefined {
    const stayed = this.#stayed >= STAYED && this.#stayed <= KEPT;
    return stayed && this.#context.random.next() < 0.5 ? stepAside(this.#context) : undefined;
  }
}
