/** Finds where an app is logged in to: the page, and the form on it that asks who is there. */
import { UsageError } from '../errors.ts';
import type { Field, Form } from './page.ts';
import type { Seen, Visitor } from './visitor.ts';
import { CODE, CODE_PAGE, LOGIN, REGISTER } from './words.ts';

/** One request on the way in. */
export interface Step {
  method: 'GET' | 'POST';
  path: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** What its answer holds for the next. */
  capture?: Record<string, { field: string }>;
}

export interface Login {
  page: string;
  /** Requests before the one that is accepted or refused. */
  steps?: Step[];
  path: string;
  method: 'GET' | 'POST';
  form?: Record<string, string>;
  json?: unknown;
  headers?: Record<string, string>;
  csrf?: Token;
  /** Finds what a refused login says, where that is not a form with a password. */
  refused?: string;
  /** HTTP Basic. */
  basic?: true;
  /** Where the answer holds a token that all later requests carry, instead of a cookie. */
  capture?: { token: { json: string } };
}

export type Token = { field: string } | { meta: string } | { cookie: string };

export interface Credentials {
  user: string;
  password: string;
}

/** Where apps have their login, when no link says so. */
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

/** What a form asks for. */
export type Asks = 'user and password' | 'user' | 'password' | 'code';

/** Where a login begins. */
export type FormBeginning = { page: Seen; form: Form; asks: Asks };
export type Beginning = FormBeginning | { page: Seen; basic: true };

/**
 * @param page where the form is, when it is known
 * @param first where it is looked for before all others
 * @returns the page, and its form, or that it asks by HTTP Basic
 * @throws UsageError when there is none
 */
export async function findLogin(stranger: Visitor, page?: string, first?: string): Promise<Beginning> {
  const tried: string[] = [];
  for await (const seen of candidates(stranger, page, first)) {
    if (tried.includes(seen.path)) continue;
    tried.push(seen.path);
    const beginning = beginningOn(seen);
    if (beginning === undefined) continue;
    // Where it leads afterwards is no part of its address, if it is there without.
    const [path = '', query] = seen.path.split('?');
    const plain = query === undefined ? undefined : beginningOn(await stranger.open(path));
    return plain ?? beginning;
  }
  throw new NoLogin(tried);
}

function beginningOn(page: Seen): Beginning | undefined {
  if (asksBasic(page)) return { page, basic: true };
  const form = loginForm(page);
  if (form !== undefined) return { page, form, asks: 'user and password' };
  const named = userForm(page);
  return named === undefined ? undefined : { page, form: named, asks: 'user' };
}

/** None of the pages has a login. */
export class NoLogin extends UsageError {
  constructor(tried: readonly string[]) {
    super(
      `init: expected a login form (one password field, and a field before it), found none on ${tried.join(', ')}. ` +
        'Name its page with --login-page; an app that renders it in the browser needs --login-path and --login-json',
    );
  }
}

async function* candidates(
  stranger: Visitor,
  page: string | undefined,
  first: string | undefined,
): AsyncGenerator<Seen> {
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
}

const asksBasic = ({ status, headers }: Seen): boolean =>
  status === 401 && /^basic\b/i.test(String(headers['www-authenticate'] ?? ''));

type Page = Pick<Seen, 'forms'> & Partial<Pick<Seen, 'path' | 'text'>>;

/** @returns the form of a page that logs in: not one that registers, changes a password, searches or subscribes */
export function loginForm({ forms }: Page): Form | undefined {
  const fits = forms.filter(form => {
    const passwords = form.fields.filter(({ type }) => type === 'password');
    return passwords.length === 1 && userField(form) !== undefined && form.method === 'POST';
  });
  const score = ({ words, fields }: Form): number =>
    Number(LOGIN.test(words)) - 2 * Number(REGISTER.test(words)) - fields.filter(isText).length / 10;
  return fits.toSorted((a, b) => score(b) - score(a)).find(form => score(form) > -1.5);
}

/** @returns the form that asks for the user alone, where page, form or field say that it logs in */
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
 * @param sent what was asked for before: a form that asks for it again refuses it
 * @returns the form by which a login goes on
 */
export function nextForm(page: Page, sent: ReadonlySet<Asks>): { form: Form; asks: Asks } | undefined {
  const { forms, path = '', text = '' } = page;
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

/** @returns the only field of a form that a person fills in */
export function codeField({ fields, method }: Form): Field | undefined {
  const typed = fields.filter(field => isText(field) || ['number', 'password'].includes(field.type));
  return method === 'POST' && typed.length === 1 && /cod|otp|token|pin|factor/.test(typed[0]?.hint ?? '')
    ? typed[0]
    : undefined;
}

const isText = ({ type }: Field): boolean => ['text', 'email', 'tel', 'username'].includes(type);
const USER = /user|mail|login|account|name|kennung|identif/;

/** @returns the field of a form that names the user */
export function userField({ fields }: Form): Field | undefined {
  const password = fields.findIndex(({ type }) => type === 'password');
  const before = (password === -1 ? fields : fields.slice(0, password)).filter(isText);
  return before.find(({ hint }) => USER.test(hint)) ?? before.at(-1);
}
