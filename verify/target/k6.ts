/** A target file → what the scripts of loadtests/ read in TARGET. */
import { parse } from 'yaml';
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';
import { BASIC, type Target } from './load.ts';

/** Kinds of objects whose reads and writes the scripts can follow, where not all users share them: each judges alone. */
const FOLLOWED = ['set', 'list', 'bag'];

/**
 * @param target the file as it was understood
 * @param text the file itself: its accounts and headers are handed on as they stand there, with ${NAME} for what is secret, and
 *   with {n} for many
 * @returns JSON, on one line
 * @throws UsageError when the scripts cannot log in as the target does
 */
export function k6Target(target: Target, text: string): string {
  const { name, url, login, csrf, signedIn, pages, logout, instance, busy, claims } = target;
  if (login.follow || /^\s*-?\s*totp:/m.test(text))
    throw new UsageError(
      'k6: expected a login that is done with its own answer, and without one-time codes: the k6 scripts know no ' +
        `\`follow\` and no \`totp\`. Use ${COMMAND} verify`,
    );
  if (target.register !== undefined || /^\s*-?\s*(csv|passwordFile):/m.test(text) || text.includes('{run}'))
    throw new UsageError(
      'k6: expected accounts that are there, with `user` and `password`: the k6 scripts know no `register`, `csv`, ' +
        `\`passwordFile\` and {run}. Use a pattern with {n}, or ${COMMAND} verify`,
    );
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
