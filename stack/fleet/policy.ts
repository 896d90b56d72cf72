/** Which instance a group ends when it has one too many. Pure: the clock and the draw are given. */

/** As Auto Scaling names them. */
export type Policy = 'OldestInstance' | 'NewestInstance' | 'Default';

export interface Member {
  name: string;
  /** When it was started, milliseconds on the clock of `now`. */
  born: number;
  /** Of its launch configuration: equal for those that were started alike, higher the later that came into use. */
  launch: number;
}

const BILLING_HOUR_MS = 3_600_000;

/**
 * @param members at least one
 * @param now milliseconds
 * @param below draws a whole number from 0 to below its argument
 * @throws RangeError when there is no member
 */
export function toEnd<M extends Member>(
  members: readonly M[],
  policy: Policy,
  now: number,
  below: (limit: number) => number,
): M {
  const oldest = members.toSorted((a, b) => a.born - b.born);
  const first = oldest[0];
  if (first === undefined) throw new RangeError('expected an instance to choose from, got none');
  if (policy === 'OldestInstance') return first;
  if (policy === 'NewestInstance') return oldest.at(-1) ?? first;
  return byDefault(oldest, now, below) ?? first;
}

/**
 * The documented steps, as far as there is something to choose by: here are no zones to balance and no spot
 * instances. Those of the oldest launch configuration come first, of these the ones closest to their next billing
 * hour, and of these one that is drawn.
 */
function byDefault<M extends Member>(
  oldest: readonly M[],
  now: number,
  below: (limit: number) => number,
): M | undefined {
  const lowest = Math.min(...oldest.map(({ launch }) => launch));
  const outdated = oldest.filter(({ launch }) => launch === lowest);
  const left = ({ born }: Member): number => BILLING_HOUR_MS - ((now - born) % BILLING_HOUR_MS);
  const least = Math.min(...outdated.map(left));
  const closest = outdated.filter(member => left(member) === least);
  return closest[below(closest.length)];
}
