/** Decides when a client of the workload `hop` adds or removes a value. */
import type { Context } from '../client/context.ts';
import type { Text } from '../client/texts.ts';
import { getOrInsert } from '../core/get-or-insert.ts';
import type { Operation } from '../core/history/history.ts';
import type { Random } from '../random.ts';
import type { Probe } from '../target/schema.ts';
import { collection, roomOf } from './growth.ts';

/** Approximate number of values in a session, so that its pages stay small. */
const ITEMS = 8;
/** `share`: share of writes among the requests until an object has `upTo` values. Above `upTo`, the share is lower. */
const WRITES = { share: 0.25, upTo: 50 };
/** Values that are written during faults and never removed: their share, and their maximum number (`most`). */
const KEPT = { share: 0.3, most: 30 };
/** Share of writes with a text that is hard to encode, such as emoji. */
const AWKWARD = 0.25;

/** A request with the value in its path cannot remove a text that is hard to encode. */
const sticks = ({ remove }: Probe): boolean => remove?.path.includes('{value}') === true;

export class HeldValues {
  readonly #context: Context;
  readonly #random: Random;
  readonly #clients: number;
  /** Key: object; value: values that this client can remove. */
  readonly #items = new Map<string, string[]>();
  /** Key: object; value: number of texts that this client cannot remove. */
  readonly #stuck = new Map<string, number>();
  #kept = 0;

  constructor(context: Context, clients: number) {
    this.#context = context;
    this.#random = context.random;
    this.#clients = clients;
  }

  /** Forgets the values of the last session. */
  clear(): void {
    this.#items.clear();
    this.#stuck.clear();
    this.#kept = 0;
  }

  /**
   * Returns the value to remove, if any.
   *
   * @param draw a random number from 0 to 1
   */
  toRemove({ object, remove }: Probe, draw: number): string | undefined {
    const items = this.#items.get(object) ?? [];
    if (remove === undefined || items.length === 0 || draw >= (items.length >= ITEMS ? 0.2 : 0.05))
      return undefined;
    return items.splice(this.#random.below(items.length), 1)[0];
  }

  share(probe: Probe): number {
    const { cap, remove, scope } = probe;
    const count = this.#held(probe);
    const writers = scope === 'all' ? this.#clients : 1;
    const most = remove === undefined ? Number.POSITIVE_INFINITY : Math.max(2, (2 * ITEMS) / writers);
    if (count >= Math.min(most, (cap ?? Number.POSITIVE_INFINITY) / writers)) return 0;
    if (scope === 'session' && this.#written() >= roomOf(this.#context.growth)) return 0;
    return WRITES.share * Math.min(1, WRITES.upTo / (writers * Math.max(1, count)));
  }

  /** Returns a text that is hard to encode; undefined if the next write needs a simple text. */
  text(probe: Probe): Text | undefined {
    const { growth, target } = this.#context;
    const draw = this.#random.next();
    if (draw > AWKWARD || probe !== collection(target)) return undefined;
    if (sticks(probe) && (this.#stuck.get(probe.object) ?? 0) >= ITEMS) return undefined;
    const texts = growth?.texts?.filter(({ once }) => once !== true) ?? [];
    return texts[Math.floor((draw / AWKWARD) * texts.length)];
  }

  /**
   * Records a write that has ended.
   *
   * @param disturbed true while faults are performed
   */
  wrote(
    probe: Probe,
    { action, value, outcome }: Operation,
    text: Text | undefined,
    disturbed: boolean,
  ): void {
    if (action !== 'add' || value === undefined || outcome === 'fail') return;
    if (text !== undefined && sticks(probe)) {
      this.#stuck.set(probe.object, (this.#stuck.get(probe.object) ?? 0) + 1);
      return;
    }
    if (disturbed && this.#kept < KEPT.most && this.#random.next() < KEPT.share) this.#kept++;
    else getOrInsert(this.#items, probe.object, (): string[] => []).push(value);
  }

  #written(): number {
    const own = this.#context.target.probes.filter(({ scope }) => scope === 'session');
    return own.reduce((sum, probe) => sum + this.#held(probe), 0);
  }

  #held({ object }: Probe): number {
    return (this.#items.get(object)?.length ?? 0) + (this.#stuck.get(object) ?? 0);
  }
}
