/** Decides from the response to a login alone whether the app accepted the login. */
import type { Reply } from './reply.ts';

export interface LoginPage {
  page: string;
  accepted?: readonly number[] | undefined;
  /** A regular expression for responses that refuse a login. It matches the body, or the path of the redirect. */
  refused?: string | undefined;
}

const NOT_NOW: readonly number[] = [409, 423, 425, 429];
export const LIMITED =
  /too many (failed )?(login |sign.?in )?(attempts|requests|tries|logins)|account (is |has been |was )?(temporarily )?locked|locked out|rate.?limit(ed)? (exceeded|reached)|log.?ins? (is |are )?(occurring |made )?too (fast|often|frequent)|try again in \d+ (seconds?|minutes?)/i;
const ORIGIN = /^https?:\/\/[^/]+/;
const PASSWORD_FIELD = /type=["']?password/i;

export function hasPasswordField({ body, facts }: Reply): boolean {
  if (facts === undefined) return PASSWORD_FIELD.test(body);
  facts.password ??= PASSWORD_FIELD.test(body);
  return facts.password;
}

export const refusesLogin = ({ redirect, body }: Reply, { refused }: LoginPage): boolean =>
  refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`);

/**
 * Returns whether the app accepted a login; undefined for an error, or if the app limits logins.
 *
 * @param signedOut redirects that mean "signed out", also on another host
 */
export function acceptsLogin(
  reply: Reply,
  login: LoginPage,
  signedOut: readonly string[] = [],
): boolean | undefined {
  const { status } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  const accepted = leavesLogin(reply, login, signedOut);
  return !accepted && status >= 400 && LIMITED.test(reply.body) ? undefined : accepted;
}

/** Returns whether a page shows the login form again, with a message that the app limits logins. */
export const limitsLogin = (reply: Reply): boolean =>
  reply.redirect === undefined && hasPasswordField(reply) && LIMITED.test(reply.body);

/** Returns whether a redirect leads to the login page, perhaps with a query such as `?error`. */
export const returnsTo = (page: string, redirect: string | undefined): boolean =>
  redirect === page || (!page.includes('?') && redirect?.startsWith(`${page}?`) === true);

function leavesLogin(reply: Reply, login: LoginPage, signedOut: readonly string[]): boolean {
  const { status = 500, redirect } = reply;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400) return false;
  if (redirect === undefined) return !hasPasswordField(reply);
  const { page } = login;
  if (returnsTo(page, redirect)) return false;
  return !signedOut.includes(redirect) || redirect.replace(ORIGIN, '') !== page;
}
