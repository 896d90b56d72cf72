/**
 * Sends additional, unrecorded requests. Without them, two clients that take turns behind a strict round robin would
 * each stay on one instance, as if the balancer had pinned them.
 */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/**
 * Additional requests begin after this number of consecutive requests on one instance. Without a round robin, fewer
 * than 1 % of the requests come after such a sequence.
 */
const STAYED = 8;
/** After this number of consecutive requests on one instance, the session counts as pinned by the balancer. */
const KEPT = 60;

/** Sends a request without a cookie, so that a round robin skips one instance. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}

/** Sends additional requests if a round robin routes all requests of one session to the same instance. */
export class OutOfStep {
  readonly #context: Asking & Pick<Context, 'random'>;
  #instance: string | undefined;
  #stayed = 0;

  constructor(context: Asking & Pick<Context, 'random'>) {
    this.#context = context;
  }

  served(instance: string | undefined): void {
    this.#stayed = instance !== undefined && instance === this.#instance ? this.#stayed + 1 : 1;
    this.#instance = instance;
  }

  /**
   * Sends an additional request at random, because a regular pattern could match the round robin. Call this before each
   * request for which the balancer chooses the instance, and wait for the returned promise.
   */
  aside(): Promise<void> | undefined {
    const stayed = this.#stayed >= STAYED && this.#stayed <= KEPT;
    return stayed && this.#context.random.next() < 0.5 ? stepAside(this.#context) : undefined;
  }
}
