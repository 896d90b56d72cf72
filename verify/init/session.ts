/**
 * Explores the first sessions: finds the pages of a signed-in user, the expression that finds the user's name, and the
 * session cookies.
 */
import { randomUUID } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { type Entered, type LoginProcedure, mayEnter, signIn } from './enter.ts';
import type { Login, LoginCredentials } from './login.ts';
import { findMark, type Mark, type Views } from './mark.ts';
import { AUTHORIZATION, type PageVisit, type Visitor } from './visitor.ts';
import { LOGIN, LOGOUT } from './words.ts';

/** Maximum number of requests for each page, because a request may reach an instance that does not know the session. */
const TRIES = 6;
/** Maximum number of later reads of a page by the same client. */
const LATER = 3;
/**
 * Maximum number of times that init opens the pages of the second user, to reach an instance that shows the right name.
 */
const LOOKS = 3;
/** Maximum number of linked pages in which init searches for the user's name. */
const PAGES = 8;
const USUAL = ['/', '/account', '/profile', '/dashboard', '/me', '/api/me'];

/** The findings from the first sessions. */
export interface Marked {
  /** The page and the expression that show the name of the signed-in user. */
  mark: Mark;
  /** The page that names the user, as a visitor without a session sees it. */
  outside: PageVisit;
  /** Path of the page that the login redirects to. */
  landing: string;
  /** A session of the first account. */
  one: Visitor;
  /** A second session of the first account; undefined if its login was refused. */
  two: Visitor | undefined;
  /** The signed-in and signed-out views of each page. */
  views: readonly Views[];
  /**
   * Path of a page that showed the first user's name to another visitor, probably from a cache; undefined if none did.
   */
  cached: string | undefined;
}

/**
 * Finds the part of a page that names the signed-in user. Each session opens all pages before the next login, because
 * the next login may end the session.
 *
 * @param one the first session of the first account
 * @param hinted paths that the scripts of the app request
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
  const outside = new Map<string, PageVisit>();
  for (const path of await pathsOf(one, landing, [...hinted, ...besideLogin(login)]))
    outside.set(path, await manners.fresh().get(path));
  const mine = await looks(one.visitor, outside, again);
  const two = await mayEnter(entrance, first as LoginCredentials);
  const anew = await looks((two ?? one).visitor, outside);
  const last = second === undefined ? undefined : (await signIn(entrance, second)).visitor;
  const users = [first, second].flatMap(account => (account === undefined ? [] : [account.user]));
  let views: Views[] = [];
  let mark: Mark | undefined;
  // A broken instance may show the second user the name of the first user. Then the loop tries other instances.
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
  if (mark === undefined && shared !== undefined)
    throw new UsageError(
      `init: a visitor without a session got ${shared} with the name of ${users[0]}. Expected the app to make this page for ` +
        'each session: a cache between the app and its users probably shares it. Exclude pages of signed-in users ' +
        'from the cache, or run init on the address of one instance, then set `url` in the file to the address of ' +
        'the balancer',
    );
  if (mark === undefined && landing !== undefined && !mine.has(landing))
    throw new UsageError(
      `init: the login was accepted and leads to ${landing}, but none of ${TRIES} responses of that page was signed in. ` +
        'Expected at least one instance to know the session: perhaps each instance ends the sessions of the ' +
        'others, or a cache sends the page of a signed-out client. Run init on the address of one instance, then set ' +
        '`url` in the file to the address of the balancer',
    );
  if (mark === undefined)
    throw new UsageError(
      `init: the login was accepted, and none of ${views.length} pages (${views.map(({ path }) => path).join(', ') || 'no page differs between signed-in and signed-out clients'}) ` +
        'names its user in a way that differs between the accounts. Write `signedIn` by hand (docs/target-file.md)',
    );
  return {
    mark,
    outside: outside.get(mark.page) as PageVisit,
    landing: landing ?? mark.page,
    one: one.visitor,
    two: two?.visitor,
    views,
    cached: behindCache ? mark.page : shared,
  };
}

/**
 * Returns the path of a page if strangers get it with the name of a user from a cache, but not from the app itself;
 * undefined if the app shows this name to all visitors.
 */
async function sharedWithStrangers(
  stranger: Visitor,
  page: PageVisit | undefined,
  user: string,
): Promise<string | undefined> {
  if (page?.status !== 200 || !page.body.includes(user)) return undefined;
  return (await pastCaches(stranger, page.path)).body.includes(user) ? undefined : page.path;
}

/**
 * For each page that both users see equally, requests the second user's view again, past all caches. Either a cache has
 * sent the first user's page, or the app shows the page to all users.
 */
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

/** Requests a page with an additional query that no cache has stored, so that the app itself responds. */
const pastCaches = (visitor: Visitor, path: string): Promise<PageVisit> =>
  visitor.twin().get(`${path}${path.includes('?') ? '&' : '?'}baton=${randomUUID()}`);

type Looks = ReadonlyMap<string, PageVisit>;

/**
 * Returns the pages that both sessions of the first user see. Adds the views of the second user and of a
 * signed-out visitor.
 */
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

/** Returns usual paths of an API that show the user, next to the path of its login. */
const besideLogin = ({ json, path }: Login): string[] =>
  json === undefined ? [] : [`${path.replace(/\/[^/]*\/?$/, '')}/me`, '/users/me', '/api/user'];

async function looks(visitor: Visitor, outside: Looks, look = inside): Promise<Map<string, PageVisit>> {
  const all = new Map<string, PageVisit>();
  for (const [path, stranger] of outside) {
    const seen = await look(visitor, path, stranger);
    if (seen !== undefined) all.set(path, seen);
  }
  return all;
}

/** Returns the paths to search: the page after the login, the links on it, and usual paths of user pages. */
async function pathsOf(
  { visitor, answer }: Entered,
  landing: string | undefined,
  hinted: readonly string[],
): Promise<string[]> {
  const start = landing === undefined ? answer : await visitor.twin().open(landing);
  const linked = start.links.flatMap(({ href, words }) => {
    const path = visitor.pathOf(href, start.path);
    const all = `${words} ${path?.toLowerCase()}`;
    return path === undefined || LOGOUT.test(all) || LOGIN.test(all) || /delet|remov|\.\w{2,4}$/.test(all)
      ? []
      : [path.split('#')[0] as string];
  });
  const first = landing === undefined ? [] : [landing];
  return [...new Set([...first, start.path, ...linked.slice(0, PAGES), ...hinted, ...USUAL])];
}

/**
 * Returns a page as a session sees it. Returns undefined if the page does not exist, or if each response
 * shows the signed-out page.
 */
async function inside(visitor: Visitor, path: string, outside: PageVisit): Promise<PageVisit | undefined> {
  return (await reach(visitor, path, outside))?.seen;
}

async function reach(visitor: Visitor, path: string, outside: PageVisit) {
  for (let i = 0; i < TRIES; i++) {
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

/**
 * Returns a page like `inside`, but from a later read of the same client: the first read after a login may show a
 * message, such as `Signed in as alice`, that no later read shows. If no later read is signed in, returns the first.
 */
async function again(visitor: Visitor, path: string, outside: PageVisit): Promise<PageVisit | undefined> {
  const reached = await reach(visitor, path, outside);
  for (let i = 0; reached !== undefined && i < LATER; i++) {
    const seen = await reached.reader.get(path);
    if (isInside(seen, outside)) return seen;
  }
  return reached?.seen;
}

/** The page and the test that show whether a session is signed in. */
export interface Sign {
  page: string;
  signedIn(seen: PageVisit): boolean;
}

/** Returns whether at least one instance shows the session as signed in. */
export async function isIn(visitor: Visitor, { page, signedIn }: Sign): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    await outOfStep(visitor, page, i);
    if (signedIn(await visitor.twin().get(page))) return true;
  }
  return false;
}

/**
 * Returns whether a session is alive. If its access token can be refreshed, the refresh decides, because the access
 * token may outlive the session.
 */
export const isAlive = (visitor: Visitor, sign: Sign): Promise<boolean> =>
  visitor.tokens === undefined ? isIn(visitor, sign) : visitor.renew();

/**
 * Sends a request of another visitor before the third and the fifth try. Without this request, a round robin
 * could route every try to the same instance.
 */
async function outOfStep({ manners }: Visitor, path: string, tries: number): Promise<void> {
  if (tries > 0 && tries % 2 === 0) await manners.fresh().get(path);
}

/** The cookies that carry a session. */
export interface Carried {
  /**
   * Names of the session cookies. A request needs all these cookies to be signed in; if `each` is true, it
   * needs only one of these cookies.
   */
  cookies: string[];
  /** True if each cookie alone suffices, for example a session cookie and a remember-me cookie. */
  each: boolean;
}

/**
 * Finds the session cookies. First leaves out one cookie at a time: the session cookies are those without
 * which the session is signed out. If there are none, sends only one cookie at a time: each cookie that is
 * signed in alone is a session cookie.
 */
export async function carrying(visitor: Visitor, sign: Sign): Promise<Carried> {
  const names = visitor.client.cookies(sign.page).map(({ name }) => name);
  const cookies: string[] = [];
  for (const name of names) if (!(await isIn(visitor.twin([name]), sign))) cookies.push(name);
  if (cookies.length > 0 || (await isIn(visitor.twin(names), sign))) return { cookies, each: false };
  for (const name of names)
    if (await isIn(visitor.twin(names.filter(other => other !== name)), sign)) cookies.push(name);
  return { cookies, each: true };
}

/**
 * Returns the values that each session cookie has in turn: after the login, and after the next page. If the
 * cookie contains the session data, the page may store something in it, and the value gets longer. A token in
 * a header never changes.
 */
export async function valuesInTurn(
  visitor: Visitor,
  names: readonly string[],
  page: string,
): Promise<string[][]> {
  const later = visitor.twin();
  await later.open(page);
  const token = visitor.client.captured.get(AUTHORIZATION)?.replace(/^Bearer /, '');
  const jars = [visitor, later].map(({ client }) => client.cookies(page));
  const cookies = names.map(name => jars.flatMap(jar => jar.find(one => one.name === name)?.value ?? []));
  return token === undefined ? cookies : [...cookies, [token]];
}
