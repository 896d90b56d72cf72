/** Draws a random change of an app: a defect, or a healthy variant that leaves the app correct. */
import type { Guarantee } from '../../verify/core/result/guarantees.ts';
import { type Random, seeded } from '../../verify/random.ts';

export type DrawnKind = 'defect' | 'healthy';
type Host = 'card-store' | 'plain';

/** The condition that a request must fulfil for the app to change its behaviour. */
export type When =
  | 'always'
  /** The session is at least `wait` milliseconds old. */
  | 'aged'
  /** This instance has not served the session in the last `wait` milliseconds. */
  | 'rested'
  /** Another request of the session is in flight on this instance. */
  | 'overlapping'
  /** The second instance handles the request, not the first. */
  | 'one instance'
  /** The user is in a quarter of all users, which is chosen by the characters of the user names. */
  | 'some users'
  /** Another instance handled the login of the session. */
  | 'begun elsewhere'
  /** This instance has served an earlier session of the same user. */
  | 'second login'
  /** The session holds at least `size` characters. */
  | 'large'
  /** The session holds a character outside ASCII. */
  | 'awkward';

export interface Draw {
  readonly kind: DrawnKind;
  readonly seed: number;
  readonly host: Host;
  readonly act: string;
  readonly when: When;
  /** The app changes 1 of `every` requests that fulfil the condition. */
  readonly every: number;
  /** How late the app acts, or how old its copy is, milliseconds; 0 without such a time. */
  readonly ms: number;
  /** The time in the condition, such as the minimum age of the session, milliseconds; 0 without such a time. */
  readonly wait: number;
  /** Size of the data in a session, characters. */
  readonly size: number;
}

interface Act {
  /** Completes the sentence "one time in n, the app …". Example: "adds a note twice". */
  readonly does: string;
  readonly hosts: readonly Host[];
  /** The possible conditions, one of which is chosen at random. Empty: no condition. */
  readonly whens: readonly When[];
  /** Limits of the random time `ms`. Absent if the description contains no time. */
  readonly ms?: readonly [number, number];
}

const BOTH: readonly Host[] = ['card-store', 'plain'];
const PLAIN: readonly Host[] = ['plain'];
const CARDS: readonly Host[] = ['card-store'];
const PLACES: readonly When[] = ['one instance', 'some users', 'begun elsewhere', 'second login'];
const USUAL: readonly When[] = ['aged', 'rested', 'overlapping', ...PLACES];
const SAVES: readonly When[] = [...USUAL, 'large', 'awkward'];
/** Share of the randomly chosen changes that have no condition. */
const ALWAYS = 0.5;

/** The changes that make the app wrong. `breaks` is the first guarantee that a change violates. */
export const DEFECTS: Readonly<Record<string, Act & { readonly breaks: Guarantee }>> = {
  'drop-save': {
    does: 'acknowledges a save, but saves nothing',
    ...{ breaks: 'read-your-writes', hosts: BOTH, whens: SAVES },
  },
  'old-copy': {
    does: 'reads a session from its own copy, which is up to `ms` old',
    ...{ breaks: 'read-your-writes', hosts: BOTH, whens: USUAL, ms: [200, 5_000] },
  },
  'slow-save': {
    does: 'acknowledges a save, and saves only `ms` later',
    ...{ breaks: 'read-your-writes', hosts: BOTH, whens: SAVES, ms: [5, 2_000] },
  },
  'save-again': {
    does: 'saves the same data again `ms` later',
    ...{ breaks: 'read-your-writes', hosts: BOTH, whens: SAVES, ms: [5, 2_000] },
  },
  'lose-item': {
    does: 'saves a session without its oldest value',
    ...{ breaks: 'read-your-writes', hosts: BOTH, whens: SAVES },
  },
  'save-whole': {
    does: 'saves the whole session, and so undoes changes by concurrent requests',
    ...{ breaks: 'no-lost-updates', hosts: CARDS, whens: PLACES },
  },
  'swap-keys': {
    does: 'reads the key of another session',
    ...{ breaks: 'isolation', hosts: BOTH, whens: USUAL },
  },
  'mix-replies': {
    does: 'swaps the replies of two concurrent reads of the session store',
    ...{ breaks: 'isolation', hosts: BOTH, whens: PLACES },
  },
  'late-reply': {
    does: 'gives a read of the session store the reply of the read before it',
    ...{ breaks: 'isolation', hosts: BOTH, whens: PLACES },
  },
  'lose-once': {
    does: 'does not find a session that exists',
    ...{ breaks: 'continuity', hosts: BOTH, whens: USUAL },
  },
  'lose-forever': {
    does: 'deletes a live session',
    ...{ breaks: 'continuity', hosts: BOTH, whens: SAVES },
  },
  'drop-cookie': {
    does: 'deletes the session cookie in a response',
    ...{ breaks: 'continuity', hosts: BOTH, whens: USUAL },
  },
  'forget-delete': {
    does: 'acknowledges a logout, but keeps the session',
    ...{ breaks: 'logout-final', hosts: BOTH, whens: USUAL },
  },
  revive: {
    does: 'restores a session `ms` after its logout',
    ...{ breaks: 'logout-final', hosts: BOTH, whens: USUAL, ms: [5, 3_000] },
  },
  'save-ended': {
    does: 'restores a session when it saves a request that was in flight at the logout',
    ...{ breaks: 'logout-final', hosts: BOTH, whens: PLACES },
  },
  double: {
    does: 'adds a note twice',
    ...{ breaks: 'at-most-once', hosts: PLAIN, whens: ['one instance'] },
  },
  'share-notes': {
    does: 'uses the key of another user for notes',
    ...{ breaks: 'isolation', hosts: PLAIN, whens: [] },
  },
  'accept-forged': {
    does: 'does not check the signature of the cookie',
    ...{ breaks: 'forgery', hosts: PLAIN, whens: ['one instance'] },
  },
  'other-cookie': {
    does: 'sets the session cookie of another user at a login',
    ...{ breaks: 'isolation', hosts: BOTH, whens: ['one instance', 'some users', 'second login'] },
  },
  'wrong-charset': {
    does: 'sends a page in UTF-8, and says that it is in ISO 8859-1',
    ...{ breaks: 'read-your-writes', hosts: PLAIN, whens: PLACES },
  },
  expose: {
    does: 'sets the session cookie without HttpOnly',
    ...{ breaks: 'cookie-policy', hosts: BOTH, whens: PLACES },
  },
  public: {
    does: 'marks a page of a signed-in user as public',
    ...{ breaks: 'private-responses', hosts: BOTH, whens: USUAL },
  },
  fail: {
    does: 'responds with status 500',
    ...{ breaks: 'availability', hosts: BOTH, whens: USUAL },
  },
};

/** The changes that look odd, but leave the app correct. */
export const HEALTHY: Readonly<Record<string, Act>> = {
  'wait-to-save': {
    does: 'takes `ms` to save, and then acknowledges',
    ...{ hosts: BOTH, whens: USUAL, ms: [5, 200] },
  },
  'wait-to-load': { does: 'takes `ms` to load a session', hosts: BOTH, whens: USUAL, ms: [5, 200] },
  'save-twice': { does: 'saves twice before it acknowledges', hosts: BOTH, whens: USUAL },
  'copy-with-version': {
    does: 'reads a session from its own copy, if that equals the session in the store',
    ...{ hosts: BOTH, whens: USUAL },
  },
  'late-renewal': {
    does: 'renews a session `ms` after the response',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 500],
  },
  'set-again': { does: 'sets the same session cookie again', hosts: PLAIN, whens: USUAL },
  'other-cookies': { does: 'sets a second cookie that means nothing', hosts: BOTH, whens: USUAL },
  'try-again': { does: 'refuses a write with status 409 before it has an effect', hosts: BOTH, whens: USUAL },
  'refuse-size': {
    does: 'responds with 500 to a save of a session that is too large, and saves nothing',
    ...{ hosts: PLAIN, whens: ['large'] },
  },
};

/** The smallest and the largest n for "one request in n is changed", counted over all requests. */
const EVERY = [2, 1_000] as const;
/** Key: a condition; value: on average, one request in this number fulfils the condition. */
const ODDS: Readonly<Record<When, number>> = {
  ...{ always: 1, aged: 2, rested: 20, overlapping: 20, 'one instance': 2, 'some users': 4, large: 50 },
  ...{ awkward: 50, 'begun elsewhere': 2, 'second login': 2 },
};
/** Limits of the times in conditions, milliseconds. */
const TIMES = { aged: [500, 8_000], rested: [200, 3_000] } as const;
const SIZES = [1_000, 60_000] as const;

/** Returns a log-uniform random number between the limits: 2 to 20 is as likely as 20 to 200. */
const logUniform = (random: Random, [from, to]: readonly [number, number]): number =>
  Math.round(from * (to / from) ** random.next());

const oneOf = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)] as T;

/** The same kind and seed give the same change. */
export function drawOf(kind: DrawnKind, seed: number): Draw {
  const random = seeded(seed, kind);
  const acts: Readonly<Record<string, Act>> = kind === 'defect' ? DEFECTS : HEALTHY;
  const act = oneOf(random, Object.keys(acts));
  const { hosts, whens, ms } = acts[act] as Act;
  const when =
    (random.next() < ALWAYS && act !== 'refuse-size') || whens.length === 0 ? 'always' : oneOf(random, whens);
  // Only the plain host of the zoo accepts sessions of any size and with any character.
  const host = when === 'large' || when === 'awkward' ? 'plain' : oneOf(random, hosts);
  const every = act === 'refuse-size' ? 1 : Math.max(1, Math.round(logUniform(random, EVERY) / ODDS[when]));
  const times = TIMES[when as 'aged'];
  return {
    ...{ kind, seed, host, act, when, every },
    ms: ms === undefined ? 0 : logUniform(random, ms),
    wait: times === undefined ? 0 : logUniform(random, times),
    size: when === 'large' ? logUniform(random, SIZES) : 0,
  };
}
