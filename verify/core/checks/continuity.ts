/** Checks continuity: every judged operation of a live session is signed in as its user, on every instance. */

import type { Event, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import { upperBound } from '../result/statistics.ts';
import type { Anomaly, WitnessStep } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { deletedCookie, honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { AfterOthers, noteOf, patternOf } from './after-others.ts';
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  type OnAnomaly,
  reader,
} from './check.ts';
import { LoginPairs } from './login-pairs.ts';

/** Minimum number of requests of live sessions if the balancer is sticky. */
const ENOUGH_STAYING = 100;

export const continuity: Check = {
  guarantee: 'continuity',
  assumes: 'the target file names the signed-in mark; a client sends the cookies that it was last given',
  minimum:
    `${ENOUGH_HANDOFFS} handoffs: consecutive requests of one session served by different instances; where sticky ` +
    `routing is claimed, ${ENOUGH_STAYING} requests of live sessions`,
  start: (run, onAnomaly) => new Continuity(run, onAnomaly),
  conclude: concluded,
};

/** The results of replaying the cookie of a lost session. */
interface Aftermath {
  anomaly?: Anomaly;
  /** By instance: the number of replays of the cookie, and the number of those that it honoured. */
  tally: Map<string, { honoured: number; replays: number }>;
  /** The response that replaced the cookie in the jar. */
  replaced: Operation | undefined;
  /** The login or logout of another session of the user just before the loss. */
  other: Operation | undefined;
}

class Continuity implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  /** By session: the response with the login form. */
  readonly #forms = new Map<string, Operation>();
  /** For each session that has not logged in yet: the request that returned last. */
  readonly #firsts = new Map<string, Operation>();
  readonly #logins = new LoginPairs();
  readonly #others = new AfterOthers();
  /** The lost sessions whose clients still send requests. */
  readonly #afterwards = new Map<string, Aftermath>();
  #judged = 0;
  #handoffs = 0;
  #sessions = 0;
  #lost = 0;
  #followed = 0;

  constructor(run: Run, onAnomaly?: OnAnomaly) {
    this.#run = run;
    this.#anomalies = new Anomalies(onAnomaly);
  }

  ended(operation: Operation, standing: Standing): void {
    const { action } = operation;
    if (action === 'login' || action === 'logout' || action === 'logout-all') this.#others.add(operation);
    if (action === 'login') this.#login(operation, standing.session);
    else if (standing.session.login === undefined) this.#before(operation);
    const shown = honoured(operation);
    if (!standing.live) {
      this.#replayed(operation, shown);
      return;
    }
    const lost = standing.session.lost === operation;
    if (shown === undefined && !lost) return;
    this.#judged++;
    if (standing.handoffFrom !== undefined) this.#handoffs++;
    if (lost) this.#loss(operation, standing.session);
  }

  /** Notes a request before the login. The check one-session judges a form that overlaps other first requests. */
  #before(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  #login(operation: Operation, { credentials }: SessionState): void {
    this.#firsts.delete(operation.session);
    const form = this.#forms.get(operation.session);
    this.#forms.delete(operation.session);
    if (operation.outcome === 'ok') this.#sessions++;
    if (operation.with === undefined) this.#logins.add(form, operation, credentials);
  }

  #loss(operation: Operation, session: SessionState): void {
    this.#lost++;
    const other = this.#others.before(operation, session);
    if (other !== undefined) this.#followed++;
    const { replaced } = session;
    const entry: Aftermath = { tally: new Map(), replaced, other };
    this.#anomalies.add(() => {
      entry.anomaly = lossOf(operation, session);
      if (replaced !== undefined) entry.anomaly.notes.push(replacedNote(replaced));
      return entry.anomaly;
    });
    if (entry.anomaly !== undefined) this.#afterwards.set(session.session, entry);
  }

  /** Counts a replay of a lost session's cookie. Each request is such a replay until the jar's cookies change. */
  #replayed(operation: Operation, shown: boolean | undefined): void {
    const entry = this.#afterwards.get(operation.session);
    if (entry === undefined || operation.action === 'login') return;
    const own = operation.with === 'old' || (operation.with === undefined && entry.replaced === undefined);
    if (operation.with === undefined && operation.cookies !== undefined) entry.replaced ??= operation;
    const { instance } = operation;
    if (!own || shown === undefined || instance === undefined) return;
    const of = entry.tally.get(instance) ?? { honoured: 0, replays: 0 };
    of.replays++;
    if (shown) of.honoured++;
    entry.tally.set(instance, of);
  }

  event(event: Event): void {
    if (event.type !== 'session' || event.event !== 'ended') return;
    this.#settle(event.session);
    this.#forms.delete(event.session);
    this.#firsts.delete(event.session);
  }

  #settle(session: string): void {
    const entry = this.#afterwards.get(session);
    if (entry === undefined) return;
    const { anomaly, tally, other } = entry;
    if (tally.size > 0) anomaly?.notes.push(afterwardsNote(tally));
    // If an instance still honours the session, the app did not end it.
    const dead = [...tally.values()].every(({ honoured: times }) => times === 0);
    if (other !== undefined && dead) anomaly?.notes.push(noteOf(other));
    this.#afterwards.delete(session);
  }

  counts(): Counts {
    return {
      requests: this.#judged,
      handoffs: this.#handoffs,
      sessions: this.#sessions,
      lost: this.#lost,
      followed: this.#followed,
      ...this.#logins.counts,
    };
  }

  finish(): Finding {
    for (const session of [...this.#afterwards.keys()]) this.#settle(session);
    this.#logins.report(this.#anomalies);
    return { ...concluded(this.counts(), this.#run), anomalies: this.#anomalies.kept };
  }
}

function concluded(counts: Counts, { routing }: Run): Conclusion {
  const of = reader(counts);
  const [lost, sessions, handoffs, pairs] = [of('lost'), of('sessions'), of('handoffs'), of('login pairs')];
  const refused = of('pairs that refuse');
  const sticky = routing === 'sticky';
  const passed = sticky
    ? `at most ${percent(upperBound(0, of('requests')))} of requests lose the session`
    : `at most ${percent(upperBound(0, handoffs))} of handoffs lose the session`;
  const finding =
    lost + refused === 0
      ? passed
      : `${grouped(lost)} of ${counted(sessions, 'session')} lost` +
        patternOf(lost, of('followed')) +
        (refused === 0 ? '' : `; logins refused on ${refused} of ${pairs} pairs of instances`);
  const rests = { requests: of('requests'), handoffs, sessions, 'login pairs': pairs };
  return conclude(lost + refused, missing(sessions, handoffs, of('requests'), sticky), rests, finding);
}

function missing(sessions: number, handoffs: number, judged: number, sticky: boolean): string | undefined {
  if (sessions === 0) return 'no login succeeded, so no session lived';
  // A sticky session has no handoffs. It must only live on its own instance.
  if (sticky)
    return judged >= ENOUGH_STAYING
      ? undefined
      : `${counted(judged, 'request')} of live sessions, ${ENOUGH_STAYING} are needed`;
  if (handoffs >= ENOUGH_HANDOFFS) return undefined;
  return (
    `${counted(handoffs, 'handoff')} among ${counted(judged, 'request')}, ${ENOUGH_HANDOFFS} are needed: ` +
    'a session that stays on one instance proves nothing. Run at least two instances behind a balancer ' +
    'that is not sticky, for longer, and check that `instance` in the target file distinguishes them'
  );
}

function lossOf(operation: Operation, session: SessionState): Anomaly {
  const { login, last } = session;
  const witness: WitnessStep[] = [];
  if (login !== undefined) witness.push({ operation: login, came: 'logged in' });
  if (last !== undefined && last !== login) {
    witness.push({
      operation: last,
      came: last.signedIn === 'in' ? 'signed in' : 'acknowledged',
    });
  }
  witness.push({
    operation,
    expected: `signed in as ${operation.user}`,
    came: cameOf(operation),
  });
  return {
    name: 'LOSS',
    guarantee: 'continuity',
    session: operation.session,
    user: operation.user,
    summary: summaryOf(operation, last ?? login),
    witness,
    notes: [],
  };
}

function cameOf(operation: Operation): string {
  if (operation.signedIn === 'out') return 'signed out';
  return `deleted the cookie ${deletedCookie(operation)}`;
}

function summaryOf(operation: Operation, last: Operation | undefined): string {
  const there = operation.instance ?? 'an instance';
  if (cameOf(operation) !== 'signed out')
    return `${there} ${cameOf(operation)}, although the user had not logged out`;
  if (last?.instance === undefined || last.instance === operation.instance) {
    return `${there} did not know the session any more, although the user had not logged out`;
  }
  return `${last.instance} knew the session, ${there} did not, although the user had not logged out`;
}

function afterwardsNote(tally: Aftermath['tally']): string {
  const parts = [...tally]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([instance, of]) => `${instance} honoured it ${of.honoured} of ${of.replays} times`);
  return `the same cookie sent again afterwards: ${parts.join(', ')}`;
}

const replacedNote = ({ instance, cookies, note }: Operation): string =>
  `${instance ?? 'a response'} replaced the cookie ${cookies?.find(({ change }) => change === 'set')?.name} ` +
  `(${note ?? 'without showing who is signed in'}): from then on the client sends the new one`;
