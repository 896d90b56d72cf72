/** A list that is only appended to and read: what the longest read shows tells the search which append comes next. */

import { type Deed, MODELS, type Model, type State } from '../models.ts';
import type { Interval } from './linearizability.ts';

/** A search for an order of the same operations, in which a read shows how long the list is, and a state is that. */
export interface Lengths {
  model: Model;
  initial: State;
  operations: readonly Interval[];
}

/** What a read shows that no order explains. */
const NEVER = ['never'];

/**
 * Subtle: until the list is as long as the longest read shows it, that read has still to come, so that each append
 * must lead to a state that it begins with. Once it is longer nobody reads it any more. So a state is a length, and
 * a search never follows an order that a later read refutes. A read is compared with the longest once, here: to a
 * search it is the length that it shows, however long that is.
 *
 * @returns what is refused sooner than by the plain model, and in the end refused alike; undefined when something
 *   else is done to the list
 */
export function appendOnly(
  initial: readonly string[] = [],
  operations: readonly Interval[],
): Lengths | undefined {
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
  const model: Model = {
    initial: (values = []) => [String(values.length)],
    step([length = '0'], { action, value, saw = NEVER }) {
      const count = Number(length);
      if (action === 'read') return saw[0] === length ? [length] : undefined;
      if (count > longest.length) return [length];
      return count === longest.length || longest[count] === value ? [String(count + 1)] : undefined;
    },
    key: ([length = '0']) => length,
    describe: ([length]) => MODELS.list.describe(longest.slice(0, Number(length))),
  };
  const shown = ({ saw = [] }: Deed): Deed => ({
    action: 'read',
    saw: begins(saw) ? [String(saw.length)] : NEVER,
  });
  return {
    model,
    initial: model.initial(initial),
    operations: operations.map(of => (of.deed.action === 'read' ? { ...of, deed: shown(of.deed) } : of)),
  };
}
