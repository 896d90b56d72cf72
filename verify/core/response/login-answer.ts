/** Decides from the response to a login alone whether it was accepted. */
import type { Reply } from './reply.ts';

export interface LoginPage {
  page: string;
  accepted?: readonly number[] | undefined;
  /** Matches a refusal, by its text or by the path to which it redirects. */
  refused?: string | undefined;
}

/** Statuses of a login that is refused only for some time. */
const NOT_NOW: readonly number[] = [409, 423, 425, 429];
/** Matches the messages of apps that limit logins or requests. */
export const LIMITED =
  /too many (failed )?(login |sign.?in )?(attempts|requests|tries|logins)|account (is |has been |was )?(temporarily )?locked|locked out|rate.?limit(ed)? (exceeded|reached)|log.?ins? (is |are )?(occurring |made )?too (fast|often|frequent)|try again in \d+ (seconds?|minutes?)/i;
const PASSWORD_FIELD = /type=["']?password/i;

export function hasPasswordField({ body, facts }: Reply): boolean {
  if (facts === undefined) return PASSWORD_FIELD.test(body);
  facts.password ??= PASSWORD_FIELD.test(body);
  return facts.password;
}

/** Returns whether `login.refused` in the target file matches the response. */
export const refusesLogin = ({ redirect, body }: Reply, { refused }: LoginPage): boolean =>
  refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`);

/**
 * Returns undefined if it is not known whether the login was accepted, for example because the app limits logins.
 * Requests no further page, because another instance may send it and not know the session.
 */
export function acceptsLogin(reply: Reply, login: LoginPage): boolean | undefined {
  const { status } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  const accepted = leavesLogin(reply, login);
  return !accepted && status >= 400 && LIMITED.test(reply.body) ? undefined : accepted;
}

function leavesLogin(reply: Reply, login: LoginPage): boolean {
  const { status = 500, redirect } = reply;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400 || redirect === login.page) return false;
  return redirect !== undefined || !hasPasswordField(reply);
}
