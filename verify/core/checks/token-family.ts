/** Follows the refresh tokens of one session: which were sent, and which were replaced by new tokens. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import type { SessionState } from '../timeline/sessions.ts';
import { timeoutTolerance } from '../timeline/timeouts.ts';

export interface Use {
  /** The refresh that replaced the token. Set only if this request came after the grace period. */
  spent?: Operation | undefined;
  /** `overlapped`: an earlier refresh with the same token was in flight. `repeated`: the earlier refresh had ended. */
  again?: 'overlapped' | 'repeated';
}

export class TokenFamily {
  session: SessionState | undefined;
  logout: Operation | undefined;
  /** The first refresh that sent a replaced token after the grace period. After it, the app may end the session. */
  reuse: Operation | undefined;
  readonly races: Operation[] = [];
  /** True if refused refreshes prove nothing: two refreshes were too far apart, or one got no response. */
  unjudged = false;
  /** True after a refused refresh has ended the session. */
  #over = false;
  /** Refused refreshes, which are judged when no refresh of the session is in flight. */
  readonly refused: Operation[] = [];
  flying: number;
  #ends: number | undefined;
  /** The time until which the access token is certainly valid, microseconds. */
  #lives: number | undefined;
  readonly #rules: RefreshRules;
  readonly #uses = new Map<string, Operation[]>();
  readonly #spent = new Map<string, Operation>();
  readonly issuers = new Map<string, Operation>();
  /** Replaced refresh tokens whose successor has reached the client. */
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
    this.issuers.set(issued.refresh, operation);
    if (sent !== undefined && operation.lost !== true) this.#delivered.add(sent);
    if (sent !== undefined && end < (this.#spent.get(sent)?.return ?? Number.POSITIVE_INFINITY))
      this.#spent.set(sent, operation);
  }

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
    // Refreshes that are too far apart do not show whether the grace period works.
    if (grace !== undefined && !within) return {};
    return { again: overlaps ? 'overlapped' : 'repeated' };
  }

  /** Returns which kind of access token the app must refuse at this read; undefined if the read proves nothing. */
  endedAccess(read: Operation, alive: boolean): 'access token' | 'expired access token' | undefined {
    if (this.#rules.revokes !== 'access' && !this.#expired(read)) return undefined;
    // The refusal of an expired token does not show that the logout ended the token.
    const mayHave = this.#lives !== undefined && (read.return ?? 0) >= this.#lives;
    if (!alive && !this.#expired(read) && mayHave) return undefined;
    return this.#rules.revokes === 'access' ? 'access token' : 'expired access token';
  }

  #expired({ call }: Operation): boolean {
    return this.#ends !== undefined && call > this.#ends;
  }

  /** Returns the refused refresh that ended the session. Call it only if no refresh is in flight. */
  endedBy(): Operation | undefined {
    const [first] = this.refused.splice(0).filter(({ sent = '' }) => !this.#delivered.has(sent));
    // The app may end the session after a replaced token was used again.
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
