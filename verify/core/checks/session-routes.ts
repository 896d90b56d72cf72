/** Finds the sessions that only one instance served. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Routes } from './presence.ts';

/**
 * Maximum number of requests of a session that are kept. So many are enough to rule out chance, even if the
 * fair share of the instance is 97 %.
 */
const TESTED = 1_000;

/** How the balancer routed the requests of one session. */
export interface SessionRoute {
  first: Operation;
  requests: number;
  /** The numbers of the session's requests without the first one, at most `TESTED`. Empty if `several` is true. */
  repeats: number[];
  /** True if two or more instances served the session. */
  several: boolean;
}

export class SessionRoutes {
  readonly #open = new Map<SessionState, SessionRoute>();
  #pinned: SessionRoute[] = [];

  /**
   * Adds a request whose instance the balancer chose.
   *
   * @param count the counts of the run: `sessions`, `repeats` and `several` are updated, `requests` already
   * includes this request
   * @param isTested true if the run judges sessions that stay on one instance
   */
  add(operation: Operation, session: SessionState, count: Routes, isTested: boolean): void {
    const route = getOrInsert(this.#open, session, () => ({
      ...{ first: operation, requests: 0, repeats: [], several: false },
    }));
    if (route.first === operation) count.sessions++;
    else count.repeats++;
    route.requests++;
    if (!route.several && route.first.instance !== operation.instance) {
      route.several = true;
      route.repeats = [];
      count.several++;
    }
    if (!isTested || route.several || route.first === operation) return;
    if (route.repeats.length < TESTED) route.repeats.push(count.requests);
  }

  end(session: SessionState): void {
    const route = this.#open.get(session);
    this.#open.delete(session);
    if (route === undefined || route.several) return;
    this.#pinned.push(route);
    // Keeps only the sessions with the most requests, because a session with few requests proves little.
    if (this.#pinned.length > 100) this.#pinned = this.pinned().slice(0, 50);
  }

  /** Returns the sessions that only one instance served. The sessions with the most requests come first. */
  pinned(): SessionRoute[] {
    return this.#pinned.sort((a, b) => b.requests - a.requests);
  }
}
