/** A random change of an app: who is affected, and when. */

export type DrawnHost = 'card-store' | 'plain';

/** Condition of a request under which the app changes its behaviour. */
export type When =
  | 'always'
  /** The session is at least `wait` milliseconds old. */
  | 'aged'
  /** This instance has not served the session in the last `wait` milliseconds. */
  | 'rested'
  /** Another request of the same session is in flight on this instance. */
  | 'overlapping'
  /** The request has the method HEAD. All other conditions exclude HEAD. */
  | 'head'
  /**
   * The previous request on the same connection got an error, or the client has just cut off a request to this
   * instance.
   */
  | 'after an error'
  /** Only the second instance changes its behaviour. */
  | 'one instance'
  /** Only a fixed quarter of the users is affected. */
  | 'some users'
  /** A different instance handled the login of the session. */
  | 'begun elsewhere'
  /** This instance has served an earlier session of the same user. */
  | 'second login'
  /** The session holds at least `size` characters. */
  | 'large'
  /** The session contains a character outside ASCII. */
  | 'awkward';

export interface Act {
  /** Completes the sentence "one time in n, the app …", for example with "adds a note twice". */
  readonly does: string;
  readonly hosts: readonly DrawnHost[];
  /** Possible conditions, one of which is chosen at random. Empty: no condition. */
  readonly whens: readonly When[];
  /** True if the change always has one of these conditions. Otherwise, half of the random changes have no condition. */
  readonly conditional?: true;
  /** Limits of the random time `ms`. Absent if the change has no time. */
  readonly ms?: readonly [number, number];
}

export const BOTH: readonly DrawnHost[] = ['card-store', 'plain'];
export const PLAIN: readonly DrawnHost[] = ['plain'];
export const CARDS: readonly DrawnHost[] = ['card-store'];
export const PLACES: readonly When[] = ['one instance', 'some users', 'begun elsewhere', 'second login'];
export const USUAL: readonly When[] = ['aged', 'rested', 'overlapping', 'after an error', ...PLACES];
/** Conditions of changes that a client also notices in a response to HEAD, which has no page. */
export const EVEN_HEAD: readonly When[] = [...USUAL, 'head'];
export const SAVES: readonly When[] = [...USUAL, 'large', 'awkward'];
