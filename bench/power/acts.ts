/** Lists the random changes of an app: defects, and healthy variants that leave the app correct. */
import type { Guarantee } from '../../verify/core/result/guarantees.ts';

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
  /** Limits of the random time `ms`. Absent if the change has no time. */
  readonly ms?: readonly [number, number];
}

const BOTH: readonly DrawnHost[] = ['card-store', 'plain'];
const PLAIN: readonly DrawnHost[] = ['plain'];
const CARDS: readonly DrawnHost[] = ['card-store'];
const PLACES: readonly When[] = ['one instance', 'some users', 'begun elsewhere', 'second login'];
const USUAL: readonly When[] = ['aged', 'rested', 'overlapping', ...PLACES];
const SAVES: readonly When[] = [...USUAL, 'large', 'awkward'];

/** Changes that make the app wrong. `breaks` is the guarantee that a change violates first. */
export const DEFECTS: Readonly<Record<string, Act & { readonly breaks: Guarantee }>> = {
  'drop-save': {
    does: 'acknowledges a save, but saves nothing',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: SAVES,
  },
  'old-copy': {
    does: 'reads a session from its own copy, which is up to `ms` old',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: USUAL,
    ms: [200, 5_000],
  },
  'replica-lag': {
    does: 'reads a session as it was before its last save, up to `ms` after this save',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 2_000],
  },
  'slow-save': {
    does: 'acknowledges a save, and saves only `ms` later',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: SAVES,
    ms: [5, 2_000],
  },
  'save-again': {
    does: 'saves the same data again `ms` later',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: SAVES,
    ms: [5, 2_000],
  },
  'lose-item': {
    does: 'saves a session without its oldest value',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: SAVES,
  },
  'save-whole': {
    does: 'saves the whole session, and so undoes changes by concurrent requests',
    breaks: 'no-lost-updates',
    hosts: CARDS,
    whens: PLACES,
  },
  'lose-data': {
    does: 'deletes the data of a session `ms` after a save, but not its login',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: SAVES,
    ms: [200, 5_000],
  },
  'old-page': {
    does: 'sends the page again that it sent to this session up to `ms` ago',
    breaks: 'read-your-writes',
    hosts: BOTH,
    whens: USUAL,
    ms: [200, 5_000],
  },
  'wrong-304': {
    does: 'answers a conditional request with status 304, although the page has changed',
    breaks: 'read-your-writes',
    hosts: PLAIN,
    whens: USUAL,
  },
  'swap-keys': {
    does: 'reads the key of another session',
    breaks: 'isolation',
    hosts: BOTH,
    whens: USUAL,
  },
  'swap-saves': {
    does: 'saves a session with the key of the session that it saved before',
    breaks: 'isolation',
    hosts: BOTH,
    whens: SAVES,
  },
  'swap-pages': {
    does: 'sends the page that it sent last, with the right headers',
    breaks: 'isolation',
    hosts: BOTH,
    whens: USUAL,
  },
  'mix-replies': {
    does: 'swaps the replies of two concurrent reads of the session store',
    breaks: 'isolation',
    hosts: BOTH,
    whens: PLACES,
  },
  'late-reply': {
    does: 'gives a read of the session store the reply of the read before it',
    breaks: 'isolation',
    hosts: BOTH,
    whens: PLACES,
  },
  'lose-once': {
    does: 'does not find a session that exists',
    breaks: 'continuity',
    hosts: BOTH,
    whens: USUAL,
  },
  'lose-forever': {
    does: 'deletes a live session',
    breaks: 'continuity',
    hosts: BOTH,
    whens: SAVES,
  },
  'evict-other': {
    does: 'deletes the oldest session of another user at a login',
    breaks: 'continuity',
    hosts: BOTH,
    whens: ['one instance', 'some users', 'second login'],
  },
  shorten: {
    does: 'renews a session so that it expires `ms` later',
    breaks: 'continuity',
    hosts: BOTH,
    whens: USUAL,
    ms: [300, 5_000],
  },
  'cookie-path': {
    does: 'sets the session cookie only for the page of the login',
    breaks: 'continuity',
    hosts: BOTH,
    whens: ['one instance', 'some users', 'second login'],
  },
  'short-cookie': {
    does: 'sets a session cookie that expires `ms` later',
    breaks: 'continuity',
    hosts: BOTH,
    whens: ['one instance', 'some users', 'second login'],
    ms: [1_000, 5_000],
  },
  'drop-cookie': {
    does: 'deletes the session cookie in a response',
    breaks: 'continuity',
    hosts: BOTH,
    whens: USUAL,
  },
  'forget-delete': {
    does: 'acknowledges a logout, but keeps the session',
    breaks: 'logout-final',
    hosts: BOTH,
    whens: USUAL,
  },
  revive: {
    does: 'restores a session `ms` after its logout',
    breaks: 'logout-final',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 3_000],
  },
  'save-ended': {
    does: 'restores a session when it saves a request that was in flight at the logout',
    breaks: 'logout-final',
    hosts: BOTH,
    whens: PLACES,
  },
  'miss-session': {
    does: 'ends all sessions of a user but one',
    breaks: 'logout-final',
    hosts: PLAIN,
    whens: ['one instance', 'some users'],
  },
  'keep-id': {
    does: 'keeps the session id at a login over a live session',
    breaks: 'rotation',
    hosts: PLAIN,
    whens: ['one instance', 'some users'],
  },
  double: {
    does: 'adds a note twice',
    breaks: 'at-most-once',
    hosts: PLAIN,
    whens: ['one instance'],
  },
  'share-notes': {
    does: 'uses the key of another user for notes',
    breaks: 'isolation',
    hosts: PLAIN,
    whens: [],
  },
  'accept-forged': {
    does: 'does not check the signature of the cookie',
    breaks: 'forgery',
    hosts: PLAIN,
    whens: ['one instance'],
  },
  'other-cookie': {
    does: 'sets the session cookie of another user at a login',
    breaks: 'isolation',
    hosts: BOTH,
    whens: ['one instance', 'some users', 'second login'],
  },
  'wrong-charset': {
    does: 'sends a page in UTF-8, and says that it is in ISO 8859-1',
    breaks: 'read-your-writes',
    hosts: PLAIN,
    whens: PLACES,
  },
  'cut-gzip': {
    does: 'sends only the first half of a compressed page',
    breaks: 'availability',
    hosts: BOTH,
    whens: USUAL,
  },
  expose: {
    does: 'sets the session cookie without HttpOnly',
    breaks: 'cookie-policy',
    hosts: BOTH,
    whens: PLACES,
  },
  public: {
    does: 'marks a page of a signed-in user as public',
    breaks: 'private-responses',
    hosts: BOTH,
    whens: USUAL,
  },
  fail: {
    does: 'responds with status 500',
    breaks: 'availability',
    hosts: BOTH,
    whens: USUAL,
  },
};

/** Changes that look odd, but leave the app correct. */
export const HEALTHY: Readonly<Record<string, Act>> = {
  'wait-to-save': {
    does: 'takes `ms` to save, and then acknowledges',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 200],
  },
  'wait-to-load': { does: 'takes `ms` to load a session', hosts: BOTH, whens: USUAL, ms: [5, 200] },
  'save-twice': { does: 'saves twice before it acknowledges', hosts: BOTH, whens: USUAL },
  'copy-with-version': {
    does: 'reads a session from its own copy, if that equals the session in the store',
    hosts: BOTH,
    whens: USUAL,
  },
  'late-renewal': {
    does: 'renews a session `ms` after the response',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 500],
  },
  'delete-again': {
    does: 'deletes a session again `ms` after its logout',
    hosts: BOTH,
    whens: USUAL,
    ms: [5, 3_000],
  },
  compress: { does: 'compresses a page', hosts: BOTH, whens: USUAL },
  revalidate: {
    does: 'lets browsers keep a page, and answers 304 if it has not changed',
    hosts: PLAIN,
    whens: USUAL,
  },
  'set-again': { does: 'sets the same session cookie again', hosts: PLAIN, whens: USUAL },
  'other-cookies': { does: 'sets a second cookie that means nothing', hosts: BOTH, whens: USUAL },
  'try-again': { does: 'refuses a write with status 409 before it has an effect', hosts: BOTH, whens: USUAL },
  'refuse-size': {
    does: 'responds with 500 to a save of a session that is too large, and saves nothing',
    hosts: PLAIN,
    whens: ['large'],
  },
};
