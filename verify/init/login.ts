/** Finds how an app is logged in to, and does so: as a person would, with the accounts that were given. */
import { filled, filledJson } from '../core/form.ts';
import { UsageError } from '../errors.ts';
import type { Field, Form } from './page.ts';
import type { Seen, Visitor } from './visitor.ts';
import { LOGIN, REGISTER } from './words.ts';

export interface Login {
  page: string;
  path: string;
  method: 'GET' | 'POST';
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  csrf?: Token;
}

export type Token = { field: string } | { meta: string } | { cookie: string };

export interface Credentials {
  user: string;
  password: string;
}

/** Where apps have their login, when no link says so. */
const USUAL = [
  '/login',
  '/accounts/login/',
  '/users/sign_in',
  '/signin',
  '/auth/login',
  '/admin/login/',
  '/wp-login.php',
];
/** Fields that hold a form token, by name. */
const TOKEN = /csrf|xsrf|token|authenticity|nonce|verification/i;

/**
 * @param page where the form is, when it is known
 * @returns the page and its form, with what each field is to hold
 * @throws UsageError when there is none
 */
export async function findLogin(stranger: Visitor, page?: string): Promise<Login> {
  const tried: string[] = [];
  for await (const seen of candidates(stranger, page)) {
    if (tried.includes(seen.path)) continue;
    tried.push(seen.path);
    const form = loginForm(seen);
    if (form !== undefined) return describe(stranger, seen, form);
  }
  throw new UsageError(
    `init: expected a login form (one password field, and a field before it), found none on ${tried.join(', ')}. ` +
      'Name its page with --login-page; an app that renders it in the browser needs --login-path and --login-json',
  );
}

async function* candidates(stranger: Visitor, page: string | undefined): AsyncGenerator<Seen> {
  if (page !== undefined) return yield await stranger.open(page);
  const home = await stranger.open('/');
  yield home;
  for (const { href, words } of home.links) {
    const path = stranger.pathOf(href, home.path);
    if (path !== undefined && LOGIN.test(`${words} ${path.toLowerCase()}`)) yield await stranger.open(path);
  }
  for (const path of USUAL) {
    const seen = await stranger.open(path);
    if ((seen.status ?? 500) < 400) yield seen;
  }
}

/** @returns the form of a page that logs in: not one that registers, changes a password, searches or subscribes */
export function loginForm({ forms }: Pick<Seen, 'forms'>): Form | undefined {
  const fits = forms.filter(form => {
    const passwords = form.fields.filter(({ type }) => type === 'password');
    return passwords.length === 1 && userField(form) !== undefined && form.method === 'POST';
  });
  const score = ({ words, fields }: Form): number =>
    Number(LOGIN.test(words)) - 2 * Number(REGISTER.test(words)) - fields.filter(isText).length / 10;
  return fits.toSorted((a, b) => score(b) - score(a)).find(form => score(form) > -1.5);
}

const isText = ({ type }: Field): boolean => ['text', 'email', 'tel', 'username'].includes(type);
const USER = /user|mail|login|account|name|kennung|identif/;

function userField({ fields }: Form): Field | undefined {
  const before = fields
    .slice(
      0,
      fields.findIndex(({ type }) => type === 'password'),
    )
    .filter(isText);
  return before.find(({ hint }) => USER.test(hint)) ?? before.at(-1);
}

/** A second look with another jar tells which hidden fields are tokens: those that differ. */
async function describe(stranger: Visitor, page: Seen, form: Form): Promise<Login> {
  const path = stranger.pathOf(form.action, page.path);
  if (path === undefined)
    throw new UsageError(
      `init: the login form of ${page.path} is sent to ${form.action}, which is another host: a login by somebody else ` +
        '(single sign-on) is not followed. Give the app a login of its own for tests',
    );
  const fresh = await stranger.manners.fresh().open(page.path);
  const again = loginForm(fresh);
  const user = userField(form)?.name;
  const values: Record<string, string> = {};
  let csrf: Token | undefined;
  for (const { name, type, value } of form.fields) {
    const other = again?.fields.find(field => field.name === name)?.value;
    const token = type === 'hidden' && (TOKEN.test(name) || other !== value) && csrf === undefined;
    if (token) csrf = { field: name };
    values[name] = name === user ? '{user}' : type === 'password' ? '{password}' : token ? '{csrf}' : value;
  }
  const beside = csrf === undefined ? besideToken(stranger, page) : undefined;
  return {
    page: page.path,
    path: path.split('#')[0] as string,
    method: form.method,
    form: values,
    ...(csrf === undefined ? {} : { csrf }),
    ...beside,
  };
}

/** A token that scripts send: in a meta tag or a cookie, as a header that has its name. */
export function besideToken(
  visitor: Visitor,
  page: Seen,
): { csrf?: Token; headers?: Record<string, string> } {
  const meta = [...page.metas.keys()].find(name => /csrf|xsrf/i.test(name));
  if (meta !== undefined) return { csrf: { meta }, headers: { 'X-CSRF-Token': '{csrf}' } };
  const cookie = visitor.client.cookies(page.path).find(({ name }) => /csrf|xsrf/i.test(name))?.name;
  if (cookie === undefined) return {};
  const header =
    cookie === 'csrftoken' ? 'X-CSRFToken' : /xsrf/i.test(cookie) ? 'X-XSRF-TOKEN' : 'X-CSRF-Token';
  return { csrf: { cookie }, headers: { [header]: '{csrf}' } };
}

/** What a login came to. */
export interface Entered {
  visitor: Visitor;
  /** The answer to the request itself. */
  answer: Seen;
  accepted: boolean;
}

/** Opens the page and sends its form, once. */
export async function enter(
  visitor: Visitor,
  login: Login,
  { user, password }: Credentials,
): Promise<Entered> {
  const page = await visitor.get(login.page);
  const known = { user, password, csrf: tokenOf(visitor, page, login.csrf) };
  const answer = await visitor.send({
    method: login.method,
    path: login.path,
    headers: filled(login.headers ?? {}, known),
    ...(login.json === undefined
      ? { form: filled(login.form ?? {}, known) }
      : { json: filledJson(login.json, known) }),
  });
  return { visitor, answer, accepted: isAccepted(answer, login) };
}

/** As the target file will tell it. */
function isAccepted({ status = 500, redirect, forms }: Seen, { page }: Login): boolean {
  if (status >= 400 || (redirect !== undefined && redirect === page)) return false;
  return redirect !== undefined || loginForm({ forms }) === undefined;
}

/** @returns the token that a page carries for what is sent next; empty when there is none */
export function tokenOf(visitor: Visitor, page: Seen, csrf: Token | undefined): string {
  if (csrf === undefined) return '';
  if ('meta' in csrf) return page.metas.get(csrf.meta) ?? '';
  if ('field' in csrf)
    return page.forms.flatMap(({ fields }) => fields).find(({ name }) => name === csrf.field)?.value ?? '';
  const value = visitor.client.cookies(page.path).find(({ name }) => name === csrf.cookie)?.value ?? '';
  return decodeURIComponent(value);
}
