/** What a target file was understood as, for people: without secrets. */
import { stringify } from 'yaml';
import type { Target } from './load.ts';

/** More accounts are counted, not listed. */
const LISTED = 3;
const HIDDEN = '(hidden)';
/** What is sent, and may hold a secret of its own. */
const SENT = new Set(['headers', 'form', 'json']);
/** Names of such headers, fields and members. */
const SECRET = /auth|cookie|token|secret|passw|pwd|api-?key|credential/i;
/** A text that is only filled in when it is sent holds none. */
const PLACE = /\{\w+\}/;

/** @returns YAML */
export function targetText(target: Target): string {
  const { accounts, bySet: _, tls, url, ...rest } = target;
  const shown = accounts.slice(0, LISTED).map(account => ({ ...account, password: HIDDEN }));
  const more = accounts.length - shown.length;
  const read = tls?.ca === undefined ? tls : { ...tls, ca: '(read)' };
  const text = stringify({
    url: url.replace(/\/\/[^/@]*@/, `//${HIDDEN}@`),
    ...(withoutSecrets(rest) as object),
    ...(read === undefined ? {} : { tls: read }),
    accounts: shown,
  });
  return more > 0 ? `${text}# and ${more} more accounts\n` : text;
}

function withoutSecrets(value: unknown, name = '', sent = false): unknown {
  if (typeof value === 'string') return sent && SECRET.test(name) && !PLACE.test(value) ? HIDDEN : value;
  if (Array.isArray(value)) return value.map(member => withoutSecrets(member, name, sent));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutSecrets(member, key, sent || SENT.has(key))]),
  );
}
