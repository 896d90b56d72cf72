/** Requests of other clients, so that ours does not fall into step with a round robin. Nothing is recorded. */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/** A session that was served so often in turn by one instance may be in step with the balancer. */
const STAYED = 6;
/** A session that stays longer is kept there by the balancer: other clients change nothing. */
const KEPT = 60;

/** Sends one request without a cookie: it moves the balancer on. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

/** Moves the balancer on by any number of instances, as drawn. */
export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}

/**
 * Keeps one session out of step with a round robin: two clients that send in turn would each stay on an instance of
 * their own, as if the balancer had pinned them.
 */
export class OutOfStep {
  readonly #context: Asking & Pick<Context, 'random'>;
  #instance: string | undefined;
  #stayed = 0;

  /** @param context its random numbers are drawn for this session alone */
  constructor(context: Asking & Pick<Context, 'random'>) {
    this.#context = context;
  }

  /** Call with the instance that served each request of the session. */
  served(instance: string | undefined): void {
    this.#stayed = instance !== undefined && instance === this.#instance ? this.#stayed + 1 : 1;
    this.#instance = instance;
  }

  /**
   * Call with each request whose instance the balancer chooses. Where the session has stayed, moves the balancer on half
   * the time: beside the request, since a client that moved it on before would only use its own turn for that.
   */
  async beside<T>(request: () => Promise<T>): Promise<T> {
    const stayed = this.#stayed >= STAYED && this.#stayed <= KEPT;
    const aside = stayed && this.#context.random.next() < 0.5 ? stepAside(this.#context) : undefined;
    const served = await request();
    await aside;
    return served;
  }
}
