import { canaryOwner, canarySession, foreignCanary } from '../history/canary.ts';
import type { Operation } from '../history/history.ts';
import { type SessionState, type Standing, showsAnother } from '../timeline/sessions.ts';
import { lateCookie, shared } from './browser-notes.ts';
import { Judging, type Violation, violation } from './framework.ts';
import { IssuedIds } from './issued-ids.ts';

export class Responses {
  responses = 0;
  users = 0;
  /** Number of users who wrote a canary to private state. A canary is a unique value that names its user. */
  planted = 0;
  named = 0;
  /** Number of requests that wrote a canary (a value that names its user), acknowledged or not. */
  written = 0;
  ids = 0;
  /** Number of responses with another user's data, or with a session id that another user had. */
  shown = 0;
}

export class Isolation extends Judging<Responses> {
  readonly #ids = new IssuedIds();
  readonly #users = new Set<string>();
  /** Key: a user; value: an acknowledged write of a canary in the user's latest session, for the report. */
  readonly #planted = new Map<string, Operation>();
  readonly #planting = new WeakSet<SessionState>();
  readonly #bled = new WeakSet<SessionState>();

  override ended(operation: Operation, standing: Standing): void {
    // Requests with changed cookies, or with cookies of another session, are judged by the checks rotation and forgery.
    if (operation.with === 'another' || (operation.with === 'forged' && showsAnother(operation))) return;
    const { session } = standing;
    this.#issued(operation, standing);
    if (operation.value?.startsWith(session.canary) === true) this.#plants(operation, session);
    const { saw, sawUser, canaries, user } = operation;
    if (sawUser === user) this.count.named++;
    const looked = saw !== undefined || sawUser !== undefined;
    if (!looked && canaries === undefined) return;
    if (looked) {
      this.count.responses++;
      this.#users.add(user);
    }
    if (sawUser !== undefined && sawUser !== user)
      this.report(() => ({
        ...this.#bleed(operation, `shows that ${sawUser} is signed in`, sawUser),
        notes: lateCookie(session, operation, sawUser),
      }));
    else this.#searched(operation, standing);
  }

  #issued(operation: Operation, { session, live }: Standing): void {
    const { action, outcome, signedIn, sawUser, user } = operation;
    // A response that is not signed in may set the cookie to a value that means "signed out". All users get this value.
    const issued = (live && signedIn !== 'out') || (action === 'login' && outcome === 'ok');
    if (issued && operation.cookies !== undefined) this.#ids.add(operation, session);
    if (live && signedIn === 'in' && sawUser === user) this.#ids.honoured(operation, session);
  }

  #plants(write: Operation, session: SessionState): void {
    this.count.written++;
    if (write.outcome !== 'ok' || this.#planting.has(session) || write.action === 'remove') return;
    this.#planting.add(session);
    this.#planted.set(write.user, write);
  }

  #searched(operation: Operation, { session, data }: Standing): void {
    // Skips values that the session's previous read showed, because they have been checked.
    const saw = this.#bled.has(session) ? operation.saw : (data?.reads?.fresh ?? operation.saw);
    const { canary } = this.run;
    const foreign =
      foreignCanary(saw, canary, session.canary) ?? foreignCanary(operation.canaries, canary, session.canary);
    if (foreign === undefined) return;
    this.#bled.add(session);
    const owner = canaryOwner(foreign, canary) ?? '';
    this.report(() => ({
      ...this.#bleed(operation, `shows "${foreign}", private to ${owner}`, owner),
      notes: shared(canarySession(foreign, canary), operation, owner),
    }));
  }

  #bleed(operation: Operation, came: string, owner: string): Violation {
    const { user } = operation;
    return violation(
      `a response to ${user} ${came}`,
      [this.#planted.get(owner), `${owner} put private values there`],
      [operation, came, `only what belongs to ${user}`],
    );
  }

  override sessionEnded(session: SessionState): void {
    this.#ids.sessionEnded(session);
  }

  override recount(): void {
    this.count.users = this.#users.size;
    this.count.planted = this.#planted.size;
    this.count.ids = this.#ids.sum('values');
    this.count.shown = this.count.violations + this.#ids.sum('collided');
  }

  override settle(): void {
    for (const collision of this.#ids.collisions()) this.show(() => collision);
  }
}
