/** Finds the logout of an app, and whether the logout ends the session or only deletes the cookie. */
import { decodeHTML } from 'entities';
import { followLogout, Walk } from '../client/walk.ts';
import { escaped, type Finding, finder } from '../core/response/finding.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import { hasPasswordField } from '../core/response/login-answer.ts';
import { acknowledges, unlike } from './acknowledged.ts';
import type { HintedRequest } from './hints.ts';
import { type Login, leavesApp, type Token } from './login.ts';
import { isAlive, isIn, type Sign } from './session.ts';
import { fieldIn, isTokenField, tokenIn } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGOUT } from './words.ts';

export interface Logout {
  /** Pages to open before the logout, because they contain the form token or other values of the logout request. */
  steps?: { method: 'GET'; path: string; capture?: Record<string, string> }[];
  method: 'GET' | HintedRequest['method'];
  path: string;
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  /** True if the logout also logs out at the identity provider, so that the next login asks for the password. */
  provider?: true;
}

export interface Left {
  logout: Logout;
  /** True if at least one instance still accepts the old session cookie after the logout. */
  livesOn: boolean;
}

export interface LogoutSearch {
  left: Left | undefined;
  failed: string[];
}

export interface Known extends Sign {
  login: Login;
  csrf: Token | undefined;
}

/** Maximum number of tries of a logout on a page, because an instance may not know the session. */
const TRIES = 3;

/** Usual logout paths, for apps without a logout on a page or in the hints. */
const USUAL: readonly string[] = ['/logout', '/api/logout'];

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
  const offered = once([...forms(visitor, pages, known), ...links(visitor, pages, elsewhere)]);
  const headers = known.login.headers === undefined ? {} : { headers: known.login.headers };
  const hinted = hints.map((hint): Logout => ({ ...hint, ...headers }));
  const all = [...offered, ...hinted, ...written(visitor, pages, known), ...usual(known)];
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
    const confirmations = logout.method === 'GET' ? forms(visitor, [last], known) : [];
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
 * Returns whether a logout may be tried again: twice at most. Before the second time, an extra request makes a round
 * robin choose another instance.
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
      values[name] = finder(finding as Finding, decodeHTML).first(last) ?? '';
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

function forms(
  visitor: Visitor,
  pages: readonly PageVisit[],
  { login, csrf, page: marked }: Known,
): Logout[] {
  // A run opens the signed-in page before every logout, so a form token on this page needs no additional request.
  const own = pages.find(({ path }) => path === marked);
  const isThere = own !== undefined && tokenIn(visitor, own, csrf) !== undefined;
  return pages.flatMap(page =>
    page.forms.flatMap(({ words, action, method, fields }): Logout[] => {
      const path = visitor.pathOf(action, page.path);
      if (path === undefined || !LOGOUT.test(`${words} ${path.toLowerCase()}`)) return [];
      const form = Object.fromEntries(
        fields.map(({ name, value }) => [name, isTokenField(name, fields, csrf) ? '{csrf}' : value]),
      );
      const steps =
        isThere || !Object.values(form).includes('{csrf}')
          ? []
          : [{ method: 'GET' as const, path: page.path }];
      return [
        {
          ...(steps.length === 0 ? {} : { steps }),
          method,
          path,
          form,
          ...(login.headers === undefined ? {} : { headers: login.headers }),
        },
      ];
    }),
  );
}

function links(
  visitor: Visitor,
  pages: readonly PageVisit[],
  elsewhere: ReadonlyMap<string, PageVisit>,
): Logout[] {
  return pages.flatMap(page =>
    page.links.flatMap(({ href, words }): Logout[] => {
      const path = visitor.pathOf(href, page.path);
      if (path === undefined || !LOGOUT.test(`${words} ${path.toLowerCase()}`)) return [];
      const other = elsewhere.get(page.path)?.links.find(link => link.words === words)?.href;
      const carried = other === undefined ? undefined : difference(href, other);
      return [carried === undefined ? { method: 'GET', path } : withToken(page, path, carried)];
    }),
  );
}

function difference(href: string, other: string): string | undefined {
  const [mine, theirs] = [href, other].map(text => new URLSearchParams(text.split('?')[1] ?? ''));
  for (const [name, value] of mine ?? []) if (theirs?.get(name) !== value) return value;
  return undefined;
}

/** Returns the logout for a link with a token, such as `/logout?t=4f1b`. */
function withToken(page: PageVisit, path: string, token: string): Logout {
  const at = page.body.indexOf(token);
  const begins = Math.max(page.body.lastIndexOf('"', at), page.body.lastIndexOf("'", at)) + 1;
  const before = escaped(page.body.slice(begins, at));
  const capture = { leave: `${before}([^"'&<>\\s]+)` };
  return {
    steps: [{ method: 'GET', path: page.path, capture }],
    method: 'GET',
    path: path.replace(token, '{leave}'),
  };
}

function usual({ login, csrf }: Known): Logout[] {
  const sent = [...posted([...new Set([...besides(login), ...USUAL])], { login, csrf }), ...deletion(login)];
  if (login.refresh === undefined) return sent;
  const member = login.refresh.atLogin.refresh.split('/').at(-1) ?? 'refresh_token';
  return sent.flatMap(one => [one, { ...one, json: { [member]: '{refresh}' } }]);
}

/** An API that creates a session by POST deletes it by DELETE. */
const deletion = ({ path, headers = {} }: Login): Logout[] =>
  /\/sessions?\/?$/.test(path) ? [{ method: 'DELETE', path, headers }] : [];

function posted(paths: readonly string[], { login, csrf }: Pick<Known, 'login' | 'csrf'>): Logout[] {
  const field = fieldIn(csrf);
  const token = field === undefined ? {} : { [field]: '{csrf}' };
  const headers = login.headers === undefined ? {} : { headers: login.headers };
  const body = login.json === undefined ? { form: token } : { json: {} };
  return paths.map(path => ({ method: 'POST', path, ...body, ...headers }));
}

const WRITTEN = 4;

/** Finds logout paths in the quoted texts of scripts, because a script may draw the link. */
function written(visitor: Visitor, pages: readonly PageVisit[], known: Known): Logout[] {
  const quoted = /(?:["']|&quot;)(\/[\w./-]*)(?:["']|&quot;)/g;
  const paths = pages.flatMap(({ body, path }) =>
    [...body.matchAll(quoted)].flatMap(([, text = '']) => visitor.pathOf(text, path) ?? []),
  );
  const logouts = [...new Set(paths)].filter(
    path => LOGOUT.test(path.toLowerCase()) && !/\.\w{2,4}$/.test(path),
  );
  return posted(logouts.slice(0, WRITTEN), known).flatMap(one => [one, { method: 'GET', path: one.path }]);
}

/** Returns `/api/logout` for `/api/login`. */
const besides = ({ json, path }: Login): string[] =>
  json === undefined ? [] : [`${path.replace(/\/[^/]*(\/?)$/, '/logout$1')}`];
