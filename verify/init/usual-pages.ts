/** Lists the pages that may name the signed-in user. */
import type { Entered } from './enter.ts';
import type { Login } from './login.ts';
import { LOGIN, LOGOUT } from './words.ts';

const PAGES = 8;
export const USUAL_PAGES = ['/', '/account', '/profile', '/dashboard', '/me', '/api/me'];

/** Returns paths that usually name the signed-in user of an API, such as `/api/users/me` for `/api/auth/login`. */
export function besideLogin({ json, path }: Login): string[] {
  if (json === undefined) return [];
  const folders: string[] = [];
  for (let folder = path.replace(/\/$/, ''); folder !== ''; ) {
    folder = folder.replace(/\/[^/]*$/, '');
    folders.push(folder);
  }
  const own = folders[0] ?? '';
  return [`${own}/me`, ...folders.map(folder => `${folder}/users/me`), '/api/user', `${own}/users`];
}

/** Returns the paths of the page after a login, and of the pages that it links. */
export async function linkedFrom(
  { visitor, answer }: Entered,
  landing: string | undefined,
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
  return [...first, start.path, ...linked.slice(0, PAGES)];
}
