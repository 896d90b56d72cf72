/** What all virtual users of a run share: made once, in setup(). */
import { randomBytes } from 'k6/crypto';
import type { Clock, Event, Finish, Run } from '../../verify/core/history.ts';
import { FORMAT, VERSION } from '../../verify/core/history.ts';
import { CARD_STORE } from './card-store.ts';
import { CHECKS } from './figures.ts';
import { replayOf, type Settings } from './settings.ts';

export interface Shared {
  run: Run;
  /** Key of the labels that stand for session ids. */
  key: string;
  /** Wall-clock time of the zero of all clocks, milliseconds. */
  zero: number;
}

const hex = (bytes: number): string =>
  Array.from(new Uint8Array(randomBytes(bytes)), byte => byte.toString(16).padStart(2, '0')).join('');

export function makeRun(settings: Settings): Shared {
  const zero = Date.now();
  const started = new Date(zero).toISOString();
  const stamp = started.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const random = hex(3);
  const seed = settings.seed ?? Number.parseInt(hex(4), 16) >>> 1;
  const run: Run = {
    type: 'run',
    format: FORMAT,
    version: VERSION,
    run: `${stamp}-${random}`,
    seed,
    started,
    target: CARD_STORE.name,
    url: settings.url,
    command: replayOf(settings, seed),
    claims: CHECKS.map(check => check.guarantee),
    routing: 'spread',
    canary: `b${random}`,
    logs: [],
  };
  return { run, key: hex(32), zero };
}

/** k6 tells time in milliseconds. */
const UNCERTAINTY = 1000;

/** @returns the line that a clock needs before its first use */
export const clockLine = ({ zero }: Shared, clock: string): Clock => ({
  type: 'clock',
  clock,
  base: new Date(zero).toISOString(),
  uncertainty: UNCERTAINTY,
});

const SETUP_CLOCK = 'k6';

/** The lines before all others. */
export const firstLines = (shared: Shared): Event[] => [shared.run, clockLine(shared, SETUP_CLOCK)];

export const lastLine = ({ zero }: Shared): Finish => ({
  type: 'finish',
  clock: SETUP_CLOCK,
  at: (Date.now() - zero) * 1000,
  reason: 'complete',
});

/** Writes a line of the history. `--console-output FILE --log-format raw` keeps it as it is. */
export const writeLine = (event: Event): void => console.log(JSON.stringify(event));
