/** Decides from the response to a login whether it was accepted, before any further page is requested. */
import type { Reply } from './reply.ts';

/** The parts of a target that interpret its login page. */
export interface LoginPage {
  page: string;
  accepted?: readonly number[] | undefined;
  /** Matches a response that refuses a login: its text, or the path to which it redirects. */
  refused?: string | undefined;
}

/** Statuses that refuse a login temporarily, even with the correct password. */
const NOT_NOW: readonly number[] = [409, 423, 425, 429];
const PASSWORD_FIELD = /type=["']?password/i;

export function hasPasswordField({ body, facts }: Reply): boolean {
  if (facts === undefined) return PASSWORD_FIELD.test(body);
  facts.password ??= PASSWORD_FIELD.test(body);
  return facts.password;
}

/** Returns whether a response refuses the login according to `login.refused` of the target. */
export const refusesLogin = ({ redirect, body }: Reply, { refused }: LoginPage): boolean =>
  refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`);

/**
 * Returns whether the response to a login request accepts the login; undefined if it shows neither. Decides from this
 * response alone, since the next page may come from an instance that does not know the session.
 */
export function acceptsLogin(reply: Reply, login: LoginPage): boolean | undefined {
  const { status, redirect } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400 || redirect === login.page) return false;
  return redirect !== undefined || !hasPasswordField(reply);
}
