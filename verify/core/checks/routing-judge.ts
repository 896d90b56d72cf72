/** Judges each operation for routing. routing.ts declares the check. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Event, Operation } from '../history/history.ts';
import type { WitnessStep } from '../result/verdict.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import { Ejections } from './ejections.ts';
import { addTo, Judging, type Violation } from './framework.ts';
import { type Move, Moves } from './moves.ts';
import { type Routes, SIGNIFICANT, sharesOf, unevenly, unevenness } from './shares.ts';

/** The requests of one session. */
interface Route {
  first: Operation;
  requests: number;
  /** True if a second instance also served the session. */
  several: boolean;
}

export class Routing extends Judging<Routes> {
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
