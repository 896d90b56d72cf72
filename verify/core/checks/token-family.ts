/** Follows the refresh tokens of one session: which were sent, and which were replaced. */
import { getOrInsert } from '../get-or-insert.ts';
import type { Operation, RefreshRules } from '../history/history.ts';
import { precedes } from '../timeline/clocks.ts';
import { type SessionState, timeoutTolerance } from '../timeline/sessions.ts';

/** How a refresh relates to earlier refreshes with the same token. */
export interface Use {
  /** The refresh that replaced the token so long ago that the grace period is certainly over. */
  spent?: Operation | undefined;
  /** Another refresh with the same token overlapped this one, or came before it. */
  again?: 'overlapped' | 'repeated';
}

export class TokenFamily {
  session: SessionState | undefined;
  /** The acknowledged logout. */
  logout: Operation | undefined;
  /** The first replaced token that came after the grace period: the app may have ended the session because of it. */
  reuse: Operation | undefined;
  /** Refreshes that sent a token which another refresh sent too. */
  readonly races: Operation[] = [];
  /** True if one of these may have come after the grace period: then the end of the session is not judged. */
  unjudged = false;
  /** True after a refused refresh that ended the session: its further refusals say nothing new. */
  #over = false;
  /** Refused refreshes that another refresh in flight may explain. */
  readonly refused: Operation[] = [];
  /** Number of refreshes in flight. */
  flying = 0;
  /** When the last access token has certainly ended, microseconds; undefined if no lifetime is known. */
  #ends: number | undefined;
  /** Until when the last access token certainly lives, microseconds. */
  #lives: number | undefined;
  readonly #rules: RefreshRules;
  readonly #uses = new Map<string, Operation[]>();
  readonly #spent = new Map<string, Operation>();
  readonly #issuers = new Map<string, Operation>();
  /** The replaced tokens whose client received the new tokens. */
  readonly #delivered = new Set<string>();

  constructor(rules: RefreshRules) {
    this.#rules = rules;
  }

  /** Takes in the tokens that a response issued. */
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

  /** Takes in a refresh with a token. */
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
    // A race that is not judged is no evidence for the declared grace period.
    if (grace !== undefined && !within) return {};
    return { again: overlaps ? 'overlapped' : 'repeated' };
  }

  /**
   * Returns what an access token from before the logout is, if it must be refused by now and the response shows
   * whether it is; undefined otherwise.
   */
  endedAccess(read: Operation, alive: boolean): 'access token' | 'expired access token' | undefined {
    if (this.#rules.revokes !== 'access' && !this.#expired(read)) return undefined;
    // A token that may have expired by itself shows nothing about the logout.
    const mayHave = this.#lives !== undefined && (read.return ?? 0) >= this.#lives;
    if (!alive && !this.#expired(read) && mayHave) return undefined;
    return this.#rules.revokes === 'access' ? 'access token' : 'expired access token';
  }

  #expired({ call }: Operation): boolean {
    return this.#ends !== undefined && call > this.#ends;
  }

  /** Returns the first refused refresh that ended the session, once no other refresh is in flight that may explain it. */
  endedBy(): Operation | undefined {
    const [first] = this.refused
      .splice(0)
      // If another response replaced the token, its tokens decide whether the session lives.
      .filter(({ sent = '' }) => !this.#delivered.has(sent));
    // After a reuse the app may have ended the session rightly.
    if (first === undefined || this.reuse !== undefined || this.#over) return undefined;
    this.#over = true;
    return first;
  }
}

/** Returns whether all uses of a token certainly came within the grace period that begins with the first one. */
function isWithin(uses: readonly Operation[], grace: number): boolean {
  const begins = Math.min(...uses.map(({ call }) => call));
  // An app may measure its grace period in whole seconds.
  const certain = grace - Math.min(timeoutTolerance(grace), grace / 2);
  return uses.every(({ call, return: end = call }) => end <= begins + certain);
}
