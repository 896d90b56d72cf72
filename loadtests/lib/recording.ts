/** Records the requests of one session: for the history, the judge and k6's counters. */
import type { Operation, SessionEvent, Start } from '../../verify/core/history/history.ts';
import { joined } from '../../verify/core/history/joined.ts';
import type { Seen } from '../../verify/core/response/interpret.ts';
import { GAP } from '../../verify/core/sums/figures.ts';
import { Repeats } from '../../verify/core/sums/repeats.ts';
import type { ProbeRequests } from '../target/app.ts';
import { isSafe, type RequestMeaning } from '../target/meaning.ts';
import { add } from './metrics.ts';
import type { VirtualUser } from './virtual-user.ts';

export interface RequestInFlight {
  id: number;
  call: number;
  what: RequestMeaning;
  object: string | undefined;
  request: string;
}

export class Recording {
  session = '';
  readonly #vu: VirtualUser;
  readonly #user: string;
  readonly #repeats: Repeats;
  /** The judge gets every read that is slower than this, microseconds. */
  readonly #longest: number;
  #named: { probe: ProbeRequests; object: string } | undefined;
  #contacted: string[] = [];
  /** The previous read, if it repeats an earlier read. The judge has not received this read yet. */
  #held: { called: RequestInFlight; seen: Seen; instance: string | undefined; now: number } | undefined;
  /** Time of the last successful response, microseconds. Before the first success: time of the first request. */
  #success: number | undefined;
  #failing = false;

  /** @param user text that replaces the account's user name in the history */
  constructor(vu: VirtualUser, user: string) {
    this.#vu = vu;
    this.#user = user;
    this.#repeats = new Repeats(vu.observer.repeated);
    this.#longest = vu.shared.run.declared?.budgets?.wait ?? Number.POSITIVE_INFINITY;
  }

  begin(session: string): void {
    this.session = session;
    this.#named = undefined;
    this.#contacted = [];
  }

  call(what: RequestMeaning): RequestInFlight {
    const vu = this.#vu;
    const id = vu.nextId();
    const object = what.probe === undefined ? undefined : this.#objectOf(what.probe);
    const request = `${vu.shared.run.run}-${id}`;
    const called: RequestInFlight = { id, call: vu.time(), what, object, request };
    if (isSafe(what.action)) return called;
    this.#settle();
    vu.observer.step(this.#start(called));
    return called;
  }

  #start({ id, call, what, object, request }: RequestInFlight): Start {
    const { session } = this;
    const clock = this.#vu.name;
    const user = this.#user;
    const { action, value, with: cookies, sent } = what;
    const start: Start = { type: 'start', id, clock, client: clock, session, user, action, request, call };
    if (object !== undefined) start.object = object;
    if (value !== undefined) start.value = value;
    if (cookies !== undefined) start.with = cookies;
    if (sent !== undefined) start.sent = sent;
    return start;
  }

  #objectOf(probe: ProbeRequests): string {
    if (this.#named?.probe !== probe) {
      const scope = probe.scope === 'user' ? this.#user : this.session;
      this.#named = { probe, object: `${probe.object}@${scope}` };
    }
    return this.#named.object;
  }

  /**
   * Records the response or the failure of a request.
   * @param alive true if the session was logged in when the request was sent
   */
  returned(called: RequestInFlight, seen: Seen, alive: boolean): void {
    const { observer } = this.#vu;
    const { what } = called;
    const now = this.#vu.time();
    if (isSafe(what.action)) this.#safe(called, seen, now);
    else {
      observer.step({ type: 'end', id: called.id, return: now, ...seen });
      this.#repeats.other(what.action, seen);
    }
    observer.count(seen, this.#isFirstContact(what, seen, alive), now);
    this.#gap(seen, called.call, now);
  }

  /** Holds a read back if it only repeats the judge's last read. Passes every other read to the judge. */
  #safe(called: RequestInFlight, seen: Seen, now: number): void {
    const { observer, settings } = this.#vu;
    const { what } = called;
    const compared = what.action === 'read' && what.probe?.scope === 'session' && what.with === undefined;
    const late = now - called.call > this.#longest;
    if (compared && !late && this.#repeats.repeats(seen)) {
      this.#held = { called, seen, instance: seen.instance, now };
      if (settings.history) observer.write(this.#operation(called, seen, now));
      return;
    }
    this.#settle();
    const operation = this.#operation(called, seen, now);
    observer.write(operation);
    const clean = observer.judge(operation) && seen.signedIn === 'in' && seen.sawUser === this.#user;
    if (compared) this.#repeats.read(seen, clean, observer.compared);
    else this.#repeats.interrupted();
  }

  /** Gives the judge a read that was held back. Call this before an event that could contradict this read. */
  #settle(): void {
    const { observer } = this.#vu;
    if (this.#held === undefined || !this.#repeats.settle()) return;
    const { called, seen, instance, now } = this.#held;
    const operation = this.#operation(called, seen, now);
    if (instance !== undefined) operation.instance = instance;
    observer.judge(operation);
  }

  #operation(called: RequestInFlight, seen: Seen, now: number): Operation {
    return joined(this.#start(called), { id: called.id, return: now, ...seen });
  }

  /** Returns true for a session's first request to an instance after its login. */
  #isFirstContact(what: RequestMeaning, { instance, outcome }: Seen, alive: boolean): boolean {
    if (instance === undefined || this.#contacted.includes(instance) || what.with !== undefined) return false;
    if (!alive && !(what.action === 'login' && outcome === 'ok')) return false;
    this.#contacted.push(instance);
    return true;
  }

  /** Measures the time without a successful response, also at each failure: the run could end before a success. */
  #gap({ outcome, status }: Seen, call: number, now: number): void {
    const since = this.#success ?? call;
    const unavailable = status === undefined || status >= 500;
    if (unavailable || (this.#failing && outcome === 'ok')) add(GAP, (now - since) / 1000);
    if (unavailable) this.#failing = true;
    else if (outcome === 'ok') this.#failing = false;
    this.#success = outcome === 'ok' ? now : since;
  }

  record(what: Pick<SessionEvent, 'event' | 'reason'>): void {
    const vu = this.#vu;
    this.#settle();
    const at = vu.time();
    vu.observer.step({
      type: 'session',
      session: this.session,
      user: this.#user,
      ...what,
      clock: vu.name,
      at,
    });
    vu.observer.flush(at);
  }
}
