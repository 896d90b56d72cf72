/** Chooses and prepares the balancer of the local stack: nginx or HAProxy. */

import type { LogSource } from '../verify/client/logs.ts';
import { balancerLog, foreignLog } from '../verify/import/log-file.ts';
import { Haproxy } from './haproxy.ts';
import { Nginx } from './nginx.ts';
import { merged, type NginxAdditions } from './nginx-files.ts';
import { freePort } from './ports.ts';
import type { LocalBalancer } from './stack.ts';
import type { Sticky } from './sticky.ts';

/** The values of STACK_BALANCER; the first is the default. */
const BALANCERS = ['nginx', 'haproxy'] as const;
export type BalancerKind = (typeof BALANCERS)[number];

/**
 * Returns the balancer that STACK_BALANCER names, or nginx if an option needs it.
 *
 * @param env the environment of the caller, with the additions of the stack
 * @throws Error if STACK_BALANCER has an unknown value
 */
export function balancerOf(
  env: Record<string, string | undefined>,
  { additions, sticky }: Pick<BalancerOptions, 'additions' | 'sticky'>,
): BalancerKind {
  const wanted = env['STACK_BALANCER'] || BALANCERS[0];
  const found = BALANCERS.find(name => name === wanted);
  const onlyNginx = additions !== undefined || (sticky?.mode ?? 'duration') !== 'duration';
  if (found) return onlyNginx ? 'nginx' : found;
  throw new Error(`STACK_BALANCER: expected one of ${BALANCERS.join(', ')}, got ${JSON.stringify(wanted)}`);
}

export interface BalancerOptions {
  /** Port to listen on, on 127.0.0.1. */
  port: number;
  /** An existing folder for the balancer's files. */
  dir: string;
  additions?: NginxAdditions | undefined;
  /** Pins each visitor to one instance. */
  sticky?: Sticky | undefined;
  /** Only for nginx: maximum time of requests in flight to a deregistered instance, milliseconds. Default 30,000. */
  retireMs?: number | undefined;
  /** Called with the exit status and the last output when the process ends unexpectedly. */
  onDeath: (description: string) => void;
}

/** Prepares the balancer, but does not start it. Throws MissingProgramError. */
export async function planBalancer(
  kind: BalancerKind,
  { additions = {}, sticky, retireMs, ...options }: BalancerOptions,
): Promise<LocalBalancer> {
  if (kind === 'haproxy')
    return new Haproxy({ ...options, ...(sticky?.cookie && { cookie: sticky.cookie }) });
  return new Nginx({
    ...{ ...options, statusPort: await freePort(), additions: merged(additions, sticky?.additions ?? {}) },
    ...(retireMs !== undefined && { retireMs }),
  });
}

/** Returns the balancer's request log. `nameOf` maps an address (`host:port`) to the name of the instance there. */
export function logOf(
  kind: BalancerKind,
  { accessLog }: LocalBalancer,
  nameOf: (address: string) => string | undefined,
): LogSource {
  return kind === 'haproxy' ? foreignLog(accessLog) : balancerLog(accessLog, nameOf);
}
