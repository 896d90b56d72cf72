/**
 * Finds the request that refreshes an access token. Measures how long the app still accepts a replaced refresh token.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { finder } from '../core/response/finding.ts';
import type { Entered } from './enter.ts';
import type { Hints } from './hints.ts';
import type { Login } from './login.ts';
import { pointersOf } from './pointers.ts';
import { accessIn, type Refresh, Tokens } from './renewal.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** Minimum length of a refresh token, characters. */
const LEAST = 8;
/** Maximum value of `expires_in`, seconds. A larger number is not the lifetime of an access token. */
const LONGEST = 1e6;

/** Returns the place of the refresh token in a response; undefined if the response has none. */
function refreshIn({ json }: PageVisit): { pointer: string; value: string } | undefined {
  return pointersOf(json).find(
    ({ pointer, value }) => /refresh[^/]*$/i.test(pointer) && value.length >= LEAST,
  );
}

/** True if the response to a login has a refresh token. */
export const givesRefreshToken = ({ answer }: Entered): boolean => refreshIn(answer) !== undefined;

/**
 * Finds the request that accepts the refresh token, by trying likely requests. Stores the tokens from the login and
 * from the refresh in the visitor.
 *
 * @param access where the response to the login has the access token
 * @returns undefined if there is no refresh token, or if no request accepts it
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
      ...{ ...trial, access: { json: found.pointer } },
      ...(next === undefined ? {} : { token: { json: next } }),
      ...(lifetime === undefined ? {} : { lifetime: { json: lifetime } }),
    };
    visitor.tokens = new Tokens(refresh, tokens.captured);
    visitor.tokens.keep(seen);
    return refresh;
  }
  return undefined;
}

/**
 * Returns the requests that may accept a refresh token: requests that scripts name, and usual requests next to the
 * login.
 */
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

/** Returns where the response has the lifetime of the access token, in seconds: a member next to the token. */
function lifetimeIn(seen: PageVisit, access: string): string | undefined {
  const beside = access.replace(/\/[^/]*$/, '');
  return ['expires_in', 'expiresIn']
    .map(name => `${beside}/${name}`)
    .find(json => {
      const seconds = Number(finder({ json }, text => text).first(seen));
      return seconds > 0 && seconds < LONGEST;
    });
}

/** Interval between two tests of a replaced token, milliseconds. */
const EVERY = 500;
/** Maximum time for which init tests whether the app accepts a replaced token, milliseconds. */
const MOST = 35_000;
/**
 * Time after a refresh at which a run sends the replaced token again, milliseconds. Applies if the target file declares
 * no grace period.
 */
const UNDECLARED = 2_300;

/**
 * Measures how long the app still accepts a replaced refresh token.
 *
 * @param visitor a session that is used for nothing else, because the measurement may end it
 * @returns the time in milliseconds. `endless` if the app still accepts the token after 35 s. Undefined if the app
 *   already refuses it after 2.3 s, or if a refresh does not replace the token
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
