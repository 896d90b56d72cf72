/** Reads a list page by page. The read of the last page gets the values of all pages. */
import type { Interpreter, Seen } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';

/** Maximum number of pages. The state of a longer list is not recorded. */
const PAGES = 20;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** Time of the request for the first page, on the run's clock. */
  #call: number | undefined;
  #pages = 0;
  /** Address of the next page, from the link in the last page. */
  next: string | undefined;

  /** @param object name of the probe in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Adds a page to the list.
   *
   * @param path the path that was requested
   * @param call time of the request, on the run's clock
   * @param seen the content of the page. On the last page, its `saw` becomes the whole list; on earlier pages, `saw` is
   * removed
   * @returns the call time for the operation: on the last page, the time of the first request
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
