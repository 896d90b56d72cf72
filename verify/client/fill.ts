/** Requests of the target file with what is known in their places: account, value, form token, what was captured. */
import { decodeHTML } from 'entities';
import { finder } from '../core/finding.ts';
import { filled, filledJson, filledText } from '../core/form.ts';
import type { Reply } from '../core/interpret.ts';
import type { Account, Target } from '../target/load.ts';
import type { RequestSpec, StepSpec } from '../target/schema.ts';
import { decoded } from './cookie-attributes.ts';
import { codeOf } from './one-time.ts';
import type { Send, SessionClient } from './session-client.ts';

/** @param value for {value}; empty where nothing is written */
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

/** @returns user and password as HTTP Basic sends them (RFC 7617) */
export const basicOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');

/** A token in a cookie is sent as it is now in the jar, and as a script reads it. */
function tokenOf(csrf: Target['csrf'], client: SessionClient, path: string): string {
  if (typeof csrf !== 'object' || !('cookie' in csrf)) return client.csrf;
  return decoded(client.cookies(path).find(({ name }) => name === csrf.cookie)?.value ?? '');
}

/** Keeps what a reply holds for later requests, by the names that the target file gives. */
export function keep(capture: StepSpec['capture'], reply: Reply, client: SessionClient): void {
  for (const [name, finding] of Object.entries(capture)) {
    const value = finder(finding, decodeHTML).first(reply);
    if (value !== undefined) client.captured.set(name, value);
  }
}
