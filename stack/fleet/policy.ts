/**
 * Chooses the instance that a group ends when it has one too many. Pure: the caller passes the time and random choice.
 */

/** The names of these policies in Auto Scaling. */
export type TerminationPolicy = 'OldestInstance' | 'NewestInstance' | 'Default';

export interface Member {
  name: string;
  /** When the instance was started, milliseconds on the same clock as `now`. */
  born: number;
  /** Number of the launch configuration: equal for equal options, higher for later ones. */
  launch: number;
}

const BILLING_HOUR_MS = 3_600_000;

/**
 * Chooses the instance to end.
 *
 * @param members at least one
 * @param now milliseconds
 * @param below returns a random whole number, at least 0 and less than its argument
 * @throws RangeError if there is no member
 */
export function toEnd<M extends Member>(
  members: readonly M[],
  policy: TerminationPolicy,
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
 * Follows the documented steps that apply here: the stack has no zones to balance and no spot instances. Of the
 * instances of the oldest launch configuration, chooses at random among those closest to their next billing hour.
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
