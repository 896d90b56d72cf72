/** Formats a target as YAML without its secrets, for `--print-target`. */
import { stringify } from 'yaml';
import type { Target } from './load.ts';
import type { SessionSpec } from './schema-session.ts';
import { HIDDEN, SECRET, scrub, secretsOf } from './secrets.ts';

const LISTED = 3;
const SENT = new Set(['headers', 'form', 'json']);
/** Matches a placeholder such as {password}. A text with a placeholder contains no secret. */
const PLACE = /\{\w+\}/;

/**
 * Returns the target as YAML.
 *
 * @param environment environment variables, whose secrets are hidden in commands
 */
export function targetText(target: Target, environment: NodeJS.ProcessEnv): string {
  const { bySet: _bySet, leftOut: _leftOut, folder: _folder, variables: _variables, ...written } = target;
  const { accounts, tls, url, faults, session, mail, ...rest } = written;
  const secrets = secretsOf(target, environment);
  const shown = accounts.slice(0, LISTED).map(account => ({
    ...account,
    password: HIDDEN,
    ...(account.totp === undefined ? {} : { totp: HIDDEN }),
  }));
  const more = accounts.length - shown.length;
  const read = tls?.ca === undefined ? tls : { ...tls, ca: '(read)' };
  const text = stringify({
    url: url.replace(/\/\/[^/@]*@/, `//${HIDDEN}@`),
    ...(withoutSecrets(rest) as object),
    ...(read === undefined ? {} : { tls: read }),
    accounts: shown,
    ...(session === undefined ? {} : { session: scrubbed(withoutValues(session), secrets) }),
    ...(mail === undefined ? {} : { mail: scrubbed(mail, secrets) }),
    ...(faults === undefined ? {} : { faults: scrubbed(faults, secrets) }),
  });
  return more > 0 ? `${text}# and ${more} more accounts\n` : text;
}

function withoutValues({ cookie, header, ...rest }: SessionSpec): object {
  const hidden = (given: string | Record<string, string>): unknown =>
    typeof given === 'string' ? HIDDEN : Object.fromEntries(Object.keys(given).map(user => [user, HIDDEN]));
  return {
    ...rest,
    ...(cookie === undefined ? {} : { cookie: hidden(cookie) }),
    ...(header === undefined ? {} : { header: hidden(header) }),
  };
}

function withoutSecrets(value: unknown, name = '', sent = false): unknown {
  if (typeof value === 'string') return sent && SECRET.test(name) && !PLACE.test(value) ? HIDDEN : value;
  if (Array.isArray(value)) return value.map(member => withoutSecrets(member, name, sent));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutSecrets(member, key, sent || SENT.has(key))]),
  );
}

function scrubbed(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return scrub(value, secrets);
  if (Array.isArray(value)) return value.map(member => scrubbed(member, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, scrubbed(member, secrets)]));
}
