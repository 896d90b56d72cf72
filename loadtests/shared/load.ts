/** Reads the load settings of a k6 script from the environment (docs/k6.md). */
import { type Environment, whole } from '../target/environment.ts';

export interface LoadSettings {
  /** Number of virtual users, each with one request in flight. */
  users: number;
  /** Iterations per second. If undefined, each user waits for the response before its next request. */
  rate: number | undefined;
  /** Duration of the load in k6's format, such as 30s or 5m. */
  duration: string;
  /** Pause between two requests of a user, seconds: a random time between these limits. */
  think: readonly [least: number, most: number];
  /** Milliseconds. deploy.ts: maximum time without a successful response; breakpoint.ts: maximum response time. */
  budget: number;
  /** Length of a long pause, seconds, a little below the idle timeout of sessions. 0: no long pauses. */
  idle: number;
  /** Number of sessions that a virtual user keeps open. */
  sessions: number;
  /** Maximum share of failed requests, from 0 to 1. */
  errors: number;
  /** Maximum 95th percentile of response times, without logins, milliseconds. */
  p95: number;
  /** Maximum share of iterations that k6 drops because it cannot keep the rate, from 0 to 1. */
  dropped: number;
}

/**
 * Returns the load settings of a script.
 * @param defaults default values of the script
 * @throws Error with the name of the wrong variable, the expected and the actual value
 */
export function loadOf(environment: Environment, defaults: Partial<LoadSettings> = {}): LoadSettings {
  return {
    users: whole(environment, environment['USERS'] ? 'USERS' : 'VUS', 1) ?? defaults.users ?? 10,
    rate: whole(environment, 'RATE', 1) ?? defaults.rate,
    duration: duration(environment['DURATION'] || (defaults.duration ?? '10s')),
    think: range(environment, 'THINK') ?? defaults.think ?? [0, 0],
    budget: whole(environment, 'BUDGET', 1) ?? defaults.budget ?? 500,
    idle: range(environment, 'IDLE')?.[1] ?? 0,
    sessions: whole(environment, 'SESSIONS', 1) ?? 20,
    errors: share(environment, 'ERRORS'),
    p95: whole(environment, 'P95', 1) ?? defaults.p95 ?? 2000,
    dropped: share(environment, 'DROPPED'),
  };
}

/**
 * Returns the time that all users need to log in, seconds. Assumes ten logins per second, because password hashing is
 * slow.
 */
export const loginTime = (users: number): number => 3 + Math.ceil(users / 10);

/** Parses a duration such as 1m30s. Returns seconds. */
export function seconds(text: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 0), 0);
}

function duration(text: string): string {
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return text;
  throw new Error(`DURATION: expected a time such as 30s or 5m, got ${JSON.stringify(text)}`);
}

function range(environment: Environment, name: string): [number, number] | undefined {
  const text = environment[name];
  if (!text) return undefined;
  const [, least, most = least] = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text) ?? [];
  const [from, to] = [Number(least), Number(most)];
  if (from <= to) return [from, to];
  throw new Error(
    `${name}: expected seconds such as 1, or from-to such as 0.5-3, got ${JSON.stringify(text)}`,
  );
}

function share(environment: Environment, name: string): number {
  const text = environment[name];
  if (!text) return 0.01;
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) <= 1) return Number(text);
  throw new Error(`${name}: expected a share from 0 to 1, such as 0.01, got ${JSON.stringify(text)}`);
}
