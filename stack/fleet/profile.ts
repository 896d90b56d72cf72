/**
 * Defines the load balancers and instance groups that the stack can imitate, from their documentation. Times are ms.
 */
import type { NginxAdditions } from '../nginx-files.ts';
import type { HealthProbe, Thresholds } from './health.ts';

export const PROFILES = ['seed', 'classic-elb', 'alb', 'nginx'] as const;
export type ProfileName = (typeof PROFILES)[number];

export interface HealthCheck extends Thresholds {
  probe: HealthProbe;
  /** Time from the start of one health check to the start of the next. */
  everyMs: number;
  timeoutMs: number;
}

export interface Group {
  min: number;
  max: number;
  /**
   * Which surplus instance ends, as AWS Auto Scaling names the rules.
   * `Default`: the oldest instance with the oldest launch configuration.
   */
  policy: 'OldestInstance' | 'Default';
  /** Which instances the group replaces: all that are unhealthy, or only those whose process has ended. */
  replaces: 'unhealthy' | 'ended';
}

interface Failures {
  /** What the balancer does after a refused connection: tries another instance, or responds with 502. */
  refused: 'another' | 502;
  /** What the balancer does after a connection closed during a request: a safe retry, or this status. */
  closed: 'another-if-safe' | 502 | 504;
  /** Maximum time to connect to an instance. */
  connectMs: number;
  /** Maximum time without data from the instance during a request. */
  idleMs: number;
  /** nginx avoids an instance for `forMs` after `fails` failed requests. Absent: nginx keeps using the instance. */
  passive?: { fails: number; forMs: number };
}

export interface Profile {
  name: ProfileName;
  /** Description in a few words, for lists. */
  about: string;
  choice: 'round-robin' | 'least-outstanding';
  /** The AWS balancer whose cookies pin visitors. Absent: a cookie that is not AWS's. */
  cookies?: 'classic' | 'alb';
  /** Health checks. Absent: the balancer has none. */
  check?: HealthCheck;
  /** Maximum time for requests in flight to end when their instance is removed. */
  drainMs: number;
  /** True if all instances get requests while no instance is healthy. */
  failOpen: boolean;
  /** Status of responses while no instance can get requests. */
  noInstance: 502 | 503;
  failures: Failures;
  /** The group that replaces failed instances, as AWS Auto Scaling does. Absent: instances are not replaced. */
  group?: Group;
}

/**
 * From the documentation of AWS's Classic Load Balancer, which retries refused connections:
 * its metric BackendConnectionErrors can exceed the number of requests.
 */
const CLASSIC = {
  choice: 'least-outstanding',
  cookies: 'classic',
  drainMs: 300_000,
  failOpen: false,
  noInstance: 503,
  failures: {
    refused: 'another',
    closed: 504,
    connectMs: 10_000,
    idleMs: 60_000,
    passive: { fails: 1, forMs: 1_000 },
  },
} as const;

/** The defaults of AWS Auto Scaling. The maximum of 64 is the stack's own limit. */
const ANY_SIZE = { min: 1, max: 64, policy: 'Default', replaces: 'ended' } as const;

const ALL: Record<ProfileName, Profile> = {
  seed: {
    ...CLASSIC,
    name: 'seed',
    about: 'the original deployment: classic ELB, TCP health checks, a group of exactly two',
    check: { probe: 'TCP', everyMs: 5_000, timeoutMs: 2_000, unhealthy: 2, healthy: 2, first: 2 },
    group: { min: 2, max: 2, policy: 'OldestInstance', replaces: 'unhealthy' },
  },
  'classic-elb': {
    ...CLASSIC,
    name: 'classic-elb',
    about: 'classic ELB with the defaults of its console',
    check: { probe: { path: '/' }, everyMs: 30_000, timeoutMs: 5_000, unhealthy: 2, healthy: 10, first: 10 },
    group: ANY_SIZE,
  },
  alb: {
    name: 'alb',
    about: 'Application Load Balancer with its defaults',
    choice: 'round-robin',
    cookies: 'alb',
    check: { probe: { path: '/' }, everyMs: 30_000, timeoutMs: 5_000, unhealthy: 2, healthy: 5, first: 1 },
    drainMs: 300_000,
    failOpen: true,
    noInstance: 503,
    failures: { refused: 502, closed: 502, connectMs: 10_000, idleMs: 60_000 },
    group: ANY_SIZE,
  },
  nginx: {
    name: 'nginx',
    about: 'nginx with its defaults: no health checks, no group',
    choice: 'round-robin',
    // The stack takes nginx's response timeout, because nginx itself sets no limit (worker_shutdown_timeout).
    drainMs: 60_000,
    failOpen: false,
    noInstance: 502,
    failures: {
      refused: 'another',
      closed: 'another-if-safe',
      connectMs: 60_000,
      idleMs: 60_000,
      passive: { fails: 1, forMs: 10_000 },
    },
  },
};

/** @param speedup number by which all times are divided; counts stay as they are */
export function profileOf(name: ProfileName, speedup = 1): Profile {
  return faster(ALL[name], speedup) as Profile;
}

function faster(value: unknown, by: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name.endsWith('Ms') ? Math.max(1, Math.round(Number(inner) / by)) : faster(inner, by),
    ]),
  );
}

/** Returns the maximum time to replace a crashed instance, ms, without the start time of the new instance. */
export function replacedWithinMs({ check }: Profile): number {
  if (check === undefined) return 0;
  return check.everyMs * (check.unhealthy + check.first + 1) + check.timeoutMs;
}

/** Returns nginx directives that choose instances and handle failures like the imitated balancer. */
export function directivesOf({ choice, failures, noInstance }: Profile): NginxAdditions {
  const { connectMs, idleMs, closed, passive } = failures;
  return {
    ...(choice === 'least-outstanding' && { upstream: 'least_conn;' }),
    // nginx accepts only whole seconds in fail_timeout.
    perInstance:
      passive === undefined
        ? 'max_fails=0'
        : `max_fails=${passive.fails} fail_timeout=${Math.ceil(passive.forMs / 1_000)}s`,
    failure: ruleAfter(failures),
    server: [
      `proxy_connect_timeout ${connectMs}ms;`,
      `proxy_read_timeout ${idleMs}ms;`,
      `proxy_send_timeout ${idleMs}ms;`,
      // Retries as nginx does by default. The template deploy/nginx.conf.template retries in fewer cases.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    // nginx itself responds with 502 if there is no instance.
    ...(noInstance === 503 && { noInstance: NO_INSTANCE }),
  };
}

const NO_INSTANCE = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/**
 * Returns a line for `$after_failure` in deploy/nginx.conf.template; '' keeps the template's own rules.
 * The template's rules retry if nothing was sent to the instance, and otherwise respond with 502.
 */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
