/** Compares sessions from before the first fault (such as a release) with later ones: pages, cookies and forms. */
import type { FaultLedger } from '../faults/ledger.ts';
import { getOrInsert } from '../get-or-insert.ts';
import { isSafe } from '../history/actions.ts';
import type { Operation } from '../history/history.ts';
import { honoured, type SessionState } from '../timeline/sessions.ts';
import type { Violation } from './framework.ts';
import { OutdatedCookies, type SetCookies } from './outdated-cookies.ts';
import { OutdatedForms, type SentForm } from './outdated-forms.ts';
import { OutdatedPages, type PagesOfSession, type SessionAge } from './outdated-pages.ts';

interface Seen {
  side: SessionAge | undefined;
  /** The last page that the session has read. The next write of the session sends the form on this page. */
  page?: Operation | undefined;
  refused?: SentForm | undefined;
  readonly cookies: SetCookies;
  readonly pages: PagesOfSession;
  served: boolean;
}

export class OutdatedSessions {
  readonly #faults: FaultLedger;
  readonly #sessions = new Map<SessionState, Seen>();
  readonly #pages = new OutdatedPages();
  readonly #forms = new OutdatedForms();
  readonly #cookies = new OutdatedCookies();
  /** Number of faults at the time when a new session was last honoured. */
  #newServed = 0;
  sessions = 0;

  constructor(faults: FaultLedger) {
    this.#faults = faults;
  }

  get forms(): number {
    return this.#forms.sent;
  }

  ended(operation: Operation, session: SessionState, live: boolean): void {
    if (session.login === undefined || operation.with !== undefined) return;
    const { login } = session;
    const seen = getOrInsert<SessionState, Seen>(this.#sessions, session, () => ({
      side: this.#sideOf(login),
      cookies: new Map(),
      pages: new Map(),
      served: false,
    }));
    this.#cookies.set(operation, seen.cookies, this.#isBefore(operation));
    if (!live) return;
    if (this.#isAfter(operation) && seen.side !== undefined) this.#after(operation, seen, seen.side);
    if (operation.action === 'read' && operation.status === 200) seen.page = operation;
  }

  #sideOf(login: Operation): SessionAge | undefined {
    if (this.#isBefore(login)) return 'old';
    return this.#isAfter(login) ? 'new' : undefined;
  }

  #isAfter(operation: Operation): boolean {
    const { windows, open } = this.#faults;
    const { call } = operation;
    if (windows.length === 0 || open > 0 || this.#faults.overlaps(operation)) return false;
    return windows.every(({ end = call }) => end < call);
  }

  #isBefore({ call, return: end = call }: Operation): boolean {
    const [first] = this.#faults.windows;
    return first === undefined || end < first.begin;
  }

  #after(operation: Operation, seen: Seen, side: SessionAge): void {
    const faults = this.#faults.windows.length;
    if (honoured(operation) === true) {
      if (side === 'new') this.#newServed = faults;
      if (side === 'old' && !seen.served) this.sessions++;
      seen.served = true;
    }
    // Until a new session is honoured after a fault, the fault may be the cause of an error.
    const compares = this.#newServed === faults;
    if (!isSafe(operation.action)) this.#wrote(operation, seen, side, compares);
    else if (compares) this.#pages.add(operation, seen.pages);
  }

  #wrote(operation: Operation, seen: Seen, side: SessionAge, compares: boolean): void {
    const { page } = seen;
    if (page === undefined) return;
    if (side === 'old' && this.#isBefore(page))
      seen.refused = this.#forms.addOld({ page, operation }, seen.refused, compares);
    else {
      this.#forms.addNewer(operation, seen.refused);
      if (operation.outcome === 'ok') seen.refused = undefined;
    }
    if (operation.outcome === 'ok') seen.page = undefined;
  }

  sessionEnded(session: SessionState): void {
    const seen = this.#sessions.get(session);
    this.#sessions.delete(session);
    const { login } = session;
    if (seen?.side === undefined || login === undefined) return;
    this.#pages.sessionEnded(seen.pages, login, seen.side);
    if (seen.served) this.#cookies.sessionEnded(seen.cookies, seen.side);
  }

  differences(): Violation[] {
    return [this.#forms, this.#cookies, this.#pages].flatMap(compared => compared.differences());
  }
}
