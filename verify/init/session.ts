/** The first sessions: pages that only a signed-in user sees, who they name, and which cookies carry the session. */
import { UsageError } from '../errors.ts';
import { type Credentials, type Entered, enter, type Login } from './login.ts';
import { findMark, type Mark, type Views } from './mark.ts';
import type { Manners, Seen, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT } from './words.ts';

/** An instance that does not know a session may be asked first: so often is asked again. */
const TRIES = 4;
const LOGINS = 6;
/** Pages looked at for the mark. */
const PAGES = 8;
const USUAL = ['/', '/account', '/profile', '/dashboard', '/me', '/api/me'];

/**
 * Logs in with the account given, and again when that is not answered by a session: on a broken system some pairs of
 * instances refuse what is right.
 *
 * @throws UsageError when it is refused each time
 */
export async function signIn(manners: Manners, login: Login, account: Credentials): Promise<Entered> {
  let last: Entered | undefined;
  for (let i = 0; i < LOGINS; i++) {
    const visitor = manners.fresh();
    last = await enter(visitor, login, account);
    if (last.accepted) return last;
    // Whoever alternates as a round robin does would try the same pair for ever.
    await manners.fresh().get(login.page);
  }
  throw new UsageError(
    `init: the login of ${account.user} was refused ${LOGINS} of ${LOGINS} times (status ${last?.answer.status}` +
      `${last?.answer.redirect === undefined ? '' : ` to ${last.answer.redirect}`}), sent to ${login.path} as ` +
      `${Object.keys(login.form ?? (login.json as object)).join(', ')}. Is the password right? Does another form log in? ` +
      'Name it with --login-page, or --login-path and --login-json',
  );
}

/** @returns the mark and what was seen of its page @throws UsageError when no page names the user */
export async function marked(
  manners: Manners,
  login: Login,
  [first, second]: readonly Credentials[],
): Promise<{ mark: Mark; outside: Seen; landing: string; entered: Entered }> {
  const one = await signIn(manners, login, first as Credentials);
  const two = await signIn(manners, login, first as Credentials);
  const other = second === undefined ? undefined : await signIn(manners, login, second);
  const landing = one.answer.redirect?.startsWith('/') ? one.answer.redirect : undefined;
  const outsideLogin = await manners.fresh().open(login.page);
  const pages: Views[] = [];
  for (const path of await pathsOf(one, landing)) {
    const outside = await manners.fresh().get(path);
    const looks = [await inside(one.visitor, path, outside), await inside(two.visitor, path, outside)];
    if (looks.some(seen => seen === undefined)) continue;
    pages.push({
      path,
      first: looks.filter(seen => seen !== undefined),
      second: other === undefined ? undefined : await inside(other.visitor, path, outside),
      outside: [outside, outsideLogin],
    });
  }
  const users = [first, second].flatMap(account => (account === undefined ? [] : [account.user]));
  const mark = findMark(pages, users);
  if (mark === undefined)
    throw new UsageError(
      `init: the login was accepted, and none of ${pages.length} pages (${pages.map(({ path }) => path).join(', ')}) ` +
        'names its user in a way that differs between the accounts. Write `signedIn` by hand (docs/target-file.md)',
    );
  const outside = pages.find(({ path }) => path === mark.page)?.outside[0] as Seen;
  return { mark, outside, landing: landing ?? mark.page, entered: one };
}

/** Where the login leads, what is linked there, and where apps have their users. */
async function pathsOf({ visitor, answer }: Entered, landing: string | undefined): Promise<string[]> {
  const start = landing === undefined ? answer : await visitor.twin().open(landing);
  const linked = start.links.flatMap(({ href, words }) => {
    const path = visitor.pathOf(href, start.path);
    const all = `${words} ${path?.toLowerCase()}`;
    return path === undefined || LOGOUT.test(all) || LOGIN.test(all) || /delet|remov|\.\w{2,4}$/.test(all)
      ? []
      : [path.split('#')[0] as string];
  });
  const first = landing === undefined ? [] : [landing];
  return [...new Set([...first, start.path, ...linked.slice(0, PAGES), ...USUAL])].slice(
    0,
    PAGES + USUAL.length,
  );
}

/** @returns a page as it is answered signed in; undefined when it never is, or is no page */
async function inside(visitor: Visitor, path: string, outside: Seen): Promise<Seen | undefined> {
  for (let i = 0; i < TRIES; i++) {
    const seen = await visitor.twin().get(path);
    if (seen.status === 200 && (outside.status !== 200 || seen.body !== outside.body)) return seen;
    if (seen.status === 404) return undefined;
  }
  return undefined;
}

/** @returns whether a jar is signed in, on any instance */
export async function isIn(
  visitor: Visitor,
  signedIn: (seen: Seen) => boolean,
  page: string,
): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) if (signedIn(await visitor.twin().get(page))) return true;
  return false;
}

/** @returns names of the cookies without which the session is not signed in */
export async function carrying(
  visitor: Visitor,
  signedIn: (seen: Seen) => boolean,
  page: string,
): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of visitor.client.cookies(page))
    if (!(await isIn(visitor.twin([name]), signedIn, page))) names.push(name);
  return names;
}
