/**
 * The balancers and groups that the bundled stack can stand in for, with the figures of their documentation. Times are
 * milliseconds. What of it the stand-in really does is measured by `baton stack conformance` (docs/fleet.md).
 */
import type { Thresholds } from './health.ts';
import type { Policy } from './policy.ts';
import type { Ask } from './probe.ts';

export const PROFILES = ['seed', 'classic-elb', 'alb', 'nginx'] as const;
export type ProfileName = (typeof PROFILES)[number];

export interface Check extends Thresholds {
  ask: Ask;
  /** From the beginning of one check to that of the next. */
  everyMs: number;
  timeoutMs: number;
}

export interface Group {
  min: number;
  max: number;
  policy: Policy;
  /** Which are replaced: all that the balancer finds unhealthy, or of these only those whose process has ended. */
  replaces: 'unhealthy' | 'ended';
}

/** What the balancer does when an instance gives no answer. */
export interface Failures {
  /** Where no connection came about: it goes to another instance, or is answered 502. */
  refused: 'another' | 502;
  /** Where the instance closed the connection with a request outstanding. */
  closed: 'another-if-safe' | 502 | 504;
  /** Within which a connection is to come about. */
  connectMs: number;
  /** Within which the instance is to say something. */
  idleMs: number;
  /** What nginx itself concludes from failures; absent: nothing. */
  passive?: { fails: number; forMs: number };
}

export interface Profile {
  name: ProfileName;
  /** What it stands in for, in a few words. */
  about: string;
  choice: 'round-robin' | 'least-outstanding';
  /** Whose cookies keep visitors on one instance, where they are kept. */
  cookies?: 'classic' | 'alb';
  /** Absent: the balancer asks nobody how they are. */
  check?: Check;
  /** So long an instance that leaves may take for what it has in flight. */
  drainMs: number;
  /** Whether all are asked when none is healthy. */
  failOpen: boolean;
  /** The answer while there is nobody to ask. */
  nobody: 502 | 503;
  failures: Failures;
  /** Absent: nobody replaces anything. */
  group?: Group;
}

/**
 * Of a classic balancer: documented timeouts and answers. Connections that fail are tried again: its metric
 * BackendConnectionErrors counts more of them than requests for that reason.
 */
const CLASSIC = {
  choice: 'least-outstanding',
  cookies: 'classic',
  drainMs: 300_000,
  failOpen: false,
  nobody: 503,
  failures: {
    refused: 'another',
    closed: 504,
    connectMs: 10_000,
    idleMs: 60_000,
    passive: { fails: 1, forMs: 1_000 },
  },
} as const;

/** A group that is given no size of its own, with the defaults of Auto Scaling; and as many as a stack may have. */
const ANY_SIZE = { min: 1, max: 64, policy: 'Default', replaces: 'ended' } as const;

const ALL: Record<ProfileName, Profile> = {
  seed: {
    ...CLASSIC,
    name: 'seed',
    about: 'the original deployment: classic ELB, TCP health checks, a group of exactly two',
    check: { ask: 'TCP', everyMs: 5_000, timeoutMs: 2_000, unhealthy: 2, healthy: 2, first: 2 },
    group: { min: 2, max: 2, policy: 'OldestInstance', replaces: 'unhealthy' },
  },
  'classic-elb': {
    ...CLASSIC,
    name: 'classic-elb',
    about: 'classic ELB with the defaults of its console',
    check: { ask: { path: '/' }, everyMs: 30_000, timeoutMs: 5_000, unhealthy: 2, healthy: 10, first: 10 },
    group: ANY_SIZE,
  },
  alb: {
    name: 'alb',
    about: 'Application Load Balancer with its defaults',
    choice: 'round-robin',
    cookies: 'alb',
    check: { ask: { path: '/' }, everyMs: 30_000, timeoutMs: 5_000, unhealthy: 2, healthy: 5, first: 1 },
    drainMs: 300_000,
    failOpen: true,
    nobody: 503,
    failures: { refused: 502, closed: 502, connectMs: 10_000, idleMs: 60_000 },
    group: ANY_SIZE,
  },
  nginx: {
    name: 'nginx',
    about: 'nginx with its defaults: no health checks, no group',
    choice: 'round-robin',
    // A worker that a reload retires has no limit of its own (worker_shutdown_timeout): as long as a response may
    // take by default.
    drainMs: 60_000,
    failOpen: false,
    nobody: 502,
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
 * @param speedup divides all times; counts stay
 * @returns the profile of that name
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
 * The longest that it takes, by the figures, until an instance that crashed is replaced by one that serves; without
 * the time that an instance takes to start.
 */
export function replacedWithinMs({ check }: Profile): number {
  if (check === undefined) return 0;
  return check.everyMs * (check.unhealthy + check.first + 1) + check.timeoutMs;
}
