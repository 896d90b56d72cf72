/** Finds the login page of an app, and its login form. */

import type { Form, FormField } from '../client/page.ts';
import { UsageError } from '../errors.ts';
import type { Refresh } from './renewal.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { CODE, CODE_PAGE, LOGIN, LOGOUT, REGISTER } from './words.ts';

export interface LoginStep {
  method: 'GET' | 'POST';
  path: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Key: a placeholder in later requests; value: the form field that contains the value. */
  capture?: Record<string, { field: string }>;
}

export interface Login {
  page: string;
  steps?: LoginStep[];
  /**
   * Path of the request that logs in. If empty, the login submits a form on the last page: the form that has the fields
   * in `form`.
   */
  path: string;
  method: 'GET' | 'POST';
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  csrf?: Token;
  /** Regular expression for a refused login. Absent if the response shows the login form again. */
  refused?: string;
  basic?: true;
  /** JSON pointer to a token, which all later requests send instead of a cookie. */
  capture?: { token: { json: string } };
  /** The scheme of the Authorization header with the token; absent if it is Bearer. */
  scheme?: string;
  refresh?: Refresh;
  /** True if the login gives a refresh token, but init found no request that accepts it. */
  unrefreshed?: true;
  pageless?: true;
}

/** Returns the Authorization header of a target file, with a placeholder for the token. */
export const authorizationOf = ({ scheme = 'Bearer', refresh }: Login): string =>
  `${scheme} {${refresh === undefined ? 'token' : 'access'}}`;

/** Where pages have the CSRF token. A text is a regular expression whose group matches the token. */
export type Token = string | { field: string } | { meta: string } | { cookie: string } | { json: string };

export interface LoginCredentials {
  user: string;
  password: string;
}

/** Usual paths of login pages. */
export const USUAL: readonly string[] = [
  '/login',
  '/accounts/login/',
  '/users/sign_in',
  '/signin',
  '/auth/login',
  '/admin/login/',
  '/wp-login.php',
  '/Identity/Account/Login',
];

/** Maximum number of links on the first page that init follows although no word in them suggests a login. */
const LINKS = 8;
/** Links that a search for the login does not follow: they may change data, or lead to a file. */
const NOT_FOLLOWED = /delet|remov|\.(?!html?\b|php\b|aspx?\b|jsp\b)\w{2,5}(\?|$)/;

export type Asks = 'user and password' | 'user' | 'password' | 'code';

export type FormBeginning = { page: PageVisit; form: Form; asks: Asks };
/** The first page of a login: a form, HTTP Basic (`basic`), or a redirect to another host (`away`). */
export type Beginning = FormBeginning | { page: PageVisit; basic: true } | { page: PageVisit; away: true };

/**
 * Searches for the login of the app.
 *
 * @param page path of the login page; no other page is searched
 * @param first path to try first
 * @throws UsageError if no login is found
 */
export async function findLogin(stranger: Visitor, page?: string, first?: string): Promise<Beginning> {
  const tried: string[] = [];
  let away: PageVisit | undefined;
  for await (const seen of candidates(stranger, page, first)) {
    if (tried.includes(seen.path)) continue;
    tried.push(seen.path);
    if (leavesApp(seen)) away ??= seen;
    const beginning = beginningOn(seen);
    if (beginning === undefined) continue;
    // Omits the query (often a return address) if the login form is also on the page without the query.
    const [path = '', query] = seen.path.split('?');
    const plain = query === undefined ? undefined : beginningOn(await stranger.open(path));
    return plain ?? beginning;
  }
  if (away !== undefined) return { page: away, away: true };
  throw new NoLogin(
    `init: expected a login form (one password field, and a field before it), found none on ${tried.join(', ')}. ` +
      'Name its page with --login-page; an app that renders it in the browser needs --login-path and --login-json',
  );
}

export const leavesApp = ({ redirect = '', leads }: Pick<PageVisit, 'redirect' | 'leads'>): boolean =>
  leads === undefined && /^https?:/.test(redirect);

function beginningOn(page: PageVisit): Beginning | undefined {
  if (asksBasic(page)) return { page, basic: true };
  const first = nextForm(page, new Set());
  return first === undefined ? undefined : { page, ...first };
}

/** Thrown if no page has a login form, and no login request is known. */
export class NoLogin extends UsageError {}

async function* candidates(
  stranger: Visitor,
  page: string | undefined,
  first: string | undefined,
): AsyncGenerator<PageVisit> {
  if (page !== undefined) return yield await stranger.open(page);
  const usual = async function* (paths: readonly string[]) {
    for (const path of paths) {
      const seen = await stranger.open(path);
      if ((seen.status ?? 500) < 400 || asksBasic(seen)) yield seen;
    }
  };
  if (first !== undefined) yield* usual([first]);
  const home = await stranger.open('/');
  yield home;
  for (const { href, words } of home.links) {
    const path = stranger.pathOf(href, home.path);
    if (path !== undefined && LOGIN.test(`${words} ${path.toLowerCase()}`)) yield await stranger.open(path);
  }
  yield* usual(USUAL);
  for (const path of pagesLinkedFrom(stranger, home).slice(0, LINKS)) {
    const seen = await stranger.open(path);
    if (!leavesApp(seen)) yield seen;
  }
}

/** Returns the pages that the first page links, because a page that needs a session redirects strangers to the login. */
const pagesLinkedFrom = (stranger: Visitor, home: PageVisit): string[] => [
  ...new Set(
    home.links.flatMap(({ href, words }) => {
      const path = stranger.pathOf(href, home.path)?.split('#')[0];
      if (path === undefined || path === home.path) return [];
      const all = `${words} ${path.toLowerCase()}`;
      return LOGOUT.test(all) || NOT_FOLLOWED.test(all) ? [] : [path];
    }),
  ),
];

const asksBasic = ({ status, headers }: PageVisit): boolean =>
  status === 401 && /^basic\b/i.test(String(headers['www-authenticate'] ?? ''));

type Page = Pick<PageVisit, 'forms'> & Partial<Pick<PageVisit, 'path' | 'text'>>;

/** Returns the login form of a page. Skips forms that register, change a password, search or subscribe. */
export function loginForm({ forms }: Page): Form | undefined {
  const fits = forms.filter(form => {
    const passwords = form.fields.filter(({ type }) => type === 'password');
    return passwords.length === 1 && userField(form) !== undefined && form.method === 'POST';
  });
  const score = ({ words, fields }: Form): number =>
    Number(LOGIN.test(words)) - 2 * Number(REGISTER.test(words)) - fields.filter(isText).length / 10;
  return fits.toSorted((a, b) => score(b) - score(a)).find(form => score(form) > -1.5);
}

/** Returns a form that asks only for a user name, if words of the page, form or field suggest a login. */
function userForm({ forms, path = '' }: Page): Form | undefined {
  return forms.find(form => {
    const field = userField(form);
    if (field === undefined || form.method !== 'POST' || REGISTER.test(form.words)) return false;
    if (form.fields.some(({ type }) => type === 'password') || form.fields.filter(isText).length > 1)
      return false;
    return USER.test(field.hint) && LOGIN.test(`${form.words} ${path.toLowerCase()}`);
  });
}

/**
 * Returns the next form of the login; undefined if there is none.
 *
 * @param sent inputs that were already sent; a form that asks for them again means a refusal
 */
export function nextForm(page: Page, sent: ReadonlySet<Asks>): { form: Form; asks: Asks } | undefined {
  const { forms, path = '', text = '' } = page;
  if (sent.size === 0) {
    const form = loginForm(page);
    if (form !== undefined) return { form, asks: 'user and password' };
    const named = userForm(page);
    return named === undefined ? undefined : { form: named, asks: 'user' };
  }
  if (!sent.has('password') && !sent.has('user and password')) {
    const form = forms.find(({ fields }) => fields.filter(({ type }) => type === 'password').length === 1);
    return form === undefined || REGISTER.test(form.words) ? undefined : { form, asks: 'password' };
  }
  if (sent.has('code')) return undefined;
  const form = forms.find(one => {
    const field = codeField(one);
    return (
      field !== undefined &&
      (CODE.test(field.hint) || CODE_PAGE.test(`${path} ${one.words} ${text}`.toLowerCase()))
    );
  });
  return form === undefined ? undefined : { form, asks: 'code' };
}

/** Returns the field for a one-time code, if it is the only field that the user fills in. */
export function codeField({ fields, method }: Form): FormField | undefined {
  const typed = fields.filter(field => isText(field) || ['number', 'password'].includes(field.type));
  return method === 'POST' && typed.length === 1 && /cod|otp|token|pin|factor/.test(typed[0]?.hint ?? '')
    ? typed[0]
    : undefined;
}

const isText = ({ type }: FormField): boolean => ['text', 'email', 'tel', 'username'].includes(type);
const USER = /user|mail|login|account|name|kennung|identif/;

export function userField({ fields }: Form): FormField | undefined {
  const password = fields.findIndex(({ type }) => type === 'password');
  const before = (password === -1 ? fields : fields.slice(0, password)).filter(isText);
  return before.find(({ hint }) => USER.test(hint)) ?? before.at(-1);
}
