/** routing: requests reach the instances as claimed. */
import {
  Anomalies,
  type Check,
  type Conclusion,
  type Counts,
  conclude,
  counted,
  type Finding,
  type Fold,
  percent,
  reader,
  type Tell,
} from '../check.ts';
import type { Event, Operation, Run, Served } from '../history.ts';
import type { SessionState, Standing } from '../sessions.ts';
import { chiSquareP } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

export const routing: Check = {
  guarantee: 'routing',
  assumes:
    'every instance has the same weight; from the first fault on instances may come and go, and nothing is judged',
  minimum: 'two instances, and 100 requests whose instance is known (sticky: 10 repeated requests)',
  start: (run, tell) => new Routing(run, tell),
  conclude: concluded,
};

/** Chance at which a spread is called uneven, over all tests of the run together. */
const SIGNIFICANT = 1e-6;
/** And only when a share is off by more than this part of what it should be. */
const OFF = 0.2;
const ENOUGH = { spread: 100, sticky: 10 };

interface Route {
  first: Operation;
  requests: number;
  /** Whether another instance than the first one's served it too. */
  several: boolean;
}

class Routing implements Fold {
  readonly #run: Run;
  readonly #anomalies: Anomalies;
  readonly #shares = new Map<string, number>();
  readonly #open = new Map<SessionState, Route>();
  /** Sessions that only ever met one instance, the longest first to be shown. */
  #pinned: Route[] = [];
  #sessions = 0;
  #requests = 0;
  #repeats = 0;
  #disturbed = false;
  /** Sticky: changes of instance whose request the balancer's log has not told of yet. */
  readonly #moves = new Map<string, WitnessStep[]>();
  #unexplained = 0;
  /** Sessions that stayed, or moved, against the claim. */
  #broken = 0;

  constructor(run: Run, tell?: Tell) {
    this.#run = run;
    this.#anomalies = new Anomalies(tell);
  }

  ended(operation: Operation, standing: Standing): void {
    const { instance } = operation;
    if (instance === undefined || this.#disturbed) return;
    if (operation.direct === true || operation.steered === true) {
      // The client chose the instance, and not the balancer; but there is such an instance.
      if (!this.#shares.has(instance)) this.#shares.set(instance, 0);
      return;
    }
    this.#requests++;
    this.#shares.set(instance, (this.#shares.get(instance) ?? 0) + 1);
    if (!standing.live) return;
    let route = this.#open.get(standing.session);
    if (route === undefined) {
      route = { first: operation, requests: 0, several: false };
      this.#open.set(standing.session, route);
      this.#sessions++;
    } else this.#repeats++;
    route.requests++;
    if (route.first.instance !== instance) route.several = true;
    if (this.#run.routing === 'sticky' && standing.handoffFrom !== undefined) {
      this.#moved(standing.handoffFrom, operation);
    }
  }

  #moved(from: Operation, to: Operation): void {
    this.#unexplained++;
    this.#moves.set(to.request, [
      { operation: from, came: `served by ${from.instance}` },
      {
        operation: to,
        expected: `served by ${from.instance}`,
        came: `served by ${to.instance}`,
      },
    ]);
  }

  event(event: Event): void {
    if (event.type === 'fault') this.#disturbed = true;
    if (event.type === 'served') this.#served(event);
  }

  /** The balancer's log says that it tried no other instance first: nothing excuses the move. */
  #served(event: Served): void {
    const witness = this.#moves.get(event.request);
    if (witness === undefined || event.kind !== 'balancer') return;
    this.#moves.delete(event.request);
    this.#unexplained--;
    if ((event.tried?.length ?? 1) > 1) return;
    this.#broken++;
    this.#anomalies.add(() =>
      anomaly('UNPINNED', witness, 'a session moved to another instance without need'),
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
      repeats: this.#repeats,
      unexplained: this.#unexplained,
      broken: this.#broken,
    };
    for (const [instance, requests] of this.#shares) counts[served(instance)] = requests;
    return counts;
  }

  finish(): Finding {
    if (this.#run.routing === 'spread' && this.#shares.size > 1) this.#judgeSpread();
    return { ...concluded(this.counts(), this.#run), anomalies: this.#anomalies.kept };
  }

  #judgeSpread(): void {
    const n = this.#shares.size;
    const tests = 1 + this.#sessions;
    const uneven = unevenly(this.#shares, this.#sessions);
    if (uneven.length > 0) {
      const told = uneven.map(([instance, count]) => `${instance} served ${percent(count / this.#requests)}`);
      this.#anomalies.add(() => anomaly('PINNED', [], `${told.join(', ')}, where ${percent(1 / n)} is fair`));
    }
    for (const route of this.#pinned.sort((a, b) => b.requests - a.requests)) {
      if ((1 / n) ** (route.requests - 1) >= SIGNIFICANT / tests) break;
      const told = `all ${route.requests} requests of a session went to ${route.first.instance}`;
      const step = {
        operation: route.first,
        expected: 'other instances in turn',
        came: told,
      };
      this.#broken++;
      this.#anomalies.add(() => anomaly('PINNED', [step], told));
    }
  }
}

/** The name under which the requests that an instance served are counted. */
const SERVED = 'served by ';
export const served = (instance: string): string => SERVED + instance;

const sharesOf = (counts: Counts): Map<string, number> =>
  new Map(
    Object.entries(counts)
      .filter(([name, requests]) => name.startsWith(SERVED) && requests > 0)
      .map(([name, requests]) => [name.slice(SERVED.length), requests]),
  );

const sum = (counts: Iterable<number>): number => [...counts].reduce((a, b) => a + b, 0);

/** The instances whose share is off by so much that it is no chance, over all tests of the run together. */
function unevenly(shares: ReadonlyMap<string, number>, sessions: number): [string, number][] {
  const requests = sum(shares.values());
  const fair = requests / shares.size;
  if (requests < ENOUGH.spread || chiSquareP([...shares.values()]) >= SIGNIFICANT / (1 + sessions)) return [];
  return [...shares].filter(([, count]) => Math.abs(count - fair) > OFF * fair);
}

function concluded(counts: Counts, run: Run): Conclusion {
  const of = reader(counts);
  const shares = sharesOf(counts);
  const uneven = run.routing === 'spread' && unevenly(shares, of('sessions')).length > 0;
  const violations = of('broken') + Number(uneven);
  const rests = { requests: of('requests'), instances: shares.size, sessions: of('sessions') };
  return conclude(violations, missing(counts, shares, run), rests, findingOf(counts, shares, run));
}

function findingOf(counts: Counts, shares: ReadonlyMap<string, number>, run: Run): string {
  const [broken, repeats] = [reader(counts)('broken'), reader(counts)('repeats')];
  if (run.routing === 'sticky') {
    return broken === 0
      ? `no session changed its instance in ${counted(repeats, 'request')}`
      : `${counted(broken, 'request')} of ${repeats} went to another instance than the session's`;
  }
  const requests = [...shares.values()];
  const told = requests.map(count => percent(count / sum(requests))).join(' / ');
  return run.routing === 'spread'
    ? `spread ${told} (chi-square p = ${chiSquareP(requests).toPrecision(2)})`
    : `every instance served: ${told}`;
}

function missing(counts: Counts, shares: ReadonlyMap<string, number>, run: Run): string | undefined {
  const of = reader(counts);
  if (shares.size === 0) return 'no response names its instance: set `instance` in the target file';
  if (shares.size === 1) {
    const only = [...shares.keys()][0];
    return `every response came from ${only}: with one instance nothing can be spread or stick. Run at least two`;
  }
  const [evidence, enough] =
    run.routing === 'sticky' ? [of('repeats'), ENOUGH.sticky] : [of('requests'), ENOUGH.spread];
  if (evidence < enough) return `${counted(evidence, 'request')}, ${enough} are needed: run for longer`;
  if (of('unexplained') > 0) {
    return (
      `${counted(of('unexplained'), 'request')} went to another instance than the session's, and no balancer ` +
      'log tells whether that one was available'
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
