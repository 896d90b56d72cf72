/** Adds text to a session in stages, within the limits of the app (growth-measurement.ts). */
import { isAscii } from 'node:buffer';
import type { Context, Growth } from '../client/context.ts';
import type { Text } from '../client/texts.ts';
import type { Probe } from '../target/schema.ts';

/**
 * Stages of text in a session. `value`: length of each text; `total`: length of all texts; characters. The last two
 * stages exceed the size of a cookie, and of a proxy's buffers.
 */
const STAGES = [
  { value: 100, total: 1_000 },
  { value: 400, total: 6_000 },
  { value: 1_600, total: 16_000 },
  { value: 4_000, total: 70_000 },
  { value: 64_000, total: 1_100_000 },
];
/** Maximum total length of short texts in a session, characters. A stage with more text needs long texts. */
const MANY = 100_000;
const SHORT = 40;
/** Limits for an app that was not measured: only short texts. */
export const UNMEASURED: Growth = { longest: 0, total: 2_000, refused: false };
const ADDS = 130;

/**
 * Adds texts of increasing length to a session, within the given limits.
 *
 * @param add adds the n-th text, with this length in characters; returns false to stop
 * @param staged called after each stage
 */
export async function eachText(
  { longest, total: most }: Pick<Growth, 'longest' | 'total'>,
  add: (size: number, n: number) => Promise<boolean>,
  staged: () => Promise<void> = async () => {},
): Promise<void> {
  let [have, n] = [0, 0];
  for (const { value, total } of STAGES) {
    if (total > MANY && value > longest) return;
    const size = Math.max(SHORT, Math.min(value, longest));
    for (; have + size <= Math.min(total, most) && n < ADDS; n++, have += size)
      if (!(await add(size, n))) return;
    await staged();
    if (total > most || n >= ADDS) return;
  }
}

/** Returns a text with characters outside ASCII that the app keeps. */
export const outsideAscii = (growth: Growth | undefined): Text | undefined =>
  growth?.texts?.find(({ of }) => !isAscii(Buffer.from(of(''))));

/** Returns a probe that can hold several texts of one session. */
export const collection = ({ probes }: Context['target']): Probe | undefined =>
  probes.find(
    ({ kind, scope, add }) =>
      add !== undefined && scope === 'session' && kind !== 'register' && kind !== 'counter',
  );

/**
 * Returns the number of short texts that fit in a session: half of the measured total, because apps add separators and
 * quotes.
 */
export const roomOf = (growth: Growth | undefined): number =>
  growth?.refused === true ? Math.floor(growth.total / (2 * SHORT)) : Number.POSITIVE_INFINITY;
