/** A form that safely keeps what is written into it: with it, guarantees about data can be judged. */
import { decodeHTML } from 'entities';
import { escaped, finder } from '../core/finding.ts';
import { filled } from '../core/form.ts';
import { type Token, tokenOf } from './login.ts';
import { beginsWord } from './mark.ts';
import type { Form } from './page.ts';
import type { Seen, Visitor } from './visitor.ts';
import { LOGIN, REGISTER, UNSAFE } from './words.ts';

export interface Candidate {
  page: string;
  path: string;
  form: Record<string, string>;
  /** The field that is written. */
  field: string;
}

export interface FoundProbe {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add: { path: string; form: Record<string, string>; headers?: Record<string, string> };
}

/** Fields whose text is free. */
const FREE = new Set(['text', 'textarea', 'search']);

/** @returns forms with one free text that neither destroy, pay, send mail nor change who may log in */
export function candidates(visitor: Visitor, pages: readonly Seen[], csrf: Token | undefined): Candidate[] {
  const found = pages.flatMap(page => page.forms.flatMap(form => candidateOf(visitor, page, form, csrf)));
  return found.filter(
    (one, i) => found.findIndex(({ path, field }) => path === one.path && field === one.field) === i,
  );
}

function candidateOf(visitor: Visitor, page: Seen, form: Form, csrf: Token | undefined): Candidate[] {
  const path = visitor.pathOf(form.action, page.path);
  const token = csrf !== undefined && 'field' in csrf ? csrf.field : undefined;
  const visible = form.fields.filter(({ type }) => type !== 'hidden');
  const [free, ...more] = visible.filter(({ type }) => FREE.has(type));
  const words = [
    path,
    form.words,
    ...form.fields.filter(({ name }) => name !== token).map(({ hint }) => hint),
  ]
    .join(' ')
    .toLowerCase();
  if (path === undefined || free === undefined || more.length > 0 || form.multipart) return [];
  if (form.method !== 'POST' || UNSAFE.test(words) || LOGIN.test(words) || REGISTER.test(words)) return [];
  const values = form.fields.map(({ name, value }) => [
    name,
    name === free.name ? '{value}' : name === token ? '{csrf}' : value,
  ]);
  return [{ page: page.path, path, form: Object.fromEntries(values), field: free.name }];
}

/**
 * Writes two values, and finds where the page shows both; then looks with another session of the same user.
 *
 * @param other another session of the user
 * @returns undefined when the values are not shown
 */
export async function proven(
  visitor: Visitor,
  other: Visitor,
  { page, path, form, field }: Candidate,
  known: { csrf: Token | undefined; headers: Record<string, string> | undefined; stamp: string },
): Promise<FoundProbe | undefined> {
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
  for (let i = 0; i < 4; i++) {
    const items = itemsIn((await visitor.get(page)).body, values);
    if (items === undefined) continue;
    const beside = finder(items, decodeHTML).all(await other.get(page));
    return {
      object: field.replaceAll(/[^\w-]/g, '-') || 'probe',
      scope: values.every(value => beside.includes(value)) ? 'user' : 'session',
      read: { path: page, items },
      add: { path, form, ...(known.headers === undefined ? {} : { headers: known.headers }) },
    };
  }
  return undefined;
}

/** @returns an expression that finds just the values, by what stands before and after each */
function itemsIn(body: string, values: readonly string[]): string | undefined {
  for (const { index } of body.matchAll(new RegExp(escaped(values[0] ?? ''), 'g'))) {
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
