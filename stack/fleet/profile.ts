/**
 * Defines the load balancers and instance groups that the bundled stack can imitate. The numbers come from their
 * documentation. Times are milliseconds. `baton stack conformance` compares each imitation with the documentation
 * (docs/fleet.md).
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
   * Rule for which instance ends if there are too many, by the name that AWS Auto Scaling uses. `Default`: of the
   * instances with the oldest launch configuration, the oldest instance ends.
   */
  policy: 'OldestInstance' | 'Default';
  /**
   * Which instances the group replaces. `unhealthy`: all unhealthy instances. `ended`: only unhealthy instances whose
   * process has ended.
   */
  replaces: 'unhealthy' | 'ended';
}

/** What the balancer does when an instance fails to respond. */
interface Failures {
  /** What the balancer does if an instance refuses the connection: tries another instance, or responds with 502. */
  refused: 'another' | 502;
  /**
   * What the balancer does if an instance closes the connection during a request: sends the request to another instance
   * if a retry is safe, or responds with this status.
   */
  closed: 'another-if-safe' | 502 | 504;
  /** Maximum time to connect to an instance. */
  connectMs: number;
  /** Maximum time without data from the instance during a request. */
  idleMs: number;
  /**
   * When nginx stops using an instance: after this number of failed requests, and for this time. Absent: nginx keeps
   * using the instance.
   */
  passive?: { fails: number; forMs: number };
}

export interface Profile {
  name: ProfileName;
  /** Describes the imitated balancer and group in a few words, for lists. */
  about: string;
  choice: 'round-robin' | 'least-outstanding';
  /**
   * The kind of AWS balancer whose cookies the stack uses to pin visitors to instances. Absent: the cookie is not one
   * of AWS's.
   */
  cookies?: 'classic' | 'alb';
  /** Health checks of the balancer. Absent: the balancer has no health checks. */
  check?: HealthCheck;
  /** Maximum time that requests in flight have to end when their instance is removed. */
  drainMs: number;
  /** True if all instances get requests while no instance is healthy. */
  failOpen: boolean;
  /** Status with which the balancer responds while no instance can get requests. */
  noInstance: 502 | 503;
  failures: Failures;
  /** The group that replaces failed instances, as an Auto Scaling group does. Absent: instances are not replaced. */
  group?: Group;
}

/**
 * Timeouts and statuses from the documentation of AWS's Classic Load Balancer. This balancer retries failed connections
 * (`refused: 'another'`): its metric BackendConnectionErrors can exceed the number of requests.
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

/** A group of 1 to 64 instances, with the defaults of AWS Auto Scaling. The maximum of 64 is the stack's own limit. */
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
    // Limits how long a retired worker serves requests after a reload. nginx itself sets no limit
    // (worker_shutdown_timeout), but the stack needs one. It takes nginx's default timeout for a response.
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
 * Returns the profile (imitated load balancer) with this name.
 *
 * @param speedup number by which all times are divided; counts stay as they are
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
 * Returns the maximum time to replace a crashed instance, in ms: health checks must find the crashed instance
 * unhealthy, and later the new instance healthy. The start time of the new instance is not included.
 */
export function replacedWithinMs({ check }: Profile): number {
  if (check === undefined) return 0;
  return check.everyMs * (check.unhealthy + check.first + 1) + check.timeoutMs;
}

/** Returns nginx directives that make nginx choose instances and handle failures like the imitated balancer. */
export function directivesOf({ choice, failures, noInstance }: Profile): NginxAdditions {
  const { connectMs, idleMs, closed, passive } = failures;
  return {
    ...(choice === 'least-outstanding' && { upstream: 'least_conn;' }),
    // Rounds up, because nginx accepts only whole seconds in fail_timeout.
    perInstance:
      passive === undefined
        ? 'max_fails=0'
        : `max_fails=${passive.fails} fail_timeout=${Math.ceil(passive.forMs / 1_000)}s`,
    failure: ruleAfter(failures),
    server: [
      `proxy_connect_timeout ${connectMs}ms;`,
      `proxy_read_timeout ${idleMs}ms;`,
      `proxy_send_timeout ${idleMs}ms;`,
      // Makes nginx retry as it does by default. The template deploy/nginx.conf.template retries in fewer cases.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    // Needs no directive for the status 502, because nginx itself responds with 502 if there is no instance.
    ...(noInstance === 503 && { noInstance: NO_INSTANCE }),
  };
}

const NO_INSTANCE = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/**
 * Returns a line for nginx's rules after a failed request (`$after_failure` in deploy/nginx.conf.template). '' keeps
 * the template's own rules: nginx retries if nothing was sent to the instance, and otherwise responds with 502.
 */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
