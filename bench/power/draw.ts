/** Draws a random change of an app: a defect, or a healthy variant that leaves the app correct. */
import { type Random, seeded } from '../../verify/random.ts';
import type { Act, DrawnHost, When } from './act.ts';
import { DEFECTS } from './defects.ts';
import { HEALTHY } from './healthy.ts';

export type DrawnKind = 'defect' | 'healthy';

export interface Draw {
  readonly kind: DrawnKind;
  readonly seed: number;
  readonly host: DrawnHost;
  readonly act: string;
  readonly when: When;
  /** The app changes one in `every` requests that fulfil the condition. */
  readonly every: number;
  /** Delay of the app's effect, or age of its stale copy, milliseconds; 0 if the change has no time. */
  readonly ms: number;
  /** Time in the condition, such as the minimum age of a session, milliseconds; 0 if the condition has no time. */
  readonly wait: number;
  /** Size of the data in a session, characters. */
  readonly size: number;
}

const ALWAYS = 0.5;

/** Limits of n in "one request in n is changed". */
const EVERY = [2, 1_000] as const;
/** Key: condition; value: n, if on average one request in n fulfils the condition. */
const ODDS: Readonly<Record<When, number>> = {
  always: 1,
  aged: 2,
  rested: 20,
  overlapping: 20,
  head: 50,
  'after an error': 50,
  'one instance': 2,
  'some users': 4,
  large: 50,
  awkward: 50,
  'begun elsewhere': 2,
  'second login': 2,
};
const TIMES = { aged: [500, 8_000], rested: [200, 3_000] } as const;
const SIZES = [1_000, 60_000] as const;

/** Log-uniform: 2 to 20 is as likely as 20 to 200. */
const logUniform = (random: Random, [from, to]: readonly [number, number]): number =>
  Math.round(from * (to / from) ** random.next());

const oneOf = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)] as T;

/** Draws a random change. Equal kinds and seeds give equal changes. */
export function drawOf(kind: DrawnKind, seed: number): Draw {
  const random = seeded(seed, kind);
  const acts: Readonly<Record<string, Act>> = kind === 'defect' ? DEFECTS : HEALTHY;
  const act = oneOf(random, Object.keys(acts));
  const { hosts, whens, ms, conditional = false } = acts[act] as Act;
  const when =
    (random.next() < ALWAYS && !conditional) || whens.length === 0 ? 'always' : oneOf(random, whens);
  // Only the plain host of the zoo accepts sessions of any size, with any character.
  const host = when === 'large' || when === 'awkward' ? 'plain' : oneOf(random, hosts);
  const every = act === 'refuse-size' ? 1 : Math.max(1, Math.round(logUniform(random, EVERY) / ODDS[when]));
  const times = TIMES[when as 'aged'];
  return {
    kind,
    seed,
    host,
    act,
    when,
    every,
    ms: ms === undefined ? 0 : logUniform(random, ms),
    wait: times === undefined ? 0 : logUniform(random, times),
    size: when === 'large' ? logUniform(random, SIZES) : 0,
  };
}
