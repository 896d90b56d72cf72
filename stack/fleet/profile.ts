/**
 * Defines the load balancers and instance groups that the stack can imitate, from their documentation. Times are in
 * milliseconds.
 */
import type { NginxAdditions } from '../nginx.ts';
import type { HealthProbe, Thresholds } from './health.ts';

export const PROFILES = ['seed', 'classic-elb', 'alb', 'nginx'] as const;
export type ProfileName = (typeof PROFILES)[number];

export interface HealthCheck extends Thresholds {
  probe: HealthProbe;
  everyMs: number;
  timeoutMs: number;
}

export interface Group {
  min: number;
  max: number;
  /**
   * Instance to end if there are too many. `Default`: the oldest with the oldest launch configuration, as in AWS Auto
   * Scaling.
   */
  policy: 'OldestInstance' | 'Default';
  /** Instances to replace: all unhealthy ones, or only those whose process has ended. */
  replaces: 'unhealthy' | 'ended';
}

interface Failures {
  /** Reaction to a refused connection: try another instance, or respond with this status. */
  refused: 'another' | 502;
  /** Reaction to a connection that closes during a request: retry safe requests, or respond with this status. */
  closed: 'another-if-safe' | 502 | 504;
  connectMs: number;
  /** Maximum time without data from the instance while a request is in flight. */
  idleMs: number;
  /**
   * After `fails` failed requests, nginx sends the instance no requests for `forMs`. Absent: nginx ignores failures.
   */
  passive?: { fails: number; forMs: number };
}

export interface Profile {
  name: ProfileName;
  choice: 'round-robin' | 'least-outstanding';
  /** AWS balancer whose cookies pin visitors. Absent if the profile does not imitate AWS's cookies. */
  cookies?: 'classic' | 'alb';
  check?: HealthCheck;
  drainMs: number;
  /** True if all instances get requests when every instance is unhealthy. */
  failOpen: boolean;
  /** Status of responses while no instance can get requests. */
  noInstance: 502 | 503;
  failures: Failures;
  /** Group that replaces failed instances, as AWS Auto Scaling does. Absent: failed instances are not replaced. */
  group?: Group;
}

/**
 * AWS's Classic Load Balancer retries refused connections: AWS documents that its metric BackendConnectionErrors may
 * exceed the number of requests.
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

/** Defaults of AWS Auto Scaling, except for the maximum. */
const ANY_SIZE = { min: 1, max: 64, policy: 'Default', replaces: 'ended' } as const;

const ALL: Record<ProfileName, Profile> = {
  seed: {
    ...CLASSIC,
    name: 'seed',
    check: { probe: 'TCP', everyMs: 5_000, timeoutMs: 2_000, unhealthy: 2, healthy: 2, first: 2 },
    group: { min: 2, max: 2, policy: 'OldestInstance', replaces: 'unhealthy' },
  },
  'classic-elb': {
    ...CLASSIC,
    name: 'classic-elb',
    check: { probe: { path: '/' }, everyMs: 30_000, timeoutMs: 5_000, unhealthy: 2, healthy: 10, first: 10 },
    group: ANY_SIZE,
  },
  alb: {
    name: 'alb',
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
    choice: 'round-robin',
    // nginx has no default for worker_shutdown_timeout, so its response timeout of 60 s is used.
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

/**
 * Returns the profile of a load balancer.
 * @param speedup number by which all times are divided
 */
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

/**
 * Returns the maximum time to detect a crashed instance and replace it, milliseconds. Excludes the start of the new
 * instance.
 */
export function replacedWithinMs({ check }: Profile): number {
  if (check === undefined) return 0;
  return check.everyMs * (check.unhealthy + check.first + 1) + check.timeoutMs;
}

/** Returns nginx directives that choose instances and handle failures as the imitated balancer does. */
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
      // nginx's default rule, which retries in more cases than deploy/nginx.conf.template does.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    ...(noInstance === 503 && { noInstance: NO_INSTANCE }),
  };
}

const NO_INSTANCE = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/** Returns a line for the map `$after_failure` in deploy/nginx.conf.template; '' if the template needs no line. */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
