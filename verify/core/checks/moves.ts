/** Changes of instance in sticky sessions, joined with what the balancer's log says of them, in any order of lines. */
import type { Operation, Served } from '../history.ts';

/** The request before, and the one that another instance served. */
export type Move = readonly [from: Operation, to: Operation];

export class Moves {
  readonly #logged: boolean;
  /** Requests that have ended and that the log has not mentioned yet; a move where it was one. */
  readonly #ended = new Map<string, Move | undefined>();
  /** Requests that the log has mentioned and that have not ended yet: whether another instance was tried first. */
  readonly #told = new Map<string, boolean>();
  /** Moves that the log has not mentioned. */
  unexplained = 0;

  /** @param logged whether a balancer's log is read */
  constructor(logged: boolean) {
    this.#logged = logged;
  }

  /**
   * @param from the request before it, where the session moved
   * @returns a move that nothing excuses
   */
  ended(operation: Operation, from: Operation | undefined): Move | undefined {
    const { request } = operation;
    const move = from === undefined ? undefined : ([from, operation] as const);
    const excused = this.#told.get(request);
    if (this.#told.delete(request)) return excused === true ? undefined : move;
    if (move !== undefined) this.unexplained++;
    if (this.#logged) this.#ended.set(request, move);
    return undefined;
  }

  /** @returns a move that nothing excuses: the balancer tried no other instance first */
  served({ kind, request, tried }: Served): Move | undefined {
    if (kind !== 'balancer') return undefined;
    const excused = (tried?.length ?? 1) > 1;
    const move = this.#ended.get(request);
    if (!this.#ended.delete(request)) this.#told.set(request, excused);
    if (move === undefined) return undefined;
    this.unexplained--;
    return excused ? undefined : move;
  }
}
