/** routing: requests reach the instances as claimed. */
import { Anomalies, type Check, conclude, counted, type Finding, type Fold, percent } from '../check.ts';
import type { Event, Operation, Run, Served } from '../history.ts';
import type { Standing } from '../sessions.ts';
import { chiSquareP } from '../statistics.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

export const routing: Check = {
  guarantee: 'routing',
  assumes: 'every instance has the same weight; requests during a fault are left out',
  minimum: 'two instances, and 100 requests whose instance is known (sticky: 10 repeated requests)',
  start: run => new Routing(run),
};

/** Chance at which a spread is called uneven, over all tests of the run together. */
const SIGNIFICANT = 1e-6;
/** And only when a share is off by more than this part of what it should be. */
const OFF = 0.2;
const ENOUGH = { spread: 100, sticky: 10 };

interface Route {
  first: Operation;
  requests: number;
  instances: Set<string>;
}

class Routing implements Fold {
  readonly #run: Run;
  readonly #anomalies = new Anomalies();
  readonly #shares = new Map<string, number>();
  readonly #open = new Map<string, Route>();
  /** Sessions that only ever met one instance, the longest first to be shown. */
  #pinned: Route[] = [];
  #sessions = 0;
  #requests = 0;
  #repeats = 0;
  #faults = 0;
  /** Sticky: changes of instance whose request the balancer's log has not told of yet. */
  readonly #moves = new Map<string, WitnessStep[]>();
  #unexplained = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  ended(operation: Operation, standing: Standing): void {
    const { instance, session } = operation;
    if (instance === undefined || this.#faults > 0) return;
    this.#requests++;
    this.#shares.set(instance, (this.#shares.get(instance) ?? 0) + 1);
    if (!standing.live) return;
    let route = this.#open.get(session);
    if (route === undefined) {
      route = { first: operation, requests: 0, instances: new Set() };
      this.#open.set(session, route);
      this.#sessions++;
    }
    if (route.requests > 0) this.#repeats++;
    route.requests++;
    route.instances.add(instance);
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
    if (event.type === 'fault') this.#faults += event.end === undefined ? 1 : -1;
    if (event.type === 'served') this.#served(event);
    if (event.type === 'session' && event.event === 'ended') this.#close(event.session);
  }

  /** The balancer's log says that it tried no other instance first: nothing excuses the move. */
  #served(event: Served): void {
    const witness = this.#moves.get(event.request);
    if (witness === undefined || event.kind !== 'balancer') return;
    this.#moves.delete(event.request);
    this.#unexplained--;
    if ((event.tried?.length ?? 1) > 1) return;
    this.#anomalies.add(() =>
      anomaly('UNPINNED', witness, 'a session moved to another instance without need'),
    );
  }

  #close(session: string): void {
    const route = this.#open.get(session);
    this.#open.delete(session);
    if (route === undefined || route.instances.size > 1) return;
    this.#pinned.push(route);
    if (this.#pinned.length > 100) {
      this.#pinned.sort((a, b) => b.requests - a.requests);
      this.#pinned.length = 50;
    }
  }

  finish(): Finding {
    for (const session of [...this.#open.keys()]) this.#close(session);
    const shares = [...this.#shares.values()];
    const p = chiSquareP(shares);
    if (this.#run.routing === 'spread' && shares.length > 1) this.#judgeSpread(p);
    const rests = {
      requests: this.#requests,
      instances: shares.length,
      sessions: this.#sessions,
    };
    return conclude(this.#anomalies, this.#missing(), rests, this.#finding(p));
  }

  #judgeSpread(p: number): void {
    const n = this.#shares.size;
    const fair = this.#requests / n;
    const tests = 1 + this.#sessions;
    const uneven = [...this.#shares].filter(([, count]) => Math.abs(count - fair) > OFF * fair);
    if (p < SIGNIFICANT / tests && uneven.length > 0 && this.#requests >= ENOUGH.spread) {
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
      this.#anomalies.add(() => anomaly('PINNED', [step], told));
    }
  }

  #finding(p: number): string {
    if (this.#run.routing === 'sticky') {
      return this.#anomalies.count === 0
        ? `no session changed its instance in ${counted(this.#repeats, 'request')}`
        : `${counted(this.#anomalies.count, 'request')} of ${this.#repeats} went to another instance than the session's`;
    }
    const shares = [...this.#shares.values()].map(count => percent(count / this.#requests)).join(' / ');
    return this.#run.routing === 'spread'
      ? `spread ${shares} (chi-square p = ${p.toPrecision(2)})`
      : `every instance served: ${shares}`;
  }

  #missing(): string | undefined {
    if (this.#shares.size === 0) return 'no response names its instance: set `instance` in the target file';
    if (this.#shares.size === 1) {
      const only = [...this.#shares.keys()][0];
      return `every response came from ${only}: with one instance nothing can be spread or stick. Run at least two`;
    }
    const [evidence, enough] =
      this.#run.routing === 'sticky' ? [this.#repeats, ENOUGH.sticky] : [this.#requests, ENOUGH.spread];
    if (evidence < enough) return `${counted(evidence, 'request')}, ${enough} are needed: run for longer`;
    if (this.#unexplained > 0) {
      return (
        `${counted(this.#unexplained, 'request')} went to another instance than the session's, and no balancer ` +
        'log tells whether that one was available'
      );
    }
    return undefined;
  }
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
