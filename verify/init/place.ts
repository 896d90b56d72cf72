/** Finds where a page shows the values of a list, such as the items of a basket. */
import { decodeHTML } from 'entities';
import { surroundings } from '../client/page.ts';
import { escaped, finder } from '../core/response/finding.ts';
import { prefixes } from './mark.ts';
import type { PageVisit } from './visitor.ts';

/** A regular expression or JSON pointer, in the format of a probe's key `items` in the target file. */
export type ListPlace = string | { json: string };

/**
 * Returns an expression or pointer for the values of a list. Each value must occur in at least two responses, because
 * instances of a broken app may show only their own values.
 */
export function placeIn(seen: readonly PageVisit[], values: readonly string[]): ListPlace | undefined {
  for (const { body, json } of seen) {
    const there = values.filter(value => body.includes(value));
    if (there.length === 0) continue;
    const items = json === undefined ? itemsIn(body, there) : pointerTo(json, there);
    if (items === undefined) continue;
    const found = seen.map(one => finder(items, decodeHTML).all(one));
    if (values.every(value => found.filter(all => all.includes(value)).length > 1)) return items;
  }
  return undefined;
}

/** `*` stands in place of array indexes in the returned JSON pointer. */
function pointerTo(json: unknown, values: readonly string[]): { json: string } | undefined {
  const walk = (value: unknown, pointer: string): string[] => {
    if (typeof value === 'string') return value === values[0] ? [pointer] : [];
    if (Array.isArray(value)) return value.flatMap(member => walk(member, `${pointer}/*`));
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, member]) =>
      walk(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  };
  const [pointer] = walk(json, '');
  return pointer === undefined || pointer === '' ? undefined : { json: pointer };
}

/**
 * Matches page areas that show a text only for some time, such as recent activity. Does not match the CSS class
 * `title`, which many lists have.
 */
const NEVER = /^(head )?title\b|recent|activit|histor|audit|search|latest|\blast\b/;
/** Matches page areas, such as messages, that often show a text only once. Init uses them if it finds no list. */
const RATHER_NOT = /flash|alert|notice|toast|notif|message|status/;

/** Minimum and maximum length of the text before a list item, characters. */
const ITEM_PREFIX = { least: 2, most: 90 };

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
    for (const before of prefixes(body, index, ITEM_PREFIX)) {
      const items = `${before}([^<"']+?)\\s*[<"']`;
      const found = finder(items, decodeHTML).all({ headers: {}, body, cookies: [] });
      if (values.every(value => found.filter(one => one === value).length === 1) && found.length <= 50) {
        if (!found.some(one => /\s/.test(one))) return items;
      }
    }
  }
  return undefined;
}
