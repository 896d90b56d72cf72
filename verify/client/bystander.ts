/** Requests of other clients, so that ours does not fall into step with a round robin. Nothing is recorded. */
import type { Context } from './context.ts';

type Asking = Pick<Context, 'connect' | 'target' | 'signal'>;

/** Sends one request without a cookie: it moves the balancer on. */
export async function stepAside({ connect, target, signal }: Asking): Promise<void> {
  await connect().send({ method: 'GET', path: target.login.page }, signal);
}

/** Moves the balancer on by any number of instances, as drawn. */
export async function stepAnywhere(context: Context): Promise<void> {
  const instances = Math.max(2, context.instances.names().length);
  for (let i = context.random.below(instances); i > 0; i--) await stepAside(context);
}
