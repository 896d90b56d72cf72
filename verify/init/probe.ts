/** Finds a form that stores a text and is safe to send. A run needs it to judge the guarantees about data. */
import { decodeHTML } from 'entities';
import { escaped, finder } from '../core/response/finding.ts';
import { filled } from '../core/response/form.ts';
import type { Token } from './login.ts';
import { beginsWord } from './mark.ts';
import { type Form, type FormField, surroundings } from './page.ts';
import { isTokenField, tokenOf } from './tokens.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, REGISTER, UNSAFE } from './words.ts';

export interface Candidate {
  page: string;
  path: string;
  form: Record<string, string>;
  /** Name of the field for the text. */
  field: string;
}

export interface FoundProbe {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add: { path: string; form: Record<string, string>; headers?: Record<string, string> };
}

/** Types of fields for free text. */
const FREE = new Set(['text', 'textarea', 'search']);

/** Returns the forms with exactly one text field, except forms that may delete, pay, mail or change who can log in. */
export function candidates(
  visitor: Visitor,
  pages: readonly PageVisit[],
  csrf: Token | undefined,
): Candidate[] {
  const found = pages.flatMap(page => page.forms.flatMap(form => candidateOf(visitor, page, form, csrf)));
  return found.filter(
    (one, i) => found.findIndex(({ path, field }) => path === one.path && field === one.field) === i,
  );
}

function candidateOf(visitor: Visitor, page: PageVisit, form: Form, csrf: Token | undefined): Candidate[] {
  const path = visitor.pathOf(form.action, page.path);
  const isToken = ({ name }: FormField): boolean => isTokenField(name, form.fields, csrf);
  const visible = form.fields.filter(({ type }) => type !== 'hidden');
  const [free, ...more] = visible.filter(({ type }) => FREE.has(type));
  const words = [path, form.words, ...form.fields.filter(field => !isToken(field)).map(({ hint }) => hint)]
    .join(' ')
    .toLowerCase();
  if (path === undefined || free === undefined || more.length > 0 || form.multipart) return [];
  if (form.method !== 'POST' || UNSAFE.test(words) || LOGIN.test(words) || REGISTER.test(words)) return [];
  const values = form.fields.map(field => [
    field.name,
    field === free ? '{value}' : isToken(field) ? '{csrf}' : field.value,
  ]);
  return [{ page: page.path, path, form: Object.fromEntries(values), field: free.name }];
}

/** Maximum number of times that the page is read after the writes. */
const READS = 6;

/**
 * Writes two values. Finds the place of the page that shows both, and reads again: a text that has disappeared was only
 * a message. Then reads with another session of the user, to see whether the sessions share the object.
 *
 * @param other returns another session of the user
 * @returns undefined if the page does not show the values; `cut` if the page shows only a part of the list
 */
export async function proven(
  visitor: Visitor,
  other: () => Promise<Visitor>,
  { page, path, form, field }: Candidate,
  known: { csrf: Token | undefined; headers: Record<string, string> | undefined; stamp: string },
): Promise<FoundProbe | 'cut' | undefined> {
  const values = [`b${known.stamp}.one`, `b${known.stamp}.two`];
  for (const value of values) {
    const before = await visitor.get(page);
    const csrf = tokenOf(visitor, before, known.csrf);
    const answer = await visitor.send({
      method: 'POST',
      path,
      form: filled(form, { value, csrf }),
      headers: filled(known.headers ?? {}, { csrf }),
    });
    if ((answer.status ?? 500) >= 400) return undefined;
  }
  let items: string | undefined;
  for (let i = 0; i < READS; i++) {
    const seen = await visitor.get(page);
    if (items === undefined || !shows(items, seen, values)) {
      items = itemsIn(seen.body, values);
      continue;
    }
    if (seen.links.some(({ href }) => PAGED.test(href))) return 'cut';
    const beside = shows(items, await (await other()).get(page), values);
    return {
      object: field.replaceAll(/[^\w-]/g, '-') || 'probe',
      scope: beside ? 'user' : 'session',
      read: { path: page, items },
      add: { path, form, ...(known.headers === undefined ? {} : { headers: known.headers }) },
    };
  }
  return undefined;
}

/** Matches a link to another page of a list. */
const PAGED = /[?&](page|p|pg|offset|start|skip|cursor|after|before)=/i;

const shows = (items: string, seen: PageVisit, values: readonly string[]): boolean => {
  const found = finder(items, decodeHTML).all(seen);
  return values.every(value => found.includes(value));
};

/** Words of page areas that show a text only for a time, such as recent activity. */
const NEVER = /recent|activit|histor|audit|search|latest|\blast\b|\btitle\b/;
/** Words of page areas that often show a text only once, such as messages. Used if no other area shows it. */
const RATHER_NOT = /flash|alert|notice|toast|notif|message|status/;

/** Returns an expression that finds the items of a list by the text around each; undefined if there is none. */
function itemsIn(body: string, values: readonly string[]): string | undefined {
  const places = [...body.matchAll(new RegExp(escaped(values[0] ?? ''), 'g'))].map(({ index }) => ({
    index,
    words: surroundings(body, index),
  }));
  const order = [
    ...places.filter(({ words }) => !NEVER.test(words) && !RATHER_NOT.test(words)),
    ...places.filter(({ words }) => !NEVER.test(words) && RATHER_NOT.test(words)),
  ];
  for (const { index } of order) {
    const after = body[index + (values[0]?.length ?? 0)] ?? '';
    if (!/[<"'\s]/.test(after)) continue;
    for (let length = 2; length <= 60 && length <= index; length++) {
      if (!beginsWord(body, index - length)) continue;
      const before = escaped(body.slice(index - length, index)).replaceAll(/\s+/g, '\\s+');
      const items = `${before}([^<"']+?)\\s*[<"']`;
      const found = finder(items, decodeHTML).all({ headers: {}, body, cookies: [] });
      if (values.every(value => found.filter(one => one === value).length === 1) && found.length <= 50) {
        if (!found.some(one => /\s/.test(one))) return items;
      }
    }
  }
  return undefined;
}
