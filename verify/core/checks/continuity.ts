/** Checks continuity: every judged operation of a live session is signed in as its user, on every instance. */
import type { Event, Operation } from '../history/history.ts';
import { counted, grouped } from '../result/format.ts';
import type { Anomaly } from '../result/verdict.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { AfterOthers, noteOf, patternOf } from './after-others.ts';
import { ENOUGH_HANDOFFS } from './check.ts';
import { atMost, check, few, Judging } from './framework.ts';
import { HonouredBy } from './honoured-by.ts';
import { LoginPairs } from './login-pairs.ts';
import { lossOf, replacedNote } from './losses.ts';

/** Minimum number of requests of live sessions if the balancer is sticky. */
const ENOUGH_STAYING = 100;

interface Requests {
  requests: number;
  handoffs: number;
  sessions: number;
  lost: number;
  /** Number of lost sessions that were lost just after a login or logout of another session of the user. */
  followed: number;
  /** Number of ordered pairs of instances: one gave the login form, the other one received the login. */
  pairs: number;
  accepting: number;
  refusing: number;
}

/** The results of replaying the cookie of a lost session. */
interface Aftermath {
  anomaly: Anomaly;
  honouredBy: HonouredBy;
  /** The response that replaced the cookie in the jar. */
  replaced: Operation | undefined;
  /** The login or logout of another session of the user just before the loss. */
  other: Operation | undefined;
}

class Continuity extends Judging<Requests> {
  readonly #logins = new LoginPairs();
  readonly #others = new AfterOthers();
  /** The lost sessions whose clients still send requests. */
  readonly #afterwards = new Map<string, Aftermath>();

  override ended(operation: Operation, { session, live, handoffFrom }: Standing): void {
    this.#others.add(operation);
    if (operation.action === 'login' && operation.outcome === 'ok') this.count.sessions++;
    this.#logins.add(operation, session);
    const shown = honoured(operation);
    if (!live) {
      this.#replayed(operation, shown);
      return;
    }
    const lost = session.lost === operation;
    if (shown === undefined && !lost) return;
    this.count.requests++;
    if (handoffFrom !== undefined) this.count.handoffs++;
    if (lost) this.#loss(operation, session);
  }

  #loss(operation: Operation, session: SessionState): void {
    this.count.lost++;
    const other = this.#others.before(operation, session);
    if (other !== undefined) this.count.followed++;
    const { replaced } = session;
    const anomaly = this.show(() => lossOf(operation, session));
    if (anomaly === undefined) return;
    if (replaced !== undefined) anomaly.notes.push(replacedNote(replaced));
    this.#afterwards.set(session.session, { anomaly, honouredBy: new HonouredBy(), replaced, other });
  }

  /** Counts a replay of a lost session's cookie. Each request is such a replay until the jar's cookies change. */
  #replayed(operation: Operation, shown: boolean | undefined): void {
    const entry = this.#afterwards.get(operation.session);
    if (entry === undefined || operation.action === 'login') return;
    const own = operation.with === 'old' || (operation.with === undefined && entry.replaced === undefined);
    if (operation.with === undefined && operation.cookies !== undefined) entry.replaced ??= operation;
    const { instance } = operation;
    if (own && shown !== undefined && instance !== undefined) entry.honouredBy.add(instance, shown);
  }

  override event(event: Event): void {
    if (event.type !== 'session' || event.event !== 'ended') return;
    this.#end(event.session);
    this.#logins.sessionEnded(event.session);
  }

  #end(session: string): void {
    const entry = this.#afterwards.get(session);
    if (entry === undefined) return;
    const { anomaly, honouredBy, other } = entry;
    const described = honouredBy.described();
    if (described !== '') anomaly.notes.push(`the same cookie sent again afterwards: ${described}`);
    // If an instance still honours the session, the app did not end it.
    if (other !== undefined && !honouredBy.ever) anomaly.notes.push(noteOf(other));
    this.#afterwards.delete(session);
  }

  override recount(): void {
    Object.assign(this.count, this.#logins.counts);
  }

  override settle(): void {
    for (const session of [...this.#afterwards.keys()]) this.#end(session);
    for (const refused of this.#logins.violations()) this.show(() => refused);
  }
}

export const continuity = check<Requests>({
  guarantee: 'continuity',
  assumes: 'the target file names the signed-in mark; a client sends the cookies that it was last given',
  minimum:
    `${ENOUGH_HANDOFFS} handoffs: consecutive requests of one session served by different instances; where sticky ` +
    `routing is claimed, ${ENOUGH_STAYING} requests of live sessions`,
  judge: Continuity,
  counts: () => ({
    ...{ requests: 0, handoffs: 0, sessions: 0, lost: 0, followed: 0, pairs: 0, accepting: 0, refusing: 0 },
  }),
  violations: ({ lost, refusing }) => lost + refusing,
  compared: ({ requests }) => requests,
  missing({ sessions, handoffs, requests }, { routing }) {
    if (sessions === 0) return 'no login succeeded, so no session lived';
    // A sticky session has no handoffs. It must only live on its own instance.
    if (routing === 'sticky') return few(requests, ENOUGH_STAYING, 'request', ' of live sessions');
    const how =
      'a session that stays on one instance proves nothing. Run at least two instances behind a balancer ' +
      'that is not sticky, for longer, and check that `instance` in the target file distinguishes them';
    return few(handoffs, ENOUGH_HANDOFFS, 'handoff', ` among ${counted(requests, 'request')}`, how);
  },
  rests: ({ requests, handoffs, sessions, pairs }) => ({
    ...{ requests, handoffs, sessions, 'login pairs': pairs },
  }),
  rulesOut: ({ requests, handoffs }, { routing }) =>
    routing === 'sticky'
      ? `${atMost(requests)} of requests lose the session`
      : `${atMost(handoffs)} of handoffs lose the session`,
  broken: (_violations, { lost, sessions, followed, refusing, pairs }) =>
    `${grouped(lost)} of ${counted(sessions, 'session')} lost` +
    patternOf(lost, followed) +
    (refusing === 0 ? '' : `; logins refused on ${refusing} of ${pairs} pairs of instances`),
});
