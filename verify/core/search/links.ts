/** Doubly linked lists of numbers ("dancing links", Knuth 2000), whose removed members can be put back. */
export class Links {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(size: number) {
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
  }

  /** Makes a circular list of the members. The number `end` is between the last and the first member. */
  chain(members: readonly number[], end: number): this {
    let last = end;
    for (const member of members) {
      this.#next[last] = member;
      this.#previous[member] = last;
      last = member;
    }
    this.#next[last] = end;
    this.#previous[end] = last;
    return this;
  }

  next(member: number): number {
    return this.#next[member] as number;
  }

  previous(member: number): number {
    return this.#previous[member] as number;
  }

  take(member: number): void {
    const next = this.next(member);
    const previous = this.previous(member);
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  /** Puts back the member that was removed last. */
  restore(member: number): void {
    this.#next[this.previous(member)] = member;
    this.#previous[this.next(member)] = member;
  }
}
