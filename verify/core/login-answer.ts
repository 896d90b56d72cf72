/** What the answer to a login says of it, before any page is asked for. */
import type { Pages, Reply } from './interpret.ts';

type Login = Pages['login'];

/** Statuses that refuse a login for now, whatever the password. */
const NOT_NOW: readonly number[] = [409, 423, 425, 429];
const PASSWORD_FIELD = /type=["']?password/i;

export const hasPasswordField = ({ body }: Reply): boolean => PASSWORD_FIELD.test(body);

/** Whether an answer says, by the target's own words, that the login is refused. */
export const refusesLogin = ({ redirect, body }: Reply, { refused }: Login): boolean =>
  refused !== undefined && new RegExp(refused).test(`${redirect ?? ''}\n${body}`);

/**
 * Whether the answer to a login request accepts it, by this answer alone: the page after it may come from an
 * instance that does not know the session.
 *
 * @returns undefined when it says neither (an error of the server, "not now")
 */
export function acceptsLogin(reply: Reply, login: Login): boolean | undefined {
  const { status, redirect } = reply;
  if (status === undefined || status >= 500 || NOT_NOW.includes(status)) return undefined;
  if (refusesLogin(reply, login)) return false;
  if (login.accepted !== undefined) return login.accepted.includes(status);
  if (status >= 400 || redirect === login.page) return false;
  return redirect !== undefined || !hasPasswordField(reply);
}
