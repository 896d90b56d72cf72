/** Checks routing: requests reach the instances as claimed. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Event, Operation, Run } from '../history/history.ts';
import { counted, grouped, percent } from '../result/format.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import { Ejections } from './ejections.ts';
import { addTo, check, few, Judging, tally, type Violation } from './framework.ts';
import { type Move, Moves } from './moves.ts';
import {
  chance,
  ENOUGH_REQUESTS,
  type Routes,
  type Share,
  SIGNIFICANT,
  sharesOf,
  unevenly,
  unevenness,
  unweighted,
} from './shares.ts';

/** Minimum number of requests after the first request of each session, for the claim `sticky`. */
const ENOUGH_REPEATS = 10;

/** The requests of one session. */
interface Route {
  first: Operation;
  requests: number;
  /** True if a second instance also served the session. */
  several: boolean;
}

class Routing extends Judging<Routes> {
  readonly #open = new Map<SessionState, Route>();
  /** Sessions that only one instance served. */
  #pinned: Route[] = [];
  readonly #ejections = new Ejections();
  readonly #moves = this.run.routing === 'sticky' ? new Moves(this.run.logs.includes('balancer')) : undefined;

  override ended(operation: Operation, standing: Standing): void {
    const from = this.faults.windows.length > 0 ? undefined : this.#routed(operation, standing);
    this.#unneeded(this.#moves?.ended(operation, from));
  }

  /** @returns the previous request of the session, if another instance served it */
  #routed(operation: Operation, { live, session, handoffFrom }: Standing): Operation | undefined {
    const { instance } = operation;
    if (instance === undefined) return undefined;
    // If the client chose the instance, the request only shows that the instance exists.
    const chosen = operation.direct === true || operation.steered === true;
    if (!chosen && this.run.routing === 'spread' && this.#ejections.covers(operation, instance))
      return undefined;
    addTo(chosen ? this.count.chosen : this.count.served, instance);
    if (chosen) return undefined;
    this.count.requests++;
    if (!live) return undefined;
    const route = getOrInsert(this.#open, session, () => ({ first: operation, requests: 0, several: false }));
    if (route.first === operation) this.count.sessions++;
    else this.count.repeats++;
    route.requests++;
    if (!route.several && route.first.instance !== instance) {
      route.several = true;
      this.count.several++;
    }
    return handoffFrom;
  }

  override event(event: Event): void {
    if (event.type === 'served') this.#unneeded(this.#moves?.served(event));
  }

  #unneeded(move: Move | undefined): void {
    if (move === undefined) return;
    const [from, to] = move;
    const expected = `served by ${from.instance}`;
    const witness = [
      { operation: from, came: expected },
      { operation: to, expected, came: `served by ${to.instance}` },
    ];
    this.report(
      () => ({ at: to, summary: 'a session moved to another instance without need', witness }),
      'UNPINNED',
    );
  }

  override sessionEnded(session: SessionState): void {
    const route = this.#open.get(session);
    this.#open.delete(session);
    if (route === undefined || route.several) return;
    this.#pinned.push(route);
    if (this.#pinned.length > 100) {
      this.#pinned.sort((a, b) => b.requests - a.requests);
      this.#pinned.length = 50;
    }
  }

  override recount(): void {
    this.count.unexplained = this.#moves?.unexplained ?? 0;
    this.count.unavailable = this.#ejections.requests;
  }

  override settle(): void {
    const uneven = unevenly(this.count, this.run);
    if (uneven.length > 0)
      this.show(() => ({ summary: unevenness(uneven, this.run), witness: [] }), 'PINNED');
    if (this.run.routing !== 'spread') return;
    const fair = new Map(sharesOf(this.count, this.run).map(share => [share.instance, share.fair]));
    for (const route of this.#pinned.sort((a, b) => b.requests - a.requests)) {
      const { first, requests } = route;
      const byChance = (fair.get(first.instance ?? '') ?? 1) ** (requests - 1);
      if (byChance < SIGNIFICANT / (1 + this.count.sessions)) this.report(() => pinned(route), 'PINNED');
    }
  }
}

function pinned({ first, requests }: Route): Violation {
  const summary = `all ${requests} requests of a session went to ${first.instance}`;
  const step: WitnessStep = { operation: first, expected: 'other instances too', came: summary };
  return { at: first, summary, witness: [step] };
}

export const routing = check<Routes>({
  guarantee: 'routing',
  assumes:
    'instances have the declared weights, or equal weights; from the first fault on, instances may come and go, ' +
    'and nothing is judged; after a 502, 503 or 504 of an instance, the balancer may eject it until it serves again',
  minimum:
    'two instances, 100 requests whose instance is known, and a session that two instances served (sticky: two ' +
    'instances, and 10 repeated requests)',
  judge: Routing,
  counts: () => ({
    ...{ requests: 0, sessions: 0, several: 0, repeats: 0, unexplained: 0, unavailable: 0 },
    ...{ served: tally(), chosen: tally() },
  }),
  violations: (count, run) => count.violations + Number(unevenly(count, run).length > 0),
  compared: ({ requests }) => requests,
  missing,
  rests: (count, run) => ({
    ...{ requests: count.requests, instances: sharesOf(count, run).length, sessions: count.sessions },
  }),
  rulesOut: findingOf,
  broken: (_violations, count, run) => findingOf(count, run),
});

function findingOf(count: Routes & { violations: number }, run: Run): string {
  const { violations, repeats } = count;
  if (run.routing === 'sticky') {
    return violations === 0
      ? `no session changed its instance in ${counted(repeats, 'request')}`
      : `${counted(violations, 'request')} of ${repeats} went to another instance than the session's`;
  }
  const shares = sharesOf(count, run);
  const shown = shares.map(({ part }) => percent(part)).join(' / ');
  return run.routing === 'spread'
    ? `spread ${shown} (chi-square p = ${chance(shares).toPrecision(2)})`
    : `${shares.every(({ requests }) => requests > 0) ? 'every instance served' : 'not every instance served'}: ${shown}`;
}

function missing(count: Routes, run: Run): string | undefined {
  const { requests, unavailable, repeats, unexplained } = count;
  const shares: Share[] = sharesOf(count, run);
  const ejected = `${counted(requests, 'request')}, ${ENOUGH_REQUESTS} are needed: ${grouped(unavailable)} more came while an instance was unavailable (502, 503, 504)`;
  if (shares.length < 2 && unavailable > 0) return ejected;
  if (shares.length === 0) return 'no response names its instance: set `instance` in the target file';
  if (shares.length === 1) {
    const only = shares[0]?.instance;
    return `every response came from ${only}: with one instance nothing can be spread or stick. Run at least two instances`;
  }
  const spread = run.routing === 'spread';
  const [without] = unweighted(shares, run);
  if (spread && without !== undefined)
    return `${without} served, and \`instance.weights\` does not name it: declare the weight of each instance`;
  const tooFew =
    run.routing === 'sticky'
      ? few(repeats, ENOUGH_REPEATS, 'request', '', 'run for longer')
      : few(requests, ENOUGH_REQUESTS, 'request', '', 'run for longer');
  if (tooFew !== undefined) return unavailable > 0 ? ejected : tooFew;
  if (spread && count.sessions > 0 && count.several === 0)
    return 'no session was served by two instances, and none has enough requests to rule out chance: run for longer';
  return unexplained > 0
    ? `${counted(unexplained, 'request')} went to another instance than the session's, and no balancer ` +
        'log shows whether the first instance was available'
    : undefined;
}
