/** Follows a login over all its pages, and finds the fields that each form sends. */

import type { Form } from '../client/page.ts';
import { escaped } from '../core/response/finding.ts';
import { filled, filledText } from '../core/response/form.ts';
import { UsageError } from '../errors.ts';
import { type Codes, type Entered, LOGINS, leadsInside, refusedEach } from './enter.ts';
import {
  type Asks,
  type Beginning,
  codeField,
  type FormBeginning,
  type Login,
  type LoginCredentials,
  type LoginStep,
  nextForm,
  type Token,
  userField,
} from './login.ts';
import { besideToken, differentFields, fieldIn, fieldOf, isTokenField, TOKEN, tokenOf } from './tokens.ts';
import type { Manners, PageVisit, Visitor } from './visitor.ts';

/** `capture`: fields whose values must be read from the page before each login. */
interface Sending {
  form: Record<string, string>;
  capture: Record<string, { field: string }>;
}

/**
 * Returns the request that sends the first form. Opens the page as two clients: hidden fields that differ are tokens.
 *
 * @param preferred the token to choose if there are several
 * @throws UsageError if the form is sent to another host
 */
export async function firstLogin(stranger: Visitor, beginning: Beginning, preferred?: Token): Promise<Login> {
  const { page } = beginning;
  if ('basic' in beginning) return { page: page.path, path: page.path, method: 'GET', basic: true };
  if ('away' in beginning) return { page: page.path, path: '', method: 'POST' };
  const { form } = beginning;
  const fresh = await stranger.manners.fresh().open(page.path);
  const different = differentFields(form, fresh);
  const changing = form.fields.filter(
    field => different.has(field.name) || (field.type === 'hidden' && TOKEN.test(field.name)),
  );
  const isPreferred = ({ name }: { name: string }): boolean =>
    preferred !== undefined && fieldIn(preferred) === name;
  const named = changing.filter(({ name }) => TOKEN.test(name));
  const token =
    changing.find(isPreferred) ?? named.find(({ name }) => different.has(name)) ?? named[0] ?? changing[0];
  // Searches meta tags and cookies for the token of an empty token field, because a script fills in this field.
  const beside = token?.value === '' ? besideToken(stranger, page).csrf : undefined;
  const csrf = beside ?? tokenOfLogin(page, token?.name, preferred);
  const others = changing.filter(field => field !== token && different.has(field.name));
  const sent = sending(form, beginning.asks, csrf, new Set(others.map(({ name }) => name)));
  return {
    page: page.path,
    ...(others.length === 0 ? {} : { steps: [{ method: 'GET', path: page.path, capture: sent.capture }] }),
    path: actionOf(stranger, page, form),
    method: form.method,
    form: sent.form,
    ...(csrf === undefined ? besideToken(stranger, page) : { csrf }),
  };
}

function tokenOfLogin(
  page: PageVisit,
  field: string | undefined,
  preferred: Token | undefined,
): Token | undefined {
  if (field === undefined) return undefined;
  const meta = typeof preferred === 'object' && 'meta' in preferred && page.metas.has(preferred.meta);
  return meta ? preferred : { field };
}

/** Number of login attempts on a single instance, after attempts on all instances. */
const ALONE = 2;

interface LoginAttempt {
  beginning: FormBeginning;
  account: LoginCredentials;
  codes: Codes;
}

/**
 * Sends all forms of the login in turn, and retries after a refusal. Returns the complete login and its session. The
 * last attempts stay on one instance, because a login may work only on a single instance.
 *
 * @param login the known part of the login: only the first form
 * @throws UsageError if the app refuses every attempt
 */
export async function wholeLogin(
  manners: Manners,
  login: Login,
  attempt: LoginAttempt,
): Promise<{ login: Login; entered: Entered }> {
  let last: Entered | undefined;
  for (let i = 0; i < LOGINS; i++) {
    if (i >= LOGINS - ALONE) await manners.onOneInstance(login.page);
    const visitor = manners.fresh();
    const page = await visitor.get(login.page);
    if (i % 2 === 1) await manners.fresh().get(login.page);
    const gone = await goes(visitor, page, login, attempt);
    if (gone.entered.accepted) return gone;
    last = gone.entered;
  }
  throw refusedEach(login, attempt.account, last);
}

async function goes(
  visitor: Visitor,
  begun: PageVisit,
  login: Login,
  { beginning, account, codes }: LoginAttempt,
): Promise<{ login: Login; entered: Entered }> {
  const sent = new Set<Asks>([beginning.asks]);
  const known: Record<string, string> = { user: account.user, password: account.password };
  for (const { capture = {} } of login.steps ?? []) captured(known, capture, begun);
  let whole = login;
  let page = begun;
  for (;;) {
    known['csrf'] = tokenOf(visitor, page, whole.csrf);
    if (Object.values(whole.form ?? {}).includes('{code}')) known['code'] = await codes.next(account.user);
    const { method } = whole;
    const path = filledText(whole.path, known);
    const headers = filled(whole.headers ?? {}, known);
    const answer = await visitor.send({ method, path, headers, form: filled(whole.form ?? {}, known) });
    // Copies the cookie jar now: the next response may delete the cookie if its instance does not know the session.
    const inside = visitor.twin();
    page = await visitor.follow(answer, true);
    const next = nextForm(page, sent);
    if (next === undefined) {
      const isComplete = whole !== login || beginning.asks !== 'user';
      const accepted = isComplete && (await leadsInside(inside, answer, whole));
      return {
        login: accepted && whole !== login ? refusedAtStart(whole, answer) : whole,
        entered: { visitor: inside, answer, accepted },
      };
    }
    sent.add(next.asks);
    whole = longer(visitor, whole, { answer, page, user: account.user, ...next });
    captured(known, whole.steps?.at(-1)?.capture ?? {}, page);
  }
}

/**
 * Adds to `refused` a redirect to the first login page, because this page may have no password field. Returns the login
 * unchanged if an accepted login leads to this page.
 */
function refusedAtStart(login: Login, { redirect }: PageVisit): Login {
  const path = login.page.split('?')[0] ?? '';
  if (redirect === undefined || redirect.split('?')[0] === path) return login;
  return { ...login, refused: [login.refused, `^${escaped(path)}[?\\n]`].filter(Boolean).join('|') };
}

function captured(
  known: Record<string, string>,
  capture: NonNullable<LoginStep['capture']>,
  page: PageVisit,
): void {
  for (const [name, { field }] of Object.entries(capture)) known[name] = fieldOf(page, field) ?? '';
}

function longer(
  visitor: Visitor,
  login: Login,
  {
    answer,
    page,
    user,
    form,
    asks,
  }: { answer: PageVisit; page: PageVisit; user: string; form: Form; asks: Asks },
): Login {
  const { steps = [], path, method, form: before = {}, headers, csrf } = login;
  const own = fieldIn(csrf);
  const hidden = form.fields.filter(({ type, name }) => type === 'hidden' && name !== own);
  const token = csrf ?? tokenAmong(hidden);
  const tokenName = fieldIn(token);
  const carried = new Set(hidden.map(({ name }) => name).filter(name => name !== tokenName));
  const sent = sending(form, asks, token, carried);
  const capture = carried.size === 0 ? {} : { capture: sent.capture };
  const led = page !== answer;
  const step: LoginStep = { method, path, form: before, ...(headers === undefined ? {} : { headers }) };
  return {
    ...login,
    steps: [
      ...steps,
      led ? step : { ...step, ...capture },
      ...(led ? [{ method: 'GET' as const, path: forUser(page.path, user), ...capture }] : []),
    ],
    path: forUser(actionOf(visitor, page, form), user),
    method: form.method,
    form: sent.form,
    ...(token === undefined ? {} : { csrf: token }),
    refused: refusalOf(page, form, asks, led),
  };
}

/** Returns a path such as `/password?for={user}`. */
const forUser = (path: string, user: string): string =>
  path
    .replaceAll(encodeURIComponent(user), '{user}')
    .replaceAll(new RegExp(`\\b${escaped(user)}\\b`, 'g'), '{user}');

const tokenAmong = (hidden: Form['fields']): Token | undefined => {
  const name = hidden.find(field => /csrf|xsrf|authenticity/i.test(field.name))?.name;
  return name === undefined ? undefined : { field: name };
};

function refusalOf({ path }: PageVisit, form: Form, asks: Asks, led: boolean): string {
  const field =
    asks === 'code' ? codeField(form)?.name : form.fields.find(({ type }) => type === 'password')?.name;
  const again = `name=["']?${escaped(field ?? '')}["'\\s>]`;
  return led ? `^${escaped(path.split('?')[0] ?? '')}\\n|${again}` : again;
}

function actionOf(visitor: Visitor, page: PageVisit, form: Form): string {
  const path = visitor.pathOf(form.action, page.path);
  if (path !== undefined) return path.split('#')[0] as string;
  throw new UsageError(
    `init: the login form of ${page.path} is sent to ${form.action}, which is another host: single sign-on ` +
      'is not supported. Give the app its own login form for tests',
  );
}

/** Returns the fields that the user fills in, with their placeholders. */
export function typedIn(form: Form, asks: Asks): Record<string, string> {
  const user = asks === 'user' || asks === 'user and password' ? userField(form)?.name : undefined;
  const code = asks === 'code' ? codeField(form)?.name : undefined;
  const values = form.fields.flatMap(({ name, type }) => {
    if (name === user) return [[name, '{user}']];
    if (name === code) return [[name, '{code}']];
    return type === 'password' ? [[name, '{password}']] : [];
  });
  return Object.fromEntries(values);
}

function sending(form: Form, asks: Asks, csrf: Token | undefined, carried: ReadonlySet<string>): Sending {
  const typed = typedIn(form, asks);
  const capture: Sending['capture'] = {};
  const values = form.fields.map(({ name, value }) => {
    if (isTokenField(name, form.fields, csrf)) return [name, '{csrf}'];
    if (typed[name] !== undefined) return [name, typed[name]];
    if (!carried.has(name)) return [name, value];
    const place = name.replaceAll(/\W/g, '_');
    capture[place] = { field: name };
    return [name, `{${place}}`];
  });
  return { form: Object.fromEntries(values), capture };
}
