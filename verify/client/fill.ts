/** Replaces the placeholders in a request of the target file, such as {user}, {csrf} and {value}. */
import { decodeHTML } from 'entities';
import { finder } from '../core/response/finding.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Account, Target } from '../target/load.ts';
import { codeOf } from '../target/one-time.ts';
import type { EndingSpec, RequestSpec, StepSpec } from '../target/schema.ts';
import type { Authenticator } from './authenticator.ts';
import { decoded } from './cookie-attributes.ts';
import type { MailReader } from './mail-reader.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';

/**
 * Returns a request with its placeholders replaced.
 *
 * @param value the text for {value}; empty if the request writes no value
 */
export function fill(
  { csrf }: Pick<Target, 'csrf'>,
  spec: RequestSpec,
  client: SessionClient,
  { user, password, totp }: Account,
  value = '',
): Send {
  const known: Record<string, string> = {
    ...Object.fromEntries(client.captured),
    user,
    password,
    value,
    csrf: tokenOf(csrf, client, spec.path),
    ...(totp === undefined ? {} : { code: codeOf(totp, Date.now()) }),
  };
  return {
    method: spec.method,
    path: filledText(spec.path, known),
    headers: filled(spec.headers, known),
    ...(spec.form === undefined ? {} : { form: filled(spec.form, known) }),
    ...(spec.json === undefined ? {} : { json: filledJson(spec.json, known, credentialOf(client)) }),
    // A captured value, such as the token in a link, may be a secret. So the recorded path has placeholders.
    ...(/\{(?!(?:user|value)\})/.test(spec.path) ? { shown: spec.path } : {}),
  };
}

const PASSKEY = 'passkey';

/** A passkey credential is an object in a JSON body, but a text in a form. */
function credentialOf({ captured }: SessionClient): Record<string, unknown> {
  const text = captured.get(PASSKEY);
  return text === undefined ? {} : { [`{${PASSKEY}}`]: JSON.parse(text) };
}

/** Encodes user and password as HTTP Basic requires (RFC 7617). */
export const basicOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

function tokenOf(csrf: Target['csrf'], client: SessionClient, path: string): string {
  if (typeof csrf !== 'object' || !('cookie' in csrf)) return client.csrf;
  // Cookies depend on the path. For a request to another host, the form token is in the target's cookies for `/`.
  const page = path.startsWith('/') ? path : '/';
  return decoded(client.cookies(page).find(({ name }) => name === csrf.cookie)?.value ?? '');
}

export interface Aids {
  mails?: MailReader | undefined;
  authenticator: Authenticator;
}

/**
 * Sends a step of a login or registration, and captures values from its response and from a mail. Returns undefined if
 * the mail or the passkey credential is missing.
 *
 * @param send sends the request of the step
 */
export async function takeStep(
  step: Pick<StepSpec, 'capture'> & Partial<Pick<StepSpec, 'mail' | 'passkey'>>,
  client: SessionClient,
  account: Account,
  { mails, authenticator }: Aids,
  send: () => Promise<Reply>,
): Promise<Reply | undefined> {
  const arrived = step.mail === undefined ? undefined : await mails?.watch(account);
  const reply = await send();
  const { status = 500 } = reply;
  keep(step.capture, reply, client);
  if (step.passkey !== undefined && status < 300) {
    const made = authenticator.respond(step.passkey, reply.body, account, client.addressOf('/'));
    if (made === undefined) return undefined;
    client.captured.set(PASSKEY, JSON.stringify(made));
  }
  if (arrived === undefined || status >= 400) return reply;
  const { mail = {} } = step;
  const replyOf = (body: string): Reply => ({ headers: {}, body, cookies: [] });
  const suits = (text: string): boolean =>
    Object.values(mail).every(value => finder(value, decodeHTML).first(replyOf(text)) !== undefined);
  const text = await arrived(suits);
  if (text === undefined) return undefined;
  keep(mail, replyOf(text), client);
  for (const name of Object.keys(mail)) client.mailed.add(name);
  return reply;
}

/** Stores values of a response for the placeholders of later requests. */
export function keep(capture: StepSpec['capture'], reply: Reply, client: SessionClient): void {
  for (const [name, finding] of Object.entries(capture)) {
    const value = finder(finding, decodeHTML).first(reply);
    if (value !== undefined) client.captured.set(name, value);
  }
}

/** Returns the names of the values that a login and its later logouts capture. */
function capturedNames(login: Target['login'], ...logouts: readonly (EndingSpec | undefined)[]): string[] {
  const all = [login, ...login.steps, ...logouts.flatMap(logout => logout?.steps ?? [])];
  const mails = login.steps.flatMap(({ mail = {} }) => Object.keys(mail));
  return [...all.flatMap(({ capture }) => Object.keys(capture)), ...mails, PASSKEY];
}

/** Deletes captured values before a login, because they belong to the session of the last login. */
export function forget(
  { login, logout, logoutEverywhere }: Pick<Target, 'login' | 'logout' | 'logoutEverywhere'>,
  { captured }: SessionClient,
): void {
  for (const name of capturedNames(login, logout, logoutEverywhere)) captured.delete(name);
}

/** Returns whether a logout needs a captured value that no page of its session has shown. */
export function lacksCapture(
  { login }: Pick<Target, 'login'>,
  logout: EndingSpec,
  { captured }: SessionClient,
): boolean {
  const text = JSON.stringify(logout);
  return capturedNames(login, logout).some(name => text.includes(`{${name}}`) && !captured.has(name));
}
