/**
 * Linked lists of numbers, from which members are taken and put back, the last one first ("dancing links", Knuth 2000).
 */
export class Links {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  /** @param size greater than every member and every `end` */
  constructor(size: number) {
    this.#next = new Int32Array(size);
    this.#previous = new Int32Array(size);
  }

  /** Makes a circular list. The number `end` stands before the first and after the last member. */
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

  /** The member that was taken last must be restored first. */
  restore(member: number): void {
    this.#next[this.previous(member)] = member;
    this.#previous[this.next(member)] = member;
  }
}
