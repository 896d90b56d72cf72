import { overlaps, titleOf, tookEffect } from '../faults/window.ts';
import type { Event, Operation } from '../history/history.ts';
import { deletedCookie, honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import type { Conclusion } from './check.ts';
import { Down, hung, noViolations, signedOut } from './down.ts';
import { Judging, KEPT, type Violation } from './framework.ts';
import { naming } from './trouble.ts';

export class OutageCounts {
  outages = 0;
  /** Number of outages that took effect. All other counts are of these outages only. */
  effective = 0;
  requests = 0;
  recovered = 0;
  /** Number of late responses for which a lack of CPU time on Baton's machine may be the only cause. */
  starved = 0;
}

export class Outage extends Judging<OutageCounts> {
  readonly #deadline = this.run.declared?.deadline ?? Number.POSITIVE_INFINITY;
  readonly #downs: Down[] = [];

  override event(event: Event): void {
    if (event.type !== 'fault') return;
    const window = this.faults.windows.findLast(({ id }) => id === event.id);
    if (window?.down !== true) return;
    const down = this.#downs.find(known => known.window === window);
    if (down === undefined) this.#downs.push(new Down(window));
    else if (window.bit === true) this.#release(down);
  }

  #release({ waiting }: Down): void {
    for (const name of ['LOGOUT', 'HANG'] as const) {
      const { found, kept } = waiting[name];
      for (const violation of kept) this.show(() => violation, name);
      this.count.violations += found;
      waiting[name] = noViolations();
    }
  }

  #found({ window, waiting }: Down, name: 'LOGOUT' | 'HANG', make: () => Violation): void {
    if (window.bit === true) this.report(make, name);
    else if (waiting[name].found++ < KEPT) waiting[name].kept.push(make());
  }

  override ended(operation: Operation, { session, live }: Standing): void {
    for (const down of this.#downs) {
      if (overlaps(down.window, operation)) this.#during(operation, session, live, down);
      else if (live) this.#afterwards(operation, session, down);
    }
  }

  #during(operation: Operation, session: SessionState, live: boolean, down: Down): void {
    this.#timed(operation, down);
    if (!live) return;
    down.requests++;
    if (session.lost !== operation) {
      down.sessions.add(session);
      return;
    }
    down.sessions.delete(session);
    const came =
      honoured(operation) === false
        ? 'signed out'
        : `${operation.status ?? 'no response'}, and deleted the cookie`;
    const what =
      deletedCookie(operation) === undefined
        ? 'signed a live session out'
        : 'deleted the cookie of a live session';
    const summary = `${operation.instance ?? 'the app'} ${what} while the store was down (${titleOf(down.window)})`;
    this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, came));
  }

  #timed(operation: Operation, down: Down): void {
    const { call, return: end, note } = operation;
    if (end === undefined || note === 'aborted') return;
    const waited = end - Math.max(call, down.window.begin);
    if (waited <= this.#deadline) return;
    if (operation.starved === true) down.starved++;
    else this.#found(down, 'HANG', () => hung(operation, waited, this.#deadline, down.window));
  }

  #afterwards(operation: Operation, session: SessionState, down: Down): void {
    const lost = session.lost === operation;
    if (honoured(operation) === undefined && !lost) return;
    if (!down.sessions.delete(session)) return;
    const summary = `a session that lived before the store was down (${titleOf(down.window)}) is signed out afterwards`;
    if (!lost) down.recovered++;
    else this.#found(down, 'LOGOUT', () => signedOut(operation, session, summary, 'signed out'));
  }

  override sessionEnded(session: SessionState): void {
    for (const down of this.#downs) down.sessions.delete(session);
  }

  override recount(): void {
    const effective = this.#downs.filter(({ window }) => tookEffect(window));
    const sum = (of: (down: Down) => number): number => effective.reduce((all, down) => all + of(down), 0);
    Object.assign(this.count, {
      outages: this.#downs.length,
      effective: effective.length,
      requests: sum(down => down.requests),
      recovered: sum(down => down.recovered),
      starved: sum(down => down.starved),
    });
  }

  override settle(): void {
    for (const down of this.#downs) if (tookEffect(down.window)) this.#release(down);
  }

  override conclusion(fromCounts: Conclusion): Conclusion {
    return naming(
      this.#downs.map(({ window }) => window),
      fromCounts,
    );
  }
}
