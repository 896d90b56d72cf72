/** Replaces the placeholders in a request of the target file, such as {user}, {csrf} and {value}. */
import { decodeHTML } from 'entities';
import { finder } from '../core/response/finding.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Account, Target } from '../target/load.ts';
import { codeOf } from '../target/one-time.ts';
import type { RequestSpec, StepSpec } from '../target/schema.ts';
import type { Authenticator } from './authenticator.ts';
import { decoded } from './cookie-attributes.ts';
import type { MailReader } from './mail-reader.ts';
import type { Send } from './send.ts';
import type { SessionClient } from './session-client.ts';

/**
 * Returns a request of the target file with its placeholders replaced.
 *
 * @param value the text for the placeholder {value}; empty if the request writes no value
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
    form: filled(spec.form, known),
    ...(spec.json === undefined ? {} : { json: filledJson(spec.json, known, credentialOf(client)) }),
    // Records the path with its placeholders, because a captured value, such as the token of a link, may be a secret.
    ...(/\{(?!(?:user|value)\})/.test(spec.path) ? { shown: spec.path } : {}),
  };
}

/** Name of the placeholder that stands for the credential of a passkey, as JSON. */
const PASSKEY = 'passkey';

/**
 * Returns the credential of a passkey as an object for a JSON body. In a form, apps expect the text of the credential.
 */
function credentialOf({ captured }: SessionClient): Record<string, unknown> {
  const text = captured.get(PASSKEY);
  return text === undefined ? {} : { [`{${PASSKEY}}`]: JSON.parse(text) };
}

/** Encodes user and password as HTTP Basic requires (RFC 7617). */
export const basicOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

/** Returns the form token of the last page, or the decoded value of the cookie that holds it. */
function tokenOf(csrf: Target['csrf'], client: SessionClient, path: string): string {
  if (typeof csrf !== 'object' || !('cookie' in csrf)) return client.csrf;
  // If the request goes to another host, takes the token from the cookie that the client would send to the target's
  // path `/`.
  const page = path.startsWith('/') ? path : '/';
  return decoded(client.cookies(page).find(({ name }) => name === csrf.cookie)?.value ?? '');
}

/** What a user may need for a login in addition to a browser: a mailbox, and an authenticator for passkeys. */
export interface Aids {
  mails?: MailReader | undefined;
  authenticator: Authenticator;
}

/**
 * Sends one step of a login or registration. Keeps values for later requests: from the response, from the mail that the
 * app then sends, and the credential of a passkey.
 *
 * @param send sends the request of the step
 * @returns the response; undefined if the mail did not arrive, or if there is no credential
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

/** Keeps values of a response for the placeholders of later requests. */
export function keep(capture: StepSpec['capture'], reply: Reply, client: SessionClient): void {
  for (const [name, finding] of Object.entries(capture)) {
    const value = finder(finding, decodeHTML).first(reply);
    if (value !== undefined) client.captured.set(name, value);
  }
}

/** Deletes the captured values of a client, so that a new login does not send values of the last session. */
export function forget(
  requests: readonly (Pick<StepSpec, 'capture'> & Partial<Pick<StepSpec, 'mail'>>)[],
  client: SessionClient,
): void {
  const names = requests.flatMap(({ capture, mail = {} }) => [...Object.keys(capture), ...Object.keys(mail)]);
  for (const name of [...names, PASSKEY]) client.captured.delete(name);
}
