/** A target file → what the scripts of loadtests/ read in TARGET. */
import { parse } from 'yaml';
import { UsageError } from '../errors.ts';
import { byHeader } from './claims.ts';
import type { Target } from './load.ts';

/** Kinds of objects whose reads and writes the scripts can follow. */
const FOLLOWED = ['set', 'list', 'bag'];

/**
 * @param target the file as it was understood
 * @param text the file itself: its accounts are handed on as they stand there, with ${NAME} for what is secret, and
 *   with {n} for many
 * @returns JSON, on one line
 * @throws UsageError when the scripts cannot log in as the target does
 */
export function k6Target(target: Target, text: string): string {
  const { name, url, login, csrf, signedIn, pages, logout, instance, busy, claims } = target;
  if (login.steps.length > 0 || login.follow || login.json !== undefined || byHeader(target))
    throw new UsageError(
      'baton k6: expected a login by one form, and a cookie that carries the session: the k6 scripts know no other. ' +
        'This target logs in by several requests, JSON or a header: use baton verify',
    );
  if (target.register !== undefined || /^\s*-?\s*(csv|passwordFile):/m.test(text) || text.includes('{run}'))
    throw new UsageError(
      'baton k6: expected accounts that are there, with `user` and `password`: the k6 scripts know no `register`, `csv`, ' +
        '`passwordFile` and {run}. Use a pattern with {n}, or baton verify',
    );
  const probes = target.probes.filter(({ kind }) => FOLLOWED.includes(kind));
  const { accounts } = parse(text) as { accounts: unknown };
  const header = instance?.header;
  return JSON.stringify({
    format: 'baton-k6',
    name,
    url,
    accounts,
    login,
    csrf,
    signedIn,
    probes,
    pages,
    logout,
    instance: header === undefined ? undefined : { header },
    busy,
    cookies: [],
    claims,
  });
}
