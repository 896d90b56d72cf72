import type { Operation } from '../history/history.ts';
import type { Anomaly } from '../result/verdict.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { AfterOthers, Followed, isPattern, noteOf } from './after-others.ts';
import { Judging } from './framework.ts';
import { HonouredBy } from './honoured-by.ts';
import { LoginPairs } from './login-pairs.ts';
import { lossOf } from './losses.ts';

export class ContinuityCounts extends Followed {
  requests = 0;
  handoffs = 0;
  sessions = 0;
  lost = 0;
  pairs = 0;
  accepting = 0;
  refusing = 0;
}

interface Aftermath {
  anomaly: Anomaly;
  honouredBy: HonouredBy;
  /** The first response that replaced the cookies of the lost session. */
  replaced: Operation | undefined;
  other: Operation | undefined;
}

export class Continuity extends Judging<ContinuityCounts> {
  readonly #logins = new LoginPairs();
  readonly #others = new AfterOthers();
  readonly #afterwards = new Map<string, Aftermath>();
  readonly #ended: { anomaly: Anomaly; other: Operation }[] = [];

  override ended(operation: Operation, { session, live, handoffFrom }: Standing): void {
    this.#others.add(operation);
    if (operation.action === 'login' && operation.outcome === 'ok') this.count.sessions++;
    this.#logins.add(operation, session);
    const shown = honoured(operation);
    if (!live) {
      this.#replayed(operation, shown);
      return;
    }
    const lost = session.lost === operation;
    if (shown === undefined && !lost) return;
    this.count.requests++;
    if (handoffFrom !== undefined) this.count.handoffs++;
    if (handoffFrom !== undefined && !lost) {
      this.count.kept++;
      if (this.#others.before(operation, { last: handoffFrom }) !== undefined) this.count.keptAfter++;
    }
    if (lost) this.#loss(operation, session);
  }

  #loss(operation: Operation, session: SessionState): void {
    this.count.lost++;
    const other = this.#others.before(operation, session);
    const { replaced, knownBy } = session;
    // An instance can find a session only by the cookie from the session's login.
    const sentOwn = replaced === undefined || replaced === operation;
    if (sentOwn && (operation.instance === undefined || knownBy.includes(operation.instance))) {
      this.count.here++;
      if (other !== undefined) this.count.followed++;
    }
    const anomaly = this.show(() => lossOf(operation, session));
    if (anomaly === undefined) return;
    this.#afterwards.set(session.session, { anomaly, honouredBy: new HonouredBy(), replaced, other });
  }

  #replayed(operation: Operation, shown: boolean | undefined): void {
    const entry = this.#afterwards.get(operation.session);
    if (entry === undefined || operation.action === 'login') return;
    const own = operation.with === 'old' || (operation.with === undefined && entry.replaced === undefined);
    if (operation.with === undefined && operation.cookies !== undefined) entry.replaced ??= operation;
    const { instance } = operation;
    if (own && shown !== undefined && instance !== undefined) entry.honouredBy.add(instance, shown);
  }

  override sessionEnded({ session }: SessionState): void {
    this.#logins.sessionEnded(session);
    const entry = this.#afterwards.get(session);
    if (entry === undefined) return;
    const { anomaly, honouredBy, other } = entry;
    const described = honouredBy.described();
    if (described !== '') anomaly.notes.push(`the same cookie sent again afterwards: ${described}`);
    // Another login did not end the session if an instance still honours the session.
    if (other !== undefined && !honouredBy.ever) this.#ended.push({ anomaly, other });
    this.#afterwards.delete(session);
  }

  override recount(): void {
    Object.assign(this.count, this.#logins.counts);
  }

  override settle(): void {
    if (isPattern(this.count))
      for (const { anomaly, other } of this.#ended) anomaly.notes.push(noteOf(other));
    for (const refused of this.#logins.violations()) this.show(() => refused);
  }
}
