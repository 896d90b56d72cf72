/**
 * Finds the shortest expression for `signedIn` of the target file. It matches the user's name on a page, but only for a
 * signed-in client.
 */
import { decodeHTML } from 'entities';
import { escaped, type Finding, finder } from '../core/response/finding.ts';
import { pointersOf } from './pointers.ts';
import { TOKEN_FIELD } from './tokens.ts';
import type { PageVisit } from './visitor.ts';
import { LOGOUT } from './words.ts';

export interface Views {
  path: string;
  /** The page as two sessions of the first user see it. */
  first: readonly PageVisit[];
  /** The page as the second user sees it; absent with only one account. */
  second?: PageVisit | undefined;
  /** The page as a signed-out visitor sees it, and the login page. */
  outside: readonly PageVisit[];
}

export interface Mark {
  page: string;
  user: Exclude<Finding, { cookie: string } | { meta: string } | { field: string }>;
  /** The name that the page shows for each user; undefined if the page shows the login name. */
  shown: (string | undefined)[];
}

/** Minimum and maximum length of the text before the user's name, characters. */
const PREFIX = { least: 5, most: 90 };
/** Minimum and maximum length of a user's name on a page, characters. */
const NAME = { least: 2, most: 60 };

/**
 * Returns the best page and expression; undefined if no page shows different names to different users.
 *
 * @param users login names of the first and second account
 */
export function findMark(pages: readonly Views[], users: readonly string[]): Mark | undefined {
  const marks = pages.flatMap(views => {
    const mark = jsonMark(views, users) ?? textMark(views, users);
    return mark === undefined ? [] : [{ mark, cost: costOf(mark, views, users) }];
  });
  return marks.toSorted((a, b) => a.cost - b.cost)[0]?.mark;
}

/**
 * Returns a cost. Short expressions, texts with the user's name, pages that refuse signed-out visitors and pages with a
 * form token cost less.
 */
const costOf = ({ user, shown }: Mark, { outside, first }: Views, users: readonly string[]): number =>
  (first[0] === undefined || !isWorkplace(first[0]) ? 600 : 0) +
  (outside[0]?.status === 200 ? 1000 : 0) +
  (shown.some(name => name !== undefined) ? 500 : 0) +
  (namesAll(shown, users) ? 0 : 500) +
  (typeof user === 'string' ? user.length : 0) +
  (first[0]?.body.length ?? 0) / 1000;

/** Returns whether a text contains the user's name, as `alice@localhost` and `Alice Adams` do for `alice`. */
const resembles = (text: string, user = ''): boolean =>
  namesOf(user).some(name => text.toLowerCase().includes(name.toLowerCase()));

const namesAll = (shown: Mark['shown'], users: readonly string[]): boolean =>
  shown.every((name, i) => name === undefined || resembles(name, users[i]));

const isWorkplace = ({ forms, links, metas }: PageVisit): boolean =>
  [...metas.keys()].some(name => TOKEN_FIELD.test(name)) ||
  forms.some(
    ({ words, fields }) => LOGOUT.test(words) || fields.some(({ name }) => TOKEN_FIELD.test(name)),
  ) ||
  links.some(({ href, words }) => LOGOUT.test(`${words} ${href.toLowerCase()}`));

function jsonMark({ path, first, second, outside }: Views, users: readonly string[]): Mark | undefined {
  const json = pointersOf(first[0]?.json).find(({ value }) =>
    namesOf(users[0] ?? '').includes(value),
  )?.pointer;
  if (json === undefined) return undefined;
  return proven({ page: path, user: { json } }, { path, first, second, outside }, users);
}

function textMark(views: Views, users: readonly string[]): Mark | undefined {
  const body = views.first[0]?.body ?? '';
  const named = namesOf(users[0] ?? '').flatMap(name => places(body, name));
  const different = differences(views);
  const isLike = ({ at, end }: Place): boolean => resembles(body.slice(at, end), users[0]);
  let other: Mark | undefined;
  // Tries the next position on the page if signed-out clients see a name, such as `Guest`, at this position.
  for (const place of [...named, ...different.filter(isLike)]) {
    const mark = shortest(views, users, body, place);
    if (mark !== undefined && namesAll(mark.shown, users)) return mark;
    other ??= mark;
  }
  for (const place of different) other ??= shortest(views, users, body, place);
  return other;
}

/** Returns the names that a page may show for a user: the login name, and its part before the @. */
const namesOf = (user: string): string[] => [...new Set([user, user.split('@')[0] as string])];

interface Place {
  at: number;
  end: number;
}

function places(body: string, name: string): Place[] {
  const written = [
    ...new Set([
      name,
      name.replaceAll('&', '&amp;'),
      name.replaceAll('@', '&#64;'),
      name.replaceAll('@', '&#x40;'),
    ]),
  ];
  return written.flatMap(text =>
    [...body.matchAll(new RegExp(`(?<![\\w.@-])${escaped(text)}(?![\\w@-])`, 'g'))].map(({ index }) => ({
      at: index,
      end: index + text.length,
    })),
  );
}

/** Returns positions of texts that only the first user's sessions see. */
function differences({ first, second, outside }: Views): Place[] {
  const body = first[0]?.body ?? '';
  if (second === undefined) return [];
  const others = [second, ...outside].map(seen => seen.body).join('\n');
  const places: Place[] = [];
  const add = (name: string, at: number): void => {
    if (name.length < NAME.least || name.length > NAME.most || !/[a-z]/i.test(name)) return;
    // Skips a long text without a space: it is a token or an id, not a user name.
    if ((name.length > 24 && !name.includes(' ')) || others.includes(name)) return;
    if (first.every(seen => seen.body.includes(name))) places.push({ at, end: at + name.length });
  };
  for (const { 0: text, index } of body.matchAll(/[^<>"'=\n]+/g)) {
    const name = text.trim();
    const at = index + text.indexOf(name);
    add(name, at);
    // Also tries the last word of a text, as in `User: alice@localhost`.
    const word = name.lastIndexOf(' ') + 1;
    if (word > 0) add(name.slice(word), at + word);
  }
  return places;
}

function shortest(
  views: Views,
  users: readonly string[],
  body: string,
  { at, end }: Place,
): Mark | undefined {
  const after = body[end];
  if (after === undefined) return undefined;
  const stop = /[<"'\s]/.test(after) ? after.replace(/\s/, '\\s') : `<"${after}`;
  const name = body.slice(at, end);
  if (new RegExp(`[${classEscaped(stop)}]`).test(name)) return undefined;
  for (const before of prefixes(body, at, PREFIX)) {
    const found = `${before}([^${classEscaped(stop)}]+)`;
    const mark = proven({ page: views.path, user: found }, views, users);
    if (mark !== undefined) return mark;
  }
  return undefined;
}

/**
 * Yields expressions for the text before a position, the shortest first. Finally yields expressions in which patterns
 * replace numbers and ids: `/users/[\w-]+">`.
 */
export function* prefixes(
  body: string,
  at: number,
  { least, most }: { least: number; most: number },
): Generator<string> {
  const ids = /[\w-]*\d[\w-]*/g;
  for (const begins of [beginsWord, beginsText]) {
    for (const general of [false, true]) {
      for (let length = least; length <= most && length <= at; length++) {
        if (!begins(body, at - length)) continue;
        const text = body.slice(at - length, at);
        const parts = general ? text.split(ids) : [text];
        if (general && parts.length === 1) continue;
        yield parts.map(part => escaped(part).replaceAll(/\s+/g, '\\s+')).join('[\\w-]+');
      }
    }
  }
}

const beginsWord = (body: string, at: number): boolean =>
  body[at] === '<' || /[\s>]/.test(body[at - 1] ?? ' ');

const beginsText = (body: string, at: number): boolean => !/\w\w/.test(body.slice(at - 1, at + 1));

const classEscaped = (text: string): string => text.replaceAll(/[\]^-]/g, '\\$&');

/** Returns undefined if the expression finds the same name for both users, or a name for a signed-out visitor. */
function proven(
  { page, user }: Omit<Mark, 'shown'>,
  { first, second, outside }: Views,
  users: readonly string[],
): Mark | undefined {
  const find = finder(user, decodeHTML);
  if (outside.some(seen => (find.first(seen) ?? '') !== '')) return undefined;
  const [name, ...again] = first.map(seen => find.first(seen));
  const other = second === undefined ? undefined : find.first(second);
  if (!name || again.some(one => one !== name) || (second !== undefined && (!other || other === name)))
    return undefined;
  return { page, user, shown: [name, other].map((text, i) => (text === users[i] ? undefined : text)) };
}

/**
 * Returns the error message if no page names the user.
 *
 * @param opened the paths that were requested
 */
export function noMark(views: readonly Views[], opened: readonly string[]): string {
  const paths = views.map(({ path }) => path).join(', ');
  return views.length > 0
    ? `init: the login was accepted, and none of ${views.length} pages (${paths}) names its user in a way that differs between ` +
        'the accounts. Write `signedIn` by hand (docs/target-file.md)'
    : `init: the login was accepted, but the pages that init opened (${opened.join(', ')}) are the same for a signed-in ` +
        'client and a client without a session. Write by hand (docs/target-file.md) `signedIn`, a page that names its user, and, if a ' +
        'header carries the session, `login.capture` and `headers`';
}

/** Returns the error message for a page that shows a user's name to visitors without a session. */
export const sharedPage = (page: string, user: string): string =>
  `init: a visitor without a session got ${page} with the name of ${user}. Expected the app to make this page for ` +
  'each session: a cache between the app and its users probably shares it. Exclude pages of signed-in users ' +
  'from the cache, or run init on the address of one instance, then set `url` in the file to the address of ' +
  'the balancer';

/** Returns the error message for a login after which no response is signed in. */
export const neverSignedIn = (page: string, tries: number): string =>
  `init: the login was accepted and leads to ${page}, but none of ${tries} responses of that page was signed in. ` +
  'Expected at least one instance to know the session: perhaps each instance ends the sessions of the ' +
  'others, or a cache sends the page of a signed-out client. Run init on the address of one instance, then set ' +
  '`url` in the file to the address of the balancer';
