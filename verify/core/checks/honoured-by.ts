/** Counts for each instance how often a cookie was sent again, and how often the instance accepted it. */
import { getOrInsert } from '../get-or-insert.ts';

export class HonouredBy {
  readonly #of = new Map<string, { honoured: number; replays: number }>();
  ever = false;

  add(instance: string, honoured: boolean): void {
    const of = getOrInsert(this.#of, instance, () => ({ honoured: 0, replays: 0 }));
    of.replays++;
    if (!honoured) return;
    of.honoured++;
    this.ever = true;
  }

  described(): string {
    return [...this.#of]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([instance, of]) => `${instance || 'the app'} honoured it ${of.honoured} of ${of.replays} times`)
      .join(', ');
  }
}
