/** Creates, in setup(), the state that all virtual users of a run share. */
import { hmac, randomBytes } from 'k6/crypto';
import http from 'k6/http';
import {
  type Budget,
  type Clock,
  type Event,
  type Fault,
  FORMAT,
  type Run,
  VERSION,
} from '../../verify/core/history/history.ts';
import type { Environment } from '../target/environment.ts';
import { paramsOf, REFUSABLE, type Response } from './client.ts';
import { replayOf, type Settings } from './settings.ts';

export interface Shared {
  run: Run;
  /** Secret key of the hashes that replace session ids in the history. */
  key: string;
  /** The moment at which all clocks of the run show 0, milliseconds since 1970. */
  zero: number;
  /** Name of the clock of setup() and teardown(). */
  clock: string;
  /**
   * Objects that the app shows as JSON without a user name, to signed-in clients only.
   * A successful read of such an object proves that the client is signed in.
   */
  unnamed: readonly string[];
}

const hex = (bytes: number): string =>
  Array.from(new Uint8Array(randomBytes(bytes)), byte => byte.toString(16).padStart(2, '0')).join('');

export function makeRun(settings: Settings, environment: Environment): Shared {
  const zero = Date.now();
  const started = new Date(zero).toISOString();
  const stamp = started.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const key = settings.shared?.key ?? hex(32);
  const random = hmac('sha256', key, 'canary', 'hex').slice(0, 6);
  const seed = settings.seed ?? Number.parseInt(hmac('sha256', key, 'seed', 'hex').slice(0, 8), 16) >>> 1;
  const run: Run = {
    ...{ type: 'run', format: FORMAT, version: VERSION, seed, started, routing: 'spread', logs: [] },
    ...{ target: settings.app.name, url: settings.url, canary: `b${random}` },
    run: settings.shared?.run ?? `${stamp}-${random}`,
    command: replayOf(environment, settings.script, seed),
    claims: [...settings.judged.claims],
    ...declaredOf(settings),
  };
  // Several k6 processes call setup() in a shared run, and their clocks need different names.
  const clock = settings.shared === undefined ? 'k6' : `k6-${hex(4)}`;
  return { run, key, zero, clock, unnamed: unnamedIn(settings) };
}

/** Returns the objects that the app shows as JSON without a user name, to signed-in clients only. */
function unnamedIn({ app, url }: Settings): string[] {
  const { user } = app.signedIn;
  const named = typeof user === 'object' && 'json' in user;
  const reads = app.probes.filter(
    ({ read: { items } }) => !named && typeof items === 'object' && 'json' in items,
  );
  // Omits headers with placeholders, whose values are known only after a login.
  const fixed = Object.entries(app.headers ?? {}).filter(([, text]) => !/\{\w+\}/.test(text));
  const headers = Object.fromEntries(fixed);
  const params = { ...paramsOf(new http.CookieJar()), headers, responseCallback: REFUSABLE };
  const hidden = ({ status }: Response): boolean => status >= 300 && status < 500 && status !== 429;
  return reads.filter(({ read }) => hidden(http.get(url + read.path, params))).map(({ object }) => object);
}

/** Returns the budgets of the target and, for a run that counts as one fault, the fault's budget. */
function declaredOf({ app, judged, script }: Settings): Pick<Run, 'declared'> {
  const { budgets } = app;
  const { window } = judged;
  if (window === undefined) return budgets === undefined ? {} : { declared: { budgets } };
  const budget: Budget = { ...window, ...(window.gap === undefined ? {} : { gap: window.gap * 1000 }) };
  return { declared: { budgets: { ...budgets, faults: { ...budgets?.faults, [script]: budget } } } };
}

/**
 * Declares a clock in the history. Must come before the first event on this clock.
 * @param uncertainty maximum error, microseconds; at least 1000, since k6 measures time in milliseconds
 */
export function clockLine({ zero }: Shared, clock: string, uncertainty: number): Clock {
  return { type: 'clock', clock, base: new Date(zero).toISOString(), uncertainty };
}

export const firstLines = (shared: Shared, settings: Settings): Event[] => [
  shared.run,
  clockLine(shared, shared.clock, settings.uncertainty),
  ...windowLine(shared, settings),
];

export function lastLines(shared: Shared, settings: Settings): Event[] {
  const { clock, zero } = shared;
  const at = (Date.now() - zero) * 1000;
  return [...windowLine(shared, settings, at), { type: 'finish', clock, at, reason: 'complete' }];
}

/**
 * Returns the event of the fault, if the whole run counts as one fault; otherwise nothing.
 * @param end the time at which the fault ends; undefined at the start of the run
 */
function windowLine({ clock }: Shared, { judged, script }: Settings, end?: number): Fault[] {
  if (judged.window === undefined) return [];
  const fault: Fault = { type: 'fault', id: 1, name: script, clock, begin: 0 };
  return [end === undefined ? fault : { ...fault, end, bit: true, healthy: true }];
}

/** Prints an event as one line, which k6 keeps unchanged with `--console-output FILE --log-format raw`. */
export const writeLine = (event: Event): void => console.log(JSON.stringify(event));
