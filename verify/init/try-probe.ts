/** Tries the forms that the user allows, until one stores the text. */
import { randomBytes } from 'node:crypto';
import { type LoginProcedure, signIn } from './enter.ts';
import type { HintedRequest, Hints } from './hints.ts';
import { type Inside, insideOf, type Looking, pagesOf } from './inquiry.ts';
import { type Left, leave } from './logout.ts';
import { type FoundProbe, folderOf, hintedCandidates, type Others, offered, proven } from './probe.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT } from './words.ts';

interface Means {
  living: Visitor[];
  left: Left | undefined;
  most: number | undefined;
  known: Inside;
  carriers: readonly string[];
  hints: Hints;
}

export interface Tried {
  probe: FoundProbe | undefined;
  skipped: string[];
}

/** Tries each form that may store a text, then logs out all sessions, because the app may limit their number. */
export async function tryProbe(looking: Looking, entrance: LoginProcedure, means: Means): Promise<Tried> {
  const { living, left, most, known } = means;
  const signedIn = async (account = looking.first): Promise<Visitor> => {
    const { visitor } = await signIn(entrance, account);
    living.push(visitor);
    return visitor;
  };
  const out = async (visitor: Visitor): Promise<void> => {
    living.splice(living.indexOf(visitor), 1);
    if (left !== undefined) await leave(visitor, left.logout, known);
  };
  try {
    const visitor = living.at(-1) ?? (await signedIn());
    const own = new Set(living);
    const [, second] = looking.options.accounts;
    const others: Others = {
      same: async () => {
        if (most === 1) await out(visitor);
        return living.find(one => one !== visitor && own.has(one)) ?? signedIn();
      },
      another: async () => (second === undefined ? undefined : signedIn(second)),
    };
    return await tried(looking, visitor, others, means);
  } finally {
    for (const one of [...living]) await out(one);
  }
}

const NEW = /\b(new|create|add|compose|write|neu|nouveau)\b/i;
/**
 * Maximum number of links to follow: `each` on the first page, and `new` on the pages that it links (only links to
 * forms).
 */
const LINKS = { each: 6, new: 4 };

const DELETES = /delet|remov/;
const FILE = /\.\w{2,4}$/;

/**
 * Opens the linked pages, and follows links to forms that create something.
 *
 * @param left the logout, whose link is never opened
 */
export async function formPages(
  visitor: Visitor,
  first: PageVisit,
  signedIn: (seen: PageVisit) => boolean,
  left?: Left,
): Promise<PageVisit[]> {
  const linked = (page: PageVisit, only?: RegExp): string[] =>
    page.links.flatMap(({ href, words }) => {
      const path = visitor.pathOf(href, page.path)?.split('#')[0];
      const all = `${words} ${path}`.toLowerCase();
      const leaves = path === left?.logout.path || LOGOUT.test(all) || LOGIN.test(all);
      return path === undefined ||
        leaves ||
        DELETES.test(all) ||
        FILE.test(path.split('?')[0] as string) ||
        only?.test(`${words} ${path.replaceAll(/[/_-]/g, ' ')}`) === false
        ? []
        : [path];
    });
  const paths = [...linked(first, NEW), ...linked(first)];
  const near = await pagesOf(visitor, [...new Set(paths)].slice(0, LINKS.each), signedIn);
  const opened = new Set([first, ...near].map(({ path }) => path));
  const more = [...new Set(near.flatMap(page => linked(page, NEW)))].filter(path => !opened.has(path));
  return [first, ...near, ...(await pagesOf(visitor, more.slice(0, LINKS.new), signedIn))];
}

async function tried(
  { options, say }: Looking,
  visitor: Visitor,
  others: Others,
  { known: { login, csrf, page, pages }, carriers, hints, left }: Means,
): Promise<Tried> {
  const html = pages.find(({ path, links }) => path === page || links.length > 0)?.path ?? page;
  const first = await insideOf(visitor, html, seen => seen.status === 200);
  const opened = await formPages(visitor, first, seen => seen.status === 200, left);
  const { candidates, skipped } = offered(
    visitor,
    [...opened, ...pages].filter(({ status }) => status === 200),
    csrf,
    folderOf([login.page, ...pages.map(({ path }) => path)]),
  );
  const all = [
    ...candidates,
    ...hintedCandidates(safe(hints, options.hints !== undefined, pages), lists(pages)),
  ];
  const unread: string[] = [];
  for (const candidate of all) {
    const { request, field, pages: places } = candidate;
    if (!(await options.mayWrite({ path: request.path, field, page: places[0] ?? page }))) continue;
    const stamp = randomBytes(3).toString('hex');
    const means = { csrf, headers: login.headers, stamp, page, carriers };
    const probe = await proven(visitor, others, candidate, means);
    const what = `${field} of ${request.method ?? 'POST'} ${request.path}`;
    if (probe === 'cut') say('probe', `not ${what}: the page ${places[0]} shows only a part of the list`);
    if (probe === undefined) unread.push(what);
    if (probe === undefined || probe === 'cut') continue;
    say('probe', `${what}, read on ${probe.read.path}: ${SCOPES[probe.scope]}`);
    return { probe, skipped };
  }
  const names = all.map(({ request: { path }, field }) => `${field} of POST ${path}`).join(', ');
  const none =
    all.length === 0 ? 'no form is safe to write to' : `none yet; with --probe, init tries ${names}`;
  say(
    'probe',
    unread.length === 0 ? none : `none; no page showed the texts that init sent as ${unread.join(', ')}`,
  );
  return { probe: undefined, skipped };
}

const SCOPES = {
  session: 'each session has its own list',
  user: "the user's sessions share the list",
  all: 'all users share the list',
};

const lists = (pages: readonly PageVisit[]): string[] =>
  pages
    .filter(({ json }) => json !== undefined && JSON.stringify(json).includes('['))
    .map(({ path }) => path);

/** A write that was found only in scripts may have a different purpose, so its path must also show a list. */
const safe = (
  { writes, described }: Hints,
  recorded: boolean,
  pages: readonly PageVisit[],
): HintedRequest[] =>
  recorded || described !== undefined ? writes : writes.filter(({ path }) => lists(pages).includes(path));
