/** Reads a list page by page: the last page gets the values of all pages. */
import type { Interpreter, Reply, Seen } from '../core/interpret.ts';

/** Largest number of pages. The state of a longer list is not recorded. */
const PAGES = 20;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** When the first page was requested, on the run's clock. */
  #call: number | undefined;
  #pages = 0;
  /** Address of the page to read next, as the last page links it. */
  next: string | undefined;

  /** @param object name of the probe in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   *
   * Adds a page to the list.
   *
   * @param path the path that was requested
   * @param call when it was requested, on the run's clock
   * @param seen what the page shows. Its `saw` becomes the whole list on the last page, and is removed on the pages
   *   before
   * @returns the call time of the operation that has the state
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
