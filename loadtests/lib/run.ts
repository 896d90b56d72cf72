/** Creates the state that all virtual users of a run share, in setup(). */
import { hmac, randomBytes } from 'k6/crypto';
import {
  type Budget,
  type Clock,
  type Event,
  type Fault,
  FORMAT,
  type Run,
  VERSION,
} from '../../verify/core/history/history.ts';
import { type Environment, replayOf } from '../target/environment.ts';
import { unnamedReads } from '../target/meaning.ts';
import type { Settings } from './settings.ts';

export interface Shared {
  run: Run;
  /** Key of the hashes that replace session ids in the history. */
  key: string;
  /** Milliseconds since 1970 at which all clocks of the run show 0. */
  zero: number;
  clock: string;
  /** Objects that the app shows without a user name, but only to signed-in clients. */
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
    type: 'run',
    format: FORMAT,
    version: VERSION,
    seed,
    started,
    routing: 'spread',
    logs: [],
    target: settings.app.name,
    url: settings.url,
    canary: `b${random}`,
    run: settings.shared?.run ?? `${stamp}-${random}`,
    command: replayOf(environment, settings.script, seed),
    claims: [...settings.judged.claims],
    ...declaredOf(settings),
  };
  // In a shared run, each k6 process calls setup() and has its own clock. So the name of the clock must be unique.
  const clock = settings.shared === undefined ? 'k6' : `k6-${hex(4)}`;
  return { run, key, zero, clock, unnamed: unnamedReads(settings.app, settings.url) };
}

function declaredOf({ app, judged, script }: Settings): Pick<Run, 'declared'> {
  const { budgets } = app;
  const { window } = judged;
  if (window === undefined) return budgets === undefined ? {} : { declared: { budgets } };
  const budget: Budget = { ...window, ...(window.gap === undefined ? {} : { gap: window.gap * 1000 }) };
  return { declared: { budgets: { ...budgets, faults: { ...budgets?.faults, [script]: budget } } } };
}

/**
 * Returns the event that declares a clock. It must precede the first event on this clock.
 * @param uncertainty maximum error, microseconds; at least 1000, because k6 measures time in milliseconds
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

/** Returns a fault event if the whole run counts as one fault. Without `end`, the fault has only begun. */
function windowLine({ clock }: Shared, { judged, script }: Settings, end?: number): Fault[] {
  if (judged.window === undefined) return [];
  const fault: Fault = { type: 'fault', id: 1, name: script, clock, begin: 0 };
  return [end === undefined ? fault : { ...fault, end, bit: true, healthy: true }];
}

/** Prints an event as one line: with `--console-output FILE --log-format raw`, k6 writes exactly this line. */
export const writeLine = (event: Event): void => console.log(JSON.stringify(event));
