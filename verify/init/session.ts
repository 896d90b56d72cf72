/** Explores the first sessions: pages of a signed-in user, the expression for the user's name. */
import { randomUUID } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { type Entered, type LoginProcedure, mayEnter, signIn } from './enter.ts';
import type { LoginCredentials } from './login.ts';
import { findMark, type Mark, neverSignedIn, noMark, sharedPage, type Views } from './mark.ts';
import { besideLogin, linkedFrom, USUAL_PAGES } from './usual-pages.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Maximum number of requests for each page, because an instance may not know the session. */
const TRIES = 6;
const LATER = 3;
/** Maximum number of visits to the second user's pages. A defective instance may show the wrong name. */
const LOOKS = 3;

export interface Marked {
  /** The page that names the signed-in user, and the regular expression that finds this name. */
  mark: Mark;
  /** The page that names the user, as a visitor without a session sees it. */
  outside: PageVisit;
  landing: string;
  one: Visitor;
  /** A second session of the first account; undefined if the app refused its login. */
  two: Visitor | undefined;
  /** A session of the second account; undefined if there is only one account. */
  second: Visitor | undefined;
  views: readonly Views[];
  /** Path of a page that showed the first user's name to another visitor, probably from a cache. */
  cached: string | undefined;
}

/**
 * Finds the part of a page that names the signed-in user.
 *
 * @param one the first session of the first account
 * @param hinted paths that the app's scripts request
 * @throws UsageError if no page names the user
 */
export async function marked(
  entrance: LoginProcedure,
  [first, second]: readonly LoginCredentials[],
  one: Entered,
  hinted: readonly string[] = [],
): Promise<Marked> {
  const { manners, login } = entrance;
  const landing = one.answer.redirect?.startsWith('/') ? one.answer.redirect : undefined;
  const outsideLogin = await manners.fresh().open(login.page);
  const outside = new Map<string, Outside>();
  const guessed = [...hinted, ...besideLogin(login), ...USUAL_PAGES];
  const linked = await linkedFrom(one, landing);
  for (const path of new Set([...linked, ...guessed])) {
    const seen = await manners.fresh().getSlashed(path);
    const isGuess = !linked.includes(path) && outside.get(seen.path)?.isGuess !== false;
    outside.set(seen.path, { ...seen, isGuess });
  }
  const mine = await looks(one.visitor, outside, again);
  const two = await mayEnter(entrance, first as LoginCredentials);
  const anew = await looks((two ?? one).visitor, outside);
  const last = second === undefined ? undefined : (await signIn(entrance, second)).visitor;
  const users = [first, second].flatMap(account => (account === undefined ? [] : [account.user]));
  let views: Views[] = [];
  let mark: Mark | undefined;
  // A defective instance may show the first user's name to the second user, so the loop also tries the other instances.
  for (let i = 0; i < (last === undefined ? 1 : LOOKS) && mark === undefined; i++) {
    for (let n = 0; n < i; n++) await manners.fresh().get(login.page);
    const other = last === undefined ? undefined : await looks(last, outside);
    views = viewsOf(outside, outsideLogin, { mine, again: anew, other });
    mark = findMark(views, users);
  }
  const behindCache = mark === undefined;
  if (mark === undefined && last !== undefined) {
    views = await uncached(views, last);
    mark = findMark(views, users);
  }
  const shared = await sharedWithStrangers(manners.fresh(), outside.get(landing ?? ''), users[0] as string);
  if (mark === undefined)
    throw new UsageError(
      shared !== undefined
        ? sharedPage(shared, users[0] as string)
        : landing !== undefined && !mine.has(landing)
          ? neverSignedIn(landing, TRIES)
          : noMark(views, [...outside.keys()]),
    );
  return {
    mark,
    outside: outside.get(mark.page) as PageVisit,
    landing: landing ?? mark.page,
    one: one.visitor,
    two: two?.visitor,
    second: last,
    views,
    cached: behindCache ? mark.page : shared,
  };
}

/** Returns the page with a user's name that a cache sends to visitors without a session. */
async function sharedWithStrangers(
  stranger: Visitor,
  page: PageVisit | undefined,
  user: string,
): Promise<string | undefined> {
  if (page?.status !== 200 || !page.body.includes(user)) return undefined;
  return (await pastCaches(stranger, page.path)).body.includes(user) ? undefined : page.path;
}

async function uncached(views: readonly Views[], second: Visitor): Promise<Views[]> {
  const all: Views[] = [];
  for (const one of views)
    all.push(
      one.first.some(({ body }) => body === one.second?.body)
        ? { ...one, second: await pastCaches(second, one.path) }
        : one,
    );
  return all;
}

/** No cache knows an address with a random query, so the app itself responds. */
const pastCaches = (visitor: Visitor, path: string): Promise<PageVisit> =>
  visitor.twin().get(`${path}${path.includes('?') ? '&' : '?'}baton=${randomUUID()}`);

type Looks = ReadonlyMap<string, PageVisit>;

/** A page for a client without a session. `isGuess`: no page links it, so init requests it once from each instance. */
type Outside = PageVisit & { isGuess: boolean };

const viewsOf = (
  outside: Looks,
  outsideLogin: PageVisit,
  { mine, again, other }: { mine: Looks; again: Looks; other: Looks | undefined },
): Views[] =>
  [...outside].flatMap(([path, stranger]): Views[] => {
    const [seen, once] = [mine.get(path), again.get(path)];
    return seen === undefined || once === undefined
      ? []
      : [{ path, first: [seen, once], second: other?.get(path), outside: [stranger, outsideLogin] }];
  });

async function looks(
  visitor: Visitor,
  outside: ReadonlyMap<string, Outside>,
  look = inside,
): Promise<Map<string, PageVisit>> {
  const all = new Map<string, PageVisit>();
  for (const [path, stranger] of outside) {
    const seen = await look(visitor, path, stranger);
    if (seen !== undefined) all.set(path, seen);
  }
  return all;
}

async function inside(visitor: Visitor, path: string, outside: Outside): Promise<PageVisit | undefined> {
  return (await reach(visitor, path, outside))?.seen;
}

async function reach(visitor: Visitor, path: string, outside: Outside) {
  const tries = outside.isGuess ? visitor.manners.instances : TRIES;
  for (let i = 0; i < tries; i++) {
    await outOfStep(visitor, path, i);
    const reader = visitor.twin();
    const seen = await reader.get(path);
    if (isInside(seen, outside)) return { reader, seen };
    if (seen.status === 404) return undefined;
  }
  return undefined;
}

const isInside = (seen: PageVisit, outside: PageVisit): boolean =>
  seen.status === 200 && (outside.status !== 200 || seen.body !== outside.body);

/** The first read after a login may contain a message, such as `Signed in as alice`, that no later read shows. */
async function again(visitor: Visitor, path: string, outside: Outside): Promise<PageVisit | undefined> {
  const reached = await reach(visitor, path, outside);
  for (let i = 0; reached !== undefined && i < LATER; i++) {
    const seen = await reached.reader.get(path);
    if (isInside(seen, outside)) return seen;
  }
  return reached?.seen;
}

/** A page, and a test of its response, to find out whether a session is signed in. */
export interface Sign {
  page: string;
  signedIn(seen: PageVisit): boolean;
}

/** Returns whether the response of at least one instance is signed in. */
export async function isIn(visitor: Visitor, { page, signedIn }: Sign): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    await outOfStep(visitor, page, i);
    if (signedIn(await visitor.twin().get(page))) return true;
  }
  return false;
}

/**
 * Returns whether a session is alive. With a refresh token, sends a refresh, because an access token may outlive its
 * session.
 */
export const isAlive = (visitor: Visitor, sign: Sign): Promise<boolean> =>
  visitor.tokens === undefined ? isIn(visitor, sign) : visitor.renew();

/**
 * Sends a second visitor's request between two tries, so that a round robin does not send all tries to one instance.
 */
async function outOfStep({ manners }: Visitor, path: string, tries: number): Promise<void> {
  if (tries > 0 && tries % 2 === 0) await manners.fresh().get(path);
}
