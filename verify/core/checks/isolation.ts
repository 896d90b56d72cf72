/** Checks isolation: a session shows only its user's identity and canaries. No two users get the same session id. */
import { canaryOwner, canarySession } from '../history/canary.ts';
import type { Operation } from '../history/history.ts';
import { counted } from '../result/format.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import { atMost, check, Judging, type Violation } from './framework.ts';
import { type Collision, IssuedIds } from './issued-ids.ts';

/** Number of responses that must name their user if the run wrote nothing private. */
const LEAST_NAMED = 20;

interface Responses {
  responses: number;
  users: number;
  /** Number of users with a canary in private state. */
  planted: number;
  /** Number of responses that named their own user. */
  named: number;
  /** Number of requests that wrote a value of a private object, acknowledged or not. */
  written: number;
  ids: number;
  /** Number of times that a user got an id that another user had. */
  collided: number;
}

class Isolation extends Judging<Responses> {
  readonly #ids = new IssuedIds();
  readonly #users = new Set<string>();
  /** By user: the first write of a canary in the user's last session, for the witness. */
  readonly #planted = new Map<string, Operation>();
  /** Open sessions that have had a response with a user identity or a state. */
  readonly #looked = new Set<SessionState>();
  /** Open sessions that planted a canary. */
  readonly #planting = new Set<SessionState>();
  /** Open sessions that saw another user's canary. All values in their later responses are searched. */
  readonly #bled = new Set<SessionState>();

  override ended(operation: Operation, standing: Standing): void {
    // The client sent another user's cookies on purpose. The check `rotation` judges the response.
    if (operation.with === 'another') return;
    const { session } = standing;
    this.#issued(operation, standing);
    if (operation.value?.startsWith(session.canary) === true) this.#plants(operation, session);
    const { saw, sawUser, canaries, user } = operation;
    if (sawUser === user) this.count.named++;
    const looked = saw !== undefined || sawUser !== undefined;
    if (!looked && canaries === undefined) return;
    if (looked) {
      this.count.responses++;
      if (!this.#looked.has(session)) {
        this.#looked.add(session);
        this.#users.add(user);
      }
    }
    if (sawUser !== undefined && sawUser !== user)
      this.report(() => this.#bleed(operation, `shows that ${sawUser} is signed in`, sawUser));
    else this.#searched(operation, standing);
  }

  #issued(operation: Operation, { session, live }: Standing): void {
    const { action, outcome, signedIn, sawUser, user } = operation;
    // A login or a response in a live session issues an id. Other responses, and signed-out ones, may set the same
    // cookie for all users, which means "signed out".
    const issued = (live && signedIn !== 'out') || (action === 'login' && outcome === 'ok');
    if (issued && operation.cookies !== undefined) this.#ids.add(operation, session);
    if (live && signedIn === 'in' && sawUser === user) this.#ids.honoured(operation, session);
  }

  /** Notes a write that put the user's own canary into private state. A removal does not count. */
  #plants(write: Operation, session: SessionState): void {
    this.count.written++;
    if (write.outcome !== 'ok' || this.#planting.has(session) || write.action === 'remove') return;
    this.#planting.add(session);
    this.#planted.set(write.user, write);
  }

  /** Searches a response for another user's canary. */
  #searched(operation: Operation, { session, data }: Standing): void {
    // Values that the session's previous read also showed were already searched.
    const saw = this.#bled.has(session) ? operation.saw : (data?.reads?.fresh ?? operation.saw);
    const foreign = this.#foreign(saw, session) ?? this.#foreign(operation.canaries, session);
    if (foreign === undefined) return;
    this.#bled.add(session);
    const owner = canaryOwner(foreign, this.run.canary) ?? '';
    // A client has the name of its first session.
    const shared = canarySession(foreign, this.run.canary) === operation.client;
    const notes = shared
      ? [`${owner} had logged out of the same browser before: the logout did not delete it`]
      : [];
    this.report(() => ({
      ...this.#bleed(operation, `shows "${foreign}", private to ${owner}`, owner),
      notes,
    }));
  }

  /** @returns the first value that is a canary of this run, but not of the session's user */
  #foreign(values: readonly string[] = [], { canary }: SessionState): string | undefined {
    // A loop by index is cheaper than an iterator, and most reads show only one new value.
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as string;
      if (!value.startsWith(canary) && canaryOwner(value, this.run.canary) !== undefined) return value;
    }
    return undefined;
  }

  #bleed(operation: Operation, came: string, owner: string): Violation {
    const plant = this.#planted.get(owner);
    const { user } = operation;
    return {
      at: operation,
      summary: `a response to ${user} ${came}`,
      witness: [
        ...(plant === undefined ? [] : [{ operation: plant, came: `${owner} put private values there` }]),
        { operation, expected: `only what belongs to ${user}`, came },
      ],
    };
  }

  override sessionEnded(session: SessionState): void {
    this.#looked.delete(session);
    this.#planting.delete(session);
    this.#bled.delete(session);
    this.#ids.sessionEnded(session);
  }

  override recount(): void {
    this.count.users = this.#users.size;
    this.count.planted = this.#planted.size;
    this.count.ids = this.#ids.ids;
    this.count.collided = this.#ids.collided;
  }

  override settle(): void {
    for (const collision of this.#ids.collisions()) this.show(() => sharedId(collision));
  }
}

function sharedId({ name, first, second }: Collision): Violation {
  const came = `sets the cookie ${name} to a value that ${first.user} was given`;
  return {
    at: second,
    summary: `a response to ${second.user} ${came}`,
    witness: [
      { operation: first, came: `set ${name} for ${first.user}` },
      { operation: second, expected: `a ${name} of its own`, came: `set ${name} to the same value` },
    ],
  };
}

export const isolation = check<Responses>({
  guarantee: 'isolation',
  assumes: 'canaries are unguessable and name their user; each user of the run is one account',
  minimum:
    'responses to two users, and a canary of each of them in private state; 20 responses that name their user are enough if the run writes nothing private',
  judge: Isolation,
  counts: () => ({ responses: 0, users: 0, planted: 0, named: 0, written: 0, ids: 0, collided: 0 }),
  violations: ({ violations, collided }) => violations + collided,
  compared: ({ users }) => users,
  missing({ users, planted, named, written }) {
    if (users < 2)
      return `responses to ${counted(users, 'user')} only: give the target file at least two accounts`;
    // Without private values, only the names on the pages can show another user.
    if (written === 0 && named >= LEAST_NAMED) return undefined;
    return planted < 2
      ? 'fewer than two users put private values into their state: give the target file a probe with `add` or `set` ' +
          'and a scope of `session` or `user`'
      : undefined;
  },
  rests: ({ responses, users, planted, ids }) => ({
    ...{ responses, users, 'users with canaries': planted, 'session ids': ids },
  }),
  rulesOut: ({ responses, written }) =>
    `${atMost(responses)} of responses ${written === 0 ? 'name another user' : "show another user's data"}`,
  broken: (violations, { responses }) =>
    `${counted(violations, 'response')} of ${counted(responses, 'response')} showed another user's data`,
});
