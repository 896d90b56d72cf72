/** A list that is read page after page: what its pages show is told with the last of them. */
import type { Interpreter, Reply, Seen } from '../core/interpret.ts';

/** A list with more pages is not read to its end, and its state not told. */
const PAGES = 20;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** When its first page was asked for, on the run's clock. */
  #call: number | undefined;
  #pages = 0;
  /** Address of the page that is to be read next, as the last one has it. */
  next: string | undefined;

  /** @param object the probe's name in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Takes a page in.
   *
   * @param path that was asked for
   * @param call when, on the run's clock
   * @param seen of the page; its `saw` becomes that of the whole list with the last page, and is taken out before
   * @returns when the operation that tells the state was called
   */
  turn(path: string, call: number, reply: Reply, seen: Seen): number {
    this.#call ??= call;
    this.next = undefined;
    const first = this.#pages++ === 0;
    if (seen.signedIn !== 'in' || (first && seen.saw !== undefined)) return this.#call;
    const { values, next, cut } = this.#interpreter.page(reply, this.#object, path);
    this.#saw.push(...values);
    delete seen.saw;
    if (next !== undefined && this.#pages < PAGES) this.next = next;
    else if (next === undefined && !cut) {
      seen.saw = this.#saw;
      return this.#call;
    }
    return call;
  }
}
