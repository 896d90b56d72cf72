/**
 * Caches a value for each of the few objects that were used last. A WeakMap with many new objects is slow to collect.
 */

const SIZE = 8;

export class Recent<K extends object, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];
  #next = 0;

  get(key: K): V | undefined {
    const at = this.#keys.indexOf(key);
    return at === -1 ? undefined : this.#values[at];
  }

  set(key: K, value: V): void {
    const at = this.#next++ % SIZE;
    this.#keys[at] = key;
    this.#values[at] = value;
  }
}
