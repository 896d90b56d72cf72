/** Finds requests that may log out: on a page, in its scripts, and at usual paths. */
import type { FormField } from '../client/page.ts';
import { escaped } from '../core/response/finding.ts';
import type { HintedRequest } from './hints.ts';
import type { Login, Token } from './login.ts';
import type { Sign } from './session.ts';
import { fieldIn, isTokenField, LEAST_TOKEN, TOKEN, tokenIn } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGOUT } from './words.ts';

export interface Logout {
  /** Pages to open before the logout, because they contain the form token or other values of the logout request. */
  steps?: { method: 'GET'; path: string; capture?: Record<string, Token> }[];
  method: 'GET' | HintedRequest['method'];
  path: string;
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  /** True if the logout also logs out at the identity provider, so that the next login asks for the password. */
  provider?: true;
}

export interface Known extends Sign {
  login: Login;
  csrf: Token | undefined;
}

/** Usual logout paths, for apps without a logout on a page or in the hints. */
const USUAL: readonly string[] = ['/logout', '/api/logout'];

/** Returns the requests of the forms whose words or path name a logout. */
export function logoutForms(
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
      const own = ownToken(fields, csrf);
      const form = Object.fromEntries(
        fields.map(({ name, value }) => {
          if (name === own) return [name, '{leave}'];
          return [name, isTokenField(name, fields, csrf) ? '{csrf}' : value];
        }),
      );
      const needed = own !== undefined || (!isThere && Object.values(form).includes('{csrf}'));
      const capture = own === undefined ? {} : { capture: { leave: { field: own } } };
      const steps = needed ? [{ method: 'GET' as const, path: page.path, ...capture }] : [];
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

/** Returns the hidden field whose token is valid only for this form. */
const ownToken = (fields: readonly FormField[], csrf: Token | undefined): string | undefined =>
  fields.find(
    ({ type, name, value }) =>
      type === 'hidden' &&
      TOKEN.test(name) &&
      value.length >= LEAST_TOKEN &&
      !isTokenField(name, fields, csrf),
  )?.name;

/**
 * Returns the requests of the links that name a logout.
 *
 * @param elsewhere key: path; value: the page in a second session
 */
export function logoutLinks(
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

/**
 * Returns the links as POST requests with the form token, because the app's script may send a logout link as a form.
 */
export const linksAsForms = (links: readonly Logout[], known: Known): Logout[] =>
  posted([...new Set(links.filter(({ steps }) => steps === undefined).map(({ path }) => path))], known);

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

/** Returns logout requests at usual paths, and at paths next to the login of an API. */
export function usualLogouts({ login, csrf }: Known): Logout[] {
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
export function writtenLogouts(visitor: Visitor, pages: readonly PageVisit[], known: Known): Logout[] {
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
