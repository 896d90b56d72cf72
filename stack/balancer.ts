/** The balancers of the local stack, and how one is chosen. */
import { Haproxy } from './haproxy.ts';
import { balancerLog, haproxyLog } from './logs.ts';
import { Nginx, type NginxAdditions } from './nginx.ts';
import { merged } from './nginx-files.ts';
import { freePort } from './ports.ts';
import type { Balancer, Instance, LogSource } from './stack.ts';
import type { Sticky } from './sticky.ts';

/** What it has to know of an instance. */
export type Routed = Pick<Instance, 'name' | 'url'>;

/** A balancer that runs as a process of this machine. */
export interface LocalBalancer extends Balancer {
  /** Takes a line for each request: see its template in deploy/. */
  readonly accessLog: string;
  /** @param via where it is reached in place of its own address */
  register(instance: Routed, via?: string): Promise<void>;
  deregister(instance: Routed): Promise<void>;
  /** Registers several with one reload, or before the start with none. */
  registerAll(instances: readonly Routed[]): Promise<void>;
  start(): Promise<void>;
  /** Ends it for good, at once. */
  dispose(): Promise<void>;
}

/** What STACK_BALANCER takes; the first is the default. */
const BALANCERS = ['nginx', 'haproxy'] as const;
export type BalancerKind = (typeof BALANCERS)[number];

/**
 * @param env of the caller and the stack
 * @param wishes what only nginx understands: then it is nginx, whatever was asked for
 * @throws Error if STACK_BALANCER is none of its names
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
  /** Listens there, on 127.0.0.1. */
  port: number;
  /** An existing folder for its files. */
  dir: string;
  additions?: NginxAdditions | undefined;
  /** Keeps each visitor on one instance. */
  sticky?: Sticky | undefined;
  /** Milliseconds that a request may take longer than its instance is registered (30,000); nginx's alone. */
  retireMs?: number | undefined;
  /** Told how it ended, with its last output, when nobody asked it to. */
  onDeath: (description: string) => void;
}

/** Prepares it; nothing is started yet. Throws MissingProgramError. */
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

/** What it says of requests. `nameOf` knows an instance's name by its address, `host:port`. */
export function logOf(
  kind: BalancerKind,
  { accessLog }: LocalBalancer,
  nameOf: (address: string) => string | undefined,
): LogSource {
  return kind === 'haproxy' ? haproxyLog('balancer', accessLog) : balancerLog('balancer', accessLog, nameOf);
}
