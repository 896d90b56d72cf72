/** Remembers the configurations of a search (Lowe 2017), because a known configuration is a dead end. */

export interface Configuration {
  /** One bit for each operation with a response: 1 if the search has placed the operation. */
  placed: Int32Array;
  /** `placed[i]` has only 1 bits if i < `from`, and only 0 bits if i ≥ `to`. */
  from: number;
  to: number;
  state: number;
  /** The state before the operations without a response that the next response needs; −1 if it needs none. */
  chain: number;
  /** For each class of operations without a response: how many of them are in the order. */
  counts: Uint32Array;
}

/** Size of an entry's header in words: next entry of the bucket, hash, from, to, state, chain. */
const HEAD = 6;

/** Stores configurations in a hash table of one array, because millions of objects need too much memory. */
export class SeenStates {
  #data = new Int32Array(1 << 10);
  #used = 1;
  #buckets = new Int32Array(1 << 6);
  #entries = 0;

  get bytes(): number {
    return 4 * this.#used;
  }

  /** Stores a configuration. Returns true if it is known, or is known with fewer operations without a response. */
  add(configuration: Configuration): boolean {
    const hash = hashOf(configuration);
    let at = this.#buckets[hash & (this.#buckets.length - 1)] as number;
    for (; at !== 0; at = this.#data[at] as number) {
      if (this.#data[at + 1] === hash && this.#covers(at, configuration)) return true;
    }
    this.#write(configuration, hash);
    return false;
  }

  #covers(at: number, { placed, from, to, state, chain, counts }: Configuration): boolean {
    const data = this.#data;
    if (data[at + 2] !== from || data[at + 3] !== to) return false;
    if (data[at + 4] !== state || data[at + 5] !== chain) return false;
    let entry = at + HEAD;
    for (let word = from; word < to; word++) if (data[entry++] !== placed[word]) return false;
    for (let i = 0; i < counts.length; i++) {
      if ((data[entry++] as number) > (counts[i] as number)) return false;
    }
    return true;
  }

  #write({ placed, from, to, state, chain, counts }: Configuration, hash: number): void {
    const at = this.#used;
    this.#used += HEAD + to - from + counts.length;
    if (this.#used > this.#data.length) {
      const larger = new Int32Array(Math.max(2 * this.#data.length, this.#used));
      larger.set(this.#data);
      this.#data = larger;
    }
    const data = this.#data;
    data[at + 1] = hash;
    data[at + 2] = from;
    data[at + 3] = to;
    data[at + 4] = state;
    data[at + 5] = chain;
    let entry = at + HEAD;
    for (let word = from; word < to; word++) data[entry++] = placed[word] as number;
    for (let i = 0; i < counts.length; i++) data[entry++] = counts[i] as number;
    this.#link(at);
    if (++this.#entries > this.#buckets.length) this.#spread(counts.length);
  }

  #link(at: number): void {
    const bucket = (this.#data[at + 1] as number) & (this.#buckets.length - 1);
    this.#data[at] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = at;
  }

  #spread(counts: number): void {
    this.#buckets = new Int32Array(4 * this.#buckets.length);
    const data = this.#data;
    for (let at = 1; at < this.#used; ) {
      this.#link(at);
      at += HEAD + (data[at + 3] as number) - (data[at + 2] as number) + counts;
    }
  }
}

/** Computes a hash (FNV-1a over words, then mixed bits). */
function hashOf({ placed, from, to, state, chain }: Configuration): number {
  let hash = Math.imul(from ^ 0x811c9dc5, 0x01000193);
  hash = Math.imul(hash ^ state, 0x01000193);
  hash = Math.imul(hash ^ chain, 0x01000193);
  for (let word = from; word < to; word++) {
    hash = Math.imul(hash ^ (placed[word] as number), 0x01000193);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return hash ^ (hash >>> 15);
}
