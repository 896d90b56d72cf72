/** Reads a list page by page. The read of the last page gets the values of all pages. */
import type { Called } from '../core/history/history.ts';
import type { Interpreter, Seen } from '../core/response/interpret.ts';
import type { Reply } from '../core/response/reply.ts';

/** Maximum number of pages. The state of a longer list is not recorded. */
const PAGES = 20;

/** The time when a request was sent, and its delay after the planned time. */
type Timing = Pick<Called, 'call' | 'late'>;

export class ListRead {
  readonly #interpreter: Interpreter;
  readonly #object: string;
  readonly #saw: string[] = [];
  /** Timing of the request for the first page. */
  #first: Timing | undefined;
  #pages = 0;
  /** Address of the next page, from the link in the last page. */
  next: string | undefined;

  /** @param object name of the probe in the target file */
  constructor(interpreter: Interpreter, object: string) {
    this.#interpreter = interpreter;
    this.#object = object;
  }

  /**
   * Adds a page to the list. Sets `next` to the address of the next page.
   *
   * @param path the path that was requested
   * @param own timing of the request
   * @param seen the content of the page. On the last page, its `saw` becomes the whole list; on earlier pages, `saw` is
   * removed
   * @returns the timing of the operation: on the last page, the timing of the first request
   */
  turn(path: string, own: Timing, reply: Reply, seen: Seen): Timing {
    // If the access token has expired, the same page is requested again.
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
