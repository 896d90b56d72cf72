/** Checks at-most-once: no operation takes effect twice, for example because a balancer resends a request. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, Start } from '../history/history.ts';
import { isAdd } from '../objects/models.ts';
import type { Started, TrackedObject } from '../objects/tracked-object.ts';
import { counted } from '../result/format.ts';
import { isHandoff } from '../timeline/handoff.ts';
import type { Standing } from '../timeline/sessions.ts';
import { EffectLimits } from './effect-limits.ts';
import { atMost, check, few, Judging } from './framework.ts';
import { double } from './write-anomalies.ts';

const ENOUGH = 10;

class Adds {
  /** Number of acknowledged adds after which the same object was read, so that a second effect could be seen. */
  judged = 0;
  /** Number of acknowledged adds after which another instance served a read of the same object. */
  crossed = 0;
  /** Number of adds to objects for which a read cannot show that an add took effect twice. */
  uncountable = 0;
}

class AtMostOnce extends Judging<Adds> {
  readonly #objects = new Map<TrackedObject, EffectLimits>();

  #of(object: TrackedObject): EffectLimits {
    return getOrInsert(this.#objects, object, () => new EffectLimits(object.declared));
  }

  override started(_start: Start, data: Started | undefined): void {
    if (data?.write !== undefined) this.#of(data.object).started(data.write);
  }

  override ended(operation: Operation, { data }: Standing): void {
    if (data === undefined) return;
    const { object, write, certain } = data;
    const limits = this.#of(object);
    if (write !== undefined) limits.wrote(write);
    if (!certain) return;
    if (write === undefined) this.#read(operation, limits);
    else if (isAdd(write.effect)) this.#added(operation, limits);
  }

  #added(operation: Operation, { kind, counts, adds, waiting }: EffectLimits): void {
    if (kind !== 'bag' && kind !== 'counter') {
      this.count.uncountable++;
      return;
    }
    if (!counts) return;
    const { instance } = operation;
    waiting.set(instance, (waiting.get(instance) ?? 0) + 1);
    const at = adds.findIndex(({ id }) => id === operation.id);
    if (at >= 0) adds[at] = operation;
  }

  #read(read: Operation, limits: EffectLimits): void {
    limits.learn(read);
    if (!limits.counts) return;
    const { kind, most, waiting } = limits;
    for (const [value, times] of limits.shownBy(read)) {
      const limit = most.get(value) ?? 0;
      if (times <= limit || (kind !== 'counter' && times < 2)) continue;
      this.report(() => double(read, value, limit, limits));
      most.set(value, times);
    }
    for (const [instance, count] of waiting) {
      this.count.judged += count;
      if (isHandoff({ instance }, read)) this.count.crossed += count;
    }
    waiting.clear();
    limits.adds = [];
    limits.last = read;
  }

  override objectEnded(object: TrackedObject): void {
    this.#objects.delete(object);
  }
}

export const atMostOnce = check<Adds>({
  guarantee: 'at-most-once',
  assumes:
    'all adds of an object are recorded, and the object is a bag or a counter, which shows a second effect',
  minimum: `${ENOUGH} acknowledged adds to a bag or counter, each with a read on another instance after it`,
  judge: AtMostOnce,
  counts: Adds,
  afterLoss: 'the data',
  compared: ({ judged }) => judged,
  missing({ judged, crossed, uncountable }) {
    if (judged === 0 && uncountable > 0)
      return 'a set or a list without repeats cannot show that an add took effect twice: give the target file a probe that counts (`kind: bag` or `counter`)';
    const where = ' to a bag or counter with a read on another instance';
    const how = 'give the target file a probe that counts, run at least two instances, or run for longer';
    return few(crossed, ENOUGH, 'acknowledged add', where, how);
  },
  rests: ({ judged, crossed }) => ({ 'adds counted': judged, 'on another instance': crossed }),
  rulesOut: ({ judged }) => `${atMost(judged)} of adds take effect twice`,
  broken: violations => `at least ${counted(violations, 'add')} took effect twice`,
});
