/** Converts a target file to JSON. The k6 scripts in loadtests/ read this JSON from the variable TARGET. */
import { parse } from 'yaml';
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';
import { BASIC } from './completed.ts';
import type { Target } from './load.ts';

/** Kinds of objects that the k6 scripts can check. */
const FOLLOWED = ['set', 'list', 'bag'];

/**
 * Returns the target as JSON, on one line.
 *
 * @param text text of the target file. Its accounts and headers contain ${NAME} instead of secrets
 * @throws UsageError if the k6 scripts do not support this target
 */
export function k6Target(target: Target, text: string): string {
  refuseUnsupported(target, text);
  const { name, url, login, csrf, signedIn, pages, logout, instance, busy, claims } = target;
  const probes = target.probes.filter(({ kind, scope }) => scope !== 'all' && FOLLOWED.includes(kind));
  const { accounts, headers } = parse(text) as { accounts: unknown; headers?: Record<string, string> };
  const { header, find } = instance ?? {};
  return JSON.stringify({
    format: 'baton-k6',
    name,
    url,
    accounts,
    headers: login.basic ? { ...headers, Authorization: `Basic {${BASIC}}` } : headers,
    login,
    csrf,
    signedIn,
    probes,
    pages,
    logout,
    instance: header === undefined ? undefined : { header, find },
    busy,
    cookies: [],
    claims,
    budgets: target.declared?.budgets,
  });
}

/** @throws UsageError that names the first part of the target that the k6 scripts do not support */
function refuseUnsupported({ posts, session, origins, login, register, mail }: Target, text: string): void {
  const refuse = (unsupported: boolean, message: string): void => {
    if (unsupported) throw new UsageError(`k6: expected ${message} ${COMMAND} verify`);
  };
  refuse(Object.keys(posts).length > 0, 'reads by GET; the k6 scripts do not support `json` of a read. Use');
  refuse(session !== undefined, 'a login; the k6 scripts do not support `session`. Use');
  refuse(
    origins.length > 0 || [login, ...login.steps].some(({ path }) => path === ''),
    'a login by requests with a `path` to the host of `url`: the k6 scripts do not visit `origins` and do not read ' +
      'forms. Use',
  );
  refuse(
    login.follow || /^\s*-?\s*totp:/m.test(text),
    'a login without `follow` and one-time codes: the k6 scripts do not support `follow` and `totp`. Use',
  );
  refuse(
    register !== undefined || /^\s*-?\s*(csv|passwordFile):/m.test(text) || text.includes('{run}'),
    'existing accounts with `user` and `password`: the k6 scripts do not support `register`, `csv`, `passwordFile` ' +
      'and {run}. Use a pattern with {n}, or',
  );
  refuse(mail !== undefined, 'a login without mails: the k6 scripts do not support `mail`. Use');
}
