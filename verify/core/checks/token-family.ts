/** Follows the refresh tokens of one session: which were sent, and which were replaced. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type SessionState, timeoutTolerance } from '../timeline/sessions.ts';

/** How a refresh relates to other refreshes with the same token. */
export interface Use {
  /** The refresh that had replaced the token, if the grace period was certainly over. */
  spent?: Operation | undefined;
  /** Another refresh with the same token overlapped this refresh, or was sent before it. */
  again?: 'overlapped' | 'repeated';
}

export class TokenFamily {
  session: SessionState | undefined;
  /** The acknowledged logout. */
  logout: Operation | undefined;
  /** The first refresh that sent a replaced token after the grace period. The app may then end the session. */
  reuse: Operation | undefined;
  /** Refreshes that sent the same token as another refresh. */
  readonly races: Operation[] = [];
  /** True if the end of the session is not judged: a race may have lasted too long, or a refresh got no response. */
  unjudged = false;
  /** True after a refused refresh has ended the session. Further refusals are then expected. */
  #over = false;
  /** Refused refreshes that are judged when no refresh is in flight. */
  readonly refused: Operation[] = [];
  /** Number of refreshes in flight. */
  flying = 0;
  /** Time after which the last access token has certainly expired, microseconds; undefined if not known. */
  #ends: number | undefined;
  /** Time until which the last access token certainly lives, microseconds; undefined if not known. */
  #lives: number | undefined;
  readonly #rules: RefreshRules;
  readonly #uses = new Map<string, Operation[]>();
  readonly #spent = new Map<string, Operation>();
  readonly #issuers = new Map<string, Operation>();
  /** The replaced tokens whose new tokens have reached the client. */
  readonly #delivered = new Set<string>();

  constructor(rules: RefreshRules) {
    this.#rules = rules;
  }

  /** Adds the tokens that a response issued. */
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

  /** Returns the operation that issued a token. */
  issuer(token: string): Operation | undefined {
    return this.#issuers.get(token);
  }

  /** Adds a refresh, and returns how it relates to others that sent the same token. */
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
    // If the race may have lasted longer than the grace period, it is no evidence for it.
    if (grace !== undefined && !within) return {};
    return { again: overlaps ? 'overlapped' : 'repeated' };
  }

  /** Returns the kind of access token that must be refused by now; undefined if the response is no evidence. */
  endedAccess(read: Operation, alive: boolean): 'access token' | 'expired access token' | undefined {
    if (this.#rules.revokes !== 'access' && !this.#expired(read)) return undefined;
    // If the token may have expired, its refusal does not show that the logout ended it.
    const mayHave = this.#lives !== undefined && (read.return ?? 0) >= this.#lives;
    if (!alive && !this.#expired(read) && mayHave) return undefined;
    return this.#rules.revokes === 'access' ? 'access token' : 'expired access token';
  }

  #expired({ call }: Operation): boolean {
    return this.#ends !== undefined && call > this.#ends;
  }

  /** Returns the refresh whose refusal ended the session, if any. Must be called while no refresh is in flight. */
  endedBy(): Operation | undefined {
    const [first] = this.refused
      .splice(0)
      // If the client got new tokens from another response, those decide whether the session lives.
      .filter(({ sent = '' }) => !this.#delivered.has(sent));
    // After the reuse of a replaced token, the app is right to end the session.
    if (first === undefined || this.reuse !== undefined || this.#over) return undefined;
    this.#over = true;
    return first;
  }
}

/** Returns whether all refreshes with a token certainly came within the grace period after the first of them. */
function isWithin(uses: readonly Operation[], grace: number): boolean {
  const begins = Math.min(...uses.map(({ call }) => call));
  // An app may measure its grace period in whole seconds.
  const certain = grace - Math.min(timeoutTolerance(grace), grace / 2);
  return uses.every(({ call, return: end = call }) => end <= begins + certain);
}
