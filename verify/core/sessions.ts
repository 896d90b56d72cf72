/**
 * Facts about each session that several checks need, gathered once: who it belongs to, whether it lives,
 * which instance served it last. No judgement is made here.
 */

import { ownCanaries } from './canary.ts';
import { precedes } from './clocks.ts';
import type { Declared, Operation, Run, Start } from './history.ts';
import type { ReadFacts } from './objects/read-facts.ts';
import { SessionJar } from './session-jar.ts';

/** How the logins of one user went, over the whole run. One that was never accepted may have a wrong password. */
export interface Credentials {
  accepted: number;
  refused: number;
}

export interface SessionState {
  session: string;
  user: string;
  /** Shared by all sessions of the user: what is read of it at the end of the run is true of the whole run. */
  credentials: Credentials;
  /** What every canary of its user begins with. */
  canary: string;
  /** Instances that have answered it since the login, in the order of first contact. */
  instances: string[];
  /** Of these, those that knew it: they served the login, or showed the session signed in. */
  knownBy: string[];
  /** What its client holds. */
  jar: SessionJar;
  /** The last response that set another session cookie and did not show the session signed in. */
  replaced?: Operation | undefined;
  /** The login that made it, once it was acknowledged. */
  login?: Operation;
  /** The first logout, from its call on. */
  logout?: Start;
  /** The first judged operation that was answered signed out, or left the jar without a cookie: the session is lost. */
  lost?: Operation;
  /** The last judged operation before `lost` (the login at first). */
  last?: Operation;
  /** Call of the operation that the idle timeout counts from, microseconds. */
  active?: number;
}

/** How an operation stands to the life of its session. */
export interface Standing {
  session: SessionState;
  /**
   * Called after the login returned and over before any logout was called: continuity is judged on it. A response that
   * is signed in as another user is judged by isolation alone.
   */
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

/** Refusals of a user who is never accepted, before they are worth a remark. */
const REFUSALS = 2;

/** How far a timeout may be off: the larger of 2 s and 5 %, microseconds. */
export const timeoutTolerance = (timeout: number): number => Math.max(2_000_000, timeout * 0.05);

export class Sessions {
  readonly #open = new Map<string, SessionState>();
  readonly #expiry: NonNullable<Declared['expiry']>;
  /** Whether a timeout is declared. */
  readonly #expires: boolean;
  readonly #canary: string;
  readonly #credentials = new Map<string, Credentials>();
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
      state = {
        ...{ session, user, canary: ownCanaries(this.#canary, user) },
        ...{ credentials: this.#credentialsOf(user), instances: [], knownBy: [], jar: new SessionJar() },
      };
      this.#open.set(event.session, state);
    }
    return state;
  }

  #credentialsOf(user: string): Credentials {
    let credentials = this.#credentials.get(user);
    if (credentials === undefined) {
      credentials = { accepted: 0, refused: 0 };
      this.#credentials.set(user, credentials);
    }
    return credentials;
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
      if ((session.login === operation || honoured(operation) === true) && operation.with === undefined)
        if (!session.knownBy.includes(operation.instance)) session.knownBy.push(operation.instance);
    }
    return result;
  }

  /** @returns whether the response left the client without a session cookie */
  #keeps(operation: Operation, session: SessionState): boolean {
    if (operation.with !== undefined) return false;
    if (honoured(operation) === true) session.replaced = undefined;
    if (operation.cookies === undefined) return false;
    if (operation.action !== 'login' && honoured(operation) !== true && session.jar.replacedBy(operation))
      session.replaced = operation;
    return session.jar.take(operation);
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
    const emptied = this.#keeps(operation, session);
    if (operation.action === 'login') {
      this.#counts(operation, session.credentials);
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
    if (
      !lives(session, operation) ||
      showsAnother(operation) ||
      (this.#expires && this.#mayHaveExpired(session, operation))
    )
      return standing(session, false);
    const previous = session.last;
    if (honoured(operation) === false || emptied) {
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

  #counts(login: Operation, credentials: Credentials): void {
    // Sent with the cookies of another session, an answer may be that session's.
    if (login.with !== undefined) return;
    if (login.outcome === 'ok') credentials.accepted++;
    else if (refusedLogin(login)) credentials.refused++;
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

  /** Users whose every login was refused, and how often that was: their passwords may be wrong. */
  refused(): [user: string, times: number][] {
    return [...this.#credentials].flatMap(([user, { accepted, refused }]) =>
      accepted === 0 && refused >= REFUSALS ? [[user, refused]] : [],
    );
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

/** @returns whether the response is signed in as another user: that says nothing of its own session */
export const showsAnother = ({ sawUser, user }: Operation): boolean =>
  sawUser !== undefined && sawUser !== user;

/**
 * @returns true when the response shows the session signed in as its own user, false when it is signed out;
 *   undefined when it says nothing of it (an error, the bare answer to a write, a page of another user)
 */
export function honoured(operation: Operation): boolean | undefined {
  if (operation.signedIn === 'out') return false;
  return operation.signedIn === 'in' && !showsAnother(operation) ? true : undefined;
}

/** @returns whether the login was refused; an error, or "too many requests", is no refusal */
export const refusedLogin = ({ outcome, signedIn }: Operation): boolean =>
  outcome === 'fail' && signedIn === 'out';

/** @returns the name of a session cookie that the response deletes, if it does */
export const deletedCookie = (operation: Operation): string | undefined =>
  operation.cookies?.find(cookie => cookie.change === 'deleted')?.name;

function lives(session: SessionState, operation: Operation): boolean {
  const { login, logout, lost } = session;
  if (login === undefined || lost !== undefined || operation.with !== undefined) return false;
  if (operation.action === 'logout' || operation.action === 'logout-all' || !precedes(login, operation))
    return false;
  return logout === undefined || precedes(operation, logout);
}
