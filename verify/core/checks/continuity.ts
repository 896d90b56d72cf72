/** continuity: every judged operation of a live session is signed in as its user, on whichever instance. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  ENOUGH_HANDOFFS,
  type Finding,
  type Fold,
  grouped,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import { precedes } from '../clocks.ts';
import type { Event, Operation, Run } from '../history.ts';
import { deletedCookie, honoured, type SessionState, type Standing } from '../sessions.ts';
import { upperBound } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

/** Requests of live sessions, where sessions stay on their instances. */
const ENOUGH_STAYING = 100;

export const continuity: Check = {
  guarantee: 'continuity',
  assumes: 'the target file names the signed-in mark; a client sends the cookies that it was last given',
  minimum:
    `${ENOUGH_HANDOFFS} handoffs: consecutive requests of one session served by different instances; where sticky ` +
    `routing is claimed, ${ENOUGH_STAYING} requests of live sessions`,
  start: (run, tell) => new Continuity(run, tell),
  conclude: concluded,
};

/** How often each instance honoured the cookie of a lost session when it was sent again. */
type Tally = Map<string, { honoured: number; asked: number }>;

class Continuity implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  /** Form of the login under way, by session. */
  readonly #forms = new Map<string, Operation>();
  /** Before a login: the request of its jar that returned last. */
  readonly #firsts = new Map<string, Operation>();
  readonly #logins = new LoginPairs();
  /** Lost sessions that are still open. */
  readonly #afterwards = new Map<string, { anomaly?: Anomaly; tally: Tally }>();
  #judged = 0;
  #handoffs = 0;
  #sessions = 0;
  #lost = 0;

  constructor(run: Run, tell?: Tell) {
    this.#run = run;
    this.#anomalies = new Anomalies(tell);
  }

  ended(operation: Operation, standing: Standing): void {
    if (operation.action === 'login') this.#login(operation);
    else if (standing.session.login === undefined) this.#before(operation);
    const shown = honoured(operation);
    if (!standing.live) {
      if (shown !== undefined) this.#replayed(operation, shown);
      return;
    }
    const lost = standing.session.lost === operation;
    if (shown === undefined && !lost) return;
    this.#judged++;
    if (standing.handoffFrom !== undefined) this.#handoffs++;
    if (lost) this.#loss(operation, standing.session);
  }

  /** A form that was fetched beside other first requests of its jar is a matter of one-session. */
  #before(operation: Operation): void {
    const { session } = operation;
    const earlier = this.#firsts.get(session);
    const alone = earlier === undefined || precedes(earlier, operation);
    if (!alone || earlier === undefined || (operation.return ?? 0) >= (earlier.return ?? 0))
      this.#firsts.set(session, operation);
    if (!alone) this.#forms.delete(session);
    else if (operation.action === 'form') this.#forms.set(session, operation);
  }

  #login(operation: Operation): void {
    this.#firsts.delete(operation.session);
    const form = this.#forms.get(operation.session);
    this.#forms.delete(operation.session);
    if (operation.outcome === 'ok') this.#sessions++;
    this.#logins.add(form, operation);
  }

  #loss(operation: Operation, session: SessionState): void {
    this.#lost++;
    const entry: { anomaly?: Anomaly; tally: Tally } = { tally: new Map() };
    this.#anomalies.add(() => {
      entry.anomaly = lossOf(operation, session);
      return entry.anomaly;
    });
    if (entry.anomaly !== undefined) this.#afterwards.set(session.session, entry);
  }

  #replayed(operation: Operation, shown: boolean): void {
    const tally = this.#afterwards.get(operation.session)?.tally;
    if (tally === undefined || operation.instance === undefined) return;
    const of = tally.get(operation.instance) ?? { honoured: 0, asked: 0 };
    of.asked++;
    if (shown) of.honoured++;
    tally.set(operation.instance, of);
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
    if (entry.tally.size > 0) entry.anomaly?.notes.push(afterwardsNote(entry.tally));
    this.#afterwards.delete(session);
  }

  counts(): Counts {
    return {
      requests: this.#judged,
      handoffs: this.#handoffs,
      sessions: this.#sessions,
      lost: this.#lost,
      'login pairs': this.#logins.pairs,
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
  // Where no pair accepts, it is the password that is wrong.
  const refused = of('pairs that accept') > 0 ? of('pairs that refuse') : 0;
  const sticky = routing === 'sticky';
  const passed = sticky
    ? `at most ${percent(upperBound(0, of('requests')))} of requests lose the session`
    : `at most ${percent(upperBound(0, handoffs))} of handoffs lose the session`;
  const finding =
    lost + refused === 0
      ? passed
      : `${grouped(lost)} of ${counted(sessions, 'session')} lost` +
        (refused === 0 ? '' : `; logins refused on ${refused} of ${pairs} pairs of instances`);
  const rests = { requests: of('requests'), handoffs, sessions, 'login pairs': pairs };
  return conclude(lost + refused, missing(sessions, handoffs, of('requests'), sticky), rests, finding);
}

function missing(sessions: number, handoffs: number, judged: number, sticky: boolean): string | undefined {
  if (sessions === 0) return 'no login succeeded, so no session lived';
  // A session that is to stay on its instance has no handoffs: what is claimed is that it lives there.
  if (sticky)
    return judged >= ENOUGH_STAYING
      ? undefined
      : `${counted(judged, 'request')} of live sessions, ${ENOUGH_STAYING} are needed`;
  if (handoffs >= ENOUGH_HANDOFFS) return undefined;
  return (
    `${counted(handoffs, 'handoff')} among ${counted(judged, 'request')}, ${ENOUGH_HANDOFFS} are needed: ` +
    'a session that stays on one instance proves nothing. Run at least two instances behind a balancer ' +
    'that is not sticky, for longer, and see that `instance` in the target file tells them apart'
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
  if (honoured(operation) === false) return `signed in as ${operation.sawUser}`;
  return `deleted the cookie ${deletedCookie(operation)}`;
}

function summaryOf(operation: Operation, last: Operation | undefined): string {
  const there = operation.instance ?? 'an instance';
  if (cameOf(operation) !== 'signed out') return `${there} ${cameOf(operation)}, and nobody had logged out`;
  if (last?.instance === undefined || last.instance === operation.instance) {
    return `${there} did not know the session any more, and nobody had logged out`;
  }
  return `${last.instance} knew the session, ${there} did not, and nobody had logged out`;
}

function afterwardsNote(tally: Tally): string {
  const parts = [...tally]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([instance, of]) => `${instance} honoured it ${of.honoured} of ${of.asked} times`);
  return `the same cookie sent again afterwards: ${parts.join(', ')}`;
}

/** Logins by (instance that gave the form, instance that it was posted to). */
class LoginPairs {
  readonly #pairs = new Map<string, { accepted: number; refused: number; example?: WitnessStep[] }>();

  #accepting = 0;
  #refusing = 0;

  get pairs(): number {
    return this.#pairs.size;
  }

  add(form: Operation | undefined, login: Operation): void {
    if (form?.instance === undefined || login.instance === undefined) return;
    const key = `form from ${form.instance}, posted to ${login.instance}`;
    const pair = this.#pairs.get(key) ?? { accepted: 0, refused: 0 };
    if (login.outcome === 'ok' && pair.accepted++ === 0) this.#accepting++;
    // One that refuses its own form has another reason, such as the password.
    if (login.outcome === 'fail' && login.signedIn === 'out' && form.instance !== login.instance) {
      if (pair.refused++ === 0) this.#refusing++;
      pair.example ??= [
        { operation: form, came: 'gave the login form' },
        { operation: login, expected: 'login accepted', came: 'login refused' },
      ];
    }
    this.#pairs.set(key, pair);
  }

  get counts(): Counts {
    return { 'pairs that accept': this.#accepting, 'pairs that refuse': this.#refusing };
  }

  report(anomalies: Anomalies): void {
    const accepted = [...this.#pairs].filter(([, pair]) => pair.accepted > 0 && pair.refused === 0);
    for (const [key, pair] of this.#pairs) {
      if (this.#accepting === 0 || pair.refused === 0) continue;
      anomalies.add(() => ({
        name: 'LOSS',
        guarantee: 'continuity',
        summary: `a login begun on one instance could not be finished on another (${key})`,
        witness: pair.example ?? [],
        notes: [`refused ${pair.refused} of ${pair.refused + pair.accepted} times`].concat(
          accepted.length > 0 ? [`accepted: ${accepted.map(([name]) => name).join('; ')}`] : [],
        ),
      }));
    }
  }
}
