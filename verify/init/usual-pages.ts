/** Lists the pages that may name the signed-in user. */
import type { Entered } from './enter.ts';
import type { Login } from './login.ts';
import { LOGIN, LOGOUT } from './words.ts';

const PAGES = 8;
export const USUAL_PAGES = ['/', '/account', '/profile', '/dashboard', '/me', '/api/me'];

/** Returns paths that usually name the signed-in user of an API. */
export const besideLogin = ({ json, path }: Login): string[] =>
  json === undefined ? [] : [`${path.replace(/\/[^/]*\/?$/, '')}/me`, '/users/me', '/api/user'];

/** Returns the paths of the page after a login, of the pages that it links, of `hinted`, and of usual pages. */
export async function pathsOf(
  { visitor, answer }: Entered,
  landing: string | undefined,
  hinted: readonly string[],
): Promise<string[]> {
  const start = landing === undefined ? answer : await visitor.twin().open(landing);
  const linked = start.links.flatMap(({ href, words }) => {
    const path = visitor.pathOf(href, start.path);
    const all = `${words} ${path?.toLowerCase()}`;
    return path === undefined || LOGOUT.test(all) || LOGIN.test(all) || /delet|remov|\.\w{2,4}$/.test(all)
      ? []
      : [path.split('#')[0] as string];
  });
  const first = landing === undefined ? [] : [landing];
  return [...new Set([...first, start.path, ...linked.slice(0, PAGES), ...hinted, ...USUAL_PAGES])];
}
