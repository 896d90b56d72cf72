/** Collects the sessions that were served by only one instance. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Routes } from './presence.ts';

/** Maximum number of requests of a session that are tested for chance: enough for fair shares of up to 97 %. */
const TESTED = 1_000;

/** The requests of one session. */
export interface SessionRoute {
  first: Operation;
  requests: number;
  /** The numbers of the session's requests after its first one, at most TESTED; emptied when `several` becomes true. */
  repeats: number[];
  /** True if a second instance also served the session. */
  several: boolean;
}

export class SessionRoutes {
  readonly #open = new Map<SessionState, SessionRoute>();
  #pinned: SessionRoute[] = [];

  /**
   * Adds a request for which the balancer chose the instance.
   *
   * @param count updates `sessions`, `repeats` and `several`; `requests` already includes this request
   * @param isTested true if sessions with only one instance are judged
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
    // Keeps the sessions with the most requests, because they prove most.
    if (this.#pinned.length > 100) this.#pinned = this.pinned().slice(0, 50);
  }

  /** Returns the sessions with only one instance, those with the most requests first. */
  pinned(): SessionRoute[] {
    return this.#pinned.sort((a, b) => b.requests - a.requests);
  }
}
