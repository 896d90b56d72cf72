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
 * Returns undefined if it is not known whether the login was accepted. Requests no further page, because another
 * instance may send it and not know the session.
 */
export function acceptsLogin(reply: Reply, login: LoginPage): boolean | undefined {
  const { status, redirect } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400 || redirect === login.page) return false;
  return redirect !== undefined || !hasPasswordField(reply);
}
