/** Logs in as it was found out, as the target file will say it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { basicOf } from '../client/fill.ts';
import { codeOf, oneTime } from '../client/one-time.ts';
import { finder } from '../core/finding.ts';
import { filled, filledJson } from '../core/form.ts';
import { UsageError } from '../errors.ts';
import { type Credentials, type Login, loginForm, type Step } from './login.ts';
import { fieldOf, tokenIn } from './tokens.ts';
import { AUTHORIZATION, type Manners, type Seen, type Visitor } from './visitor.ts';

/** Each login is tried so often: some pairs of instances of a broken system refuse what is right. */
export const LOGINS = 4;

/** What a login came to. */
export interface Entered {
  visitor: Visitor;
  /** The answer to the request itself. */
  answer: Seen;
  accepted: boolean;
}

/** One-time codes of the accounts. */
export class Codes {
  readonly #secrets: Map<string, Promise<string | undefined>> = new Map();
  /** The last that was sent, by user, and in which period. */
  readonly #used = new Map<string, { code: string; period: number }>();
  readonly #secretOf: (user: string) => Promise<string | undefined>;
  readonly #signal: AbortSignal;
  /** Whether the app takes a code twice: until that is known, none is sent twice. */
  again = false;

  /** @param secretOf asks for a secret; undefined when there is none. @param signal ends the wait for a code */
  constructor(secretOf: (user: string) => Promise<string | undefined>, signal: AbortSignal) {
    this.#secretOf = secretOf;
    this.#signal = signal;
  }

  /** How long a code counts, milliseconds. */
  async period(user: string): Promise<number> {
    return oneTime(await this.#secret(user)).period * 1000;
  }

  /**
   * @param last the code that was sent last, once more
   * @returns a code, once there is one that was not sent before
   * @throws UsageError when there is no secret, and the reason of an abort
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
      `init: the app asks ${user} for a one-time code: expected the secret of it in a variable, named by --totp-env, ` +
        'in the same order as --user (base32, or the otpauth:// address)',
    );
  }
}

/** What it takes to log in. */
export interface Entrance {
  manners: Manners;
  login: Login;
  codes: Codes;
}

/**
 * Opens the page and sends what follows, once.
 *
 * @param lastCode whether the one-time code that was sent last is sent again
 * @param aside whether somebody else asks for something between the page and what follows: whoever is in step with a
 *   round robin gets to other pairs of instances
 */
export async function enter(
  { manners, login, codes }: Entrance,
  account: Credentials,
  { aside = false, lastCode = false } = {},
): Promise<Entered> {
  const visitor = manners.fresh();
  const known: Record<string, string> = { user: account.user, password: account.password };
  if (login.basic)
    visitor.client.captured.set(AUTHORIZATION, `Basic ${basicOf(account.user, account.password)}`);
  let page = await visitor.get(login.page);
  if (aside) await manners.fresh().get(login.page);
  for (const step of [...(login.steps ?? []), login]) {
    known['csrf'] = tokenIn(visitor, page, login.csrf) ?? known['csrf'] ?? '';
    const { form = {} } = step;
    if (Object.values(form).includes('{code}')) known['code'] = await codes.next(account.user, lastCode);
    page = await visitor.send({ method: step.method, path: step.path, ...bodyOf(step, known) });
    for (const [name, { field }] of Object.entries(step === login ? {} : ((step as Step).capture ?? {})))
      known[name] = fieldOf(page, field) ?? '';
  }
  takeToken(visitor, login, page);
  return { visitor, answer: page, accepted: isAccepted(page, login) };
}

/** Where the login's answer holds a token, who has it sends it from then on. */
export function takeToken({ client }: Visitor, { capture }: Login, answer: Seen): void {
  if (capture === undefined) return;
  const token = finder(capture.token, text => text).first(answer);
  if (token !== undefined) client.captured.set(AUTHORIZATION, `Bearer ${token}`);
}

function bodyOf(step: Step | Login, known: Record<string, string>) {
  const json = 'json' in step ? step.json : undefined;
  return {
    headers: filled(step.headers ?? {}, known),
    ...(json === undefined ? { form: filled(step.form ?? {}, known) } : { json: filledJson(json, known) }),
  };
}

/** As the target file will tell it. */
export function isAccepted({ status = 500, redirect, forms, body }: Seen, { page, refused }: Login): boolean {
  if (status >= 400 || (redirect !== undefined && redirect === page)) return false;
  if (refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`)) return false;
  return redirect !== undefined || loginForm({ forms }) === undefined;
}

/**
 * Logs in with the account given, and again when that is not answered by a session.
 *
 * @throws UsageError when it is refused each time
 */
export async function signIn(entrance: Entrance, account: Credentials): Promise<Entered> {
  let last: Entered | undefined;
  for (let i = 0; i < LOGINS; i++) {
    last = await enter(entrance, account, { aside: i % 2 === 1 });
    if (last.accepted) return last;
    // What a refusal says may stand where it leads to: that the account is locked, for one.
    await last.visitor.follow(last.answer, true);
  }
  throw refusedEach(entrance.login, account, last);
}

export const refusedEach = (login: Login, { user }: Credentials, last: Entered | undefined): UsageError =>
  new UsageError(
    `init: the login of ${user} was refused ${LOGINS} of ${LOGINS} times (${statusOf(last)}), sent to ` +
      `${login.path}${fieldsOf(login)}. Is the password right? Does another form log in? ` +
      'Name it with --login-page, or --login-path and --login-json',
  );

/** Logs in where that may be refused for good reason: an app may allow so many sessions and no more. */
export async function mayEnter(entrance: Entrance, account: Credentials): Promise<Entered | undefined> {
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
