/** Finds the cookies that carry a session, and their values. */
import { isIn, type Sign } from './session.ts';
import { AUTHORIZATION, type Visitor } from './visitor.ts';

export interface Carried {
  /** Names of the session cookies. A request needs all of them; if `each` is true, it needs only one. */
  cookies: string[];
  /** True if one of the cookies is enough, such as a session cookie or a remember-me cookie. */
  each: boolean;
}

/**
 * Finds the session cookies by requests that lack one cookie, and requests that send only one cookie.
 *
 * @param again logs in once more, because an app may end a session if a request lacks one of its cookies
 * @returns also `visitor`, whose session is signed in at the end of the search
 */
export async function carrying(
  visitor: Visitor,
  sign: Sign,
  again: () => Promise<Visitor | undefined>,
): Promise<Carried & { visitor: Visitor }> {
  let own = visitor;
  const names = own.client.cookies(sign.page).map(({ name }) => name);
  const cookies: string[] = [];
  for (const name of names) {
    if (await isIn(own.twin([name]), sign)) continue;
    cookies.push(name);
    if (!(await isIn(own, sign))) own = (await again()) ?? own;
  }
  if (cookies.length > 0 || (await isIn(own.twin(names), sign)))
    return { cookies, each: false, visitor: own };
  for (const name of names)
    if (await isIn(own.twin(names.filter(other => other !== name)), sign)) cookies.push(name);
  return { cookies, each: true, visitor: own };
}

/**
 * Returns the values of each session cookie after the login and after the next page. Different lengths show that the
 * cookie contains session data.
 */
export async function valuesInTurn(
  visitor: Visitor,
  names: readonly string[],
  page: string,
): Promise<string[][]> {
  const later = visitor.twin();
  await later.open(page);
  const then = valuesOf(later, names, page);
  return valuesOf(visitor, names, page).map((value, i) =>
    [value, i < names.length ? then[i] : undefined].filter(one => one !== undefined),
  );
}

/** Returns the value of each session cookie. If the header `Authorization` has a token, adds the token at the end. */
export function valuesOf(
  { client }: Visitor,
  names: readonly string[],
  page: string,
): (string | undefined)[] {
  const jar = client.cookies(page);
  const token = client.captured.get(AUTHORIZATION)?.replace(/^\S+ /, '');
  const values = names.map(name => jar.find(one => one.name === name)?.value);
  return token === undefined ? values : [...values, token];
}
