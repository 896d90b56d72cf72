/** Follows the refresh tokens of one session: which were sent, and which were replaced. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { timeoutTolerance } from '../timeline/timeouts.ts';

/** How a refresh relates to earlier refreshes with the same token. */
export interface Use {
  /** An earlier refresh that replaced the token, if the grace period has certainly ended. */
  spent?: Operation | undefined;
  /** The earlier refresh was sent at the same time (`overlapped`), or before. */
  again?: 'overlapped' | 'repeated';
}

export class TokenFamily {
  session: SessionState | undefined;
  /** The acknowledged logout. */
  logout: Operation | undefined;
  /** The first refresh with a replaced token after the grace period. It allows the app to end the session. */
  reuse: Operation | undefined;
  readonly races: Operation[] = [];
  /** True if a refused refresh is no violation: refreshes were too far apart, or one got no response. */
  unjudged = false;
  /** True after a refused refresh has ended the session, so that the app refuses further ones correctly. */
  #over = false;
  /** Refused refreshes, judged when all refreshes have ended. */
  readonly refused: Operation[] = [];
  flying: number;
  /** When the access token has certainly expired, microseconds. */
  #ends: number | undefined;
  /** Until when the access token is certainly valid, microseconds. */
  #lives: number | undefined;
  readonly #rules: RefreshRules;
  readonly #uses = new Map<string, Operation[]>();
  readonly #spent = new Map<string, Operation>();
  readonly #issuers = new Map<string, Operation>();
  /** Replaced tokens whose successor reached the client. */
  readonly #delivered = new Set<string>();

  constructor(rules: RefreshRules, flying = 0) {
    this.#rules = rules;
    this.flying = flying;
  }

  issues(operation: Operation): void {
    const { issued, sent, call, return: end = call } = operation;
    if (issued === undefined) return;
    if (issued.lifetime !== undefined) {
      this.#ends = Math.max(this.#ends ?? 0, end + issued.lifetime + timeoutTolerance(issued.lifetime));
      this.#lives = call + issued.lifetime;
    }
    if (issued.refresh === undefined || issued.refresh === sent) return;
    this.#issuers.set(issued.refresh, operation);
    if (sent !== undefined && operation.lost !== true) this.#delivered.add(sent);
    if (sent !== undefined && end < (this.#spent.get(sent)?.return ?? Number.POSITIVE_INFINITY))
      this.#spent.set(sent, operation);
  }

  issuer(token: string): Operation | undefined {
    return this.#issuers.get(token);
  }

  /** Returns how a refresh relates to earlier ones with the same token. */
  uses(operation: Operation, token: string): Use {
    const spent = this.#spent.get(token);
    const { grace } = this.#rules;
    const tolerated = (grace ?? 0) + timeoutTolerance(grace ?? 0);
    const late = spent !== undefined && operation.call > (spent.return ?? spent.call) + tolerated;
    if (late) return { spent };
    const known = getOrInsert(this.#uses, token, () => []);
    const overlaps = known.some(other => !precedes(other, operation) && !precedes(operation, other));
    known.push(operation);
    if (known.length === 1) return {};
    const within = grace !== undefined && isWithin(known, grace);
    if (!within) this.unjudged = true;
    this.races.push(...(this.races.length === 0 ? known : [operation]));
    // Refreshes that may have been further apart than the grace period do not show that it works.
    if (grace !== undefined && !within) return {};
    return { again: overlaps ? 'overlapped' : 'repeated' };
  }

  /** The kind of access token that the app must refuse; undefined if the read proves nothing. */
  endedAccess(read: Operation, alive: boolean): 'access token' | 'expired access token' | undefined {
    if (this.#rules.revokes !== 'access' && !this.#expired(read)) return undefined;
    // The token may have expired, so a refusal does not show that the logout ended it.
    const mayHave = this.#lives !== undefined && (read.return ?? 0) >= this.#lives;
    if (!alive && !this.#expired(read) && mayHave) return undefined;
    return this.#rules.revokes === 'access' ? 'access token' : 'expired access token';
  }

  #expired({ call }: Operation): boolean {
    return this.#ends !== undefined && call > this.#ends;
  }

  /** Returns the refused refresh that ended the session. Call it only if no refresh is in flight. */
  endedBy(): Operation | undefined {
    const [first] = this.refused
      .splice(0)
      // Another response gave the client a new token, so the session lives on.
      .filter(({ sent = '' }) => !this.#delivered.has(sent));
    // After a replaced token was sent, the app may end the session.
    if (first === undefined || this.reuse !== undefined || this.#over) return undefined;
    this.#over = true;
    return first;
  }
}

function isWithin(uses: readonly Operation[], grace: number): boolean {
  const begins = Math.min(...uses.map(({ call }) => call));
  // An app may measure its grace period in whole seconds.
  const certain = grace - Math.min(timeoutTolerance(grace), grace / 2);
  return uses.every(({ call, return: end = call }) => end <= begins + certain);
}
