/** Finds the request that refreshes an access token, and how long the app accepts a replaced refresh token. */
import { setTimeout as sleep } from 'node:timers/promises';
import { finder } from '../core/response/finding.ts';
import type { Entered } from './enter.ts';
import type { Hints } from './hints.ts';
import type { Login } from './login.ts';
import { pointersOf } from './pointers.ts';
import { accessIn, type Refresh, Tokens } from './renewal.ts';
import type { PageVisit, Visitor } from './visitor.ts';

const LEAST = 8;
/** Maximum lifetime of an access token, seconds. */
const LONGEST = 1e6;

function refreshIn({ json }: PageVisit): { pointer: string; value: string } | undefined {
  return pointersOf(json).find(
    ({ pointer, value }) => /refresh[^/]*$/i.test(pointer) && value.length >= LEAST,
  );
}

export const givesRefreshToken = ({ answer }: Entered): boolean => refreshIn(answer) !== undefined;

/**
 * Finds the request that accepts the refresh token, and stores the new tokens in the visitor. Returns undefined if
 * there is no refresh token, or no request accepts it.
 *
 * @param access where the response to the login has the access token
 */
export async function findRefresh(
  { visitor, answer }: Entered,
  login: Login,
  access: string,
  hints: Hints,
): Promise<Refresh | undefined> {
  const held = refreshIn(answer);
  if (held === undefined) return undefined;
  for (const request of requests(login, held.pointer, hints)) {
    const trial: Refresh = {
      ...request,
      access: { json: access },
      atLogin: { access, refresh: held.pointer },
    };
    const tokens = new Tokens(trial);
    tokens.begin(answer);
    const seen = await tokens.renewed(visitor.asStranger);
    const found = seen === undefined ? undefined : accessIn(seen);
    if (seen === undefined || found === undefined) continue;
    const next = refreshIn(seen)?.pointer;
    const lifetime = lifetimeIn(seen, found.pointer);
    const refresh: Refresh = {
      ...trial,
      access: { json: found.pointer },
      ...(next === undefined ? {} : { token: { json: next } }),
      ...(lifetime === undefined ? {} : { lifetime: { json: lifetime } }),
    };
    visitor.tokens = new Tokens(refresh, tokens.captured);
    visitor.tokens.keep(seen);
    return refresh;
  }
  return undefined;
}

function requests(
  login: Login,
  pointer: string,
  { pages }: Hints,
): Pick<Refresh, 'path' | 'json' | 'form'>[] {
  const member = pointer.split('/').at(-1) ?? 'refresh_token';
  const slash = login.path.endsWith('/') ? '/' : '';
  const own = login.path.replace(/\/$/, '');
  const beside = own.replace(/\/[^/]*$/, '');
  const usual = [`${beside}/refresh`, `${beside}/token/refresh`, `${own}/refresh`, `${beside}/refresh-token`];
  const named = pages.filter(path => /refresh|renew/i.test(path));
  const paths = new Set([...named, ...usual.map(path => path + slash)]);
  const grant = { grant_type: 'refresh_token', refresh_token: '{refresh}' };
  const { client_id: client } = login.form ?? {};
  return [
    ...(login.form === undefined
      ? []
      : [{ path: login.path, form: { ...grant, ...(client === undefined ? {} : { client_id: client }) } }]),
    ...[...paths].map(path => ({ path, json: { [member]: '{refresh}' } })),
    { path: `${beside}/token`, form: grant },
  ];
}

/** Returns where the response has the lifetime of the access token, seconds. */
function lifetimeIn(seen: PageVisit, access: string): string | undefined {
  const beside = access.replace(/\/[^/]*$/, '');
  return ['expires_in', 'expiresIn']
    .map(name => `${beside}/${name}`)
    .find(json => {
      const seconds = Number(finder({ json }, text => text).first(seen));
      return seconds > 0 && seconds < LONGEST;
    });
}

const EVERY = 500;
/** Maximum time for which init tests whether the app accepts a replaced token, milliseconds. */
const MOST = 35_000;
/**
 * Time after a refresh at which a run replays the replaced token, milliseconds, if the target file declares no grace
 * period.
 */
const UNDECLARED = 2_300;

/**
 * Returns how long the app accepts a replaced refresh token, milliseconds; `endless` if longer than 35 s. Returns
 * undefined if the app refuses the token after 2.3 s, or if a refresh replaces no token.
 *
 * @param visitor a spare session, because the measurement may end it
 */
export async function graceOf(
  visitor: Visitor,
  signal: AbortSignal,
): Promise<number | 'endless' | undefined> {
  const { tokens } = visitor;
  if (tokens === undefined) return undefined;
  const spent = tokens.copy();
  if (!(await visitor.renew()) || tokens.refresh === spent.refresh) return undefined;
  const replaced = performance.now();
  let accepted: number | undefined;
  for (let wait = UNDECLARED; ; wait = EVERY) {
    await sleep(wait, undefined, { signal });
    const since = performance.now() - replaced;
    if (!(await spent.copy().renew(visitor.asStranger))) return accepted;
    accepted = since;
    if (since > MOST) return 'endless';
  }
}
