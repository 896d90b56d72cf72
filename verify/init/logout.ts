/** How an app is logged out of, and whether that ends the session or only takes the cookie away. */
import { filled } from '../core/form.ts';
import { type Login, type Token, tokenOf } from './login.ts';
import { isIn } from './session.ts';
import type { Seen, Visitor } from './visitor.ts';
import { LOGOUT } from './words.ts';

export interface Logout {
  method: 'GET' | 'POST';
  path: string;
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

export interface Left {
  logout: Logout;
  /** The old cookie is signed in afterwards, on some instance. */
  livesOn: boolean;
}

interface Known {
  login: Login;
  csrf: Token | undefined;
  page: string;
  signedIn: (seen: Seen) => boolean;
}

/**
 * Tries what the pages offer, in a session that nobody needs any more.
 *
 * @param pages that may offer it, as the visitor sees them
 * @returns undefined when nothing that they offer signs out
 */
export async function findLogout(
  visitor: Visitor,
  pages: readonly Seen[],
  known: Known,
): Promise<Left | undefined> {
  for (const logout of offered(visitor, pages, known)) {
    const leaving = visitor.twin();
    const page = await leaving.get(known.page);
    const values = { csrf: tokenOf(leaving, page, known.csrf) };
    await leaving.follow(
      await leaving.send({
        method: logout.method,
        path: logout.path,
        headers: filled(logout.headers ?? {}, values),
        ...(logout.form === undefined ? {} : { form: filled(logout.form, values) }),
      }),
    );
    if (await isIn(leaving, known.signedIn, known.page)) continue;
    return { logout, livesOn: await isIn(visitor, known.signedIn, known.page) };
  }
  return undefined;
}

function offered(visitor: Visitor, pages: readonly Seen[], { login, csrf }: Known): Logout[] {
  const forms = pages.flatMap(page =>
    page.forms.flatMap(({ words, action, method, fields }): Logout[] => {
      const path = visitor.pathOf(action, page.path);
      if (path === undefined || !LOGOUT.test(words)) return [];
      const form = Object.fromEntries(
        fields.map(({ name, value }) => [
          name,
          csrf && 'field' in csrf && csrf.field === name ? '{csrf}' : value,
        ]),
      );
      return [{ method, path, form, ...(login.headers === undefined ? {} : { headers: login.headers }) }];
    }),
  );
  const links = pages.flatMap(page =>
    page.links.flatMap(({ href, words }): Logout[] => {
      const path = visitor.pathOf(href, page.path);
      return path !== undefined && LOGOUT.test(`${words} ${path.toLowerCase()}`)
        ? [{ method: 'GET', path }]
        : [];
    }),
  );
  const token = csrf !== undefined && 'field' in csrf ? { [csrf.field]: '{csrf}' } : {};
  const headers = login.headers === undefined ? {} : { headers: login.headers };
  const usual = ['/logout', '/api/logout'].map(
    (path): Logout => ({ method: 'POST', path, form: token, ...headers }),
  );
  return [...forms, ...links, ...usual];
}

/** @returns whether a cookie holds its session by itself: one that is signed or encrypted, not an id */
export function isSelfContained(value: string): boolean {
  const text = decodedOnce(value);
  if (/^ey[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return true;
  const [, first = ''] = /^(?:s:)?\.?([\w+/=-]{16,})/.exec(text) ?? [];
  const inside = Buffer.from(first, 'base64').toString('latin1');
  return /^[[{"].*["}\]:]/s.test(inside) || inside.startsWith('x\u009c') || text.length >= 120;
}

function decodedOnce(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
