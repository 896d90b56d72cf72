/**
 * Sends unrecorded requests of other clients, so that the recorded clients do not fall into step with a round robin.
 */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/** A session may be in step with the balancer if one instance served it this many times in a row. */
const STAYED = 6;
/**
 * If one instance served a session more times in a row than this, the balancer has pinned the session. Requests of
 * other clients cannot change this.
 */
const KEPT = 60;

/** Sends one request without a cookie, so that the balancer moves on to its next instance. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

/** Moves the balancer on by a random number of instances. */
export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}

/**
 * Keeps one session out of step with a round robin. Two clients that send in turn would each stay on one instance, as
 * if the balancer had pinned them.
 */
export class OutOfStep {
  readonly #context: Asking & Pick<Context, 'random'>;
  #instance: string | undefined;
  #stayed = 0;

  /** @param context its random numbers must be for this session only */
  constructor(context: Asking & Pick<Context, 'random'>) {
    this.#context = context;
  }

  /** Call this with the instance that served each request of the session. */
  served(instance: string | undefined): void {
    this.#stayed = instance !== undefined && instance === this.#instance ? this.#stayed + 1 : 1;
    this.#instance = instance;
  }

  /**
   * Call this just before each request whose instance the balancer chooses. If the session has stayed on one
   * instance, then in half of the cases another client sends a request at the same time. If the other client always
   * sent its request before the session's request, the two clients would alternate, and the session would stay in
   * step with the balancer.
   *
   * @returns the request of the other client; undefined if no other client sends one. The session's next request must
   *   wait for this promise
   */
  aside(): Promise<void> | undefined {
    const stayed = this.#stayed >= STAYED && this.#stayed <= KEPT;
    return stayed && this.#context.random.next() < 0.5 ? stepAside(this.#context) : undefined;
  }
}
