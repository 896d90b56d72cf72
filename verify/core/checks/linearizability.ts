/** Checks linearizability: each operation on an object takes effect at one moment between call and return. */
import { counted, grouped, listed } from '../result/format.ts';
import { sum } from '../result/statistics.ts';
import type { Searching } from '../search/searches.ts';
import { type Check, ENOUGH_HANDOFFS, type NamedCounts } from './check.ts';
import { type CheckContext, check, type Declaration, few } from './framework.ts';
import { OrderCounts, OrderJudge } from './ordered-objects.ts';

const NAMED = 10;

const LEAST = { overlaps: 10, handoffs: ENOUGH_HANDOFFS, reads: 1 };
type Least = typeof LEAST & { longest?: number };

export const linearizabilityOf = (least: Least, searching: Searching = {}): Check =>
  check<OrderCounts>({
    guarantee: 'linearizability',
    assumes:
      'the history has all writes of an object, except those of other runs, whose values are ignored; a read shows the ' +
      'whole object',
    minimum:
      `${least.overlaps} requests that overlap a write of the same object, ` +
      `and ${least.handoffs} on another instance than the previous request`,
    judge: class extends OrderJudge {
      constructor(of: Declaration<OrderCounts>, context: CheckContext) {
        super(of, context, searching, least.longest);
      }
    },
    counts: OrderCounts,
    afterLoss: 'the data',
    compared: ({ operations }) => operations,
    missing: counts => missing(counts, least),
    rests: ({ operations, overlaps, crossed }) => ({
      operations,
      overlapping: overlaps,
      'on another instance': crossed,
    }),
    rulesOut: ({ operations }) =>
      `${grouped(operations)} requests on data have an order that explains every response`,
    broken: (violations, { undecided }) =>
      `no order explains the responses in ${counted(violations, 'group')} of operations${left(undecided, '; ')}`,
  });

export const linearizability = linearizabilityOf(LEAST);

export const linearizabilityWithin = (searching: Searching): Check => linearizabilityOf(LEAST, searching);

function left(undecided: NamedCounts, before: string): string {
  const names = Object.keys(undecided);
  if (names.length === 0) return '';
  const places = sum(Object.values(undecided));
  return `${before}the search for an order did not decide ${counted(places, 'group')} of operations (${listed(names, NAMED)})`;
}

function missing(counts: OrderCounts, least: Least): string | undefined {
  const { undecided, closed, late, clocks, reads, overlaps, crossed } = counts;
  const open = left(undecided, '');
  if (open !== '')
    return `${open}: give \`check\` a larger --budget, record fewer concurrent requests, or write unique values`;
  if (closed > 0)
    return `${counted(closed, 'object')} could not be judged: recorded out of order, with more values than the app keeps, or always with requests in flight`;
  if (late > 0) return `${counted(late, 'read')} took so long that earlier writes were already judged`;
  if (clocks > 0)
    return `the clocks are too uncertain to order ${counted(clocks, 'group')} of operations: record with one clock`;
  if (reads < least.reads)
    return 'no read of data was recorded: give the target file a probe with `read`, and `add`, `set` or `increment`';
  const overlapping = ' overlapped a write of the same object';
  const elsewhere = ' on another instance than the previous request';
  return (
    few(overlaps, least.overlaps, 'request', overlapping, 'run the workload `burst`') ??
    few(crossed, least.handoffs, 'request', elsewhere, 'run at least two instances')
  );
}
