/** Collects the sessions that only one instance served. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Routes } from './presence.ts';

/** Maximum number of requests of a session that are tested for chance: enough for a fair share of up to 97 %. */
const TESTED = 1_000;

/** The requests of one session. */
export interface SessionRoute {
  first: Operation;
  requests: number;
  /** The numbers of the requests after the first one, at most TESTED. Empty if `several`. */
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
   * @param count `requests` already includes this request; this function updates `sessions`, `repeats` and `several`
   * @param isTested true if it is judged whether chance explains that one instance served the whole session
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
    // The sessions with the most requests prove most.
    if (this.#pinned.length > 100) this.#pinned = this.pinned().slice(0, 50);
  }

  /** Returns the sessions that only one instance served, those with the most requests first. */
  pinned(): SessionRoute[] {
    return this.#pinned.sort((a, b) => b.requests - a.requests);
  }
}
