/** Records which instances refuse a session's cookie after the logout, and which still honour it. */
import type { Operation } from '../history/history.ts';
import { counted } from '../result/format.ts';
import { type Anomaly, inOrder } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { type Violation, violation } from './framework.ts';
import { HonouredBy } from './honoured-by.ts';

const MAY_RETURN =
  'a request of the session was in flight during the logout: it may have written the session back';

export class Replays {
  logout: Operation | undefined;
  /** True if the logout's instance has never shown the session signed in. This instance may not know the session. */
  strange = false;
  again = false;
  flight: Operation | undefined;
  /** Key: the label of a cookie's value; value: the response that set the cookie after the logout was sent. */
  readonly late = new Map<string, Operation>();
  readonly #refused: Operation[] = [];
  readonly #tally = new HonouredBy();
  /** The anomaly of the first accepted request with the old cookie, if the report keeps it. */
  anomaly: Anomaly | undefined;

  /** A refusal is no evidence without a session cookie, or if the logout's instance may not know the session. */
  isEvidence(replay: Operation, alive: boolean, { jar }: SessionState): boolean {
    if (!alive && jar.used && replay.sent === undefined) return false;
    if (!this.strange) return true;
    return alive && replay.instance === this.logout?.instance;
  }

  add(replay: Operation, alive: boolean): boolean {
    const first = alive && !this.#tally.ever;
    this.#tally.add(replay.instance ?? '', alive);
    if (!alive && !this.#refused.some(known => known.instance === replay.instance))
      this.#refused.push(replay);
    return first;
  }

  #died(replay: Operation): Operation | undefined {
    const before = this.#refused.filter(refusal => precedes(refusal, replay));
    const here = before.find(refusal => refusal.instance === replay.instance);
    const flightEnd = this.flight?.return ?? Number.POSITIVE_INFINITY;
    return here ?? before.find(refusal => this.flight !== undefined && refusal.call <= flightEnd);
  }

  /** Returns RISEN if an earlier refusal shows that the session was dead, else ZOMBIE. */
  nameOf(replay: Operation): 'RISEN' | 'ZOMBIE' {
    return this.#died(replay) === undefined ? 'ZOMBIE' : 'RISEN';
  }

  violation(replay: Operation): Violation {
    const died = this.#died(replay);
    const late = replay.sent === undefined ? undefined : this.late.get(replay.sent);
    const cause = late ?? (died === undefined ? undefined : this.flight);
    const there = replay.instance ?? 'the app';
    const before = inOrder([
      [this.logout, 'acknowledged'],
      [cause, late ? 'set a cookie after the logout' : 'in flight during the logout'],
      [died, 'refused: the session is dead'],
    ]);
    return {
      summary: this.#summary(there, died, late),
      witness: [...before, [replay, `signed in as ${replay.user}`, 'refused']],
      notes: this.flight !== undefined && cause === undefined ? [MAY_RETURN] : [],
    };
  }

  #summary(there: string, died: Operation | undefined, late: Operation | undefined): string {
    const what = this.logout?.action === 'logout-all' ? 'the logout of all sessions' : 'the logout';
    if (late !== undefined) return `a late response set a cookie that ${there} accepts after ${what}`;
    if (died !== undefined) return `after ${what} the session was dead, and ${there} honours it again`;
    return `${there} still honours the cookie after ${what}`;
  }

  settle(): void {
    this.anomaly?.notes.push(`the cookie from before the logout: ${this.#tally.described()}`);
  }
}

/** Corrects the cause that notes name, if cookies live on after logouts without a request in flight, too. */
export class Causes {
  #plain = 0;
  readonly #raced: Anomaly[] = [];

  add({ flight, anomaly }: Replays): void {
    if (flight === undefined) this.#plain++;
    else if (anomaly !== undefined) this.#raced.push(anomaly);
  }

  settle(): void {
    if (this.#plain === 0) return;
    const instead =
      'a request of the session was in flight during the logout. It is not the cause: after ' +
      `${counted(this.#plain, 'logout')} without a request in flight the cookie lived on, too`;
    for (const { notes } of this.#raced)
      notes.splice(0, notes.length, ...notes.map(note => (note === MAY_RETURN ? instead : note)));
  }
}

export const stillKnown = (logout: Operation, login: Operation): Violation =>
  violation(
    'after the logout the identity provider still knew the user: the next login in this browser was accepted without a password',
    [logout, 'acknowledged'],
    [login, `logged in as ${login.user}`, 'asked for the password'],
  );
