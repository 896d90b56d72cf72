/** Finds the pages that need a session, the paths that need none, and the guarantees that no run can decide. */
import { staticFiles } from '../client/static-files.ts';
import type { Unclaimed } from './findings.ts';
import type { Inside } from './inquiry.ts';
import type { Marked } from './session.ts';
import { AUTHORIZATION, type PageVisit, Visitor } from './visitor.ts';

/**
 * Usual paths that need no session, for apps without static files. Apps of Rails and Laravel have `/up`, those of Spring
 * Boot `/actuator/health`, and those of Quarkus `/q/health`.
 */
const USUAL = [
  ...['/healthz', '/health', '/up', '/actuator/health', '/q/health', '/livez', '/api/health'],
  ...['/favicon.ico', '/robots.txt'],
];
const MOST = 2;

/**
 * Returns existing paths of the app that need no session.
 *
 * @param pages pages that may link static files
 */
export async function publicPaths(stranger: Visitor, pages: readonly PageVisit[]): Promise<string[]> {
  const linked = pages.flatMap(page =>
    staticFiles(page.body).flatMap(address => stranger.pathOf(address, page.path) ?? []),
  );
  const found: string[] = [];
  for (const path of new Set([...linked.slice(0, 2 * MOST), ...USUAL])) {
    if (found.length === MOST) break;
    const { status } = await stranger.twin().get(path);
    if (status === 200) found.push(path);
  }
  return found;
}

const PAGES = 4;

/**
 * Returns further pages that only a signed-in user can see. A page that a cache gives to other users comes first, so
 * that a run requests it as several users.
 */
export const privatePages = ({ views, cached }: Marked, named: readonly string[]): string[] => {
  const closed = views.filter(({ outside: [stranger] }) => stranger?.status !== 200).map(({ path }) => path);
  const all = new Set(cached === undefined ? closed : [cached, ...closed]);
  return [...all].filter(path => !named.includes(path)).slice(0, PAGES);
};

/**
 * Returns the guarantees that no run can decide, although the target file is complete.
 *
 * @param carriers names of the session cookies
 */
export async function undecidableOf(
  stranger: Visitor,
  { one }: Marked,
  { login }: Inside,
  open: readonly string[],
  carriers: readonly string[],
): Promise<Unclaimed[]> {
  const undecidable: Unclaimed[] = [];
  if (open.length === 0)
    undecidable.push({
      guarantee: 'cookie-policy',
      lacks: 'no health check or static file was found',
      remedy: 'name one under `public`',
    });
  await stranger.open(login.page);
  const sets = stranger.client.cookies(login.page).some(({ name }) => carriers.includes(name));
  const again = login.json !== undefined ? undefined : await one.twin().get(login.page);
  if (!sets && again?.redirect !== undefined)
    undecidable.push({
      guarantee: 'rotation',
      lacks:
        'a client has no session cookie before its login, and the login page redirects a signed-in client',
      remedy: 'add its name to `claims` if the app can set its session cookie before a login',
    });
  return undecidable;
}

/**
 * Returns the status of a page for a token that the app did not issue. An instance with a different secret responds
 * with the same status. Returns undefined if the session has no token.
 */
export async function statusForUnknownToken(
  { manners, client }: Visitor,
  page: string,
): Promise<number | undefined> {
  const token = client.captured.get(AUTHORIZATION);
  if (token === undefined || token.startsWith('Basic ')) return undefined;
  const other = new Visitor(manners, client.copy());
  // Changes the third character from the end, which is part of a JWT's signature. A change of the last character could
  // have no effect, because some of its bits are unused.
  other.client.captured.set(
    AUTHORIZATION,
    token.replace(/.(?=..$)/, old => (old === 'A' ? 'B' : 'A')),
  );
  return (await other.get(page)).status;
}
