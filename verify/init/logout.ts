/** Finds the logout of an app, and whether the logout ends the session or only deletes the cookie. */
import { followLogout, Walk } from '../client/walk.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import { hasPasswordField } from '../core/response/login-answer.ts';
import { acknowledges, unlike } from './acknowledged.ts';
import type { HintedRequest } from './hints.ts';
import { leavesApp } from './login.ts';
import {
  type Known,
  type Logout,
  linksAsForms,
  logoutForms,
  logoutLinks,
  usualLogouts,
  writtenLogouts,
} from './logout-requests.ts';
import { isAlive, isIn } from './session.ts';
import { tokenIn } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';

export interface Left {
  logout: Logout;
  /** True if at least one instance still accepts the old session cookie after the logout. */
  livesOn: boolean;
}

export interface LogoutSearch {
  left: Left | undefined;
  failed: string[];
}

/** Maximum number of tries of a logout on a page, because an instance may not know the session. */
const TRIES = 3;

/**
 * Tries logout forms and links until one of them logs out. The session is unusable afterwards. Also returns a logout
 * that the app acknowledged without effect, so that a run shows the violation.
 *
 * @param pages the pages to search, as the visitor sees them
 * @param elsewhere key: path; value: the page in a second session
 * @param first path prefix of the logouts to try first
 * @param hints logout requests from scripts or a recording
 */
export async function findLogout(
  visitor: Visitor,
  { pages, elsewhere }: { pages: readonly PageVisit[]; elsewhere: ReadonlyMap<string, PageVisit> },
  known: Known,
  { first, hints = [] }: { first?: string | undefined; hints?: readonly HintedRequest[] } = {},
): Promise<LogoutSearch> {
  const links = logoutLinks(visitor, pages, elsewhere);
  const offered = once([...logoutForms(visitor, pages, known), ...links]);
  const headers = known.login.headers === undefined ? {} : { headers: known.login.headers };
  const hinted = hints.map((hint): Logout => ({ ...hint, ...headers }));
  const guessed = [...linksAsForms(links, known), ...writtenLogouts(visitor, pages, known)];
  const all = [...offered, ...hinted, ...guessed, ...usualLogouts(known)];
  let ineffective: Logout | undefined;
  const isFirst = ({ path }: Logout): boolean => first !== undefined && path.startsWith(first);
  const waiting = [...all.filter(isFirst), ...all.filter(one => !isFirst(one))];
  const confirmed = new Set<string>();
  const tries = new Map(offered.map(one => [one, 1]));
  for (let logout = waiting.shift(); logout !== undefined; logout = waiting.shift()) {
    const leaving = visitor.twin();
    const { answer, last, atProvider } = await leave(leaving, logout, known);
    const found: Logout = atProvider ? { ...logout, provider: true } : logout;
    const acknowledged = atProvider || acknowledges(answer);
    const byToken = visitor.tokens !== undefined;
    // An error response is not a logout: an instance that does not know the session may respond with 404 and replace
    // the cookie.
    const isRefused = byToken ? !acknowledged : (answer.status ?? 500) >= 400;
    if (!isRefused && !(await isAlive(leaving, known)))
      return { left: { logout: found, livesOn: await livesOn(visitor, known) }, failed: [] };
    const isNamed = atProvider || byToken || hinted.includes(logout);
    if (acknowledged && ineffective === undefined && (isNamed || (await isKnown(visitor, logout, known))))
      ineffective = found;
    if (await mayTryAgain(visitor, logout, { tries, page: known.page })) waiting.unshift(logout);
    const confirmations = logout.method === 'GET' ? logoutForms(visitor, [last], known) : [];
    for (const one of confirmations.filter(({ method, path }) => method !== 'GET' && !confirmed.has(path))) {
      confirmed.add(one.path);
      waiting.unshift(one);
    }
  }
  if (ineffective !== undefined) return { left: { logout: ineffective, livesOn: true }, failed: [] };
  return { left: undefined, failed: offered.map(({ method, path }) => `${method} ${path}`) };
}

/** Returns whether an API acknowledges this logout, but not a request to an unknown path. */
async function isKnown(visitor: Visitor, logout: Logout, known: Known): Promise<boolean> {
  if (known.login.json === undefined) return false;
  const { answer } = await leave(visitor.twin(), { ...logout, path: unlike(logout.path) }, known);
  return !acknowledges(answer);
}

/**
 * Returns true at the first two calls for a logout. The second call sends an extra request, so that a round robin
 * chooses another instance.
 */
async function mayTryAgain(
  { manners }: Visitor,
  logout: Logout,
  { tries, page }: { tries: Map<Logout, number>; page: string },
): Promise<boolean> {
  const count = tries.get(logout) ?? TRIES;
  if (count === TRIES) return false;
  if (count === TRIES - 1) await manners.fresh().get(page);
  tries.set(logout, count + 1);
  return true;
}

const once = (logouts: readonly Logout[]): Logout[] =>
  [
    ...new Map(logouts.toReversed().map(one => [JSON.stringify({ ...one, steps: [] }), one])).values(),
  ].reverse();

/**
 * Returns whether the session survived its logout. Also returns true if the access token is about to expire, because
 * its refusal is then no evidence.
 */
async function livesOn(visitor: Visitor, known: Known): Promise<boolean> {
  const { tokens } = visitor;
  if (tokens === undefined) return isIn(visitor, known);
  tokens.over = true;
  return (await isIn(visitor, known)) || tokens.isOld;
}

/**
 * Logs out with the requests that the target file will describe.
 *
 * @returns `last`: the last page after redirects. `atProvider`: true if the redirects end at another host that asks for
 * no password
 */
export async function leave(
  leaving: Visitor,
  logout: Logout,
  { page, csrf }: Known,
): Promise<{ answer: PageVisit; last: PageVisit; atProvider: boolean }> {
  let last = await leaving.get(page);
  const values: Record<string, string> = {};
  const keepToken = (): void => {
    values['csrf'] = tokenIn(leaving, last, csrf) ?? values['csrf'] ?? '';
  };
  if (await leaving.renew()) values['refresh'] = leaving.tokens?.refresh ?? '';
  keepToken();
  for (const { path, capture = {} } of logout.steps ?? []) {
    last = await leaving.get(path);
    keepToken();
    for (const [name, finding] of Object.entries(capture))
      values[name] = tokenIn(leaving, last, finding) ?? '';
  }
  const answer = await leaving.send({
    method: logout.method,
    path: filledText(logout.path, values),
    headers: filled(logout.headers ?? {}, values),
    ...(logout.form === undefined ? {} : { form: filled(logout.form, values) }),
    ...(logout.json === undefined ? {} : { json: filledJson(logout.json, values) }),
  });
  const walk = new Walk(leaving.client, { url: leaving.client.addressOf(logout.path), reply: answer });
  if (!leavesApp(answer) || walk.redirect() === undefined) {
    return { answer, last: await leaving.follow(answer), atProvider: false };
  }
  const done = await followLogout(walk, step => leaving.send(step));
  return { answer, last: answer, atProvider: done && !hasPasswordField(walk.page.reply) };
}
