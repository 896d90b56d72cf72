/** Tracks each session for all checks: its user, whether it is live, and which instance served it last. */
import { getOrInsert } from '../get-or-insert.ts';
import { ownCanaries } from '../history/canary.ts';
import type { Operation, Run, Start } from '../history/history.ts';
import type { ObjectFacts } from '../objects/tracked-object.ts';
import { GATEWAY } from '../response/outcome.ts';
import { precedes } from './clocks.ts';
import { isHandoff } from './handoff.ts';
import { SessionJar, tooLarge } from './session-jar.ts';
import { type DeclaredTimeouts, mayHaveExpired, renew } from './timeouts.ts';

/** Counts the logins of one user. If the app accepted none, the password may be wrong. */
export interface Credentials {
  accepted: number;
  refused: number;
}

export interface SessionState {
  session: string;
  user: string;
  credentials: Credentials;
  canary: string;
  /** Instances that served the session, in the order of their first response. */
  instances: string[];
  /** Instances that served the login, or showed the session signed in. */
  knownBy: string[];
  jar: SessionJar;
  /** The last response that was not signed in and replaced the session cookie. It may explain a later loss. */
  replaced?: Operation | undefined;
  /** The last response with a session cookie that is too large, so that clients drop it. */
  dropped?: Operation;
  login?: Operation;
  logout?: Start;
  /** The request that showed the loss: its response was signed out, or left the client without a session cookie. */
  lost?: Operation;
  /** The last successful operation while the session was live. */
  last?: Operation;
  active?: number;
}

export interface Standing {
  session: SessionState;
  /** True if the app must honour the session: the request came after the login, and ended before any logout or loss. */
  live: boolean;
  /** The session's previous operation, if a different instance served it (a handoff). */
  handoffFrom: Operation | undefined;
  /** True for the first response of this instance to the session since its login. */
  firstContact: boolean;
  /** What the operation changed in its object, or showed of the object. */
  data: ObjectFacts | undefined;
}

const REFUSALS = 2;

export class Sessions {
  /** Instances that served a session before the first fault. Error responses of a gateway do not count. */
  readonly instances = new Set<string>();
  /** Users whose pages were shown to a different user. A response signed in as one of them proves nothing. */
  readonly bled = new Set<string>();
  lost = 0;
  readonly #open = new Map<string, SessionState>();
  readonly #expiry: DeclaredTimeouts;
  readonly #canary: string;
  readonly #credentials = new Map<string, Credentials>();
  readonly #endings = new Map<string, { start: Start; end?: Operation }>();
  #disturbed = false;

  constructor({ declared, canary }: Run) {
    this.#expiry = declared?.expiry ?? {};
    this.#canary = canary;
  }

  #state({ session, user }: { session: string; user: string }): SessionState {
    return getOrInsert(this.#open, session, () => ({
      session,
      user,
      canary: ownCanaries(this.#canary, user),
      credentials: getOrInsert(this.#credentials, user, () => ({ accepted: 0, refused: 0 })),
      instances: [],
      knownBy: [],
      jar: new SessionJar(),
    }));
  }

  started(start: Start): void {
    if (start.action === 'logout') this.#state(start).logout ??= start;
    if (start.action !== 'logout-all') return;
    this.#endings.set(start.user, { start });
    for (const state of this.#open.values()) if (state.user === start.user) state.logout ??= start;
  }

  disturbed(): void {
    this.#disturbed = true;
  }

  ended(operation: Operation): Standing {
    const session = this.#state(operation);
    // Map lookups are faster if all operations of a session share one string.
    operation.session = session.session;
    if (operation.user === session.user) operation.user = session.user;
    if (operation.with === undefined && operation.sawUser !== undefined && showsAnother(operation))
      this.bled.add(operation.sawUser);
    const result = this.#stand(operation, session);
    if (operation.instance !== undefined && session.login !== undefined) {
      result.firstContact = this.#addInstance(session.instances, operation, operation.instance);
      if (!this.#disturbed && !GATEWAY.has(operation.status ?? 0)) this.instances.add(operation.instance);
      if ((session.login === operation || honoured(operation) === true) && operation.with === undefined)
        if (!session.knownBy.includes(operation.instance)) session.knownBy.push(operation.instance);
    }
    return result;
  }

  /** Applies the cookies of a response. Returns true if the response deleted the client's last session cookie. */
  #keeps(operation: Operation, session: SessionState): boolean {
    if (operation.with !== undefined) return false;
    if (honoured(operation) === true) session.replaced = undefined;
    if (operation.cookies === undefined) return false;
    if (tooLarge(operation) !== undefined) session.dropped = operation;
    if (operation.action !== 'login' && honoured(operation) !== true && session.jar.replacedBy(operation))
      session.replaced = operation;
    return session.jar.take(operation);
  }

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
      // The response to replayed cookies may be about another session.
      if (operation.with === undefined) this.#login(operation, session);
      return standing(session, false);
    }
    const ending = operation.action === 'logout-all' ? this.#endings.get(operation.user) : undefined;
    if (ending?.start.id === operation.id) ending.end = operation;
    if (!lives(session, operation) || showsAnother(operation)) return standing(session, false);
    if (mayHaveExpired(this.#expiry, session, operation)) {
      // Near its timeout, a session may be signed in or signed out.
      if (honoured(operation) === true) renew(this.#expiry, session, operation);
      return standing(session, false);
    }
    const previous = session.last;
    if (honoured(operation) === false || emptied) {
      session.lost = operation;
      this.lost++;
    } else if (operation.outcome === 'ok') {
      session.last = operation;
      renew(this.#expiry, session, operation);
    }
    const handoff = previous !== undefined && isHandoff(previous, operation);
    return standing(session, true, handoff ? previous : undefined);
  }

  #login(login: Operation, session: SessionState): void {
    if (refusedLogin(login)) session.credentials.refused++;
    if (login.outcome !== 'ok') return;
    session.credentials.accepted++;
    if (session.login !== undefined) return;
    session.login = login;
    session.last = login;
    session.active = login.call;
    const ending = this.#endings.get(session.user);
    // A `logout-all` that overlaps the login may have ended the session.
    if (ending !== undefined && !precedes(ending.end ?? ending.start, login)) session.logout ??= ending.start;
  }

  refused(): [user: string, times: number][] {
    return [...this.#credentials].flatMap(([user, { accepted, refused }]) =>
      accepted === 0 && refused >= REFUSALS ? [[user, refused]] : [],
    );
  }

  sessionEnded(session: string): SessionState | undefined {
    const state = this.#open.get(session);
    this.#open.delete(session);
    return state;
  }

  /** Returns the open sessions, in the order of their first operation. */
  open(): Iterable<SessionState> {
    return this.#open.values();
  }
}

const standing = (session: SessionState, live: boolean, handoffFrom?: Operation): Standing => ({
  session,
  live,
  handoffFrom,
  firstContact: false,
  data: undefined,
});

/** Returns whether the response is signed in as another user, and so proves nothing about this session. */
export const showsAnother = ({ sawUser, user }: Operation): boolean =>
  sawUser !== undefined && sawUser !== user;

/** Returns true if a response is signed in as the session's user, false if it is signed out, else undefined. */
export function honoured(operation: Operation): boolean | undefined {
  if (operation.signedIn === 'out') return false;
  return operation.signedIn === 'in' && !showsAnother(operation) ? true : undefined;
}

/** Returns whether the app refused a login. An error or "too many requests" is not a refusal. */
export const refusedLogin = ({ outcome, signedIn }: Operation): boolean =>
  outcome === 'fail' && signedIn === 'out';

export const deletedCookie = (operation: Operation): string | undefined =>
  operation.cookies?.find(cookie => cookie.change === 'deleted')?.name;

function lives(session: SessionState, operation: Operation): boolean {
  const { action, with: cookies } = operation;
  return (
    cookies === undefined && action !== 'logout' && action !== 'logout-all' && isDuring(session, operation)
  );
}

/** Returns whether an operation was sent after the login had returned, and ended before any logout or loss. */
export function isDuring({ login, logout, lost }: SessionState, operation: Operation): boolean {
  if (login === undefined || lost !== undefined || !precedes(login, operation)) return false;
  return logout === undefined || precedes(operation, logout);
}
