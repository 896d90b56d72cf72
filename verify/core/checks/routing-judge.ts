import type { Operation, Served } from '../history/history.ts';
import type { SessionState, Standing } from '../timeline/sessions.ts';
import { Ejections } from './ejections.ts';
import { addTo, Judging, type Violation, violation } from './framework.ts';
import { fairAt, type Presence, presencesOf, type Routes, significantIn } from './presence.ts';
import { type SessionRoute, SessionRoutes } from './session-routes.ts';
import { unevenly, unevenness } from './shares.ts';

export class Routing extends Judging<Routes> {
  readonly #routes = new SessionRoutes();
  readonly #ejections = new Ejections();
  /** Key: a request that moved a sticky session; value: the previous request. Kept until the log shows the move. */
  readonly #moves = new Map<Operation, Operation>();
  /** `#turns`: number of requests whose session differs from the session of the previous request. */
  #latest: SessionState | undefined;
  #turns = 0;
  readonly #turnsAt = new Map<string, number>();

  override ended(operation: Operation, standing: Standing): void {
    const from = this.faults.windows.length > 0 ? undefined : this.#counted(operation, standing);
    if (from === undefined || this.run.routing !== 'sticky') return;
    this.count.unexplained++;
    if (this.run.logs.includes('balancer')) this.#moves.set(operation, from);
  }

  #counted(operation: Operation, { live, session, handoffFrom }: Standing): Operation | undefined {
    const { instance } = operation;
    if (instance === undefined) return undefined;
    const chosen = operation.direct === true || operation.steered === true;
    if (!chosen && this.run.routing === 'spread' && this.#ejections.covers(operation, instance))
      return undefined;
    addTo(chosen ? this.count.chosen : this.count.served, instance);
    if (!chosen) this.count.requests++;
    this.#seen(instance, session, chosen ? this.count.requests + 0.5 : this.count.requests);
    if (chosen || !live) return undefined;
    this.#routes.add(operation, session, this.count, this.run.routing === 'spread');
    return handoffFrom;
  }

  #seen(instance: string, session: SessionState, seen: number): void {
    const { since, until, left, back, without } = this.count;
    if (session !== this.#latest) this.#turns++;
    this.#latest = session;
    const turns = this.#turns - (this.#turnsAt.get(instance) ?? this.#turns) - 1;
    if (turns > (without[instance] ?? 0)) {
      left[instance] = until[instance] ?? 0;
      back[instance] = seen;
      without[instance] = turns;
    }
    this.#turnsAt.set(instance, this.#turns);
    since[instance] ??= seen;
    until[instance] = seen;
  }

  /** A sticky session may move if the balancer's log shows that the session's instance was tried first. */
  override routed(to: Operation, { tried }: Served): void {
    const from = this.#moves.get(to);
    if (from === undefined) return;
    this.#moves.delete(to);
    this.count.unexplained--;
    if ((tried?.length ?? 1) > 1) return;
    const expected = `served by ${from.instance}`;
    const summary = 'a session moved to another instance without need';
    const came = `served by ${to.instance}`;
    this.report(() => violation(summary, [from, expected], [to, came, expected]), 'UNPINNED');
  }

  override sessionEnded(session: SessionState): void {
    this.#routes.end(session);
  }

  override recount(): void {
    this.count.unavailable = this.#ejections.requests;
  }

  override settle(): void {
    const uneven = unevenly(this.count, this.run);
    if (uneven.length > 0) this.show(() => violation(unevenness(uneven, this.run)), 'PINNED');
    if (this.run.routing !== 'spread') return;
    const [present, ejected] = [false, true].map(out => presencesOf(this.count, this.run, 1, out));
    for (const route of this.#routes.pinned()) {
      if (!this.#isPinned(route, present)) continue;
      if (this.#isPinned(route, ejected)) this.report(() => pinned(route), 'PINNED');
      else this.count.excused++;
    }
  }

  #isPinned({ first, repeats }: SessionRoute, presences: readonly Presence[] = []): boolean {
    const fair = repeats.map(request => fairAt(presences, first.instance ?? '', request));
    return fair.reduce((chance, part) => chance * part, 1) < significantIn(this.count);
  }
}

function pinned({ first, requests }: SessionRoute): Violation {
  const summary = `all ${requests} requests of a session went to ${first.instance}`;
  return violation(summary, [first, summary, 'other instances too']);
}
