/** Joins the pages of a list to one read. In the history, the last page's operation has all values. */
import type { Called } from '../core/history/history.ts';
import type { Interpreter, Seen } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';

/** Maximum number of pages. The values of a longer list are not recorded. */
const PAGES = 20;

type Timing = Pick<Called, 'call' | 'late'>;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  #first: Timing | undefined;
  #pages = 0;
  /** Address of the next page, from a link on the page that was last read. */
  next: string | undefined;

  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Adds a page to the list, and sets `next`. On the last page, sets `seen.saw` to the values of the whole list. On
   * other pages, deletes `seen.saw`. Returns the start time for the page's operation: on the last page, the start time
   * of the first page's request.
   *
   * @param own start time of this page's request
   * @param seen what was found in the response
   */
  turn(path: string, own: Timing, reply: Reply, seen: Seen): Timing {
    // If the app refuses the first page because the access token has expired, the client requests the page again.
    if (this.#pages === 0 && seen.signedIn === 'out') return own;
    const { call, late } = own;
    this.#first ??= late === undefined ? { call } : { call, late };
    this.next = undefined;
    const first = this.#pages++ === 0;
    if (seen.signedIn !== 'in' || (first && seen.saw !== undefined)) return this.#first;
    const { values, next, cut } = this.#interpreter.page(reply, this.#object, path);
    this.#saw.push(...values);
    delete seen.saw;
    if (next !== undefined && this.#pages < PAGES) this.next = next;
    else if (next === undefined && !cut) {
      seen.saw = this.#saw;
      return this.#first;
    }
    return own;
  }
}
