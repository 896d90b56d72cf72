/** Judges each operation for token-refresh. token-refresh.ts declares the check. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules, Start } from '../history/history.ts';
import type { WitnessStep } from '../result/verdict.ts';
import { precedes } from '../timeline/clocks.ts';
import { honoured, mayHaveExpired, type SessionState, type Standing } from '../timeline/sessions.ts';
import type { Tally } from './check.ts';
import { addTo, Judging } from './framework.ts';
import { TokenFamily, type Use } from './token-family.ts';

export interface Refreshes {
  /** Number of accepted refreshes. */
  refreshes: number;
  /** Number of those that replaced the refresh token. */
  replaced: number;
  /** Number of refreshes that overlapped another one with the same token, and that repeated an earlier one. */
  overlapped: number;
  repeated: number;
  /** Number of replaced tokens that were sent after the grace period. */
  replays: number;
  logouts: number;
  /** Number of refresh tokens that were sent after a logout. */
  after: number;
  /** Number of access tokens that were sent after a logout that must have ended them, or after they had expired. */
  expired: number;
  /** Number of sessions that ended after races which no declared grace period covers. */
  ended: number;
  tried: Tally;
}

export class TokenRefresh extends Judging<Refreshes> {
  /** By session: its tokens. A session without `refresh` has none. */
  readonly #families = new Map<string, TokenFamily>();

  get #rules(): RefreshRules {
    return this.run.declared?.refresh ?? {};
  }

  #familyOf(session: string): TokenFamily {
    return getOrInsert(this.#families, session, () => new TokenFamily(this.#rules));
  }

  override started({ action, session }: Start): void {
    if (action === 'refresh') this.#familyOf(session).flying++;
  }

  override ended(operation: Operation, { session }: Standing): void {
    const { action, outcome } = operation;
    if (operation.issued === undefined && !this.#families.has(operation.session)) return;
    if (action === 'login' && outcome === 'ok' && session.login !== operation) this.#again(operation);
    const family = this.#familyOf(operation.session);
    family.session = session;
    if (action === 'refresh') this.#refresh(operation, session, family);
    else if (action === 'read') this.#read(operation, family);
    else if (action === 'logout' && outcome === 'ok') this.#loggedOut(operation, family);
    else if (action === 'logout-all' && outcome === 'ok') this.#allLoggedOut(operation);
    family.issues(operation);
    if (action === 'refresh' && --family.flying === 0) this.#resolve(family);
  }

  /** Another login of the session issues tokens that have nothing to do with the earlier ones. */
  #again({ session, with: cookies }: Operation): void {
    if (cookies !== undefined) return;
    const { flying } = this.#familyOf(session);
    this.#families.set(session, Object.assign(new TokenFamily(this.#rules), { flying }));
  }

  #loggedOut(operation: Operation, family: TokenFamily): void {
    const { login, lost } = family.session ?? {};
    if (family.logout !== undefined || lost !== undefined) return;
    if (login === undefined || !precedes(login, operation)) return;
    family.logout = operation;
    this.count.logouts++;
  }

  #allLoggedOut(operation: Operation): void {
    for (const family of this.#families.values())
      if (family.session?.user === operation.user) this.#loggedOut(operation, family);
  }

  #refresh(operation: Operation, session: SessionState, family: TokenFamily): void {
    const { sent, outcome, signedIn, instance, issued, return: end } = operation;
    if (sent === undefined) return;
    if (end === undefined) {
      // It may have replaced the token at any time.
      family.unjudged = true;
      return;
    }
    const accepted = outcome === 'ok';
    if (accepted) {
      this.count.refreshes++;
      if (issued?.refresh !== undefined && issued.refresh !== sent) this.count.replaced++;
      addTo(this.count.tried, instance);
    }
    const { logout } = family;
    if (logout !== undefined && precedes(logout, operation)) {
      if (accepted || signedIn === 'out') this.count.after++;
      if (accepted) this.#afterLogout(operation, logout, 'refresh token');
      return;
    }
    // While a logout is in flight, both responses are right.
    if (session.logout !== undefined && !precedes(operation, session.logout)) return;
    const use = family.uses(operation, sent);
    if (use.again !== undefined) this.count[use.again]++;
    if (use.late && (accepted || signedIn === 'out')) this.#late(operation, family, use, accepted);
    else if (accepted) this.#afterReuse(operation, family);
    else if (mayHaveExpired(this.run.declared?.expiry ?? {}, session, operation)) return;
    else if (signedIn === 'out' && operation.with !== 'old') family.refused.push({ operation, use });
  }

  /** Judges a replaced token that comes after the grace period. */
  #late(operation: Operation, family: TokenFamily, { spent }: Use, accepted: boolean): void {
    this.count.replays++;
    family.reuse ??= operation;
    if (!accepted || spent === undefined) return;
    const { grace } = this.#rules;
    const when = grace === undefined ? '' : ` after the grace period of ${grace / 1e6} s`;
    this.report(
      () => ({
        at: operation,
        summary: `a refresh token that had been replaced was accepted${when}`,
        witness: [
          { operation: spent, came: 'replaced the refresh token by another one' },
          { operation, expected: 'refused: the token is spent', came: 'accepted' },
        ],
        notes:
          grace === undefined ? ['if the app has a grace period, declare it: `refresh: { grace: 10s }`'] : [],
      }),
      'REUSED',
    );
  }

  #afterReuse(operation: Operation, { reuse }: TokenFamily): void {
    if (reuse === undefined || this.#rules.reuse === undefined || !precedes(reuse, operation)) return;
    this.report(
      () => ({
        at: operation,
        summary: 'the session lives on although a spent refresh token was used, by a thief perhaps',
        witness: [
          { operation: reuse, came: 'sent a spent refresh token' },
          { operation, expected: 'refused: the reuse has ended the session', came: 'accepted' },
        ],
      }),
      'REUSED',
    );
  }

  #afterLogout(operation: Operation, logout: Operation, what: string): void {
    this.report(
      () => ({
        at: operation,
        summary: `${operation.instance ?? 'the app'} still accepts the ${what} after the logout`,
        witness: [
          { operation: logout, came: 'acknowledged' },
          { operation, expected: 'refused', came: 'accepted' },
        ],
      }),
      'REUSED',
    );
  }

  /** Judges an access token from before a logout. */
  #read(operation: Operation, { logout, ends, lives }: TokenFamily): void {
    const alive = honoured(operation);
    if (logout === undefined || operation.with !== 'old' || alive === undefined) return;
    if (!precedes(logout, operation)) return;
    const revoked = this.#rules.revokes === 'access';
    const expired = ends !== undefined && operation.call > ends;
    if (!revoked && !expired) return;
    // A token that may have expired by itself shows nothing about the logout.
    if (!alive && !expired && lives !== undefined && (operation.return ?? 0) >= lives) return;
    this.count.expired++;
    if (alive) this.#afterLogout(operation, logout, revoked ? 'access token' : 'expired access token');
  }

  /** Judges the refused refreshes of a session, once no other refresh of it is in flight. */
  #resolve(family: TokenFamily): void {
    for (const { operation } of family.refused.splice(0)) {
      // After a reuse the app may have ended the session rightly.
      if (family.reuse !== undefined) continue;
      // If another response replaced the token, its tokens decide whether the session lives.
      if (family.delivered(operation.sent ?? '')) continue;
      if (family.over) continue;
      family.over = true;
      if (family.unjudged) this.count.ended++;
      else this.#evicted(operation, family);
    }
  }

  #evicted(operation: Operation, family: TokenFamily): void {
    const { sent = '', instance } = operation;
    const raced = family.races.length > 0;
    this.report(() => {
      const issuer = family.issuer(sent);
      const before = raced ? family.races.slice(0, MOST) : issuer === undefined ? [] : [issuer];
      const steps: WitnessStep[] = before
        .filter(other => other !== operation)
        .map(other => ({ operation: other, came: cameOf(other) }));
      if (raced && issuer !== undefined && !before.includes(issuer))
        steps.push({ operation: issuer, came: cameOf(issuer) });
      steps.sort((a, b) => a.operation.call - b.operation.call);
      return {
        at: operation,
        summary: raced
          ? 'the session ended after several refreshes with one token, within the grace period'
          : `${instance ?? 'the app'} refused a refresh token that had not been used`,
        witness: [...steps, { operation, expected: 'new tokens', came: `refused (${operation.note})` }],
      };
    });
  }

  override sessionEnded({ session }: SessionState): void {
    this.#families.delete(session);
  }
}

/** Maximum number of races in a witness. */
const MOST = 4;

function cameOf({ outcome, lost, issued, action }: Operation): string {
  if (action === 'login') return 'issued the refresh token';
  if (outcome !== 'ok') return 'refused';
  if (lost === true) return 'new tokens; the response was lost';
  return issued?.refresh === undefined ? 'a new access token' : 'new tokens';
}
