/** Finds all steps of the login, from its first page to the first session. */
import { GATEWAY } from '../core/response/outcome.ts';
import { UsageError } from '../errors.ts';
import { hintsOfScripts } from './bundles.ts';
import { type Entered, enter, LOGINS, type LoginProcedure, signIn, takeToken } from './enter.ts';
import { findGraphql, type GraphqlApi } from './graphql.ts';
import { type Hints, NO_HINTS } from './hints.ts';
import type { Looking } from './inquiry.ts';
import { firstLogin, wholeLogin } from './learn.ts';
import { learnElsewhere } from './learn-elsewhere.ts';
import { type Beginning, findLogin, type Login, type LoginCredentials, NoLogin } from './login.ts';
import { hintsOfOpenApi } from './openapi.ts';
import { readByPost } from './query-reads.ts';
import { findRefresh, givesRefreshToken } from './refresh.ts';
import { accessIn } from './renewal.ts';
import { schemeOf } from './scheme.ts';
import { besideToken, placeOf } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** The known part of the login, and requests from the app's scripts or a recording. */
export interface LoginStart {
  /** The first page of the login. Absent if no page has a login form; `begun` is then the whole login. */
  beginning?: Beginning;
  begun: Login;
  hints: Hints;
}

/** Finds the first form of the login, or the login request of an app without a login form. */
export async function begin(looking: Looking): Promise<LoginStart> {
  const { options, manners, recipe } = looking;
  const { loginPage, loginPath, loginJson, loginForm, whereLogin } = options;
  const stranger = manners.fresh();
  if (loginPath !== undefined || options.hints !== undefined) {
    const page = await stranger.open(loginPage ?? options.hints?.page ?? '/');
    const hints = options.hints ?? (await hintsOfScripts(stranger, page));
    if (loginPath === undefined) return { begun: await hintedLogin(looking, page, hints), hints };
    const body = loginForm === undefined ? { json: loginJson } : { form: loginForm };
    const token = tokenFor(stranger, page, body);
    const begun: Login = {
      page: page.path,
      path: loginPath,
      method: 'POST',
      ...body,
      ...token,
      ...(isNeeded(page, token) ? {} : { pageless: true }),
    };
    return { begun, hints };
  }
  let beginning: Beginning;
  try {
    beginning = await findLogin(stranger, loginPage, recipe?.page);
  } catch (error) {
    if (!(error instanceof NoLogin)) throw error;
    const page = await stranger.open(loginPage ?? '/');
    const started = await withoutForm(looking, page);
    if (!(started instanceof NoLogin)) return started;
    if (GATEWAY.has(page.status ?? 0)) throw unreached(page);
    const where = await whereLogin?.();
    if (where === undefined) throw started;
    beginning = await findLogin(stranger, where);
  }
  return { beginning, begun: await firstLogin(stranger, beginning, recipe?.csrf), hints: NO_HINTS };
}

const unreached = ({ path, status }: PageVisit): NoLogin =>
  new NoLogin(
    `init: expected a page with a login form, got ${status} for ${path}: the balancer reached no instance of the app. ` +
      'Start the app, or read the error log of the balancer. Then start init again',
  );

/** Tries the logins of an app without a login form. Returns the error if no login begins a session. */
async function withoutForm(looking: Looking, page: PageVisit): Promise<LoginStart | NoLogin> {
  const api = await findGraphql(looking.manners.fresh());
  const hints = await likelyHints(looking, page, api);
  try {
    return { begun: await hintedLogin(looking, page, hints), hints };
  } catch (error) {
    if (!(error instanceof NoLogin)) throw error;
    return api === undefined ? error : new NoLogin(unnamed(api, error.message));
  }
}

async function likelyHints({ manners, first }: Looking, page: PageVisit, api?: GraphqlApi): Promise<Hints> {
  if (api?.hints !== undefined && api.hints.logins.length > 0) return api.hints;
  const described = await hintsOfOpenApi(manners.fresh(), page);
  if (described !== undefined && described.logins.length > 0) return described;
  const scripted = hasPages(page) ? await hintsOfScripts(manners.fresh(), page) : NO_HINTS;
  return scripted.logins.length > 0 ? scripted : { ...scripted, logins: usualLogins(first), usual: true };
}

function unnamed({ path, hints }: GraphqlApi, why: string): string {
  const off =
    hints === undefined ? 'its introspection is off' : 'no mutation takes a user name and a password';
  return (
    `init: ${path} is a GraphQL API, and ${off}, so init cannot know its login. Record a login, some use and a logout in ` +
    'a browser, and give the recording to --har; or let init watch a browser with --browser; or name the mutation: ' +
    `--login-path ${path} --login-json '{"query":"mutation($u:String!,$p:String!){login(username:$u,password:$p){token}}",` +
    `"variables":{"u":"{user}","p":"{password}"}}'. What else was tried: ${why.replace(/^init: /, '')}`
  );
}

/**
 * Returns whether the first page has a tag. Does not trust Content-Type, because frameworks label a plain text such as
 * "Hello World!" as HTML.
 */
const hasPages = ({ status = 500, json, body }: PageVisit): boolean =>
  status < 400 && json === undefined && /<[a-z!]/i.test(body);

/** Describes the first page if its response is an error, or a redirect that `open` does not follow. */
function unlikePage({ path, status = 500, redirect, leads }: PageVisit): string {
  if (status < 300) return '';
  const to = redirect === undefined ? '' : ` to ${redirect}`;
  const endless = leads === undefined ? '' : ', after five redirects';
  return ` (${path.split('?')[0]} answered ${status}${to}${endless})`;
}

/** A login needs its page if the page is HTML or has a CSRF token. */
const isNeeded = (page: PageVisit, { csrf }: Pick<Login, 'csrf'>): boolean =>
  hasPages(page) || ((page.status ?? 500) < 400 && csrf !== undefined);

const API_LOGINS = [
  '/auth/login',
  '/api/auth/login',
  '/api/login',
  '/login',
  '/api/token',
  '/auth/token',
  '/api-token-auth',
  '/api/users/login',
];

function usualLogins({ user }: LoginCredentials): Hints['logins'] {
  const password = '{password}';
  const json = { [user.includes('@') ? 'email' : 'username']: '{user}', password };
  return [
    ...API_LOGINS.map(path => ({ method: 'POST' as const, path, json })),
    // The usual login requests of Strapi and Feathers.
    { method: 'POST', path: '/api/auth/local', json: { identifier: '{user}', password } },
    { method: 'POST', path: '/authentication', json: { strategy: 'local', ...json } },
  ];
}

/** A login sends the CSRF token in its form field; without such a field, in a header. */
function tokenFor(stranger: Visitor, page: PageVisit, { form }: { form?: Record<string, string> }) {
  const { headers, ...token } = besideToken(stranger, page);
  const inForm = Object.values(form ?? {}).includes('{csrf}');
  return inForm || headers === undefined ? token : { ...token, headers };
}

/** Tries hinted login requests until one creates a session, or the app has refused the maximum number. */
async function hintedLogin(
  { manners, codes, first, options }: Looking,
  page: PageVisit,
  { logins, pages, described, usual }: Hints,
): Promise<Login> {
  manners.byPost = await readByPost(manners.fresh(), pages);
  const token = besideToken(manners.fresh(), page);
  const tried = new Set<string>();
  let refused = 0;
  for (const hint of logins) {
    if (refused >= LOGINS) break;
    const { method: _, ...request } = hint;
    const own = isNeeded(page, token) ? token : { pageless: true as const };
    const login: Login = { page: page.path, ...request, method: 'POST', ...own };
    let entered = await enter({ manners, login, codes }, first);
    if (entered.answer.redirect === `${login.path}/`) {
      login.path += '/';
      entered = await enter({ manners, login, codes }, first);
    }
    tried.add(`POST ${login.path}`);
    const begins = entered.visitor.client.cookies('/').length > 0 || 'capture' in tokenOfAnswer(entered);
    if (entered.accepted && begins) return login;
    if ([400, 401, 403, 422].includes(entered.answer.status ?? 0)) refused++;
  }
  const body = 'Name the request with --login-path, and its body with --login-json or --login-form';
  if (options.hints !== undefined)
    throw new UsageError(
      `init: the login of the recording, ${[...tried].join(', ')} from ${page.path}, began no session for ${first.user}. ` +
        `Is the password right? Does it need a one-time code? ${body}`,
    );
  const source =
    described ?? (usual ? 'logins of an API usually send' : `the scripts of ${page.path} suggest`);
  throw new NoLogin(
    `init: no page has a login form${unlikePage(page)}, and no request that ${source} ` +
      `began a session for ${first.user}: ${[...tried].join(', ') || 'they suggest none'}. If another page has the form, ` +
      `name it with --login-page. ${body}; or record a login in a browser, and give the recording to --har`,
  );
}

/** Logs in for the first time, over all forms. Returns the complete login and the session. */
export async function entranceOf(
  looking: Looking,
  { beginning, begun, hints }: LoginStart,
): Promise<{ entrance: LoginProcedure; entered: Entered }> {
  const { manners, codes, first, say } = looking;
  const entrance = { manners, login: begun, codes };
  if (beginning === undefined) {
    const entered = await signIn(entrance, first);
    entrance.login = { ...begun, ...tokenOfAnswer(entered) };
    if (entrance.login.capture !== undefined)
      Object.assign(entrance.login, await schemeOf(entered, entrance.login, hints));
    takeToken(entered.visitor, entrance.login, entered.answer);
    say('login', loginText(entrance.login));
    entrance.login = await refreshed(looking, entered, entrance.login, hints);
    return { entrance, entered };
  }
  if ('basic' in beginning) {
    say('login', loginText(begun));
    return { entrance, entered: await signIn(entrance, first) };
  }
  if ('away' in beginning) {
    const { login, entered } = await learnElsewhere(looking, begun);
    Object.assign(entrance, { login });
    say('login', loginText(login));
    return { entrance, entered: entered.accepted ? entered : await signIn(entrance, first) };
  }
  const way = { beginning, account: first, codes };
  const { login, entered } = await wholeLogin(manners, begun, way);
  say('login', loginText(login));
  if (manners.alone)
    say('instances', 'no other instance finishes a login that began on one, so init continues with only one');
  return { entrance: { ...entrance, login }, entered };
}

async function refreshed({ say }: Looking, entered: Entered, login: Login, hints: Hints): Promise<Login> {
  if (login.capture === undefined || !givesRefreshToken(entered)) return login;
  const refresh = await findRefresh(entered, login, login.capture.token.json, hints);
  say(
    'refresh',
    refresh === undefined ? 'no request found that takes the refresh token' : `POST ${refresh.path}`,
  );
  return refresh === undefined ? { ...login, unrefreshed: true } : { ...login, refresh };
}

/** Returns the minimum time between two logins of a user, if the app accepts each one-time code only once. */
export async function everyOf(
  { codes, first, say }: Looking,
  entrance: LoginProcedure,
): Promise<string | undefined> {
  if (!JSON.stringify(entrance.login).includes('{code}')) return undefined;
  codes.again = (await enter(entrance, first, { lastCode: true })).accepted;
  if (codes.again) return undefined;
  const seconds = (await codes.period(first.user)) / 1000;
  say('codes', `each code is accepted once, so logins of a user must be ${seconds} s apart`);
  return `${seconds}s`;
}

function loginText({ page, path, method, form = {}, csrf, steps = [], ...login }: Login): string {
  const { basic, json, capture, pageless } = login;
  if (basic) return `HTTP Basic, required on ${page}`;
  if (json !== undefined)
    return `JSON, POST ${path}${capture === undefined ? '' : `; the response has a token (${capture.token.json})`}`;
  if (path === '') {
    const fields = [...steps, { form }].map(step => Object.keys(step.form ?? {}).join(', '));
    return `${page} leads to another host, whose form sends ${fields.join(', then ')}`;
  }
  const token = csrf === undefined ? '' : `, token in ${placeOf(csrf)}`;
  const after = steps.filter(step => step.method === 'POST').map(step => `POST ${step.path}, then `);
  const where = pageless ? 'form' : `form on ${page}`;
  return `${where}, ${after.join('')}${method} ${path} (${Object.keys(form).join(', ')})${token}`;
}

/** Returns the token in the response to a login; undefined if the app has set a cookie instead. */
function tokenOfAnswer({ visitor, answer }: Entered): Pick<Login, 'capture'> {
  if (visitor.client.cookies(answer.path).length > 0) return {};
  const found = accessIn(answer);
  return found === undefined ? {} : { capture: { token: { json: found.pointer } } };
}
