/** Finds the sessions that only one instance served. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation } from '../history/history.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Routes } from './presence.ts';

/**
 * Maximum number of positions kept for one session. By chance, no instance serves so many requests in a row, even if it
 * serves 97 % of all requests.
 */
const TESTED = 1_000;

export class SessionRoute {
  readonly first: Operation;
  requests = 0;
  /** Positions of the session's requests in the run, except the first. Empty if several instances served them. */
  repeats: number[] = [];
  several = false;

  constructor(first: Operation) {
    this.first = first;
  }
}

export class SessionRoutes {
  readonly #open = new Map<SessionState, SessionRoute>();
  #pinned: SessionRoute[] = [];

  /** @param count the counts of the run, including this request in `requests` */
  add(operation: Operation, session: SessionState, count: Routes, isTested: boolean): void {
    const route = getOrInsert(this.#open, session, () => new SessionRoute(operation));
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
