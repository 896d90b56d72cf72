/** Finds the sessions that only one instance served. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Routes } from './presence.ts';

/**
 * Maximum number of requests that are kept for each session. If one instance served this many requests of a session,
 * this is not chance, even if the instance gets 97 % of all requests.
 */
const TESTED = 1_000;

export interface SessionRoute {
  first: Operation;
  requests: number;
  /**
   * The position in the run of each request of the session, except the first. Empty if several instances served the
   * session.
   */
  repeats: number[];
  several: boolean;
}

export class SessionRoutes {
  readonly #open = new Map<SessionState, SessionRoute>();
  #pinned: SessionRoute[] = [];

  /** @param count the counts of the run, including this request in `requests` */
  add(operation: Operation, session: SessionState, count: Routes, isTested: boolean): void {
    const route = getOrInsert(this.#open, session, () => ({
      first: operation,
      requests: 0,
      repeats: [],
      several: false,
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
    if (this.#pinned.length > 100) this.#pinned = this.pinned().slice(0, 50);
  }

  pinned(): SessionRoute[] {
    return this.#pinned.sort((a, b) => b.requests - a.requests);
  }
}
