/** Joins the pages of a list to one read. The operation of the last page gets the values of all pages. */
import type { Called } from '../core/history/history.ts';
import type { Interpreter, Seen } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';

/** Maximum number of pages to read. The values of a longer list are not recorded. */
const PAGES = 20;

/** When a request was sent, and how long after its planned time. */
type Timing = Pick<Called, 'call' | 'late'>;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** When the request for the first page was sent. */
  #first: Timing | undefined;
  #pages = 0;
  /** Address of the next page, which the last page links; undefined if there is none. */
  next: string | undefined;

  /** @param object name of the probe in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Adds a page to the list, and sets `next`.
   *
   * @param path the path that was requested
   * @param own when the request was sent
   * @param seen what was found in the response. Its `saw` becomes the whole list on the last page, and is deleted on
   * all others
   * @returns when the operation began: for the last page, when the request for the first page was sent
   */
  turn(path: string, own: Timing, reply: Reply, seen: Seen): Timing {
    // The client requests the same page again if its access token has expired.
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
