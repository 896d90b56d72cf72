/**
 * Facts about each session that several checks need, gathered once: who it belongs to, whether it lives,
 * which instance served it last. No judgement is made here.
 */
import type { Event, Operation, Start } from './history.ts';

export interface SessionState {
  session: string;
  user: string;
  /** The login that made it, once it was acknowledged. */
  login?: Operation;
  /** Call of its first logout, microseconds. */
  logoutCall?: number;
  /** The first judged operation that was not honoured, or took the cookie away: the session is lost. */
  lost?: Operation;
  /** The last judged operation before `lost` (the login at first). */
  last?: Operation;
  /** Set once the history says that nothing more comes. */
  ended: boolean;
}

/** How an operation stands to the life of its session. */
export interface Standing {
  session: SessionState;
  /** Called after the login returned and over before any logout was called: continuity is judged on it. */
  live: boolean;
  /** The operation before it, when another instance served that one: the baton changed hands. */
  handoffFrom?: Operation;
}

export class Sessions {
  readonly #open = new Map<string, SessionState>();

  #state(event: { session: string; user: string }): SessionState {
    let state = this.#open.get(event.session);
    if (state === undefined) {
      state = { session: event.session, user: event.user, ended: false };
      this.#open.set(event.session, state);
    }
    return state;
  }

  started(start: Start): void {
    if (start.action !== 'logout') return;
    const state = this.#state(start);
    state.logoutCall = Math.min(state.logoutCall ?? Number.POSITIVE_INFINITY, start.call);
  }

  /** Takes in an operation that has ended and says how it stands. */
  ended(operation: Operation): Standing {
    const session = this.#state(operation);
    if (operation.action === 'login') {
      if (operation.outcome === 'ok' && session.login === undefined) {
        session.login = operation;
        session.last = operation;
      }
      return { session, live: false };
    }
    if (!lives(session, operation)) return { session, live: false };
    const previous = session.last;
    if (honoured(operation) === false || deletedCookie(operation) !== undefined) {
      session.lost = operation;
    } else if (operation.outcome === 'ok') {
      session.last = operation;
    }
    const handoff =
      previous?.instance !== undefined &&
      operation.instance !== undefined &&
      previous.instance !== operation.instance;
    return handoff ? { session, live: true, handoffFrom: previous } : { session, live: true };
  }

  /** Forgets what can no longer matter. */
  event(event: Event): void {
    if (event.type !== 'session' || event.event !== 'ended') return;
    const state = this.#open.get(event.session);
    if (state === undefined) return;
    state.ended = true;
    this.#open.delete(event.session);
  }
}

/**
 * @returns whether the response shows the session signed in as its own user;
 *   undefined when it says nothing of it (an error, the bare answer to a write)
 */
export function honoured(operation: Operation): boolean | undefined {
  if (operation.signedIn === 'out') return false;
  if (operation.sawUser !== undefined && operation.sawUser !== operation.user) return false;
  return operation.signedIn === 'in' ? true : undefined;
}

/** @returns the name of the session cookie that the response takes away, if it does */
export const deletedCookie = (operation: Operation): string | undefined =>
  operation.cookies?.find(cookie => cookie.change === 'deleted')?.name;

function lives(session: SessionState, operation: Operation): boolean {
  const born = session.login?.return;
  if (born === undefined || operation.call <= born || operation.action === 'logout') return false;
  if (session.lost !== undefined) return false;
  return (
    session.logoutCall === undefined || (operation.return ?? Number.POSITIVE_INFINITY) < session.logoutCall
  );
}
