/** Finds the logout of an app, and whether it ends the session or only deletes the cookie. */
import { decodeHTML } from 'entities';
import { escaped, type Finding, finder } from '../core/finding.ts';
import { filled, filledText } from '../core/form.ts';
import type { Login, Token } from './login.ts';
import { isIn, type Sign } from './session.ts';
import { isTokenField, tokenOf } from './tokens.ts';
import type { Seen, Visitor } from './visitor.ts';
import { LOGOUT } from './words.ts';

export interface Logout {
  /** A page that is opened first, to read values that the request carries. */
  steps?: { method: 'GET'; path: string; capture: Record<string, string> }[];
  method: 'GET' | 'POST';
  path: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface Left {
  logout: Logout;
  /** Whether the old cookie is still signed in afterwards, on some instance. */
  livesOn: boolean;
}

export interface LogoutSearch {
  left: Left | undefined;
  /** The logouts of the pages that did not end the session. */
  failed: string[];
}

export interface Known extends Sign {
  login: Login;
  csrf: Token | undefined;
}

/** Usual logout paths, tried if no page has a logout. */
const USUAL: readonly string[] = ['/logout', '/api/logout'];

/**
 * Tries the logouts of the pages until one signs out. The session of the visitor is not used afterwards.
 *
 * @param pages pages that may have a logout, as the visitor sees them; `elsewhere`: as another session sees them, by path
 * @param first prefix of the path to try first
 * @returns the logout, or the logouts that were tried without success
 */
export async function findLogout(
  visitor: Visitor,
  { pages, elsewhere }: { pages: readonly Seen[]; elsewhere: ReadonlyMap<string, Seen> },
  known: Known,
  first?: string,
): Promise<LogoutSearch> {
  const offered = [...forms(visitor, pages, known), ...links(visitor, pages, elsewhere)];
  const all = [...offered, ...usual(known)];
  const isFirst = ({ path }: Logout): boolean => first !== undefined && path.startsWith(first);
  for (const logout of [...all.filter(isFirst), ...all.filter(one => !isFirst(one))]) {
    const leaving = visitor.twin();
    await leave(leaving, logout, known);
    if (await isIn(leaving, known)) continue;
    return { left: { logout, livesOn: await isIn(visitor, known) }, failed: [] };
  }
  return { left: undefined, failed: offered.map(({ method, path }) => `${method} ${path}`) };
}

/** Logs out with the requests that the target file will describe. */
export async function leave(leaving: Visitor, logout: Logout, { page, csrf }: Known): Promise<void> {
  let last = await leaving.get(page);
  const values: Record<string, string> = {};
  for (const { path, capture } of logout.steps ?? []) {
    last = await leaving.get(path);
    for (const [name, finding] of Object.entries(capture))
      values[name] = finder(finding as Finding, decodeHTML).first(last) ?? '';
  }
  values['csrf'] = tokenOf(leaving, last, csrf);
  await leaving.follow(
    await leaving.send({
      method: logout.method,
      path: filledText(logout.path, values),
      headers: filled(logout.headers ?? {}, values),
      ...(logout.form === undefined ? {} : { form: filled(logout.form, values) }),
    }),
  );
}

function forms(visitor: Visitor, pages: readonly Seen[], { login, csrf }: Known): Logout[] {
  return pages.flatMap(page =>
    page.forms.flatMap(({ words, action, method, fields }): Logout[] => {
      const path = visitor.pathOf(action, page.path);
      if (path === undefined || !LOGOUT.test(words)) return [];
      const form = Object.fromEntries(
        fields.map(({ name, value }) => [name, isTokenField(name, fields, csrf) ? '{csrf}' : value]),
      );
      return [{ method, path, form, ...(login.headers === undefined ? {} : { headers: login.headers }) }];
    }),
  );
}

function links(visitor: Visitor, pages: readonly Seen[], elsewhere: ReadonlyMap<string, Seen>): Logout[] {
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

/** Returns the query value of a link that differs from another session's link; undefined if there is none. */
function difference(href: string, other: string): string | undefined {
  const [mine, theirs] = [href, other].map(text => new URLSearchParams(text.split('?')[1] ?? ''));
  for (const [name, value] of mine ?? []) if (theirs?.get(name) !== value) return value;
  return undefined;
}

/**
 * Returns a logout whose link carries a token: a step reads the token from the page each time, by the text before it.
 */
function withToken(page: Seen, path: string, token: string): Logout {
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
  const token = csrf !== undefined && 'field' in csrf ? { [csrf.field]: '{csrf}' } : {};
  const headers = login.headers === undefined ? {} : { headers: login.headers };
  return USUAL.map((path): Logout => ({ method: 'POST', path, form: token, ...headers }));
}

/** Returns whether a cookie contains its session data, signed or encrypted, and not only an id. */
export function isSelfContained(value: string): boolean {
  const text = decodedOnce(value);
  if (/^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return true;
  const [, first = ''] = /^(?:s:)?\.?([\w+/=-]{16,})/.exec(text) ?? [];
  const inside = Buffer.from(first, 'base64').toString('latin1');
  return /^[[{"].*["}\]:]/s.test(inside) || inside.startsWith('x\u009c') || text.length >= 120;
}

function decodedOnce(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
