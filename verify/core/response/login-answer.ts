/** Decides from the response to a login whether it was accepted, before any further page is requested. */
import type { Reply } from './reply.ts';

/** The parts of a target file that say how the response to a login is read. */
export interface LoginPage {
  page: string;
  accepted?: readonly number[] | undefined;
  /** Matches a response that refuses a login, by its text or by the path to which it redirects. */
  refused?: string | undefined;
}

/** Statuses of a login that is refused only for some time, even with the correct password. */
const NOT_NOW: readonly number[] = [409, 423, 425, 429];
const PASSWORD_FIELD = /type=["']?password/i;

export function hasPasswordField({ body, facts }: Reply): boolean {
  if (facts === undefined) return PASSWORD_FIELD.test(body);
  facts.password ??= PASSWORD_FIELD.test(body);
  return facts.password;
}

/** Returns whether a response refuses the login, as `login.refused` in the target file describes. */
export const refusesLogin = ({ redirect, body }: Reply, { refused }: LoginPage): boolean =>
  refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`);

/**
 * Returns whether the response to a login accepts it; undefined if this is not known. Uses only this
 * response, because another instance may send the next page and may not know the session.
 */
export function acceptsLogin(reply: Reply, login: LoginPage): boolean | undefined {
  const { status, redirect } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400 || redirect === login.page) return false;
  return redirect !== undefined || !hasPasswordField(reply);
}
