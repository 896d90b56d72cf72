/**
 * Caches one value for each of the last few objects, such as the headers of responses. If most objects are new, a
 * WeakMap costs the garbage collector more time than it saves.
 */

/** Number of objects that are remembered. */
const SIZE = 8;

export class Recent<K extends object, V> {
  readonly #keys: K[] = [];
  readonly #values: V[] = [];
  #next = 0;

  /** Returns the value of an object; undefined if the object is not remembered. */
  get(key: K): V | undefined {
    const at = this.#keys.indexOf(key);
    return at === -1 ? undefined : this.#values[at];
  }

  /** Remembers the value of an object, and forgets the oldest object. */
  set(key: K, value: V): void {
    const at = this.#next++ % SIZE;
    this.#keys[at] = key;
    this.#values[at] = value;
  }
}
