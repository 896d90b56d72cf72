/** Sends health checks to one instance, and decides whether the instance is healthy. */
import { once } from 'node:events';
import { request } from 'node:http';
import { createConnection } from 'node:net';

export type HealthState =
  /** `initial`: a new instance that has not passed its first health checks. */
  'initial' | 'healthy' | 'unhealthy';

export interface Thresholds {
  /** Number of failed checks in a row after which an instance is unhealthy. */
  unhealthy: number;
  /** Number of passed checks in a row after which an unhealthy instance is healthy again. */
  healthy: number;
  /** Number of passed checks in a row after which a new instance is healthy. */
  first: number;
}

export interface Health {
  readonly state: HealthState;
  readonly passed: boolean | undefined;
  /** Number of consecutive health checks with the same result. */
  readonly run: number;
}

export const NEW: Health = { state: 'initial', passed: undefined, run: 0 };
/** Health of an instance that already serves requests. */
export const SERVING: Health = { state: 'healthy', passed: true, run: 1 };

/** Returns the health of an instance after one more health check. */
export function after({ state, passed: last, run }: Health, passed: boolean, thresholds: Thresholds): Health {
  const now = { passed, run: passed === last ? run + 1 : 1 };
  if (!passed) return { ...now, state: now.run >= thresholds.unhealthy ? 'unhealthy' : state };
  const needed = state === 'initial' ? thresholds.first : thresholds.healthy;
  return { ...now, state: now.run >= needed ? 'healthy' : state };
}

/** `TCP` passes if a connection opens. A path passes if a GET of the path gets 200. */
export type HealthProbe = 'TCP' | { path: string };

/**
 * Returns whether a health check passed; never throws.
 * @param timeoutMs limits the time to connect, or the time until the response headers
 */
export async function probe(url: string, kind: HealthProbe, timeoutMs: number): Promise<boolean> {
  const { hostname: host, port } = new URL(url);
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { 'user-agent': 'baton-health-check' };
  const sent =
    kind === 'TCP'
      ? createConnection({ host, port: Number(port), signal })
      : request(new URL(kind.path, url), { agent: false, headers, signal }).end();
  try {
    const [response] = await once(sent, kind === 'TCP' ? 'connect' : 'response');
    return kind === 'TCP' || response.statusCode === 200;
  } catch {
    return false;
  } finally {
    sent.destroy();
  }
}
