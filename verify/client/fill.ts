/** Fills the placeholders in requests of the target file: account, value, form token, captured values. */
import { decodeHTML } from 'entities';
import { finder } from '../core/response/finding.ts';
import { filled, filledJson, filledText } from '../core/response/form.ts';
import type { Reply } from '../core/response/reply.ts';
import type { Account, Target } from '../target/load.ts';
import { codeOf } from '../target/one-time.ts';
import type { RequestSpec, StepSpec } from '../target/schema.ts';
import { decoded } from './cookie-attributes.ts';
import type { Send, SessionClient } from './session-client.ts';

/** @param value replaces {value}; empty if the request writes no value */
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
    ...(spec.json === undefined ? {} : { json: filledJson(spec.json, known) }),
  };
}

/** Returns user and password in the form of HTTP Basic (RFC 7617). */
export const basicOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

/** Returns the form token. A token in a cookie is read from the current jar and decoded, like a script does. */
function tokenOf(csrf: Target['csrf'], client: SessionClient, path: string): string {
  if (typeof csrf !== 'object' || !('cookie' in csrf)) return client.csrf;
  // A request to another host has no path of the target.
  const page = path.startsWith('/') ? path : '/';
  return decoded(client.cookies(page).find(({ name }) => name === csrf.cookie)?.value ?? '');
}

/** Keeps values of a response for later requests, under the names that the target file gives them. */
export function keep(capture: StepSpec['capture'], reply: Reply, client: SessionClient): void {
  for (const [name, finding] of Object.entries(capture)) {
    const value = finder(finding, decodeHTML).first(reply);
    if (value !== undefined) client.captured.set(name, value);
  }
}

/**
 * Forgets the captured values of these requests, so that a new login does not send values of the previous
 * session.
 */
export function forget(requests: readonly Pick<StepSpec, 'capture'>[], client: SessionClient): void {
  for (const { capture } of requests) for (const name of Object.keys(capture)) client.captured.delete(name);
}
