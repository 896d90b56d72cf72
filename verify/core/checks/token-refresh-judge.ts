import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, Start } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, type SessionState, type Standing } from '../timeline/sessions.ts';
import { mayHaveExpired } from '../timeline/timeouts.ts';
import { addTo, Judging, tally } from './framework.ts';
import { evicted, reused, stillAccepted, survivedReuse } from './token-anomalies.ts';
import { TokenFamily } from './token-family.ts';

export class Refreshes {
  /** Number of accepted refreshes. `replaced`: how many of these responses had a new refresh token. */
  refreshes = 0;
  replaced = 0;
  /** Number of refreshes with the same token as a refresh in flight (`overlapped`) or an ended refresh (`repeated`). */
  overlapped = 0;
  repeated = 0;
  /** Number of refreshes with a replaced token after the grace period. The app must refuse them. */
  replays = 0;
  logouts = 0;
  /** Refresh tokens sent after the logout, and access tokens sent after it or after their expiry (`expired`). */
  after = 0;
  expired = 0;
  ended = 0;
  tried = tally();
}

export class TokenRefresh extends Judging<Refreshes> {
  readonly #rules = this.run.declared?.refresh ?? {};
  readonly #families = new Map<string, TokenFamily>();

  #of(session: string): TokenFamily {
    return getOrInsert(this.#families, session, () => new TokenFamily(this.#rules));
  }

  override started({ action, session }: Start): void {
    if (action === 'refresh') this.#of(session).flying++;
  }

  override ended(operation: Operation, { session }: Standing): void {
    const { action, outcome } = operation;
    if (operation.issued === undefined && !this.#families.has(operation.session)) return;
    // The tokens of a later login are not related to those of the first login.
    if (action === 'login' && outcome === 'ok' && session.login !== operation && operation.with === undefined)
      this.#families.set(operation.session, new TokenFamily(this.#rules, this.#of(operation.session).flying));
    const family = this.#of(operation.session);
    family.session = session;
    if (action === 'refresh') this.#refresh(operation, session, family);
    else if (action === 'read') this.#read(operation, family);
    else if (action === 'logout' && outcome === 'ok') this.#loggedOut(operation, family);
    else if (action === 'logout-all' && outcome === 'ok')
      for (const other of this.#families.values())
        if (other.session?.user === operation.user) this.#loggedOut(operation, other);
    family.issues(operation);
    if (action !== 'refresh' || --family.flying > 0) return;
    const end = family.endedBy();
    if (end === undefined) return;
    if (family.unjudged) this.count.ended++;
    else this.report(() => evicted(end, family));
  }

  #loggedOut(operation: Operation, family: TokenFamily): void {
    const { login, lost } = family.session ?? {};
    if (family.logout !== undefined || lost !== undefined) return;
    if (login === undefined || !precedes(login, operation)) return;
    family.logout = operation;
    this.count.logouts++;
  }

  #refresh(operation: Operation, session: SessionState, family: TokenFamily): void {
    const { sent, outcome, signedIn, instance, issued, return: end } = operation;
    if (end === undefined) family.unjudged = true;
    if (sent === undefined || end === undefined) return;
    const accepted = outcome === 'ok';
    if (accepted) {
      this.count.refreshes++;
      if (issued?.refresh !== undefined && issued.refresh !== sent) this.count.replaced++;
      addTo(this.count.tried, instance);
    }
    const { logout } = family;
    if (logout !== undefined && precedes(logout, operation)) {
      if (accepted || signedIn === 'out') this.count.after++;
      if (accepted) this.report(() => stillAccepted(logout, operation, 'refresh token'), 'REUSED');
      return;
    }
    // While a logout is in flight, the app may accept or refuse the refresh token.
    if (session.logout !== undefined && !precedes(operation, session.logout)) return;
    const { reuse } = family;
    const use = family.uses(operation, sent);
    if (use.again !== undefined) this.count[use.again]++;
    if (use.spent !== undefined && (accepted || signedIn === 'out')) this.#late(operation, family, use.spent);
    else if (accepted && reuse !== undefined && this.#rules.reuse !== undefined && precedes(reuse, operation))
      this.report(() => survivedReuse(reuse, operation), 'REUSED');
    else if (accepted || signedIn !== 'out' || operation.with === 'old') return;
    else if (!mayHaveExpired(this.run.declared?.expiry ?? {}, session, operation))
      family.refused.push(operation);
  }

  #late(operation: Operation, family: TokenFamily, spent: Operation): void {
    this.count.replays++;
    family.reuse ??= operation;
    if (operation.outcome === 'ok') this.report(() => reused(spent, operation, this.#rules.grace), 'REUSED');
  }

  #read(operation: Operation, family: TokenFamily): void {
    const [{ logout }, alive] = [family, honoured(operation)];
    if (operation.with !== 'old' || alive === undefined) return;
    if (logout === undefined || !precedes(logout, operation)) return;
    const what = family.endedAccess(operation, alive);
    if (what === undefined) return;
    this.count.expired++;
    if (alive) this.report(() => stillAccepted(logout, operation, what), 'REUSED');
  }

  override sessionEnded({ session }: SessionState): void {
    this.#families.delete(session);
  }
}
