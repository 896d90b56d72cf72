/** Joins each move of a sticky session with its entry in the balancer's log, in any order of lines. */
import type { Operation, Served } from '../history.ts';

/** Two consecutive requests of a session that different instances served. */
export type Move = readonly [from: Operation, to: Operation];

export class Moves {
  readonly #logged: boolean;
  /** Requests that have ended and have no entry in the log so far, each with its move, if it is one. */
  readonly #ended = new Map<string, Move | undefined>();
  /** Requests in the log that have not ended so far: whether the balancer tried another instance first. */
  readonly #excused = new Map<string, boolean>();
  /** How many moves have no entry in the log so far. */
  unexplained = 0;

  /** @param logged true if the log of a balancer is read */
  constructor(logged: boolean) {
    this.#logged = logged;
  }

  /**
   * Adds a request that has ended.
   *
   * @param from the request before it, if another instance served that one
   * @returns the move, if the log shows that the balancer tried no other instance first
   */
  ended(operation: Operation, from: Operation | undefined): Move | undefined {
    const { request } = operation;
    const move = from === undefined ? undefined : ([from, operation] as const);
    const excused = this.#excused.get(request);
    if (this.#excused.delete(request)) return excused === true ? undefined : move;
    if (move !== undefined) this.unexplained++;
    if (this.#logged) this.#ended.set(request, move);
    return undefined;
  }

  /** Adds an entry of a log. @returns the move, if the balancer tried no other instance first */
  served({ kind, request, tried }: Served): Move | undefined {
    if (kind !== 'balancer') return undefined;
    const excused = (tried?.length ?? 1) > 1;
    const move = this.#ended.get(request);
    if (!this.#ended.delete(request)) this.#excused.set(request, excused);
    if (move === undefined) return undefined;
    this.unexplained--;
    return excused ? undefined : move;
  }
}
