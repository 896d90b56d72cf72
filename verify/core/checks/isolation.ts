/** Checks isolation: a session shows only its user's identity and canaries. No two users get the same session id. */
import { canaryOwner, canarySession } from '../history/canary.ts';
import type { Operation, Run } from '../history/history.ts';
import { counted, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { type Collision, IssuedIds } from './issued-ids.ts';

export const isolation: Check = {
  guarantee: 'isolation',
  assumes: 'canaries are unguessable and name their user; each user of the run is one account',
  minimum: 'responses to two users, and a canary of each of them in private state',
  start: (run, onAnomaly) => new Isolation(run, onAnomaly),
  conclude: concluded,
};

class Isolation implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
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
  #responses = 0;

  constructor(run: Run, onAnomaly?: OnAnomaly) {
    this.#run = run;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, { session, live, data }: Standing): void {
    // The client sent another user's cookies on purpose. The check `rotation` judges the response.
    if (operation.with === 'another') return;
    // A login or a response in a live session issues an id. Other responses, and signed-out ones, may set the same
    // cookie for all users, which means "signed out".
    const issued =
      (live && operation.signedIn !== 'out') || (operation.action === 'login' && operation.outcome === 'ok');
    if (issued && operation.cookies !== undefined) this.#ids.add(operation, session);
    if (live && operation.signedIn === 'in' && operation.sawUser === operation.user)
      this.#ids.honoured(operation, session);
    if (operation.value !== undefined && operation.outcome === 'ok') this.#plants(operation, session);
    const looked = operation.saw !== undefined || operation.sawUser !== undefined;
    if (!looked && operation.canaries === undefined) return;
    if (looked) {
      this.#responses++;
      if (!this.#looked.has(session)) {
        this.#looked.add(session);
        this.#users.add(operation.user);
      }
    }
    const { sawUser } = operation;
    if (sawUser !== undefined && sawUser !== operation.user) {
      this.#anomalies.add(() => this.#bleed(operation, `shows that ${sawUser} is signed in`, sawUser));
      return;
    }
    // Values that the session's previous read also showed were already searched.
    const saw = this.#bled.has(session) ? operation.saw : (data?.reads?.fresh ?? operation.saw);
    const foreign = this.#foreign(saw, session) ?? this.#foreign(operation.canaries, session);
    if (foreign === undefined) return;
    this.#bled.add(session);
    const owner = canaryOwner(foreign, this.#run.canary) ?? '';
    // A client has the name of its first session.
    const shared = canarySession(foreign, this.#run.canary) === operation.client;
    const notes = shared
      ? [`${owner} had logged out of the same browser before: the logout did not delete it`]
      : [];
    this.#anomalies.add(() => ({
      ...this.#bleed(operation, `shows "${foreign}", private to ${owner}`, owner),
      notes,
    }));
  }

  /** Notes a write that put the user's own canary into private state. A removal does not count. */
  #plants(write: Operation, session: SessionState): void {
    if (this.#planting.has(session) || write.action === 'remove') return;
    if (write.value?.startsWith(session.canary) !== true) return;
    this.#planting.add(session);
    this.#planted.set(write.user, write);
  }

  sessionEnded(session: SessionState): void {
    this.#looked.delete(session);
    this.#planting.delete(session);
    this.#bled.delete(session);
    this.#ids.sessionEnded(session);
  }

  /** @returns the first value that is a canary of this run, but not of the session's user */
  #foreign(values: readonly string[] | undefined, session: SessionState): string | undefined {
    if (values === undefined || values.length === 0) return undefined;
    // A loop by index is cheaper than an iterator, and most reads show only one new value.
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as string;
      if (value.startsWith(session.canary)) continue;
      if (canaryOwner(value, this.#run.canary) !== undefined) return value;
    }
    return undefined;
  }

  #sharedId({ name, first, second }: Collision): Anomaly {
    return {
      ...this.#bleed(second, `sets the cookie ${name} to a value that ${first.user} was given`, ''),
      witness: [
        { operation: first, came: `set ${name} for ${first.user}` },
        { operation: second, expected: `a ${name} of its own`, came: `set ${name} to the same value` },
      ],
    };
  }

  #bleed(operation: Operation, came: string, owner: string): Anomaly {
    const plant = this.#planted.get(owner);
    const scene: WitnessStep[] =
      plant === undefined ? [] : [{ operation: plant, came: `${owner} put private values there` }];
    return {
      name: 'BLEED',
      guarantee: 'isolation',
      session: operation.session,
      user: operation.user,
      summary: `a response to ${operation.user} ${came}`,
      witness: [...scene, { operation, expected: `only what belongs to ${operation.user}`, came }],
      notes: [],
    };
  }

  counts(): Counts {
    return {
      responses: this.#responses,
      users: this.#users.size,
      'users with canaries': this.#planted.size,
      'session ids': this.#ids.ids,
      shown: this.#anomalies.count + this.#ids.collided,
    };
  }

  finish(): Finding {
    const conclusion = concluded(this.counts());
    for (const collision of this.#ids.collisions()) this.#anomalies.add(() => this.#sharedId(collision));
    return { ...conclusion, anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts): Conclusion {
  const of = reader(counts);
  const [responses, users, planted] = [of('responses'), of('users'), of('users with canaries')];
  const rests = { responses, users, 'users with canaries': planted, 'session ids': of('session ids') };
  const finding =
    of('shown') === 0
      ? `at most ${percent(upperBound(0, responses))} of responses show another user's data`
      : `${counted(of('shown'), 'response')} of ${counted(responses, 'response')} showed another user's data`;
  return conclude(of('shown'), missing(users, planted), rests, finding);
}

function missing(users: number, planted: number): string | undefined {
  if (users < 2) {
    return `responses to ${counted(users, 'user')} only: give the target file at least two accounts`;
  }
  if (planted < 2) {
    return (
      'fewer than two users put private values into their state: give the target file a probe with `add` or `set` ' +
      'and a scope of `session` or `user`'
    );
  }
  return undefined;
}
