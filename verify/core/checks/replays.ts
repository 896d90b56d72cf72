/** Records the replays of one session's cookie after its logout: which instances refused it, and which honoured it. */
import { precedes } from '../clocks.ts';
import type { Operation } from '../history.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

export class Replays {
  /** The acknowledged logout; absent while it is in flight, or if the session was lost before. */
  logout: Operation | undefined;
  /** True if the logout's instance had never shown the session signed in: it may not have known the session. */
  strange = false;
  /** True after another login of the same jar. */
  again = false;
  /** A request of the session that overlapped the logout. */
  flight: Operation | undefined;
  /** Responses that ended after the logout's call and set a cookie, by the cookie's label. */
  readonly late = new Map<string, Operation>();
  readonly #refused: Operation[] = [];
  /** By instance: how often the cookie was replayed, and how often the instance honoured it. */
  readonly #tally = new Map<string, { honoured: number; replays: number }>();
  #anomaly: Anomaly | undefined;

  /**
   * Returns whether the response to a replay says something about the logout. If the logout's instance may not have
   * known the session, only that instance is evidence: a session that it honours, it knows.
   */
  isEvidence(replay: Operation, alive: boolean): boolean {
    if (!this.strange) return true;
    return alive && replay.instance !== undefined && replay.instance === this.logout?.instance;
  }

  /** Adds a replay. @returns whether its response is the first one that honours the cookie */
  add(replay: Operation, alive: boolean): boolean {
    const of = this.#tally.get(replay.instance ?? '') ?? { honoured: 0, replays: 0 };
    const first = alive && ![...this.#tally.values()].some(other => other.honoured > 0);
    of.replays++;
    if (alive) of.honoured++;
    this.#tally.set(replay.instance ?? '', of);
    if (!alive && !this.#refused.some(known => known.instance === replay.instance))
      this.#refused.push(replay);
    return first;
  }

  /**
   * Returns the refusal after which the session lives again. Either the same instance refused it before, or another one
   * did, and a request in flight during the logout ended later. Undefined if this instance never ended the session.
   */
  #died(replay: Operation): Operation | undefined {
    const before = this.#refused.filter(refusal => precedes(refusal, replay));
    const here = before.find(refusal => refusal.instance === replay.instance);
    const flightEnd = this.flight?.return ?? Number.POSITIVE_INFINITY;
    return here ?? before.find(refusal => this.flight !== undefined && refusal.call <= flightEnd);
  }

  /** @returns the name of the anomaly of an honoured replay: the session lives again, or never ended there */
  nameOf(replay: Operation): 'RISEN' | 'ZOMBIE' {
    return this.#died(replay) === undefined ? 'ZOMBIE' : 'RISEN';
  }

  anomaly(replay: Operation): Anomaly {
    const died = this.#died(replay);
    const late = replay.sent === undefined ? undefined : this.late.get(replay.sent);
    const cause = late ?? (died === undefined ? undefined : this.flight);
    const there = replay.instance ?? 'the app';
    const steps: WitnessStep[] = [];
    if (this.logout !== undefined) steps.push({ operation: this.logout, came: 'acknowledged' });
    if (cause !== undefined) {
      steps.push({
        operation: cause,
        came: late ? 'set a cookie after the logout' : 'in flight during the logout',
      });
    }
    if (died !== undefined) steps.push({ operation: died, came: 'refused: the session is dead' });
    steps.sort((a, b) => a.operation.call - b.operation.call);
    steps.push({ operation: replay, expected: 'refused', came: `signed in as ${replay.user}` });
    this.#anomaly = {
      name: this.nameOf(replay),
      guarantee: 'logout-final',
      session: replay.session,
      user: replay.user,
      summary: this.#summary(there, died, late),
      witness: steps,
      notes:
        this.flight !== undefined && cause === undefined
          ? ['a request of the session was in flight during the logout: it may have written the session back']
          : [],
    };
    return this.#anomaly;
  }

  #summary(there: string, died: Operation | undefined, late: Operation | undefined): string {
    const what = this.logout?.action === 'logout-all' ? 'the logout of all sessions' : 'the logout';
    if (late !== undefined) return `a late response set a cookie that ${there} accepts after ${what}`;
    if (died !== undefined) return `after ${what} the session was dead, and ${there} honours it again`;
    return `${there} still honours the cookie after ${what}`;
  }

  /** Called when the session ends: adds the tally of all replays to the anomaly. */
  settle(): void {
    if (this.#anomaly === undefined) return;
    const tallies = [...this.#tally]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([instance, of]) => `${instance || 'the app'} honoured it ${of.honoured} of ${of.replays} times`);
    this.#anomaly.notes.push(`the cookie from before the logout: ${tallies.join(', ')}`);
  }
}
