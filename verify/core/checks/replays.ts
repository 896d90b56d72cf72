/** Records which instances refuse the cookie of one session after its logout, and which instances honour it. */
import type { Operation } from '../history/history.ts';
import { type Anomaly, inOrder, stepsOf } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
import { HonouredBy } from './honoured-by.ts';

export class Replays {
  /** The acknowledged logout; absent while it is in flight, or if the session was lost before it. */
  logout: Operation | undefined;
  /**
   * True if the instance of the logout never showed the session signed in. This instance may not have known the
   * session.
   */
  strange = false;
  /** True after the same jar has logged in again. */
  again = false;
  /** A request of the session that overlapped the logout. */
  flight: Operation | undefined;
  /** By label of a cookie: the response that set the cookie and came after the logout was sent. */
  readonly late = new Map<string, Operation>();
  readonly #refused: Operation[] = [];
  readonly #tally = new HonouredBy();
  /** The anomaly of the first replay that was honoured, if the framework keeps it. */
  anomaly: Anomaly | undefined;

  /**
   * Returns whether a replay says something about the logout. A refusal says something only if the request carried
   * the session cookie. If the instance of the logout may not have known the session, only a replay that this
   * instance honours says something.
   */
  isEvidence(replay: Operation, alive: boolean, { jar }: SessionState): boolean {
    if (!alive && jar.used && replay.sent === undefined) return false;
    if (!this.strange) return true;
    return alive && replay.instance !== undefined && replay.instance === this.logout?.instance;
  }

  /** Adds a replay. @returns whether this is the first replay that was honoured */
  add(replay: Operation, alive: boolean): boolean {
    const first = alive && !this.#tally.ever;
    this.#tally.add(replay.instance ?? '', alive);
    if (!alive && !this.#refused.some(known => known.instance === replay.instance))
      this.#refused.push(replay);
    return first;
  }

  /**
   * Returns the refusal after which this replay was honoured. A refusal by another instance counts only if its
   * request was sent while a request that overlapped the logout was still in flight.
   */
  #died(replay: Operation): Operation | undefined {
    const before = this.#refused.filter(refusal => precedes(refusal, replay));
    const here = before.find(refusal => refusal.instance === replay.instance);
    const flightEnd = this.flight?.return ?? Number.POSITIVE_INFINITY;
    return here ?? before.find(refusal => this.flight !== undefined && refusal.call <= flightEnd);
  }

  /** @returns RISEN if the session lives again after a refusal; ZOMBIE if the instance never ended the session */
  nameOf(replay: Operation): 'RISEN' | 'ZOMBIE' {
    return this.#died(replay) === undefined ? 'ZOMBIE' : 'RISEN';
  }

  /** Describes the violation that a replay proves, because an instance honoured it. */
  violation(replay: Operation): Violation {
    const died = this.#died(replay);
    const late = replay.sent === undefined ? undefined : this.late.get(replay.sent);
    const cause = late ?? (died === undefined ? undefined : this.flight);
    const there = replay.instance ?? 'the app';
    const steps = stepsOf(
      [this.logout, 'acknowledged'],
      [cause, late ? 'set a cookie after the logout' : 'in flight during the logout'],
      [died, 'refused: the session is dead'],
    );
    return {
      at: replay,
      summary: this.#summary(there, died, late),
      witness: [...inOrder(steps), ...stepsOf([replay, `signed in as ${replay.user}`, 'refused'])],
      notes:
        this.flight !== undefined && cause === undefined
          ? ['a request of the session was in flight during the logout: it may have written the session back']
          : [],
    };
  }

  #summary(there: string, died: Operation | undefined, late: Operation | undefined): string {
    const what = this.logout?.action === 'logout-all' ? 'the logout of all sessions' : 'the logout';
    if (late !== undefined) return `a late response set a cookie that ${there} accepts after ${what}`;
    if (died !== undefined) return `after ${what} the session was dead, and ${there} honours it again`;
    return `${there} still honours the cookie after ${what}`;
  }

  /** Adds the counts of all replays to the anomaly. Called when the session ends. */
  settle(): void {
    this.anomaly?.notes.push(`the cookie from before the logout: ${this.#tally.described()}`);
  }
}

/** Returns the violation of a provider that accepts a login without a password after the logout. */
export const stillKnown = (logout: Operation, login: Operation): Violation => ({
  at: login,
  summary:
    'after the logout the identity provider still knew the user: the next login in this browser was accepted without a password',
  witness: stepsOf([logout, 'acknowledged'], [login, `logged in as ${login.user}`, 'asked for the password']),
});
