/** Follows each session for all checks: its user, whether it lives, and which instance served it last. */

import { getOrInsert } from '../get-or-insert.ts';
import { ownCanaries } from '../history/canary.ts';
import type { Declared, Operation, Run, Start } from '../history/history.ts';
import type { ObjectFacts } from '../objects/tracked-object.ts';
import { precedes } from './clocks.ts';
import { SessionJar, tooLarge } from './session-jar.ts';

/** Counts of the logins of one user in the whole run. If no login was accepted, the password may be wrong. */
export interface Credentials {
  accepted: number;
  refused: number;
}

export interface SessionState {
  session: string;
  user: string;
  /** The counts of the user's logins. All sessions of the user share this object. */
  credentials: Credentials;
  /** Prefix of all canaries of the session's user. */
  canary: string;
  /** Instances that have responded to the session since the login, in the order of first contact. */
  instances: string[];
  /** The instances that knew the session: each of them served the login, or showed the session signed in. */
  knownBy: string[];
  /** The session cookies that the session's client holds. */
  jar: SessionJar;
  /**
   * The last response that replaced the session cookie and did not show the session signed in. It may explain a loss.
   */
  replaced?: Operation | undefined;
  /** The last response that set a session cookie that is too large. Clients drop it, which may explain a loss. */
  dropped?: Operation;
  /** The acknowledged login that created the session. */
  login?: Operation;
  /** The first logout. Set as soon as its request is sent. */
  logout?: Start;
  /** The operation that lost the session: it was live, and its response was signed out, or left no session cookie. */
  lost?: Operation;
  /** The last successful operation of the live session; the login, if there is no later one. */
  last?: Operation;
  /** The time from which the idle timeout runs: when the last request that renewed it was sent, microseconds. */
  active?: number;
}

/** What an operation means for its session, and what is known about its object. */
export interface Standing {
  session: SessionState;
  /**
   * True if the app must honour the session in this operation: it was sent after the login had returned, and ended
   * before any logout was sent. The check continuity judges such operations. False after a loss, and if the session may
   * have expired. Also false if the response is signed in as another user, which only isolation judges.
   */
  live: boolean;
  /** The session's previous operation, if another instance served it (a handoff); otherwise undefined. */
  handoffFrom: Operation | undefined;
  /** True if this is the first response of this instance to the session since its login. */
  firstContact: boolean;
  /** The same as `firstContact` until the first fault begins; then always false. */
  firstContactBeforeFaults: boolean;
  /** What is known about the operation's object. Valid until the next operation. */
  data: ObjectFacts | undefined;
}

/** A remark names a user without an accepted login if at least this number of logins was refused. */
const REFUSALS = 2;

/** Returns by how much a timeout may be off, in microseconds: 2 s, or 5 % if that is more. */
export const timeoutTolerance = (timeout: number): number => Math.max(2_000_000, timeout * 0.05);

export class Sessions {
  /** The instances that served a session before the first fault, in the order of first contact. */
  readonly instances = new Set<string>();
  /** The users whose pages were shown to other users. A response that is signed in as such a user proves nothing. */
  readonly bled = new Set<string>();
  readonly #open = new Map<string, SessionState>();
  readonly #expiry: NonNullable<Declared['expiry']>;
  /** True if a timeout is declared. */
  readonly #expires: boolean;
  readonly #canary: string;
  readonly #credentials = new Map<string, Credentials>();
  /** The last `logout-all` of each user. */
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
    return getOrInsert(this.#credentials, user, () => ({ accepted: 0, refused: 0 }));
  }

  started(start: Start): void {
    if (start.action === 'logout') this.#state(start).logout ??= start;
    if (start.action !== 'logout-all') return;
    this.#endings.set(start.user, { start });
    for (const state of this.#open.values()) if (state.user === start.user) state.logout ??= start;
  }

  /** Called when a fault begins. */
  disturbed(): void {
    this.#disturbed = true;
  }

  /** Adds an operation that has ended. Returns what it means for its session. */
  ended(operation: Operation): Standing {
    const session = this.#state(operation);
    // All operations of a session share one string, because map lookups with a known hash are faster.
    operation.session = session.session;
    if (operation.user === session.user) operation.user = session.user;
    if (operation.with === undefined && operation.sawUser !== undefined && showsAnother(operation))
      this.bled.add(operation.sawUser);
    const result = this.#stand(operation, session);
    if (operation.instance !== undefined && session.login !== undefined) {
      result.firstContact = this.#addInstance(session.instances, operation, operation.instance);
      result.firstContactBeforeFaults = result.firstContact && !this.#disturbed;
      if (result.firstContactBeforeFaults) this.instances.add(operation.instance);
      if ((session.login === operation || honoured(operation) === true) && operation.with === undefined)
        if (!session.knownBy.includes(operation.instance)) session.knownBy.push(operation.instance);
    }
    return result;
  }

  /** Applies the cookie changes of a response. Returns true if they leave the client without a session cookie. */
  #keeps(operation: Operation, session: SessionState): boolean {
    if (operation.with !== undefined) return false;
    if (honoured(operation) === true) session.replaced = undefined;
    if (operation.cookies === undefined) return false;
    if (tooLarge(operation) !== undefined) session.dropped = operation;
    if (operation.action !== 'login' && honoured(operation) !== true && session.jar.replacedBy(operation))
      session.replaced = operation;
    return session.jar.take(operation);
  }

  /** Adds the instance to a session's instances. Returns whether it is new. */
  #addInstance(instances: string[], operation: Operation, instance: string): boolean {
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
    if (!lives(session, operation) || showsAnother(operation)) return standing(session, false);
    if (this.#expires && mayHaveExpired(this.#expiry, session, operation)) {
      // Near the timeout, both signed in and signed out are correct. If signed in, the request renewed the timeout.
      if (honoured(operation) === true) this.#renew(session, operation);
      return standing(session, false);
    }
    const previous = session.last;
    if (honoured(operation) === false || emptied) session.lost = operation;
    else if (operation.outcome === 'ok') {
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
    // Does not count a login that was sent with other cookies: its response may be about another session.
    if (login.with !== undefined) return;
    if (login.outcome === 'ok') credentials.accepted++;
    else if (refusedLogin(login)) credentials.refused++;
  }

  /**
   * Sets `logout` of a new session if its login overlaps a `logout-all` of the user, which may have ended the session.
   */
  #mayHaveEnded(session: SessionState, login: Operation): void {
    const ending = this.#endings.get(session.user);
    if (ending === undefined) return;
    if (ending.end === undefined || !precedes(ending.end, login)) session.logout ??= ending.start;
  }

  #renew(session: SessionState, { action, call }: Operation): void {
    const { renew = 'each', idle = 0 } = this.#expiry;
    if (renew === 'never' || (renew === 'write' && action === 'read')) return;
    if (renew === 'half' && call < (session.active ?? call) + idle / 2) return;
    session.active = call;
  }

  /** Returns the users whose logins were all refused, with the number of refusals: their passwords may be wrong. */
  refused(): [user: string, times: number][] {
    return [...this.#credentials].flatMap(([user, { accepted, refused }]) =>
      accepted === 0 && refused >= REFUSALS ? [[user, refused]] : [],
    );
  }

  /** Forgets a session, and returns its state. */
  sessionEnded(session: string): SessionState | undefined {
    const state = this.#open.get(session);
    this.#open.delete(session);
    return state;
  }

  /** Returns the sessions that have not ended, in the order of their first operation. */
  open(): Iterable<SessionState> {
    return this.#open.values();
  }
}

const standing = (session: SessionState, live: boolean, handoffFrom?: Operation): Standing => ({
  session,
  live,
  handoffFrom,
  firstContact: false,
  firstContactBeforeFaults: false,
  data: undefined,
});

/** Returns whether the response is signed in as another user. Then it shows nothing about this session. */
export const showsAnother = ({ sawUser, user }: Operation): boolean =>
  sawUser !== undefined && sawUser !== user;

/**
 * Returns true if the response is signed in as the session's own user, and false if it is signed out.
 * Undefined if it shows neither: an error, a response without a page, or a page of another user.
 */
export function honoured(operation: Operation): boolean | undefined {
  if (operation.signedIn === 'out') return false;
  return operation.signedIn === 'in' && !showsAnother(operation) ? true : undefined;
}

/** Returns whether the login was refused. An error or "too many requests" is not a refusal. */
export const refusedLogin = ({ outcome, signedIn }: Operation): boolean =>
  outcome === 'fail' && signedIn === 'out';

/** Returns the name of a session cookie that the response deletes; undefined if it deletes none. */
export const deletedCookie = (operation: Operation): string | undefined =>
  operation.cookies?.find(cookie => cookie.change === 'deleted')?.name;

/**
 * Returns whether a timeout may have ended the session. Also true shortly before the declared end, within the
 * tolerance: there, both signed in and signed out are correct.
 */
export function mayHaveExpired(
  { idle, absolute }: NonNullable<Declared['expiry']>,
  { login, active }: SessionState,
  { call, return: end = call }: Operation,
): boolean {
  if (absolute !== undefined && end >= (login?.call ?? 0) + absolute - timeoutTolerance(absolute))
    return true;
  return idle !== undefined && active !== undefined && end >= active + idle - timeoutTolerance(idle);
}

function lives(session: SessionState, operation: Operation): boolean {
  const { action, with: cookies } = operation;
  return (
    cookies === undefined && action !== 'logout' && action !== 'logout-all' && isDuring(session, operation)
  );
}

/**
 * Returns whether an operation was sent after the login of its session had returned, and ended before any logout was
 * sent. False after a loss of the session.
 */
export function isDuring({ login, logout, lost }: SessionState, operation: Operation): boolean {
  if (login === undefined || lost !== undefined || !precedes(login, operation)) return false;
  return logout === undefined || precedes(operation, logout);
}
