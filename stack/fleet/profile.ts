/**
 * Defines the balancers and groups that the bundled stack can imitate. The numbers come from their documentation. Times
 * are milliseconds. `baton stack conformance` compares each imitation with the documentation (docs/fleet.md).
 */
import type { NginxAdditions } from '../nginx-files.ts';
import type { HealthProbe, Thresholds } from './health.ts';

export const PROFILES = ['seed', 'classic-elb', 'alb', 'nginx'] as const;
export type ProfileName = (typeof PROFILES)[number];

export interface HealthCheck extends Thresholds {
  probe: HealthProbe;
  /** Time from the start of one check to the start of the next. */
  everyMs: number;
  timeoutMs: number;
}

export interface Group {
  min: number;
  max: number;
  /**
   * Decides which instance ends if there are too many, in the words of Auto Scaling. `Default`: the oldest
   * instance of those with the oldest launch configuration.
   */
  policy: 'OldestInstance' | 'Default';
  /** Which instances are replaced: all unhealthy instances, or only unhealthy instances whose process has ended. */
  replaces: 'unhealthy' | 'ended';
}

/** What the balancer does when an instance does not respond. */
interface Failures {
  /** If an instance refuses the connection: the balancer tries another instance, or responds with 502. */
  refused: 'another' | 502;
  /**
   * If an instance closes the connection during a request: the balancer sends the request to another instance if that
   * is safe, or responds with this status.
   */
  closed: 'another-if-safe' | 502 | 504;
  /** Maximum time to connect. */
  connectMs: number;
  /** Maximum time without data from the instance. */
  idleMs: number;
  /** When and for how long nginx stops using an instance that fails. Absent: never. */
  passive?: { fails: number; forMs: number };
}

export interface Profile {
  name: ProfileName;
  /** Describes the imitated balancer and group in a few words, for lists. */
  about: string;
  choice: 'round-robin' | 'least-outstanding';
  /**
   * The kind of AWS balancer whose cookies the stack sets, if it pins visitors to instances. Absent: a plain cookie.
   */
  cookies?: 'classic' | 'alb';
  /** Health checks of the balancer. Absent: it has none. */
  check?: HealthCheck;
  /** When an instance leaves, its requests in flight have this time to end. */
  drainMs: number;
  /** True: while no instance is healthy, all instances get requests. */
  failOpen: boolean;
  /** Status of responses while no instance can get requests. */
  noInstance: 502 | 503;
  failures: Failures;
  /** Replaces instances that have failed, as an Auto Scaling group does. Absent: instances are not replaced. */
  group?: Group;
}

/**
 * The documented timeouts and statuses of AWS's Classic Load Balancer. `refused: 'another'`: it retries
 * failed connections, because its metric BackendConnectionErrors can exceed the number of requests.
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

/** A group of any size, with the defaults of Auto Scaling. 64 is the stack's own limit. */
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
    // nginx itself does not limit how long a retired worker serves requests after a reload
    // (worker_shutdown_timeout). The stack needs a limit, and takes nginx's default timeout for a response.
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

/** Returns the profile with this name. @param speedup divides all times, but no counts */
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
 * Returns the maximum time in which health checks find a crash, and later find the replacement healthy, ms.
 * The time to start the replacement is not included.
 */
export function replacedWithinMs({ check }: Profile): number {
  if (check === undefined) return 0;
  return check.everyMs * (check.unhealthy + check.first + 1) + check.timeoutMs;
}

/** Returns directives that make nginx choose instances and handle failures like the imitated balancer. */
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
      // Retries as nginx does by default. The template retries in fewer cases.
      ...(closed === 'another-if-safe' ? ['proxy_next_upstream error timeout;'] : []),
    ].join('\n'),
    // Without an instance, nginx itself responds with 502.
    ...(noInstance === 503 && { noInstance: NO_INSTANCE }),
  };
}

const NO_INSTANCE = `add_header X-Request-Id $request_name always;
add_header Cache-Control no-store always;
return 503;`;

/**
 * Returns a line for nginx's rules after a failure (`$after_failure` in deploy/nginx.conf.template). '' keeps
 * the rules of the template: it retries if nothing was sent to the instance, and otherwise responds with 502.
 */
function ruleAfter({ refused, closed }: Failures): string {
  if (refused === 502 || closed === 'another-if-safe') return '~. @bad_gateway;';
  return closed === 504 ? '~^something @gateway_timeout;' : '';
}
