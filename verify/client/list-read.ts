/**
 * Joins the pages of a list to one read: in the history, the values of all pages stand in the operation of the last
 * page.
 */
import type { Called } from '../core/history/history.ts';
import type { Interpreter, Seen } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';

/** Maximum number of pages to read. The values of a longer list are not recorded. */
const PAGES = 20;

/** The time at which a request was sent, and its delay after the planned time. */
type Timing = Pick<Called, 'call' | 'late'>;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** The time at which the request for the first page was sent. */
  #first: Timing | undefined;
  #pages = 0;
  /** Address of the next page, from a link on the last page that was read; undefined if there is no such link. */
  next: string | undefined;

  /** @param object name of the list in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Adds a page to the list, and sets `next`.
   *
   * @param path the path that was requested
   * @param own when the request was sent
   * @param seen what was found in the response. For the last page, this method sets `seen.saw` to the values
   * of the whole list. For all other pages, it deletes `seen.saw`
   * @returns when the operation began: for the last page, when the request for the first page was sent; for
   * all other pages, `own`
   */
  turn(path: string, own: Timing, reply: Reply, seen: Seen): Timing {
    // A refused first page is not counted: its access token may have expired, and the client then requests this page
    // again.
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
