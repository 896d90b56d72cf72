/** Logs in with the requests that the target file will contain. */
import { setTimeout as sleep } from 'node:timers/promises';
import { basicOf } from '../client/fill.ts';
import { finder } from '../core/response/finding.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import { hasPasswordField, refusesLogin } from '../core/response/login-answer.ts';
import { UsageError } from '../errors.ts';
import { codeOf, oneTime } from '../target/one-time.ts';
import { enterElsewhere } from './elsewhere.ts';
import { type Login, type LoginCredentials, type LoginStep, loginForm } from './login.ts';
import { Tokens } from './renewal.ts';
import { fieldOf, tokenIn } from './tokens.ts';
import { AUTHORIZATION, type Manners, type PageVisit, type Visitor } from './visitor.ts';

/** Maximum number of attempts for each login. In a broken app, an attempt fails if its requests reach two instances. */
export const LOGINS = 4;

export interface Entered {
  visitor: Visitor;
  answer: PageVisit;
  accepted: boolean;
}

/** Generates one-time codes. Sends a code a second time only if the app allows this. */
export class Codes {
  readonly #secrets: Map<string, Promise<string | undefined>> = new Map();
  /** Key: user; value: the last sent code, and its time step (RFC 6238). */
  readonly #used = new Map<string, { code: string; period: number }>();
  readonly #secretOf: (user: string) => Promise<string | undefined>;
  readonly #signal: AbortSignal;
  again = false;

  /**
   * @param secretOf returns the secret of a user's one-time codes
   * @param signal aborts the wait for a new code
   */
  constructor(secretOf: (user: string) => Promise<string | undefined>, signal: AbortSignal) {
    this.#secretOf = secretOf;
    this.#signal = signal;
  }

  /** Returns the validity of a user's one-time codes, milliseconds. */
  async period(user: string): Promise<number> {
    return oneTime(await this.#secret(user)).period * 1000;
  }

  /**
   * Returns a code that was not sent before; may wait for the next validity period.
   *
   * @param last if true, returns the last sent code
   * @throws UsageError if there is no secret; the abort reason of the signal
   */
  async next(user: string, last = false): Promise<string> {
    const secret = await this.#secret(user);
    const period = await this.period(user);
    const used = this.#used.get(user);
    if (last && used !== undefined) return used.code;
    if (!this.again && used?.period === Math.floor(Date.now() / period))
      await sleep((used.period + 1) * period - Date.now(), undefined, { signal: this.#signal });
    const now = Date.now();
    const code = codeOf(secret, now);
    this.#used.set(user, { code, period: Math.floor(now / period) });
    return code;
  }

  async #secret(user: string): Promise<string> {
    const asked = this.#secrets.get(user) ?? this.#secretOf(user);
    this.#secrets.set(user, asked);
    const secret = await asked;
    if (secret !== undefined) return secret;
    throw new UsageError(
      `init: the app asks ${user} for a one-time code: expected the secret of the code in a variable named by --totp-env, ` +
        'in the same order as --user (base32, or the otpauth:// address)',
    );
  }
}

export interface LoginProcedure {
  manners: Manners;
  login: Login;
  codes: Codes;
}

/**
 * Opens the login page, and sends the requests of the login.
 *
 * @param lastCode if true, sends the last one-time code again
 * @param aside if true, a second visitor sends a request after the login page, so that a round robin changes the
 * instance
 */
export async function enter(
  { manners, login, codes }: LoginProcedure,
  account: LoginCredentials,
  { aside = false, lastCode = false } = {},
): Promise<Entered> {
  const visitor = manners.fresh();
  const known: Record<string, string> = { user: account.user, password: account.password };
  if (login.basic)
    visitor.client.captured.set(AUTHORIZATION, `Basic ${basicOf(account.user, account.password)}`);
  if (login.path === '') {
    const forms: Record<string, string>[] = [];
    for (const { form = {} } of [...(login.steps ?? []), login])
      forms.push(await valuesOf(form, account, codes, lastCode));
    const { answer, returned } = await enterElsewhere(visitor, login.page, forms, aside);
    return returned ? arrived(visitor, answer, login) : { visitor, answer, accepted: false };
  }
  let page = await visitor.get(login.page);
  if (aside) await manners.fresh().get(login.page);
  for (const step of [...(login.steps ?? []), login]) {
    known['csrf'] = tokenIn(visitor, page, login.csrf) ?? known['csrf'] ?? '';
    const { form = {} } = step;
    if (Object.values(form).includes('{code}')) known['code'] = await codes.next(account.user, lastCode);
    const path = filledText(step.path, known);
    page = await visitor.send({ method: step.method, path, ...bodyOf(step, known) });
    for (const [name, { field }] of Object.entries(step === login ? {} : ((step as LoginStep).capture ?? {})))
      known[name] = fieldOf(page, field) ?? '';
  }
  takeToken(visitor, login, page);
  return { visitor, answer: page, accepted: await leadsInside(visitor, page, login) };
}

/** Returns the values of a form's fields: user, password, and one-time code. */
export async function valuesOf(
  form: Readonly<Record<string, string>>,
  { user, password }: LoginCredentials,
  codes: Codes,
  lastCode = false,
): Promise<Record<string, string>> {
  const code = Object.values(form).includes('{code}') ? { code: await codes.next(user, lastCode) } : {};
  return filled(form, { user, password, ...code });
}

/** Returns the result of a login that has returned to the app from a different host. */
export function arrived(visitor: Visitor, answer: PageVisit, login: Login): Entered {
  const accepted = isAccepted(answer, login);
  // SameSite of a cookie made the login fail, as in a browser. Init ignores SameSite from now on, so that it can
  // finish. A run reports the problem.
  if (!accepted && answer.withheld !== undefined) visitor.manners.lenient = true;
  return { visitor, answer, accepted };
}

/** Stores the tokens in the response to a login. From then on, the visitor sends the access token. */
export function takeToken(
  visitor: Visitor,
  { capture, refresh, scheme = 'Bearer' }: Login,
  answer: PageVisit,
): void {
  const token = capture === undefined ? undefined : finder(capture.token, text => text).first(answer);
  if (token === undefined) return;
  visitor.client.captured.set(AUTHORIZATION, `${scheme} ${token}`);
  if (refresh === undefined) return;
  visitor.tokens = new Tokens(refresh);
  visitor.tokens.begin(answer);
}

function bodyOf(step: LoginStep | Login, known: Record<string, string>) {
  const json = 'json' in step ? step.json : undefined;
  return {
    headers: filled(step.headers ?? {}, known),
    ...(json === undefined ? { form: filled(step.form ?? {}, known) } : { json: filledJson(json, known) }),
  };
}

/**
 * Maximum number of reads of the login page. A signed-in client may see the login form on an instance that does not
 * know its session.
 */
const READS = 4;

/** Returns whether the app accepted a login, by the same rules as a run. */
export async function leadsInside(visitor: Visitor, answer: PageVisit, login: Login): Promise<boolean> {
  const { redirect, leads } = answer;
  if (redirect !== login.page || leads === undefined || refusesLogin(answer, login))
    return isAccepted(answer, login);
  for (let i = 0; i < READS; i++) {
    const page = await visitor.twin().follow(answer, true);
    if ((page.status ?? 500) < 400 && !hasPasswordField(page)) return true;
  }
  return false;
}

function isAccepted(answer: PageVisit, login: Login): boolean {
  const { status = 500, redirect, forms } = answer;
  if (status >= 400 || (redirect !== undefined && redirect === login.page)) return false;
  if (refusesLogin(answer, login)) return false;
  return redirect !== undefined || loginForm({ forms }) === undefined;
}

/**
 * Logs in, with up to 4 attempts.
 *
 * @throws UsageError if the app refuses every attempt
 */
export async function signIn(entrance: LoginProcedure, account: LoginCredentials): Promise<Entered> {
  let last: Entered | undefined;
  for (let i = 0; i < LOGINS; i++) {
    last = await enter(entrance, account, { aside: i % 2 === 1 });
    if (last.accepted) return last;
    // `follow` throws if the page after a refused login says that the account is locked.
    await last.visitor.follow(last.answer, true);
  }
  throw refusedEach(entrance.login, account, last);
}

export const refusedEach = (
  login: Login,
  { user }: LoginCredentials,
  last: Entered | undefined,
): UsageError =>
  new UsageError(
    `init: the login of ${user} was refused ${LOGINS} of ${LOGINS} times (${statusOf(last)}), sent to ` +
      `${login.path || login.page}${fieldsOf(login)}. Is the password right? Does another form log in? ` +
      'Name it with --login-page, or --login-path and --login-json',
  );

/**
 * Logs in, with at most two attempts. Returns undefined if the app refuses both, for example because it limits
 * sessions.
 */
export async function mayEnter(
  entrance: LoginProcedure,
  account: LoginCredentials,
): Promise<Entered | undefined> {
  for (const aside of [false, true]) {
    const entered = await enter(entrance, account, { aside });
    if (entered.accepted) return entered;
    await entered.visitor.follow(entered.answer, true);
  }
  return undefined;
}

function statusOf(last: Entered | undefined): string {
  const { status, redirect } = last?.answer ?? {};
  return `status ${status}${redirect === undefined ? '' : ` to ${redirect}`}`;
}

function fieldsOf({ form, json, basic }: Login): string {
  return basic ? ' by HTTP Basic' : ` as ${Object.keys(form ?? (json as object)).join(', ')}`;
}
