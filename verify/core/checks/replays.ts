/** What became of one session's cookie after its logout: where it was refused, where it was honoured. */
import { precedes } from '../clocks.ts';
import type { Operation } from '../history.ts';
import type { Anomaly, WitnessStep } from '../verdict.ts';

export class Replays {
  /** The acknowledged logout; absent while it is under way, or when it says nothing. */
  logout: Operation | undefined;
  /** The logout's instance had never shown the session signed in: it may not have known it. */
  strange = false;
  /** Somebody logged in again with the same jar. */
  again = false;
  /** A request of the session that overlapped the logout. */
  flight: Operation | undefined;
  /** Responses that ended after the logout's call and set a cookie, by the cookie's label. */
  readonly late = new Map<string, Operation>();
  readonly #refused: Operation[] = [];
  readonly #tally = new Map<string, { honoured: number; asked: number }>();
  #anomaly: Anomaly | undefined;

  /**
   * Where the logout's instance may not have known the session, only it can tell: what it honours, it knows.
   *
   * @returns whether the answer to a replay says something of the logout
   */
  tells(replay: Operation, alive: boolean): boolean {
    if (!this.strange) return true;
    return alive && replay.instance !== undefined && replay.instance === this.logout?.instance;
  }

  /** @returns whether this is the first answer that honours the cookie */
  add(replay: Operation, alive: boolean): boolean {
    const of = this.#tally.get(replay.instance ?? '') ?? { honoured: 0, asked: 0 };
    const first = alive && ![...this.#tally.values()].some(other => other.honoured > 0);
    of.asked++;
    if (alive) of.honoured++;
    this.#tally.set(replay.instance ?? '', of);
    if (!alive && !this.#refused.some(known => known.instance === replay.instance))
      this.#refused.push(replay);
    return first;
  }

  /**
   * It had died, and lives again, when the same instance refused it before, or another one did and a request that
   * was in flight at the logout ended after that. Otherwise some instance never heard of the logout.
   */
  #died(replay: Operation): Operation | undefined {
    const before = this.#refused.filter(refusal => precedes(refusal, replay));
    const here = before.find(refusal => refusal.instance === replay.instance);
    const flown = this.flight?.return ?? Number.POSITIVE_INFINITY;
    return here ?? before.find(refusal => this.flight !== undefined && refusal.call <= flown);
  }

  /** @returns the anomaly that an honoured replay is: the session lived again, or never ended there */
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
        came: late ? 'set a cookie, after the logout' : 'in flight during the logout',
      });
    }
    if (died !== undefined) steps.push({ operation: died, came: 'refused: the session was dead' });
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

  /** Nothing more comes: completes what is told. */
  settle(): void {
    if (this.#anomaly === undefined) return;
    const told = [...this.#tally]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([instance, of]) => `${instance || 'the app'} honoured it ${of.honoured} of ${of.asked} times`);
    this.#anomaly.notes.push(`the cookie from before the logout: ${told.join(', ')}`);
  }
}
