/**
 * Facts about each session that several checks need, gathered once: who it belongs to, whether it lives,
 * which instance served it last. No judgement is made here.
 */

import { ownCanaries } from './canary.ts';
import { precedes } from './clocks.ts';
import type { Declared, Operation, Run, Start } from './history.ts';
import type { ReadFacts } from './read-facts.ts';

export interface SessionState {
  session: string;
  user: string;
  /** What every canary of its user begins with. */
  canary: string;
  /** Instances that have answered it since the login, in the order of first contact. */
  instances: string[];
  /** The login that made it, once it was acknowledged. */
  login?: Operation;
  /** The first logout, from its call on. */
  logout?: Start;
  /** The first judged operation that was not honoured, or took the cookie away: the session is lost. */
  lost?: Operation;
  /** The last judged operation before `lost` (the login at first). */
  last?: Operation;
  /** Call of the operation that the idle timeout counts from, microseconds. */
  active?: number;
}

/** How an operation stands to the life of its session. */
export interface Standing {
  session: SessionState;
  /** Called after the login returned and over before any logout was called: continuity is judged on it. */
  live: boolean;
  /** The operation before it, when another instance served that one: the baton changed hands. */
  handoffFrom: Operation | undefined;
  /** The first answer of this instance to the session since its login. */
  firstContact: boolean;
  /** The same, before anything was disturbed: what is to be tried on each instance is tried on these. */
  meets: boolean;
  /** For a read of a live session that shows an object: what it contradicts. Good until the next operation. */
  reads: ReadFacts | undefined;
}

/** How far a timeout may be off: the larger of 2 s and 5 %, microseconds. */
export const timeoutTolerance = (timeout: number): number => Math.max(2_000_000, timeout * 0.05);

export class Sessions {
  readonly #open = new Map<string, SessionState>();
  readonly #expiry: NonNullable<Declared['expiry']>;
  /** Whether a timeout is declared. */
  readonly #expires: boolean;
  readonly #canary: string;
  /** The last request that ends all sessions of a user. */
  readonly #endings = new Map<string, { start: Start; end?: Operation }>();
  #disturbed = false;

  constructor({ declared, canary }: Run) {
    this.#expiry = declared?.expiry ?? {};
    this.#expires = this.#expiry.idle !== undefined || this.#expiry.absolute !== undefined;
    this.#canary = canary;
  }

  #state(event: { session: string; user: string }): SessionState {
    let state = this.#open.get(event.session);
    if (state === undefined) {
      const { session, user } = event;
      state = { session, user, canary: ownCanaries(this.#canary, user), instances: [] };
      this.#open.set(event.session, state);
    }
    return state;
  }

  started(start: Start): void {
    if (start.action === 'logout') this.#state(start).logout ??= start;
    if (start.action !== 'logout-all') return;
    this.#endings.set(start.user, { start });
    for (const state of this.#open.values()) if (state.user === start.user) state.logout ??= start;
  }

  /** A fault begins. */
  disturbed(): void {
    this.#disturbed = true;
  }

  /** Takes in an operation that has ended and says how it stands. */
  ended(operation: Operation): Standing {
    const session = this.#state(operation);
    // One string for each name: maps find it faster, since its hash is known.
    operation.session = session.session;
    if (operation.user === session.user) operation.user = session.user;
    const result = this.#stand(operation, session);
    if (operation.instance !== undefined && session.login !== undefined) {
      result.firstContact = this.#met(session.instances, operation, operation.instance);
      result.meets = result.firstContact && !this.#disturbed;
    }
    return result;
  }

  /** @returns whether the instance is new to the session */
  #met(instances: string[], operation: Operation, instance: string): boolean {
    const at = instances.indexOf(instance);
    if (at !== -1) {
      operation.instance = instances[at] ?? instance;
      return false;
    }
    instances.push(instance);
    return true;
  }

  #stand(operation: Operation, session: SessionState): Standing {
    if (operation.action === 'login') {
      if (operation.outcome === 'ok' && session.login === undefined && operation.with === undefined) {
        session.login = operation;
        session.last = operation;
        session.active = operation.call;
        this.#mayHaveEnded(session, operation);
      }
      return standing(session, false);
    }
    const ending = operation.action === 'logout-all' ? this.#endings.get(operation.user) : undefined;
    if (ending?.start.id === operation.id) ending.end = operation;
    if (!lives(session, operation) || (this.#expires && this.#mayHaveExpired(session, operation)))
      return standing(session, false);
    const previous = session.last;
    if (honoured(operation) === false || deletedCookie(operation) !== undefined) {
      session.lost = operation;
    } else if (operation.outcome === 'ok') {
      session.last = operation;
      this.#renew(session, operation);
    }
    const handoff =
      previous?.instance !== undefined &&
      operation.instance !== undefined &&
      previous.instance !== operation.instance;
    return standing(session, true, handoff ? previous : undefined);
  }

  /** A login that overlaps the end of all sessions of its user may have come just before it. */
  #mayHaveEnded(session: SessionState, login: Operation): void {
    const ending = this.#endings.get(session.user);
    if (ending === undefined) return;
    if (ending.end === undefined || !precedes(ending.end, login)) session.logout ??= ending.start;
  }

  /** Within the tolerance of a declared timeout nothing is judged: either answer is right. */
  #mayHaveExpired({ login, active }: SessionState, { call, return: end = call }: Operation): boolean {
    const { idle, absolute } = this.#expiry;
    if (absolute !== undefined && end >= (login?.call ?? 0) + absolute - timeoutTolerance(absolute))
      return true;
    return idle !== undefined && active !== undefined && end >= active + idle - timeoutTolerance(idle);
  }

  #renew(session: SessionState, { action, call }: Operation): void {
    const { renew = 'each', idle = 0 } = this.#expiry;
    if (renew === 'never' || (renew === 'write' && action === 'read')) return;
    if (renew === 'half' && call < (session.active ?? call) + idle / 2) return;
    session.active = call;
  }

  /** Forgets a session. @returns what was known of it */
  sessionEnded(session: string): SessionState | undefined {
    const state = this.#open.get(session);
    this.#open.delete(session);
    return state;
  }

  /** Those that have not ended, in the order of their first operation. */
  open(): Iterable<SessionState> {
    return this.#open.values();
  }
}

const standing = (session: SessionState, live: boolean, handoffFrom?: Operation): Standing => ({
  session,
  live,
  handoffFrom,
  firstContact: false,
  meets: false,
  reads: undefined,
});

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
  const { login, logout, lost } = session;
  if (login === undefined || lost !== undefined || operation.with !== undefined) return false;
  if (operation.action === 'logout' || operation.action === 'logout-all' || !precedes(login, operation))
    return false;
  return logout === undefined || precedes(operation, logout);
}
