/** Checks routing: requests reach the instances as claimed. */

import type { FaultLedger } from '../faults/ledger.ts';
import type { Event, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
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
import { Ejections } from './ejections.ts';
import { type Move, Moves } from './moves.ts';
import {
  chance,
  DIRECT,
  ENOUGH_REQUESTS,
  type Share,
  SIGNIFICANT,
  served,
  sharesOf,
  unevenly,
  unevenness,
  unweighted,
} from './shares.ts';

export const routing: Check = {
  guarantee: 'routing',
  assumes:
    'instances have the declared weights, or equal weights; from the first fault on, instances may come and go, ' +
    'and nothing is judged; after a 502, 503 or 504 of an instance, the balancer may eject it until it serves again',
  minimum:
    'two instances, 100 requests whose instance is known, and a session that two instances served (sticky: two ' +
    'instances, and 10 repeated requests)',
  start: (run, onAnomaly, faults) => new Routing(run, onAnomaly, faults),
  conclude: concluded,
};

/** Minimum number of requests after the first request of each session, for the claim `sticky`. */
const ENOUGH_REPEATS = 10;

interface Route {
  first: Operation;
  requests: number;
  /** True if a second instance also served the session. */
  several: boolean;
}

class Routing implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  /** By instance: the number of requests for which the balancer chose it. */
  readonly #shares = new Map<string, number>();
  /** By instance: the number of requests for which the client chose it. */
  readonly #direct = new Map<string, number>();
  readonly #open = new Map<SessionState, Route>();
  /** Sessions that only one instance served. */
  #pinned: Route[] = [];
  #sessions = 0;
  /** Number of sessions that a second instance also served. */
  #several = 0;
  #requests = 0;
  #repeats = 0;
  readonly #ejections = new Ejections();
  readonly #faults: FaultLedger;
  readonly #moves: Moves | undefined;
  /** Number of violations so far: sessions that stayed on one instance or moved, contrary to the claim. */
  #broken = 0;

  constructor(run: Run, onAnomaly: OnAnomaly | undefined, faults: FaultLedger) {
    this.#run = run;
    this.#faults = faults;
    this.#anomalies = new Anomalies(onAnomaly);
    if (run.routing === 'sticky') this.#moves = new Moves(run.logs.includes('balancer'));
  }

  ended(operation: Operation, standing: Standing): void {
    const from = this.#faults.windows.length > 0 ? undefined : this.#routed(operation, standing);
    this.#unneeded(this.#moves?.ended(operation, from));
  }

  /** @returns the previous request of the session, if another instance served it */
  #routed(operation: Operation, standing: Standing): Operation | undefined {
    const { instance } = operation;
    if (instance === undefined) return undefined;
    // If the client chose the instance, the request only shows that the instance exists.
    const chosen = operation.direct === true || operation.steered === true;
    if (!chosen && this.#run.routing === 'spread' && this.#ejections.covers(operation, instance))
      return undefined;
    const shares = chosen ? this.#direct : this.#shares;
    shares.set(instance, (shares.get(instance) ?? 0) + 1);
    if (chosen) return undefined;
    this.#requests++;
    if (!standing.live) return undefined;
    let route = this.#open.get(standing.session);
    if (route === undefined) {
      route = { first: operation, requests: 0, several: false };
      this.#open.set(standing.session, route);
      this.#sessions++;
    } else this.#repeats++;
    route.requests++;
    if (!route.several && route.first.instance !== instance) {
      route.several = true;
      this.#several++;
    }
    return standing.handoffFrom;
  }

  event(event: Event): void {
    if (event.type === 'served') this.#unneeded(this.#moves?.served(event));
  }

  #unneeded(move: Move | undefined): void {
    if (move === undefined) return;
    const [from, to] = move;
    this.#broken++;
    this.#anomalies.add(() =>
      anomaly(
        'UNPINNED',
        [
          { operation: from, came: `served by ${from.instance}` },
          { operation: to, expected: `served by ${from.instance}`, came: `served by ${to.instance}` },
        ],
        'a session moved to another instance without need',
      ),
    );
  }

  sessionEnded(session: SessionState): void {
    const route = this.#open.get(session);
    this.#open.delete(session);
    if (route === undefined || route.several) return;
    this.#pinned.push(route);
    if (this.#pinned.length > 100) {
      this.#pinned.sort((a, b) => b.requests - a.requests);
      this.#pinned.length = 50;
    }
  }

  counts(): Counts {
    const counts: Record<string, number> = {
      requests: this.#requests,
      sessions: this.#sessions,
      several: this.#several,
      repeats: this.#repeats,
      unexplained: this.#moves?.unexplained ?? 0,
      broken: this.#broken,
      unavailable: this.#ejections.requests,
    };
    for (const [instance, requests] of this.#shares) counts[served(instance)] = requests;
    for (const [instance, requests] of this.#direct) counts[DIRECT + instance] = requests;
    return counts;
  }

  finish(): Finding {
    const shares = sharesOf(this.counts(), this.#run);
    const uneven = unevenly(shares, this.#run, this.#sessions);
    if (uneven.length > 0) this.#anomalies.add(() => anomaly('PINNED', [], unevenness(uneven, this.#run)));
    if (this.#run.routing === 'spread') this.#judgeSessions(shares);
    return { ...concluded(this.counts(), this.#run), anomalies: this.#anomalies.kept };
  }

  #judgeSessions(shares: readonly Share[]): void {
    const tests = 1 + this.#sessions;
    const fair = new Map(shares.map(share => [share.instance, share.fair]));
    for (const route of this.#pinned.sort((a, b) => b.requests - a.requests)) {
      const { first, requests } = route;
      if ((fair.get(first.instance ?? '') ?? 1) ** (requests - 1) >= SIGNIFICANT / tests) continue;
      const summary = `all ${requests} requests of a session went to ${first.instance}`;
      const step = { operation: first, expected: 'other instances too', came: summary };
      this.#broken++;
      this.#anomalies.add(() => anomaly('PINNED', [step], summary));
    }
  }
}

function concluded(counts: Counts, run: Run): Conclusion {
  const of = reader(counts);
  const shares = sharesOf(counts, run);
  const uneven = unevenly(shares, run, of('sessions')).length > 0;
  const violations = of('broken') + Number(uneven);
  const rests = { requests: of('requests'), instances: shares.length, sessions: of('sessions') };
  return conclude(violations, missing(counts, shares, run), rests, findingOf(counts, shares, run));
}

function findingOf(counts: Counts, shares: readonly Share[], run: Run): string {
  const [broken, repeats] = [reader(counts)('broken'), reader(counts)('repeats')];
  if (run.routing === 'sticky') {
    return broken === 0
      ? `no session changed its instance in ${counted(repeats, 'request')}`
      : `${counted(broken, 'request')} of ${repeats} went to another instance than the session's`;
  }
  const shown = shares.map(({ part }) => percent(part)).join(' / ');
  return run.routing === 'spread'
    ? `spread ${shown} (chi-square p = ${chance(shares).toPrecision(2)})`
    : `${shares.every(({ requests }) => requests > 0) ? 'every instance served' : 'not every instance served'}: ${shown}`;
}

function missing(counts: Counts, shares: readonly Share[], run: Run): string | undefined {
  const of = reader(counts);
  const unavailable = of('unavailable');
  const left = `${counted(of('requests'), 'request')}, ${ENOUGH_REQUESTS} are needed`;
  const ejected = `${left}: ${grouped(unavailable)} more came while an instance was unavailable (502, 503, 504)`;
  if (shares.length < 2 && unavailable > 0) return ejected;
  if (shares.length === 0) return 'no response names its instance: set `instance` in the target file';
  if (shares.length === 1) {
    const only = shares[0]?.instance;
    return `every response came from ${only}: with one instance nothing can be spread or stick. Run at least two instances`;
  }
  const [without] = unweighted(shares, run);
  if (run.routing === 'spread' && without !== undefined)
    return `${without} served, and \`instance.weights\` does not name it: declare the weight of each instance`;
  const [evidence, enough] =
    run.routing === 'sticky' ? [of('repeats'), ENOUGH_REPEATS] : [of('requests'), ENOUGH_REQUESTS];
  if (evidence < enough)
    return unavailable > 0
      ? ejected
      : `${counted(evidence, 'request')}, ${enough} are needed: run for longer`;
  // k6 does not sum this count: there, the handoffs that continuity needs show the same.
  if (run.routing === 'spread' && of('sessions') > 0 && counts['several'] === 0)
    return 'no session was served by two instances, and none has enough requests to rule out chance: run for longer';
  if (of('unexplained') > 0) {
    return (
      `${counted(of('unexplained'), 'request')} went to another instance than the session's, and no balancer ` +
      'log shows whether the first instance was available'
    );
  }
  return undefined;
}

function anomaly(name: string, witness: WitnessStep[], summary: string): Anomaly {
  const operation = witness.at(-1)?.operation;
  return {
    name,
    guarantee: 'routing',
    ...(operation ? { session: operation.session, user: operation.user } : {}),
    summary,
    witness,
    notes: [],
  };
}
