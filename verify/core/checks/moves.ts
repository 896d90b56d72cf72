/** Joins each move of a sticky session with its entry in the balancer's log. Either may come first. */
import type { Operation, Served } from '../history/history.ts';

/** Two consecutive requests of a session that different instances served. */
export type Move = readonly [from: Operation, to: Operation];

export class Moves {
  readonly #logged: boolean;
  /** Requests that have ended but have no log entry so far. The value is the move, if the request is one. */
  readonly #ended = new Map<string, Move | undefined>();
  /** Requests with a log entry that have not ended so far. True if the balancer tried another instance first. */
  readonly #excused = new Map<string, boolean>();
  /** Number of moves without a log entry so far. */
  unexplained = 0;

  /** @param logged true if Baton reads the balancer's log */
  constructor(logged: boolean) {
    this.#logged = logged;
  }

  /**
   * Adds a request that has ended.
   *
   * @param from the previous request of the session, if another instance served it
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

  /** Adds a log entry. @returns the move, if the balancer tried no other instance first */
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
