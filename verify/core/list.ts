/** A list that is only appended to and read: what the longest read shows tells the search which append comes next. */
import type { Interval } from './linearizability.ts';
import { MODELS, type Model } from './models.ts';

/**
 * Subtle: until the list is as long as the longest read shows it, that read has still to come, so that each append
 * must lead to a state that it begins with. Once it is longer nobody reads it any more. So a state is a length, and
 * a search never follows an order that a later read refutes.
 *
 * @returns a model that refuses sooner than the plain one, and in the end the same histories; undefined when
 *   something else is done to the list
 */
export function appendOnly(
  initial: readonly string[] = [],
  operations: readonly Interval[],
): Model | undefined {
  let longest = initial;
  for (const { return: end, deed } of operations) {
    if (deed.action !== 'read') {
      if (deed.action !== 'add' || deed.value === undefined) return undefined;
    } else if (end !== Number.POSITIVE_INFINITY && (deed.saw?.length ?? 0) > longest.length) {
      longest = deed.saw ?? [];
    }
  }
  const begins = (values: readonly string[]): boolean => values.every((value, i) => value === longest[i]);
  if (!begins(initial)) return undefined;
  return {
    initial: (values = []) => [String(values.length)],
    step([length = '0'], { action, value, saw = [] }) {
      const count = Number(length);
      if (action === 'read') return saw.length === count && begins(saw) ? [length] : undefined;
      if (count > longest.length) return [length];
      return count === longest.length || longest[count] === value ? [String(count + 1)] : undefined;
    },
    key: ([length = '0']) => length,
    describe: ([length]) => MODELS.list.describe(longest.slice(0, Number(length))),
  };
}
